#include "segue/weighting.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "segue/error.h"
#include "testing/reference_als.h"

namespace segue {
namespace {

using ::testing::ElementsAre;
using ::testing::FloatEq;
using ::testing::HasSubstr;

// Two users, three items. The first user's 0 is stored; -2 is a dislike.
CsrMatrix plays() {
  return CsrMatrix::create(3, std::vector<std::uint64_t>{0, 3, 4}, std::vector<std::uint32_t>{0, 1, 2, 0},
                           std::vector<float>{4, 0, -2, 12});
}

std::vector<float> weighed(Weighting weighting, float alpha = 2) {
  WeightingOptions options;
  options.weighting = weighting;
  options.alpha = alpha;
  options.epsilon = 3;
  options.bm25_k1 = 1.2F;
  options.bm25_b = 0.75F;
  const auto values = weigh(plays(), options).confidence.user_items().values();
  return {values.begin(), values.end()};
}

TEST(Weighting, WhoPlayedAllButOneTellsNothingAndNotWhatRoundingLeaves) {
  const auto two_of_three = CsrMatrix::create(3, std::vector<std::uint64_t>{0, 2}, std::vector<std::uint32_t>{0, 1},
                                              std::vector<float>{1, 1});
  WeightingOptions options;
  options.weighting = Weighting::kBm25;
  const Weighed weighed = weigh(two_of_three, options);
  EXPECT_THAT(weighed.confidence.user_items().values().view(), ElementsAre(0, 0));
  EXPECT_THROW(require_preferences(two_of_three, weighed, {"x"}), Error);
  options.weighting = Weighting::kLinear;
  require_preferences(two_of_three, weigh(two_of_three, options), {"x"});
}

TEST(Weighting, LinearIsOnePlusAlphaR) {
  // A value of 0 has confidence 1 and no preference: what an absent pair has.
  EXPECT_THAT(weighed(Weighting::kLinear), ElementsAre(9, -1, -5, 25));
}

TEST(Weighting, LogIsOnePlusAlphaLog) {
  EXPECT_THAT(weighed(Weighting::kLog),
              ElementsAre(FloatEq(1 + 2 * std::log(1 + 4 / 3.0F)), -1, FloatEq(-1 - 2 * std::log(1 + 2 / 3.0F)),
                          FloatEq(1 + 2 * std::log(1 + 12 / 3.0F))));
}

TEST(Weighting, RawIsAlphaR) { EXPECT_THAT(weighed(Weighting::kRaw), ElementsAre(8, 0, -4, 24)); }

TEST(Weighting, BinaryIsAlpha) { EXPECT_THAT(weighed(Weighting::kBinary), ElementsAre(2, 0, -2, 2)); }

TEST(Weighting, TfidfIsIdfOfTheUserTimesRoot) {
  const double idf0 = std::max(0.0, std::log(3.0) - std::log1p(3.0));  // below 0: the first user saw every item
  const double idf1 = std::log(3.0) - std::log1p(1.0);
  EXPECT_EQ(idf0, 0);
  EXPECT_THAT(weighed(Weighting::kTfidf),
              ElementsAre(0, 0, 0, FloatEq(static_cast<float>(2 * idf1 * std::sqrt(12.0)))));
}

TEST(Weighting, NormalizeDividesByTheNormOfTheItem) {
  const auto norm = static_cast<float>(std::sqrt(16.0 + 144.0));
  EXPECT_THAT(weighed(Weighting::kNormalize), ElementsAre(FloatEq(8 / norm), 0, -2, FloatEq(24 / norm)));
}

TEST(Weighting, Bm25IsImplicitsFormulaOnItemsTimesUsers) {
  // Items of length 4 + 12, 0, 2; the mean is 6. The second user has one item of three.
  const double idf = std::log(3.0) - std::log1p(1.0);
  const double length_norm = (1 - 0.75) + 0.75 * 16 / 6;
  const double expected = 2 * 12 * (1.2 + 1) / (1.2 * length_norm + 12) * idf;
  EXPECT_THAT(weighed(Weighting::kBm25), ElementsAre(0, 0, 0, FloatEq(static_cast<float>(expected))));
}

TEST(Weighting, Bm25KeepsTheSignOfADislike) {
  WeightingOptions options;
  options.weighting = Weighting::kBm25;
  const auto c = weigh(testing::to_csr({{-5, 0, 0, 0}, {0, 3, 0, 0}}, 4), options).confidence.user_items().values();
  EXPECT_LT(c[0], 0);
  EXPECT_GT(c[1], 0);
}

TEST(Weighting, HugeValuesStayFinite) {
  const CsrMatrix m = testing::to_csr({{3e38F, 1, 0, 0}, {0, 3e38F, 0, 0}}, 4);
  for (const WeightingInfo& info : weightings()) {
    if (info.weighting == Weighting::kLinear || info.weighting == Weighting::kRaw) continue;  // they are what they are
    WeightingOptions options;
    options.weighting = info.weighting;
    const Weighed w = weigh(m, options);
    for (const float c : w.confidence.user_items().values()) EXPECT_TRUE(std::isfinite(c)) << info.name;
  }
}

TEST(Weighting, ConfidencesThatOverflowAreAnError) {
  WeightingOptions options;
  options.weighting = Weighting::kRaw;
  options.alpha = 40;
  try {
    weigh(testing::to_csr({{3e38F}}, 1), options);
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.problem(), HasSubstr("overflows"));
    EXPECT_THAT(error.fix(), HasSubstr("--alpha"));
  }
}

TEST(Weighting, BothWaysRoundHoldTheSameCells) {
  const auto confidence = weigh(testing::random_confidences(40, 30, 0.2, 4), WeightingOptions{}).confidence;
  ASSERT_EQ(confidence.users(), 40U);
  ASSERT_EQ(confidence.items(), 30U);
  for (std::uint32_t u = 0; u < 40; ++u) {
    for (std::uint32_t i = 0; i < 30; ++i) {
      EXPECT_EQ(confidence.user_items().at(u, i), confidence.item_users().at(i, u));
    }
  }
}

// A history of a user's own values is weighed as the user's row was.
TEST(Weighting, HistoryIsWeighedLikeARow) {
  const CsrMatrix m = testing::random_confidences(40, 30, 0.3, 8);
  for (const WeightingInfo& info : weightings()) {
    WeightingOptions options;
    options.weighting = info.weighting;
    const Weighed w = weigh(m, options);
    for (std::uint32_t u = 0; u < m.rows(); ++u) {
      const auto row = w.confidence.user_items().row_values(u);
      EXPECT_EQ(weigh_history(w.state, m.row_columns(u), m.row_values(u)), std::vector<float>(row.begin(), row.end()))
          << info.name;
    }
  }
}

TEST(Weighting, HistoryBeyondTheItemsIsAnError) {
  const WeightingState state = weigh(plays(), WeightingOptions{}).state;
  EXPECT_THROW(weigh_history(state, std::vector<std::uint32_t>{3}, std::vector<float>{1}), Error);
  EXPECT_THROW(weigh_history(state, std::vector<std::uint32_t>{0}, std::vector<float>{NAN}), Error);
}

TEST(Weighting, NamesAreFoundAndOthersListThem) {
  for (const WeightingInfo& info : weightings()) {
    EXPECT_EQ(weighting_from_name(info.name), info.weighting);
    EXPECT_EQ(name_of(info.weighting), info.name);
  }
  try {
    weighting_from_name("bm52");
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.problem(), HasSubstr("\"bm52\""));
    EXPECT_THAT(error.fix(), HasSubstr("linear, log, raw, binary, bm25, tfidf, normalize"));
  }
}

TEST(Weighting, RejectsOptionsOutOfRange) {
  const auto rejected = [](auto change) {
    WeightingOptions options;
    change(options);
    EXPECT_THROW(weigh(plays(), options), Error);
  };
  rejected([](auto& o) { o.alpha = 0; });
  rejected([](auto& o) { o.alpha = NAN; });
  rejected([](auto& o) { o.epsilon = -1; });
  rejected([](auto& o) { o.bm25_k1 = -1; });
  rejected([](auto& o) { o.bm25_b = 1.5F; });
}

}  // namespace
}  // namespace segue
