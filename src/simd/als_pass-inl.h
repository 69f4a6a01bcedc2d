// Passes over the vectors of a row's cells, the inner loops of conjugate gradient. Per-target code: included by kernel
// files, once per target.
//
// A pass takes one vector v and a row's n vectors Z, and adds Z'Wt to a sum, where t = Zv: the dot products and the
// sum. Done four vectors at a time both happen while the four are in registers or in L1, so Z is read once. The first
// pass computes the residual b - Aw of the start the same way: the coefficient of a vector z is c·p - w·(z·v), and so b
// = Z'Cp is never formed.
//
// Vectors come from a table far larger than the caches, at random: they are prefetched some tens of cells ahead, over
// the ends of rows, while the steps of the row before still compute. A table of halves takes half the lines. Its
// vectors are kept side by side for the steps, so that only the first pass reads at random: as floats while they fit
// L1, where reading them is cheaper than to widen them each time; else as halves, since to widen them costs less than
// to move twice the bytes from L2.
#if defined(SEGUE_SIMD_ALS_PASS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef SEGUE_SIMD_ALS_PASS_INL_H_
#undef SEGUE_SIMD_ALS_PASS_INL_H_
#else
#define SEGUE_SIMD_ALS_PASS_INL_H_
#endif

#include <hwy/cache_control.h>
#include <hwy/highway.h>

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "simd/als_cg.h"
#include "simd/rows-inl.h"

HWY_BEFORE_NAMESPACE();
namespace segue::simd::HWY_NAMESPACE {

/// How far ahead of the first pass vectors are fetched: at least this many cells (about 300 ns of work) …
constexpr size_t kMinLead = 16;
/// … and at most so many bytes, which must stay in L2 (and mostly L1) until their turn comes.
constexpr size_t kMaxLeadBytes = 32 * 1024;

/// Lanes of a vector, where rows are kept in registers.
constexpr size_t kRegisterLanes = HWY_MAX_BYTES / sizeof(float);

/// A benchmark compiles the kernels once without, to show what the loss costs.
#ifdef SEGUE_WITHOUT_LOSS
constexpr bool kSumsLoss = false;
#else
constexpr bool kSumsLoss = true;
#endif

/// Where a pass finds the row's vectors.
enum class Source {
  kFloats,      // in the table, of floats
  kHalves,      // in the table, of halves
  kKeptHalves,  // side by side, as halves
  kKeptFloats,  // side by side, as the floats of halves
};
/// What a pass over halves in the table leaves side by side.
enum class Keep { kNothing, kHalves, kFloats };

/// What a source's vectors are multiplied with to be what they stand for.
constexpr float unscale(Source source) { return source == Source::kFloats ? 1.0F : 1 / kHalfScale; }

/// Fetches the vectors of the cells to come. Shared by all rows of a task.
struct Fetcher {
  const char* table = nullptr;
  const uint32_t* columns = nullptr;
  size_t row_bytes = 0;
  size_t next = 0;      // first cell that is not fetched yet
  size_t end = 0;       // of the task's cells
  size_t max_lead = 0;  // in cells

  /// Fetches up to `count` more cells, no further than the lead allows ahead of `position`.
  HWY_INLINE void Advance(size_t position, size_t count) {
    const size_t stop = HWY_MIN(HWY_MIN(next + count, position + max_lead), end);
    for (; next < stop; ++next) {
      const char* row = table + size_t{columns[next]} * row_bytes;
      for (size_t i = 0; i < row_bytes; i += 64) hwy::Prefetch(row + i);
    }
  }
};

/// Cells of one row of the matrix, and where their vectors are.
struct Cells {
  const uint32_t* columns;
  const float* confidence;
  size_t count;
  const float* floats;     // the table, or …
  const uint16_t* halves;  // … the table where it is of halves
  size_t stride;
  float scale;            // see AlsRows
  float shared;           // see AlsRows
  uint16_t* kept_halves;  // [count rounded up to 4, x stride] what the first pass keeps for the steps: one of …
  float* kept_floats;     // … these, or neither
};

/// Confidence of four cells: c·p and |c| - 1 in every 128-bit block.
struct Weights {
  Vf preference;  // c·p
  Vf excess;      // |c| - shared
};

/// What a pass tells about its row.
struct PassSums {
  double b_dot_v = 0;
  double preference = 0;  // the sum of c·p; first pass only
};

/// The same, of some cells: lane i of every block is the sum of each fourth.
struct PartialSums {
  Vf b_dot_v;
  Vf preference;

  HWY_INLINE explicit PartialSums(F d) : b_dot_v(hn::Zero(d)), preference(hn::Zero(d)) {}

