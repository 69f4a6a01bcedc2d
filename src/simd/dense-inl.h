// Dense products in register tiles. Per-target code.
#if defined(SEGUE_SIMD_DENSE_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef SEGUE_SIMD_DENSE_INL_H_
#undef SEGUE_SIMD_DENSE_INL_H_
#else
#define SEGUE_SIMD_DENSE_INL_H_
#endif

#include <hwy/highway.h>

#include <cstddef>
#include <utility>

#include "simd/dense.h"
#include "simd/rows-inl.h"

HWY_BEFORE_NAMESPACE();
namespace segue::simd::HWY_NAMESPACE {

/// A register tile is kTileRows x kTileVectors accumulators: 24 of the 32 registers of AVX-512, 12 of 16 elsewhere.
/// With one load a vector and one broadcast a row, loads stay below one a multiply-add.
constexpr size_t kTileRows = 6;
#if HWY_MAX_BYTES == 64
constexpr size_t kTileVectors = 4;
#else
constexpr size_t kTileVectors = 2;
#endif

/// out[i][0..kVectors) += sum over t < depth of a[t · a_step + i · a_row] · b[t · b_step ..]: one tile.
template <size_t kRows, size_t kVectors>
HWY_INLINE void MultiplyTile(F d, const float* HWY_RESTRICT a, size_t a_row, size_t a_step, const float* HWY_RESTRICT b,
                             size_t b_step, size_t depth, float* HWY_RESTRICT out, size_t out_row, bool add) {
  const size_t lanes = hn::Lanes(d);
  Vf sum[kRows][kVectors];
  HWY_UNROLL(8)
  for (size_t i = 0; i < kRows; ++i) {
    HWY_UNROLL(8)
    for (size_t j = 0; j < kVectors; ++j) sum[i][j] = hn::Zero(d);
  }
  for (size_t t = 0; t < depth; ++t) {
    Vf y[kVectors];
    HWY_UNROLL(8)
    for (size_t j = 0; j < kVectors; ++j) y[j] = hn::Load(d, b + t * b_step + j * lanes);
    HWY_UNROLL(8)
    for (size_t i = 0; i < kRows; ++i) {
      const Vf x = hn::Set(d, a[t * a_step + i * a_row]);
      HWY_UNROLL(8)
      for (size_t j = 0; j < kVectors; ++j) sum[i][j] = hn::MulAdd(x, y[j], sum[i][j]);
    }
  }
  HWY_UNROLL(8)
  for (size_t i = 0; i < kRows; ++i) {
    HWY_UNROLL(8)
    for (size_t j = 0; j < kVectors; ++j) {
      float* to = out + i * out_row + j * lanes;
      hn::Store(add ? hn::Add(hn::Load(d, to), sum[i][j]) : sum[i][j], d, to);
    }
  }
}

/// MultiplyTile() of kTileRows rows by a triangle of kVectors x lanes rows, a square of kUpper or kLower: what is zero
/// in it is left out, by whole vectors.
template <Shape kShape, size_t kVectors>
HWY_INLINE void MultiplyTriangle(F d, const float* HWY_RESTRICT a, size_t a_row, const float* HWY_RESTRICT b,
                                 size_t b_step, float* HWY_RESTRICT out, size_t out_row, bool add) {
  const size_t lanes = hn::Lanes(d);
  Vf sum[kTileRows][kVectors];
  HWY_UNROLL(8)
  for (size_t i = 0; i < kTileRows; ++i) {
    HWY_UNROLL(8)
    for (size_t j = 0; j < kVectors; ++j) sum[i][j] = hn::Zero(d);
  }
  const auto add_rows = [&]<size_t kPart>(std::integral_constant<size_t, kPart>) HWY_ATTR {
    constexpr size_t kBegin = kShape == Shape::kUpper ? kPart : 0;
    constexpr size_t kEnd = kShape == Shape::kUpper ? kVectors : kPart + 1;
    for (size_t t = kPart * lanes; t < (kPart + 1) * lanes; ++t) {
      Vf y[kVectors];
      HWY_UNROLL(8)
      for (size_t j = kBegin; j < kEnd; ++j) y[j] = hn::Load(d, b + t * b_step + j * lanes);
      HWY_UNROLL(8)
      for (size_t i = 0; i < kTileRows; ++i) {
        const Vf x = hn::Set(d, a[t + i * a_row]);
        HWY_UNROLL(8)
        for (size_t j = kBegin; j < kEnd; ++j) sum[i][j] = hn::MulAdd(x, y[j], sum[i][j]);
      }
    }
  };
  [&]<size_t... kPart>(std::index_sequence<kPart...>) HWY_ATTR {
    (add_rows(std::integral_constant<size_t, kPart>()), ...);
  }
  (std::make_index_sequence<kVectors>());
  HWY_UNROLL(8)
  for (size_t i = 0; i < kTileRows; ++i) {
    HWY_UNROLL(8)
    for (size_t j = 0; j < kVectors; ++j) {
      float* to = out + i * out_row + j * lanes;
      hn::Store(add ? hn::Add(hn::Load(d, to), sum[i][j]) : sum[i][j], d, to);
    }
  }
}

/// A tile of up to kTileRows rows.
template <size_t kVectors>
HWY_INLINE void MultiplyRows(F d, size_t rows, const float* a, size_t a_row, size_t a_step, const float* b,
                             size_t b_step, size_t depth, float* out, size_t out_row, bool add) {
  switch (rows) {
    case 6:
      return MultiplyTile<6, kVectors>(d, a, a_row, a_step, b, b_step, depth, out, out_row, add);
    case 5:
      return MultiplyTile<5, kVectors>(d, a, a_row, a_step, b, b_step, depth, out, out_row, add);
    case 4:
      return MultiplyTile<4, kVectors>(d, a, a_row, a_step, b, b_step, depth, out, out_row, add);
    case 3:
      return MultiplyTile<3, kVectors>(d, a, a_row, a_step, b, b_step, depth, out, out_row, add);
    case 2:
      return MultiplyTile<2, kVectors>(d, a, a_row, a_step, b, b_step, depth, out, out_row, add);
    default:
      return MultiplyTile<1, kVectors>(d, a, a_row, a_step, b, b_step, depth, out, out_row, add);
  }
}

/// out [rows x columns] (+)= a [rows x depth] · b [depth x columns]; columns is a multiple of 16, any strides.
HWY_INLINE void Multiply(F d, size_t rows, size_t columns, const float* a, size_t a_row, size_t a_step, const float* b,
                         size_t b_step, size_t depth, float* out, size_t out_row, bool add) {
  const size_t lanes = hn::Lanes(d);
  for (size_t r = 0; r < rows; r += kTileRows) {
    const size_t count = HWY_MIN(kTileRows, rows - r);
    const float* ar = a + r * a_row;
    float* to = out + r * out_row;
    size_t c = 0;
    for (; c + kTileVectors * lanes <= columns; c += kTileVectors * lanes) {
      MultiplyRows<kTileVectors>(d, count, ar, a_row, a_step, b + c, b_step, depth, to + c, out_row, add);
    }
    if (kTileVectors > 2 && c + 2 * lanes <= columns) {
      MultiplyRows<2>(d, count, ar, a_row, a_step, b + c, b_step, depth, to + c, out_row, add);
      c += 2 * lanes;
    }
    for (; c < columns; c += lanes) {
      MultiplyRows<1>(d, count, ar, a_row, a_step, b + c, b_step, depth, to + c, out_row, add);
    }
  }
}

/// Upper triangle of out [size x size], rows of `out_row` floats, += sum over t < depth of a[t]' b[t]. Also writes some
/// of what is below the diagonal, up to the end of a tile.
HWY_INLINE void AddOuterProducts(F d, size_t size, const float* a, const float* b, size_t stride, size_t depth,
                                 float* out, size_t out_row) {
  const size_t lanes = hn::Lanes(d);
  const size_t padded = (size + 15) / 16 * 16;
  for (size_t r = 0; r < size; r += kTileRows) {
    const size_t count = HWY_MIN(kTileRows, size - r);
    size_t c = r / 16 * 16;
    for (; c + kTileVectors * lanes <= padded; c += kTileVectors * lanes) {
      MultiplyRows<kTileVectors>(d, count, a + r, 1, stride, b + c, stride, depth, out + r * out_row + c, out_row,
                                 true);
    }
    for (; c < padded; c += lanes) {
      MultiplyRows<1>(d, count, a + r, 1, stride, b + c, stride, depth, out + r * out_row + c, out_row, true);
    }
  }
}

}  // namespace segue::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // SEGUE_SIMD_DENSE_INL_H_
