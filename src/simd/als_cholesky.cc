// Exact row solves: gather the row's vectors in tiles, add their weighted outer products to the diagonal, factorize.
//
// The matrix is kept as its upper triangle U, A = U'U, row i of U computed from the rows above it with the sums in
// registers (left-looking): loads stay at one a multiply-add and nothing is written twice. In whitened coordinates the
// matrix is a diagonal of 1 or more plus what the row saw, so float32 is enough unless confidences are huge; where a
// pivot is lost to rounding the row is solved again in double.
#include "simd/als_cholesky.h"

#include <cmath>
#include <limits>
#include <vector>

#include "base/cholesky.h"
#include "simd/targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "simd/als_cholesky.cc"
#include <hwy/foreach_target.h>
//
#include <hwy/cache_control.h>
#include <hwy/highway.h>

#include "simd/dense-inl.h"

#ifndef SEGUE_SIMD_ALS_CHOLESKY_ONCE_
#define SEGUE_SIMD_ALS_CHOLESKY_ONCE_
namespace segue::simd {
namespace {

/// Cells gathered at a time: 64 rows of 64 floats, twice, are 32 KB.
constexpr std::size_t kGather = 64;
/// A pivot below this part of its diagonal entry is mostly rounding error.
constexpr float kLostPivot = 1e-5F;

/// The slow way for a row that float32 cannot hold. False when it is not positive definite.
bool solve_in_double(const AlsRows& rows, std::size_t row, std::size_t k, float* solution) {
  std::vector<double> a(k * k, 0.0);
  std::vector<double> x(k, 0.0);
  for (std::size_t i = 0; i < k; ++i) {
    a[i * k + i] = rows.ridge != nullptr ? 1 + double{rows.ridge[row]} * rows.spread[i] : 1;
  }
  for (std::size_t j = rows.row_ptr[row]; j < rows.row_ptr[row + 1]; ++j) {
    const float* z = rows.table + std::size_t{rows.columns[j]} * rows.stride;
    const double c = double{rows.scale} * rows.confidence[j];
    for (std::size_t i = 0; i < k; ++i) {
      if (c > 0) x[i] += c * z[i];
      for (std::size_t l = i; l < k; ++l) a[i * k + l] += (std::abs(c) - rows.shared) * z[i] * z[l];
    }
  }
  if (!cholesky_factorize(a, k)) return false;
  cholesky_solve(a, x);
  for (std::size_t i = 0; i < k; ++i) solution[i] = static_cast<float>(x[i]);
  return true;
}

}  // namespace
}  // namespace segue::simd
#endif

