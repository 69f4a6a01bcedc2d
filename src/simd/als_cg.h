// The heart of a sweep: conjugate gradient on many rows at once, in whitened coordinates.
#ifndef SEGUE_SIMD_ALS_CG_H_
#define SEGUE_SIMD_ALS_CG_H_

#include <cstddef>
#include <cstdint>

namespace segue::simd {

/// Rows [begin, end) of a sparse matrix of signed confidences (see ConfidenceMatrix), and the vectors of its columns.
struct AlsRows {
  const float* table;            // [columns x stride] whitened vectors, 64-byte aligned; null where halves are given
  const std::uint16_t* halves;   // [columns x stride] the same as narrow_rows() makes them, 64-byte aligned, or null
  std::size_t stride;            // multiple of 16, at most 1024
  const std::uint64_t* row_ptr;  // [end + 1]
  const std::uint32_t* columns;  // [row_ptr[end]]
  const float* confidence;       // [row_ptr[end]]
  std::size_t begin;
  std::size_t end;
  float scale = 1;   // C is `scale` times the stored confidences
  float shared = 1;  // what the pair's weight holds that is already in the identity: W = |C| - shared
  /// The diagonal D of a row: 1 + ridge[row] · spread, or 1 where these are null.
  const float* ridge = nullptr;   // [end], >= 0
  const float* spread = nullptr;  // [stride], >= 0, 0 in the padding, 64-byte aligned
};

/// What vectors are multiplied by before they become float16. A whitened vector is at most 1 long, so nothing
/// overflows, and what is not lost below 2^-29 keeps 11 bits.
constexpr float kHalfScale = 32768.0F;

/// `count` floats, a multiple of 16, to float16 of kHalfScale times them. Both aligned to 64 bytes.
void narrow_rows(const float* in, std::size_t count, std::uint16_t* out);

/// Cells whose dot products are kept between the two halves of a pass where a row of Z does not fit the registers:
/// 32 x 1 KB is two thirds of L1 at 256 factors.
constexpr std::size_t kTile = 32;
/// A row's vectors that are kept for the steps take at most this much: what a core streams faster than it fetches at
/// random. Longer rows are read from the table every pass.
constexpr std::size_t kKeptBytes = 16 * 1024 * 1024;

/// Bytes of scratch that solve_rows_cg() needs.
/// @param longest_row  cells of the longest row, where vectors are halves; else 0
std::size_t cg_scratch(std::size_t stride, std::size_t longest_row);

/// Solves (D + Zu' W Zu) w = Zu' C p for each row by conjugate gradient, preconditioned by D where it is not 1: at
/// least one step, at most `steps`.
/// @param tolerance  steps end when what the row's part of the loss can still fall by, at most r'D^-1 r as A - D is
///                   positive semidefinite wherever W is not negative, is no more than this times the sum of c p
/// @param scratch  cg_scratch() bytes, aligned to 64
/// @param solution  [(end - begin) x stride], 64-byte aligned: in, where to start; out, the solution. Rows without
/// cells
///                  become zero.
/// @return the sum over the rows of w'(D + Zu' W Zu) w - 2 w'Zu'Cp + sum of c p: each row's part of the loss at its
///         solution, the regularization of w included. In row order: the same for any split of the rows that is the
///         same.
/// Cost: at most (steps + 1) · 4 · cells · stride flops; halves are fetched once.
double solve_rows_cg(const AlsRows& rows, int steps, float tolerance, void* scratch, float* solution);

}  // namespace segue::simd

#endif  // SEGUE_SIMD_ALS_CG_H_
