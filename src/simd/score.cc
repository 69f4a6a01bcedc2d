// Scoring kernels. The limits: two FMAs a cycle for eight queries, memory for one.
//
// Eight queries times two vectors of packed items are 16 accumulators, twice the eight that an FMA of four cycles on
// two ports needs; a step loads two vectors and broadcasts eight floats, ten loads for sixteen FMAs. Targets with 16
// registers take four queries at a time.
//
// One query does not pay for packing: rows go through the registers once. Vectors are put together from 128-bit blocks
// of four rows each by loads, so that only a 4 x 4 transpose within blocks is left for the shuffle port: 8 shuffles for
// 64 floats at 512 bits, about half the time that memory takes. The hardware does not see a stream in that pattern of
// loads: without fetching the next panel by hand it takes twice as long.
#include "simd/score.h"

#include "simd/targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "simd/score.cc"
#include <hwy/foreach_target.h>
//
#include <hwy/cache_control.h>
#include <hwy/highway.h>

#include "simd/rows-inl.h"

HWY_BEFORE_NAMESPACE();
namespace segue::simd::HWY_NAMESPACE {

/// Block b of the result: the four floats at `factor` of row 4 b.
HWY_INLINE Vf LoadBlocks(F d, const float* const* rows, size_t factor) {
#if HWY_MAX_BYTES == 64
  const hn::Half<F> d2;
  const hn::Half<decltype(d2)> d4;
  const auto low = hn::Combine(d2, hn::LoadU(d4, rows[4] + factor), hn::LoadU(d4, rows[0] + factor));
  const auto high = hn::Combine(d2, hn::LoadU(d4, rows[12] + factor), hn::LoadU(d4, rows[8] + factor));
  return hn::Combine(d, high, low);
#elif HWY_MAX_BYTES == 32
  const hn::Half<F> d4;
  return hn::Combine(d, hn::LoadU(d4, rows[4] + factor), hn::LoadU(d4, rows[0] + factor));
#else
  return hn::LoadU(d, rows[0] + factor);
#endif
}

/// Four factors, from `factor` on, of as many rows as a vector has lanes: lane i of result j is factor + j of row i.
struct Quad {
  Vf v0, v1, v2, v3;
};

HWY_INLINE Quad LoadQuad(F d, const float* const* rows, size_t factor) {
  const hn::Repartition<uint64_t, F> d64;
  const Vf a = LoadBlocks(d, rows, factor);
  const Vf b = LoadBlocks(d, rows + 1, factor);
  const Vf c = LoadBlocks(d, rows + 2, factor);
  const Vf e = LoadBlocks(d, rows + 3, factor);
  const auto ab01 = hn::BitCast(d64, hn::InterleaveLower(d, a, b));
  const auto ab23 = hn::BitCast(d64, hn::InterleaveUpper(d, a, b));
  const auto ce01 = hn::BitCast(d64, hn::InterleaveLower(d, c, e));
  const auto ce23 = hn::BitCast(d64, hn::InterleaveUpper(d, c, e));
  return {hn::BitCast(d, hn::InterleaveLower(d64, ab01, ce01)), hn::BitCast(d, hn::InterleaveUpper(d64, ab01, ce01)),
          hn::BitCast(d, hn::InterleaveLower(d64, ab23, ce23)), hn::BitCast(d, hn::InterleaveUpper(d64, ab23, ce23))};
}

/// Walks over rows a panel at a time, and knows the panel after. The last one is filled up with copies of the last row.
class Panels {
 public:
  explicit Panels(const ItemRows& rows) : rows_(rows) {
    Find(0, scales_[1], pointers_[1]);
    Advance(0);
  }

  /// Moves on to the panel that begins at `position`.
  void Advance(size_t position) {
    turn_ ^= 1;
    Find(position + kPanelItems, scales_[turn_ ^ 1], pointers_[turn_ ^ 1]);
  }

  const float* const* rows() const { return pointers_[turn_]; }
  const float* scales() const { return scales_[turn_]; }

  /// Fetches a cache line of each row of the panel after.
  HWY_INLINE void FetchNext(size_t factor) const {
    const float* const* next = pointers_[turn_ ^ 1];
    for (size_t i = 0; i < kPanelItems; ++i) hwy::Prefetch(next[i] + factor);
  }