  template <bool kFirst>
  HWY_INLINE void AddTo(F d, PassSums& sums) const {
    sums.b_dot_v += SumOfBlock(d, b_dot_v);
    if constexpr (kFirst) sums.preference += SumOfBlock(d, preference);
  }

 private:
  static HWY_INLINE double SumOfBlock(F d, Vf v) {
    HWY_ALIGN float lanes[HWY_MAX_BYTES / sizeof(float)];
    hn::Store(v, d, lanes);
    return double{lanes[0]} + lanes[1] + lanes[2] + lanes[3];
  }
};

/// What a pass multiplies the vectors with.
template <bool kFirst>
HWY_INLINE Vf Coefficients(Weights w, Vf dots, PartialSums& sums) {
  if constexpr (kSumsLoss) sums.b_dot_v = hn::MulAdd(w.preference, dots, sums.b_dot_v);
  if constexpr (!kFirst) return hn::Mul(w.excess, dots);
  sums.preference = hn::Add(sums.preference, w.preference);
  return hn::NegMulAdd(w.excess, dots, w.preference);
}

/// Four cells of a row; past its end the last one is repeated with weights of zero.
struct Group {
  size_t row[4];  // of the table, or of what was kept
  HWY_ALIGN float tail[4];
  const float* confidence;
};

template <Source kSource>
HWY_INLINE void LoadGroup(const Cells& cells, size_t at, Group& group) {
  constexpr bool kKept = kSource == Source::kKeptHalves || kSource == Source::kKeptFloats;
  const bool whole = at + 4 <= cells.count;
  group.confidence = cells.confidence + at;
  for (size_t i = 0; i < 4; ++i) {
    const size_t cell = HWY_LIKELY(whole) ? at + i : HWY_MIN(at + i, cells.count - 1);
    group.row[i] = kKept ? at + i : size_t{cells.columns[cell]};
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

/// Floats i and on of a row.
HWY_INLINE Vf FloatsAt(F d, const float* row, size_t i) { return hn::Load(d, row + i); }
HWY_INLINE Vf FloatsAt(F d, const uint16_t* row, size_t i) { return Widen(d, row + i); }

/// The vector of a group's cell, where a pass finds it.
template <Source kSource>
HWY_INLINE auto VectorOf(const Cells& cells, const Group& group, size_t slot) {
  const size_t at = group.row[slot] * cells.stride;
  if constexpr (kSource == Source::kFloats) return cells.floats + at;
  if constexpr (kSource == Source::kHalves) return cells.halves + at;
  if constexpr (kSource == Source::kKeptHalves) return const_cast<const uint16_t*>(cells.kept_halves) + at;
  if constexpr (kSource == Source::kKeptFloats) return const_cast<const float*>(cells.kept_floats) + at;
}

/// A row's vectors one by one: what the dot products are computed from, and what is added to the sum after that, which
/// is the floats that the first pass has just kept where it keeps floats.
template <Source kSource, Keep kKeep>
struct Reader {
  using Dotted = std::conditional_t<kSource == Source::kFloats || kSource == Source::kKeptFloats, float, uint16_t>;
  using Added = std::conditional_t<kKeep == Keep::kFloats, float, Dotted>;

  static HWY_INLINE const Added* AddedOf(const Cells& cells, const Dotted* vector, size_t cell) {
    if constexpr (kKeep == Keep::kFloats) return cells.kept_floats + cell * cells.stride;
    if constexpr (kKeep != Keep::kFloats) return vector;
  }

  /// Floats i and on of a cell's vector, on their way kept as floats.
  static HWY_INLINE Vf Read(F d, const Cells& cells, const Dotted* vector, size_t cell, size_t i) {
    const Vf v = FloatsAt(d, vector, i);
    if constexpr (kKeep == Keep::kFloats) hn::Store(v, d, cells.kept_floats + cell * cells.stride + i);
    return v;
  }

  /// Copies a cell's halves to where they are kept.
  static HWY_INLINE void KeepHalves(const Cells& cells, const Dotted* vector, size_t cell) {
    if constexpr (kKeep == Keep::kHalves) {
      const hn::ScalableTag<uint16_t> d16;
      uint16_t* to = cells.kept_halves + cell * cells.stride;
      size_t i = 0;
      for (; i + hn::Lanes(d16) <= cells.stride; i += hn::Lanes(d16)) {
        hn::StoreU(hn::LoadU(d16, vector + i), d16, to + i);
      }
      for (; i < cells.stride; ++i) to[i] = vector[i];
    }
  }
};

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
template <class R, int kVectors>
HWY_INLINE Vf DotOf(F d, const Cells& cells, const typename R::Dotted* z, size_t cell, const Vf* HWY_RESTRICT v) {
  Vf s = hn::Mul(R::Read(d, cells, z, cell, 0), v[0]);
  HWY_UNROLL(8)
  for (int i = 1; i < kVectors; ++i) s = hn::MulAdd(R::Read(d, cells, z, cell, i * kRegisterLanes), v[i], s);
  R::KeepHalves(cells, z, cell);
  return s;
}

/// out += sum of coefficient · z over the row's cells. For rows of up to eight vectors: v and the sum stay in
/// registers. A group's vectors are added while the dot products of the next one are under way: from the first load to
/// the coefficient it takes some 80 cycles.
template <bool kFirst, Source kSource, Keep kKeep, int kVectors>
HWY_NOINLINE PassSums PassInRegisters(F d, Fetcher& fetcher, size_t lead_base, const Cells& cells,
                                      const float* HWY_RESTRICT v, float* HWY_RESTRICT out) {
  using R = Reader<kSource, kKeep>;
  const Vf unit = hn::Set(d, unscale(kSource));
  Vf p[kVectors];
  Vf sum[kVectors];
  HWY_UNROLL(8)
  for (int i = 0; i < kVectors; ++i) {
    p[i] = hn::Mul(hn::Load(d, v + i * kRegisterLanes), unit);
    sum[i] = hn::Zero(d);
  }
  PassSums sums;
  Vf k = hn::Zero(d);  // of the group before
  const typename R::Added* z[4] = {};
  const auto add_group = [&]() HWY_ATTR {
    AddTimes<kVectors>(d, z[0], hn::Broadcast<0>(k), sum);
    AddTimes<kVectors>(d, z[1], hn::Broadcast<1>(k), sum);
    AddTimes<kVectors>(d, z[2], hn::Broadcast<2>(k), sum);
    AddTimes<kVectors>(d, z[3], hn::Broadcast<3>(k), sum);
  };
  Group group;
  for (size_t block = 0; block < cells.count; block += 256) {  // partial sums stay short in float
    PartialSums partial(d);
    const size_t block_end = HWY_MIN(block + 256, cells.count);
    for (size_t at = block; at < block_end; at += 4) {
      fetcher.Advance(lead_base + (kFirst ? at : 0), 4);
      LoadGroup<kSource>(cells, at, group);
      const auto* y0 = VectorOf<kSource>(cells, group, 0);
      const auto* y1 = VectorOf<kSource>(cells, group, 1);
      const auto* y2 = VectorOf<kSource>(cells, group, 2);
      const auto* y3 = VectorOf<kSource>(cells, group, 3);
      const Vf s0 = DotOf<R, kVectors>(d, cells, y0, at, p);
      const Vf s1 = DotOf<R, kVectors>(d, cells, y1, at + 1, p);
      const Vf s2 = DotOf<R, kVectors>(d, cells, y2, at + 2, p);
      const Vf s3 = DotOf<R, kVectors>(d, cells, y3, at + 3, p);
      if (HWY_LIKELY(at != 0)) add_group();
      k = Coefficients<kFirst>(GroupWeights(d, cells, at, group), SumFour(d, s0, s1, s2, s3), partial);
      z[0] = R::AddedOf(cells, y0, at);
      z[1] = R::AddedOf(cells, y1, at + 1);
      z[2] = R::AddedOf(cells, y2, at + 2);
      z[3] = R::AddedOf(cells, y3, at + 3);
    }
    partial.template AddTo<kFirst>(d, sums);
  }
  add_group();
  HWY_UNROLL(8)
  for (int i = 0; i < kVectors; ++i) {
    hn::Store(hn::MulAdd(sum[i], unit, hn::Load(d, out + i * kRegisterLanes)), d, out + i * kRegisterLanes);
  }
  return sums;
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

/// The dot products of v with four vectors of any length. Two sums a vector: one of each would wait for the latency of
/// the multiply-add.
template <class R>
HWY_INLINE Vf FourDots(F d, const Cells& cells, const typename R::Dotted* const* g, size_t at,
                       const float* HWY_RESTRICT v) {
  const size_t lanes = hn::Lanes(d);
  const size_t stride = cells.stride;
  Vf s0 = hn::Zero(d), s1 = s0, s2 = s0, s3 = s0, t0 = s0, t1 = s0, t2 = s0, t3 = s0;
  size_t i = 0;
  for (; i + 2 * lanes <= stride; i += 2 * lanes) {
    const Vf p = hn::Load(d, v + i);
    s0 = hn::MulAdd(R::Read(d, cells, g[0], at, i), p, s0);
    s1 = hn::MulAdd(R::Read(d, cells, g[1], at + 1, i), p, s1);
    s2 = hn::MulAdd(R::Read(d, cells, g[2], at + 2, i), p, s2);
    s3 = hn::MulAdd(R::Read(d, cells, g[3], at + 3, i), p, s3);
    const Vf o = hn::Load(d, v + i + lanes);
    t0 = hn::MulAdd(R::Read(d, cells, g[0], at, i + lanes), o, t0);
    t1 = hn::MulAdd(R::Read(d, cells, g[1], at + 1, i + lanes), o, t1);
    t2 = hn::MulAdd(R::Read(d, cells, g[2], at + 2, i + lanes), o, t2);
    t3 = hn::MulAdd(R::Read(d, cells, g[3], at + 3, i + lanes), o, t3);
  }
  if (i < stride) {
    const Vf p = hn::Load(d, v + i);
    s0 = hn::MulAdd(R::Read(d, cells, g[0], at, i), p, s0);
    s1 = hn::MulAdd(R::Read(d, cells, g[1], at + 1, i), p, s1);
    s2 = hn::MulAdd(R::Read(d, cells, g[2], at + 2, i), p, s2);
    s3 = hn::MulAdd(R::Read(d, cells, g[3], at + 3, i), p, s3);
  }
  for (size_t slot = 0; slot < 4; ++slot) R::KeepHalves(cells, g[slot], at + slot);
  return SumFour(d, hn::Add(s0, t0), hn::Add(s1, t1), hn::Add(s2, t2), hn::Add(s3, t3));
}

/// The same for rows of any length: tiles of cells whose coefficients are computed first, then blocks of vectors of the
/// sum are kept in registers over the whole tile.
template <bool kFirst, Source kSource, Keep kKeep>
HWY_NOINLINE PassSums PassInTiles(F d, Fetcher& fetcher, size_t lead_base, const Cells& cells,
                                  const float* HWY_RESTRICT v, float* HWY_RESTRICT out) {
  using R = Reader<kSource, kKeep>;
  const size_t lanes = hn::Lanes(d);
  const size_t stride = cells.stride;
  const Vf unit = hn::Set(d, unscale(kSource));
  PassSums sums;
  HWY_ALIGN float coefficient[kTile];
  const typename R::Added* z[kTile];
  Group group;
  const hn::CappedTag<float, 4> d4;
  for (size_t tile = 0; tile < cells.count; tile += kTile) {
    const size_t tile_end = HWY_MIN(tile + kTile, cells.count);
    PartialSums partial(d);
    for (size_t at = tile; at < tile_end; at += 4) {
      fetcher.Advance(lead_base + (kFirst ? at : 0), 4);
      LoadGroup<kSource>(cells, at, group);
      const typename R::Dotted* g[4];
      for (size_t i = 0; i < 4; ++i) {
        g[i] = VectorOf<kSource>(cells, group, i);
        z[at - tile + i] = R::AddedOf(cells, g[i], at + i);
      }
      const Vf dots = hn::Mul(FourDots<R>(d, cells, g, at, v), unit);
      const Vf k = hn::Mul(Coefficients<kFirst>(GroupWeights(d, cells, at, group), dots, partial), unit);
      HWY_ALIGN float all[HWY_MAX_BYTES / sizeof(float)];
      hn::Store(k, d, all);
      hn::Store(hn::Load(d4, all), d4, coefficient + (at - tile));
    }
    partial.template AddTo<kFirst>(d, sums);
    const size_t padded = (tile_end - tile + 3) / 4 * 4;
    size_t i = 0;
    for (; i + 8 * lanes <= stride; i += 8 * lanes) AddTile<8>(d, z, coefficient, padded, i, out);
    for (; i + 4 * lanes <= stride; i += 4 * lanes) AddTile<4>(d, z, coefficient, padded, i, out);
    for (; i < stride; i += lanes) AddTile<1>(d, z, coefficient, padded, i, out);
  }
  return sums;
}

/// kVectors: vectors a row, or 0 when they do not fit the registers.
template <bool kFirst, Source kSource, Keep kKeep, int kVectors>
HWY_INLINE PassSums Pass(F d, Fetcher& fetcher, size_t lead_base, const Cells& cells, const float* v, float* out) {
  if constexpr (kVectors > 0) {
    return PassInRegisters<kFirst, kSource, kKeep, kVectors>(d, fetcher, lead_base, cells, v, out);
  } else {
    return PassInTiles<kFirst, kSource, kKeep>(d, fetcher, lead_base, cells, v, out);
  }
}

}  // namespace segue::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // SEGUE_SIMD_ALS_PASS_INL_H_
