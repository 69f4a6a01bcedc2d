// Expectations over tie orders in closed form (McSherry & Najork, "Computing Information Retrieval Performance Measures
// Efficiently in the Presence of Tied Scores", ECIR 2008). A group of m items, r of them held out, fills the positions
// a .. a + m - 1 in any order, all equally likely; K may cut it after t. Then
//   a position holds a held-out item with probability r/m;
//   given that position j does, each other position of the group does with (r - 1)/(m - 1);
//   the hits among the first t are hypergeometric.
// Cost: O(groups + K) a measure.
#include "eval/tie_groups.h"

#include <algorithm>
#include <cmath>

namespace segue {
namespace {

double real(std::uint64_t n) { return static_cast<double>(n); }

/// A group as it meets the cut.
struct Part {
  double before;        // expected hits in front of the group, which is their number: only whole groups are there
  std::uint64_t begin;  // position of its first item
  std::uint64_t taken;  // positions of it above the cut, >= 1
  const TieGroup& group;
};

template <typename Visit>
void for_each_part(std::span<const TieGroup> groups, std::uint64_t k, const Visit& visit) {
  std::uint64_t begin = 0;
  double before = 0;
  for (const TieGroup& group : groups) {
    if (begin >= k) return;
    const std::uint64_t taken = std::min(group.size, k - begin);
    if (taken > 0) visit(Part{before, begin, taken, group});
    begin += group.size;
    before += real(group.relevant);
  }
}

double hits(std::span<const TieGroup> groups, std::uint64_t k) {
  double sum = 0;
  for_each_part(groups, k, [&](const Part& p) { sum += real(p.group.relevant) * real(p.taken) / real(p.group.size); });
  return sum;
}

double hit_rate(std::span<const TieGroup> groups, std::uint64_t k) {
  double none = 1;
  for_each_part(groups, k, [&](const Part& p) {
    for (std::uint64_t i = 0; i < p.group.relevant && none > 0; ++i) {
      const std::uint64_t others = p.group.size - i;
      none *= others > p.taken ? real(others - p.taken) / real(others) : 0;
    }
  });
  return 1 - none;
}

double precision_sum(std::span<const TieGroup> groups, std::uint64_t k) {
  double sum = 0;
  for_each_part(groups, k, [&](const Part& p) {
    if (p.group.relevant == 0) return;
    const double share = real(p.group.relevant) / real(p.group.size);
    const double after = p.group.size > 1 ? real(p.group.relevant - 1) / real(p.group.size - 1) : 0;
    for (std::uint64_t j = 0; j < p.taken; ++j) {
      sum += share * (p.before + 1 + real(j) * after) / real(p.begin + j + 1);
    }
  });
  return sum;
}

double discounted(std::span<const TieGroup> groups, std::uint64_t k, const Discounts& discounts) {
  double sum = 0;
  for_each_part(groups, k, [&](const Part& p) {
    if (p.group.relevant == 0) return;
    sum += real(p.group.relevant) / real(p.group.size) * discounts.sum(p.begin, p.begin + p.taken);
  });
  return sum;
}

double reciprocal_rank(std::span<const TieGroup> groups, std::uint64_t k) {
  double sum = 0;
  bool found = false;
  for_each_part(groups, k, [&](const Part& p) {
    if (found || p.group.relevant == 0) return;
    found = true;
    double first_here = real(p.group.relevant) / real(p.group.size);  // that the first one is at offset j
    for (std::uint64_t j = 0; j < p.taken && first_here > 0; ++j) {
      sum += first_here / real(p.begin + j + 1);
      const std::uint64_t left = p.group.size - j;
      if (left == 1) break;
      first_here *= real(left - std::min(left, p.group.relevant)) / real(left - 1);
    }
  });
  return sum;
}

/// implicit's AUC_at_k: pairs in order within the list; of the pairs beyond it half of those with a missed item.
double implicit_auc(std::span<const TieGroup> groups, std::uint64_t k, const Counts& counts) {
  const double positives = real(counts.test);
  const double negatives = real(counts.items) - positives;
  if (negatives <= 0) return 0;
  double in_order = 0;  // E[sum over misses of the hits in front of them]
  double mean = 0;      // of the hits
  double variance = 0;
  double length = 0;
  for_each_part(groups, k, [&](const Part& p) {
    const double m = real(p.group.size);
    const double r = real(p.group.relevant);
    const double t = real(p.taken);
    const double after = m > 1 ? r / (m - 1) : 0;  // that another position holds a hit, given that this one does not
    in_order += (m - r) / m * (t * p.before + after * t * (t - 1) / 2);
    mean += r * t / m;
    if (m > 1) variance += t * (r / m) * (1 - r / m) * (m - t) / (m - 1);
    length += t;
  });
  // E[(hits + P) / 2 · (N - length + hits)]
  const double beyond =
      (mean * mean + variance + mean * (negatives - length + positives) + positives * (negatives - length)) / 2;
  return (in_order + beyond) / (positives * negatives);
}

}  // namespace

Discounts::Discounts(std::size_t ranks) : sums_(ranks + 1) {
  for (std::size_t p = 0; p < ranks; ++p) sums_[p + 1] = sums_[p] + 1 / std::log2(static_cast<double>(p) + 2);
}

double expected_at(Measure measure, std::uint64_t k, std::span<const TieGroup> groups, const Counts& counts,
                   const Discounts& discounts) {
  const std::uint64_t reachable = std::min(k, counts.test);
  switch (measure) {
    case Measure::kPrecision:
      return hits(groups, k) / real(k);
    case Measure::kRecall:
      return hits(groups, k) / real(counts.test);
    case Measure::kRecallMin:
    case Measure::kImplicitPrecision:
      return hits(groups, k) / real(reachable);
    case Measure::kHitRate:
      return hit_rate(groups, k);
    case Measure::kMap:
    case Measure::kImplicitMap:
      return precision_sum(groups, k) / real(reachable);
    case Measure::kNdcg:
    case Measure::kImplicitNdcg:
      return discounted(groups, k, discounts) / discounts.sum(0, reachable);
    case Measure::kNdcgFull:
      return discounted(groups, k, discounts) / discounts.sum(0, counts.test);
    case Measure::kMrr:
      return reciprocal_rank(groups, k);
    case Measure::kImplicitAuc:
      return implicit_auc(groups, k, counts);
    default:
      return 0;  // measures of other things, which evaluate() does not ask for here
  }
}

std::vector<TieGroup> best_order(std::span<const TieGroup> groups) {
  std::vector<TieGroup> order;
  for (const TieGroup& g : groups) {
    order.push_back({g.relevant, g.relevant});
    order.push_back({g.size - g.relevant, 0});
  }
  return order;
}

std::vector<TieGroup> worst_order(std::span<const TieGroup> groups) {
  std::vector<TieGroup> order;
  for (const TieGroup& g : groups) {
    order.push_back({g.size - g.relevant, 0});
    order.push_back({g.relevant, g.relevant});
  }
  return order;
}

}  // namespace segue
