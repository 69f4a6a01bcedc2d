// Scoring kernels: many items against one query or eight.
//
// A score has one order of summation, whatever the width of the registers and however queries are batched:
//
//     s = 0;  for f = 0, 1, …, factors - 1:  s = fma(q[f], scale · x[f], s)
//
// (on targets without a fused multiply-add, "sse4" and "baseline", the product is rounded before it is added). That is
// possible at full speed because items are turned on their side, 32 of them a panel, factor by factor: a score is then
// one lane of one accumulator, and nothing has to be summed across lanes.
#ifndef SEGUE_SIMD_SCORE_H_
#define SEGUE_SIMD_SCORE_H_

#include <cstddef>
#include <cstdint>

namespace segue::simd {

constexpr std::size_t kPanelItems = 32;
constexpr std::size_t kTileQueries = 8;

/// `count` rounded up to whole panels: how long score buffers are.
constexpr std::size_t round_to_panels(std::size_t count) {
  return (count + kPanelItems - 1) / kPanelItems * kPanelItems;
}

/// Factors are taken four at a time; what is missing is zero.
constexpr std::size_t round_to_quads(std::size_t factors) { return (factors + 3) / 4 * 4; }

/// Rows of a table: ids[0], ids[1], …, or where ids is null `first`, first + 1, ….
struct ItemRows {
  const float* table;   // rows padded with zeros to `stride`
  std::size_t stride;   // floats from row to row, a multiple of 16
  std::size_t factors;  // 1..stride
  const float* scale;   // by row of the table: what to multiply the row with; null: 1
  const std::uint32_t* ids;
  std::size_t first;
  std::size_t count;  // >= 1
};

/// Scores of one query: scores[i] is the sum above for row i, cut to [-limit, limit]. As fast as memory gives the rows.
/// @param query   [round_to_quads(factors)]
/// @param scores  [round_to_panels(count)], 64-byte aligned; those past count are of no meaning
void score_rows(const ItemRows& rows, const float* query, float limit, float* scores);

/// Writes rows as panels, [panel][factor][item], for score_panels.
/// @param panels  [round_to_panels(count) x round_to_quads(factors)], 64-byte aligned
void pack_items(const ItemRows& rows, float* panels);

/// Scores of eight queries: scores[q * score_stride + i] is what score_rows would give for query q and row i.
/// @param tile          [round_to_quads(factors) x kTileQueries]: the queries side by side
/// @param scores        [kTileQueries x score_stride], 64-byte aligned
/// @param score_stride  at least round_to_panels(count), a multiple of kPanelItems
void score_panels(const float* panels, std::size_t count, std::size_t factors, const float* tile, float limit,
                  float* scores, std::size_t score_stride);

/// Writes the positions of the scores above `threshold`, ascending, and returns how many there are.
/// @param scores     [round_to_panels(count)], 64-byte aligned; those past count are not counted
/// @param positions  [round_to_panels(count)]
std::size_t select_above(const float* scores, std::size_t count, float threshold, std::uint32_t* positions);

}  // namespace segue::simd

#endif  // SEGUE_SIMD_SCORE_H_
