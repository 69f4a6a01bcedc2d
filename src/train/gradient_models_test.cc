#include "segue/gradient_models.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "segue/error.h"

namespace segue {
namespace {

using ::testing::Each;
using ::testing::HasSubstr;

constexpr std::uint32_t kTastes = 4;
constexpr std::uint32_t kItems = 200;
constexpr std::uint32_t kUsers = 400;

/// User u likes the items i with i % kTastes == u % kTastes and has a third of them; now and then another. The last
/// item and the last user are left alone.
CsrMatrix planted(unsigned seed = 1) {
  std::mt19937 random(seed);
  std::vector<std::uint64_t> row_ptr{0};
  std::vector<std::uint32_t> columns;
  std::vector<float> values;
  for (std::uint32_t u = 0; u < kUsers; ++u) {
    for (std::uint32_t i = 0; i + 1 < kItems && u + 1 < kUsers; ++i) {
      const bool likes = i % kTastes == u % kTastes;
      if (random() % (likes ? 3 : 60) != 0) continue;
      columns.push_back(i);
      values.push_back(static_cast<float>(1 + random() % 3));
    }
    row_ptr.push_back(columns.size());
  }
  return CsrMatrix::create(kItems, std::move(row_ptr), std::move(columns), std::move(values));
}

double score(std::span<const float> x, std::span<const float> y) {
  double sum = 0;
  for (std::size_t f = 0; f < x.size(); ++f) sum += double{x[f]} * y[f];
  return sum;
}

/// Of the ten best items that a history does not have, the share that is of the taste.
double share_of_taste(std::span<const float> x, const Factors& items, std::span<const std::uint32_t> history,
                      std::uint32_t taste) {
  std::vector<std::pair<double, std::uint32_t>> order;
  for (std::uint32_t i = 0; i < items.rows(); ++i) {
    if (!std::ranges::binary_search(history, i)) order.emplace_back(-score(x, items[i]), i);
  }
  std::ranges::sort(order);
  return static_cast<double>(std::count_if(order.begin(), order.begin() + 10,
                                           [&](const auto& o) { return o.second % kTastes == taste; })) /
         10;
}

double mean_share(const GradientResult& got, const CsrMatrix& cells) {
  double sum = 0;
  for (std::uint32_t u = 0; u + 1 < kUsers; ++u) {
    sum += share_of_taste(got.user_factors[u], got.item_factors, cells.row_columns(u), u % kTastes);
  }
  return sum / (kUsers - 1);
}

segue::Run with_threads(int threads) {
  segue::Run run;
  run.threads = threads;
  return run;
}

std::vector<float> bits_of(const GradientResult& got) {
  std::vector<float> all(got.user_factors.values().begin(), got.user_factors.values().end());
  all.insert(all.end(), got.item_factors.values().begin(), got.item_factors.values().end());
  for (const SweepRecord& sweep : got.sweeps) all.push_back(static_cast<float>(sweep.loss));
  return all;
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

BprOptions small_bpr() {
  BprOptions options;
  options.factors = 8;
  options.iterations = 40;
  return options;
}

LmfOptions small_lmf() {
  LmfOptions options;
  options.factors = 8;
  options.iterations = 20;
  options.regularization = 1;
  return options;
}

TEST(Bpr, FindsPlantedTastes) {
  const CsrMatrix cells = planted();
  for (const Negatives negatives : {Negatives::kUniform, Negatives::kPopularity}) {
    BprOptions options = small_bpr();
    options.negatives = negatives;
    const GradientResult got = train_bpr(cells, options);
    EXPECT_GT(mean_share(got, cells), 0.95) << name_of(negatives);  // by chance it is 0.25
    ASSERT_EQ(got.sweeps.size(), 40U);
    EXPECT_NEAR(got.sweeps.front().loss, std::log(2.0), 0.1);  // nothing is known yet
    EXPECT_LT(got.sweeps.back().loss, got.sweeps.front().loss / 2);
  }
}

TEST(Lmf, FindsPlantedTastes) {
  const CsrMatrix cells = planted();
  for (const Negatives negatives : {Negatives::kUniform, Negatives::kPopularity}) {
    LmfOptions options = small_lmf();
    options.negatives = negatives;
    const GradientResult got = train_lmf(cells, options);
    EXPECT_GT(mean_share(got, cells), 0.95) << name_of(negatives);
    ASSERT_EQ(got.sweeps.size(), 20U);
    EXPECT_LT(got.sweeps.back().loss, got.sweeps.front().loss);
  }
}

TEST(Bpr, IsTheSameForAnyNumberOfThreads) {
  const CsrMatrix cells = planted();
  BprOptions options = small_bpr();
  options.iterations = 4;
  const std::vector<float> one = bits_of(train_bpr(cells, options, with_threads(1)));
  for (const int threads : {2, 3, 8}) EXPECT_EQ(bits_of(train_bpr(cells, options, with_threads(threads))), one);
  options.seed = 43;
  EXPECT_NE(bits_of(train_bpr(cells, options)), one);
}

TEST(Lmf, IsTheSameForAnyNumberOfThreads) {
  const CsrMatrix cells = planted();
  LmfOptions options = small_lmf();
  options.iterations = 4;
  const std::vector<float> one = bits_of(train_lmf(cells, options, with_threads(1)));
  for (const int threads : {2, 3, 8}) EXPECT_EQ(bits_of(train_lmf(cells, options, with_threads(threads))), one);
  options.seed = 43;
  EXPECT_NE(bits_of(train_lmf(cells, options)), one);
}

TEST(Bpr, LeavesWhomItDoesNotKnowLast) {
  const GradientResult got = train_bpr(planted(), small_bpr());
  EXPECT_THAT(got.user_factors[kUsers - 1], Each(0.0F));
  const auto unknown = got.item_factors[kItems - 1];
  for (std::uint32_t i = 0; i < kItems; ++i) EXPECT_GE(got.item_factors[i][8], unknown[8]);
  EXPECT_THAT(unknown.first(8), Each(0.0F));
  for (std::uint32_t u = 0; u + 1 < kUsers; ++u) EXPECT_EQ(got.user_factors[u][8], 1.0F);
}

TEST(Lmf, LeavesWhomItDoesNotKnowLast) {
  const GradientResult got = train_lmf(planted(), small_lmf());
  EXPECT_THAT(got.user_factors[kUsers - 1], Each(0.0F));
  const auto unknown = got.item_factors[kItems - 1];
  for (std::uint32_t i = 0; i < kItems; ++i) {
    EXPECT_GE(got.item_factors[i][9], unknown[9]);
    EXPECT_EQ(got.item_factors[i][8], 1.0F);
  }
  for (std::uint32_t u = 0; u + 1 < kUsers; ++u) EXPECT_EQ(got.user_factors[u][9], 1.0F);
}

TEST(Bpr, FoldsAHistoryIn) {
  const CsrMatrix cells = planted();
  const GradientResult got = train_bpr(cells, small_bpr());
  const CsrMatrix others = planted(2);
  double sum = 0;
  for (std::uint32_t u = 0; u < 40; ++u) {
    const std::vector<float> x = fold_in(got.item_factors, small_bpr(), others.row_columns(u));
    ASSERT_EQ(x.size(), 9U);
    EXPECT_EQ(x[8], 1.0F);
    sum += share_of_taste(x, got.item_factors, others.row_columns(u), u % kTastes) / 40;
  }
  EXPECT_GT(sum, 0.9);
}

TEST(Lmf, FoldsAHistoryIn) {
  const CsrMatrix cells = planted();
  const GradientResult got = train_lmf(cells, small_lmf());
  const CsrMatrix others = planted(2);
  double sum = 0;
  for (std::uint32_t u = 0; u < 40; ++u) {
    const std::vector<float> x = fold_in(got.item_factors, small_lmf(), others.row_columns(u), others.row_values(u));
    ASSERT_EQ(x.size(), 10U);
    EXPECT_EQ(x[9], 1.0F);
    sum += share_of_taste(x, got.item_factors, others.row_columns(u), u % kTastes) / 40;
  }
  EXPECT_GT(sum, 0.9);
}

TEST(GradientModels, CountValuesOfZeroAndBelowAsAbsent) {
  const CsrMatrix with =
      CsrMatrix::create(3, std::vector<std::uint64_t>{0, 3, 5}, std::vector<std::uint32_t>{0, 1, 2, 0, 2},
                        std::vector<float>{1, -1, 2, 0, 1});
  const CsrMatrix without = CsrMatrix::create(3, std::vector<std::uint64_t>{0, 2, 3},
                                              std::vector<std::uint32_t>{0, 2, 2}, std::vector<float>{1, 2, 1});
  EXPECT_EQ(bits_of(train_bpr(with, small_bpr())), bits_of(train_bpr(without, small_bpr())));
  EXPECT_EQ(bits_of(train_lmf(with, small_lmf())), bits_of(train_lmf(without, small_lmf())));
}

TEST(GradientModels, EndWhereTheCallbackSaysSo) {
  const CsrMatrix cells = planted();
  const auto stop = [](const SweepRecord& sweep) { return sweep.sweep < 3; };
  BprOptions bpr = small_bpr();
  const GradientResult stopped = train_bpr(cells, bpr, {}, stop);
  bpr.iterations = 3;
  EXPECT_EQ(bits_of(stopped), bits_of(train_bpr(cells, bpr)));
  LmfOptions lmf = small_lmf();
  const GradientResult other = train_lmf(cells, lmf, {}, stop);
  lmf.iterations = 3;
  EXPECT_EQ(bits_of(other), bits_of(train_lmf(cells, lmf)));
}

TEST(GradientModels, GoOnFromFactorsThatAreThere) {
  const CsrMatrix cells = planted();
  BprOptions bpr = small_bpr();
  const GradientResult first = train_bpr(cells, bpr);
  bpr.iterations = 1;
  const GradientResult then = train_bpr(cells, bpr, {}, {}, InitialFactors{first.user_factors, first.item_factors});
  EXPECT_NEAR(then.sweeps[0].loss, first.sweeps.back().loss, 0.05);
  LmfOptions lmf = small_lmf();
  const GradientResult before = train_lmf(cells, lmf);
  lmf.iterations = 0;
  const GradientResult same = train_lmf(cells, lmf, {}, {}, InitialFactors{before.user_factors, before.item_factors});
  EXPECT_THAT(same.item_factors.values().view(), ::testing::ElementsAreArray(before.item_factors.values().view()));
  EXPECT_THAT(error_of([&] {
                train_lmf(cells, lmf, {}, {}, InitialFactors{first.user_factors, first.item_factors});
              }).what(),
              HasSubstr("initial factors are 400 x 9 where training needs 400 x 10"));
}

TEST(GradientModels, TakeTheSmallestData) {
  const CsrMatrix nothing =
      CsrMatrix::create(0, std::vector<std::uint64_t>{0}, std::vector<std::uint32_t>{}, std::vector<float>{});
  EXPECT_EQ(train_bpr(nothing, small_bpr()).item_factors.rows(), 0U);
  EXPECT_EQ(train_lmf(nothing, small_lmf()).item_factors.rows(), 0U);
  // A user with all there is: there is nothing to draw.
  const CsrMatrix all = CsrMatrix::create(2, std::vector<std::uint64_t>{0, 2}, std::vector<std::uint32_t>{0, 1},
                                          std::vector<float>{1, 1});
  EXPECT_EQ(train_bpr(all, small_bpr()).sweeps.back().loss, 0);
}

TEST(GradientModels, RefuseOptionsOutOfRange) {
  const CsrMatrix cells = planted();
  BprOptions bpr;
  bpr.factors = 0;
  EXPECT_THAT(error_of([&] { train_bpr(cells, bpr); }).what(), HasSubstr("factors is 0; it must be from 1 to 1008"));
  bpr = {};
  bpr.learning_rate = 0;
  EXPECT_THAT(error_of([&] { train_bpr(cells, bpr); }).what(), HasSubstr("the learning rate must be above 0"));
  LmfOptions lmf;
  lmf.regularization = std::numeric_limits<float>::quiet_NaN();
  EXPECT_THAT(error_of([&] { train_lmf(cells, lmf); }).what(), HasSubstr("the regularization must be 0 or more"));
  lmf = {};
  lmf.negatives_per_positive = 0;
  EXPECT_THAT(error_of([&] { train_lmf(cells, lmf); }).what(), HasSubstr("0 negatives for each interaction"));
  EXPECT_THAT(error_of([] { negatives_from_name("hard"); }).what(), HasSubstr("uniform, popularity"));
}

TEST(GradientModels, SayWhereValuesStopBeingFinite) {
  BprOptions bpr = small_bpr();
  bpr.learning_rate = 1e20F;
  EXPECT_EQ(error_of([&] { train_bpr(planted(), bpr); }).code(), ErrorCode::kNumerical);
}

TEST(GradientModels, StopWhenAskedTo) {
  std::stop_source source;
  source.request_stop();
  segue::Run run;
  run.stop = source.get_token();
  EXPECT_EQ(error_of([&] { train_bpr(planted(), small_bpr(), run); }).code(), ErrorCode::kCancelled);
  EXPECT_EQ(error_of([&] { train_lmf(planted(), small_lmf(), run); }).code(), ErrorCode::kCancelled);
}

}  // namespace
}  // namespace segue
