// Conjugate gradient on the rows of implicit ALS.
//
// Every step applies A = I + Z'WZ to one vector v, where Z holds the row's n vectors and W = |C| - I. That is two
// passes over Z: the dot products t = Zv, and the sum q = v + Z'(Wt). Done four vectors at a time both happen while the
// four are in registers or in L1, so a step reads Z once. The first pass computes the residual b - Aw of the start the
// same way: the coefficient of a vector z is c·p - w·(z·v), and so b = Z'Cp is never formed.
//
// Vectors come from a table far larger than the caches, at random: they are prefetched some tens of cells ahead, over
// the ends of rows, while the steps of the row before still compute.
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
/// Cells whose dot products are kept between the two halves of a pass where a row of Z does not fit the registers:
/// 32 x 1 KB is two thirds of L1 at 256 factors.
constexpr size_t kTile = 32;
/// How far ahead of the first pass vectors are fetched: at least this many cells (about 300 ns of work) …
constexpr size_t kMinLead = 16;
/// … and at most so many bytes, which must stay in L2 (and mostly L1) until their turn comes.
constexpr size_t kMaxLeadBytes = 32 * 1024;

/// Fetches the vectors of the cells to come. Shared by all rows of a task.
struct Fetcher {
  const float* table;
  const uint32_t* columns;
  size_t stride;
  size_t next;      // first cell that is not fetched yet
  size_t end;       // of the task's cells
  size_t max_lead;  // in cells

  /// Fetches up to `count` more cells, no further than the lead allows ahead of `position`.
  HWY_INLINE void Advance(size_t position, size_t count) {
    const size_t stop = HWY_MIN(HWY_MIN(next + count, position + max_lead), end);
    for (; next < stop; ++next) {
      const float* row = table + size_t{columns[next]} * stride;
      for (size_t i = 0; i < stride; i += 16) hwy::Prefetch(row + i);
    }
  }
};

/// One row of the matrix.
struct Cells {
  const uint32_t* columns;
  const float* confidence;
  size_t count;
  size_t first;  // position in the whole matrix, for the fetcher
};

/// Confidence of four cells: c·p and |c| - 1 in every 128-bit block.
struct Weights {
  Vf preference;  // c·p
  Vf excess;      // |c| - 1
};

HWY_INLINE Weights WeightsOf(F d, const float* confidence) {
  const Vf c = hn::LoadDup128(d, confidence);
  return {hn::Max(c, hn::Zero(d)), hn::Sub(hn::Abs(c), hn::Set(d, 1.0F))};
}

/// What a pass multiplies the vectors with, and adds to b'v.
template <bool kFirst>
HWY_INLINE Vf Coefficients(F /*d*/, Weights w, Vf dots, Vf& b_dot_v) {
  b_dot_v = hn::MulAdd(w.preference, dots, b_dot_v);
  return kFirst ? hn::NegMulAdd(w.excess, dots, w.preference) : hn::Mul(w.excess, dots);
}

/// Four cells of a row; past its end the last one is repeated with weights of zero.
struct Group {
  const float* z[4];
  HWY_ALIGN float tail[4];
  const float* confidence;
};

HWY_INLINE void LoadGroup(const float* table, size_t stride, const Cells& cells, size_t at, Group& group) {
  if (HWY_LIKELY(at + 4 <= cells.count)) {
    for (size_t i = 0; i < 4; ++i) group.z[i] = table + size_t{cells.columns[at + i]} * stride;
    group.confidence = cells.confidence + at;
    return;
  }
  for (size_t i = 0; i < 4; ++i) {
    const size_t cell = HWY_MIN(at + i, cells.count - 1);
    group.z[i] = table + size_t{cells.columns[cell]} * stride;
    group.tail[i] = at + i < cells.count ? cells.confidence[cell] : 0.0F;
  }
  group.confidence = group.tail;
}

