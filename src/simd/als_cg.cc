// Conjugate gradient on the rows of implicit ALS.
//
// Every step applies A = D + Z'WZ to one vector v, where Z holds the row's n vectors, W = |C| - I (see AlsRows::shared)
// and D is the identity or a diagonal: one pass over Z (simd/als_pass-inl.h). Short rows are solved one after the
// other. Wide rows, which see a good share of the table, are solved together: a pass goes block by block of the table,
// and each row by what it has in the block, which is in L2 by then.
//
// The loss of a row comes with it: w'Aw - 2b'w + sum cp = -b'w - r'w + sum cp, where b'w is the sum of cp(z·w).
#include "simd/als_cg.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "simd/targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "simd/als_cg.cc"
#include <hwy/foreach_target.h>
//
#include <hwy/cache_control.h>
#include <hwy/highway.h>

#include "simd/als_pass-inl.h"
#include "simd/rows-inl.h"

HWY_BEFORE_NAMESPACE();
namespace segue::simd::HWY_NAMESPACE {

constexpr size_t kMaxStride = 1024;
/// Where r'r is rounding alone.
constexpr float kNoResidual = 1e-20F;

/// What is known of a row between its passes.
struct RowState {
  double preference = 0;  // the sum of c·p
  double b_dot_w = 0;
  float rr = 0;      // r'D^-1 r
  float beta = 0;    // of the next direction
  float enough = 0;  // rr at which steps end

  bool IsDone(int step) const { return !(rr > (step == 0 ? kNoResidual : enough)); }
};

/// D of a row, and its inverse: what conjugate gradient is preconditioned with. Nothing where D is 1.
template <bool kDiagonal>
struct Diagonal {
  HWY_INLINE void Set(F, const AlsRows&, size_t) {}
  HWY_INLINE Vf Times(F, Vf v, size_t) const { return v; }
  HWY_INLINE Vf InverseTimes(F, Vf v, size_t) const { return v; }
};
template <>
struct Diagonal<true> {
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
  HWY_INLINE Vf Times(F d, Vf v, size_t i) const { return hn::Mul(hn::Load(d, of + i), v); }
  HWY_INLINE Vf InverseTimes(F d, Vf v, size_t i) const { return hn::Mul(hn::Load(d, inverse + i), v); }
};

/// The vectors of a row while it is solved, [stride] each: solution, residual, direction, A times the direction.
struct RowVectors {
  float* HWY_RESTRICT w;
  float* HWY_RESTRICT r;
  float* HWY_RESTRICT p;
  float* HWY_RESTRICT q;
};

/// What conjugate gradient does between the passes. kVectors: vectors a row, or 0 where that is not known beforehand.
template <bool kDiagonal, int kVectors>
struct Conjugate {
  F d;
  size_t stride;
  float tolerance;
  Diagonal<kDiagonal> diagonal;

  HWY_INLINE size_t Stride() const { return kVectors > 0 ? kVectors * kRegisterLanes : stride; }

  /// r = -Dw: the first pass adds the rest of b - Aw.
  HWY_INLINE void Start(const RowVectors& x) const {
    for (size_t i = 0; i < Stride(); i += hn::Lanes(d)) {
      hn::Store(hn::Neg(diagonal.Times(d, hn::Load(d, x.w + i), i)), d, x.r + i);
    }
  }

  /// Takes the first pass's sums. x.r is the residual.
  HWY_INLINE void Begin(const RowVectors& x, PassSums sums, RowState& state) const {
    Vf rr = hn::Zero(d);
    for (size_t i = 0; i < Stride(); i += hn::Lanes(d)) {
      const Vf r = hn::Load(d, x.r + i);
      rr = hn::MulAdd(r, diagonal.InverseTimes(d, r, i), rr);
    }
    state.preference = sums.preference;
    state.b_dot_w = sums.b_dot_v;
    state.rr = hn::GetLane(hn::SumOfLanes(d, rr));
    state.enough = HWY_MAX(static_cast<float>(sums.preference) * tolerance, kNoResidual);
  }

