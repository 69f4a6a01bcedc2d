// Code kernels. The limits: one query reads 64 bytes of codes a step, at the speed of the cache that holds them; eight
// queries do two dot-product instructions a cycle.
//
// With vpdpbusd (AVX-512 VNNI) a step is one instruction for 16 items times four factors: unsigned bytes of items times
// signed ones of the query, summed into 32 bits without saturation. Elsewhere bytes are widened to 16 bits and
// multiplied by pmaddwd, exact as well: pmaddubsw would be twice as fast, but saturates at sums that full-range codes
// reach. Since items are stored with 128 added, a sum is too large by 128 times the sum of the query's codes, which is
// the start.
//
// Highway 1.0.3 has no such products, so they are intrinsics here. Its AVX3_DL target names avxvnni rather than
// avx512vnni to the compiler, which then refuses the 512-bit intrinsic: hence one line of assembly.
#include "simd/codes.h"

#include "simd/targets.h"

#define HWY_WANT_AVX3_DL  // compiled for VNNI too, here alone
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "simd/codes.cc"
#include <hwy/foreach_target.h>
//
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace segue::simd::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;
using F = hn::CappedTag<float, kCodeItems>;
using I = hn::RebindToSigned<F>;
using Vf = hn::Vec<F>;
using Vi = hn::Vec<I>;

constexpr size_t kParts = kCodeItems / HWY_LANES(float) == 0 ? 1 : kCodeItems / HWY_LANES(float);

/// Sums of a block for one query, item by item, in as many vectors as 16 lanes take.
struct Dots {
  Vi part[kParts];
};

HWY_INLINE int32_t LoadFour(const int8_t* codes) {
  int32_t four;
  hwy::CopyBytes<4>(codes, &four);
  return four;
}

#if HWY_TARGET == HWY_AVX3_DL

HWY_INLINE __m512i AddProducts(__m512i sum, __m512i items, __m512i query) {
  __asm__("vpdpbusd %2, %1, %0" : "+v"(sum) : "v"(items), "v"(query));
  return sum;
}

/// Four codes of a query, as a step takes them.
using Four = int32_t;
HWY_INLINE Four Spread(const int8_t* codes) { return LoadFour(codes); }

/// @param query  [quads x kQueries]: steps of the queries side by side
template <size_t kQueries, size_t kBlocks>
HWY_INLINE void SumBlocks(const uint8_t* HWY_RESTRICT codes, size_t quads, const Four* HWY_RESTRICT query,
                          const int32_t* starts, Dots (*HWY_RESTRICT dots)[kQueries]) {
  __m512i sum[kBlocks][kQueries];
#pragma GCC unroll 8
  for (size_t q = 0; q < kQueries; ++q) {
#pragma GCC unroll 4
    for (size_t b = 0; b < kBlocks; ++b) sum[b][q] = _mm512_set1_epi32(starts[q]);
  }
  for (size_t i = 0; i < quads; ++i) {
    __m512i items[kBlocks];
#pragma GCC unroll 4
    for (size_t b = 0; b < kBlocks; ++b) items[b] = _mm512_load_si512(codes + (b * quads + i) * 64);
#pragma GCC unroll 8
    for (size_t q = 0; q < kQueries; ++q) {
      const __m512i four = _mm512_set1_epi32(query[i * kQueries + q]);
#pragma GCC unroll 4
      for (size_t b = 0; b < kBlocks; ++b) sum[b][q] = AddProducts(sum[b][q], items[b], four);
    }
  }
#pragma GCC unroll 8
  for (size_t q = 0; q < kQueries; ++q) {
#pragma GCC unroll 4
    for (size_t b = 0; b < kBlocks; ++b) dots[b][q].part[0] = Vi{sum[b][q]};
  }
}
// Two blocks of eight queries are sixteen chains of four cycles on two ports, and ten loads for sixteen products. One
// query takes four blocks, for the chains.
constexpr size_t kAtOnce = 8;
constexpr size_t kBlocksOfOne = 4;
constexpr size_t kBlocksOfMany = 2;

#elif HWY_TARGET == HWY_AVX3 || HWY_TARGET == HWY_AVX2 || HWY_TARGET == HWY_SSE4

