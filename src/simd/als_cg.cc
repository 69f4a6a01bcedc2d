// Conjugate gradient on the rows of implicit ALS.
//
// Every step applies A = D + Z'WZ to one vector v, where Z holds the row's n vectors, W = |C| - I (see AlsRows::shared)
// and D is the identity or a diagonal. That is two passes over Z: the dot products t = Zv, and the sum q = Dv + Z'(Wt).
// Done four vectors at a time both happen while the four are in registers or in L1, so a step reads Z once. The first
// pass computes the residual b - Aw of the start the same way: the coefficient of a vector z is c·p - w·(z·v), and so b
// = Z'Cp is never formed.
//
// Vectors come from a table far larger than the caches, at random: they are prefetched some tens of cells ahead, over
// the ends of rows, while the steps of the row before still compute. A table of halves takes half the lines. Its
// vectors are kept side by side for the steps, so that only the first pass reads at random. They stay halves there,
// too: to widen them twice costs less than to move twice the bytes from L2.
//
// The loss of a row comes with it: w'Aw - 2b'w + sum cp = -b'w - r'w + sum cp, where b'w is the sum of cp(z·w).
#include "simd/als_cg.h"

#include <algorithm>
#include <cmath>

#include "simd/targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "simd/als_cg.cc"
#include <hwy/foreach_target.h>
//
#include <hwy/cache_control.h>
#include <hwy/highway.h>

#include "simd/rows-inl.h"

HWY_BEFORE_NAMESPACE();
namespace segue::simd::HWY_NAMESPACE {

constexpr size_t kMaxStride = 1024;
/// Where r'r is rounding alone.
constexpr float kNoResidual = 1e-20F;
/// How far ahead of the first pass vectors are fetched: at least this many cells (about 300 ns of work) …
constexpr size_t kMinLead = 16;
/// … and at most so many bytes, which must stay in L2 (and mostly L1) until their turn comes.
constexpr size_t kMaxLeadBytes = 32 * 1024;

/// Lanes of a vector, where rows are kept in registers.
constexpr size_t kRegisterLanes = HWY_MAX_BYTES / sizeof(float);

/// Where a pass finds the row's vectors.
enum class Source {
  kFloats,  // in the table, of floats
  kHalves,  // in the table, of halves
  kKept,    // side by side, as halves
};
/// What a source's vectors are multiplied with to be what they stand for.
constexpr float unscale(Source source) { return source == Source::kFloats ? 1.0F : 1 / kHalfScale; }

/// Fetches the vectors of the cells to come. Shared by all rows of a task.
struct Fetcher {
  const char* table;
  const uint32_t* columns;
  size_t row_bytes;
  size_t next;      // first cell that is not fetched yet
  size_t end;       // of the task's cells
  size_t max_lead;  // in cells