  /// p = D^-1 r + beta p, and q = Dp: the pass of the step adds the rest of Ap.
  HWY_INLINE void Direct(const RowVectors& x, const RowState& state, int step) const {
    const Vf beta = hn::Set(d, state.beta);
    for (size_t i = 0; i < Stride(); i += hn::Lanes(d)) {
      Vf p = diagonal.InverseTimes(d, hn::Load(d, x.r + i), i);
      if (step != 0) p = hn::MulAdd(beta, hn::Load(d, x.p + i), p);
      hn::Store(p, d, x.p + i);
      hn::Store(diagonal.Times(d, p, i), d, x.q + i);
    }
  }

  /// Goes along p as far as is best. @return false where rounding leaves no more to gain
  HWY_INLINE bool Step(const RowVectors& x, double b_dot_p, RowState& state) const {
    Vf pq = hn::Zero(d);
    for (size_t i = 0; i < Stride(); i += hn::Lanes(d)) {
      pq = hn::MulAdd(hn::Load(d, x.p + i), hn::Load(d, x.q + i), pq);
    }
    const float curvature = hn::GetLane(hn::SumOfLanes(d, pq));
    if (!(curvature > 0)) return false;  // A is positive definite: only rounding gets here
    const float alpha = state.rr / curvature;
    const Vf a = hn::Set(d, alpha);
    Vf rr = hn::Zero(d);
    for (size_t i = 0; i < Stride(); i += hn::Lanes(d)) {
      hn::Store(hn::MulAdd(a, hn::Load(d, x.p + i), hn::Load(d, x.w + i)), d, x.w + i);
      const Vf r = hn::NegMulAdd(a, hn::Load(d, x.q + i), hn::Load(d, x.r + i));
      hn::Store(r, d, x.r + i);
      rr = hn::MulAdd(r, diagonal.InverseTimes(d, r, i), rr);
    }
    const float now = hn::GetLane(hn::SumOfLanes(d, rr));
    state.b_dot_w += double{alpha} * b_dot_p;
    state.beta = now / state.rr;
    state.rr = now;
    return true;
  }

