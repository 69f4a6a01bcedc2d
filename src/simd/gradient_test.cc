#include "simd/gradient.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <string>
#include <vector>

#include "base/buffer.h"
#include "simd/targets.h"

namespace segue::simd {
namespace {

/// Runs a test on each target of the machine.
class Gradient : public ::testing::TestWithParam<std::string> {
 protected:
  void SetUp() override { force_target(GetParam()); }
  void TearDown() override { force_target({}); }
};

std::size_t padded(std::size_t columns) { return (columns + 15) / 16 * 16; }

Buffer<float> drawn(std::size_t rows, std::size_t columns, std::uint32_t seed) {
  std::mt19937 random(seed);
  Buffer<float> values(rows * padded(columns));
  for (std::size_t r = 0; r < rows; ++r) {
    for (std::size_t c = 0; c < columns; ++c) {
      values[r * padded(columns) + c] = static_cast<float>(random() % 2001) / 1000.0F - 1.0F;
    }
  }
  return values;
}

std::vector<double> copy(const Buffer<float>& values) { return {values.begin(), values.end()}; }

double softplus(double x) { return std::log1p(std::exp(x)); }
double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }

TEST_P(Gradient, StepsOfBprFollowTheFormula) {
  for (const std::size_t columns : {1U, 2U, 15U, 16U, 17U, 33U, 65U}) {
    const std::size_t stride = padded(columns);
    Buffer<float> users = drawn(5, columns, 1);
    Buffer<float> items = drawn(9, columns, 2);
    Buffer<float> mask(stride);
    for (std::size_t c = 0; c + 1 < columns; ++c) mask[c] = 1;
    std::vector<BprStep> steps;
    std::mt19937 random(3);
    for (int s = 0; s < 150; ++s) {  // more than are kept for their logarithms, and a tail
      const auto i = static_cast<std::uint32_t>(random() % 9);
      steps.push_back(
          {static_cast<std::uint32_t>(random() % 5), i, static_cast<std::uint32_t>((i + 1 + random() % 8) % 9)});
    }
    std::vector<double> x = copy(users);
    std::vector<double> y = copy(items);
    double loss = 0;
    constexpr double kRate = 0.03F;
    constexpr double kReg = 0.02F;
    for (const BprStep& s : steps) {
      double* u = x.data() + s.user * stride;
      double* i = y.data() + s.positive * stride;
      double* j = y.data() + s.negative * stride;
      double d = 0;
      for (std::size_t c = 0; c < columns; ++c) d += u[c] * (i[c] - j[c]);
      loss += softplus(-d);
      const double z = sigmoid(-d);
      for (std::size_t c = 0; c < columns; ++c) {
        const double before = u[c];
        if (c + 1 < columns) u[c] += kRate * (z * (i[c] - j[c]) - kReg * u[c]);
        i[c] += kRate * (z * before - kReg * i[c]);
        j[c] += kRate * (-z * before - kReg * j[c]);
      }
    }
    const BprTables tables{users.data(), items.data(), stride, mask.data(), 0.03F, 0.02F};
    const double got = take_bpr_steps(tables, steps.data(), steps.size());
    // Each value is changed some tens of times by roundings of 6e-8 of itself; a dot product of 65 products of up to 1
    // is off by 65 times as much.
    EXPECT_NEAR(got, loss, 150 * 1e-5) << columns;
    for (std::size_t v = 0; v < x.size(); ++v) EXPECT_NEAR(users[v], x[v], 2e-5) << columns << " user value " << v;
    for (std::size_t v = 0; v < y.size(); ++v) EXPECT_NEAR(items[v], y[v], 2e-5) << columns << " item value " << v;
  }
}

TEST_P(Gradient, RowsOfLmfFollowTheFormula) {
  for (const std::size_t columns : {3U, 16U, 17U, 32U, 40U}) {
    const std::size_t stride = padded(columns);
    const Buffer<float> table = drawn(70, columns, 4);
    constexpr std::size_t kBlocks = 5;
    std::mt19937 random(5);
    Buffer<float> pool(kBlocks * columns * kPoolBlock);
    std::vector<std::size_t> drawn_rows;
    for (std::size_t v = 0; v < kBlocks * kPoolBlock; ++v) {
      const std::size_t row = random() % 70;
      drawn_rows.push_back(row);
      for (std::size_t c = 0; c < columns; ++c) {
        pool[v / kPoolBlock * columns * kPoolBlock + c * kPoolBlock + v % kPoolBlock] = table[row * stride + c];
      }
    }
    Buffer<float> mask(stride);
    for (std::size_t c = 0; c < columns; ++c) mask[c] = c == 1 ? 0.0F : 1.0F;
    for (std::size_t together = 1; together <= kLmfRows; ++together) {
      for (std::size_t count = 1; count <= 4 * 16 + 1; count += count < 34 ? 3 : 7) {
        const std::size_t first = random() % kBlocks;
        const Buffer<float> before = drawn(together, columns, 6);
        Buffer<float> after = drawn(together, columns, 6);
        Buffer<float> squares(together * stride);
        std::vector<std::vector<std::uint32_t>> cells(together);
        std::vector<std::vector<float>> weights(together);
        std::vector<LmfRow> rows;
        std::size_t blocks = kBlocks;
        for (std::size_t r = 0; r < together; ++r) {
          for (std::size_t p = 0; p < count + r; ++p) {
            cells[r].push_back(static_cast<std::uint32_t>(random() % 70));
            weights[r].push_back(static_cast<float>(1 + random() % 3));
          }
          for (std::size_t c = 0; c < columns; ++c) squares[r * stride + c] = 0.5F;
          blocks = 1 + random() % blocks;  // never more than those of the row before
          rows.push_back(
              {cells[r].data(), weights[r].data(), count + r, blocks, 1.5F, &after[r * stride], &squares[r * stride]});
        }
        Buffer<float> scratch(lmf_scratch(columns));
        const double got = step_lmf_rows({table.data(), stride, columns, pool.data(), kBlocks, mask.data(), 0.3F, 0.7F},
                                         rows.data(), together, first, scratch.data());
        double loss = 0;
        for (std::size_t r = 0; r < together; ++r) {
          const float* row = &before[r * stride];
          std::vector<double> expected(columns);
          const auto score = [&](std::size_t other) {
            double sum = 0;
            for (std::size_t c = 0; c < columns; ++c) sum += double{row[c]} * table[other * stride + c];
            return sum;
          };
          for (std::size_t p = 0; p < rows[r].count; ++p) {
            const double s = score(cells[r][p]);
            loss += weights[r][p] * softplus(-s);
            for (std::size_t c = 0; c < columns; ++c) {
              expected[c] += weights[r][p] * sigmoid(-s) * table[cells[r][p] * stride + c];
            }
          }
          for (std::size_t v = first * kPoolBlock; v < (first + rows[r].blocks) * kPoolBlock; ++v) {
            const std::size_t other = drawn_rows[v % (kBlocks * kPoolBlock)];
            const double s = score(other);
            loss += 1.5 * softplus(s);
            for (std::size_t c = 0; c < columns; ++c) expected[c] -= 1.5 * sigmoid(s) * table[other * stride + c];
          }
          for (std::size_t c = 0; c < columns; ++c) {
            const double g = c == 1 ? 0 : expected[c] - double{0.7F} * row[c];
            // Sums of some hundred terms of up to 3.
            EXPECT_NEAR(squares[r * stride + c], 0.5 + g * g, 1e-3 + 1e-4 * g * g)
                << columns << " x " << count << " row " << r << " column " << c;
            EXPECT_NEAR(after[r * stride + c], row[c] + double{0.3F} * g / std::sqrt(1e-6 + 0.5 + g * g), 1e-4)
                << columns << " x " << count << " row " << r << " column " << c;
          }
          for (std::size_t c = columns; c < stride; ++c) EXPECT_EQ(after[r * stride + c], 0.0F);
        }
        EXPECT_NEAR(got, loss, 1e-5 * loss) << columns << " x " << count << ", " << together << " together";
      }
    }
  }
}

TEST_P(Gradient, ScoresFarOutNeitherOverflowNorVanish) {
  constexpr std::size_t kColumns = 16;
  Buffer<float> users(kColumns);
  Buffer<float> items(2 * kColumns);
  Buffer<float> mask(kColumns);
  users[0] = 1000;
  mask[0] = 1;
  for (const float side : {1.0F, -1.0F}) {
    items[0] = side;
    items[kColumns] = -side;
    const BprStep step{0, 0, 1};
    const double loss = take_bpr_steps({users.data(), items.data(), kColumns, mask.data(), 0.0F, 0.0F}, &step, 1);
    EXPECT_NEAR(loss, side > 0 ? 0 : 2000, 1e-3);
  }
}

INSTANTIATE_TEST_SUITE_P(Targets, Gradient, ::testing::ValuesIn(available_targets()),
                         [](const auto& name) { return name.param; });

}  // namespace
}  // namespace segue::simd