/// A cell past the end must not count: |0| - 1 is not zero, so its excess is masked here.
HWY_INLINE Weights GroupWeights(F d, const Cells& cells, size_t at, const Group& group) {
  Weights w = WeightsOf(d, group.confidence);
  if (HWY_UNLIKELY(at + 4 > cells.count)) {
    HWY_ALIGN float keep[4];
    for (size_t i = 0; i < 4; ++i) keep[i] = at + i < cells.count ? 1.0F : 0.0F;
    w.excess = hn::Mul(w.excess, hn::LoadDup128(d, keep));
  }
  return w;
}

/// out += sum of coefficient · z over the row's cells. Returns b'v. For rows of kVectors vectors, kept in registers.
template <bool kFirst, int kVectors>
HWY_INLINE double PassInRegisters(F d, Fetcher& fetcher, size_t lead_base, const Cells& cells,
                                  const float* HWY_RESTRICT v, float* HWY_RESTRICT out) {
  constexpr size_t kLanes = HWY_MAX_BYTES / sizeof(float);
  const size_t stride = fetcher.stride;
  Vf p[kVectors];
  Vf even[kVectors];
  Vf odd[kVectors];
  HWY_UNROLL(8)
  for (int i = 0; i < kVectors; ++i) {
    p[i] = hn::Load(d, v + i * kLanes);
    even[i] = hn::Load(d, out + i * kLanes);
    odd[i] = hn::Zero(d);
  }
  double b_dot_v = 0;
  Group group;
  for (size_t block = 0; block < cells.count; block += 256) {  // partial sums stay short in float
    Vf b_sum = hn::Zero(d);
    const size_t block_end = HWY_MIN(block + 256, cells.count);
    for (size_t at = block; at < block_end; at += 4) {
      fetcher.Advance(lead_base + (kFirst ? at : 0), 4);
      LoadGroup(fetcher.table, stride, cells, at, group);
      Vf z0[kVectors], z1[kVectors], z2[kVectors], z3[kVectors];
      HWY_UNROLL(8)
      for (int i = 0; i < kVectors; ++i) {
        z0[i] = hn::Load(d, group.z[0] + i * kLanes);
        z1[i] = hn::Load(d, group.z[1] + i * kLanes);
        z2[i] = hn::Load(d, group.z[2] + i * kLanes);
        z3[i] = hn::Load(d, group.z[3] + i * kLanes);
      }
      Vf s0 = hn::Mul(z0[0], p[0]);
      Vf s1 = hn::Mul(z1[0], p[0]);
      Vf s2 = hn::Mul(z2[0], p[0]);
      Vf s3 = hn::Mul(z3[0], p[0]);
      HWY_UNROLL(8)
      for (int i = 1; i < kVectors; ++i) {
        s0 = hn::MulAdd(z0[i], p[i], s0);
        s1 = hn::MulAdd(z1[i], p[i], s1);
        s2 = hn::MulAdd(z2[i], p[i], s2);
        s3 = hn::MulAdd(z3[i], p[i], s3);
      }
      const Weights w = GroupWeights(d, cells, at, group);
      const Vf k = Coefficients<kFirst>(d, w, SumFour(d, s0, s1, s2, s3), b_sum);
      const Vf k0 = hn::Broadcast<0>(k);
      const Vf k1 = hn::Broadcast<1>(k);
      const Vf k2 = hn::Broadcast<2>(k);
      const Vf k3 = hn::Broadcast<3>(k);
      HWY_UNROLL(8)
      for (int i = 0; i < kVectors; ++i) {
        even[i] = hn::MulAdd(k0, z0[i], even[i]);
        odd[i] = hn::MulAdd(k1, z1[i], odd[i]);
        even[i] = hn::MulAdd(k2, z2[i], even[i]);
        odd[i] = hn::MulAdd(k3, z3[i], odd[i]);
      }
    }
    HWY_ALIGN float lanes[kLanes];
    hn::Store(b_sum, d, lanes);
    b_dot_v += double{lanes[0]} + lanes[1] + lanes[2] + lanes[3];
  }
  HWY_UNROLL(8)
  for (int i = 0; i < kVectors; ++i) hn::Store(hn::Add(even[i], odd[i]), d, out + i * kLanes);
  return b_dot_v;
}

