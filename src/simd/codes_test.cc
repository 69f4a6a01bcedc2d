#include "simd/codes.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "base/buffer.h"
#include "simd/targets.h"

namespace segue::simd {
namespace {

constexpr float kNothing = -std::numeric_limits<float>::infinity();

/// Runs a test on each target of the machine.
class Codes : public ::testing::TestWithParam<std::string> {
 protected:
  void SetUp() override { force_target(GetParam()); }
  void TearDown() override { force_target({}); }
};

/// Blocks of random codes, a third of them at the ends of their range: sums of 16 bits of whole ones would saturate.
struct Blocks {
  Blocks(std::size_t blocks, std::size_t factors, unsigned seed)
      : factors_of(factors),
        codes(blocks * kCodeItems * factors),
        upper(blocks * upper_block_bytes(factors)),
        lower(blocks * lower_block_bytes(factors)),
        scales(blocks * kCodeItems) {
    std::mt19937 random(seed);
    std::fill(upper.begin(), upper.end(), std::uint8_t{0x88});
    for (std::size_t i = 0; i < scales.size(); ++i) {
      for (std::size_t f = 0; f < factors; ++f) set(i, f, code(random));
      scales[i] = static_cast<float>(random() % 128 + 1) / 128;
      head(i / kCodeItems).scales[i % kCodeItems] =
          static_cast<std::uint16_t>(std::bit_cast<std::uint32_t>(scales[i]) >> 16);
    }
    for (std::size_t b = 0; b < blocks; ++b) {
      head(b).coarse = static_cast<float>(random() % 1000) / 50;
      head(b).errors = static_cast<float>(random() % 100) / 50;
      head(b).norm = static_cast<float>(random() % 100) / 100;
    }
  }
  static int code(std::mt19937& random) {
    const auto kind = random() % 6;
    return kind == 0 ? 127 : kind == 1 ? -127 : static_cast<int>(random() % 255) - 127;
  }
  CodeHead& head(std::size_t block) {
    return *reinterpret_cast<CodeHead*>(upper.data() + block * upper_block_bytes(factors_of));
  }
  void set(std::size_t item, std::size_t f, int code) {
    codes[item * factors_of + f] = code;
    const auto [byte, shift] = code_place(item % kCodeItems, f);
    const std::size_t block = item / kCodeItems;
    const auto half = [&](std::uint8_t old, int value) {
      return static_cast<std::uint8_t>((old & (0xF0 >> shift)) | (value << shift));
    };
    std::uint8_t& above = upper[block * upper_block_bytes(factors_of) + sizeof(CodeHead) + byte];
    std::uint8_t& below = lower[block * lower_block_bytes(factors_of) + byte];
    above = half(above, (code + 128) / 16);
    below = half(below, (code + 128) % 16);
  }
  std::int32_t dot(std::size_t item, const std::vector<std::int8_t>& query) const {
    std::int32_t sum = 0;
    for (std::size_t f = 0; f < factors_of; ++f) sum += codes[item * factors_of + f] * query[f];
    return sum;
  }
  /// Of the middles of the sixteen codes that share an upper half.
  std::int32_t coarse_dot(std::size_t item, const std::vector<std::int8_t>& query) const {
    std::int32_t sum = 0;
    for (std::size_t f = 0; f < factors_of; ++f)
      sum += ((codes[item * factors_of + f] + 128) / 16 * 16 - 120) * query[f];
    return sum;
  }
  CodeBlocks view() const { return {upper.data(), lower.data(), factors_of}; }

