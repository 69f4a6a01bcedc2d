// ListReach: which blocks of a list can hold an item whose cosine reaches a threshold, told by the angles that the
// query and the items form with the list's center. docs/search.md derives it ("The certificate").
#ifndef SEGUE_INDEX_LIST_REACH_H_
#define SEGUE_INDEX_LIST_REACH_H_

#include <cstdint>
#include <span>
#include <vector>

#include "index/code_lists.h"
#include "index/scored_items.h"
#include "segue/index.h"
#include "segue/run.h"
#include "simd/codes.h"

namespace segue {

/// Thread-safe once built.
class ListReach {
 public:
  ListReach() = default;
  /// @param items  of the cosine; the lists are of them
  ListReach(const ScoredItems& items, const CodeLists& lists, const Run& run);
  /// From what part() gave. @throws Error{kCorruptFile} for what cannot be of these lists.
  ListReach(const CodeLists& lists, const StoredIndex& stored);
  /// "cosines": by block at most the least cosine of an item and the list's center; then by block at least the largest.
  IndexPart part() const { return {"cosines", cosines_}; }

  /// The cosines of a query and all centers, as within() takes them.
  /// @param query    as score_rows takes it
  /// @param cosines  [lists.size()]
  static void ask_centers(const CodeLists& lists, std::span<const float> query, std::span<float> cosines);
  /// The blocks of a list in which an item may score `threshold`: what it leaves out is below, to the last bit.
  /// @param cosine  of the query and the center
  simd::BlockRange within(const CodeLists& lists, std::uint32_t list, float cosine, float threshold) const;

 private:
  std::span<const float> least() const { return cosines_.view().first(cosines_.size() / 2); }
  std::span<const float> largest() const { return cosines_.view().subspan(cosines_.size() / 2); }

  Array<float> cosines_;  // in a list both halves fall from block to block
};

}  // namespace segue

#endif  // SEGUE_INDEX_LIST_REACH_H_
