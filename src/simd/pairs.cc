// Pair kernels. One query against scattered rows is bound by memory: a row of 64 floats is four or five cache lines
// from anywhere, and fetching some rows ahead hides most of the wait. One accumulator is enough for that.
#include "simd/pairs.h"

#include "simd/targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "simd/pairs.cc"
#include <hwy/foreach_target.h>
//
#include <hwy/cache_control.h>
#include <hwy/highway.h>

#include "simd/rows-inl.h"

HWY_BEFORE_NAMESPACE();
namespace segue::simd::HWY_NAMESPACE {

using F1 = hn::CappedTag<float, 1>;

/// Rows fetched ahead: at some 17 ns a row this covers the latency of memory about twice.
constexpr size_t kAhead = 12;

/// Upper half onto lower until one lane is left.
HWY_INLINE float SumLanes([[maybe_unused]] F d, Vf v) {
#if HWY_MAX_BYTES == 64
  const hn::Half<F> d8;
  const hn::Half<decltype(d8)> d4;
  const auto eight = hn::Add(hn::LowerHalf(d8, v), hn::UpperHalf(d8, v));
  const auto four = hn::Add(hn::LowerHalf(d4, eight), hn::UpperHalf(d4, eight));
#elif HWY_MAX_BYTES == 32
  const hn::Half<F> d4;
  const auto four = hn::Add(hn::LowerHalf(d4, v), hn::UpperHalf(d4, v));
#else
  const auto four = v;
#endif
  const auto two = hn::Add(four, hn::Shuffle1032(four));
  return hn::GetLane(hn::Add(two, hn::Shuffle2301(two)));
}

template <Pair kPair, class D, class V>
HWY_INLINE V Join(D /*d*/, V a, V b, V sum) {
  if constexpr (kPair == Pair::kDot) {
    return hn::MulAdd(a, b, sum);
  } else if constexpr (kPair == Pair::kSquared) {
    const V difference = hn::Sub(a, b);
    return hn::MulAdd(difference, difference, sum);
  } else {
    return hn::Add(sum, hn::Abs(hn::Sub(a, b)));
  }
}

template <Pair kPair>
HWY_INLINE float Measure(const float* HWY_RESTRICT a, const float* HWY_RESTRICT b, size_t size) {
  const F d;
  const size_t lanes = hn::Lanes(d);
  Vf sum = hn::Zero(d);
  size_t i = 0;
  for (; i + lanes <= size; i += lanes) sum = Join<kPair>(d, hn::LoadU(d, a + i), hn::LoadU(d, b + i), sum);
  float total = SumLanes(d, sum);
  const F1 d1;
  for (; i < size; ++i) {
    total = hn::GetLane(Join<kPair>(d1, hn::LoadU(d1, a + i), hn::LoadU(d1, b + i), hn::Set(d1, total)));
  }
  return total;
}

float MeasureDot(const float* a, const float* b, size_t size) { return Measure<Pair::kDot>(a, b, size); }
float MeasureSquared(const float* a, const float* b, size_t size) { return Measure<Pair::kSquared>(a, b, size); }
float MeasureAbsolute(const float* a, const float* b, size_t size) { return Measure<Pair::kAbsolute>(a, b, size); }

HWY_INLINE void Fetch(const std::byte* row, size_t bytes) {
  for (size_t i = 0; i < bytes; i += 64) hwy::Prefetch(row + i);
  hwy::Prefetch(row + bytes - 1);
}

template <class Action>
HWY_INLINE void ForRows(const ScatteredRows& rows, size_t value_bytes, const uint32_t* ids, size_t count,
                        const Action& action) {
  const size_t bytes = rows.offset + rows.size * value_bytes;
  const auto row = [&](size_t i) { return rows.first + size_t{ids[i]} * rows.stride; };
  for (size_t i = 0; i < HWY_MIN(kAhead, count); ++i) Fetch(row(i), bytes);
  for (size_t i = 0; i < count; ++i) {
    if (i + kAhead < count) Fetch(row(i + kAhead), bytes);
    action(i, row(i) + rows.offset);
  }
}

template <Pair kPair>
HWY_INLINE void MeasureRows(const ScatteredRows& rows, const float* query, const uint32_t* ids, size_t count,
                            float* out) {
  ForRows(rows, sizeof(float), ids, count, [&](size_t i, const std::byte* row) {
    out[i] = Measure<kPair>(query, reinterpret_cast<const float*>(row), rows.size);
  });
}

void PairRows(Pair pair, const ScatteredRows& rows, const float* query, const uint32_t* ids, size_t count, float* out) {
  switch (pair) {
    case Pair::kDot:
      return MeasureRows<Pair::kDot>(rows, query, ids, count, out);
    case Pair::kSquared:
      return MeasureRows<Pair::kSquared>(rows, query, ids, count, out);
    case Pair::kAbsolute:
      return MeasureRows<Pair::kAbsolute>(rows, query, ids, count, out);
  }
}

void CountBits(const ScatteredRows& rows, const uint64_t* query, const uint32_t* ids, size_t count, float* out) {
  ForRows(rows, sizeof(uint64_t), ids, count, [&](size_t i, const std::byte* row) {
    size_t bits = 0;
    for (size_t w = 0; w < rows.size; ++w) {
      bits += hwy::PopCount(query[w] ^ reinterpret_cast<const uint64_t*>(row)[w]);
    }
    out[i] = static_cast<float>(bits);
  });
}

/// v / |v|, where it has a length.
HWY_INLINE void MakeUnit(F d, float* HWY_RESTRICT v, size_t stride) {
  const float squares = Dot(d, v, v, stride);
  if (!(squares > 0)) return;
  const Vf scale = hn::Div(hn::Set(d, 1.0F), hn::Sqrt(hn::Set(d, squares)));
  for (size_t i = 0; i < stride; i += hn::Lanes(d)) hn::Store(hn::Mul(scale, hn::Load(d, v + i)), d, v + i);
}

HWY_INLINE void AddTo(F d, const float* HWY_RESTRICT x, float* HWY_RESTRICT sum, size_t stride) {
  for (size_t i = 0; i < stride; i += hn::Lanes(d))
    hn::Store(hn::Add(hn::Load(d, sum + i), hn::Load(d, x + i)), d, sum + i);
}

bool TwoMeans(const float* points, size_t count, size_t stride, int rounds, bool spherical, float* scratch, float* a,
              float* b) {
  const F d;
  const size_t lanes = hn::Lanes(d);
  float* normal = scratch;
  float* sums[2] = {normal + stride, normal + 2 * stride};
  float* centers[2] = {b, a};
  for (int round = 0; round < rounds; ++round) {
    // Nearer to a: x·(a - b) > (|a|² - |b|²) / 2; unit vectors have no right side.
    for (size_t i = 0; i < stride; i += lanes) {
      hn::Store(hn::Sub(hn::Load(d, a + i), hn::Load(d, b + i)), d, normal + i);
      hn::Store(hn::Zero(d), d, sums[0] + i);
      hn::Store(hn::Zero(d), d, sums[1] + i);
    }
    const float bound = spherical ? 0.0F : (Dot(d, a, a, stride) - Dot(d, b, b, stride)) / 2;
    size_t counts[2] = {0, 0};
    for (size_t p = 0; p < count; ++p) {
      const float* x = points + p * stride;
      const size_t side = Dot(d, x, normal, stride) > bound ? 1 : 0;
      AddTo(d, x, sums[side], stride);
      ++counts[side];
    }
    if (counts[0] == 0 || counts[1] == 0) return false;
    for (size_t side = 0; side < 2; ++side) {
      const Vf scale = hn::Set(d, 1.0F / static_cast<float>(counts[side]));
      for (size_t i = 0; i < stride; i += lanes) {
        hn::Store(hn::Mul(scale, hn::Load(d, sums[side] + i)), d, centers[side] + i);
      }
      if (spherical) MakeUnit(d, centers[side], stride);
    }
  }
  return true;
}

}  // namespace segue::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace segue::simd {

