#include "segue/item_models.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <numeric>
#include <random>
#include <string>
#include <vector>

#include "segue/error.h"
#include "testing/reference_item_models.h"

namespace segue {
namespace {

using testing::Dense;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// Users with whole-number plays; popular items first, so that rows are uneven.
CsrMatrix some_plays(std::uint32_t users, std::uint32_t items, unsigned seed) {
  std::mt19937 random(seed);
  std::vector<std::uint64_t> row_ptr{0};
  std::vector<std::uint32_t> columns;
  std::vector<float> values;
  for (std::uint32_t u = 0; u < users; ++u) {
    for (std::uint32_t i = 0; i < items; ++i) {
      if (random() % (2 + i / 4) != 0) continue;
      columns.push_back(i);
      values.push_back(static_cast<float>(1 + random() % 9));
    }
    row_ptr.push_back(columns.size());
  }
  return CsrMatrix::create(items, std::move(row_ptr), std::move(columns), std::move(values));
}

Dense dense(const CsrMatrix& m, bool binary = false) {
  Dense result(m.rows(), std::vector<double>(m.cols()));
  for (std::uint32_t r = 0; r < m.rows(); ++r) {
    for (std::size_t i = 0; i < m.row_columns(r).size(); ++i) {
      result[r][m.row_columns(r)[i]] = binary ? 1 : m.row_values(r)[i];
    }
  }
  return result;
}

std::vector<float> scores_of(const Ranker& ranker, std::uint32_t row) {
  std::vector<float> scores(ranker.items());
  ranker.score(row, scores);
  return scores;
}

segue::Run with_threads(int threads) {
  segue::Run run;
  run.threads = threads;
  return run;
}

template <typename F>
Error error_of(F&& call) {
  try {
    call();
  } catch (const Error& error) {
    return error;
  }
  return {ErrorCode::kIo, "no error", ""};
}

TEST(Popularity, DoesNotCountWhoDislikes) {
  const CsrMatrix plays =
      CsrMatrix::create(2, std::vector<std::uint64_t>{0, 2, 4, 5}, std::vector<std::uint32_t>{0, 1, 0, 1, 1},
                        std::vector<float>{-1, 2, 0, 1, -3});
  EXPECT_THAT(fit_popularity(plays).counts.view(), ::testing::ElementsAre(0U, 2U));
}

TEST(Popularity, CountsUsers) {
  const CsrMatrix plays = some_plays(30, 5, 1);
  const auto counts = count_per_column(plays);
  EXPECT_THAT(scores_of(*make_popularity_ranker(plays, 3), 2), ::testing::ElementsAreArray(counts.view()));
}

TEST(Ease, KeepsTheLargestWeightsOfEachItem) {
  const CsrMatrix plays = some_plays(60, 40, 9);
  EaseOptions options;
  options.l2 = 5;
  options.top_items = 30;
  const EaseWeights weights = train_ease(plays, options);
  const std::size_t count = weights.included.size();
  for (const std::uint32_t kept : {1U, 7U, 29U, 100U}) {
    const Neighborhood got = largest_weights(weights, kept, with_threads(3));
    for (std::size_t j = 0; j < count; ++j) {
      std::vector<std::pair<float, std::uint32_t>> column;  // by falling size, ties by lower item
      for (std::size_t i = 0; i < count; ++i) {
        if (i != j) column.emplace_back(-std::abs(weights.weights[i * weights.stride + j]), weights.included[i]);
      }
      std::sort(column.begin(), column.end());
      column.resize(std::min<std::size_t>(kept, column.size()));
      const std::uint32_t item = weights.included[j];
      ASSERT_EQ(got.similar.row_columns(item).size(), column.size());
      for (const auto& [size, other] : column) {
        EXPECT_EQ(std::abs(got.similar.at(item, other)), -size);
      }
    }
    EXPECT_EQ(got.similar.nnz(), count * std::min<std::size_t>(kept, count - 1));
  }
  // All of them rank as the dense form does, the items that take part before the others but for scores below 0.
  const auto dense = make_ease_ranker(weights, plays);
  const auto sparse = make_neighbor_ranker(largest_weights(weights, 100), plays);
  for (std::uint32_t user = 0; user < 60; ++user) {
    const auto a = scores_of(*dense, user);
    const auto b = scores_of(*sparse, user);
    for (const std::uint32_t item : weights.included) EXPECT_FLOAT_EQ(a[item], b[item]);
  }
  EXPECT_EQ(error_of([&] { largest_weights(weights, 0); }).code(), ErrorCode::kInvalidArgument);
}

TEST(Neighbors, AreTheMostSimilarColumns) {
  const CsrMatrix plays = some_plays(40, 30, 2);
  for (const Weighting weighting : {Weighting::kRaw, Weighting::kBinary, Weighting::kBm25, Weighting::kTfidf}) {
    WeightingOptions weighing;
    weighing.weighting = weighting;
    const Dense weights = dense(weigh(plays, weighing).confidence.user_items());
    for (const bool normalize : {true, false}) {
      const Dense all = testing::column_similarities(weights, 3, normalize);
      for (const std::uint32_t count : {1U, 5U, 100U}) {
        NeighborOptions options;
        options.weighting = weighting;
        options.neighbors = count;
        options.shrinkage = 3;
        options.normalize = normalize;
        const Neighborhood got = item_neighbors(plays, options);
        const Dense kept = testing::keep_largest(all, count);
        for (std::uint32_t i = 0; i < 30; ++i) {
          // Of similarities that are equal but for rounding either may be kept: their values tell as well.
          std::vector<double> expected;
          for (const double s : kept[i]) {
            if (s > 0) expected.push_back(s);
          }
          std::vector<double> values(got.similar.row_values(i).begin(), got.similar.row_values(i).end());
          std::sort(expected.begin(), expected.end());
          std::sort(values.begin(), values.end());
          ASSERT_EQ(values.size(), expected.size());
          // Sums of up to 40 positive products in float32.
          for (std::size_t n = 0; n < values.size(); ++n) EXPECT_NEAR(values[n], expected[n], 50 * 6e-8 * expected[n]);
          for (std::size_t n = 0; n < values.size(); ++n) {
            const std::uint32_t j = got.similar.row_columns(i)[n];
            EXPECT_NEAR(got.similar.row_values(i)[n], all[i][j], 50 * 6e-8 * all[i][j]);
          }
        }
      }
    }
  }
}

/// Users who have each so many of the items, drawn alike, and of the last ones hardly any.
CsrMatrix even_plays(std::uint32_t users, std::uint32_t items, std::uint32_t of_each, std::uint32_t rare) {
  std::mt19937 random(7);
  std::vector<std::uint64_t> row_ptr{0};
  std::vector<std::uint32_t> columns;
  std::vector<float> values;
  for (std::uint32_t u = 0; u < users; ++u) {
    for (std::uint32_t i = 0; i < items; ++i) {
      const bool has = i < items - rare ? random() % items < of_each : random() % users < 3;
      if (!has) continue;
      columns.push_back(i);
      values.push_back(static_cast<float>(1 + random() % 9));
    }
    row_ptr.push_back(columns.size());
  }
  return CsrMatrix::create(items, std::move(row_ptr), std::move(columns), std::move(values));
}

// More items than the head holds, with many users and with few; rows that are long, and so short that most pairs of
// items have no user.
TEST(Neighbors, AreTheMostSimilarOfManyItems) {
  constexpr std::uint32_t kManyItems = 1800;
  for (const auto& [users, of_each] : {std::pair{150U, 1100U}, std::pair{9000U, 18U}}) {
    const CsrMatrix plays = even_plays(users, kManyItems, of_each, 100);
    NeighborOptions options;
    options.neighbors = 5;
    options.weighting = Weighting::kRaw;
    options.shrinkage = 3;
    const Neighborhood got = item_neighbors(plays, options, with_threads(3));
    std::vector<double> norms(kManyItems);
    for (std::size_t c = 0; c < plays.nnz(); ++c) {
      norms[plays.columns()[c]] += double{plays.values()[c]} * plays.values()[c];
    }
    for (double& norm : norms) norm = std::sqrt(norm);
    const CsrMatrix item_users = transpose(plays);
    for (std::uint32_t i = 0; i < kManyItems; i += 7) {
      std::vector<double> similar(kManyItems);
      for (const std::uint32_t u : item_users.row_columns(i)) {
        for (std::size_t c = 0; c < plays.row_columns(u).size(); ++c) {
          similar[plays.row_columns(u)[c]] += double{plays.at(u, i)} * plays.row_values(u)[c];
        }
      }
      for (std::uint32_t j = 0; j < kManyItems; ++j) similar[j] /= norms[i] * norms[j] + 3;
      similar[i] = 0;
      std::vector<double> values(got.similar.row_values(i).begin(), got.similar.row_values(i).end());
      for (std::size_t n = 0; n < values.size(); ++n) {
        EXPECT_NEAR(values[n], similar[got.similar.row_columns(i)[n]], 150 * 6e-8 * values[n]) << i;
      }
      std::ranges::sort(similar, std::greater<>());
      std::ranges::sort(values, std::greater<>());
      const auto above = std::ranges::find_if(similar, [](double s) { return !(s > 0); }) - similar.begin();
      ASSERT_EQ(values.size(), static_cast<std::size_t>(std::min<std::ptrdiff_t>(above, 5))) << i;
      // Sums of up to 150 positive products in float32.
      for (std::size_t n = 0; n < values.size(); ++n) EXPECT_NEAR(values[n], similar[n], 150 * 6e-8 * similar[n]) << i;
    }
  }
}

TEST(Neighbors, ScoreSumsOverTheNeighboursOfTheTarget) {
  const CsrMatrix plays = some_plays(40, 20, 3);
  NeighborOptions options;
  options.neighbors = 4;
  options.weighting = Weighting::kRaw;
  const Neighborhood neighborhood = item_neighbors(plays, options);
  const auto ranker = make_neighbor_ranker(neighborhood, plays);
  const Dense x = dense(plays);
  const Dense s = dense(neighborhood.similar);
  for (std::uint32_t u = 0; u < 40; ++u) {
    const std::vector<float> scores = scores_of(*ranker, u);
    for (std::size_t j = 0; j < 20; ++j) {
      double expected = 0;
      for (std::size_t i = 0; i < 20; ++i) expected += x[u][i] * s[j][i];
      EXPECT_NEAR(scores[j], expected, 1e-6 * (1 + expected));
    }
  }
}

TEST(Neighbors, AreTheSameForAnyNumberOfThreads) {
  for (const CsrMatrix& plays : {some_plays(300, 200, 4), even_plays(9000, 1800, 18, 100)}) {
    const Neighborhood one = item_neighbors(plays, {}, with_threads(1));
    for (const int threads : {2, 3, 8}) {
      const Neighborhood other = item_neighbors(plays, {}, with_threads(threads));
      EXPECT_TRUE(std::ranges::equal(one.similar.columns(), other.similar.columns()));
      EXPECT_TRUE(std::ranges::equal(one.similar.values(), other.similar.values()));
    }
  }
}

TEST(Neighbors, CountEachItemOfABinaryHistoryOnce) {
  const CsrMatrix plays = some_plays(40, 20, 3);
  NeighborOptions options;
  options.neighbors = 4;
  options.binary_history = true;
  const Neighborhood neighborhood = item_neighbors(plays, options);
  const auto ranker = make_neighbor_ranker(neighborhood, plays);
  const Dense x = dense(plays, true);
  const Dense s = dense(neighborhood.similar);
  for (const std::uint32_t row : {0U, 39U}) {
    const std::vector<float> scores = scores_of(*ranker, row);
    for (std::uint32_t j = 0; j < 20; ++j) {
      double expected = 0;
      for (std::uint32_t i = 0; i < 20; ++i) expected += x[row][i] * s[j][i];
      EXPECT_NEAR(scores[j], expected, 20 * 6e-8 * expected);
    }
  }
}

// Every pair ties, and the two threads offer in any order.
TEST(Neighbors, KeepTheLowerOfItemsThatTie) {
  constexpr std::uint32_t kItems = 500;
  std::vector<std::uint32_t> columns(kItems);
  std::iota(columns.begin(), columns.end(), 0U);
  const CsrMatrix one_user =
      CsrMatrix::create(kItems, std::vector<std::uint64_t>{0, kItems}, columns, std::vector<float>(kItems, 1));
  NeighborOptions options;
  options.neighbors = 2;
  options.weighting = Weighting::kBinary;
  const Neighborhood got = item_neighbors(one_user, options, with_threads(2));
  EXPECT_THAT(got.similar.row_columns(0), ElementsAre(1U, 2U));
  EXPECT_THAT(got.similar.row_columns(1), ElementsAre(0U, 2U));
  EXPECT_THAT(got.similar.row_columns(499), ElementsAre(0U, 1U));
}

TEST(Neighbors, RefuseOptionsOutOfRange) {
  NeighborOptions options;
  options.neighbors = 0;
  EXPECT_THAT(error_of([&] { item_neighbors(CsrMatrix(), options); }).problem(), HasSubstr("0 neighbors"));
  options = {};
  options.shrinkage = -1;
  EXPECT_THAT(error_of([&] { item_neighbors(CsrMatrix(), options); }).problem(), HasSubstr("shrinkage is -1"));
}

TEST(Ease, IsTheInverseByItsFormula) {
  // Below, at and above a block of the inversion, and several.
  for (const std::uint32_t items : {1U, 5U, 127U, 128U, 129U, 300U}) {
    const CsrMatrix plays = some_plays(200, items, items);
    EaseOptions options;
    options.l2 = 5;
    const EaseWeights got = train_ease(plays, options);
    const Dense expected = testing::ease_weights(dense(plays, true), 5);
    for (std::size_t i = 0; i < items; ++i) {
      for (std::size_t j = 0; j < items; ++j) {
        // Condition number times eps: (200 · 20 + 5) / 5 · 6e-8, of weights below 1.
        ASSERT_NEAR(got.weights[i * got.stride + j], expected[i][j], 5e-5) << items << ": " << i << " " << j;
      }
    }
  }
}

TEST(Ease, IsTheSameForAnyNumberOfThreads) {
  const CsrMatrix plays = some_plays(200, 300, 5);
  const EaseWeights one = train_ease(plays, {}, with_threads(1));
  for (const int threads : {2, 3, 8}) {
    EXPECT_TRUE(std::ranges::equal(one.weights, train_ease(plays, {}, with_threads(threads)).weights));
  }
}

TEST(Ease, OfTheTopItemsIsThatOfTheirColumns) {
  const CsrMatrix plays =
      CsrMatrix::create(4, std::vector<std::uint64_t>{0, 2, 4, 7}, std::vector<std::uint32_t>{1, 3, 1, 3, 0, 1, 3},
                        std::vector<float>{1, 1, 1, 1, 1, 1, 1});
  EaseOptions options;
  options.top_items = 2;
  options.l2 = 2;
  const EaseWeights got = train_ease(plays, options);
  EXPECT_THAT(std::vector<std::uint32_t>(got.included.begin(), got.included.end()), ElementsAre(1U, 3U));
  const auto ranker = make_ease_ranker(got, plays);
  const std::vector<float> scores = scores_of(*ranker, 2);
  // G = [[5, 3], [3, 5]]: B = 3/5 off the diagonal; the items left out come last.
  EXPECT_NEAR(scores[1], 0.6, 1e-6);
  EXPECT_NEAR(scores[3], 0.6, 1e-6);
  EXPECT_EQ(scores[0], std::numeric_limits<float>::lowest());
}

TEST(Ease, RefusesBeforehandWhatDoesNotFit) {
  const CsrMatrix wide =
      CsrMatrix::create(292365, std::vector<std::uint64_t>{0, 1}, std::vector<std::uint32_t>{5}, std::vector<float>{1});
  EaseOptions options;
  options.memory = 24ULL << 30;
  const Error error = error_of([&] { train_ease(wide, options); });
  EXPECT_EQ(error.code(), ErrorCode::kOutOfMemory);
  EXPECT_EQ(error.problem(), "EASE of 292365 items takes 342.5 GB of memory, and there are 25.8 GB");
  EXPECT_THAT(error.fix(), HasSubstr("--top-items 69248 leaves a quarter"));
  options = {};
  options.l2 = 0;
  EXPECT_THAT(error_of([&] { train_ease(CsrMatrix(), options); }).problem(), HasSubstr("l2 is 0"));
}

SlimOptions slim_options(float l1, float l2) {
  SlimOptions options;
  options.l1 = l1;
  options.l2 = l2;
  options.neighbors = 0;
  options.sweeps = 10000;
  options.tolerance = 1e-6F;
  return options;
}

TEST(Slim, LeavesNoWeightToBeBettered) {
  // One dense and one sparse table of products. The conditions of Karush, Kuhn and Tucker tell the minimum: the
  // gradient is 0 where a weight is above 0, and not below 0 where it is 0.
  for (const bool sparse : {false, true}) {
    const CsrMatrix plays =
        sparse ? CsrMatrix::create(40, std::vector<std::uint64_t>{0, 3, 6, 9, 12, 14},
                                   std::vector<std::uint32_t>{0, 1, 2, 1, 2, 3, 0, 2, 3, 10, 20, 30, 10, 30},
                                   std::vector<float>(14, 1.0F))
               : some_plays(60, 25, 4);
    const Dense a = dense(plays, true);
    for (const auto& [l1, l2] : {std::pair(0.0F, 5.0F), std::pair(0.7F, 2.0F), std::pair(1.5F, 0.0F)}) {
      const Neighborhood got = train_slim(plays, slim_options(l1, l2));
      EXPECT_TRUE(got.binary_history);
      const Dense w = dense(got.similar);
      std::size_t above = 0;
      for (std::uint32_t j = 0; j < plays.cols(); ++j) {
        EXPECT_EQ(w[j][j], 0);
        std::vector<double> rest(a.size());
        for (std::size_t u = 0; u < a.size(); ++u) {
          rest[u] = a[u][j];
          for (std::uint32_t i = 0; i < plays.cols(); ++i) rest[u] -= a[u][i] * w[j][i];
        }
        for (std::uint32_t i = 0; i < plays.cols(); ++i) {
          if (i == j) continue;
          double gradient = double{l1} + l2 * w[j][i];
          for (std::size_t u = 0; u < a.size(); ++u) gradient -= a[u][i] * rest[u];
          EXPECT_GE(w[j][i], 0);
          // Products are up to 60, and sums of 25 of them are in float32; without l2 descent comes to rest slowly.
          if (w[j][i] > 0) {
            EXPECT_NEAR(gradient, 0, 2e-3) << l1 << " " << l2 << " " << j << " " << i;
            ++above;
          } else {
            EXPECT_GE(gradient, -2e-3) << l1 << " " << l2 << " " << j << " " << i;
          }
        }
      }
      EXPECT_GT(above, sparse ? 0U : 25U);
    }
  }
}

TEST(Slim, KeepsTheLargestWeights) {
  const CsrMatrix plays = some_plays(60, 25, 4);
  SlimOptions options = slim_options(0, 5);
  const Dense all = dense(train_slim(plays, options).similar);
  options.neighbors = 3;
  EXPECT_EQ(dense(train_slim(plays, options).similar), testing::keep_largest(all, 3));
}

TEST(Slim, IsTheSameForAnyNumberOfThreads) {
  const CsrMatrix plays = some_plays(200, 120, 6);
  const Neighborhood one = train_slim(plays, {}, with_threads(1));
  for (const int threads : {2, 3, 8}) {
    const Neighborhood got = train_slim(plays, {}, with_threads(threads));
    EXPECT_THAT(got.similar.columns().view(), ::testing::ElementsAreArray(one.similar.columns().view()));
    EXPECT_THAT(got.similar.values().view(), ::testing::ElementsAreArray(one.similar.values().view()));
  }
}

TEST(Slim, LeavesItemsOutThatTakeNoPart) {
  const CsrMatrix plays = some_plays(60, 25, 4);
  SlimOptions options = slim_options(0.1F, 5);
  options.top_items = 10;
  const Neighborhood got = train_slim(plays, options);
  ASSERT_EQ(got.similar.rows(), 25U);
  const auto counts = count_per_column(plays);
  std::vector<std::uint32_t> sorted(counts.begin(), counts.end());
  std::ranges::sort(sorted, std::greater<>());
  for (std::uint32_t j = 0; j < 25; ++j) {
    if (counts[j] < sorted[9]) {
      EXPECT_TRUE(got.similar.row_columns(j).empty());
    }
    for (const std::uint32_t i : got.similar.row_columns(j)) EXPECT_GE(counts[i], sorted[9]);
  }
}

TEST(Slim, SaysBeforehandThatItDoesNotFit) {
  SlimOptions options;
  options.memory = 1000;
  const Error error = error_of([&] { train_slim(some_plays(60, 40, 4), options); });
  EXPECT_EQ(error.code(), ErrorCode::kOutOfMemory);
  EXPECT_THAT(error.what(), HasSubstr("SLIM of 40 items takes"));
  EXPECT_THAT(error.what(), HasSubstr("--top-items "));
}

TEST(Slim, RefusesOptionsOutOfRange) {
  const CsrMatrix plays = some_plays(10, 5, 1);
  EXPECT_THAT(error_of([&] { train_slim(plays, slim_options(-1, 1)); }).what(), HasSubstr("l1 is -1"));
  EXPECT_THAT(error_of([&] { train_slim(plays, slim_options(0, 0)); }).what(), HasSubstr("l2 is 0"));
  SlimOptions options;
  options.sweeps = 0;
  EXPECT_THAT(error_of([&] { train_slim(plays, options); }).what(), HasSubstr("0 sweeps"));
}

}  // namespace
}  // namespace segue
