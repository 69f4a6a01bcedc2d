// AnnoyPoints: the vectors of a builder, by the order in which they came, and which ids they have.
#ifndef SEGUE_INDEX_ANNOY_POINTS_H_
#define SEGUE_INDEX_ANNOY_POINTS_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <unordered_map>
#include <vector>

#include "index/annoy_nodes.h"
#include "simd/pairs.h"

namespace segue {

/// Memory goes by the number of vectors, whatever their ids. Rows are padded with zeros to 64 bytes.
class AnnoyPoints {
 public:
  AnnoyPoints(AnnoyMetric metric, std::uint32_t vector_size);

  AnnoyMetric metric() const { return metric_; }
  std::uint32_t vector_size() const { return vector_size_; }
  std::uint32_t stored_size() const { return stored_size_; }  // floats, or words for the Hamming metric
  std::uint32_t count() const { return static_cast<std::uint32_t>(ids_.size()); }
  std::uint32_t items() const { return items_; }

  /// Requires: a vector of vector_size() values. Another one of the same id replaces the first.
  void put(std::uint32_t item, const StoredVector& vector);
  /// The row of an item.
  std::optional<std::uint32_t> find(std::uint32_t item) const;

  std::uint32_t id(std::uint32_t row) const { return ids_[row]; }
  const std::byte* row(std::uint32_t row) const { return values_.data() + std::size_t{row} * stride_; }
  const float* floats(std::uint32_t r) const { return reinterpret_cast<const float*>(row(r)); }
  simd::ScatteredRows rows() const { return {values_.data(), stride_, 0, stored_size_}; }

 private:
  AnnoyMetric metric_;
  std::uint32_t vector_size_;
  std::uint32_t stored_size_;
  std::size_t stride_;  // bytes
  std::uint32_t items_ = 0;
  std::vector<std::byte> values_;
  std::vector<std::uint32_t> ids_;  // by row
  // Ids that came as 0, 1, 2, … are their own rows: only those after the first that did not need looking up.
  std::uint32_t in_order_ = 0;
  std::unordered_map<std::uint32_t, std::uint32_t> others_;
};

}  // namespace segue

#endif  // SEGUE_INDEX_ANNOY_POINTS_H_
