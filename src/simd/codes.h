// Code kernels: which of many items, known by eight bits a factor, may score as much as a query asks for.
//
// An item's vector x is kept as s·c + e: c whole numbers of -127..127, s a scale, and of e only a bound of its length.
// With the query q in the same form the integer sum c·c' tells q·x but for an error that lengths bound
// (docs/search.md derives it), so whatever stays below the asked-for score needs no look at its float32 values.
//
// Codes are stored as c + 128 in blocks of 16 items, [factor / 4][item][factor % 4]: 64 bytes are what AVX-512's
// dot-product instruction takes at once, and any other target reads the same bytes. The integer sums are exact on all
// of them; which items pass may differ by what float32 rounds, which the bound allows for.
#ifndef SEGUE_SIMD_CODES_H_
#define SEGUE_SIMD_CODES_H_

#include <array>
#include <cstddef>
#include <cstdint>

namespace segue::simd {

constexpr std::size_t kCodeItems = 16;  // of a block
constexpr std::size_t kCodeQueries = 8;

/// Bytes of a block: factors are taken four at a time; what is missing is code 0 (byte 128).
constexpr std::size_t code_block_bytes(std::size_t factors) { return (factors + 3) / 4 * 4 * kCodeItems; }

struct CodeBlocks {
  const std::uint8_t* codes;  // [blocks x code_block_bytes(factors)], 64-byte aligned
  const float* scales;        // [blocks x kCodeItems], 64-byte aligned: s
  const float* errors;        // [blocks x kCodeItems], 64-byte aligned: at least |e|
  const float* norms;         // [blocks]: at least the |x| of every item of the block
  std::size_t factors;        // 1..kMostCodeFactors
};

/// Integer sums of that many products stay far inside 32 bits, and rounding to codes shortens or lengthens no vector by
/// more than a quarter.
constexpr std::size_t kMostCodeFactors = 4096;

/// The bound of an item is  dot · scale · s + by_error · |e| + by_norm · norm of the block.
struct CodeQuery {
  const std::int8_t* codes;  // [factors rounded up to fours], each -127..127, the missing ones 0
  float scale;
  float by_error;
  float by_norm;
  float threshold;  // an item whose bound is below it is left out
};

struct Candidate {
  std::uint32_t position;  // block · kCodeItems + place in the block
  float bound;
};

/// The items of blocks [first, first + count) whose bound is not below the query's threshold, in order.
/// @param found  [count x kCodeItems]
/// @return how many there are
std::size_t select_codes(const CodeBlocks& blocks, std::size_t first, std::size_t count, const CodeQuery& query,
                         Candidate* found);

/// The same for `queries` (1..kCodeQueries) at once: each block is read once.
/// @param found  one array of [count x kCodeItems] per query
/// @return how many there are of each
std::array<std::size_t, kCodeQueries> select_codes(const CodeBlocks& blocks, std::size_t first, std::size_t count,
                                                   const CodeQuery* queries, std::size_t query_count,
                                                   Candidate* const* found);

/// The integer sums c·c' of every item of a block with the query, for tests.
void code_dots(const CodeBlocks& blocks, std::size_t block, const CodeQuery& query, std::int32_t* dots);

}  // namespace segue::simd

#endif  // SEGUE_SIMD_CODES_H_
