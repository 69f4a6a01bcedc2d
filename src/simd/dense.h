// Dense products of tall matrices with small ones: the gram, whitening and back phases of a sweep.
#ifndef SEGUE_SIMD_DENSE_H_
#define SEGUE_SIMD_DENSE_H_

#include <cstddef>

namespace segue::simd {

/// Where a matrix is not zero.
enum class Shape { kUpper, kLower, kFull };

/// out[r] = in[r] · m for r < rows. All rows are `stride` floats (a multiple of 16), 64-byte aligned.
/// @param m  [stride x stride]; rows and columns of padding zero
/// `in` and `out` must not overlap.
void multiply_rows(const float* in, std::size_t rows, std::size_t stride, const float* m, Shape shape, float* out);

/// Upper triangle of gram [size x stride] += sum of in[r]' in[r] for r < rows. Below the diagonal it is left undefined.
void add_gram(const float* in, std::size_t rows, std::size_t stride, std::size_t size, float* gram);

/// out [rows x columns] += a [rows x depth] · b [depth x columns]. columns is a multiple of 16; rows of b and out begin
/// 64-byte aligned. Strides are in floats.
void multiply_add(const float* a, std::size_t a_stride, const float* b, std::size_t b_stride, std::size_t rows,
                  std::size_t columns, std::size_t depth, float* out, std::size_t out_stride);

/// out[i] += factor · in[i] for i < size. Both begin 64-byte aligned and have room for a multiple of 16; for rows of
/// thousands.
void add_scaled(const float* in, float factor, std::size_t size, float* out);

}  // namespace segue::simd

#endif  // SEGUE_SIMD_DENSE_H_
