// The top of one row's ranking, as far as measures look, and its tie groups.
#ifndef SEGUE_EVAL_RANKING_H_
#define SEGUE_EVAL_RANKING_H_

#include <cstdint>
#include <span>
#include <vector>

#include "eval/tie_groups.h"
#include "segue/index.h"

namespace segue {

struct Ranking {
  std::vector<std::uint32_t> list;  // the first `depth`, ties by lower item
  std::vector<TieGroup> groups;     // to `depth` or beyond: the last one is whole
};

/// Ranks items[i] with scores[i]. What is in `items` is reordered.
/// @param test  held-out items, ascending; depth  >= 1
Ranking rank(std::vector<Neighbor>& items, std::uint32_t depth, std::span<const std::uint32_t> test);

/// Of a list that is sorted and ends where no item beyond it ties with the last of `depth`.
Ranking rank_sorted(std::span<const Neighbor> list, std::uint32_t depth, std::span<const std::uint32_t> test);

/// Share of the pairs of a held-out and another item that are in the right order: if ties go wrong, count half, or go
/// right. Held-out items that are not among `items` lose to all.
struct PairShare {
  double worst = 0;
  double expected = 0;
  double best = 0;
};
PairShare pair_share(std::span<const Neighbor> items, std::span<const std::uint32_t> test);

}  // namespace segue

#endif  // SEGUE_EVAL_RANKING_H_