HWY_EXPORT(MeasureDot);
HWY_EXPORT(MeasureSquared);
HWY_EXPORT(MeasureAbsolute);
HWY_EXPORT(PairRows);
HWY_EXPORT(CountBits);
HWY_EXPORT(TwoMeans);

PairFunction pair_function(Pair pair) {
  choose_target();
  switch (pair) {
    case Pair::kDot:
      return &HWY_DYNAMIC_DISPATCH(MeasureDot);
    case Pair::kSquared:
      return &HWY_DYNAMIC_DISPATCH(MeasureSquared);
    case Pair::kAbsolute:
      return &HWY_DYNAMIC_DISPATCH(MeasureAbsolute);
  }
  return nullptr;
}

void pair_rows(Pair pair, const ScatteredRows& rows, const float* query, const std::uint32_t* ids, std::size_t count,
               float* out) {
  choose_target();
  HWY_DYNAMIC_DISPATCH(PairRows)(pair, rows, query, ids, count, out);
}

void count_bits(const ScatteredRows& rows, const std::uint64_t* query, const std::uint32_t* ids, std::size_t count,
                float* out) {
  choose_target();
  HWY_DYNAMIC_DISPATCH(CountBits)(rows, query, ids, count, out);
}

bool two_means(const float* points, std::size_t count, std::size_t stride, int rounds, bool spherical, float* scratch,
               float* a, float* b) {
  choose_target();
  return HWY_DYNAMIC_DISPATCH(TwoMeans)(points, count, stride, rounds, spherical, scratch, a, b);
}

}  // namespace segue::simd
#endif  // HWY_ONCE
