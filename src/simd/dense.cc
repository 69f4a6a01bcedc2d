#include "simd/dense.h"

#include "simd/targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "simd/dense.cc"
#include <hwy/foreach_target.h>
//
#include <hwy/highway.h>

#include "simd/dense-inl.h"

HWY_BEFORE_NAMESPACE();
namespace segue::simd::HWY_NAMESPACE {

/// Rows of `in` that stay in L1 or L2 while every tile of the result reads them.
constexpr size_t kRowBlock = 192;  // of tall matrices; a multiple of kTileRows

/// Depth of m that stays in L1 beside a tile: 128 x 64 floats are 32 KB.
constexpr size_t kDepthBlock = 128;

/// `rows` rows of a, times a triangle of `width` columns.
template <Shape kShape>
HWY_INLINE void MultiplyByTriangle(F d, size_t rows, size_t width, const float* a, size_t stride, const float* b,
                                   size_t b_step, float* out, bool add) {
  size_t r = 0;
  for (; r + kTileRows <= rows; r += kTileRows) {
    const float* from = a + r * stride;
    float* to = out + r * stride;
    switch (width / hn::Lanes(d)) {
#if HWY_MAX_BYTES == 64
      case 4:
        MultiplyTriangle<kShape, 4>(d, from, stride, b, b_step, to, stride, add);
        break;
      case 3:
        MultiplyTriangle<kShape, 3>(d, from, stride, b, b_step, to, stride, add);
        break;
#endif
      case 2:
        MultiplyTriangle<kShape, 2>(d, from, stride, b, b_step, to, stride, add);
        break;
      default:
        MultiplyTriangle<kShape, 1>(d, from, stride, b, b_step, to, stride, add);
    }
  }
  if (r < rows) {
    Multiply(d, rows - r, width, a + r * stride, stride, 1, b, b_step, width, out + r * stride, stride, add);
  }
}

void MultiplyRowsBy(const float* in, size_t rows, size_t stride, const float* m, Shape shape, float* out) {
  const F d;
  const size_t columns = kTileVectors * hn::Lanes(d);
  // Blocks of m, copied so that its rows lie together: rows 4 KB apart would share few cache sets.
  HWY_ALIGN float block[kDepthBlock * 64];
  for (size_t first = 0; first < rows; first += kRowBlock) {
    const size_t count = HWY_MIN(kRowBlock, rows - first);
    for (size_t c = 0; c < stride; c += columns) {
      const size_t width = HWY_MIN(columns, stride - c);
      // Columns c to c + width of m are zero elsewhere.
      const size_t begin = shape == Shape::kLower ? c : 0;
      const size_t end = shape == Shape::kUpper ? c + width : stride;
      size_t depth = 0;
      for (size_t t = begin; t < end; t += depth) {
        const bool triangle = shape != Shape::kFull && t == c;
        depth = triangle ? width : HWY_MIN(kDepthBlock, (shape == Shape::kUpper ? c : end) - t);
        const float* from = m + t * stride + c;
        size_t step = stride;
        if (stride > kDepthBlock) {
          for (size_t i = 0; i < depth; ++i) {
            for (size_t j = 0; j < width; ++j) block[i * width + j] = from[i * stride + j];
          }
          from = block;
          step = width;
        }
        const float* a = in + first * stride + t;
        float* to = out + first * stride + c;
        const bool add = t != begin;
        if (!triangle) {
          Multiply(d, count, width, a, stride, 1, from, step, depth, to, stride, add);
        } else if (shape == Shape::kUpper) {
          MultiplyByTriangle<Shape::kUpper>(d, count, width, a, stride, from, step, to, add);
        } else {
          MultiplyByTriangle<Shape::kLower>(d, count, width, a, stride, from, step, to, add);
        }
      }
    }
  }
}

void AddGram(const float* in, size_t rows, size_t stride, size_t size, float* gram) {
  const F d;
  for (size_t first = 0; first < rows; first += kRowBlock) {
    const float* block = in + first * stride;
    AddOuterProducts(d, size, block, block, stride, HWY_MIN(kRowBlock, rows - first), gram, stride);
  }
}

void MultiplyAdd(const float* a, size_t a_stride, const float* b, size_t b_stride, size_t rows, size_t columns,
                 size_t depth, float* out, size_t out_stride) {
  const F d;
  Multiply(d, rows, columns, a, a_stride, 1, b, b_stride, depth, out, out_stride, true);
}

void AddScaled(const float* HWY_RESTRICT in, float factor, size_t size, float* HWY_RESTRICT out) {
  const F d;
  const Vf f = hn::Set(d, factor);
  for (size_t i = 0; i < size; i += hn::Lanes(d)) {
    hn::Store(hn::MulAdd(f, hn::Load(d, in + i), hn::Load(d, out + i)), d, out + i);
  }
}

}  // namespace segue::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace segue::simd {

HWY_EXPORT(MultiplyRowsBy);
HWY_EXPORT(AddGram);
HWY_EXPORT(MultiplyAdd);
HWY_EXPORT(AddScaled);

void multiply_rows(const float* in, std::size_t rows, std::size_t stride, const float* m, Shape shape, float* out) {
  choose_target();
  HWY_DYNAMIC_DISPATCH(MultiplyRowsBy)(in, rows, stride, m, shape, out);
}

void add_gram(const float* in, std::size_t rows, std::size_t stride, std::size_t size, float* gram) {
  choose_target();
  HWY_DYNAMIC_DISPATCH(AddGram)(in, rows, stride, size, gram);
}

void multiply_add(const float* a, std::size_t a_stride, const float* b, std::size_t b_stride, std::size_t rows,
                  std::size_t columns, std::size_t depth, float* out, std::size_t out_stride) {
  choose_target();
  HWY_DYNAMIC_DISPATCH(MultiplyAdd)(a, a_stride, b, b_stride, rows, columns, depth, out, out_stride);
}

void add_scaled(const float* in, float factor, std::size_t size, float* out) {
  choose_target();
  HWY_DYNAMIC_DISPATCH(AddScaled)(in, factor, size, out);
}

}  // namespace segue::simd
#endif  // HWY_ONCE
