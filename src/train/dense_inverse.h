// The inverse of a large symmetric positive definite matrix, in place and on all cores.
#ifndef SEGUE_TRAIN_DENSE_INVERSE_H_
#define SEGUE_TRAIN_DENSE_INVERSE_H_

#include <cstddef>
#include <cstdint>
#include <span>

#include "segue/run.h"

namespace segue {

constexpr std::size_t kInverseBlock = 128;

/// Rows that a matrix of `size` takes here: whole blocks.
constexpr std::size_t inverse_rows(std::size_t size) {
  return (size + kInverseBlock - 1) / kInverseBlock * kInverseBlock;
}
/// Floats from row to row: a cache line more than there are, since rows whose distance is a power of two share cache
/// sets.
constexpr std::size_t inverse_stride(std::size_t size) { return inverse_rows(size) + 16; }

/// Replaces the symmetric a [inverse_rows(size) x inverse_stride(size)], 64-byte aligned, by -1 times its inverse. Only
/// its upper triangle is read; both are written. Beyond `size` it must be the identity.
/// @throws Error{kNumerical} when it is not positive definite in float32.
/// The same bits for any number of threads. size^3 flops.
void negative_inverse(std::span<float> a, std::size_t size, const Run& run);

}  // namespace segue

#endif  // SEGUE_TRAIN_DENSE_INVERSE_H_
