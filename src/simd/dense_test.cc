#include "simd/dense.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <vector>

#include "base/buffer.h"
#include "simd/targets.h"

namespace segue::simd {
namespace {

Buffer<float> random_rows(std::size_t rows, std::size_t stride, std::size_t used, unsigned seed) {
  std::mt19937 rng(seed);
  std::uniform_real_distribution<float> uniform(-1, 1);
  Buffer<float> values(rows * stride + 1);
  for (std::size_t r = 0; r < rows; ++r) {
    for (std::size_t c = 0; c < used; ++c) values[r * stride + c] = uniform(rng);
  }
  return values;
}

/// A sum of n products below 1 in float32 is within n·eps·n of the truth; most are far closer.
double tolerance(std::size_t n) { return static_cast<double>(n) * 1.2e-7 * std::sqrt(static_cast<double>(n)); }

class Dense : public ::testing::TestWithParam<std::string> {
 protected:
  void SetUp() override { force_target(GetParam()); }
  void TearDown() override { force_target(""); }
};

TEST_P(Dense, MultiplyRowsForEveryCountAndStride) {
  for (const std::size_t stride : {16U, 32U, 48U, 64U, 112U, 128U, 144U, 256U}) {
    const std::size_t used = stride - 3;
    for (const Shape shape : {Shape::kUpper, Shape::kLower, Shape::kFull}) {
      Buffer<float> m = random_rows(stride, stride, used, 1);
      for (std::size_t i = 0; i < stride; ++i) {
        for (std::size_t j = 0; j < stride; ++j) {
          const bool zero = (shape == Shape::kUpper && j < i) || (shape == Shape::kLower && j > i);
          if (zero) m[i * stride + j] = 0;
        }
      }
      for (const std::size_t rows : {0U, 1U, 2U, 3U, 4U, 5U, 6U, 7U, 11U, 12U, 13U, 193U}) {
        const Buffer<float> in = random_rows(rows, stride, used, 2);
        Buffer<float> out(rows * stride + 1);
        out[rows * stride] = 7;
        multiply_rows(in.data(), rows, stride, m.data(), shape, out.data());
        for (std::size_t r = 0; r < rows; ++r) {
          for (std::size_t c = 0; c < stride; ++c) {
            double expected = 0;
            for (std::size_t i = 0; i < stride; ++i) expected += double{in[r * stride + i]} * m[i * stride + c];
            ASSERT_NEAR(out[r * stride + c], expected, tolerance(stride))
                << stride << " " << rows << " " << r << " " << c;
          }
        }
        EXPECT_EQ(out[rows * stride], 7) << "wrote beyond the rows";
      }
    }
  }
}

TEST_P(Dense, AddGramForEveryCountAndSize) {
  for (const std::size_t size : {1U, 2U, 5U, 6U, 7U, 15U, 16U, 17U, 50U, 64U, 65U, 100U, 130U}) {
    const std::size_t stride = (size + 15) / 16 * 16;
    for (const std::size_t rows : {0U, 1U, 2U, 191U, 192U, 193U, 400U}) {
      const Buffer<float> in = random_rows(rows, stride, size, 3);
      Buffer<float> gram(size * stride + 1);
      std::fill(gram.begin(), gram.end(), 0.5F);
      add_gram(in.data(), rows, stride, size, gram.data());
      for (std::size_t i = 0; i < size; ++i) {
        for (std::size_t j = i; j < size; ++j) {
          double expected = 0.5;
          for (std::size_t r = 0; r < rows; ++r) expected += double{in[r * stride + i]} * in[r * stride + j];
          ASSERT_NEAR(gram[i * stride + j], expected, tolerance(rows + 4)) << size << " " << rows;
        }
      }
      EXPECT_EQ(gram[size * stride], 0.5F) << "wrote beyond the matrix";
    }
  }
}

TEST_P(Dense, MultiplyAddForEveryCountAndWidth) {
  for (const std::size_t columns : {16U, 48U, 64U, 80U, 144U}) {
    for (const std::size_t depth : {1U, 3U, 128U}) {
      for (const std::size_t rows : {0U, 1U, 5U, 6U, 7U, 13U, 96U}) {
        const Buffer<float> a = random_rows(rows, depth, depth, 4);
        const Buffer<float> b = random_rows(depth, columns, columns, 5);
        Buffer<float> out(rows * columns + 1);
        std::fill(out.begin(), out.end(), 0.5F);
        multiply_add(a.data(), depth, b.data(), columns, rows, columns, depth, out.data(), columns);
        for (std::size_t r = 0; r < rows; ++r) {
          for (std::size_t c = 0; c < columns; ++c) {
            double expected = 0.5;
            for (std::size_t t = 0; t < depth; ++t) expected += double{a[r * depth + t]} * b[t * columns + c];
            ASSERT_NEAR(out[r * columns + c], expected, tolerance(depth + 4)) << columns << " " << depth << " " << rows;
          }
        }
        EXPECT_EQ(out[rows * columns], 0.5F) << "wrote beyond the matrix";
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Targets, Dense, ::testing::ValuesIn(available_targets()),
                         [](const auto& target) { return target.param; });

TEST(Targets, ForcedTargetRuns) {
  for (const std::string& name : available_targets()) {
    force_target(name);
    EXPECT_EQ(target_name(), name);
  }
  force_target("");
  EXPECT_EQ(target_name(), available_targets().front());
}

}  // namespace
}  // namespace segue::simd
