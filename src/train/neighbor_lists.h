// NeighborLists: for each item the best n of those that are offered to it, by several threads at once.
#ifndef SEGUE_TRAIN_NEIGHBOR_LISTS_H_
#define SEGUE_TRAIN_NEIGHBOR_LISTS_H_

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <mutex>
#include <utility>
#include <vector>

#include "segue/index.h"

namespace segue {

/// The order of neighbours is total (by score, ties by lower item): which ones stay does not depend on who offers
/// first.
class NeighborLists {
 public:
  /// @param top  kept per item, >= 1
  NeighborLists(std::uint32_t items, std::uint32_t top) : top_(top), lists_(items), least_(items) {}

  /// By score, ties by lower item.
  static bool better(const Neighbor& a, const Neighbor& b) {
    return a.score > b.score || (a.score == b.score && a.item < b.item);
  }

  /// What scores less needs not be offered to an item: 0 until its list is full. It only rises: what another thread has
  /// just raised lets too many through, never too few. Thread-safe.
  float least(std::uint32_t item) const { return least_[item].load(std::memory_order_relaxed); }

  /// Offers a neighbour to an item. Thread-safe.
  void offer(std::uint32_t item, Neighbor candidate) {
    if (candidate.score < least(item)) return;
    const std::lock_guard lock(locks_[item % kLocks].mutex);
    std::vector<Neighbor>& list = lists_[item];
    if (list.size() == top_) {
      if (!better(candidate, list.front())) return;
      std::pop_heap(list.begin(), list.end(), better);
      list.back() = candidate;
    } else {
      list.push_back(candidate);
    }
    std::push_heap(list.begin(), list.end(), better);  // the worst in front
    if (list.size() == top_) least_[item].store(list.front().score, std::memory_order_relaxed);
  }

  std::size_t size(std::uint32_t item) const { return lists_[item].size(); }

  /// What was kept for an item, ascending by item; nothing is left of it. Requires that nobody offers any more;
  /// items may be taken by several threads.
  std::vector<Neighbor> take(std::uint32_t item) {
    std::ranges::sort(lists_[item], {}, &Neighbor::item);
    return std::exchange(lists_[item], {});
  }

 private:
  static constexpr std::uint32_t kLocks = 4096;  // so many that threads seldom meet; 256 KB
  struct alignas(64) Lock {
    std::mutex mutex;
  };

  std::uint32_t top_;
  std::vector<std::vector<Neighbor>> lists_;
  std::vector<std::atomic<float>> least_;  // score of the worst of a full list, 0 until it is full
  std::array<Lock, kLocks> locks_;
};

}  // namespace segue

#endif  // SEGUE_TRAIN_NEIGHBOR_LISTS_H_