  std::size_t factors_of;
  std::vector<int> codes;
  Buffer<std::uint8_t> upper;
  Buffer<std::uint8_t> lower;
  Buffer<float> scales;
};

std::vector<std::int8_t> query_codes(std::size_t factors, unsigned seed) {
  std::mt19937 random(seed);
  std::vector<std::int8_t> codes(round_to_eights(factors));
  for (std::size_t f = 0; f < factors; ++f) codes[f] = static_cast<std::int8_t>(Blocks::code(random));
  return codes;
}

TEST_P(Codes, SumsAreExactForEveryNumberOfFactors) {
  for (std::size_t factors = 1; factors <= 4 * 16 + 1; ++factors) {
    const Blocks blocks(2, factors, static_cast<unsigned>(factors));
    const std::vector<std::int8_t> query = query_codes(factors, 7);
    std::int32_t dots[kCodeItems];
    std::int32_t coarse[kCodeItems];
    code_dots(blocks.view(), 1, {query.data(), 1, 0, 0, kNothing}, dots, coarse);
    for (std::size_t i = 0; i < kCodeItems; ++i) {
      ASSERT_EQ(dots[i], blocks.dot(kCodeItems + i, query)) << factors;
      ASSERT_EQ(coarse[i], blocks.coarse_dot(kCodeItems + i, query)) << factors;
    }
  }
}

TEST_P(Codes, SumsOfTheLargestCodesDoNotSaturate) {
  constexpr auto kFactors = static_cast<std::int32_t>(kMostCodeFactors);
  Blocks blocks(1, kMostCodeFactors, 1);
  for (std::size_t f = 0; f < kMostCodeFactors; ++f) {
    blocks.set(0, f, 127);
    blocks.set(1, f, -127);
  }
  for (const int sign : {1, -1}) {
    const std::vector<std::int8_t> query(kMostCodeFactors, static_cast<std::int8_t>(sign * 127));
    std::int32_t dots[kCodeItems];
    std::int32_t coarse[kCodeItems];
    code_dots(blocks.view(), 0, {query.data(), 1, 0, 0, kNothing}, dots, coarse);
    EXPECT_EQ(dots[0], sign * kFactors * 127 * 127);
    EXPECT_EQ(dots[1], -sign * kFactors * 127 * 127);
    EXPECT_EQ(coarse[0], sign * kFactors * 120 * 127);
    EXPECT_EQ(coarse[1], -sign * kFactors * 120 * 127);
  }
}

/// What is found is what both bounds let through; -infinity lets all through.
TEST_P(Codes, SelectsWhatTheBoundsLetThroughForEveryCount) {
  constexpr std::size_t kFactors = 19;
  constexpr std::size_t kMost = 70;  // more than a call looks ahead
  const Blocks blocks(kMost + 1, kFactors, 3);
  std::vector<std::vector<std::int8_t>> codes;
  std::vector<CodeQuery> queries;
  for (unsigned q = 0; q < kCodeQueries; ++q) codes.push_back(query_codes(kFactors, q));
  for (unsigned q = 0; q < kCodeQueries; ++q) {
    queries.push_back({codes[q].data(), 0.01F, 0.3F, 0.2F, q == 1 ? kNothing : static_cast<float>(q) * 100 - 100});
  }
  std::size_t ruled_out_coarsely = 0;
  for (const std::size_t count : {1UL, 2UL, 3UL, 4UL, 5UL, 6UL, 7UL, 9UL, 31UL, 32UL, 33UL, kMost}) {
    for (std::size_t width = 1; width <= kCodeQueries; ++width) {
      std::vector<std::vector<Candidate>> found(width, std::vector<Candidate>(count * kCodeItems));
      std::vector<Candidate*> out;
      for (auto& each : found) out.push_back(each.data());
      const auto counts = select_codes(blocks.view(), 1, count, queries.data(), width, out.data());
      for (std::size_t q = 0; q < width; ++q) {
        const double threshold = queries[q].threshold;
        std::size_t next = 0;
        for (std::size_t b = 1; b <= count; ++b) {
          const CodeHead& head = blocks.view().head(b);
          const auto bound_of = [&](std::size_t i, std::int32_t dot, float errors) {
            return (dot * double{queries[q].scale} + double{queries[q].by_error} * double{errors}) *
                       double{blocks.scales[i]} +
                   double{queries[q].by_norm} * double{head.norm};
          };
          // Four float32 roundings of values up to 4096: 19 · 127 · 127 · 0.01 and the rest.
          constexpr double kRounding = 4 * 4096 * 0x1p-24;
          double best = -std::numeric_limits<double>::infinity();  // of the block, coarsely
          for (std::size_t i = b * kCodeItems; i < (b + 1) * kCodeItems; ++i) {
            best = std::max(best, bound_of(i, blocks.coarse_dot(i, codes[q]), head.coarse));
          }
          for (std::size_t i = b * kCodeItems; i < (b + 1) * kCodeItems; ++i) {
            const double bound = bound_of(i, blocks.dot(i, codes[q]), head.errors);
            const bool there = next < counts[q] && found[q][next].position == i;
            if (bound > threshold + kRounding && best > threshold + kRounding) {
              ASSERT_TRUE(there) << i << " of query " << q << " of " << width;
            }
            if (bound < threshold - kRounding) {
              ASSERT_FALSE(there);
            }
            if (bound > threshold && best < threshold - kRounding) {
              ++ruled_out_coarsely;
              ASSERT_FALSE(there) << i << " of query " << q << " of " << width;
            }
            if (there) {
              ASSERT_NEAR(found[q][next].bound, bound, kRounding);
              ++next;
            }
          }
        }
        ASSERT_EQ(next, counts[q]);
      }
    }
  }
  EXPECT_GT(ruled_out_coarsely, 0U);
}

TEST_P(Codes, CoarseScoresAreThoseOfTheMiddlesForEveryCount) {
  constexpr std::size_t kFactors = 19;
  const Blocks blocks(70, kFactors, 5);
  const std::vector<std::int8_t> query = query_codes(kFactors, 2);
  for (const std::size_t count : {1UL, 2UL, 3UL, 31UL, 33UL, 70UL}) {
    std::vector<float> scores(count * kCodeItems);
    coarse_scores(blocks.view(), count, {query.data(), 0.01F, 0, 0, kNothing}, scores.data());
    for (std::size_t i = 0; i < scores.size(); ++i) {
      const double expected = blocks.coarse_dot(i, query) * 0.01 * double{blocks.scales[i]};
      ASSERT_NEAR(scores[i], expected, 1e-6 * 4096) << i;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Targets, Codes, ::testing::ValuesIn(available_targets()),
                         [](const auto& test) { return test.param; });

}  // namespace
}  // namespace segue::simd