  HWY_INLINE double Loss(const RowVectors& x, const RowState& state) const {
    if constexpr (!kSumsLoss) return 1;
    return state.preference - state.b_dot_w - double{Dot(d, x.r, x.w, Stride())};
  }
};

/// The cells [begin, end) of the matrix, which are of one row.
HWY_INLINE Cells CellsOf(const AlsRows& rows, size_t begin, size_t end) {
  return {rows.columns + begin,
          rows.confidence + begin,
          end - begin,
          rows.table,
          rows.halves,
          rows.stride,
          rows.scale,
          rows.shared,
          nullptr,
          nullptr};
}

HWY_INLINE Fetcher FetcherOf(const AlsRows& rows) {
  const bool halves = rows.halves != nullptr;
  const size_t row_bytes = rows.stride * (halves ? sizeof(uint16_t) : sizeof(float));
  return {halves ? reinterpret_cast<const char*>(rows.halves) : reinterpret_cast<const char*>(rows.table),
          rows.columns,
          row_bytes,
          rows.row_ptr[rows.begin],
          rows.row_ptr[rows.end],
          HWY_MAX(kMinLead, kMaxLeadBytes / row_bytes)};
}

template <bool kHalves, bool kDiagonal, int kVectors>
HWY_NOINLINE double SolveRows(F d, const AlsRows& rows, int steps, float tolerance, void* scratch, float* solution) {
  const size_t stride = rows.stride;
  HWY_ALIGN float r[kMaxStride];
  HWY_ALIGN float p[kMaxStride];
  HWY_ALIGN float q[kMaxStride];
  Conjugate<kDiagonal, kVectors> conjugate{d, stride, tolerance, {}};
  Fetcher fetcher = FetcherOf(rows);
  double loss = 0;
  for (size_t row = rows.begin; row < rows.end; ++row) {
    const RowVectors x = {solution + (row - rows.begin) * stride, r, p, q};
    const size_t first = rows.row_ptr[row];
    const size_t after = rows.row_ptr[row + 1];
    if (first == after) {
      std::fill(x.w, x.w + stride, 0.0F);
      continue;
    }
    Cells cells = CellsOf(rows, first, after);
    conjugate.diagonal.Set(d, rows, row);
    conjugate.Start(x);
    const bool keeps_floats = kHalves && (cells.count + 3) / 4 * 4 * stride * sizeof(float) <= kKeptFloatBytes;
    if (keeps_floats) {
      cells.kept_floats = static_cast<float*>(scratch);
    } else {
      cells.kept_halves = static_cast<uint16_t*>(scratch);
    }
    PassSums sums;
    if constexpr (!kHalves) {
      sums = Pass<true, Source::kFloats, Keep::kNothing, kVectors>(d, fetcher, first, cells, x.w, r);
    } else if (keeps_floats) {
      sums = Pass<true, Source::kHalves, Keep::kFloats, kVectors>(d, fetcher, first, cells, x.w, r);
    } else {
      sums = Pass<true, Source::kHalves, Keep::kHalves, kVectors>(d, fetcher, first, cells, x.w, r);
    }
    RowState state;
    conjugate.Begin(x, sums, state);
    for (int step = 0; step < steps && !state.IsDone(step); ++step) {
      conjugate.Direct(x, state, step);
      if constexpr (!kHalves) {
        sums = Pass<false, Source::kFloats, Keep::kNothing, kVectors>(d, fetcher, after, cells, p, q);
      } else if (keeps_floats) {
        sums = Pass<false, Source::kKeptFloats, Keep::kNothing, kVectors>(d, fetcher, after, cells, p, q);
      } else {
        sums = Pass<false, Source::kKeptHalves, Keep::kNothing, kVectors>(d, fetcher, after, cells, p, q);
      }
      if (!conjugate.Step(x, sums.b_dot_v, state)) break;
    }
    loss += conjugate.Loss(x, state);
  }
  return loss;
}

/// One of the rows that are solved together.
struct WideRow {
  size_t row;
  RowVectors x;
  RowState state;
  PassSums sums;   // of the pass under way
  size_t at;       // first cell that the pass has not seen
  bool is_active;  // steps go on
};

/// The first of the cells [at, end) whose column is not below `limit`. Columns ascend.
HWY_INLINE size_t FirstNotBelow(const uint32_t* columns, size_t at, size_t end, size_t limit) {
  const hn::ScalableTag<uint32_t> d32;
  const auto bound = hn::Set(d32, static_cast<uint32_t>(limit));
  for (; at + hn::Lanes(d32) <= end; at += hn::Lanes(d32)) {
    const size_t below = hn::CountTrue(d32, hn::Lt(hn::LoadU(d32, columns + at), bound));
    if (below != hn::Lanes(d32)) return at + below;
  }
  while (at < end && columns[at] < limit) ++at;
  return at;
}

/// Rows ahead for which what a turn needs is fetched.
constexpr size_t kWideLead = 3;

/// Fetches a range of bytes into L2, but not into L1.
HWY_INLINE void FetchIntoL2(const char* from, const char* to) {
  for (; from < to; from += 64) __builtin_prefetch(from, 0, 2);
}

/// Fetches what a row needs for its turn, which is far from where it was left. Always inlined, since GCC 12 takes a
/// function that only prefetches for one without effect and drops its calls.
template <bool kFirst>
HWY_INLINE void Prepare(const AlsRows& rows, size_t blocks, const WideRow& row) {
  const size_t end = rows.row_ptr[row.row + 1];
  const size_t likely = (end - rows.row_ptr[row.row]) / blocks + 16;
  for (size_t cell = row.at; cell < HWY_MIN(row.at + likely, end); cell += 16) {
    hwy::Prefetch(rows.columns + cell);
    hwy::Prefetch(rows.confidence + cell);
  }
  const float* v = kFirst ? row.x.w : row.x.p;
  const float* out = kFirst ? row.x.r : row.x.q;
  for (size_t i = 0; i < rows.stride; i += 16) {
    hwy::Prefetch(v + i);
    hwy::Prefetch(out + i);
  }
}

/// One pass of all active rows, block by block of the table. While a block is worked on, the next one is fetched.
template <bool kFirst, bool kHalves, int kVectors>
HWY_INLINE void PassTogether(F d, const AlsRows& rows, size_t columns, std::vector<WideRow>& wide) {
  constexpr Source kSource = kHalves ? Source::kHalves : Source::kFloats;
  Fetcher nothing;
  const Fetcher whole = FetcherOf(rows);
  const size_t block = HWY_MAX(size_t{1}, kWideBlockBytes / whole.row_bytes);
  const size_t block_bytes = block * whole.row_bytes;
  const size_t share = (block_bytes / wide.size() + 63) / 64 * 64;  // of the next block, that a row's turn fetches
  const size_t blocks = (columns + block - 1) / block;
  for (WideRow& row : wide) {
    row.at = rows.row_ptr[row.row];
    row.sums = {};
  }
  for (size_t begin = 0; begin < columns; begin += block) {
    const size_t end = HWY_MIN(begin + block, columns);
    const char* next = whole.table + end * whole.row_bytes;
    const char* const next_end = whole.table + HWY_MIN(end + block, columns) * whole.row_bytes;
    if (begin == 0) FetchIntoL2(whole.table, next);
    for (size_t i = 0; i < wide.size(); ++i) {
      if (i + kWideLead < wide.size()) Prepare<kFirst>(rows, blocks, wide[i + kWideLead]);
      WideRow& row = wide[i];
      if (!row.is_active) continue;
      const char* const fetched = next + HWY_MIN(share, static_cast<size_t>(next_end - next));
      FetchIntoL2(next, fetched);
      next = fetched;
      const size_t first = row.at;
      row.at = FirstNotBelow(rows.columns, first, rows.row_ptr[row.row + 1], end);
      if (row.at == first) continue;
      const Cells cells = CellsOf(rows, first, row.at);
      const PassSums sums = Pass<kFirst, kSource, Keep::kNothing, kVectors>(
          d, nothing, 0, cells, kFirst ? row.x.w : row.x.p, kFirst ? row.x.r : row.x.q);
      row.sums.b_dot_v += sums.b_dot_v;
      row.sums.preference += sums.preference;
    }
  }
}

template <bool kHalves, bool kDiagonal, int kVectors>
HWY_NOINLINE void SolveTogether(F d, const AlsRows& rows, const WideRows& which, int steps, float tolerance,
                                float* scratch, float* solution, double* losses) {
  const size_t stride = rows.stride;
  Conjugate<kDiagonal, kVectors> conjugate{d, stride, tolerance, {}};
  std::vector<WideRow> wide;
  wide.reserve(which.count);
  for (size_t i = 0; i < which.count; ++i) {
    float* const vectors = scratch + i * kWideVectors * stride;
    wide.push_back(
        {which.rows[i], {solution + i * stride, vectors, vectors + stride, vectors + 2 * stride}, {}, {}, 0, true});
    conjugate.diagonal.Set(d, rows, wide[i].row);
    conjugate.Start(wide[i].x);
  }
  PassTogether<true, kHalves, kVectors>(d, rows, which.columns, wide);
  for (WideRow& row : wide) {
    conjugate.diagonal.Set(d, rows, row.row);
    conjugate.Begin(row.x, row.sums, row.state);
  }
  for (int step = 0; step < steps; ++step) {
    bool any = false;
    for (WideRow& row : wide) {
      row.is_active = row.is_active && !row.state.IsDone(step);
      if (!row.is_active) continue;
      any = true;
      conjugate.diagonal.Set(d, rows, row.row);
      conjugate.Direct(row.x, row.state, step);
    }
    if (!any) break;
    PassTogether<false, kHalves, kVectors>(d, rows, which.columns, wide);
    for (WideRow& row : wide) {
      if (!row.is_active) continue;
      conjugate.diagonal.Set(d, rows, row.row);
      row.is_active = conjugate.Step(row.x, row.sums.b_dot_v, row.state);
    }
  }
  for (size_t i = 0; i < which.count; ++i) losses[i] = conjugate.Loss(wide[i].x, wide[i].state);
}

/// Calls body<kHalves, kDiagonal, kVectors>(), which is the code for rows of that kind.
template <class Body>
HWY_INLINE void ForRowsLike(const AlsRows& rows, const Body& body) {
  const auto of_vectors = [&]<bool kHalves, bool kDiagonal>() HWY_ATTR {
#if HWY_MAX_BYTES == 64  // 32 registers: up to eight vectors of v and of the sum fit
    switch (rows.stride / hn::Lanes(F())) {
      case 1:
        return body.template operator()<kHalves, kDiagonal, 1>();
      case 2:
        return body.template operator()<kHalves, kDiagonal, 2>();
      case 3:
        return body.template operator()<kHalves, kDiagonal, 3>();
      case 4:
        return body.template operator()<kHalves, kDiagonal, 4>();
      case 5:
        return body.template operator()<kHalves, kDiagonal, 5>();
      case 6:
        return body.template operator()<kHalves, kDiagonal, 6>();
      case 7:
        return body.template operator()<kHalves, kDiagonal, 7>();
      case 8:
        return body.template operator()<kHalves, kDiagonal, 8>();
      default:
        break;
    }
#elif HWY_MAX_BYTES == 32  // 16 registers: four of each
    switch (rows.stride / hn::Lanes(F())) {
      case 2:
        return body.template operator()<kHalves, kDiagonal, 2>();
      case 4:
        return body.template operator()<kHalves, kDiagonal, 4>();
      default:
        break;
    }
#endif
    return body.template operator()<kHalves, kDiagonal, 0>();
  };
  const bool diagonal = rows.ridge != nullptr;
  if (rows.halves != nullptr) {
    return diagonal ? of_vectors.template operator()<true, true>() : of_vectors.template operator()<true, false>();
  }
  return diagonal ? of_vectors.template operator()<false, true>() : of_vectors.template operator()<false, false>();
}

double SolveRowsCg(const AlsRows& rows, int steps, float tolerance, void* scratch, float* solution) {
  double loss = 0;
  ForRowsLike(rows, [&]<bool kHalves, bool kDiagonal, int kVectors>() HWY_ATTR {
    loss = SolveRows<kHalves, kDiagonal, kVectors>(F(), rows, steps, tolerance, scratch, solution);
  });
  return loss;
}

void SolveWideRowsCg(const AlsRows& rows, const WideRows& which, int steps, float tolerance, float* scratch,
                     float* solution, double* losses) {
  ForRowsLike(rows, [&]<bool kHalves, bool kDiagonal, int kVectors>() HWY_ATTR {
    SolveTogether<kHalves, kDiagonal, kVectors>(F(), rows, which, steps, tolerance, scratch, solution, losses);
  });
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
HWY_EXPORT(SolveWideRowsCg);
HWY_EXPORT(NarrowRows);

std::size_t cg_scratch(std::size_t stride, std::size_t longest_row) {
  return std::max(kKeptFloatBytes, (longest_row + 3) / 4 * 4 * stride * sizeof(std::uint16_t));
}

std::size_t least_wide_row(std::size_t columns, std::size_t row_bytes) {
  const std::size_t blocks = (columns * row_bytes + kWideBlockBytes - 1) / kWideBlockBytes;
  return blocks < kWideBlocks ? columns + 1 : blocks * kWideCellsABlock;
}

double solve_rows_cg(const AlsRows& rows, int steps, float tolerance, void* scratch, float* solution) {
  choose_target();
  return HWY_DYNAMIC_DISPATCH(SolveRowsCg)(rows, steps, tolerance, scratch, solution);
}

void solve_wide_rows_cg(const AlsRows& rows, const WideRows& which, int steps, float tolerance, float* scratch,
                        float* solution, double* losses) {
  choose_target();
  HWY_DYNAMIC_DISPATCH(SolveWideRowsCg)(rows, which, steps, tolerance, scratch, solution, losses);
}

void narrow_rows(const float* in, std::size_t count, std::uint16_t* out) {
  choose_target();
  HWY_DYNAMIC_DISPATCH(NarrowRows)(in, count, out);
}

}  // namespace segue::simd
#endif  // HWY_ONCE