#if HWY_TARGET == HWY_AVX3
using Wide = __m512i;
HWY_INLINE Wide Widen(const uint8_t* codes) {
  return _mm512_cvtepu8_epi16(_mm256_load_si256(reinterpret_cast<const __m256i*>(codes)));
}
HWY_INLINE Wide Products(Wide items, Wide query) { return _mm512_madd_epi16(items, query); }
HWY_INLINE Wide Sum(Wide a, Wide b) { return _mm512_add_epi32(a, b); }
HWY_INLINE Wide Repeat(int64_t four) { return _mm512_set1_epi64(four); }
HWY_INLINE Wide Nothing() { return _mm512_setzero_si512(); }
/// The sums of neighbors: of 16 items, in order.
HWY_INLINE Wide AddPairs(Wide low, Wide high) {
  const Wide even = _mm512_setr_epi32(0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
  const Wide odd = _mm512_setr_epi32(1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31);
  return Sum(_mm512_permutex2var_epi32(low, even, high), _mm512_permutex2var_epi32(low, odd, high));
}
constexpr size_t kAtOnce = 4;
#elif HWY_TARGET == HWY_AVX2
using Wide = __m256i;
HWY_INLINE Wide Widen(const uint8_t* codes) {
  return _mm256_cvtepu8_epi16(_mm_load_si128(reinterpret_cast<const __m128i*>(codes)));
}
HWY_INLINE Wide Products(Wide items, Wide query) { return _mm256_madd_epi16(items, query); }
HWY_INLINE Wide Sum(Wide a, Wide b) { return _mm256_add_epi32(a, b); }
HWY_INLINE Wide Repeat(int64_t four) { return _mm256_set1_epi64x(four); }
HWY_INLINE Wide Nothing() { return _mm256_setzero_si256(); }
HWY_INLINE Wide AddPairs(Wide low, Wide high) {
  return _mm256_permute4x64_epi64(_mm256_hadd_epi32(low, high), 0xD8);  // hadd stays within 128 bits
}
constexpr size_t kAtOnce = 2;
#else
using Wide = __m128i;
HWY_INLINE Wide Widen(const uint8_t* codes) {
  return _mm_cvtepu8_epi16(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(codes)));
}
HWY_INLINE Wide Products(Wide items, Wide query) { return _mm_madd_epi16(items, query); }
HWY_INLINE Wide Sum(Wide a, Wide b) { return _mm_add_epi32(a, b); }
HWY_INLINE Wide Repeat(int64_t four) { return _mm_set1_epi64x(four); }
HWY_INLINE Wide Nothing() { return _mm_setzero_si128(); }
HWY_INLINE Wide AddPairs(Wide low, Wide high) { return _mm_hadd_epi32(low, high); }
constexpr size_t kAtOnce = 1;
#endif

/// Four codes of a query, as a step takes them: 16 bits each.
using Four = int64_t;
HWY_INLINE Four Spread(const int8_t* codes) {
  return _mm_cvtsi128_si64(_mm_cvtepi8_epi16(_mm_cvtsi32_si128(LoadFour(codes))));
}

template <size_t kQueries, size_t kBlocks>
HWY_INLINE void SumBlocks(const uint8_t* HWY_RESTRICT codes, size_t quads, const Four* HWY_RESTRICT queries,
                          const int32_t* starts, Dots (*HWY_RESTRICT dots)[kQueries]) {
  static_assert(kBlocks == 1);
  const I d;
  constexpr size_t kBytes = sizeof(Wide) / 2;  // of codes that a register takes
  Wide sums[2 * kParts][kQueries];
#pragma GCC unroll 8
  for (size_t p = 0; p < 2 * kParts; ++p) {
#pragma GCC unroll 8
    for (size_t q = 0; q < kQueries; ++q) sums[p][q] = Nothing();
  }
  for (size_t i = 0; i < quads; ++i) {
    Wide query[kQueries];
#pragma GCC unroll 8
    for (size_t q = 0; q < kQueries; ++q) query[q] = Repeat(queries[i * kQueries + q]);
#pragma GCC unroll 8
    for (size_t p = 0; p < 2 * kParts; ++p) {
      const Wide items = Widen(codes + i * 64 + p * kBytes);
#pragma GCC unroll 8
      for (size_t q = 0; q < kQueries; ++q) sums[p][q] = Sum(sums[p][q], Products(items, query[q]));
    }
  }
#pragma GCC unroll 8
  for (size_t p = 0; p < kParts; ++p) {
#pragma GCC unroll 8
    for (size_t q = 0; q < kQueries; ++q) {
      dots[0][q].part[p] = hn::Add(hn::Set(d, starts[q]), Vi{AddPairs(sums[2 * p][q], sums[2 * p + 1][q])});
    }
  }
}

constexpr size_t kBlocksOfOne = 1;
constexpr size_t kBlocksOfMany = 1;

#else

using Four = int32_t;
HWY_INLINE Four Spread(const int8_t* codes) { return LoadFour(codes); }
constexpr size_t kAtOnce = 1;
constexpr size_t kBlocksOfOne = 1;
constexpr size_t kBlocksOfMany = 1;

#if HWY_ARCH_ARM && HWY_MAX_BYTES == 16

