// The bound of docs/search.md, "The certificate", held against scores as they are computed.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>
#include <random>
#include <string>
#include <vector>

#include "index/code_lists.h"
#include "index/coded_items.h"
#include "index/exact.h"
#include "index/list_reach.h"
#include "simd/targets.h"
#include "testing/reference_search.h"

namespace segue {
namespace {

using testing::factors_of;

/// Vectors that rounding, ranges and ties find hard, at lengths from the smallest to the largest that codes take.
std::vector<std::vector<float>> hard_vectors(std::size_t count, std::uint32_t factors, unsigned seed) {
  std::mt19937 random(seed);
  const auto uniform = [&] { return static_cast<float>(random() % 20001) / 10000 - 1; };
  std::vector<std::vector<float>> rows;
  for (std::size_t i = 0; i < count; ++i) {
    std::vector<float> x(factors);
    const auto kind = random() % 9;
    for (std::uint32_t f = 0; f < factors; ++f) {
      switch (kind) {
        case 0:
          break;  // zero
        case 1:
          x[f] = 1;
          break;  // ties
        case 2:
          x[f] = (static_cast<float>(random() % 254) - 126.5F) / 127;
          break;  // halfway between codes
        case 3:
          x[f] = f == 0 ? 1 : uniform() / 300;
          break;  // one value, the rest below a code
        case 4:
          x[f] = uniform() * std::ldexp(1.0F, -static_cast<int>(random() % 40));
          break;
        case 5:
          x[f] = std::numeric_limits<float>::denorm_min() * static_cast<float>(random() % 3);
          break;
        case 6:
          x[f] = uniform() * 0x1p36F;
          break;
        case 7:
          x[f] = uniform() * 0x1p-45F;
          break;
        default:
          x[f] = uniform();
          break;
      }
    }
    if (i > 0 && random() % 8 == 0) x = rows[random() % rows.size()];
    rows.push_back(x);
  }
  return rows;
}

struct Case {
  std::string target;
  Metric metric;
};

class Certificate : public ::testing::TestWithParam<Case> {
 protected:
  void SetUp() override { simd::force_target(GetParam().target); }
  void TearDown() override { simd::force_target({}); }
};

TEST_P(Certificate, BoundsEveryScoreAsItIsComputed) {
  for (const std::uint32_t factors : {1U, 2U, 3U, 7U, 16U, 50U, 64U, 65U, 257U}) {
    const Factors items = factors_of(hard_vectors(300, factors, factors));
    const Factors queries = factors_of(hard_vectors(60, factors, 1000 + factors));
    const ScoredItems scored(items, GetParam().metric, {});
    ASSERT_TRUE(CodedItems::can_code(scored));
    std::vector<std::uint32_t> order(items.rows());
    std::iota(order.begin(), order.end(), 0);
    const CodedItems coded(scored, order, {});
    // Scores by brute force, which scales rows of extreme lengths before it scores them; contract_test.cc holds it
    // against the definition.
    const auto scores = make_brute_index(items, GetParam().metric)->search(queries, items.rows(), {}, {});
    std::size_t tested = 0;
    for (std::uint32_t q = 0; q < queries.rows(); ++q) {
      CodedQuery query;
      if (!CodedItems::code(scored.prepared(queries[q], q), query)) continue;
      ++tested;
      std::vector<simd::Candidate> found(coded.ids().size());
      const std::size_t count = simd::select_codes(coded.view(), 0, coded.blocks(), query.kernel, found.data());
      std::vector<float> score_of(items.rows());
      for (const Neighbor& each : scores[q]) score_of[each.item] = each.score;
      std::size_t seen = 0;
      for (const simd::Candidate& each : std::span(found).first(count)) {
        if (coded.ids()[each.position] == CodedItems::kNone) continue;
        ++seen;
        const std::uint32_t item = coded.ids()[each.position];
        const float score = score_of[item];
        // A cosine is cut to -1 at least; the bound is of the sum before that.
        if (GetParam().metric == Metric::kCosine && score == -1) continue;
        ASSERT_GE(each.bound, score) << factors << " factors, query " << q << ", item " << item;
        ASSERT_LE(coded.lower_bound(query, each), score) << factors << " factors, query " << q << ", item " << item;
        // Nor does the coarse bound rule it out at its own score.
        simd::CodeQuery strict = query.kernel;
        strict.threshold = score;
        const std::size_t block = each.position / simd::kCodeItems;
        std::vector<simd::Candidate> left(simd::kCodeItems);
        left.resize(simd::select_codes(coded.view(), block, 1, strict, left.data()));
        ASSERT_TRUE(std::ranges::count(left, each.position, &simd::Candidate::position) == 1)
            << factors << " factors, query " << q << ", item " << item;
        // Nor what many queries at once are told by whole numbers.
        std::array<std::array<simd::Candidate, simd::kCodeItems>, simd::kCodeQueries> of_many;
        std::array<simd::Candidate*, simd::kCodeQueries> rooms;
        std::ranges::transform(of_many, rooms.begin(), [](auto& room) { return room.data(); });
        std::array<simd::CodeQuery, simd::kCodeQueries> same;
        same.fill(strict);
        const auto counts = simd::select_codes(coded.view(), block, 1, same.data(), same.size(), rooms.data());
        for (std::size_t i = 0; i < same.size(); ++i) {
          ASSERT_TRUE(std::ranges::count(std::span(of_many[i]).first(counts[i]), each.position,
                                         &simd::Candidate::position) == 1)
              << factors << " factors, query " << q << ", item " << item;
        }
        ASSERT_GE(query.reach * coded.block_norm(each.position / simd::kCodeItems), score);
      }
      ASSERT_EQ(seen, items.rows());
    }
    EXPECT_GT(tested, 20U);
  }
}

/// What angles to the centers of lists rule out does not reach the threshold: an item's own score is within reach.
TEST_P(Certificate, ReachesEveryItemAtItsOwnScore) {
  if (GetParam().metric != Metric::kCosine) return;  // lists are of cosines
  std::size_t ruled_out = 0;
  for (const std::uint32_t factors : {1U, 2U, 3U, 7U, 16U, 50U, 64U, 257U}) {
    std::vector<std::vector<float>> rows = hard_vectors(400, factors, factors);
    std::mt19937 random(factors);
    for (std::size_t i = 0; i < 400; ++i) {  // and some near others
      rows.push_back(rows[i]);
      for (float& x : rows.back()) x *= 1 + 0.001F * static_cast<float>(random() % 1000);
    }
    const Factors items = factors_of(rows);
    const ScoredItems scored(items, Metric::kCosine, {});
    for (const std::uint32_t count : {1U, 5U, 60U}) {
      const CodeLists lists = make_code_lists(scored, count, {}, {});
      const ListReach reach(scored, lists, {});
      std::vector<std::size_t> block_of(items.rows());
      for (std::size_t i = 0; i < lists.coded.ids().size(); ++i) {
        if (lists.coded.ids()[i] != CodedItems::kNone) block_of[lists.coded.ids()[i]] = i / simd::kCodeItems;
      }
      const auto scores = make_brute_index(items, Metric::kCosine)->search(items, items.rows(), {}, {});
      Buffer<float> cosines(simd::round_to_panels(lists.size()));
      for (std::uint32_t q = 0; q < items.rows(); q += 3) {
        CodedQuery query;
        if (!CodedItems::code(scored.prepared(items[q], q), query)) continue;
        ListReach::ask_centers(lists, query.values, cosines.span());
        for (const Neighbor& each : scores[q]) {
          const std::size_t block = block_of[each.item];
          std::uint32_t list = 0;
          while (block >= lists.begin[list + 1]) ++list;
          const simd::BlockRange range = reach.within(lists, list, cosines[list], each.score);
          ASSERT_TRUE(block >= range.first && block < range.first + range.count)
              << factors << " factors, " << count << " lists, query " << q << ", item " << each.item;
          ruled_out += lists.list(list).count - range.count;
        }
      }
    }
  }
  EXPECT_GT(ruled_out, 1000U);
}

TEST_P(Certificate, LeavesTheAnswersOfBruteForceOnHardVectors) {
  for (const std::uint32_t factors : {1U, 3U, 16U, 50U, 67U}) {
    const Factors items = factors_of(hard_vectors(2000, factors, factors));
    const Factors queries = factors_of(hard_vectors(70, factors, 1000 + factors));
    const auto exact = make_exact_index(items, GetParam().metric);
    const auto brute = make_brute_index(items, GetParam().metric);
    std::vector<std::uint32_t> even;
    std::vector<std::uint32_t> few;
    for (std::uint32_t i = 0; i < items.rows(); i += 2) even.push_back(i);
    for (std::uint32_t i = 0; i < items.rows(); i += 70) few.push_back(i);
    std::vector<ItemFilter> filters(queries.rows());
    for (std::uint32_t q = 0; q < queries.rows(); ++q) {
      if (q % 5 == 1) filters[q].deny = even;
      if (q % 5 >= 2) filters[q] = {.deny = few, .allow = q % 5 == 3 ? few : even, .has_allow = true};
    }
    for (const std::uint32_t top : {1U, 10U, 100U}) {
      for (const std::span<const ItemFilter> each :
           {std::span<const ItemFilter>{}, std::span<const ItemFilter>(filters)}) {
        auto got = exact->search(queries, top, each, {});
        const auto expected = brute->search(queries, top, each, {});
        for (std::uint32_t q = 0; q < queries.rows(); ++q) {
          if (q % 2 == 0) {  // alone it goes another way
            got[q] = exact->search(queries.slice(q, 1), top, each.empty() ? each : each.subspan(q, 1), {})[0];
          }
          ASSERT_EQ(got[q].size(), expected[q].size());
          for (std::size_t i = 0; i < got[q].size(); ++i) {
            ASSERT_EQ(got[q][i].item, expected[q][i].item) << factors << " factors, top " << top << ", query " << q;
            ASSERT_EQ(got[q][i].score, expected[q][i].score);
          }
        }
      }
    }
  }
}

std::vector<Case> cases() {
  std::vector<Case> all;
  for (const std::string& target : simd::available_targets()) {
    for (const Metric metric : {Metric::kInnerProduct, Metric::kCosine}) all.push_back({target, metric});
  }
  return all;
}

INSTANTIATE_TEST_SUITE_P(Targets, Certificate, ::testing::ValuesIn(cases()), [](const auto& test) {
  return test.param.target + (test.param.metric == Metric::kCosine ? "Cosine" : "InnerProduct");
});

}  // namespace
}  // namespace segue
