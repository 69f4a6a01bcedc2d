// TopList: the best n of a stream of scored items.
#ifndef SEGUE_INDEX_TOP_LIST_H_
#define SEGUE_INDEX_TOP_LIST_H_

#include <algorithm>
#include <cstdint>
#include <limits>
#include <span>
#include <utility>
#include <vector>

#include "segue/index.h"

namespace segue {

/// The order of results: by score, ties by lower item. Total, so that the best n do not depend on how a search is cut
/// up.
inline bool better(const Neighbor& a, const Neighbor& b) {
  return a.score > b.score || (a.score == b.score && a.item < b.item);
}

/// Collects up to 2n items before it drops the worse half, so that an item costs O(1) however scores are sorted.
/// Between that the threshold stands still, which lets a few more through than a heap would: never fewer.
class TopList {
 public:
  /// @param top  >= 1
  explicit TopList(std::uint32_t top) : top_(top) {}

  /// Scores at or below this cannot enter any more. It only rises.
  float threshold() const { return threshold_; }

  /// Requires: items come in ascending order (an equal score then loses to those that are there), scores are finite.
  void add(Neighbor candidate) {
    if (!(candidate.score > threshold_)) return;
    kept_.push_back(candidate);
    if (kept_.size() >= kSlack + std::size_t{2} * top_) drop();
  }

  /// Adds what another list of the same query collected; items may come in any order, but are others.
  void merge(TopList&& other) {
    kept_.insert(kept_.end(), other.kept_.begin(), other.kept_.end());
    other.kept_.clear();
  }

  /// The best, best first. What is left is empty.
  std::vector<Neighbor> take() {
    const std::size_t count = std::min<std::size_t>(top_, kept_.size());
    std::partial_sort(kept_.begin(), kept_.begin() + static_cast<std::ptrdiff_t>(count), kept_.end(), better);
    kept_.resize(count);
    kept_.shrink_to_fit();
    return std::exchange(kept_, {});
  }

 private:
  static constexpr std::size_t kSlack = 32;  // spares short lists a selection every few items

  void drop() {
    const auto last = kept_.begin() + static_cast<std::ptrdiff_t>(top_ - 1);
    std::nth_element(kept_.begin(), last, kept_.end(), better);
    threshold_ = last->score;
    kept_.resize(top_);
  }

  std::uint32_t top_;
  float threshold_ = -std::numeric_limits<float>::infinity();
  std::vector<Neighbor> kept_;
};

}  // namespace segue

#endif  // SEGUE_INDEX_TOP_LIST_H_