template <size_t kQueries, size_t kBlocks>
HWY_INLINE void SumBlocks(const uint8_t* HWY_RESTRICT codes, size_t quads, const Four* HWY_RESTRICT queries,
                          const int32_t* /*starts*/, Dots (*HWY_RESTRICT dots)[kQueries]) {
  static_assert(kBlocks == 1);
  // Signed here: 128 is taken off the bytes rather than off the sums.
  for (size_t q = 0; q < kQueries; ++q) {
    int32x4_t sums[8];
    for (int32x4_t& sum : sums) sum = vdupq_n_s32(0);
    for (size_t i = 0; i < quads; ++i) {
      const int8x8_t query = vreinterpret_s8_s32(vdup_n_s32(queries[i * kQueries + q]));
      for (size_t p = 0; p < 8; ++p) {
        const uint8x8_t bytes = veor_u8(vld1_u8(codes + i * 64 + p * 8), vdup_n_u8(128));
        sums[p] = vpadalq_s16(sums[p], vmull_s8(vreinterpret_s8_u8(bytes), query));
      }
    }
    for (size_t p = 0; p < kParts; ++p) {
      dots[0][q].part[p] = Vi{vcombine_s32(vpadd_s32(vget_low_s32(sums[2 * p]), vget_high_s32(sums[2 * p])),
                                           vpadd_s32(vget_low_s32(sums[2 * p + 1]), vget_high_s32(sums[2 * p + 1])))};
    }
  }
}

#else

template <size_t kQueries, size_t kBlocks>
HWY_INLINE void SumBlocks(const uint8_t* HWY_RESTRICT codes, size_t quads, const Four* HWY_RESTRICT queries,
                          const int32_t* starts, Dots (*HWY_RESTRICT dots)[kQueries]) {
  static_assert(kBlocks == 1);
  const I d;
  for (size_t q = 0; q < kQueries; ++q) {
    HWY_ALIGN int32_t sums[kCodeItems];
    for (int32_t& sum : sums) sum = starts[q];
    for (size_t i = 0; i < quads; ++i) {
      int8_t four[4];
      hwy::CopyBytes<4>(&queries[i * kQueries + q], four);
      for (size_t item = 0; item < kCodeItems; ++item) {
        for (size_t f = 0; f < 4; ++f) sums[item] += codes[i * 64 + item * 4 + f] * four[f];
      }
    }
    for (size_t p = 0; p < kParts; ++p) dots[0][q].part[p] = hn::Load(d, sums + p * hn::Lanes(d));
  }
}
#endif
#endif

int32_t Start(const CodeQuery& query, size_t quads) {
  int32_t sum = 0;
  for (size_t f = 0; f < 4 * quads; ++f) sum += query.codes[f];
  return -128 * sum;
}

/// What a query compares with, in registers.
struct Bounds {
  explicit Bounds(const CodeQuery& query)
      : scale(hn::Set(F(), query.scale)),
        by_error(hn::Set(F(), query.by_error)),
        threshold(hn::Set(F(), query.threshold)) {}
  Vf scale, by_error, threshold;
};

/// Appends the items of a block whose bound is not below the threshold.
HWY_INLINE size_t Append(const CodeBlocks& blocks, size_t block, const Dots& dots, const Bounds& bounds, float by_norm,
                         Candidate* found) {
  const F d;
  const size_t lanes = hn::Lanes(d);
  const Vf length = hn::Set(d, by_norm * blocks.norms[block]);
  Vf bound[kParts];
  bool any = false;
#pragma GCC unroll 4
  for (size_t p = 0; p < kParts; ++p) {
    const size_t at = block * kCodeItems + p * lanes;
    const Vf slack = hn::MulAdd(bounds.by_error, hn::Load(d, blocks.errors + at), length);
    const Vf dot = hn::Mul(hn::ConvertTo(d, dots.part[p]), bounds.scale);
    bound[p] = hn::MulAdd(dot, hn::Load(d, blocks.scales + at), slack);
    any |= !hn::AllTrue(d, hn::Lt(bound[p], bounds.threshold));
  }
  if (HWY_LIKELY(!any)) return 0;
  HWY_ALIGN float values[kCodeItems];
  for (size_t p = 0; p < kParts; ++p) hn::Store(bound[p], d, values + p * lanes);
  const float threshold = hn::GetLane(bounds.threshold);
  size_t count = 0;
  for (size_t i = 0; i < kCodeItems; ++i) {
    found[count] = {static_cast<uint32_t>(block * kCodeItems + i), values[i]};
    count += values[i] < threshold ? 0 : 1;
  }
  return count;
}

