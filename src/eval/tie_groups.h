// A ranking as measures see it: groups of items that tie, best first, and how many of each were held out.
#ifndef SEGUE_EVAL_TIE_GROUPS_H_
#define SEGUE_EVAL_TIE_GROUPS_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "segue/evaluate.h"

namespace segue {

struct TieGroup {
  std::uint64_t size = 0;
  std::uint64_t relevant = 0;  // of `size`

  bool operator==(const TieGroup&) const = default;
};

/// Sums of 1 / log2(rank + 1).
class Discounts {
 public:
  /// @param ranks  how many are looked at
  explicit Discounts(std::size_t ranks);
  /// Over 0-based positions begin <= p < end.
  double sum(std::size_t begin, std::size_t end) const { return sums_[end] - sums_[begin]; }

 private:
  std::vector<double> sums_;
};

/// What a measure counts with beside the ranking.
struct Counts {
  std::uint64_t test = 0;   // held-out items, >= 1
  std::uint64_t items = 0;  // of the catalogue
};

/// The expected value over all orders of the items within each group.
/// @param groups  reach to position `k` at least, or to the end of the ranking
/// @param measure  one of kPrecision to kImplicitAuc
double expected_at(Measure measure, std::uint64_t k, std::span<const TieGroup> groups, const Counts& counts,
                   const Discounts& discounts);

/// The groups with the held-out items of each in front, or at its end: the best and the worst order.
std::vector<TieGroup> best_order(std::span<const TieGroup> groups);
std::vector<TieGroup> worst_order(std::span<const TieGroup> groups);

}  // namespace segue

#endif  // SEGUE_EVAL_TIE_GROUPS_H_
