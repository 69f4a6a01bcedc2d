#include "segue/annoy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <random>
#include <string>
#include <vector>

#include "segue/error.h"
#include "testing/reference_search.h"
#include "testing/temp_dir.h"

namespace segue {
namespace {

using ::testing::HasSubstr;
using testing::read_file;
using testing::TempDir;

constexpr AnnoyMetric kMetrics[] = {AnnoyMetric::kAngular, AnnoyMetric::kEuclidean, AnnoyMetric::kManhattan,
                                    AnnoyMetric::kHamming, AnnoyMetric::kDot};

std::vector<float> drawn(std::uint32_t size, std::uint32_t seed) {
  const Factors row = testing::random_factors(1, size, seed);
  return {row[0].begin(), row[0].end()};
}

AnnoyBuilder filled(AnnoyMetric metric, std::uint32_t items, std::uint32_t size) {
  AnnoyBuilder builder(metric, size);
  for (std::uint32_t item = 0; item < items; ++item) builder.add(item, drawn(size, item));
  return builder;
}

std::string saved(const AnnoyForest& forest) {
  const TempDir folder;
  forest.save(folder.path() / "x.ann");
  return read_file(folder.path() / "x.ann");
}

Run threads(int n) {
  Run run;
  run.threads = n;
  return run;
}

/// The distance by its definition, in double.
double defined(AnnoyMetric metric, const std::vector<float>& a, const std::vector<float>& b) {
  double dot = 0, aa = 0, bb = 0, squares = 0, absolutes = 0, bits = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const double x = a[i];
    const double y = b[i];
    dot += x * y;
    aa += x * x;
    bb += y * y;
    squares += (x - y) * (x - y);
    absolutes += std::abs(x - y);
    bits += (x > 0.5) != (y > 0.5) ? 1 : 0;
  }
  switch (metric) {
    case AnnoyMetric::kAngular:
      return std::sqrt(std::max(0.0, 2 - 2 * dot / std::sqrt(aa * bb)));
    case AnnoyMetric::kEuclidean:
      return std::sqrt(squares);
    case AnnoyMetric::kManhattan:
      return absolutes;
    case AnnoyMetric::kHamming:
      return bits;
    case AnnoyMetric::kDot:
      return dot;
  }
  return 0;
}

template <typename Action>
std::string error_of(ErrorCode code, const Action& action) {
  try {
    action();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), code) << error.what();
    return error.what();
  }
  return "no error";
}

TEST(AnnoyMetric, HasAnnoysNames) {
  for (const AnnoyMetric metric : kMetrics) EXPECT_EQ(annoy_metric(name_of(metric)), metric);
  EXPECT_THAT(
      error_of(ErrorCode::kInvalidArgument, [] { annoy_metric("cosine"); }),
      HasSubstr("there is no metric \"cosine\"\n  fix: use one of angular, euclidean, manhattan, hamming, dot"));
}

TEST(AnnoyForest, FindsTheNearestWhenAllIsSearched) {
  for (const AnnoyMetric metric : kMetrics) {
    constexpr std::uint32_t kItems = 700;
    const AnnoyForest forest = filled(metric, kItems, 20).build({.trees = 3});
    ASSERT_EQ(forest.trees(), 3);
    ASSERT_EQ(forest.items(), kItems);
    for (std::uint32_t query = 0; query < 20; ++query) {
      const std::vector<float> q = drawn(20, 5000 + query);
      const std::vector<AnnoyNeighbor> found = forest.nearest(q, kItems, 3 * kItems);
      ASSERT_EQ(found.size(), kItems) << name_of(metric);
      for (std::size_t i = 0; i < found.size(); ++i) {
        // Sums of 20 terms of at most 4: 20 eps 80; a root near 0 widens that to its own root.
        EXPECT_NEAR(found[i].distance, defined(metric, q, drawn(20, found[i].item)), 2e-3) << name_of(metric);
        if (i == 0) continue;
        const float step = found[i].distance - found[i - 1].distance;
        EXPECT_TRUE(metric == AnnoyMetric::kDot ? step <= 0 : step >= 0);
        if (step == 0 && metric == AnnoyMetric::kHamming) {
          EXPECT_LT(found[i - 1].item, found[i].item);
        }
      }
    }
  }
}