HWY_BEFORE_NAMESPACE();
namespace segue::simd::HWY_NAMESPACE {

/// Row i of U from A's row i and the rows of U above: for columns [from, stride).
HWY_INLINE void SubtractRowsAbove(F d, float* HWY_RESTRICT u, size_t stride, size_t i, size_t from) {
  const size_t lanes = hn::Lanes(d);
  float* to = u + i * stride;
  size_t c = from;
  for (; c + 4 * lanes <= stride; c += 4 * lanes) {
    Vf s0 = hn::Load(d, to + c), s1 = hn::Load(d, to + c + lanes);
    Vf s2 = hn::Load(d, to + c + 2 * lanes), s3 = hn::Load(d, to + c + 3 * lanes);
    for (size_t j = 0; j < i; ++j) {
      const float* above = u + j * stride;
      const Vf k = hn::Set(d, above[i]);
      s0 = hn::NegMulAdd(k, hn::Load(d, above + c), s0);
      s1 = hn::NegMulAdd(k, hn::Load(d, above + c + lanes), s1);
      s2 = hn::NegMulAdd(k, hn::Load(d, above + c + 2 * lanes), s2);
      s3 = hn::NegMulAdd(k, hn::Load(d, above + c + 3 * lanes), s3);
    }
    hn::Store(s0, d, to + c), hn::Store(s1, d, to + c + lanes);
    hn::Store(s2, d, to + c + 2 * lanes), hn::Store(s3, d, to + c + 3 * lanes);
  }
  for (; c < stride; c += lanes) {
    Vf s = hn::Load(d, to + c);
    for (size_t j = 0; j < i; ++j) s = hn::NegMulAdd(hn::Set(d, u[j * stride + i]), hn::Load(d, u + j * stride + c), s);
    hn::Store(s, d, to + c);
  }
}

/// U of A = U'U in place of the upper triangle of A [k x stride]; 1/U[i][i] into `inverse`. False when a pivot is lost.
HWY_INLINE bool Factorize(F d, float* u, size_t k, size_t stride, float* inverse) {
  const size_t lanes = hn::Lanes(d);
  for (size_t i = 0; i < k; ++i) {
    const size_t from = i / 16 * 16;
    float* row = u + i * stride;
    const float diagonal = row[i];
    SubtractRowsAbove(d, u, stride, i, from);
    const float pivot = row[i];
    if (!(pivot > kLostPivot * diagonal)) return false;
    inverse[i] = 1.0F / std::sqrt(pivot);
    const Vf scale = hn::Set(d, inverse[i]);
    for (size_t c = from; c < stride; c += lanes) hn::Store(hn::Mul(hn::Load(d, row + c), scale), d, row + c);
  }
  return true;
}

/// Solves U'U x = b in place of b.
HWY_INLINE void Substitute(F d, const float* u, size_t k, size_t stride, const float* inverse, float* x) {
  const size_t lanes = hn::Lanes(d);
  for (size_t i = 0; i < k; ++i) {  // U'y = b: once y[i] is known its part leaves the rest
    const float* row = u + i * stride;
    const float y = x[i] * inverse[i];
    size_t c = i + 1;
    for (; c < stride && c % lanes != 0; ++c) x[c] -= row[c] * y;
    const Vf v = hn::Set(d, y);
    for (; c < stride; c += lanes) hn::Store(hn::NegMulAdd(v, hn::Load(d, row + c), hn::Load(d, x + c)), d, x + c);
    x[i] = y;
  }
  for (size_t i = k; i-- > 0;) {  // Ux = y
    const float* row = u + i * stride;
    size_t c = i + 1;
    float sum = x[i];
    for (; c < stride && c % lanes != 0; ++c) sum -= row[c] * x[c];
    Vf s = hn::Zero(d);
    for (; c < stride; c += lanes) s = hn::MulAdd(hn::Load(d, row + c), hn::Load(d, x + c), s);
    x[i] = (sum - hn::GetLane(hn::SumOfLanes(d, s))) * inverse[i];
  }
}

double SolveRowsCholesky(const AlsRows& rows, size_t factors, float* scratch, float* solution) {
  const F d;
  const size_t lanes = hn::Lanes(d);
  const size_t stride = rows.stride;
  float* a = scratch;                      // [stride x stride]
  float* z = a + stride * stride;          // [kGather x stride]
  float* weighted = z + kGather * stride;  // [kGather x stride]
  float* b = weighted + kGather * stride;  // [stride]
  float* inverse = b + stride;             // [stride]
  double loss = 0;
  for (size_t row = rows.begin; row < rows.end; ++row) {
    float* x = solution + (row - rows.begin) * stride;
    const size_t first = rows.row_ptr[row];
    const size_t count = rows.row_ptr[row + 1] - first;
    for (size_t i = 0; i < stride; ++i) x[i] = 0;
    if (count == 0) continue;
    for (size_t i = 0; i < stride * factors; ++i) a[i] = 0;
    for (size_t i = 0; i < factors; ++i) {
      a[i * stride + i] = rows.ridge != nullptr ? 1 + rows.ridge[row] * rows.spread[i] : 1.0F;
    }
    double preference = 0;
    for (size_t tile = 0; tile < count; tile += kGather) {
      const size_t cells = HWY_MIN(kGather, count - tile);
      for (size_t j = 0; j < cells; ++j) {
        const size_t cell = first + tile + j;
        const size_t ahead = HWY_MIN(cell + 16, rows.row_ptr[rows.end] - 1);
        const float* next = rows.table + size_t{rows.columns[ahead]} * stride;
        for (size_t i = 0; i < stride; i += 16) hwy::Prefetch(next + i);
        const float* from = rows.table + size_t{rows.columns[cell]} * stride;
        const float c = rows.scale * rows.confidence[cell];
        const float p = c > 0 ? c : 0.0F;
        preference += p;
        const Vf excess = hn::Set(d, std::abs(c) - rows.shared);
        const Vf liked = hn::Set(d, p);
        for (size_t i = 0; i < stride; i += lanes) {
          const Vf v = hn::Load(d, from + i);
          hn::Store(v, d, z + j * stride + i);
          hn::Store(hn::Mul(excess, v), d, weighted + j * stride + i);
          hn::Store(hn::MulAdd(liked, v, hn::Load(d, x + i)), d, x + i);
        }
      }
      AddOuterProducts(d, factors, weighted, z, stride, cells, a, stride);
    }
    for (size_t i = 0; i < stride; ++i) b[i] = x[i];
    if (Factorize(d, a, factors, stride, inverse)) {
      Substitute(d, a, factors, stride, inverse, x);
    } else if (!solve_in_double(rows, row, factors, x)) {
      return std::numeric_limits<double>::quiet_NaN();
    }
    loss += preference - double{Dot(d, b, x, stride)};
  }
  return loss;
}

}  // namespace segue::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace segue::simd {

HWY_EXPORT(SolveRowsCholesky);

std::size_t cholesky_scratch(std::size_t stride) { return stride * stride + 2 * kGather * stride + 2 * stride; }

double solve_rows_cholesky(const AlsRows& rows, std::size_t factors, float* scratch, float* solution) {
  choose_target();
  return HWY_DYNAMIC_DISPATCH(SolveRowsCholesky)(rows, factors, scratch, solution);
}

}  // namespace segue::simd
#endif  // HWY_ONCE
