// Searching a forest: Annoy's order of visits, so that a file gives the neighbors that Annoy gives.
#ifndef SEGUE_INDEX_ANNOY_SEARCH_H_
#define SEGUE_INDEX_ANNOY_SEARCH_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "index/annoy_nodes.h"

namespace segue {

/// Thread-safe.
class AnnoySearch {
 public:
  explicit AnnoySearch(AnnoyNodes nodes);
  ~AnnoySearch();

  const AnnoyNodes& nodes() const { return nodes_; }

  /// As AnnoyForest::nearest, for a stored vector.
  std::vector<AnnoyNeighbor> nearest(const StoredVector& query, std::uint32_t n, std::int64_t search_k) const;
  /// As AnnoyForest::candidates.
  std::vector<std::uint32_t> candidates(const StoredVector& query, std::int64_t search_k, std::uint32_t least,
                                        const std::function<bool(std::uint32_t)>& accept) const;

 private:
  struct Scratch;
  class Visit;
  std::unique_ptr<Scratch> take() const;
  void give_back(std::unique_ptr<Scratch> scratch) const;

  AnnoyNodes nodes_;
  mutable std::mutex mutex_;
  mutable std::vector<std::unique_ptr<Scratch>> idle_;
};

/// What nearest() makes of the sum that it orders by.
float annoy_distance(AnnoyMetric metric, float ordered_by);
/// What nearest() orders by, for vectors as they are stored. @param a_norm, b_norm  angular: squared norms
float annoy_order(const AnnoyLayout& layout, const std::byte* a, const std::byte* b, float a_norm, float b_norm);

}  // namespace segue

#endif  // SEGUE_INDEX_ANNOY_SEARCH_H_