TEST(AnnoyForest, SearchKTradesRecallForTime) {
  const AnnoyForest forest = filled(AnnoyMetric::kAngular, 5000, 16).build({.trees = 10});
  double few = 0, many = 0;
  for (std::uint32_t query = 0; query < 50; ++query) {
    const auto truth = forest.nearest(query, 10, 50000);
    const auto hits = [&](std::int64_t search_k) {
      double sum = 0;
      for (const auto& found : forest.nearest(query, 10, search_k)) {
        sum += std::ranges::any_of(truth, [&](const auto& t) { return t.item == found.item; }) ? 1 : 0;
      }
      return sum / 10 / 50;
    };
    few += hits(-1);
    many += hits(5000);
  }
  EXPECT_LT(few, many);
  EXPECT_GT(many, 0.9);
  EXPECT_TRUE(forest.nearest(0U, 10, 0).empty());
  EXPECT_TRUE(forest.nearest(0U, 0).empty());
}

TEST(AnnoyForest, HasTheSameBytesForAnyNumberOfThreads) {
  for (const AnnoyMetric metric : kMetrics) {
    for (const int trees : {-1, 7}) {
      const AnnoyBuilder builder = filled(metric, 900, 12);
      const std::string one = saved(builder.build({.trees = trees}, threads(1)));
      for (const int n : {2, 3, 8}) EXPECT_EQ(saved(builder.build({.trees = trees}, threads(n))), one);
      EXPECT_NE(saved(builder.build({.trees = trees, .seed = 7}, threads(2))), one);
    }
  }
}

TEST(AnnoyForest, OfMinusOneTreesHasTwiceAsManyNodesAsItems) {
  const AnnoyForest forest = filled(AnnoyMetric::kEuclidean, 2000, 10).build({.trees = -1});
  const std::uint64_t nodes = forest.bytes() / (16 + 4 * 10);
  const std::uint64_t of_a_tree = (nodes - 2000) / forest.trees();
  EXPECT_GE(nodes, 2 * 2000);
  EXPECT_LT(nodes - forest.trees() - of_a_tree * 5 / 4, 2 * 2000);
}

TEST(AnnoyForest, BuiltOnDiskIsTheOneBuiltInMemory) {
  const TempDir folder;
  const AnnoyBuilder builder = filled(AnnoyMetric::kDot, 500, 9);
  const AnnoyForest forest = builder.build_file(folder.path() / "x.ann", {.trees = 4});
  EXPECT_EQ(read_file(folder.path() / "x.ann"), saved(builder.build({.trees = 4})));
  EXPECT_EQ(forest.nearest(3U, 5).size(), 5);
}

TEST(AnnoyForest, SavesAndOpensEveryMetricAndLayout) {
  const TempDir folder;
  const auto path = folder.path() / "x.ann";
  for (const AnnoyMetric metric : kMetrics) {
    for (const AnnoyDotLayout layout : {AnnoyDotLayout::kRelease, AnnoyDotLayout::kNorms}) {
      const AnnoyForest built = filled(metric, 600, 30).build({.trees = 5, .dot_layout = layout});
      built.save(path);
      for (const bool prefault : {false, true}) {
        const AnnoyForest opened = AnnoyForest::open(path, metric, 30, prefault);
        EXPECT_EQ(opened.trees(), 5);
        EXPECT_EQ(opened.items(), 600);
        if (metric == AnnoyMetric::kDot) {
          EXPECT_EQ(opened.dot_layout(), layout);
        }
        for (std::uint32_t item = 0; item < 600; item += 50) {
          EXPECT_EQ(opened.vector(item), built.vector(item));
          EXPECT_EQ(opened.distance(item, 1), built.distance(item, 1));
          const auto a = built.nearest(item, 8);
          const auto b = opened.nearest(item, 8);
          ASSERT_EQ(a.size(), b.size());
          for (std::size_t i = 0; i < a.size(); ++i) EXPECT_EQ(a[i].item, b[i].item);
        }
      }
    }
  }
}

