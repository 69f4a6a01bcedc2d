// The files of tests/golden are what versions 1 and 2 of the format are: they must open to the values below for ever,
// and the writer must make them again byte by byte: 1 of als, plays and indexes, 2 of the other models.
// SEGUE_WRITE_GOLDEN=1 writes them; that is right only together with a note in docs/file-format.md, and the files of
// versions that were released stay.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <variant>

#include "segue/index_file.h"
#include "store/test_files.h"

namespace segue {
namespace {

using ::testing::ElementsAre;
using namespace segue::testing;

std::filesystem::path golden(const char* name) {
  return std::filesystem::path(__FILE__).parent_path() / "../../tests/golden" / name;
}

void expect_golden(const char* name, const std::function<void(const std::filesystem::path&)>& write) {
  if (std::getenv("SEGUE_WRITE_GOLDEN") != nullptr) write(golden(name));
  const TempDir dir;
  write(dir.path() / name);
  EXPECT_EQ(read_file(dir.path() / name), read_file(golden(name)));
}

TEST(Golden, TheWriterMakesVersion1AsItWas) {
  expect_golden("v1.segue", [](const auto& path) { golden_model().save(path); });
  expect_golden("v1-no-titles.plays",
                [](const auto& path) { save_interactions(golden_model(false).interactions(), path); });
}

/// Sections that a reader of the first release skips.
TEST(Golden, TheWriterMakesIndexesAsTheyWere) {
  const auto with_indexes = [] {
    return golden_model().with_indexes({some_index(Metric::kCosine), some_index(Metric::kInnerProduct)});
  };
  expect_golden("v1-indexes.segue", [&](const auto& path) { with_indexes().save(path); });
  expect_golden("v1.index", [](const auto& path) {
    IndexFile{golden_model().item_factors(), some_index(Metric::kCosine), "made-up.npy"}.save(path);
  });
}

TEST(Golden, IndexesOfVersion1Open) {
  EXPECT_NO_THROW(verify_file(golden("v1-indexes.segue")));
  EXPECT_NO_THROW(verify_file(golden("v1.index")));
  const Model model = Model::open(golden("v1-indexes.segue"));
  ASSERT_EQ(model.indexes().size(), 2U);
  const IndexFile file = IndexFile::open(golden("v1.index"));
  EXPECT_THAT(all(file.vectors[3]), ElementsAre(1.375F, 1.5F, 1.625F));
  for (const StoredIndex& index : {model.indexes()[0], file.index}) {
    EXPECT_EQ(index.kind, "ivf");
    EXPECT_EQ(index.metric, Metric::kCosine);
    EXPECT_EQ(index.options.probes, 2U);
    EXPECT_EQ(index.recall.at_10, 0.925);
    ASSERT_EQ(index.parts.size(), 4U);
    EXPECT_THAT(all(std::get<Array<std::uint32_t>>(index.parts[0].values)), ElementsAre(3, 1, 2));
    EXPECT_THAT(all(std::get<Array<float>>(index.parts[3].values)), ElementsAre(0.5F, -2));
  }
}

TEST(Golden, TheWriterMakesMapsAsTheyWere) {
  expect_golden("v1-map.segue", [](const auto& path) { golden_model().with_map(some_map()).save(path); });
}

TEST(Golden, AMapOfVersion1Opens) {
  EXPECT_NO_THROW(verify_file(golden("v1-map.segue")));
  const ItemMap map = Model::open(golden("v1-map.segue")).map();
  EXPECT_THAT(all(map.positions), ElementsAre(-1, 0.5F, 0.25F, 1, 0, 0, 0.125F, -0.75F));
  EXPECT_THAT(all(map.clusters), ElementsAre(1, 0, ItemMap::kNowhere, 0));
  EXPECT_EQ(map.options.neighbors, 3U);
  EXPECT_EQ(map.options.epochs, 50U);
  EXPECT_EQ(map.options.clusters, 2U);
  EXPECT_EQ(map.options.seed, 9U);
  EXPECT_EQ(map.trustworthiness, 0.875);
  EXPECT_EQ(map.sample, 3U);
  EXPECT_TRUE(Model::open(golden("v1.segue")).map().empty());
}

TEST(Golden, AModelOfVersion1Opens) {
  EXPECT_NO_THROW(verify_file(golden("v1.segue")));
  const Model model = Model::open(golden("v1.segue"));
  const Interactions& interactions = model.interactions();
  ASSERT_EQ(interactions.users.size(), 3U);
  EXPECT_EQ(interactions.users[2], "eve");
  ASSERT_EQ(interactions.items.size(), 4U);
  EXPECT_EQ(interactions.items.find("a3"), 2U);
  EXPECT_EQ(interactions.title(2), "Söderfjärd");
  EXPECT_EQ(interactions.source, "made-up.tsv");
  EXPECT_THAT(all(interactions.plays.row_ptr()), ElementsAre(0, 2, 2, 5));
  EXPECT_THAT(all(interactions.plays.columns()), ElementsAre(0, 3, 0, 1, 3));
  EXPECT_THAT(all(interactions.plays.values()), ElementsAre(691, 1, -2, 0.5F, 3e9F));
  EXPECT_THAT(all(model.listeners()), ElementsAre(2, 1, 0, 2));
  EXPECT_THAT(all(model.user_factors()[0]), ElementsAre(-0.875F, -0.75F, -0.625F));
  EXPECT_THAT(all(model.item_factors()[3]), ElementsAre(1.375F, 1.5F, 1.625F));
  EXPECT_EQ(model.weighting().options.weighting, Weighting::kBm25);
  EXPECT_EQ(model.weighting().options.alpha, 1.5F);
  EXPECT_EQ(model.weighting().options.epsilon, 0.25F);
  EXPECT_EQ(model.weighting().options.bm25_k1, 100.0F);
  EXPECT_EQ(model.weighting().options.bm25_b, 0.8F);
  EXPECT_THAT(all(model.weighting().item_scale), ElementsAre(0.5F, 1, 0.2F, 2));
  const ModelCard& card = model.card();
  EXPECT_EQ(card.segue_version, "0.1.0");
  EXPECT_EQ(card.created, "2026-01-02T03:04:05Z");
  EXPECT_EQ(card.note, "made up");
  EXPECT_EQ(card.rows_read, 7U);
  EXPECT_EQ(card.rows_kept, 5U);
  EXPECT_EQ(card.options.factors, 3U);
  EXPECT_EQ(card.options.regularization, 0.01F);
  EXPECT_EQ(card.options.iterations, 2U);
  EXPECT_EQ(card.options.solver, Solver::kAuto);
  EXPECT_EQ(card.options.seed, 42U);
  EXPECT_EQ(card.solver, Solver::kCholesky);
  ASSERT_EQ(card.sweeps.size(), 2U);
  EXPECT_EQ(card.sweeps[1].sweep, 2U);
  EXPECT_EQ(card.sweeps[1].seconds, 0.25);
  EXPECT_EQ(card.sweeps[1].loss, 0.0115);
  EXPECT_EQ(card.fit_seconds, 0.75);
  EXPECT_EQ(card.peak_memory_bytes, 1048576U);
  EXPECT_EQ(card.threads, 2);
  EXPECT_EQ(card.simd_target, "baseline");
  // Recorded when the file was made; how they are computed may not change either.
  EXPECT_EQ(card.data_checksum, "6ee3007d8c661101");
  EXPECT_EQ(card.factors_checksum, "82b4cceca3b91d0e");
}

TEST(Golden, TheWriterMakesVersion2AsItWas) {
  for (const std::string name : {"v2-bpr", "v2-knn", "v2-ease", "v2-popularity"}) {
    expect_golden((name + ".segue").c_str(), [&](const auto& path) { golden_model_of(name).save(path); });
  }
}

TEST(Golden, ModelsOfVersion2Open) {
  for (const char* name : {"v2-bpr.segue", "v2-knn.segue", "v2-ease.segue", "v2-popularity.segue"}) {
    EXPECT_NO_THROW(verify_file(golden(name))) << name;
    EXPECT_EQ(read_layout(golden(name)).version, 2U) << name;
  }
  const Model bpr = Model::open(golden("v2-bpr.segue"));
  EXPECT_EQ(bpr.card().model, "bpr");
  EXPECT_EQ(bpr.card().settings.at("regularization"), "0.01");
  EXPECT_FALSE(bpr.item_model());
  EXPECT_THAT(all(bpr.item_factors()[3]), ElementsAre(1.375F, 1.5F, 1.625F));
  EXPECT_EQ(bpr.card().factors_checksum, "82b4cceca3b91d0e");

  const Model knn = Model::open(golden("v2-knn.segue"));
  EXPECT_EQ(knn.card().model, "knn");
  const auto& sparse = std::get<Neighborhood>(knn.item_model().value());
  EXPECT_TRUE(sparse.binary_history);
  EXPECT_EQ(sparse.weighting.options.weighting, Weighting::kBm25);
  EXPECT_THAT(all(sparse.weighting.item_scale), ElementsAre(0.5F, 1, 0.2F, 2));
  EXPECT_THAT(all(sparse.similar.row_ptr()), ElementsAre(0, 2, 3, 3, 5));
  EXPECT_THAT(all(sparse.similar.columns()), ElementsAre(1, 3, 0, 0, 1));
  EXPECT_THAT(all(sparse.similar.values()), ElementsAre(0.5F, 0.25F, 0.5F, 0.25F, 0.125F));
  EXPECT_EQ(knn.item_factors().rows(), 0U);

  const Model ease = Model::open(golden("v2-ease.segue"));
  const auto& dense = std::get<EaseWeights>(ease.item_model().value());
  EXPECT_THAT(all(dense.included), ElementsAre(0, 1, 3));
  EXPECT_EQ(dense.stride, 4U);
  EXPECT_THAT(all(dense.weights), ElementsAre(0, 0.5F, -0.25F, 0, 0.125F, 0, 1, 0, 2, -0.5F, 0, 0));

  const Model popularity = Model::open(golden("v2-popularity.segue"));
  EXPECT_THAT(all(std::get<FittedPopularity>(popularity.item_model().value()).counts), ElementsAre(2, 1, 0, 2));
  EXPECT_EQ(popularity.card().options.factors, 64U);
  EXPECT_THAT(
      (std::vector{knn.card().factors_checksum, ease.card().factors_checksum, popularity.card().factors_checksum}),
      ElementsAre("e75e44369cc5cd8e", "ca994ddf426a2bac", "25985fa1e8f50322"));
}

/// A key that readers of the first releases ignore.
Model golden_evaluated() {
  return golden_model().with_evaluation(
      {.split = "leave-last, leave 1, seed 42",
       .train = 4,
       .test = 1,
       .users = 1,
       .figures = {{"als", "ndcg@10", 0.5, 0.25, 0.75}, {"popularity", "coverage@10", 1, 1, 1}}});
}

TEST(Golden, TheWriterMakesEvaluationsAsTheyWere) {
  expect_golden("v1-evaluation.segue", [](const auto& path) { golden_evaluated().save(path); });
}

TEST(Golden, AnEvaluationOfVersion1Opens) {
  EXPECT_NO_THROW(verify_file(golden("v1-evaluation.segue")));
  const CardEvaluation evaluation = Model::open(golden("v1-evaluation.segue")).card().evaluation;
  EXPECT_EQ(evaluation.split, "leave-last, leave 1, seed 42");
  EXPECT_EQ(evaluation.train, 4U);
  EXPECT_EQ(evaluation.test, 1U);
  EXPECT_EQ(evaluation.users, 1U);
  ASSERT_EQ(evaluation.figures.size(), 2U);
  EXPECT_EQ(evaluation.figures[0].model, "als");
  EXPECT_EQ(evaluation.figures[0].metric, "ndcg@10");
  EXPECT_EQ(evaluation.figures[0].mean, 0.5);
  EXPECT_EQ(evaluation.figures[0].low, 0.25);
  EXPECT_EQ(evaluation.figures[0].high, 0.75);
  EXPECT_EQ(evaluation.figures[1].model, "popularity");
  EXPECT_TRUE(Model::open(golden("v1.segue")).card().evaluation.figures.empty());
}

Interactions golden_plays_with_times() {
  Interactions interactions = golden_model().interactions();
  interactions.times = std::vector<double>{881250949, -1.5, 1241478537.25, 0, 1e300};
  return interactions;
}

/// A section that readers of the first release skip.
TEST(Golden, TheWriterMakesTimesAsTheyWere) {
  expect_golden("v1-times.plays", [](const auto& path) { save_interactions(golden_plays_with_times(), path); });
}

TEST(Golden, TimesOfVersion1Open) {
  EXPECT_NO_THROW(verify_file(golden("v1-times.plays")));
  EXPECT_EQ(read_layout(golden("v1-times.plays")).version, 1U);
  const Interactions opened = open_interactions(golden("v1-times.plays"));
  EXPECT_THAT(all(opened.times), ElementsAre(881250949, -1.5, 1241478537.25, 0, 1e300));
  EXPECT_EQ(opened.plays.nnz(), 5U);
  EXPECT_EQ(open_interactions(golden("v1-no-titles.plays")).times.size(), 0U);  // written before there were any
}

TEST(Golden, PlaysOfVersion1Open) {
  EXPECT_NO_THROW(verify_file(golden("v1-no-titles.plays")));
  const Interactions interactions = open_interactions(golden("v1-no-titles.plays"));
  EXPECT_EQ(interactions.titles.size(), 0U);
  EXPECT_EQ(interactions.title(3), "a4");
  EXPECT_EQ(interactions.plays.at(0, 0), 691);
  EXPECT_EQ(interactions.source, "made-up.tsv");
}

}  // namespace
}  // namespace segue