  /// Fetches up to `count` more cells, no further than the lead allows ahead of `position`.
  HWY_INLINE void Advance(size_t position, size_t count) {
    const size_t stop = HWY_MIN(HWY_MIN(next + count, position + max_lead), end);
    for (; next < stop; ++next) {
      const char* row = table + size_t{columns[next]} * row_bytes;
      for (size_t i = 0; i < row_bytes; i += 64) hwy::Prefetch(row + i);
    }
  }
};

/// One row of the matrix, and where its vectors are.
struct Cells {
  const uint32_t* columns;
  const float* confidence;
  size_t count;
  const float* floats;     // the table, or …
  const uint16_t* halves;  // … the table where it is of halves
  size_t stride;
  float scale;     // see AlsRows
  float shared;    // see AlsRows
  uint16_t* kept;  // [count rounded up to 4, x stride], or null: written by the pass over halves, read by the steps
};

/// Confidence of four cells: c·p and |c| - 1 in every 128-bit block.
struct Weights {
  Vf preference;  // c·p
  Vf excess;      // |c| - shared
};

/// What a pass multiplies the vectors with; adds to b'v.
template <bool kFirst>
HWY_INLINE Vf Coefficients(Weights w, Vf dots, Vf& b_dot_v) {
  b_dot_v = hn::MulAdd(w.preference, dots, b_dot_v);
  return kFirst ? hn::NegMulAdd(w.excess, dots, w.preference) : hn::Mul(w.excess, dots);
}

/// Four cells of a row; past its end the last one is repeated with weights of zero.
struct Group {
  size_t row[4];  // of the table, or of what was kept
  HWY_ALIGN float tail[4];
  const float* confidence;
};

template <Source kSource>
HWY_INLINE void LoadGroup(const Cells& cells, size_t at, Group& group) {
  const bool whole = at + 4 <= cells.count;
  group.confidence = cells.confidence + at;
  for (size_t i = 0; i < 4; ++i) {
    const size_t cell = HWY_LIKELY(whole) ? at + i : HWY_MIN(at + i, cells.count - 1);
    group.row[i] = kSource == Source::kKept ? at + i : size_t{cells.columns[cell]};
  }
  if (HWY_LIKELY(whole)) return;
  for (size_t i = 0; i < 4; ++i) group.tail[i] = at + i < cells.count ? cells.confidence[at + i] : 0.0F;
  group.confidence = group.tail;
}

/// Targets without instructions for float16.
#if HWY_TARGET == HWY_SSE4 || HWY_TARGET == HWY_SSSE3 || HWY_TARGET == HWY_SCALAR || HWY_TARGET == HWY_EMU128
constexpr bool kHasHalves = false;
#else
constexpr bool kHasHalves = true;
#endif

/// float16 of kHalfScale times a vector, rounded to nearest. 64-byte aligned. Beyond the largest half: the largest.
HWY_INLINE void Narrow(F d, Vf v, uint16_t* HWY_RESTRICT to) {
  const hn::Rebind<hwy::float16_t, F> d16;
  const Vf limit = hn::Set(d, 65504.0F);
  Vf scaled = hn::Max(hn::Min(hn::Mul(v, hn::Set(d, kHalfScale)), limit), hn::Neg(limit));
  if constexpr (!kHasHalves) {
    // DemoteTo() cuts the bits off there, which would make all vectors shorter: round to 11 bits first (Veltkamp 1968).
    const Vf c = hn::Mul(scaled, hn::Set(d, 8193.0F));
    scaled = hn::Sub(c, hn::Sub(c, scaled));
  }
  hn::Store(hn::DemoteTo(d16, scaled), d16, reinterpret_cast<hwy::float16_t*>(to));
}

/// The floats of kHalfScale times a vector.
HWY_INLINE Vf Widen(F d, const uint16_t* HWY_RESTRICT from) {
  if constexpr (kHasHalves) {
    const hn::Rebind<hwy::float16_t, F> d16;
    return hn::PromoteTo(d, hn::Load(d16, reinterpret_cast<const hwy::float16_t*>(from)));
  } else {
    // Sign, exponent and mantissa to where float32 has them, then the exponent's bias by a product, which is right for
    // subnormal halves, too.
    const hn::Rebind<int16_t, F> di16;
    const hn::RebindToSigned<F> di32;
    const auto bits = hn::PromoteTo(di32, hn::Load(di16, reinterpret_cast<const int16_t*>(from)));
    const auto moved = hn::And(hn::ShiftLeft<13>(bits), hn::Set(di32, static_cast<int32_t>(0x8FFFE000U)));
    return hn::Mul(hn::BitCast(d, moved), hn::Set(d, 0x1p112F));
  }
}

/// The row of the table, or of what was kept, that holds the vector of a group's cell.
template <Source kSource>
HWY_INLINE auto VectorOf(const Cells& cells, const Group& group, size_t slot) {
  if constexpr (kSource == Source::kFloats) return cells.floats + group.row[slot] * cells.stride;
  if constexpr (kSource == Source::kHalves) return cells.halves + group.row[slot] * cells.stride;
  if constexpr (kSource == Source::kKept)
    return const_cast<const uint16_t*>(cells.kept) + group.row[slot] * cells.stride;
}

/// Floats i and on of a row.
HWY_INLINE Vf FloatsAt(F d, const float* row, size_t i) { return hn::Load(d, row + i); }
HWY_INLINE Vf FloatsAt(F d, const uint16_t* row, size_t i) { return Widen(d, row + i); }

/// Copies a group's halves to where they are kept.
template <Source kSource>
HWY_INLINE void Keep(const Cells& cells, const Group& group, size_t at) {
  if (kSource != Source::kHalves || cells.kept == nullptr) return;
  const hn::ScalableTag<uint16_t> d16;
  for (size_t slot = 0; slot < 4; ++slot) {
    const uint16_t* from = cells.halves + group.row[slot] * cells.stride;
    uint16_t* to = cells.kept + (at + slot) * cells.stride;
    size_t i = 0;
    for (; i + hn::Lanes(d16) <= cells.stride; i += hn::Lanes(d16)) hn::StoreU(hn::LoadU(d16, from + i), d16, to + i);
    for (; i < cells.stride; ++i) to[i] = from[i];
  }
}

/// A cell past the end must not count: |0| - 1 is not zero, so its excess is masked here.
HWY_INLINE Weights GroupWeights(F d, const Cells& cells, size_t at, const Group& group) {
  const Vf c = hn::Mul(hn::LoadDup128(d, group.confidence), hn::Set(d, cells.scale));
  Weights w = {hn::Max(c, hn::Zero(d)), hn::Sub(hn::Abs(c), hn::Set(d, cells.shared))};
  if (HWY_UNLIKELY(at + 4 > cells.count)) {
    HWY_ALIGN float keep[4];
    for (size_t i = 0; i < 4; ++i) keep[i] = at + i < cells.count ? 1.0F : 0.0F;
    w.excess = hn::Mul(w.excess, hn::LoadDup128(d, keep));
  }
  return w;
}

/// sum += c · z for a row of kVectors vectors.
template <int kVectors, typename T>
HWY_INLINE void AddTimes(F d, const T* z, Vf c, Vf* HWY_RESTRICT sum) {
  HWY_UNROLL(8)
  for (int i = 0; i < kVectors; ++i) sum[i] = hn::MulAdd(c, FloatsAt(d, z, i * kRegisterLanes), sum[i]);
}

/// v·z for a row of kVectors vectors, to be summed over the lanes.
template <int kVectors, typename T>
HWY_INLINE Vf DotOf(F d, const T* z, const Vf* HWY_RESTRICT v) {
  Vf s = hn::Mul(FloatsAt(d, z, 0), v[0]);
  HWY_UNROLL(8)
  for (int i = 1; i < kVectors; ++i) s = hn::MulAdd(FloatsAt(d, z, i * kRegisterLanes), v[i], s);
  return s;
}

/// out += sum of coefficient · z over the row's cells. Returns b'v. For rows of up to eight vectors: v and the sum stay
/// in registers. A group's vectors are added while the dot products of the next one are under way: from the first load
/// to the coefficient it takes some 80 cycles.
template <bool kFirst, Source kSource, int kVectors>
HWY_NOINLINE double PassInRegisters(F d, Fetcher& fetcher, size_t lead_base, const Cells& cells,
                                    const float* HWY_RESTRICT v, float* HWY_RESTRICT out) {
  const Vf unit = hn::Set(d, unscale(kSource));
  Vf p[kVectors];
  Vf sum[kVectors];
  HWY_UNROLL(8)
  for (int i = 0; i < kVectors; ++i) {
    p[i] = hn::Mul(hn::Load(d, v + i * kRegisterLanes), unit);
    sum[i] = hn::Zero(d);
  }
  double b_dot_v = 0;
  Vf k = hn::Zero(d);  // of the group before
  Group group;
  LoadGroup<kSource>(cells, 0, group);
  auto z0 = VectorOf<kSource>(cells, group, 0);
  auto z1 = VectorOf<kSource>(cells, group, 1);
  auto z2 = VectorOf<kSource>(cells, group, 2);
  auto z3 = VectorOf<kSource>(cells, group, 3);
  const auto add_group = [&]() HWY_ATTR {
    AddTimes<kVectors>(d, z0, hn::Broadcast<0>(k), sum);
    AddTimes<kVectors>(d, z1, hn::Broadcast<1>(k), sum);
    AddTimes<kVectors>(d, z2, hn::Broadcast<2>(k), sum);
    AddTimes<kVectors>(d, z3, hn::Broadcast<3>(k), sum);
  };
  for (size_t block = 0; block < cells.count; block += 256) {  // partial sums stay short in float
    Vf b_sum = hn::Zero(d);
    const size_t block_end = HWY_MIN(block + 256, cells.count);
    for (size_t at = block; at < block_end; at += 4) {
      fetcher.Advance(lead_base + (kFirst ? at : 0), 4);
      LoadGroup<kSource>(cells, at, group);
      const auto* y0 = VectorOf<kSource>(cells, group, 0);
      const auto* y1 = VectorOf<kSource>(cells, group, 1);
      const auto* y2 = VectorOf<kSource>(cells, group, 2);
      const auto* y3 = VectorOf<kSource>(cells, group, 3);
      const Vf s0 = DotOf<kVectors>(d, y0, p);
      const Vf s1 = DotOf<kVectors>(d, y1, p);
      const Vf s2 = DotOf<kVectors>(d, y2, p);
      const Vf s3 = DotOf<kVectors>(d, y3, p);
      Keep<kSource>(cells, group, at);
      add_group();
      const Weights w = GroupWeights(d, cells, at, group);
      k = Coefficients<kFirst>(w, SumFour(d, s0, s1, s2, s3), b_sum);
      z0 = y0, z1 = y1, z2 = y2, z3 = y3;
    }
    HWY_ALIGN float lanes[kRegisterLanes];
    hn::Store(b_sum, d, lanes);
    b_dot_v += double{lanes[0]} + lanes[1] + lanes[2] + lanes[3];
  }
  add_group();
  HWY_UNROLL(8)
  for (int i = 0; i < kVectors; ++i) {
    hn::Store(hn::MulAdd(sum[i], unit, hn::Load(d, out + i * kRegisterLanes)), d, out + i * kRegisterLanes);
  }
  return b_dot_v;
}

/// out[i ..] += sum of coefficient[r] · z[r][i ..] over `rows` vectors, for kVectors vectors of floats.
template <int kVectors, typename T>
HWY_INLINE void AddTile(F d, const T* const* z, const float* coefficient, size_t rows, size_t i,
                        float* HWY_RESTRICT out) {
  const size_t lanes = hn::Lanes(d);
  Vf sum[kVectors];
  HWY_UNROLL(8)
  for (int j = 0; j < kVectors; ++j) sum[j] = hn::Load(d, out + i + j * lanes);
  for (size_t r = 0; r < rows; ++r) {
    const Vf k = hn::Set(d, coefficient[r]);
    HWY_UNROLL(8)
    for (int j = 0; j < kVectors; ++j) sum[j] = hn::MulAdd(k, FloatsAt(d, z[r], i + j * lanes), sum[j]);
  }
  HWY_UNROLL(8)
  for (int j = 0; j < kVectors; ++j) hn::Store(sum[j], d, out + i + j * lanes);
}

/// The same for rows of any length: tiles of cells whose coefficients are computed first, then blocks of vectors of the
/// sum are kept in registers over the whole tile.
template <bool kFirst, Source kSource>
HWY_NOINLINE double PassInTiles(F d, Fetcher& fetcher, size_t lead_base, const Cells& cells,
                                const float* HWY_RESTRICT v, float* HWY_RESTRICT out) {
  const size_t lanes = hn::Lanes(d);
  const size_t stride = cells.stride;
  double b_dot_v = 0;
  HWY_ALIGN float coefficient[kTile];
  decltype(VectorOf<kSource>(cells, Group(), 0)) z[kTile];
  Group group;
  const hn::CappedTag<float, 4> d4;
  for (size_t tile = 0; tile < cells.count; tile += kTile) {
    const size_t tile_end = HWY_MIN(tile + kTile, cells.count);
    Vf b_sum = hn::Zero(d);
    for (size_t at = tile; at < tile_end; at += 4) {
      fetcher.Advance(lead_base + (kFirst ? at : 0), 4);
      LoadGroup<kSource>(cells, at, group);
      const auto** g = z + (at - tile);
      for (size_t i = 0; i < 4; ++i) g[i] = VectorOf<kSource>(cells, group, i);
      // Two sums a vector: one of each would wait for the latency of the multiply-add.
      Vf s0 = hn::Zero(d), s1 = s0, s2 = s0, s3 = s0, t0 = s0, t1 = s0, t2 = s0, t3 = s0;
      size_t i = 0;
      for (; i + 2 * lanes <= stride; i += 2 * lanes) {
        const Vf p = hn::Load(d, v + i);
        s0 = hn::MulAdd(FloatsAt(d, g[0], i), p, s0);
        s1 = hn::MulAdd(FloatsAt(d, g[1], i), p, s1);
        s2 = hn::MulAdd(FloatsAt(d, g[2], i), p, s2);
        s3 = hn::MulAdd(FloatsAt(d, g[3], i), p, s3);
        const Vf o = hn::Load(d, v + i + lanes);
        t0 = hn::MulAdd(FloatsAt(d, g[0], i + lanes), o, t0);
        t1 = hn::MulAdd(FloatsAt(d, g[1], i + lanes), o, t1);
        t2 = hn::MulAdd(FloatsAt(d, g[2], i + lanes), o, t2);
        t3 = hn::MulAdd(FloatsAt(d, g[3], i + lanes), o, t3);
      }
      if (i < stride) {
        const Vf p = hn::Load(d, v + i);
        s0 = hn::MulAdd(FloatsAt(d, g[0], i), p, s0);
        s1 = hn::MulAdd(FloatsAt(d, g[1], i), p, s1);
        s2 = hn::MulAdd(FloatsAt(d, g[2], i), p, s2);
        s3 = hn::MulAdd(FloatsAt(d, g[3], i), p, s3);
      }
      Keep<kSource>(cells, group, at);
      s0 = hn::Add(s0, t0), s1 = hn::Add(s1, t1), s2 = hn::Add(s2, t2), s3 = hn::Add(s3, t3);
      const Weights w = GroupWeights(d, cells, at, group);
      const Vf unit = hn::Set(d, unscale(kSource));
      const Vf dots = hn::Mul(SumFour(d, s0, s1, s2, s3), unit);
      const Vf k = hn::Mul(Coefficients<kFirst>(w, dots, b_sum), unit);
      HWY_ALIGN float all[HWY_MAX_BYTES / sizeof(float)];
      hn::Store(k, d, all);
      hn::Store(hn::Load(d4, all), d4, coefficient + (at - tile));
    }
    HWY_ALIGN float sums[HWY_MAX_BYTES / sizeof(float)];
    hn::Store(b_sum, d, sums);
    b_dot_v += double{sums[0]} + sums[1] + sums[2] + sums[3];
    const size_t padded = (tile_end - tile + 3) / 4 * 4;
    size_t i = 0;
    for (; i + 8 * lanes <= stride; i += 8 * lanes) AddTile<8>(d, z, coefficient, padded, i, out);
    for (; i + 4 * lanes <= stride; i += 4 * lanes) AddTile<4>(d, z, coefficient, padded, i, out);
    for (; i < stride; i += lanes) AddTile<1>(d, z, coefficient, padded, i, out);
  }
  return b_dot_v;
}

template <bool kFirst, Source kSource, int kVectors>
HWY_INLINE double Pass(F d, Fetcher& fetcher, size_t lead_base, const Cells& cells, const float* v, float* out) {
  if constexpr (kVectors > 0) {
    return PassInRegisters<kFirst, kSource, kVectors>(d, fetcher, lead_base, cells, v, out);
  } else {
    return PassInTiles<kFirst, kSource>(d, fetcher, lead_base, cells, v, out);
  }
}

/// out += Z'WZ v for one of the steps, from where the first pass has left the vectors. Returns b'v.
template <bool kHalves, int kVectors>
HWY_INLINE double StepPass(F d, Fetcher& fetcher, size_t lead_base, const Cells& cells, const float* v, float* out) {
  if constexpr (!kHalves) return Pass<false, Source::kFloats, kVectors>(d, fetcher, lead_base, cells, v, out);
  if (cells.kept != nullptr) return Pass<false, Source::kKept, kVectors>(d, fetcher, lead_base, cells, v, out);
  return Pass<false, Source::kHalves, kVectors>(d, fetcher, lead_base, cells, v, out);
}

/// The sum of c·p over a row's cells.
HWY_INLINE double PreferenceOf(F d, const Cells& cells) {
  const size_t lanes = hn::Lanes(d);
  double sum = 0;
  size_t i = 0;
  while (i + lanes <= cells.count) {
    Vf part = hn::Zero(d);
    const size_t end = HWY_MIN(cells.count, i + 256 * lanes);  // short sums in float
    for (; i + lanes <= end; i += lanes) part = hn::Add(part, hn::Max(hn::LoadU(d, cells.confidence + i), hn::Zero(d)));
    sum += double{hn::GetLane(hn::SumOfLanes(d, part))};
  }
  double tail[2] = {0, 0};
  for (; i < cells.count; ++i) tail[i % 2] += double{HWY_MAX(cells.confidence[i], 0.0F)};
  return double{cells.scale} * (sum + (tail[0] + tail[1]));
}

/// D of a row, and its inverse: what conjugate gradient is preconditioned with.
struct Diagonal {
  HWY_ALIGN float of[kMaxStride];
  HWY_ALIGN float inverse[kMaxStride];

