// Factors: one vector per user or item.
#ifndef SEGUE_FACTORS_H_
#define SEGUE_FACTORS_H_

#include <cstdint>
#include <span>

#include "segue/array.h"

namespace segue {

/// float32, row-major, rows aligned to 64 bytes and padded with zeros to a stride of a multiple of 16 floats.
class Factors {
 public:
  Factors() = default;

  /// @param values  [rows x stride_for(factors)], 64-byte aligned, padding zero
  /// @throws Error{kInvalidArgument} when the size or the alignment is wrong.
  static Factors create(std::uint32_t rows, std::uint32_t factors, Array<float> values);

  static std::uint32_t stride_for(std::uint32_t factors) { return (factors + 15) / 16 * 16; }

  std::uint32_t rows() const { return rows_; }
  std::uint32_t factors() const { return factors_; }
  std::uint32_t stride() const { return stride_for(factors_); }
  /// The vector of a row, without its padding.
  std::span<const float> operator[](std::uint32_t row) const {
    return values_.subspan(static_cast<std::size_t>(row) * stride(), factors_);
  }
  const Array<float>& values() const { return values_; }
  /// Rows [first, first + count), which must be there, with their values where they lie.
  Factors slice(std::uint32_t first, std::uint32_t count) const {
    return create(count, factors_, values_.slice(std::size_t{first} * stride(), std::size_t{count} * stride()));
  }

 private:
  std::uint32_t rows_ = 0;
  std::uint32_t factors_ = 0;
  Array<float> values_;
};

}  // namespace segue

#endif  // SEGUE_FACTORS_H_