// Annoy's count of trees is wrong where trees are single leaves; and the sizes around a leaf's capacity, 22 here, have
// rules of their own.
TEST(AnnoyForest, CountsTreesOfFewItemsRightly) {
  const TempDir folder;
  const auto path = folder.path() / "x.ann";
  for (const std::uint32_t items : {0U, 1U, 2U, 3U, 5U, 21U, 22U, 23U, 24U, 45U}) {
    for (const int trees : {1, 2, 3, 4, 7}) {
      const AnnoyForest built = filled(AnnoyMetric::kAngular, items, 20).build({.trees = trees});
      built.save(path);
      const AnnoyForest opened = AnnoyForest::open(path, AnnoyMetric::kAngular, 20);
      EXPECT_EQ(opened.trees(), trees) << items;
      EXPECT_EQ(opened.items(), items);
      EXPECT_EQ(opened.nearest(drawn(20, 9), 100, 1000).size(), items) << trees << " trees";
    }
  }
}

TEST(AnnoyForest, TakesIdsWithGaps) {
  for (const std::vector<std::uint32_t>& ids :
       {std::vector<std::uint32_t>{7}, {500}, {3, 1}, {900, 2, 500}, {40, 41, 0, 1, 2, 3000}}) {
    AnnoyBuilder builder(AnnoyMetric::kEuclidean, 4);
    for (const std::uint32_t id : ids) builder.add(id, drawn(4, id));
    const AnnoyForest forest = builder.build({.trees = 3});
    EXPECT_EQ(forest.items(), *std::ranges::max_element(ids) + 1);
    EXPECT_EQ(forest.trees(), 3);
    std::vector<std::uint32_t> found;
    for (const auto& neighbor : forest.nearest(drawn(4, 1), 10, 100)) found.push_back(neighbor.item);
    EXPECT_THAT(found, ::testing::UnorderedElementsAreArray(ids));
    EXPECT_FALSE(forest.has(4));
    EXPECT_TRUE(forest.has(ids[0]));
    EXPECT_FALSE(forest.has(5000));
  }
}

TEST(AnnoyForest, GivesAllVectorsAsATable) {
  const AnnoyForest forest = filled(AnnoyMetric::kDot, 30, 5).build({.trees = 1});
  const Factors table = forest.vectors();
  ASSERT_EQ(table.rows(), 30);
  for (std::uint32_t item = 0; item < 30; ++item) EXPECT_THAT(table[item], ::testing::ElementsAreArray(drawn(5, item)));
}

