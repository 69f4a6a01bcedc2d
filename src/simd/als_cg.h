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
/// A row's vectors are kept as floats for the steps where they take at most this much, in half of L1; else as halves.
constexpr std::size_t kKeptFloatBytes = std::size_t{24} << 10;

/// Rows that are solved together go through the table by blocks of so many bytes: two of them fit L2, the one at hand
/// and the next.
constexpr std::size_t kWideBlockBytes = std::size_t{256} << 10;
/// That pays where a row has so many cells in a block, in the mean …
constexpr std::size_t kWideCellsABlock = 32;
/// … and the table has so many blocks: else it stays in the caches.
constexpr std::size_t kWideBlocks = 32;

/// The least cells of a row that is solved better by solve_wide_rows_cg(), or more than `columns` where none is.
/// @param row_bytes  of a vector in the table
std::size_t least_wide_row(std::size_t columns, std::size_t row_bytes);

/// Bytes of scratch that solve_rows_cg() needs.
/// @param longest_row  cells of the longest row it is given, where vectors are halves; else 0
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

/// Rows for solve_wide_rows_cg().
struct WideRows {
  const std::uint32_t* rows;  // [count]
  std::size_t count;
  std::size_t columns;  // of the matrix: vectors in the table
};

/// Vectors of scratch that each wide row takes.
constexpr std::size_t kWideVectors = 3;

/// As solve_rows_cg(), for rows that see a good share of the table: solved together, block by block of the table, so
/// that vectors are read from L2. begin and end of `rows` are not looked at.
/// @param scratch  [count x kWideVectors x stride], 64-byte aligned
/// @param solution  [count x stride], 64-byte aligned: in, where to start; out, the solution
/// @param losses  [count] each row's part of the loss
/// A row's result does not depend on which others it is solved with.
void solve_wide_rows_cg(const AlsRows& rows, const WideRows& which, int steps, float tolerance, float* scratch,
                        float* solution, double* losses);

}  // namespace segue::simd

#endif  // SEGUE_SIMD_ALS_CG_H_
