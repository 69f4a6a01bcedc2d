#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "store/test_files.h"

namespace segue {
namespace {

using ::testing::ElementsAre;
using ::testing::ElementsAreArray;
using ::testing::HasSubstr;
using namespace segue::testing;

void expect_same(const StringTable& a, const StringTable& b) {
  EXPECT_THAT(all(a.offsets()), ElementsAreArray(all(b.offsets())));
  EXPECT_THAT(all(a.bytes()), ElementsAreArray(all(b.bytes())));
}

void expect_same(const Interactions& a, const Interactions& b) {
  expect_same(a.users.strings(), b.users.strings());
  expect_same(a.items.strings(), b.items.strings());
  expect_same(a.titles, b.titles);
  EXPECT_EQ(a.plays.cols(), b.plays.cols());
  EXPECT_THAT(all(a.plays.row_ptr()), ElementsAreArray(all(b.plays.row_ptr())));
  EXPECT_THAT(all(a.plays.columns()), ElementsAreArray(all(b.plays.columns())));
  EXPECT_THAT(all(a.plays.values()), ElementsAreArray(all(b.plays.values())));
  EXPECT_EQ(a.source, b.source);
}

void expect_same(const Factors& a, const Factors& b) {
  EXPECT_EQ(a.rows(), b.rows());
  EXPECT_EQ(a.factors(), b.factors());
  EXPECT_THAT(all(a.values()), ElementsAreArray(all(b.values())));
}

void expect_same(const ModelCard& a, const ModelCard& b) {
  EXPECT_EQ(a.segue_version, b.segue_version);
  EXPECT_EQ(a.created, b.created);
  EXPECT_EQ(a.source, b.source);
  EXPECT_EQ(a.note, b.note);
  EXPECT_EQ(a.rows_read, b.rows_read);
  EXPECT_EQ(a.rows_kept, b.rows_kept);
  EXPECT_EQ(a.data_checksum, b.data_checksum);
  EXPECT_EQ(a.options.factors, b.options.factors);
  EXPECT_EQ(a.options.regularization, b.options.regularization);
  EXPECT_EQ(a.options.iterations, b.options.iterations);
  EXPECT_EQ(a.options.solver, b.options.solver);
  EXPECT_EQ(a.options.cg_steps, b.options.cg_steps);
  EXPECT_EQ(a.options.seed, b.options.seed);
  EXPECT_EQ(a.options.precision, b.options.precision);
  EXPECT_EQ(a.options.tolerance, b.options.tolerance);
  EXPECT_EQ(a.solver, b.solver);
  ASSERT_EQ(a.sweeps.size(), b.sweeps.size());
  for (std::size_t i = 0; i < a.sweeps.size(); ++i) {
    EXPECT_EQ(a.sweeps[i].sweep, b.sweeps[i].sweep);
    EXPECT_EQ(a.sweeps[i].seconds, b.sweeps[i].seconds);
    EXPECT_EQ(a.sweeps[i].loss, b.sweeps[i].loss);
  }
  EXPECT_EQ(a.fit_seconds, b.fit_seconds);
  EXPECT_EQ(a.peak_memory_bytes, b.peak_memory_bytes);
  EXPECT_EQ(a.threads, b.threads);
  EXPECT_EQ(a.simd_target, b.simd_target);
  EXPECT_EQ(a.factors_checksum, b.factors_checksum);
}

void expect_same(const Model& a, const Model& b) {
  expect_same(a.interactions(), b.interactions());
  EXPECT_EQ(a.weighting().options.weighting, b.weighting().options.weighting);
  EXPECT_EQ(a.weighting().options.alpha, b.weighting().options.alpha);
  EXPECT_EQ(a.weighting().options.epsilon, b.weighting().options.epsilon);
  EXPECT_EQ(a.weighting().options.bm25_k1, b.weighting().options.bm25_k1);
  EXPECT_EQ(a.weighting().options.bm25_b, b.weighting().options.bm25_b);
  EXPECT_EQ(a.weighting().items, b.weighting().items);
  EXPECT_THAT(all(a.weighting().item_scale), ElementsAreArray(all(b.weighting().item_scale)));
  expect_same(a.user_factors(), b.user_factors());
  expect_same(a.item_factors(), b.item_factors());
  expect_same(a.card(), b.card());
  EXPECT_THAT(all(a.listeners()), ElementsAreArray(all(b.listeners())));
}

TEST(Model, GoesOnWithTheFactorsOfWhomItKnows) {
  const Model model = golden_model();
  const std::uint32_t factors = model.item_factors().factors();
  // Everybody but the first user and the last item, and two strangers.
  std::vector<std::string> users = {"\x01 before all"};
  for (std::uint32_t u = 1; u < model.interactions().users.size(); ++u)
    users.emplace_back(model.interactions().users[u]);
  std::vector<std::string> items;
  for (std::uint32_t i = 0; i + 1 < model.interactions().items.size(); ++i) {
    items.emplace_back(model.interactions().items[i]);
  }
  items.emplace_back("~ after all");
  std::ranges::sort(users);
  Interactions data;
  data.users = IdMap::create(StringTable::from(users));
  data.items = IdMap::create(StringTable::from(items));
  const InitialFactors initial = initial_factors(model, data, 7);
  const InitialFactors fresh = initial_factors(data.users.size(), data.items.size(), factors, 7);
  const auto check = [&](const Factors& got, const IdMap& ids, const Factors& old, const IdMap& old_ids,
                         const Factors& otherwise) {
    ASSERT_EQ(got.rows(), ids.size());
    ASSERT_EQ(got.factors(), factors);
    std::size_t known = 0;
    for (std::uint32_t row = 0; row < ids.size(); ++row) {
      const auto was = old_ids.find(ids[row]);
      known += was ? 1 : 0;
      EXPECT_THAT(all(got[row]), ElementsAreArray(all(was ? old[*was] : otherwise[row]))) << ids[row];
    }
    EXPECT_EQ(known, ids.size() - 1);
  };
  check(initial.users, data.users, model.user_factors(), model.interactions().users, fresh.users);
  check(initial.items, data.items, model.item_factors(), model.interactions().items, fresh.items);
}

TEST(PlaysFile, GivesBackWhatWasSaved) {
  const TempDir dir;
  const auto path = dir.path() / "x.plays";
  for (std::uint32_t seed = 0; seed < 40; ++seed) {
    SCOPED_TRACE(seed);
    Interactions saved = random_interactions(seed);
    if (seed % 3 == 0) {
      std::vector<double> times(saved.plays.nnz());
      for (std::size_t cell = 0; cell < times.size(); ++cell) times[cell] = 1e9 - static_cast<double>(cell * seed) / 7;
      saved.times = std::move(times);
    }
    save_interactions(saved, path);
    expect_same(open_interactions(path), saved);
    EXPECT_THAT(all(open_interactions(path).times), ElementsAreArray(all(saved.times)));
    EXPECT_NO_THROW(verify_file(path));
    EXPECT_TRUE(is_segue_file(path));
  }
}

TEST(PlaysFile, OpensWhatIsEmpty) {
  const TempDir dir;
  const auto path = dir.path() / "x.plays";
  save_interactions({}, path);
  const Interactions opened = open_interactions(path);
  EXPECT_EQ(opened.users.size(), 0U);
  EXPECT_EQ(opened.plays.nnz(), 0U);
}

TEST(PlaysFile, RefusesPartsThatDoNotFitAndWritesNothing) {
  const TempDir dir;
  const auto path = dir.path() / "x.plays";
  Interactions interactions = golden_model().interactions();
  interactions.titles = StringTable::from({"one title for four items"});
  EXPECT_THAT(error_of([&] { save_interactions(interactions, path); }, ErrorCode::kInvalidArgument),
              HasSubstr("plays of 3 x 4 do not fit 3 users, 4 items and 1 titles"));
  interactions = golden_model().interactions();
  interactions.times = std::vector<double>{1, 2};
  EXPECT_THAT(error_of([&] { save_interactions(interactions, path); }, ErrorCode::kInvalidArgument),
              HasSubstr("2 times do not fit 5 plays"));
  EXPECT_TRUE(std::filesystem::is_empty(dir.path()));
}

TEST(PlaysFile, KeepsItsTimesAndAModelDoesNot) {
  const TempDir dir;
  const Model model = golden_model();
  Interactions interactions = model.interactions();
  interactions.times = std::vector<double>{1, 2, 3, 4, 5};
  const Model made =
      Model::create(interactions, model.weighting(), model.user_factors(), model.item_factors(), model.card());
  EXPECT_EQ(made.interactions().times.size(), 0U);
  EXPECT_EQ(made.card().data_checksum, model.card().data_checksum);
  const auto path = dir.path() / "x.plays";
  save_interactions(interactions, path);
  const auto damaged = [&](std::vector<double> times) {
    save_interactions(interactions, path);
    rewrite(path, {{"plays.times", bytes_of(times)}});
    return error_of([&] { open_interactions(path); });
  };
  EXPECT_THAT(damaged({1, 2, 3, 4}), HasSubstr("plays.times does not have a time for each play"));
  EXPECT_THAT(damaged({1, 2, 3, 4, std::numeric_limits<double>::infinity()}),
              HasSubstr("plays.times holds a time that is not finite"));
}

TEST(PlaysFile, IsToldFromALog) {
  const TempDir dir;
  EXPECT_FALSE(is_segue_file(dir.write("log.tsv", "ada\tThe Lamps\t691\n")));
  EXPECT_FALSE(is_segue_file(dir.write("empty", "")));
  EXPECT_FALSE(is_segue_file(dir.write("short", std::string(kMagic.data(), 7))));
  EXPECT_TRUE(is_segue_file(dir.write("begin", std::string(kMagic.data(), 8))));
  EXPECT_FALSE(is_segue_file(dir.path()));
  EXPECT_FALSE(is_segue_file(dir.path() / "missing"));
}

TEST(PlaysFile, IsReadOutOfAModel) {
  const TempDir dir;
  const Model model = golden_model();
  model.save(dir.path() / "x.segue");
  expect_same(open_interactions(dir.path() / "x.segue"), model.interactions());
}

TEST(ModelFile, GivesBackWhatWasSaved) {
  const TempDir dir;
  const auto path = dir.path() / "x.segue";
  for (std::uint32_t seed = 0; seed < 40; ++seed) {
    SCOPED_TRACE(seed);
    const Model saved = random_model(seed);
    saved.save(path);
    expect_same(Model::open(path), saved);
    EXPECT_NO_THROW(verify_file(path));
    EXPECT_EQ(read_layout(path).kind, "model");
  }
}

TEST(ModelFile, SavesTheSameBytesAgain) {
  const TempDir dir;
  random_model(3).save(dir.path() / "a");
  Model::open(dir.path() / "a").save(dir.path() / "b");
  EXPECT_EQ(read_file(dir.path() / "a"), read_file(dir.path() / "b"));
}

TEST(ModelFile, ReplacesTheFileItIsMappedFrom) {
  const TempDir dir;
  const auto path = dir.path() / "x.segue";
  golden_model().save(path);
  const Model model = Model::open(path);
  model.save(path);
  expect_same(Model::open(path), model);
}

TEST(ModelFile, FactorsAreAlignedAndShareTheFile) {
  const TempDir dir;
  golden_model().save(dir.path() / "x.segue");
  const Model model = Model::open(dir.path() / "x.segue");
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(model.item_factors().values().data()) % 64, 0U);
}

TEST(ModelFile, NumbersThatAreNotFiniteInTheCardDoNotLoseTheModel) {
  const TempDir dir;
  const auto path = dir.path() / "x.segue";
  const Model from = golden_model();
  ModelCard card = from.card();
  card.fit_seconds = std::numeric_limits<double>::infinity();
  card.sweeps = {{1, 0.5, std::numeric_limits<double>::quiet_NaN()}};
  card.note = "latin-1: caf\xE9";
  Model::create(from.interactions(), from.weighting(), from.user_factors(), from.item_factors(), card).save(path);
  const Model opened = Model::open(path);
  EXPECT_TRUE(std::isnan(opened.card().fit_seconds));
  EXPECT_TRUE(std::isnan(opened.card().sweeps.at(0).loss));
  EXPECT_EQ(opened.card().note, "latin-1: caf\xEF\xBF\xBD");
}

TEST(ModelFile, PlaysAloneAreNoModel) {
  const TempDir dir;
  const auto path = dir.path() / "x.plays";
  save_interactions(golden_model().interactions(), path);
  EXPECT_EQ(error_of([&] { Model::open(path); }, ErrorCode::kInvalidArgument),
            path.string() + ": holds plays, not a model\n  fix: make a model of it first: segue fit " + path.string());
}

TEST(ModelFile, SaysWhatIsNotThere) {
  EXPECT_THAT(error_of([] { Model::open("/no/such/model.segue"); }, ErrorCode::kNotFound),
              HasSubstr("/no/such/model.segue: there is no such file"));
  const TempDir dir;
  EXPECT_THAT(error_of([&] { Model::open(dir.path()); }, ErrorCode::kIo), HasSubstr("is not a regular file"));
}

TEST(ModelFile, AnEmptyModelIsNotSaved) {
  const TempDir dir;
  EXPECT_THAT(error_of([&] { Model().save(dir.path() / "x"); }, ErrorCode::kInvalidArgument),
              HasSubstr("an empty model has nothing to save"));
  EXPECT_TRUE(std::filesystem::is_empty(dir.path()));
}

TEST(Model, CountsListeners) { EXPECT_THAT(all(golden_model().listeners()), ElementsAre(2, 1, 0, 2)); }

TEST(Model, ChecksumOfDataSeesIdsTitlesAndPlaysOnly) {
  const Model model = golden_model();
  EXPECT_EQ(model.card().data_checksum, golden_model().card().data_checksum);
  EXPECT_NE(model.card().data_checksum, golden_model(false).card().data_checksum);
  Interactions other = model.interactions();
  other.source = "elsewhere.tsv";
  EXPECT_EQ(Model::create(other, model.weighting(), model.user_factors(), model.item_factors(), model.card())
                .card()
                .data_checksum,
            model.card().data_checksum);
  other.users = IdMap::create(StringTable::from({"ada", "bob", "eva"}));
  EXPECT_NE(Model::create(other, model.weighting(), model.user_factors(), model.item_factors(), model.card())
                .card()
                .data_checksum,
            model.card().data_checksum);
}

TEST(Model, ChecksumOfFactorsSeesFactorsOnly) {
  const Model model = golden_model();
  ModelCard later = model.card();
  later.created = "2027-01-01T00:00:00Z";
  later.threads = 96;
  later.fit_seconds = 1e9;
  EXPECT_EQ(Model::create(model.interactions(), model.weighting(), model.user_factors(), model.item_factors(), later)
                .card()
                .factors_checksum,
            model.card().factors_checksum);
  float next = 0;
  const Factors other = make_factors(4, 3, [&next] { return next += 1; });
  EXPECT_NE(Model::create(model.interactions(), model.weighting(), model.user_factors(), other, later)
                .card()
                .factors_checksum,
            model.card().factors_checksum);
}

TEST(Model, RefusesPartsThatDoNotFit) {
  const Model model = golden_model();
  const auto create = [&](WeightingState weighting, const Factors& users, const Factors& items, float regularization) {
    ModelCard card;
    card.options.regularization = regularization;
    Model::create(model.interactions(), std::move(weighting), users, items, card);
  };
  const auto& users = model.user_factors();
  const auto& items = model.item_factors();
  EXPECT_THAT(error_of([&] { create(model.weighting(), items, items, 0.01F); }, ErrorCode::kInvalidArgument),
              HasSubstr("factors of 4 x 3 and 4 x 3 do not fit 3 users and 4 items"));
  EXPECT_THAT(error_of([&] { create(model.weighting(), Factors(), Factors(), 0.01F); }, ErrorCode::kInvalidArgument),
              HasSubstr("factors of 0 x 0"));
  EXPECT_THAT(error_of([&] { create(model.weighting(), users, items, 0); }, ErrorCode::kInvalidArgument),
              HasSubstr("the regularization of the card is not above 0"));
  WeightingState weighting = model.weighting();
  weighting.items = 5;
  EXPECT_THAT(error_of([&] { create(weighting, users, items, 0.01F); }, ErrorCode::kInvalidArgument),
              HasSubstr("the weighting is of 5 items and the plays of 4"));
  weighting = model.weighting();
  weighting.item_scale = {};
  EXPECT_THAT(error_of([&] { create(weighting, users, items, 0.01F); }, ErrorCode::kInvalidArgument),
              HasSubstr("0 item scales where it needs 4"));
  weighting = model.weighting();
  weighting.options.alpha = 0;
  EXPECT_THAT(error_of([&] { create(weighting, users, items, 0.01F); }, ErrorCode::kInvalidArgument),
              HasSubstr("an option of the weighting is out of its range"));
}

TEST(ModelFile, LearnsOfItemsAloneMustFitTheirPlays) {
  const Model knn = golden_model_of("v2-knn");
  const auto with = [&](ItemModel learned, std::string name = "knn") {
    ModelCard card = knn.card();
    card.model = std::move(name);
    return error_of([&] { Model::create(knn.interactions(), learned, card); }, ErrorCode::kInvalidArgument);
  };
  EXPECT_EQ(with(*knn.item_model()), "nothing");
  EXPECT_THAT(with(*knn.item_model(), "als"), HasSubstr("a model of items alone is called als"));
  Neighborhood small = std::get<Neighborhood>(*knn.item_model());
  small.similar = CsrMatrix();
  EXPECT_THAT(with(small), HasSubstr("a model of 0 items does not fit plays of 4"));
  EXPECT_THAT(with(FittedPopularity{Array<std::uint32_t>(std::vector<std::uint32_t>{2, 1, 1, 2})}),
              HasSubstr("popularity is not that of the plays"));
  EaseWeights dense = std::get<EaseWeights>(golden_model_of("v2-ease").item_model().value());
  dense.stride = 2;
  EXPECT_THAT(with(dense), HasSubstr("weights of 3 items have 12 values"));
  EXPECT_THAT(error_of([&] { knn.with_indexes({some_index(Metric::kCosine)}); }, ErrorCode::kInvalidArgument),
              HasSubstr("nothing to index"));
}

/// Padding is not part of what was learned: the same weights further apart have the same checksum.
TEST(ModelFile, TheChecksumOfDenseWeightsLeavesThePaddingOut) {
  const Model ease = golden_model_of("v2-ease");
  EaseWeights wide = std::get<EaseWeights>(ease.item_model().value());
  wide.stride = 5;
  wide.weights = std::vector<float>{0, 0.5F, -0.25F, 9, 9, 0.125F, 0, 1, 9, 9, 2, -0.5F, 0, 9, 9};
  EXPECT_EQ(Model::create(ease.interactions(), wide, ease.card()).card().factors_checksum,
            ease.card().factors_checksum);
}

}  // namespace
}  // namespace segue
