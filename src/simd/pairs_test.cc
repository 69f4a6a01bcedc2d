#include "simd/pairs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "base/buffer.h"
#include "simd/targets.h"

namespace segue::simd {
namespace {

/// Runs a test on each target of the machine.
class Pairs : public ::testing::TestWithParam<std::string> {
 protected:
  void SetUp() override { force_target(GetParam()); }
  void TearDown() override { force_target({}); }
};

std::vector<float> drawn(std::size_t size, std::uint32_t seed) {
  std::mt19937 random(seed);
  std::vector<float> values(size);
  for (float& value : values) value = static_cast<float>(random() % 2001) / 1000.0F - 1.0F;
  return values;
}

double term(Pair pair, double a, double b) {
  switch (pair) {
    case Pair::kDot:
      return a * b;
    case Pair::kSquared:
      return (a - b) * (a - b);
    case Pair::kAbsolute:
      return std::abs(a - b);
  }
  return 0;
}

TEST_P(Pairs, AreNearTheSumInDoubleForEveryLength) {
  for (const Pair pair : {Pair::kDot, Pair::kSquared, Pair::kAbsolute}) {
    for (std::size_t size = 0; size <= 4 * 16 + 1; ++size) {
      // One value more in front: nothing is aligned.
      const std::vector<float> a = drawn(size + 1, 1);
      const std::vector<float> b = drawn(size + 1, 2);
      double sum = 0;
      double magnitude = 0;
      for (std::size_t i = 1; i <= size; ++i) {
        sum += term(pair, double{a[i]}, double{b[i]});
        magnitude += std::abs(term(pair, double{a[i]}, double{b[i]}));
      }
      // A difference rounds once, its square twice, a sum of n terms n times: (n + 3) eps times the magnitudes.
      const double eps = std::numeric_limits<float>::epsilon() / 2;
      EXPECT_NEAR(pair_function(pair)(a.data() + 1, b.data() + 1, size), sum,
                  static_cast<double>(size + 3) * eps * magnitude)
          << size;
    }
  }
}

TEST_P(Pairs, OfRowsHaveTheBitsOfOnePair) {
  constexpr std::size_t kRows = 50;
  for (const std::size_t size : {1UL, 15UL, 16UL, 50UL, 64UL}) {
    const std::size_t stride = 12 + 4 * size;
    std::vector<std::byte> nodes(kRows * stride);
    std::vector<std::vector<float>> rows;
    for (std::size_t i = 0; i < kRows; ++i) {
      rows.push_back(drawn(size, static_cast<std::uint32_t>(i)));
      std::memcpy(nodes.data() + i * stride + 12, rows[i].data(), 4 * size);
    }
    const std::vector<float> query = drawn(size, 99);
    std::vector<std::uint32_t> ids;
    for (std::uint32_t i = 0; i < 40; ++i) ids.push_back(i * 7 % kRows);
    std::vector<float> out(ids.size());
    for (const Pair pair : {Pair::kDot, Pair::kSquared, Pair::kAbsolute}) {
      pair_rows(pair, {nodes.data(), stride, 12, size}, query.data(), ids.data(), ids.size(), out.data());
      for (std::size_t i = 0; i < ids.size(); ++i) {
        EXPECT_EQ(out[i], pair_function(pair)(query.data(), rows[ids[i]].data(), size));
      }
    }
  }
}

TEST_P(Pairs, CountsBits) {
  std::mt19937_64 random(5);
  for (std::size_t words = 1; words <= 9; ++words) {
    std::vector<std::uint64_t> rows(20 * words);
    std::vector<std::uint64_t> query(words);
    for (std::uint64_t& word : rows) word = random();
    for (std::uint64_t& word : query) word = random();
    const std::vector<std::uint32_t> ids = {19, 0, 7};
    std::vector<float> out(ids.size());
    count_bits({reinterpret_cast<const std::byte*>(rows.data()), 8 * words, 0, words}, query.data(), ids.data(),
               ids.size(), out.data());
    for (std::size_t i = 0; i < ids.size(); ++i) {
      int bits = 0;
      for (std::size_t w = 0; w < words; ++w) bits += std::popcount(query[w] ^ rows[ids[i] * words + w]);
      EXPECT_EQ(out[i], static_cast<float>(bits));
    }
  }
}

TEST_P(Pairs, TwoMeansFindsTwoHeaps) {
  constexpr std::size_t kStride = 32;
  Buffer<float> points(6 * kStride);
  Buffer<float> scratch(3 * kStride);
  Buffer<float> centers(2 * kStride);
  // Two heaps of three: around (10, 0) and (0, 2).
  const float at[6][2] = {{9, 0}, {10, 0}, {11, 0}, {0, 1}, {0, 2}, {0, 3}};
  for (std::size_t i = 0; i < 6; ++i) std::copy_n(at[i], 2, points.data() + i * kStride);
  std::copy_n(at[0], 2, centers.data());
  std::copy_n(at[5], 2, centers.data() + kStride);
  ASSERT_TRUE(two_means(points.data(), 6, kStride, 3, false, scratch.data(), centers.data(), centers.data() + kStride));
  EXPECT_FLOAT_EQ(centers[0], 10);
  EXPECT_FLOAT_EQ(centers[kStride + 1], 2);
  EXPECT_EQ(centers[1], 0);
}

TEST_P(Pairs, TwoMeansSaysWhenOneCenterHasNothing) {
  Buffer<float> points(4 * 16);
  Buffer<float> scratch(3 * 16);
  Buffer<float> centers(2 * 16);
  EXPECT_FALSE(two_means(points.data(), 4, 16, 3, false, scratch.data(), centers.data(), centers.data() + 16));
}

INSTANTIATE_TEST_SUITE_P(Targets, Pairs, ::testing::ValuesIn(available_targets()),
                         [](const auto& test) { return test.param; });

}  // namespace
}  // namespace segue::simd
