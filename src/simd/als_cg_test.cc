// Rows that are solved together, block by block of the table, against the same rows one after the other.
#include "simd/als_cg.h"

#include <gtest/gtest.h>

#include <cmath>
#include <tuple>
#include <vector>

#include "base/buffer.h"
#include "base/mix.h"
#include "simd/targets.h"

namespace segue::simd {
namespace {

constexpr std::size_t kColumns = 4001;  // several blocks, the last one not full
constexpr std::size_t kRows = 6;
constexpr int kSteps = 3;

/// Floats in [-1, 1) x scale, drawn from `seed`.
Buffer<float> noise(std::size_t count, double scale, std::uint64_t seed) {
  Buffer<float> values(count);
  for (std::size_t i = 0; i < count; ++i) {
    values[i] = static_cast<float>(scale * (static_cast<double>(mix(seed + i) >> 11) * 0x1p-52 - 1));
  }
  return values;
}

class WideRowsTest : public ::testing::TestWithParam<std::tuple<std::string, std::size_t, bool, bool>> {
 protected:
  void SetUp() override {
    bool diagonal = false;
    std::tie(target_, stride_, halves_, diagonal) = GetParam();
    force_target(target_);
    table_ = noise(kColumns * stride_, 0.5 / std::sqrt(static_cast<double>(stride_)), 1);
    narrow_ = Buffer<std::uint16_t>(table_.size());
    narrow_rows(table_.data(), table_.size(), narrow_.data());
    for (std::size_t row = 0; row < kRows; ++row) {
      for (std::size_t column = row; column < kColumns; ++column) {
        if (mix(row * kColumns + column) % 5 < row) columns_.push_back(static_cast<std::uint32_t>(column));
      }
      row_ptr_.push_back(columns_.size());  // the first row has no cells
    }
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      const auto c = static_cast<float>(mix(i) % 1000) / 200;
      confidence_.push_back(i % 7 == 0 ? -c : c);
    }
    spread_ = Buffer<float>(stride_);
    for (std::size_t i = 0; i < stride_; ++i) spread_[i] = 1 / static_cast<float>(i + 1);
    rows_ = {halves_ ? nullptr : table_.data(),
             halves_ ? narrow_.data() : nullptr,
             stride_,
             row_ptr_.data(),
             columns_.data(),
             confidence_.data(),
             0,
             kRows};
    if (diagonal) rows_.ridge = ridge_.data(), rows_.spread = spread_.data();
    start_ = noise(kRows * stride_, 0.1, 99);
  }
  void TearDown() override { force_target(""); }

  /// Solutions and losses of the rows given, solved together.
  std::pair<std::vector<float>, std::vector<double>> solve(const std::vector<std::uint32_t>& which) {
    Buffer<float> scratch(which.size() * kWideVectors * stride_);
    Buffer<float> solution(which.size() * stride_);
    for (std::size_t i = 0; i < which.size(); ++i) {
      std::copy_n(start_.data() + which[i] * stride_, stride_, solution.data() + i * stride_);
    }
    std::vector<double> losses(which.size());
    solve_wide_rows_cg(rows_, {which.data(), which.size(), kColumns}, kSteps, 0, scratch.data(), solution.data(),
                       losses.data());
    return {{solution.data(), solution.data() + solution.size()}, losses};
  }

  std::string target_;
  std::size_t stride_ = 0;
  bool halves_ = false;
  Buffer<float> table_;
  Buffer<std::uint16_t> narrow_;
  std::vector<std::uint64_t> row_ptr_{0};
  std::vector<std::uint32_t> columns_;
  std::vector<float> confidence_;
  std::vector<float> ridge_{0.0F, 0.5F, 0.0F, 3.0F, 0.1F, 20.0F};
  Buffer<float> spread_;
  Buffer<float> start_;
  AlsRows rows_{};
};

TEST_P(WideRowsTest, AreSolvedAsOneByOne) {
  Buffer<float> scratch(cg_scratch(stride_, kColumns) / sizeof(float));
  for (std::uint32_t row = 1; row < kRows; ++row) {
    AlsRows one = rows_;
    one.begin = row;
    one.end = row + 1;
    Buffer<float> expected(stride_);
    std::copy_n(start_.data() + row * stride_, stride_, expected.data());
    const double loss = solve_rows_cg(one, kSteps, 0, scratch.data(), expected.data());
    const auto [solution, losses] = solve({row});
    EXPECT_NEAR(losses[0], loss, 1e-5 * std::abs(loss));
    double largest = 0;
    for (std::size_t i = 0; i < stride_; ++i) largest = std::max(largest, std::abs(double{expected[i]}));
    for (std::size_t i = 0; i < stride_; ++i) EXPECT_NEAR(solution[i], expected[i], 1e-4 * largest) << row << ' ' << i;
  }
}

TEST_P(WideRowsTest, DoNotDependOnEachOther) {
  const auto [all, losses] = solve({1, 2, 3, 4, 5});
  for (std::uint32_t row = 1; row < kRows; ++row) {
    const auto [alone, loss] = solve({row});
    EXPECT_EQ(loss[0], losses[row - 1]);
    for (std::size_t i = 0; i < stride_; ++i) EXPECT_EQ(alone[i], all[(row - 1) * stride_ + i]);
  }
}

INSTANTIATE_TEST_SUITE_P(Targets, WideRowsTest,
                         ::testing::Combine(::testing::ValuesIn(available_targets()),
                                            ::testing::Values(std::size_t{16}, std::size_t{64}, std::size_t{272}),
                                            ::testing::Bool(), ::testing::Bool()));

TEST(WideRows, AreThoseThatSeeAGoodShareOfALargeTable) {
  constexpr std::size_t kRowBytes = 128;
  EXPECT_EQ(least_wide_row(10'000, kRowBytes), 10'001U) << "the table stays in the caches";
  const std::size_t columns = kWideBlocks * kWideBlockBytes / kRowBytes;
  EXPECT_EQ(least_wide_row(columns, kRowBytes), kWideBlocks * kWideCellsABlock);
  EXPECT_EQ(least_wide_row(columns + 1, kRowBytes), (kWideBlocks + 1) * kWideCellsABlock);
}

}  // namespace
}  // namespace segue::simd
