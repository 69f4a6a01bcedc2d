#include "simd/score.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include "base/buffer.h"
#include "segue/factors.h"
#include "simd/targets.h"
#include "testing/reference_search.h"

namespace segue::simd {
namespace {

constexpr float kNoLimit = std::numeric_limits<float>::infinity();

/// Runs a test on each target of the machine.
class Score : public ::testing::TestWithParam<std::string> {
 protected:
  void SetUp() override { force_target(GetParam()); }
  void TearDown() override { force_target({}); }
  bool fused() const { return GetParam() != "sse4" && GetParam() != "baseline"; }
};

/// A query as score_rows takes it.
Buffer<float> padded(std::span<const float> query) {
  Buffer<float> out(round_to_quads(query.size()));
  std::ranges::copy(query, out.begin());
  return out;
}

ItemRows rows_of(const Factors& table, std::size_t first, std::size_t count, const float* scale = nullptr,
                 const std::uint32_t* ids = nullptr) {
  return {table.values().data(), table.stride(), table.factors(), scale, ids, first, count};
}

/// The definition: score.h.
float defined(std::span<const float> q, std::span<const float> x, float scale, float limit, bool fused) {
  float sum = 0;
  for (std::size_t f = 0; f < q.size(); ++f) {
    const float scaled = scale * x[f];
    const float product = q[f] * scaled;
    sum = fused ? std::fma(q[f], scaled, sum) : sum + product;
  }
  return std::clamp(sum, -limit, limit);
}

TEST_P(Score, RowsHaveTheDefinedBitsForEveryCount) {
  const Factors items = testing::random_factors(140, 19, 1);
  const Factors queries = testing::random_factors(1, 19, 2);
  const Buffer<float> query = padded(queries[0]);
  for (std::size_t count = 1; count <= 4 * kPanelItems + 1; ++count) {
    Buffer<float> scores(round_to_panels(count));
    score_rows(rows_of(items, 3, count), query.data(), kNoLimit, scores.data());
    for (std::size_t i = 0; i < count; ++i) {
      ASSERT_EQ(scores[i], defined(queries[0], items[static_cast<std::uint32_t>(3 + i)], 1, kNoLimit, fused()))
          << count << " rows, row " << i;
    }
  }
}

TEST_P(Score, RowsHaveTheDefinedBitsForEveryNumberOfFactors) {
  for (std::uint32_t factors = 1; factors <= 4 * 16 + 1; ++factors) {
    const Factors items = testing::random_factors(kPanelItems + 1, factors, factors);
    const Factors queries = testing::random_factors(1, factors, 1000 + factors);
    const Buffer<float> query = padded(queries[0]);
    Buffer<float> scores(round_to_panels(items.rows()));
    score_rows(rows_of(items, 0, items.rows()), query.data(), kNoLimit, scores.data());
    for (std::uint32_t i = 0; i < items.rows(); ++i) {
      ASSERT_EQ(scores[i], defined(queries[0], items[i], 1, kNoLimit, fused())) << factors << " factors, row " << i;
    }
  }
}

TEST_P(Score, PanelsGiveTheBitsOfRows) {
  for (const std::uint32_t factors : {1U, 3U, 4U, 17U, 50U, 64U, 1024U}) {
    const Factors items = testing::random_factors(4 * kPanelItems + 1, factors, factors);
    const Factors queries = testing::random_factors(kTileQueries, factors, 7);
    Buffer<float> tile(round_to_quads(factors) * kTileQueries);
    for (std::uint32_t q = 0; q < kTileQueries; ++q) {
      for (std::uint32_t f = 0; f < factors; ++f) tile[f * kTileQueries + q] = queries[q][f];
    }
    std::vector<float> scale(items.rows());
    for (std::size_t i = 0; i < scale.size(); ++i) scale[i] = 0.3F + 0.01F * static_cast<float>(i);
    for (const std::size_t count : {1UL, 31UL, 32UL, 33UL, 64UL, 128UL}) {
      const std::size_t stride = round_to_panels(count) + kPanelItems;
      const ItemRows rows = rows_of(items, 1, count, scale.data());
      Buffer<float> panels(round_to_panels(count) * round_to_quads(factors));
      Buffer<float> scores(kTileQueries * stride);
      Buffer<float> single(round_to_panels(count));
      pack_items(rows, panels.data());
      score_panels(panels.data(), count, factors, tile.data(), 1.0F, scores.data(), stride);
      for (std::uint32_t q = 0; q < kTileQueries; ++q) {
        score_rows(rows, padded(queries[q]).data(), 1.0F, single.data());
        for (std::size_t i = 0; i < count; ++i) {
          ASSERT_EQ(scores[q * stride + i], single[i]) << factors << " factors, query " << q << ", row " << i;
          const auto row = static_cast<std::uint32_t>(1 + i);
          ASSERT_EQ(single[i], defined(queries[q], items[row], scale[row], 1.0F, fused()));
        }
      }
    }
  }
}

TEST_P(Score, TakesRowsByTheirIds) {
  const Factors items = testing::random_factors(200, 20, 5);
  const Factors queries = testing::random_factors(1, 20, 6);
  std::vector<float> scale(items.rows());
  for (std::size_t i = 0; i < scale.size(); ++i) scale[i] = static_cast<float>(i);
  std::vector<std::uint32_t> ids;
  for (std::uint32_t i = 0; i < 70; ++i) ids.push_back(i * 67 % 200);
  Buffer<float> scores(round_to_panels(ids.size()));
  score_rows(rows_of(items, 0, ids.size(), scale.data(), ids.data()), padded(queries[0]).data(), kNoLimit,
             scores.data());
  for (std::size_t i = 0; i < ids.size(); ++i) {
    EXPECT_EQ(scores[i], defined(queries[0], items[ids[i]], scale[ids[i]], kNoLimit, fused())) << i;
  }
}

TEST_P(Score, SelectsWhatIsAboveForEveryCount) {
  const std::size_t longest = 4 * kPanelItems + 1;
  Buffer<float> scores(round_to_panels(longest));
  for (std::size_t i = 0; i < scores.size(); ++i) scores[i] = static_cast<float>(i * 37 % 11);
  std::vector<std::uint32_t> positions(scores.size());
  for (std::size_t count = 1; count <= longest; ++count) {
    for (const float threshold : {-kNoLimit, -1.0F, 0.0F, 5.0F, 9.5F, 10.0F}) {
      std::vector<std::uint32_t> expected;
      for (std::uint32_t i = 0; i < count; ++i) {
        if (scores[i] > threshold) expected.push_back(i);
      }
      const std::size_t found = select_above(scores.data(), count, threshold, positions.data());
      ASSERT_EQ(std::vector(positions.begin(), positions.begin() + static_cast<std::ptrdiff_t>(found)), expected)
          << count << " above " << threshold;
    }
  }
}

TEST_P(Score, SelectsOneInAnyPlace) {
  Buffer<float> scores(round_to_panels(100));
  std::vector<std::uint32_t> positions(scores.size());
  for (std::uint32_t i = 0; i < scores.size(); ++i) {
    scores[i] = 1;
    const std::size_t found = select_above(scores.data(), 100, 0.5F, positions.data());
    ASSERT_EQ(found, i < 100 ? 1 : 0) << i;
    if (found == 1) {
      ASSERT_EQ(positions[0], i);
    }
    scores[i] = 0;
  }
}

INSTANTIATE_TEST_SUITE_P(Targets, Score, ::testing::ValuesIn(available_targets()),
                         [](const auto& test) { return test.param; });

}  // namespace
}  // namespace segue::simd
