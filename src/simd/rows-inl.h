// Pieces that several kernels share: rows of floats, padded to whole vectors. Per-target code: included by kernel
// files, once per target.
#if defined(SEGUE_SIMD_ROWS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef SEGUE_SIMD_ROWS_INL_H_
#undef SEGUE_SIMD_ROWS_INL_H_
#else
#define SEGUE_SIMD_ROWS_INL_H_
#endif

#include <hwy/highway.h>

#include <cstddef>

HWY_BEFORE_NAMESPACE();
namespace segue::simd::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;
using F = hn::ScalableTag<float>;
using Vf = hn::Vec<F>;
static_assert(HWY_MAX_BYTES <= 64, "rows are padded to 64 bytes");

/// Lane i of every 128-bit block of the result: the sum of all lanes of operand i. One tree of shuffles for four rows.
HWY_INLINE Vf SumFour(F d, Vf a, Vf b, Vf c, Vf e) {
  const hn::Repartition<uint64_t, F> d64;
  const Vf ab = hn::Add(hn::InterleaveLower(d, a, b), hn::InterleaveUpper(d, a, b));
  const Vf ce = hn::Add(hn::InterleaveLower(d, c, e), hn::InterleaveUpper(d, c, e));
  const auto ab64 = hn::BitCast(d64, ab);
  const auto ce64 = hn::BitCast(d64, ce);
  Vf sums = hn::Add(hn::BitCast(d, hn::InterleaveLower(d64, ab64, ce64)),
                    hn::BitCast(d, hn::InterleaveUpper(d64, ab64, ce64)));
#if HWY_MAX_BYTES >= 64
  if (hn::Lanes(d) >= 16) sums = hn::Add(sums, hn::ReverseBlocks(d, sums));
#endif
#if HWY_MAX_BYTES >= 32
  if (hn::Lanes(d) >= 8) sums = hn::Add(sums, hn::SwapAdjacentBlocks(sums));
#endif
  return sums;
}

/// a·b over `stride` floats, a multiple of 16. Two accumulators, one after the other in lane order at the end.
HWY_INLINE float Dot(F d, const float* HWY_RESTRICT a, const float* HWY_RESTRICT b, size_t stride) {
  const size_t lanes = hn::Lanes(d);
  Vf sum0 = hn::Zero(d);
  Vf sum1 = hn::Zero(d);
  size_t i = 0;
  for (; i + 2 * lanes <= stride; i += 2 * lanes) {
    sum0 = hn::MulAdd(hn::Load(d, a + i), hn::Load(d, b + i), sum0);
    sum1 = hn::MulAdd(hn::Load(d, a + i + lanes), hn::Load(d, b + i + lanes), sum1);
  }
  if (i < stride) sum0 = hn::MulAdd(hn::Load(d, a + i), hn::Load(d, b + i), sum0);
  return hn::GetLane(hn::SumOfLanes(d, hn::Add(sum0, sum1)));
}

}  // namespace segue::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // SEGUE_SIMD_ROWS_INL_H_