/// The same for rows of any length: tiles of cells whose coefficients are computed first, then blocks of kColumns
/// vectors of the sum are kept in registers over the whole tile.
template <bool kFirst>
HWY_INLINE double PassInTiles(F d, Fetcher& fetcher, size_t lead_base, const Cells& cells, const float* HWY_RESTRICT v,
                              float* HWY_RESTRICT out) {
  const size_t lanes = hn::Lanes(d);
  const size_t stride = fetcher.stride;
  double b_dot_v = 0;
  HWY_ALIGN float coefficient[kTile];
  const float* z[kTile];
  Group group;
  const hn::CappedTag<float, 4> d4;
  for (size_t tile = 0; tile < cells.count; tile += kTile) {
    const size_t tile_end = HWY_MIN(tile + kTile, cells.count);
    Vf b_sum = hn::Zero(d);
    for (size_t at = tile; at < tile_end; at += 4) {
      fetcher.Advance(lead_base + (kFirst ? at : 0), 4);
      LoadGroup(fetcher.table, stride, cells, at, group);
      Vf s0 = hn::Zero(d), s1 = s0, s2 = s0, s3 = s0;
      for (size_t i = 0; i < stride; i += lanes) {
        const Vf p = hn::Load(d, v + i);
        s0 = hn::MulAdd(hn::Load(d, group.z[0] + i), p, s0);
        s1 = hn::MulAdd(hn::Load(d, group.z[1] + i), p, s1);
        s2 = hn::MulAdd(hn::Load(d, group.z[2] + i), p, s2);
        s3 = hn::MulAdd(hn::Load(d, group.z[3] + i), p, s3);
      }
      const Weights w = GroupWeights(d, cells, at, group);
      const Vf k = Coefficients<kFirst>(d, w, SumFour(d, s0, s1, s2, s3), b_sum);
      HWY_ALIGN float all[HWY_MAX_BYTES / sizeof(float)];
      hn::Store(k, d, all);
      hn::Store(hn::Load(d4, all), d4, coefficient + (at - tile));
      for (size_t i = 0; i < 4; ++i) z[at - tile + i] = group.z[i];
    }
    HWY_ALIGN float sums[HWY_MAX_BYTES / sizeof(float)];
    hn::Store(b_sum, d, sums);
    b_dot_v += double{sums[0]} + sums[1] + sums[2] + sums[3];
    const size_t padded = (tile_end - tile + 3) / 4 * 4;
    size_t i = 0;
    for (; i + 4 * lanes <= stride;
         i += 4 * lanes) {  // 4 sums: FMA latency over two ports asks for 8, the tile hides the rest
      Vf q0 = hn::Load(d, out + i), q1 = hn::Load(d, out + i + lanes);
      Vf q2 = hn::Load(d, out + i + 2 * lanes), q3 = hn::Load(d, out + i + 3 * lanes);
      for (size_t r = 0; r < padded; ++r) {
        const Vf k = hn::Set(d, coefficient[r]);
        q0 = hn::MulAdd(k, hn::Load(d, z[r] + i), q0);
        q1 = hn::MulAdd(k, hn::Load(d, z[r] + i + lanes), q1);
        q2 = hn::MulAdd(k, hn::Load(d, z[r] + i + 2 * lanes), q2);
        q3 = hn::MulAdd(k, hn::Load(d, z[r] + i + 3 * lanes), q3);
      }
      hn::Store(q0, d, out + i), hn::Store(q1, d, out + i + lanes);
      hn::Store(q2, d, out + i + 2 * lanes), hn::Store(q3, d, out + i + 3 * lanes);
    }
    for (; i < stride; i += lanes) {
      Vf q = hn::Load(d, out + i);
      for (size_t r = 0; r < padded; ++r) q = hn::MulAdd(hn::Set(d, coefficient[r]), hn::Load(d, z[r] + i), q);
      hn::Store(q, d, out + i);
    }
  }
  return b_dot_v;
}

template <bool kFirst, int kVectors>
HWY_INLINE double Pass(F d, Fetcher& fetcher, size_t lead_base, const Cells& cells, const float* v, float* out) {
  if constexpr (kVectors > 0) {
    return PassInRegisters<kFirst, kVectors>(d, fetcher, lead_base, cells, v, out);
  } else {
    return PassInTiles<kFirst>(d, fetcher, lead_base, cells, v, out);
  }
}