 private:
  void Find(size_t position, float* scales, const float** pointers) const {
    for (size_t i = 0; i < kPanelItems; ++i) {
      const size_t at = HWY_MIN(position + i, rows_.count - 1);
      const size_t row = rows_.ids != nullptr ? size_t{rows_.ids[at]} : rows_.first + at;
      scales[i] = rows_.scale != nullptr ? rows_.scale[row] : 1.0F;
      pointers[i] = rows_.table + row * rows_.stride;
    }
  }

  ItemRows rows_;
  size_t turn_ = 0;
  HWY_ALIGN float scales_[2][kPanelItems];
  const float* pointers_[2][kPanelItems];
};

HWY_INLINE Vf Cut(F /*d*/, Vf score, Vf limit) { return hn::Max(hn::Neg(limit), hn::Min(score, limit)); }

void ScoreRows(const ItemRows& rows, const float* HWY_RESTRICT query, float limit, float* HWY_RESTRICT scores) {
  const F d;
  const size_t lanes = hn::Lanes(d);
  const Vf cut = hn::Set(d, limit);
  Panels panels(rows);
  for (size_t i = 0; i < rows.count; i += kPanelItems, panels.Advance(i)) {
    for (size_t j = 0; j < kPanelItems; j += 2 * lanes) {
      const Vf scale0 = hn::Load(d, panels.scales() + j);
      const Vf scale1 = hn::Load(d, panels.scales() + j + lanes);
      Vf sum0 = hn::Zero(d);
      Vf sum1 = hn::Zero(d);
      for (size_t f = 0; f < rows.factors; f += 4) {
        if (j == 0 && f % 16 == 0) panels.FetchNext(f);
        const Quad x = LoadQuad(d, panels.rows() + j, f);
        const Quad y = LoadQuad(d, panels.rows() + j + lanes, f);
        sum0 = hn::MulAdd(hn::Set(d, query[f]), hn::Mul(scale0, x.v0), sum0);
        sum1 = hn::MulAdd(hn::Set(d, query[f]), hn::Mul(scale1, y.v0), sum1);
        sum0 = hn::MulAdd(hn::Set(d, query[f + 1]), hn::Mul(scale0, x.v1), sum0);
        sum1 = hn::MulAdd(hn::Set(d, query[f + 1]), hn::Mul(scale1, y.v1), sum1);
        sum0 = hn::MulAdd(hn::Set(d, query[f + 2]), hn::Mul(scale0, x.v2), sum0);
        sum1 = hn::MulAdd(hn::Set(d, query[f + 2]), hn::Mul(scale1, y.v2), sum1);
        sum0 = hn::MulAdd(hn::Set(d, query[f + 3]), hn::Mul(scale0, x.v3), sum0);
        sum1 = hn::MulAdd(hn::Set(d, query[f + 3]), hn::Mul(scale1, y.v3), sum1);
      }
      hn::Store(Cut(d, sum0, cut), d, scores + i + j);
      hn::Store(Cut(d, sum1, cut), d, scores + i + j + lanes);
    }
  }
}

void PackItems(const ItemRows& rows, float* HWY_RESTRICT out) {
  const F d;
  const size_t lanes = hn::Lanes(d);
  Panels panels(rows);
  for (size_t i = 0; i < rows.count; i += kPanelItems, panels.Advance(i)) {
    for (size_t f = 0; f < rows.factors; f += 4, out += 4 * kPanelItems) {
      if (f % 16 == 0) panels.FetchNext(f);
      for (size_t j = 0; j < kPanelItems; j += lanes) {
        const Quad x = LoadQuad(d, panels.rows() + j, f);
        const Vf scale = hn::Load(d, panels.scales() + j);
        hn::Store(hn::Mul(scale, x.v0), d, out + j);
        hn::Store(hn::Mul(scale, x.v1), d, out + j + kPanelItems);
        hn::Store(hn::Mul(scale, x.v2), d, out + j + 2 * kPanelItems);
        hn::Store(hn::Mul(scale, x.v3), d, out + j + 3 * kPanelItems);
      }
    }
  }
}

/// Queries whose accumulators fit the registers.
#if HWY_MAX_BYTES == 64
constexpr size_t kAtOnce = kTileQueries;
#else
constexpr size_t kAtOnce = kTileQueries / 2;
#endif

/// Scores kAtOnce queries of a tile against two vectors of a panel. GCC keeps the arrays in registers as long as each
/// loop over them is unrolled.
HWY_INLINE void ScoreTwoVectors(F d, const float* HWY_RESTRICT items, size_t factors, const float* HWY_RESTRICT tile,
                                Vf limit, float* HWY_RESTRICT scores, size_t score_stride) {
  const size_t lanes = hn::Lanes(d);
  Vf sum0[kAtOnce];
  Vf sum1[kAtOnce];
#pragma GCC unroll 8
  for (size_t q = 0; q < kAtOnce; ++q) sum0[q] = sum1[q] = hn::Zero(d);
  for (size_t f = 0; f < factors; ++f) {
    const Vf x0 = hn::Load(d, items + f * kPanelItems);
    const Vf x1 = hn::Load(d, items + f * kPanelItems + lanes);
#pragma GCC unroll 8
    for (size_t q = 0; q < kAtOnce; ++q) {
      const Vf factor = hn::Set(d, tile[f * kTileQueries + q]);
      sum0[q] = hn::MulAdd(factor, x0, sum0[q]);
      sum1[q] = hn::MulAdd(factor, x1, sum1[q]);
    }
  }
#pragma GCC unroll 8
  for (size_t q = 0; q < kAtOnce; ++q) {
    hn::Store(Cut(d, sum0[q], limit), d, scores + q * score_stride);
    hn::Store(Cut(d, sum1[q], limit), d, scores + q * score_stride + lanes);
  }
}

void ScorePanels(const float* panels, size_t count, size_t factors, const float* tile, float limit, float* scores,
                 size_t score_stride) {
  const F d;
  const Vf cut = hn::Set(d, limit);
  const size_t quads = round_to_quads(factors);
  for (size_t i = 0; i < count; i += kPanelItems, panels += kPanelItems * quads) {
    for (size_t j = 0; j < kPanelItems; j += 2 * hn::Lanes(d)) {
      for (size_t q = 0; q < kTileQueries; q += kAtOnce) {
        ScoreTwoVectors(d, panels + j, quads, tile + q, cut, scores + q * score_stride + i + j, score_stride);
      }
    }
  }
}

size_t SelectAbove(const float* scores, size_t count, float threshold, uint32_t* positions) {
  const F d;
  const size_t lanes = hn::Lanes(d);
  const Vf bound = hn::Set(d, threshold);
  size_t found = 0;
  for (size_t i = 0; i < count; i += kPanelItems) {
    // Nearly every panel has none: one branch for all of its vectors.
    Vf most = hn::Load(d, scores + i);
    for (size_t j = lanes; j < kPanelItems; j += lanes) most = hn::Max(most, hn::Load(d, scores + i + j));
    if (HWY_LIKELY(hn::AllFalse(d, hn::Gt(most, bound)))) continue;
    const size_t end = HWY_MIN(i + kPanelItems, count);
    for (size_t j = i; j < end; ++j) {
      positions[found] = static_cast<uint32_t>(j);
      found += scores[j] > threshold ? 1 : 0;
    }
  }
  return found;
}

}  // namespace segue::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace segue::simd {

HWY_EXPORT(ScoreRows);
HWY_EXPORT(PackItems);
HWY_EXPORT(ScorePanels);
HWY_EXPORT(SelectAbove);

void score_rows(const ItemRows& rows, const float* query, float limit, float* scores) {
  choose_target();
  HWY_DYNAMIC_DISPATCH(ScoreRows)(rows, query, limit, scores);
}

void pack_items(const ItemRows& rows, float* panels) {
  choose_target();
  HWY_DYNAMIC_DISPATCH(PackItems)(rows, panels);
}

void score_panels(const float* panels, std::size_t count, std::size_t factors, const float* tile, float limit,
                  float* scores, std::size_t score_stride) {
  choose_target();
  HWY_DYNAMIC_DISPATCH(ScorePanels)(panels, count, factors, tile, limit, scores, score_stride);
}

std::size_t select_above(const float* scores, std::size_t count, float threshold, std::uint32_t* positions) {
  choose_target();
  return HWY_DYNAMIC_DISPATCH(SelectAbove)(scores, count, threshold, positions);
}

}  // namespace segue::simd
#endif  // HWY_ONCE
