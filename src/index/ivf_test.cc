// What inverted lists promise beyond the contract of every index: all lists are brute force, the slack follows the
// recall.
#include "index/ivf.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <numeric>
#include <random>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/checksum.h"
#include "index/known_recall.h"
#include "index/spherical_kmeans.h"
#include "segue/error.h"
#include "testing/reference_search.h"

namespace segue {

inline bool operator==(const Neighbor& a, const Neighbor& b) { return a.item == b.item && a.score == b.score; }

namespace {

using testing::factors_of;
using testing::random_factors;

/// Vectors around some directions, as tastes are.
Factors gathered(std::uint32_t rows, std::uint32_t factors, std::uint32_t directions) {
  std::mt19937 random(5);
  const auto value = [&] { return static_cast<float>(random() % 2001) / 1000.0F - 1; };
  std::vector<std::vector<float>> centers(directions, std::vector<float>(factors));
  for (auto& center : centers) std::ranges::generate(center, value);
  std::vector<std::vector<float>> table;
  for (std::uint32_t row = 0; row < rows; ++row) {
    table.push_back(centers[row % directions]);
    for (float& x : table.back()) x += 0.3F * value();
  }
  return factors_of(table);
}

Run with_threads(int threads) {
  Run run;
  run.threads = threads;
  return run;
}

std::string problem_of(const std::function<void()>& call) {
  try {
    call();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kInvalidArgument);
    return error.problem();
  }
  return "no error";
}

TEST(SphericalKmeans, FindsTheDirectionsAndPutsEveryItemToTheNearest) {
  const ScoredItems items(gathered(600, 12, 6), Metric::kCosine, {});
  const Clusters clusters = spherical_kmeans(items, 24, {}, {});
  ASSERT_EQ(clusters.centers.rows(), 24);
  ASSERT_EQ(clusters.member.size(), 600);
  for (std::uint32_t item = 0; item < items.size(); ++item) {
    const auto cosine = [&](std::uint32_t center) {
      return testing::exact_score(items.vector(item), clusters.centers[center], Metric::kCosine);
    };
    for (std::uint32_t center = 0; center < 24; ++center) {
      EXPECT_GE(cosine(clusters.member[item]), cosine(center) - 0.01) << item;  // the precision of codes
    }
  }
}

TEST(SphericalKmeans, IsTheSameForAnyNumberOfThreads) {
  const ScoredItems items(gathered(5000, 20, 40), Metric::kCosine, {});
  segue::Run run;
  run.threads = 1;
  const Clusters expected = spherical_kmeans(items, 64, {}, run);
  for (const int threads : {2, 3, 8}) {
    run.threads = threads;
    const Clusters clusters = spherical_kmeans(items, 64, {}, run);
    EXPECT_EQ(clusters.member, expected.member);
    EXPECT_TRUE(std::ranges::equal(clusters.centers.values(), expected.centers.values()));
  }
}

TEST(SphericalKmeans, FillsCentersThatNothingComesTo) {
  // Two directions only: most centers find nothing, and take what is there.
  std::vector<std::vector<float>> rows(50, {1, 0});
  for (std::size_t i = 0; i < 25; ++i) rows[i] = {0, 1};
  const ScoredItems items(factors_of(rows), Metric::kCosine, {});
  const Clusters clusters = spherical_kmeans(items, 10, {}, {});
  for (std::uint32_t c = 0; c < 10; ++c) EXPECT_FLOAT_EQ(clusters.centers[c][0] + clusters.centers[c][1], 1);
  EXPECT_EQ(clusters.member[0], clusters.member[24]);
  EXPECT_NE(clusters.member[0], clusters.member[25]);
}

TEST(IvfIndex, AnswersAsBruteForceWithAllLists) {
  const Factors items = gathered(4000, 24, 50);
  const Factors queries = random_factors(30, 24, 2);
  const IvfIndex index(items, Metric::kCosine, {}, {});
  EXPECT_EQ(index.lists(), 126);  // twice the root of 4000
  const auto truth = make_brute_index(items, Metric::kCosine)->search(queries, 15, {}, {});
  EXPECT_EQ(index.search_lists(queries, 15, {}, {.most = index.lists()}, {}), truth);
  EXPECT_EQ(index.search_lists(queries, 15, {}, {.most = index.lists(), .slack = 2}, {}), truth);
  EXPECT_NE(index.search_lists(queries, 15, {}, {.most = 1}, {}), truth);
}

TEST(IvfIndex, SlackFollowsTheRecallAskedFor) {
  const Factors items = random_factors(4000, 16, 8);
  float slack = 0;
  double looked_at = 0;
  for (const double recall : {0.9, 0.95, 0.99, 1.0}) {
    const IvfIndex index(items, Metric::kCosine, {.recall = recall}, {});
    EXPECT_GE(index.known_recall().at_10, recall);
    EXPECT_EQ(index.known_recall().sample, 2000);
    EXPECT_EQ(index.probes().most, index.lists());
    EXPECT_GT(index.probes().slack, slack);
    EXPECT_GT(index.looked_at(), looked_at);
    slack = index.probes().slack;
    looked_at = index.looked_at();
    // A little less would not do, but for what the sample leaves unsure: half a share a question.
    const IvfIndex less(items, Metric::kCosine, {.slack = slack - 0.02}, {});
    EXPECT_LT(less.known_recall().at_10, recall + kSureness * 0.5 / std::sqrt(2000.0));
    EXPECT_LT(less.looked_at(), looked_at);
  }
  EXPECT_LT(looked_at, 1);
}

TEST(IvfIndex, TakesProbesInPlaceOfSlackAndKeepsBoth) {
  const Factors items = gathered(4000, 24, 50);
  const Factors queries = items.slice(0, 50);
  for (const auto& [probes, slack] : {std::pair{3U, 0.0}, std::pair{0U, 0.25}, std::pair{3U, 0.25}}) {
    const IvfIndex index(items, Metric::kCosine, {.probes = probes, .slack = slack}, {});
    const StoredIndex stored = index.store();
    EXPECT_EQ(stored.options.probes, probes);
    EXPECT_EQ(stored.options.slack, slack);
    const IvfIndex opened(items, stored, {});
    EXPECT_EQ(opened.search(queries, 10, {}, {}), index.search(queries, 10, {}, {}));
    const Probes same{.most = probes == 0 ? index.lists() : probes,
                      .slack = slack == 0 ? std::numeric_limits<float>::infinity() : static_cast<float>(slack)};
    EXPECT_EQ(index.search_lists(queries, 10, {}, same, {}), index.search(queries, 10, {}, {}));
  }
}

TEST(IvfIndex, RefusesStoredProbesThatCannotBe) {
  const Factors items = gathered(400, 8, 5);
  const StoredIndex stored = IvfIndex(items, Metric::kCosine, {}, {}).store();
  for (const auto& [probes, slack] : {std::pair{0U, 0.0}, std::pair{0U, 2.5}, std::pair{0U, -0.5},
                                      std::pair{0U, std::nan("")}, std::pair{900U, 0.0}}) {
    StoredIndex damaged = stored;
    damaged.options.probes = probes;
    damaged.options.slack = slack;
    EXPECT_THROW(IvfIndex(items, damaged, {}), Error) << probes << ", " << slack;
  }
}

// The worst of one answer is the best of all: with no others to go by, a list was left as soon as it could be.
TEST(IvfIndex, FindsTheNearestAsSurelyAsTheTenNearest) {
  const Factors items = gathered(4000, 24, 50);
  const IvfIndex index(items, Metric::kCosine, {.recall = 0.95}, {});
  const Factors queries = items.slice(0, 200);
  const auto one = index.search(queries, 1, {}, {});
  const auto ten = index.search(queries, 10, {}, {});
  for (std::uint32_t q = 0; q < queries.rows(); ++q) {
    ASSERT_EQ(one[q].size(), 1);
    EXPECT_EQ(one[q][0], ten[q][0]);
  }
}

/// Of the true 10 nearest of each item of a part, others than itself, the share that is found.
double recall_of(const Index& index, const Factors& items, std::uint32_t first, std::uint32_t count) {
  std::vector<std::uint32_t> self(count);
  std::iota(self.begin(), self.end(), first);
  std::vector<ItemFilter> filters;
  for (const std::uint32_t& item : self) filters.push_back({.deny = {&item, 1}});
  const Factors queries = items.slice(first, count);
  const auto found = index.search(queries, 10, filters, {});
  const auto truth = make_brute_index(items, Metric::kCosine)->search(queries, 10, filters, {});
  double hits = 0;
  for (std::size_t q = 0; q < count; ++q) {
    hits += static_cast<double>(std::ranges::count_if(
        truth[q], [&](const Neighbor& n) { return std::ranges::find(found[q], n) != found[q].end(); }));
  }
  return hits / (10.0 * count);
}

// Centers began as the very items that the recall was measured with, where there are 500 lists or more: each had its
// neighbors around it, and other items found several hundredths fewer than was said.
TEST(IvfIndex, StatesTheRecallThatAllItemsGet) {
  const Factors items = random_factors(12'000, 16, 21);
  for (const double recall : {0.8, 0.9, 0.95}) {
    const IvfIndex index(items, Metric::kCosine, {.recall = recall, .lists = 700}, {});
    const double measured = recall_of(index, items, 0, 6000);
    // A question's share has a deviation below 0.25 here: three standard errors of 2,000 questions.
    EXPECT_NEAR(index.known_recall().at_10, measured, 3 * 0.25 / std::sqrt(2000.0)) << recall;
    EXPECT_GE(measured, recall - 0.005);
  }
}

TEST(RecallMargin, IsAStandardErrorOfQuestionsAndNothingWhereAllWereAsked) {
  const std::vector<std::uint32_t> wanted(100, 10);
  std::vector<std::uint32_t> found(100, 10);
  EXPECT_EQ(recall_margin(found, wanted, 1'000'000), 0);
  for (std::size_t q = 0; q < 50; ++q) found[q] = 8;
  // Shares of 0.8 and 1: a deviation of 0.1, of a mean of 100 of them 0.01.
  EXPECT_NEAR(recall_margin(found, wanted, 1'000'000'000), kSureness * 0.01, 1e-4);
  EXPECT_NEAR(recall_margin(found, wanted, 200), kSureness * 0.01 * std::sqrt(0.5), 1e-4);
  EXPECT_EQ(recall_margin(found, wanted, 100), 0);
  EXPECT_EQ(recall_margin({}, {}, 0), 0);
}

TEST(IvfIndex, StoresTheSameBytesForAnyNumberOfThreads) {
  const Factors items = random_factors(3000, 20, 4);
  std::vector<std::string> sums;
  for (const int threads : {1, 2, 3, 8}) {
    Checksum sum;
    for (const IndexPart& part :
         IvfIndex(items, Metric::kCosine, {.kind = "ivf"}, with_threads(threads)).store().parts) {
      std::visit([&](const auto& values) { sum.add(std::as_bytes(values.view())); }, part.values);
    }
    sums.push_back(to_hex(sum.value()));
  }
  EXPECT_THAT(sums, ::testing::Each(sums.front()));
}

TEST(IvfIndex, FiltersLeaveAsManyAsThereAre) {
  const Factors items = gathered(2000, 24, 50);
  const IvfIndex index(items, Metric::kCosine, {.probes = 1}, {});
  std::vector<std::uint32_t> most;
  for (std::uint32_t i = 0; i < 2000; ++i) {
    if (i % 100 != 7) most.push_back(i);
  }
  const ItemFilter filter{.deny = most};
  const Factors query = random_factors(1, 24, 3);
  EXPECT_EQ(index.search(query, 20, {&filter, 1}, {}),
            make_brute_index(items, Metric::kCosine)->search(query, 20, {&filter, 1}, {}));
}

TEST(IvfIndex, ItemsWithoutDirectionHaveTheirPlaces) {
  std::vector<std::vector<float>> rows(100, {0, 0});
  rows[40] = {1, 2};
  rows[41] = {2, 1};
  const IvfIndex index(factors_of(rows), Metric::kCosine, {.lists = 7}, {});
  EXPECT_EQ(index.lists(), 2);  // no more than directions
  const auto found = index.search(factors_of({{1, 2}}), 4, {}, {})[0];
  ASSERT_EQ(found.size(), 4);
  EXPECT_EQ(found[0].item, 40);
  EXPECT_EQ(found[1].item, 41);
  EXPECT_EQ(found[2], (Neighbor{0, 0}));
  EXPECT_EQ(found[3], (Neighbor{1, 0}));
}

TEST(IvfIndex, RefusesWhatItCannot) {
  const Factors items = random_factors(30, 4, 1);
  EXPECT_EQ(problem_of([&] { IvfIndex(items, Metric::kInnerProduct, {}, {}); }),
            "ivf answers by cosine, not by inner product");
  EXPECT_EQ(problem_of([&] { IvfIndex(items, Metric::kCosine, {.recall = 1.5}, {}); }),
            "a recall of 1.500000 was asked for");
  EXPECT_EQ(problem_of([&] { IvfIndex(items, Metric::kCosine, {.recall = -1}, {}); }),
            "a recall of -1.000000 was asked for");
}

}  // namespace
}  // namespace segue