template <size_t kQueries>
void Select(const CodeBlocks& blocks, size_t first, size_t count, const CodeQuery* queries, Candidate* const* found,
            size_t* counts) {
  constexpr size_t kBlocks = kQueries == 1 ? kBlocksOfOne : kBlocksOfMany;
  const size_t quads = (blocks.factors + 3) / 4;
  HWY_ALIGN Four tile[kMostCodeFactors / 4 * kQueries];
  int32_t starts[kQueries];
  for (size_t q = 0; q < kQueries; ++q) {
    for (size_t i = 0; i < quads; ++i) tile[i * kQueries + q] = Spread(queries[q].codes + 4 * i);
    starts[q] = Start(queries[q], quads);
    counts[q] = 0;
  }
  const size_t end = first + count;
  size_t block = first;
  for (; block + kBlocks <= end; block += kBlocks) {
    Dots dots[kBlocks][kQueries];
    SumBlocks<kQueries, kBlocks>(blocks.codes + block * quads * 64, quads, tile, starts, dots);
#pragma GCC unroll 8
    for (size_t q = 0; q < kQueries; ++q) {
      const Bounds bounds(queries[q]);
#pragma GCC unroll 4
      for (size_t b = 0; b < kBlocks; ++b) {
        counts[q] += Append(blocks, block + b, dots[b][q], bounds, queries[q].by_norm, found[q] + counts[q]);
      }
    }
  }
  for (; block < end; ++block) {
    Dots dots[1][kQueries];
    SumBlocks<kQueries, 1>(blocks.codes + block * quads * 64, quads, tile, starts, dots);
    for (size_t q = 0; q < kQueries; ++q) {
      counts[q] += Append(blocks, block, dots[0][q], Bounds(queries[q]), queries[q].by_norm, found[q] + counts[q]);
    }
  }
}

void SelectCodes(const CodeBlocks& blocks, size_t first, size_t count, const CodeQuery* queries, size_t query_count,
                 Candidate* const* found, size_t* counts) {
  // Blocks stay in L1 from one group of queries to the next.
  const size_t step =
      query_count > kAtOnce ? HWY_MAX(size_t{1}, (size_t{16} << 10) / (blocks.factors * kCodeItems)) : count;
  if (step >= count || query_count <= kAtOnce) {
    size_t q = 0;
    for (; q + kAtOnce <= query_count; q += kAtOnce) {
      Select<kAtOnce>(blocks, first, count, queries + q, found + q, counts + q);
    }
    for (; q < query_count; ++q) Select<1>(blocks, first, count, queries + q, found + q, counts + q);
    return;
  }
  for (size_t q = 0; q < query_count; ++q) counts[q] = 0;
  for (size_t begin = 0; begin < count; begin += step) {
    Candidate* next[kCodeQueries];
    size_t more[kCodeQueries];
    for (size_t q = 0; q < query_count; ++q) next[q] = found[q] + counts[q];
    SelectCodes(blocks, first + begin, HWY_MIN(step, count - begin), queries, query_count, next, more);
    for (size_t q = 0; q < query_count; ++q) counts[q] += more[q];
  }
}

void CodeDots(const CodeBlocks& blocks, size_t block, const CodeQuery& query, int32_t* out) {
  const I d;
  const size_t quads = (blocks.factors + 3) / 4;
  const int32_t start = Start(query, quads);
  HWY_ALIGN Four steps[kMostCodeFactors / 4];
  for (size_t i = 0; i < quads; ++i) steps[i] = Spread(query.codes + 4 * i);
  Dots dots[1][1];
  SumBlocks<1, 1>(blocks.codes + block * quads * 64, quads, steps, &start, dots);
  for (size_t p = 0; p < kParts; ++p) hn::StoreU(dots[0][0].part[p], d, out + p * hn::Lanes(d));
}

}  // namespace segue::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace segue::simd {

HWY_EXPORT(SelectCodes);
HWY_EXPORT(CodeDots);

std::size_t select_codes(const CodeBlocks& blocks, std::size_t first, std::size_t count, const CodeQuery& query,
                         Candidate* found) {
  choose_target();
  std::size_t counted = 0;
  HWY_DYNAMIC_DISPATCH(SelectCodes)(blocks, first, count, &query, 1, &found, &counted);
  return counted;
}

std::array<std::size_t, kCodeQueries> select_codes(const CodeBlocks& blocks, std::size_t first, std::size_t count,
                                                   const CodeQuery* queries, std::size_t query_count,
                                                   Candidate* const* found) {
  choose_target();
  std::array<std::size_t, kCodeQueries> counts{};
  HWY_DYNAMIC_DISPATCH(SelectCodes)(blocks, first, count, queries, query_count, found, counts.data());
  return counts;
}

void code_dots(const CodeBlocks& blocks, std::size_t block, const CodeQuery& query, std::int32_t* dots) {
  choose_target();
  HWY_DYNAMIC_DISPATCH(CodeDots)(blocks, block, query, dots);
}

}  // namespace segue::simd
#endif  // HWY_ONCE
