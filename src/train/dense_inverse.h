// The inverse of a large symmetric positive definite matrix, in place and on all cores.
#ifndef SEGUE_TRAIN_DENSE_INVERSE_H_
#define SEGUE_TRAIN_DENSE_INVERSE_H_

#include <cstddef>
#include <cstdint>
#include <span>

#include "segue/run.h"

namespace segue {

constexpr std::size_t kInverseBlock = 128;

/// What `size` must be rounded up to: rows of the matrix, and floats from row to row.
constexpr std::size_t inverse_stride(std::size_t size) {
  return (size + kInverseBlock - 1) / kInverseBlock * kInverseBlock;
}

/// Replaces the symmetric a [stride x stride], 64-byte aligned, by -1 times its inverse. Only its upper triangle is
/// read; both are written. What is beyond the matrix proper must be the identity's.
/// @throws Error{kNumerical} when it is not positive definite in float32.
/// The same bits for any number of threads. stride^3 flops.
void negative_inverse(std::span<float> a, std::size_t stride, const Run& run);

}  // namespace segue

#endif  // SEGUE_TRAIN_DENSE_INVERSE_H_
