// ScoredItems: a table of vectors as they are scored. docs/search.md says what the scores mean.
#ifndef SEGUE_INDEX_SCORED_ITEMS_H_
#define SEGUE_INDEX_SCORED_ITEMS_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "segue/index.h"
#include "simd/score.h"

namespace segue {

/// What every index shares: the checks of vectors and questions, and the one definition of a score. Thread-safe.
class ScoredItems {
 public:
  /// @throws Error{kNumerical} naming the first item with a value that is not finite.
  ScoredItems(Factors items, Metric metric, const Run& run);

  Metric metric() const { return metric_; }
  std::uint32_t size() const { return items_.rows(); }
  std::uint32_t factors() const { return items_.factors(); }
  /// Scores are cut to [-limit, limit].
  float limit() const;
  /// Whether an item is the zero vector: it says nothing of what is like it.
  bool is_zero(std::uint32_t item) const { return norms_[item] == 0; }

  /// |x| by item, of the vector that came in (cosine: after extreme ones were scaled by a power of two).
  std::span<const double> norms() const { return norms_; }
  /// What an item's values are multiplied with, in float32, before they are scored.
  float scale(std::uint32_t item) const { return scale_.empty() ? 1.0F : scale_[item]; }
  std::span<const float> vector(std::uint32_t item) const { return items_[item]; }

  /// Rows as kernels take them: ids[0], ids[1], …, or where ids is null `first`, first + 1, ….
  simd::ItemRows rows(const std::uint32_t* ids, std::size_t first, std::size_t count) const;

  /// @throws Error{kInvalidArgument} as Index::search says.
  void check(const Factors& queries, std::uint32_t top, std::span<const ItemFilter> filters) const;

  /// A query as it is scored, padded to whole quads. Checks what a score needs: finite values, and no overflow.
  std::vector<float> prepared(std::span<const float> query, std::uint32_t number) const;

 private:
  Factors items_;
  Metric metric_;
  double longest_ = 0;  // the norm of the longest item
  std::vector<double> norms_;
  std::vector<float> scale_;  // cosine: 1/|x| by item, 0 for zero vectors; inner product: empty
};

}  // namespace segue

#endif  // SEGUE_INDEX_SCORED_ITEMS_H_
