#include "simd/codes.h"

#include <gtest/gtest.h>

#include <algorithm>
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

/// Blocks of random codes, a third of them at the ends of their range: sums of 16 bits would saturate.
struct Blocks {
  Blocks(std::size_t blocks, std::size_t factors, unsigned seed)
      : count(blocks),
        factors_of(factors),
        codes(blocks * code_block_bytes(factors)),
        scales(blocks * kCodeItems),
        errors(blocks * kCodeItems),
        norms(blocks) {
    std::mt19937 random(seed);
    std::fill(codes.begin(), codes.end(), std::uint8_t{128});
    for (std::size_t i = 0; i < blocks * kCodeItems; ++i) {
      for (std::size_t f = 0; f < factors; ++f) at(i, f) = static_cast<std::uint8_t>(128 + code(random));
      scales[i] = static_cast<float>(random() % 100 + 1) / 100;
      errors[i] = static_cast<float>(random() % 100) / 100;
    }
    for (std::size_t b = 0; b < blocks; ++b) norms[b] = static_cast<float>(random() % 100) / 100;
  }
  static int code(std::mt19937& random) {
    const auto kind = random() % 6;
    return kind == 0 ? 127 : kind == 1 ? -127 : static_cast<int>(random() % 255) - 127;
  }
  std::uint8_t& at(std::size_t item, std::size_t f) {
    return codes[item / kCodeItems * code_block_bytes(factors_of) + f / 4 * 64 + item % kCodeItems * 4 + f % 4];
  }
  CodeBlocks view() const { return {codes.data(), scales.data(), errors.data(), norms.data(), factors_of}; }

  std::size_t count;
  std::size_t factors_of;
  Buffer<std::uint8_t> codes;
  Buffer<float> scales;
  Buffer<float> errors;
  Buffer<float> norms;
};

std::vector<std::int8_t> query_codes(std::size_t factors, unsigned seed) {
  std::mt19937 random(seed);
  std::vector<std::int8_t> codes((factors + 3) / 4 * 4);
  for (std::size_t f = 0; f < factors; ++f) codes[f] = static_cast<std::int8_t>(Blocks::code(random));
  return codes;
}

std::int32_t plain_dot(Blocks& blocks, std::size_t item, const std::vector<std::int8_t>& query) {
  std::int32_t sum = 0;
  for (std::size_t f = 0; f < blocks.factors_of; ++f) sum += (blocks.at(item, f) - 128) * query[f];
  return sum;
}

TEST_P(Codes, SumsAreExactForEveryNumberOfFactors) {
  for (std::size_t factors = 1; factors <= 4 * 16 + 1; ++factors) {
    Blocks blocks(2, factors, static_cast<unsigned>(factors));
    const std::vector<std::int8_t> query = query_codes(factors, 7);
    std::int32_t dots[kCodeItems];
    code_dots(blocks.view(), 1, {query.data(), 1, 0, 0, kNothing}, dots);
    for (std::size_t i = 0; i < kCodeItems; ++i)
      ASSERT_EQ(dots[i], plain_dot(blocks, kCodeItems + i, query)) << factors;
  }
}

TEST_P(Codes, SumsOfTheLargestCodesDoNotSaturate) {
  Blocks blocks(1, kMostCodeFactors, 1);
  for (std::size_t f = 0; f < kMostCodeFactors; ++f) {
    blocks.at(0, f) = 255;
    blocks.at(1, f) = 1;
  }
  const std::vector<std::int8_t> query(kMostCodeFactors, 127);
  std::int32_t dots[kCodeItems];
  code_dots(blocks.view(), 0, {query.data(), 1, 0, 0, kNothing}, dots);
  EXPECT_EQ(dots[0], static_cast<std::int32_t>(kMostCodeFactors) * 127 * 127);
  EXPECT_EQ(dots[1], -static_cast<std::int32_t>(kMostCodeFactors) * 127 * 127);
}

TEST_P(Codes, SelectsWhatTheBoundLetsThroughForEveryCount) {
  constexpr std::size_t kFactors = 19;
  Blocks blocks(11, kFactors, 3);
  std::vector<std::vector<std::int8_t>> codes;
  std::vector<CodeQuery> queries;
  for (unsigned q = 0; q < kCodeQueries; ++q) codes.push_back(query_codes(kFactors, q));
  for (unsigned q = 0; q < kCodeQueries; ++q) {
    queries.push_back({codes[q].data(), 0.01F, 0.3F, 0.2F, static_cast<float>(q) * 100 - 100});
  }
  for (std::size_t count = 1; count <= 10; ++count) {
    for (std::size_t width = 1; width <= kCodeQueries; ++width) {
      std::vector<std::vector<Candidate>> found(width, std::vector<Candidate>(count * kCodeItems));
      std::vector<Candidate*> out;
      for (auto& each : found) out.push_back(each.data());
      const auto counts = select_codes(blocks.view(), 1, count, queries.data(), width, out.data());
      for (std::size_t q = 0; q < width; ++q) {
        std::size_t next = 0;
        for (std::size_t i = kCodeItems; i < (1 + count) * kCodeItems; ++i) {
          const double bound = plain_dot(blocks, i, codes[q]) * double{queries[q].scale} * double{blocks.scales[i]} +
                               double{queries[q].by_error} * double{blocks.errors[i]} +
                               double{queries[q].by_norm} * double{blocks.norms[i / kCodeItems]};
          // Four float32 roundings of values up to 4096: 19 · 127 · 127 · 0.01 and the rest.
          constexpr double kRounding = 4 * 4096 * 0x1p-24;
          const bool there = next < counts[q] && found[q][next].position == i;
          if (bound > double{queries[q].threshold} + kRounding) {
            ASSERT_TRUE(there) << i << " of query " << q << " of " << width;
          }
          if (bound < double{queries[q].threshold} - kRounding) {
            ASSERT_FALSE(there);
          }
          if (there) {
            ASSERT_NEAR(found[q][next].bound, bound, kRounding);
            ++next;
          }
        }
        ASSERT_EQ(next, counts[q]);
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Targets, Codes, ::testing::ValuesIn(available_targets()),
                         [](const auto& test) { return test.param; });

}  // namespace
}  // namespace segue::simd