  HWY_INLINE void Set(F d, const AlsRows& rows, size_t row) {
    const Vf one = hn::Set(d, 1.0F);
    const Vf ridge = hn::Set(d, rows.ridge[row]);
    for (size_t i = 0; i < rows.stride; i += hn::Lanes(d)) {
      const Vf v = hn::MulAdd(ridge, hn::Load(d, rows.spread + i), one);
      hn::Store(v, d, of + i);
      hn::Store(hn::Div(one, v), d, inverse + i);
    }
  }
};

/// out = by · in, element by element.
HWY_INLINE void Times(F d, const float* HWY_RESTRICT by, const float* in, size_t stride, float* out) {
  for (size_t i = 0; i < stride; i += hn::Lanes(d))
    hn::Store(hn::Mul(hn::Load(d, by + i), hn::Load(d, in + i)), d, out + i);
}

/// kVectors: vectors a row, or 0 when they do not fit the registers. kDiagonal: whether D is not 1.
template <bool kHalves, bool kDiagonal, int kVectors>
HWY_INLINE double SolveRows(F d, const AlsRows& rows, int steps, float tolerance, void* scratch, float* solution) {
  const size_t lanes = hn::Lanes(d);
  const size_t stride = rows.stride;
  HWY_ALIGN float r[kMaxStride];
  HWY_ALIGN float p[kMaxStride];
  HWY_ALIGN float q[kMaxStride];
  HWY_ALIGN float preconditioned[kDiagonal ? kMaxStride : 1];
  const float* const y = kDiagonal ? preconditioned : r;  // D^-1 r
  [[maybe_unused]] Diagonal diagonal;
  const size_t row_bytes = stride * (kHalves ? sizeof(uint16_t) : sizeof(float));
  Fetcher fetcher{kHalves ? reinterpret_cast<const char*>(rows.halves) : reinterpret_cast<const char*>(rows.table),
                  rows.columns,
                  row_bytes,
                  rows.row_ptr[rows.begin],
                  rows.row_ptr[rows.end],
                  HWY_MAX(kMinLead, kMaxLeadBytes / row_bytes)};
  double loss = 0;
  for (size_t row = rows.begin; row < rows.end; ++row) {
    float* w = solution + (row - rows.begin) * stride;
    const size_t first = rows.row_ptr[row];
    const size_t count = rows.row_ptr[row + 1] - first;
    Cells cells{rows.columns + first,
                rows.confidence + first,
                count,
                rows.table,
                rows.halves,
                stride,
                rows.scale,
                rows.shared,
                nullptr};
    if (cells.count == 0) {
      std::fill(w, w + stride, 0.0F);
      continue;
    }
    if (kHalves && (count + 3) / 4 * 4 * stride * sizeof(uint16_t) <= kKeptBytes) {
      cells.kept = static_cast<uint16_t*>(scratch);
    }
    const double preference = PreferenceOf(d, cells);
    const float enough = HWY_MAX(static_cast<float>(preference) * tolerance, kNoResidual);
    // r = b - Aw
    if constexpr (kDiagonal) {
      diagonal.Set(d, rows, row);
      Times(d, diagonal.of, w, stride, q);
    }
    const float* const dw = kDiagonal ? q : w;
    for (size_t i = 0; i < stride; i += lanes) hn::Store(hn::Neg(hn::Load(d, dw + i)), d, r + i);
    constexpr Source kFirstSource = kHalves ? Source::kHalves : Source::kFloats;
    double b_dot_w = Pass<true, kFirstSource, kVectors>(d, fetcher, first, cells, w, r);
    if constexpr (kDiagonal) Times(d, diagonal.inverse, r, stride, preconditioned);
    float rr = Dot(d, r, y, stride);  // r'D^-1 r
    std::copy(y, y + stride, p);
    const size_t after = rows.row_ptr[row + 1];
    for (int step = 0; step < steps && rr > (step == 0 ? kNoResidual : enough); ++step) {
      if constexpr (kDiagonal) {
        Times(d, diagonal.of, p, stride, q);
      } else {
        std::copy(p, p + stride, q);
      }
      const double b_dot_p = StepPass<kHalves, kVectors>(d, fetcher, after, cells, p, q);
      const float pq = Dot(d, p, q, stride);
      if (!(pq > 0)) break;  // A is positive definite: only rounding gets here, and then w is as good as it can be
      const float alpha = rr / pq;
      const Vf a = hn::Set(d, alpha);
      for (size_t i = 0; i < stride; i += lanes) {
        hn::Store(hn::MulAdd(a, hn::Load(d, p + i), hn::Load(d, w + i)), d, w + i);
        hn::Store(hn::NegMulAdd(a, hn::Load(d, q + i), hn::Load(d, r + i)), d, r + i);
      }
      b_dot_w += double{alpha} * b_dot_p;
      if constexpr (kDiagonal) Times(d, diagonal.inverse, r, stride, preconditioned);
      const float now = Dot(d, r, y, stride);
      const Vf beta = hn::Set(d, now / rr);
      for (size_t i = 0; i < stride; i += lanes) {
        hn::Store(hn::MulAdd(beta, hn::Load(d, p + i), hn::Load(d, y + i)), d, p + i);
      }
      rr = now;
    }
    loss += preference - b_dot_w - double{Dot(d, r, w, stride)};
  }
  return loss;
}

template <bool kHalves, bool kDiagonal>
HWY_INLINE double SolveRowsOf(const AlsRows& rows, int steps, float tolerance, void* scratch, float* solution) {
  const F d;
#if HWY_MAX_BYTES == 64  // 32 registers: up to eight vectors of v and of the sum fit
  switch (rows.stride / hn::Lanes(d)) {
    case 1:
      return SolveRows<kHalves, kDiagonal, 1>(d, rows, steps, tolerance, scratch, solution);
    case 2:
      return SolveRows<kHalves, kDiagonal, 2>(d, rows, steps, tolerance, scratch, solution);
    case 3:
      return SolveRows<kHalves, kDiagonal, 3>(d, rows, steps, tolerance, scratch, solution);
    case 4:
      return SolveRows<kHalves, kDiagonal, 4>(d, rows, steps, tolerance, scratch, solution);
    case 5:
      return SolveRows<kHalves, kDiagonal, 5>(d, rows, steps, tolerance, scratch, solution);
    case 6:
      return SolveRows<kHalves, kDiagonal, 6>(d, rows, steps, tolerance, scratch, solution);
    case 7:
      return SolveRows<kHalves, kDiagonal, 7>(d, rows, steps, tolerance, scratch, solution);
    case 8:
      return SolveRows<kHalves, kDiagonal, 8>(d, rows, steps, tolerance, scratch, solution);
    default:
      break;
  }
#endif
  return SolveRows<kHalves, kDiagonal, 0>(d, rows, steps, tolerance, scratch, solution);
}

double SolveRowsCg(const AlsRows& rows, int steps, float tolerance, void* scratch, float* solution) {
  const auto solve = rows.halves != nullptr
                         ? (rows.ridge != nullptr ? SolveRowsOf<true, true> : SolveRowsOf<true, false>)
                         : (rows.ridge != nullptr ? SolveRowsOf<false, true> : SolveRowsOf<false, false>);
  return solve(rows, steps, tolerance, scratch, solution);
}

void NarrowRows(const float* in, size_t count, uint16_t* out) {
  const F d;
  for (size_t i = 0; i < count; i += hn::Lanes(d)) Narrow(d, hn::Load(d, in + i), out + i);
}

}  // namespace segue::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace segue::simd {

HWY_EXPORT(SolveRowsCg);
HWY_EXPORT(NarrowRows);

std::size_t cg_scratch(std::size_t stride, std::size_t longest_row) {
  return std::clamp((longest_row + 3) / 4 * 4 * stride * sizeof(std::uint16_t), std::size_t{64}, kKeptBytes);
}

double solve_rows_cg(const AlsRows& rows, int steps, float tolerance, void* scratch, float* solution) {
  choose_target();
  return HWY_DYNAMIC_DISPATCH(SolveRowsCg)(rows, steps, tolerance, scratch, solution);
}

void narrow_rows(const float* in, std::size_t count, std::uint16_t* out) {
  choose_target();
  HWY_DYNAMIC_DISPATCH(NarrowRows)(in, count, out);
}

}  // namespace segue::simd
#endif  // HWY_ONCE
