// Code kernels: which of many items, known by eight bits a factor, may score as much as a query asks for.
//
// An item's vector x is kept as s·c + e: c whole numbers of -127..127, s a scale, and of e only a bound of its length.
// With the query q in the same form the integer sum c·c' tells q·x but for an error that lengths bound
// (docs/search.md derives it), so whatever stays below the asked-for score needs no look at its float32 values.
//
// Codes are stored as c + 128 in two planes: the upper four bits of each, and the lower four. The upper ones alone are
// a coarser code with a bound of its own, 16·c' + 8 with c' of -8..7, which rules out nearly all: so a query reads half
// of the bytes, and the other half only of blocks that hold an item which may pass.
//
// A block is 16 items, a plane of it [factor / 8][item][factor % 4] bytes: the lower half of a byte is of the first
// four of eight factors, the upper half of the other four. 64 bytes are what AVX-512's dot-product instruction takes at
// once, and any other target reads the same bytes. In the upper plane a block begins with all that bounds its items
// besides, so that a query that rules a block out has read one run of memory. The integer sums are exact on all
// targets; which items pass may differ by what float32 rounds, which the bounds allow for.
#ifndef SEGUE_SIMD_CODES_H_
#define SEGUE_SIMD_CODES_H_

#include <array>
#include <cstddef>
#include <cstdint>

namespace segue::simd {

constexpr std::size_t kCodeItems = 16;  // of a block
constexpr std::size_t kCodeQueries = 8;

/// Factors are taken eight at a time; what is missing is code 0 (byte 128).
constexpr std::size_t round_to_eights(std::size_t factors) { return (factors + 7) / 8 * 8; }
/// Bytes of a block in the lower plane.
constexpr std::size_t lower_block_bytes(std::size_t factors) { return round_to_eights(factors) / 2 * kCodeItems; }

/// What a block of the upper plane begins with.
struct CodeHead {
  std::uint16_t scales[kCodeItems];  // s: the upper halves of float32 numbers
  float coarse;                      // at least |x - s · coarse code| / s of every item
  float errors;                      // at least |e| / s of every item
  float norm;                        // at least the |x| of every item
  std::uint8_t unused[20];           // 0
};
static_assert(sizeof(CodeHead) == 64);

/// Bytes of a block in the upper plane: its head, then the halves of codes.
constexpr std::size_t upper_block_bytes(std::size_t factors) { return sizeof(CodeHead) + lower_block_bytes(factors); }

/// Where the four bits of a factor stand among the codes of a block: the byte, and how far they are shifted up.
struct CodePlace {
  std::size_t byte;
  unsigned shift;
};
constexpr CodePlace code_place(std::size_t item, std::size_t factor) {
  return {factor / 8 * 64 + item * 4 + factor % 4, factor % 8 < 4 ? 0U : 4U};
}

struct CodeBlocks {
  const std::uint8_t* upper;  // [blocks x upper_block_bytes(factors)], 64-byte aligned
  const std::uint8_t* lower;  // [blocks x lower_block_bytes(factors)], 64-byte aligned
  std::size_t factors;        // 1..kMostCodeFactors

  const CodeHead& head(std::size_t block) const {
    return *reinterpret_cast<const CodeHead*>(upper + block * upper_block_bytes(factors));
  }
};

/// Integer sums of that many products stay far inside 32 bits, and rounding to codes shortens or lengthens no vector by
/// more than a quarter, to coarse ones by no more than four times itself.
constexpr std::size_t kMostCodeFactors = 4096;

/// The bound of an item is  s · (dot · scale + by_error · error) + by_norm · norm  with the error and the norm of its
/// block; so is the coarse one. With s = 0 it is that of the norm alone.
struct CodeQuery {
  const std::int8_t* codes;  // [round_to_eights(factors)], each -127..127, the missing ones 0
  float scale;
  float by_error;
  float by_norm;
  float threshold;  // an item whose bound is below it is left out
};

struct Candidate {
  std::uint32_t position;  // block · kCodeItems + place in the block
  float bound;
};

/// Blocks [first, first + count).
struct BlockRange {
  std::size_t first = 0;
  std::size_t count = 0;
};

/// The items of blocks [first, first + count) whose bound is not below the query's threshold, in order. An item may be
/// left out where its coarse bound is below it.
/// @param found  [count x kCodeItems]
/// @param next   blocks that the query will be asked of then: what memory is slow to give of them is fetched meanwhile
/// @return how many there are
std::size_t select_codes(const CodeBlocks& blocks, std::size_t first, std::size_t count, const CodeQuery& query,
                         Candidate* found, BlockRange next = {});

/// The same for `queries` (1..kCodeQueries) at once: each block is read once.
/// @param found  one array of [count x kCodeItems] per query
/// @return how many there are of each
std::array<std::size_t, kCodeQueries> select_codes(const CodeBlocks& blocks, std::size_t first, std::size_t count,
                                                   const CodeQuery* queries, std::size_t query_count,
                                                   Candidate* const* found);

/// What coarse codes alone say of the scores of blocks [0, count): no bounds.
/// @param scores  [count x kCodeItems]
void coarse_scores(const CodeBlocks& blocks, std::size_t count, const CodeQuery& query, float* scores);

/// The same of whole codes for `query_count` (1..kCodeQueries) at once. The same bits on every target.
/// @param scores  one array of [count x kCodeItems] per query
void whole_scores(const CodeBlocks& blocks, std::size_t count, const CodeQuery* queries, std::size_t query_count,
                  float* const* scores);

/// The integer sums c·c' of every item of a block with the query, and those of the coarse codes, for tests.
void code_dots(const CodeBlocks& blocks, std::size_t block, const CodeQuery& query, std::int32_t* dots,
               std::int32_t* coarse);

}  // namespace segue::simd

#endif  // SEGUE_SIMD_CODES_H_