/// kVectors: vectors a row, or 0 when they do not fit the registers.
template <int kVectors>
HWY_INLINE double SolveRows(F d, const AlsRows& rows, int steps, float* solution) {
  const size_t lanes = hn::Lanes(d);
  const size_t stride = rows.stride;
  HWY_ALIGN float r[kMaxStride];
  HWY_ALIGN float p[kMaxStride];
  HWY_ALIGN float q[kMaxStride];
  Fetcher fetcher{rows.table,
                  rows.columns,
                  stride,
                  rows.row_ptr[rows.begin],
                  rows.row_ptr[rows.end],
                  HWY_MAX(kMinLead, kMaxLeadBytes / (stride * sizeof(float)))};
  double loss = 0;
  for (size_t row = rows.begin; row < rows.end; ++row) {
    float* w = solution + (row - rows.begin) * stride;
    const size_t first = rows.row_ptr[row];
    const Cells cells{rows.columns + first, rows.confidence + first, rows.row_ptr[row + 1] - first, first};
    if (cells.count == 0) {
      std::fill(w, w + stride, 0.0F);
      continue;
    }
    // r = b - Aw
    for (size_t i = 0; i < stride; i += lanes) hn::Store(hn::Neg(hn::Load(d, w + i)), d, r + i);
    double b_dot_w = Pass<true, kVectors>(d, fetcher, first, cells, w, r);
    float rr = Dot(d, r, r, stride);
    std::copy(r, r + stride, p);
    const size_t after = rows.row_ptr[row + 1];
    for (int step = 0; step < steps && rr > 1e-20F; ++step) {
      std::copy(p, p + stride, q);
      const double b_dot_p = Pass<false, kVectors>(d, fetcher, after, cells, p, q);
      const float pq = Dot(d, p, q, stride);
      if (!(pq > 0)) break;  // A is positive definite: only rounding gets here, and then w is as good as it can be
      const float alpha = rr / pq;
      const Vf a = hn::Set(d, alpha);
      for (size_t i = 0; i < stride; i += lanes) {
        hn::Store(hn::MulAdd(a, hn::Load(d, p + i), hn::Load(d, w + i)), d, w + i);
        hn::Store(hn::NegMulAdd(a, hn::Load(d, q + i), hn::Load(d, r + i)), d, r + i);
      }
      b_dot_w += double{alpha} * b_dot_p;
      const float now = Dot(d, r, r, stride);
      const Vf beta = hn::Set(d, now / rr);
      for (size_t i = 0; i < stride; i += lanes) {
        hn::Store(hn::MulAdd(beta, hn::Load(d, p + i), hn::Load(d, r + i)), d, p + i);
      }
      rr = now;
    }
    double preference = 0;
    for (size_t i = 0; i < cells.count; ++i) preference += cells.confidence[i] > 0 ? cells.confidence[i] : 0.0F;
    loss += preference - b_dot_w - double{Dot(d, r, w, stride)};
  }
  return loss;
}

double SolveRowsCg(const AlsRows& rows, int steps, float* solution) {
  const F d;
#if HWY_MAX_BYTES == 64  // 32 registers: a group of four rows of up to four vectors stays in them
  switch (rows.stride / hn::Lanes(d)) {
    case 1:
      return SolveRows<1>(d, rows, steps, solution);
    case 2:
      return SolveRows<2>(d, rows, steps, solution);
    case 3:
      return SolveRows<3>(d, rows, steps, solution);
    case 4:
      return SolveRows<4>(d, rows, steps, solution);
    default:
      break;
  }
#endif
  return SolveRows<0>(d, rows, steps, solution);
}

}  // namespace segue::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace segue::simd {

HWY_EXPORT(SolveRowsCg);

double solve_rows_cg(const AlsRows& rows, int steps, float* solution) {
  choose_target();
  return HWY_DYNAMIC_DISPATCH(SolveRowsCg)(rows, steps, solution);
}

}  // namespace segue::simd
#endif  // HWY_ONCE