TEST(AnnoyBuilder, HoldsOneHugeIdInLittleMemoryAndRefusesTheFile) {
  AnnoyBuilder builder(AnnoyMetric::kAngular, 50);
  builder.add(2'000'000'000, drawn(50, 1));
  builder.add(3, drawn(50, 2));
  EXPECT_EQ(builder.items(), 2'000'000'001);
  EXPECT_EQ(builder.count(), 2);
  EXPECT_EQ(error_of(ErrorCode::kInvalidArgument, [&] { builder.build({.trees = 1}); }),
            "2 items with ids up to 2000000000 would take 404357 MiB: the layout has room for every id\n"
            "  fix: number the items from 0 on, and keep a table of their ids");
}

TEST(AnnoyBuilder, ReplacesWhatIsAddedAgainAndBuildsAnew) {
  AnnoyBuilder builder(AnnoyMetric::kEuclidean, 2);
  for (const std::uint32_t id : {0U, 1U, 9U}) builder.add(id, std::vector<float>{1, static_cast<float>(id)});
  const AnnoyForest before = builder.build({.trees = 1});
  builder.add(9, std::vector<float>{4, 4});
  builder.add(0, std::vector<float>{5, 5});
  EXPECT_EQ(builder.count(), 3);
  EXPECT_EQ(builder.vector(9), (std::vector<float>{4, 4}));
  EXPECT_FLOAT_EQ(builder.distance(9, 0), std::sqrt(2.0F));
  EXPECT_EQ(builder.build({.trees = 1}).vector(0), (std::vector<float>{5, 5}));
  EXPECT_EQ(before.vector(0), (std::vector<float>{1, 0}));
}

// Annoy recursed once a split, and overflowed its stack where no plane parts the items.
TEST(AnnoyBuilder, PartsDuplicatesWithoutEnd) {
  for (const AnnoyMetric metric : kMetrics) {
    for (const float value : {0.0F, 0.7F}) {
      AnnoyBuilder builder(metric, 3);
      for (std::uint32_t item = 0; item < 20000; ++item) builder.add(item, std::vector<float>(3, value));
      const AnnoyForest forest = builder.build({.trees = 2});
      EXPECT_EQ(forest.nearest(0U, 30000, 100000).size(), 20000) << name_of(metric);
    }
  }
}

TEST(AnnoyBuilder, RefusesWhatCannotBe) {
  AnnoyBuilder builder(AnnoyMetric::kAngular, 3);
  EXPECT_THAT(error_of(ErrorCode::kInvalidArgument,
                       [&] {
                         builder.add(0, std::vector<float>{1, 2});
                       }),
              HasSubstr("the vector has 2 values where 3 are expected"));
  EXPECT_THAT(error_of(ErrorCode::kInvalidArgument,
                       [&] {
                         builder.add(2147483647U, std::vector<float>{1, 2, 3});
                       }),
              HasSubstr("the id 2147483647 is beyond 2147483646"));
  EXPECT_THAT(error_of(ErrorCode::kInvalidArgument,
                       [&] {
                         builder.add(1, std::vector<float>{1, NAN, 3});
                       }),
              HasSubstr("the vector of item 1 holds a value that is not finite"));
  EXPECT_EQ(builder.count(), 0);
  for (const int trees : {0, -2}) {
    EXPECT_THAT(error_of(ErrorCode::kInvalidArgument, [&] { builder.build({.trees = trees}); }),
                HasSubstr("a forest of " + std::to_string(trees) + " trees was asked for"));
  }
  EXPECT_THAT(error_of(ErrorCode::kInvalidArgument, [] { AnnoyBuilder(AnnoyMetric::kDot, 0); }),
              HasSubstr("vectors of 0 values"));
}

TEST(AnnoyForest, RefusesQuestionsThatCannotBe) {
  const AnnoyForest forest = filled(AnnoyMetric::kAngular, 10, 3).build({.trees = 1});
  EXPECT_THAT(error_of(ErrorCode::kNotFound, [&] { forest.nearest(10U, 1); }),
              HasSubstr("there is no item 10 among 10\n  fix: name an item from 0 to 9"));
  EXPECT_THAT(error_of(ErrorCode::kNotFound, [&] { forest.distance(0, 11); }), HasSubstr("no item 11"));
  EXPECT_THAT(error_of(ErrorCode::kInvalidArgument, [&] { forest.nearest(std::vector<float>{1}, 1); }),
              HasSubstr("has 1 value where 3"));
  EXPECT_THAT(error_of(ErrorCode::kInvalidArgument, [&] { forest.nearest(0U, 1, -2); }), HasSubstr("search_k is -2"));
}

TEST(AnnoyBuilder, LeavesNoFileWhenItIsStopped) {
  const TempDir folder;
  const auto path = folder.write("x.ann", "before");
  const AnnoyBuilder builder = filled(AnnoyMetric::kAngular, 3000, 8);
  std::stop_source stop;
  segue::Run run;
  run.stop = stop.get_token();
  run.progress = [&](const Progress&) { stop.request_stop(); };
  error_of(ErrorCode::kCancelled, [&] { builder.build_file(path, {.trees = 50}, run); });
  EXPECT_EQ(read_file(path), "before");
}

TEST(AnnoyFile, OfAnotherSizeOrMetricIsRefused) {
  const TempDir folder;
  const auto path = folder.path() / "x.ann";
  filled(AnnoyMetric::kAngular, 1000, 40).build({.trees = 2}).save(path);
  EXPECT_THAT(error_of(ErrorCode::kCorruptFile, [&] { AnnoyForest::open(path, AnnoyMetric::kAngular, 41); }),
              HasSubstr("bytes, which are not nodes of 176 bytes as angular vectors of 41 values take\n"
                        "  fix: open it with the metric and the vector size that it was built with"));
  error_of(ErrorCode::kCorruptFile, [&] { AnnoyForest::open(path, AnnoyMetric::kEuclidean, 40); });
  error_of(ErrorCode::kCorruptFile, [&] { AnnoyForest::open(path, AnnoyMetric::kDot, 40); });
  error_of(ErrorCode::kCorruptFile, [&] { AnnoyForest::open(path, AnnoyMetric::kHamming, 40); });
  // The same size of nodes: 12 + 4 · 40 = 16 + 4 · 39. Items then have descendants where they should, and so have
  // roots.
  error_of(ErrorCode::kNotFound, [&] { AnnoyForest::open(folder.path() / "y.ann", AnnoyMetric::kDot, 40); });
  const auto empty = folder.write("empty.ann", "");
  EXPECT_THAT(error_of(ErrorCode::kCorruptFile, [&] { AnnoyForest::open(empty, AnnoyMetric::kAngular, 40); }),
              HasSubstr("has 0 bytes"));
}

/// Asks everything of a file; what it may throw is kCorruptFile.
void ask_all(const std::filesystem::path& path, AnnoyMetric metric, std::uint32_t size) {
  try {
    const AnnoyForest forest = AnnoyForest::open(path, metric, size);
    for (std::uint32_t item = 0; item < std::min(forest.items(), 5U); ++item) {
      for (const auto& found : forest.nearest(item, 5, 100000)) ASSERT_LT(found.item, forest.items());
      forest.distance(item, 0);
    }
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kCorruptFile) << error.what();
    EXPECT_THAT(error.what(), HasSubstr("fix: "));
  }
}

TEST(AnnoyFile, SurvivesEveryFlippedByte) {
  const TempDir folder;
  for (const AnnoyMetric metric : kMetrics) {
    const std::string good = saved(filled(metric, 30, 6).build({.trees = 2}));
    for (std::size_t at = 0; at < good.size(); ++at) {
      std::string bad = good;
      bad[at] = static_cast<char>(bad[at] ^ (at % 3 == 0 ? 0x80 : at % 3 == 1 ? 0xff : 0x01));
      ask_all(folder.write("bad.ann", bad), metric, 6);
    }
  }
}

TEST(AnnoyFile, SurvivesEveryLength) {
  const TempDir folder;
  const std::string good = saved(filled(AnnoyMetric::kEuclidean, 40, 3).build({.trees = 2}));
  for (std::size_t size = 0; size < good.size(); ++size) {
    ask_all(folder.write("short.ann", good.substr(0, size)), AnnoyMetric::kEuclidean, 3);
  }
}

/// Writes an int32 into node `node` of a file.
std::string with(std::string file, std::size_t node_bytes, std::size_t node, std::size_t offset, std::int32_t value) {
  std::memcpy(file.data() + node * node_bytes + offset, &value, sizeof value);
  return file;
}

TEST(AnnoyFile, CutAtANodeIsRefused) {
  const TempDir folder;
  for (const std::uint32_t items : {1U, 3U, 40U}) {
    const std::string good = saved(filled(AnnoyMetric::kEuclidean, items, 3).build({.trees = 3}));
    constexpr std::size_t kNode = 16 + 4 * 3;
    const bool leaves = items <= 5;  // which are written once
    for (std::size_t nodes = 1; nodes < good.size() / kNode; ++nodes) {
      if (leaves && nodes > items) continue;  // a smaller forest, as good as one
      const auto path = folder.write("cut.ann", good.substr(0, nodes * kNode));
      error_of(ErrorCode::kCorruptFile, [&] { AnnoyForest::open(path, AnnoyMetric::kEuclidean, 3); });
    }
  }
}

TEST(AnnoyFile, NamesTheNodeThatIsDamaged) {
  const TempDir folder;
  const std::string good = saved(filled(AnnoyMetric::kEuclidean, 40, 3).build({.trees = 1}));
  constexpr std::size_t kNode = 16 + 4 * 3;
  const std::size_t nodes = good.size() / kNode;
  const auto open = [&](const std::string& bytes) {
    return AnnoyForest::open(folder.write("bad.ann", bytes), AnnoyMetric::kEuclidean, 3);
  };
  const std::string last = std::to_string(nodes - 1);
  EXPECT_THAT(error_of(ErrorCode::kCorruptFile, [&] { open(with(good, kNode, nodes - 1, 8, 1000)); }),
              HasSubstr("bad.ann: node " + last + " is a root and has the child 1000 of " + std::to_string(nodes) +
                        " nodes\n  fix: check that this is the metric and the vector size"));
  EXPECT_THAT(error_of(ErrorCode::kCorruptFile, [&] { open(with(good, kNode, nodes - 1, 0, 5000)); }),
              HasSubstr("says that there are 5000 items among"));
  EXPECT_THAT(error_of(ErrorCode::kCorruptFile, [&] { open(with(good, kNode, 0, 0, 17)); }),
              HasSubstr("node 0 should be an item, but has 17 descendants"));
  // A root that is its own child: no end without a bound.
  std::string circle = good;
  for (const std::size_t root : {nodes - 2, nodes - 1}) {  // and its copy
    for (const std::size_t child : {8, 12})
      circle = with(circle, kNode, root, child, static_cast<std::int32_t>(nodes - 1));
  }
  EXPECT_THAT(error_of(ErrorCode::kCorruptFile, [&] { open(circle).nearest(0U, 5, 1000); }),
              HasSubstr("nodes form a circle"));
}

TEST(AnnoyIndex, ScoresAsTheExactIndexDoes) {
  const Factors items = testing::random_factors(3000, 24, 1);
  const Factors queries = testing::random_factors(20, 24, 2);
  for (const Metric metric : {Metric::kCosine, Metric::kInnerProduct}) {
    const auto exact = make_exact_index(items, metric);
    const auto forest = make_annoy_index(items, metric, {.trees = 10, .search_k = 100000});
    EXPECT_EQ(forest->kind(), "annoy");
    EXPECT_EQ(forest->size(), 3000);
    const auto expected = exact->search(queries, 10, {}, {});
    const auto found = forest->search(queries, 10, {}, {});
    for (std::size_t q = 0; q < expected.size(); ++q) {
      ASSERT_EQ(found[q].size(), 10);
      for (std::size_t i = 0; i < 10; ++i) {
        EXPECT_EQ(found[q][i].item, expected[q][i].item);
        EXPECT_EQ(found[q][i].score, expected[q][i].score);
      }
    }
  }
}

TEST(AnnoyIndex, LooksAtAsManyMoreAsLongerListsTake) {
  const Factors items = testing::random_factors(5000, 16, 1);
  const Factors queries = testing::random_factors(20, 16, 2);
  const auto truth = make_brute_index(items, Metric::kCosine)->search(queries, 1000, {}, {});
  const auto found = [&](const Index& index) {
    const auto lists = index.search(queries, 1000, {}, {});
    std::size_t hits = 0;
    for (std::size_t q = 0; q < truth.size(); ++q) {
      for (const Neighbor& neighbor : truth[q]) {
        hits += std::ranges::find(lists[q], neighbor.item, &Neighbor::item) == lists[q].end() ? 0 : 1;
      }
    }
    return static_cast<double>(hits) / static_cast<double>(1000 * truth.size());
  };
  // As Annoy's default, n times trees, and more where a recall takes more; a search_k that was given is kept.
  const auto chosen = make_annoy_index(items, Metric::kCosine, {.recall = 0.5, .trees = 10});
  ASSERT_LT(chosen->store().options.search_k, 5000);
  const auto usual = make_annoy_index(items, Metric::kCosine, {.trees = 10});
  EXPECT_GE(found(*chosen), found(*usual));
  EXPECT_EQ(found(*open_index(items, chosen->store())), found(*chosen));
  const auto given = make_annoy_index(items, Metric::kCosine, {.recall = 0.5, .trees = 10, .search_k = 1000});
  EXPECT_LT(found(*given), found(*usual));
  EXPECT_EQ(given->store().options.recall, 0);
}

TEST(AnnoyIndex, GivesAsManyAsFiltersLeave) {
  const Factors items = testing::random_factors(2000, 16, 1);
  const Factors queries = testing::random_factors(3, 16, 2);
  std::vector<std::uint32_t> deny;
  for (std::uint32_t item = 0; item < 2000; ++item) {
    if (item % 100 != 7) deny.push_back(item);
  }
  const std::vector<std::uint32_t> allow = {5, 107, 1999};
  const std::vector<ItemFilter> filters = {
      {.deny = deny}, {.allow = allow, .has_allow = true}, {.deny = deny, .allow = allow, .has_allow = true}};
  const auto found = make_annoy_index(items, Metric::kCosine, {.trees = 4})->search(queries, 30, filters, {});
  EXPECT_EQ(found[0].size(), 20);
  EXPECT_EQ(found[1].size(), 3);
  ASSERT_EQ(found[2].size(), 1);
  EXPECT_EQ(found[2][0].item, 107);
}

// Candidates were as many with a filter as without, and most of them not let through.
TEST(AnnoyIndex, FindsAsMuchOfWhatAFilterLetsThrough) {
  const Factors items = testing::random_factors(5000, 16, 1);
  const Factors queries = testing::random_factors(100, 16, 2);
  const ItemMask eighth(items.rows(), [](std::uint32_t item) { return item % 8 == 3; });
  const auto recall = [&](const Index& index, std::span<const ItemFilter> filters) {
    const auto truth = make_brute_index(items, Metric::kCosine)->search(queries, 10, filters, {});
    const auto lists = index.search(queries, 10, filters, {});
    std::size_t hits = 0;
    for (std::size_t q = 0; q < truth.size(); ++q) {
      for (const Neighbor& neighbor : truth[q]) {
        hits += std::ranges::find(lists[q], neighbor.item, &Neighbor::item) == lists[q].end() ? 0 : 1;
      }
    }
    return static_cast<double>(hits) / static_cast<double>(10 * truth.size());
  };
  const std::vector<ItemFilter> filters(queries.rows(), ItemFilter{.mask = &eighth});
  for (const IndexOptions& options : {IndexOptions{.trees = 10}, IndexOptions{.recall = 0.8, .trees = 10}}) {
    const auto index = make_annoy_index(items, Metric::kCosine, options);
    EXPECT_GE(recall(*index, filters), recall(*index, {}) - 0.05);
  }
}

TEST(AnnoyIndex, RefusesWhatTheExactIndexRefuses) {
  const auto index = make_annoy_index(testing::random_factors(50, 4, 1), Metric::kCosine, {.trees = 2});
  error_of(ErrorCode::kInvalidArgument, [&] { index->search(testing::random_factors(1, 5, 1), 3, {}, {}); });
  error_of(ErrorCode::kInvalidArgument, [&] { index->search(testing::random_factors(1, 4, 1), 0, {}, {}); });
  const std::vector<ItemFilter> two(2);
  error_of(ErrorCode::kInvalidArgument, [&] { index->search(testing::random_factors(1, 4, 1), 3, two, {}); });
}

}  // namespace
}  // namespace segue
