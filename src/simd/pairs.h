// Pair kernels: two vectors to a number, and a query against scattered rows.
//
// One order of summation per target: an accumulator a lane, whole registers first; then the lanes, upper half onto
// lower until one is left; then what is left of the vectors, value by value. It is the order in which Annoy sums when
// it is compiled for a machine with AVX-512 or with AVX2 and FMA, so that on those targets distances have its bits.
// Rows need no alignment and no padding: they stand in nodes of an .ann file.
#ifndef SEGUE_SIMD_PAIRS_H_
#define SEGUE_SIMD_PAIRS_H_

#include <cstddef>
#include <cstdint>

namespace segue::simd {

enum class Pair {
  kDot,       // sum of a·b
  kSquared,   // sum of (a - b)²
  kAbsolute,  // sum of |a - b|
};

/// The function of the target that runs now: dispatched once a search, called once a node.
using PairFunction = float (*)(const float* a, const float* b, std::size_t size);
PairFunction pair_function(Pair pair);

/// Rows that stand `stride` bytes apart, values from `offset` on, both multiples of 4.
struct ScatteredRows {
  const std::byte* first;
  std::size_t stride;
  std::size_t offset;
  std::size_t size;  // values a row
};

/// out[i] = pair(query, row ids[i]). Rows are fetched ahead.
void pair_rows(Pair pair, const ScatteredRows& rows, const float* query, const std::uint32_t* ids, std::size_t count,
               float* out);

/// out[i] = bits that differ between the query and row ids[i]; rows of `size` 64-bit words.
void count_bits(const ScatteredRows& rows, const std::uint64_t* query, const std::uint32_t* ids, std::size_t count,
                float* out);

/// Two centers of a sample, by `rounds` rounds of k-means with k = 2.
/// @param points     [count x stride] rows padded with zeros to a multiple of 16, 64-byte aligned; unit vectors when
///                   `spherical`
/// @param scratch    [3 x stride], 64-byte aligned
/// @param a, b       [stride], 64-byte aligned: where to begin, and the result
/// @param spherical  compares directions: a center is then the mean made a unit vector
/// @return           whether both have points
bool two_means(const float* points, std::size_t count, std::size_t stride, int rounds, bool spherical, float* scratch,
               float* a, float* b);

}  // namespace segue::simd

#endif  // SEGUE_SIMD_PAIRS_H_
