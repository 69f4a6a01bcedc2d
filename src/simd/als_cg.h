// The heart of a sweep: conjugate gradient on many rows at once, in whitened coordinates.
#ifndef SEGUE_SIMD_ALS_CG_H_
#define SEGUE_SIMD_ALS_CG_H_

#include <cstddef>
#include <cstdint>

namespace segue::simd {

/// Rows [begin, end) of a sparse matrix of signed confidences (see ConfidenceMatrix), and the vectors of its columns.
struct AlsRows {
  const float* table;            // [columns x stride] whitened vectors, 64-byte aligned
  std::size_t stride;            // multiple of 16, at most 1024
  const std::uint64_t* row_ptr;  // [end + 1]
  const std::uint32_t* columns;  // [row_ptr[end]]
  const float* confidence;       // [row_ptr[end]]
  std::size_t begin;
  std::size_t end;
};

/// Solves (I + Zu' (|C| - I) Zu) w = Zu' C p for each row by `steps` steps of conjugate gradient.
/// @param solution  [(end - begin) x stride], 64-byte aligned: in, where to start; out, the solution. Rows without
/// cells
///                  become zero.
/// @return the sum over the rows of w'(I + Zu'(|C| - I)Zu) w - 2 w'Zu'Cp + sum of c p: each row's part of the loss at
/// its
///         solution, the regularization of w included. In row order: the same for any split of the rows that is the
///         same.
/// Cost: (steps + 1) · 4 · cells · stride flops; a row's vectors are fetched once when they fit the L2 cache.
double solve_rows_cg(const AlsRows& rows, int steps, float* solution);

}  // namespace segue::simd

#endif  // SEGUE_SIMD_ALS_CG_H_
