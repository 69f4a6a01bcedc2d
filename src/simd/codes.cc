// Code kernels. The limits: one query reads 64 bytes of a plane a step, at the speed of the cache that holds them;
// eight queries do two dot-product instructions a cycle.
//
// With vpdpbusd (AVX-512 VNNI) half a step is one instruction for 16 items times four factors: unsigned bytes of items
// times signed ones of the query, summed into 32 bits. Elsewhere pmaddubsw multiplies and adds two of them into 16
// bits, which four bits of an item cannot fill: 2 · 15 · 127 a time, eight times, after which pmaddwd widens the sums.
// (Whole codes saturate it, which is why the planes are summed apart: 16 · upper + lower.) Since items are stored with
// 128 added, a sum is too large by 128 times the sum of the query's codes, which is the start.
//
// A call goes over the upper plane first and remembers the blocks that hold an item which may pass; their lower halves
// are fetched meanwhile, and then those are summed, too.
//
// Highway 1.0.3 has no such products, so they are intrinsics here. Its AVX3_DL target names avxvnni rather than
// avx512vnni to the compiler, which then refuses the 512-bit intrinsic: hence one line of assembly.
#include "simd/codes.h"

#include <limits>
#include <span>

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

/// What a step takes of a query: the codes of eight factors, four and four.
struct Eight {
  int32_t first, second;
};

#if HWY_TARGET == HWY_AVX3_DL

HWY_INLINE __m512i AddProducts(__m512i sum, __m512i items, __m512i query) {
  __asm__("vpdpbusd %2, %1, %0" : "+v"(sum) : "v"(items), "v"(query));
  return sum;
}

template <size_t kQueries, size_t kBlocks>
HWY_INLINE void SumBlocks(const uint8_t* HWY_RESTRICT plane, size_t stride, size_t steps,
                          const Eight* HWY_RESTRICT queries, Dots* HWY_RESTRICT dots) {
  const __m512i half = _mm512_set1_epi8(15);
  __m512i sum[kBlocks][kQueries];
#pragma GCC unroll 8
  for (size_t q = 0; q < kQueries; ++q) {
#pragma GCC unroll 4
    for (size_t b = 0; b < kBlocks; ++b) sum[b][q] = _mm512_setzero_si512();
  }
  for (size_t i = 0; i < steps; ++i) {
    __m512i first[kBlocks];
    __m512i second[kBlocks];
#pragma GCC unroll 4
    for (size_t b = 0; b < kBlocks; ++b) {
      const __m512i both = _mm512_load_si512(plane + b * stride + i * 64);
      first[b] = _mm512_and_si512(both, half);
      second[b] = _mm512_and_si512(_mm512_srli_epi16(both, 4), half);
    }
#pragma GCC unroll 8
    for (size_t q = 0; q < kQueries; ++q) {
      const Eight& eight = queries[i * kQueries + q];
#pragma GCC unroll 4
      for (size_t b = 0; b < kBlocks; ++b) {
        sum[b][q] = AddProducts(sum[b][q], first[b], _mm512_set1_epi32(eight.first));
        sum[b][q] = AddProducts(sum[b][q], second[b], _mm512_set1_epi32(eight.second));
      }
    }
  }
#pragma GCC unroll 8
  for (size_t q = 0; q < kQueries; ++q) {
#pragma GCC unroll 4
    for (size_t b = 0; b < kBlocks; ++b) dots[b * kQueries + q].part[0] = Vi{sum[b][q]};
  }
}
// Two blocks of eight queries are sixteen chains on two ports. One query takes four blocks, for the chains.
constexpr size_t kAtOnce = 8;
constexpr size_t kBlocksOfOne = 4;
constexpr size_t kBlocksOfMany = 2;

#elif HWY_TARGET == HWY_AVX3 || HWY_TARGET == HWY_AVX2 || HWY_TARGET == HWY_SSE4

#if HWY_TARGET == HWY_AVX3
using Wide = __m512i;
HWY_INLINE Wide LoadBytes(const uint8_t* bytes) { return _mm512_load_si512(bytes); }
HWY_INLINE Wide And(Wide a, Wide b) { return _mm512_and_si512(a, b); }
HWY_INLINE Wide Upper(Wide bytes) { return _mm512_srli_epi16(bytes, 4); }
HWY_INLINE Wide Products(Wide items, Wide query) { return _mm512_maddubs_epi16(items, query); }
HWY_INLINE Wide AddShort(Wide a, Wide b) { return _mm512_add_epi16(a, b); }
HWY_INLINE Wide AddLong(Wide a, Wide b) { return _mm512_add_epi32(a, b); }
HWY_INLINE Wide Widen(Wide sums) { return _mm512_madd_epi16(sums, _mm512_set1_epi16(1)); }
HWY_INLINE Wide Bytes(char byte) { return _mm512_set1_epi8(byte); }
HWY_INLINE Wide Repeat(int32_t four) { return _mm512_set1_epi32(four); }
HWY_INLINE Wide Nothing() { return _mm512_setzero_si512(); }
constexpr size_t kAtOnce = 8;
#elif HWY_TARGET == HWY_AVX2
using Wide = __m256i;
HWY_INLINE Wide LoadBytes(const uint8_t* bytes) { return _mm256_load_si256(reinterpret_cast<const __m256i*>(bytes)); }
HWY_INLINE Wide And(Wide a, Wide b) { return _mm256_and_si256(a, b); }
HWY_INLINE Wide Upper(Wide bytes) { return _mm256_srli_epi16(bytes, 4); }
HWY_INLINE Wide Products(Wide items, Wide query) { return _mm256_maddubs_epi16(items, query); }
HWY_INLINE Wide AddShort(Wide a, Wide b) { return _mm256_add_epi16(a, b); }
HWY_INLINE Wide AddLong(Wide a, Wide b) { return _mm256_add_epi32(a, b); }
HWY_INLINE Wide Widen(Wide sums) { return _mm256_madd_epi16(sums, _mm256_set1_epi16(1)); }
HWY_INLINE Wide Bytes(char byte) { return _mm256_set1_epi8(byte); }
HWY_INLINE Wide Repeat(int32_t four) { return _mm256_set1_epi32(four); }
HWY_INLINE Wide Nothing() { return _mm256_setzero_si256(); }
constexpr size_t kAtOnce = 8;
#else
using Wide = __m128i;
HWY_INLINE Wide LoadBytes(const uint8_t* bytes) { return _mm_load_si128(reinterpret_cast<const __m128i*>(bytes)); }
HWY_INLINE Wide And(Wide a, Wide b) { return _mm_and_si128(a, b); }
HWY_INLINE Wide Upper(Wide bytes) { return _mm_srli_epi16(bytes, 4); }
HWY_INLINE Wide Products(Wide items, Wide query) { return _mm_maddubs_epi16(items, query); }
HWY_INLINE Wide AddShort(Wide a, Wide b) { return _mm_add_epi16(a, b); }
HWY_INLINE Wide AddLong(Wide a, Wide b) { return _mm_add_epi32(a, b); }
HWY_INLINE Wide Widen(Wide sums) { return _mm_madd_epi16(sums, _mm_set1_epi16(1)); }
HWY_INLINE Wide Bytes(char byte) { return _mm_set1_epi8(byte); }
HWY_INLINE Wide Repeat(int32_t four) { return _mm_set1_epi32(four); }
HWY_INLINE Wide Nothing() { return _mm_setzero_si128(); }
constexpr size_t kAtOnce = 8;
#endif

// Two products of 2 · 15 · 127 a step: four steps stay below 2^15.
constexpr size_t kShortSteps = 4;

/// Keeps a sum in its register: compilers would add products in another order, and keep them in memory until then.
HWY_INLINE void Pin(Wide& sum) { __asm__ volatile("" : "+v"(sum)); }

/// Adds products of `steps` steps (kShortSteps at most) to the sums of kWide parts of each block, the first of them at
/// `plane`.
template <size_t kQueries, size_t kBlocks, size_t kWide>
HWY_INLINE void AddSteps(const uint8_t* HWY_RESTRICT plane, size_t stride, size_t steps,
                         const Eight* HWY_RESTRICT queries, size_t begin, Dots* HWY_RESTRICT dots, size_t part) {
  const Wide half = Bytes(15);
  Wide sums[kBlocks][kWide][kQueries];
#pragma GCC unroll 2
  for (size_t b = 0; b < kBlocks; ++b) {
#pragma GCC unroll 4
    for (size_t p = 0; p < kWide; ++p) {
#pragma GCC unroll 8
      for (size_t q = 0; q < kQueries; ++q) sums[b][p][q] = Nothing();
    }
  }
#pragma GCC unroll 1
  for (size_t i = 0; i < steps; ++i, plane += 64, queries += kQueries) {
#pragma GCC unroll 2
    for (size_t b = 0; b < kBlocks; ++b) {
#pragma GCC unroll 4
      for (size_t p = 0; p < kWide; ++p) {
        const Wide both = LoadBytes(plane + b * stride + p * sizeof(Wide));
        const Wide first = And(both, half);
        const Wide second = And(Upper(both), half);
#pragma GCC unroll 8
        for (size_t q = 0; q < kQueries; ++q) {
          Wide& sum = sums[b][p][q];
          sum = AddShort(sum, Products(first, Repeat(queries[q].first)));
          Pin(sum);
          sum = AddShort(sum, Products(second, Repeat(queries[q].second)));
          Pin(sum);
        }
      }
    }
  }
#pragma GCC unroll 2
  for (size_t b = 0; b < kBlocks; ++b) {
#pragma GCC unroll 4
    for (size_t p = 0; p < kWide; ++p) {
#pragma GCC unroll 8
      for (size_t q = 0; q < kQueries; ++q) {
        Vi& dot = dots[b * kQueries + q].part[part + p];
        const Wide more = Widen(sums[b][p][q]);
        dot = Vi{begin == 0 ? more : AddLong(dot.raw, more)};
      }
    }
  }
}

template <size_t kQueries, size_t kBlocks>
HWY_INLINE void SumBlocks(const uint8_t* HWY_RESTRICT plane, size_t stride, size_t steps,
                          const Eight* HWY_RESTRICT queries, Dots* HWY_RESTRICT dots) {
  // Sums of many queries fill the registers with one part.
  constexpr size_t kWide = kQueries == 1 ? kParts : 1;
  for (size_t part = 0; part < kParts; part += kWide) {
    for (size_t begin = 0; begin < steps; begin += kShortSteps) {
      AddSteps<kQueries, kBlocks, kWide>(plane + begin * 64 + part * sizeof(Wide), stride,
                                         HWY_MIN(kShortSteps, steps - begin), queries + begin * kQueries, begin, dots,
                                         part);
    }
  }
}

constexpr size_t kBlocksOfOne = 2;
constexpr size_t kBlocksOfMany = 1;

#else

constexpr size_t kAtOnce = 1;
constexpr size_t kBlocksOfOne = 1;
constexpr size_t kBlocksOfMany = 1;

#if HWY_ARCH_ARM && HWY_MAX_BYTES == 16

template <size_t kQueries, size_t kBlocks>
HWY_INLINE void SumBlocks(const uint8_t* HWY_RESTRICT plane, size_t /*stride*/, size_t steps,
                          const Eight* HWY_RESTRICT queries, Dots* HWY_RESTRICT dots) {
  static_assert(kBlocks == 1);
  for (size_t q = 0; q < kQueries; ++q) {
    int32x4_t sums[8];
    for (int32x4_t& sum : sums) sum = vdupq_n_s32(0);
    for (size_t i = 0; i < steps; ++i) {
      const int8x8_t first = vreinterpret_s8_s32(vdup_n_s32(queries[i * kQueries + q].first));
      const int8x8_t second = vreinterpret_s8_s32(vdup_n_s32(queries[i * kQueries + q].second));
      for (size_t p = 0; p < 8; ++p) {
        const uint8x8_t both = vld1_u8(plane + i * 64 + p * 8);
        sums[p] = vpadalq_s16(sums[p], vmull_s8(vreinterpret_s8_u8(vand_u8(both, vdup_n_u8(15))), first));
        sums[p] = vpadalq_s16(sums[p], vmull_s8(vreinterpret_s8_u8(vshr_n_u8(both, 4)), second));
      }
    }
    for (size_t p = 0; p < kParts; ++p) {
      dots[q].part[p] = Vi{vcombine_s32(vpadd_s32(vget_low_s32(sums[2 * p]), vget_high_s32(sums[2 * p])),
                                        vpadd_s32(vget_low_s32(sums[2 * p + 1]), vget_high_s32(sums[2 * p + 1])))};
    }
  }
}

#else

template <size_t kQueries, size_t kBlocks>
HWY_INLINE void SumBlocks(const uint8_t* HWY_RESTRICT plane, size_t /*stride*/, size_t steps,
                          const Eight* HWY_RESTRICT queries, Dots* HWY_RESTRICT dots) {
  static_assert(kBlocks == 1);
  const I d;
  for (size_t q = 0; q < kQueries; ++q) {
    HWY_ALIGN int32_t sums[kCodeItems] = {};
    for (size_t i = 0; i < steps; ++i) {
      int8_t eight[8];
      hwy::CopyBytes<8>(&queries[i * kQueries + q], eight);
      for (size_t item = 0; item < kCodeItems; ++item) {
        for (size_t f = 0; f < 4; ++f) {
          const uint8_t both = plane[i * 64 + item * 4 + f];
          sums[item] += (both & 15) * eight[f] + (both >> 4) * eight[4 + f];
        }
      }
    }
    for (size_t p = 0; p < kParts; ++p) dots[q].part[p] = hn::Load(d, sums + p * hn::Lanes(d));
  }
}
#endif
#endif

constexpr size_t kBytesAhead = 4096;  // what memory needs to answer: 2 to 8 KB do as well

/// One of the two planes as a call goes over it.
struct Plane {
  const uint8_t* bytes;  // of its first block
  size_t stride;         // from block to block
  size_t head;           // bytes of a block before its codes
};
Plane UpperPlane(const CodeBlocks& blocks) {
  return {blocks.upper, upper_block_bytes(blocks.factors), sizeof(CodeHead)};
}
Plane LowerPlane(const CodeBlocks& blocks) { return {blocks.lower, lower_block_bytes(blocks.factors), 0}; }

/// Sums of a plane's blocks for queries side by side: [count][kQueries]. Not inlined: with what its callers keep in
/// registers, compilers would keep the sums in memory.
/// @param left     blocks from `first` on that will be read, `count` or more: these are fetched ahead
/// @param after    blocks that will be read then, the first of which are fetched, too
/// @param queries  [steps x kQueries]
template <size_t kQueries, size_t kBlocks>
HWY_NOINLINE void SumPlane(const Plane plane, size_t first, size_t count, size_t left, BlockRange after, size_t steps,
                           const Eight* HWY_RESTRICT queries, Dots* HWY_RESTRICT dots) {
  const uint8_t* const begin = plane.bytes + first * plane.stride;
  const uint8_t* const then = plane.bytes + after.first * plane.stride;
  const size_t bytes = left * plane.stride;
  const size_t all_bytes = bytes + after.count * plane.stride;
  size_t block = 0;
  for (; block + kBlocks <= count; block += kBlocks) {
    // Blocks side by side are streams that processors do not foresee.
    const size_t ahead = block * plane.stride + kBytesAhead;
    const uint8_t* next = ahead < bytes ? begin + ahead : then + (ahead - bytes);
    if (ahead < all_bytes) {
      for (size_t i = 0; i < kBlocks * plane.stride; i += 64) __builtin_prefetch(next + i);
    }
    SumBlocks<kQueries, kBlocks>(begin + block * plane.stride + plane.head, plane.stride, steps, queries,
                                 dots + block * kQueries);
  }
  for (; block < count; ++block) {
    SumBlocks<kQueries, 1>(begin + block * plane.stride + plane.head, plane.stride, steps, queries,
                           dots + block * kQueries);
  }
}

/// A query as a call takes it.
struct Asked {
  Asked() = default;
  explicit Asked(const CodeQuery& of, size_t steps) : query(of) {
    int32_t sum = 0;
    for (size_t f = 0; f < 8 * steps; ++f) sum += query.codes[f];
    start = -128 * sum;
    coarse_start = -120 * sum;
  }
  /// @param errors  of the block: the coarse ones with coarse dots
  HWY_INLINE Vf Bound(const Dots& dots, size_t p, const CodeHead& head, float errors) const {
    const F d;
    const Vf length = hn::Set(d, query.by_norm * head.norm);
    const Vf error = hn::Set(d, query.by_error * errors);
    const Vf sum = hn::MulAdd(hn::ConvertTo(d, dots.part[p]), hn::Set(d, query.scale), error);
    return hn::MulAdd(sum, Scales(head, p), length);
  }
  static HWY_INLINE Vf Scales(const CodeHead& head, size_t p) {
    const F d;
    const hn::RebindToUnsigned<F> wide;
    const hn::Rebind<uint16_t, F> half;
    return hn::BitCast(d, hn::ShiftLeft<16>(hn::PromoteTo(wide, hn::Load(half, head.scales + p * hn::Lanes(d)))));
  }
  CodeQuery query{};
  int32_t start = 0;         // of the sums of whole codes
  int32_t coarse_start = 0;  // of those of coarse ones: (16 · upper + 8) - 128
};

HWY_INLINE Dots CoarseDots(const Dots& high, int32_t start) {
  const I d;
  Dots dots;
#pragma GCC unroll 4
  for (size_t p = 0; p < kParts; ++p) dots.part[p] = hn::Add(hn::ShiftLeft<4>(high.part[p]), hn::Set(d, start));
  return dots;
}

/// Sums of whole codes from those of their halves.
HWY_INLINE Dots WholeDots(const Dots& high, const Dots& low, int32_t start) {
  Dots dots = CoarseDots(high, start);
#pragma GCC unroll 4
  for (size_t p = 0; p < kParts; ++p) dots.part[p] = hn::Add(dots.part[p], low.part[p]);
  return dots;
}

/// Of blocks those where the coarse bound of an item is not below the threshold. Their lower halves are fetched.
/// @param high    of blocks `first`, first + 1, …, `stride` apart: sums of upper halves
/// @param passed  [count] blocks; in their place those that pass
/// @return how many there are
HWY_NOINLINE size_t LookCoarsely(const CodeBlocks& blocks, size_t first, size_t steps, const Asked asked,
                                 const Dots* high, size_t stride, size_t* passed, size_t count) {
  const F d;
  const Vf threshold = hn::Set(d, asked.query.threshold);
  size_t passes = 0;
  for (size_t i = 0; i < count; ++i) {
    const size_t block = passed[i];
    const Dots dots = CoarseDots(high[(block - first) * stride], asked.coarse_start);
    const CodeHead& head = blocks.head(block);
    bool any = false;
#pragma GCC unroll 4
    for (size_t p = 0; p < kParts; ++p) {
      any |= !hn::AllTrue(d, hn::Lt(asked.Bound(dots, p, head, head.coarse), threshold));
    }
    if (HWY_LIKELY(!any)) continue;
    for (size_t step = 0; step < steps; ++step) __builtin_prefetch(blocks.lower + (block * steps + step) * 64);
    passed[passes++] = block;
  }
  return passes;
}

/// Appends the items of a block whose bound is not below the threshold.
/// @param dots  of whole codes
HWY_INLINE size_t Append(const CodeBlocks& blocks, size_t block, const Dots& dots, const Asked& asked,
                         Candidate* found) {
  const F d;
  const size_t lanes = hn::Lanes(d);
  const Vf threshold = hn::Set(d, asked.query.threshold);
  const CodeHead& head = blocks.head(block);
  HWY_ALIGN float bounds[kCodeItems];
  uint32_t passed = 0;  // a bit an item
  for (size_t p = 0; p < kParts; ++p) {
    const Vf bound = asked.Bound(dots, p, head, head.errors);
    hn::Store(bound, d, bounds + p * lanes);
    uint8_t bits[8] = {};
    hn::StoreMaskBits(d, hn::Not(hn::Lt(bound, threshold)), bits);
    passed |= (bits[0] | static_cast<uint32_t>(bits[1]) << 8) << (p * lanes);
  }
  size_t count = 0;
  for (; passed != 0; passed &= passed - 1) {
    const auto i = static_cast<size_t>(__builtin_ctz(passed));
    found[count++] = {static_cast<uint32_t>(block * kCodeItems + i), bounds[i]};
  }
  return count;
}

// What is looked at before the lower halves of what may pass are: half of L1 at 64 factors.
constexpr size_t kBlocksAhead = 32;

Eight EightOf(const int8_t* codes) {
  Eight eight;
  hwy::CopyBytes<4>(codes, &eight.first);
  hwy::CopyBytes<4>(codes + 4, &eight.second);
  return eight;
}

/// What many queries ask of a block's sums of upper halves before any bound is worked out.
template <size_t kQueries>
class Roughly {
 public:
  explicit Roughly(const Asked* asked) {
    for (size_t q = 0; q < kQueries; ++q) {
      const CodeQuery& query = asked[q].query;
      threshold_[q] = query.threshold / query.scale;
      by_norm_[q] = query.by_norm / query.scale;
      by_error_[q] = query.by_error / query.scale;
      start_[q] = asked[q].coarse_start;
    }
  }

  /// Per query the blocks of [first, first + count) in which an item may pass: with the largest scale of a block for
  /// all of its items, sums that are not above a whole number rule them all out (docs/search.md).
  /// @param high    [count][kQueries] sums of upper halves
  /// @param passed  [kQueries][kBlocksAhead]
  /// @param passes  [kQueries]: how many there are
  HWY_NOINLINE void Look(const CodeBlocks& blocks, size_t first, size_t count, const Dots* high,
                         size_t (*passed)[kBlocksAhead], size_t* passes) const {
    const hn::CappedTag<float, kQueries> d;
    const hn::RebindToSigned<decltype(d)> di;
    const I items;
    for (size_t q = 0; q < kQueries; ++q) passes[q] = 0;
    for (size_t b = 0; b < count; ++b) {
      const CodeHead& head = blocks.head(first + b);
      HWY_ALIGN int32_t least[kQueries];  // what no item's sum is above that cannot pass
      const auto inverse = hn::Set(d, 1 / LargestScale(head));
      for (size_t q = 0; q < kQueries; q += hn::Lanes(d)) {
        const auto room = hn::NegMulAdd(hn::Load(d, by_norm_ + q), hn::Set(d, head.norm), hn::Load(d, threshold_ + q));
        const auto error = hn::Mul(hn::Load(d, by_error_ + q), hn::Set(d, head.coarse));
        const auto dot = hn::Min(hn::Set(d, kMostDot), hn::MulSub(room, inverse, error));  // not a number stays that
        const auto whole = hn::IfThenElse(hn::RebindMask(di, hn::Gt(dot, hn::Zero(d))), hn::ConvertTo(di, dot),
                                          hn::Set(di, -static_cast<int32_t>(kMostDot)));
        const auto sums = hn::Sub(hn::Sub(whole, hn::Set(di, kRoughness)), hn::Load(di, start_ + q));
        hn::Store(hn::Sub(hn::ShiftRight<4>(sums), hn::Set(di, 1)), di, least + q);
      }
#pragma GCC unroll 8
      for (size_t q = 0; q < kQueries; ++q) {
        const Dots& sums = high[b * kQueries + q];
        auto above = hn::Gt(sums.part[0], hn::Set(items, least[q]));
#pragma GCC unroll 4
        for (size_t p = 1; p < kParts; ++p) above = hn::Or(above, hn::Gt(sums.part[p], hn::Set(items, least[q])));
        passed[q][passes[q]] = first + b;
        passes[q] += hn::AllFalse(items, above) ? 0 : 1;
      }
    }
  }

 private:
  static constexpr float kMostDot = 0x1p28F;  // no sum of codes is as large
  static constexpr int32_t kRoughness = 64;   // more than what float32 rounds of a sum that may be one of codes

  static HWY_INLINE float LargestScale(const CodeHead& head) {
    const F d;
    Vf largest = Asked::Scales(head, 0);
    for (size_t p = 1; p < kParts; ++p) largest = hn::Max(largest, Asked::Scales(head, p));
    return hn::GetLane(hn::MaxOfLanes(d, largest));
  }

  HWY_ALIGN float threshold_[kQueries];
  HWY_ALIGN float by_norm_[kQueries];
  HWY_ALIGN float by_error_[kQueries];
  HWY_ALIGN int32_t start_[kQueries];
};

template <size_t kQueries>
void Select(const CodeBlocks& blocks, size_t first, size_t count, BlockRange next, const CodeQuery* queries,
            Candidate* const* found, size_t* counts) {
  constexpr size_t kBlocks = kQueries == 1 ? kBlocksOfOne : kBlocksOfMany;
  const size_t steps = (blocks.factors + 7) / 8;
  HWY_ALIGN Eight tile[kMostCodeFactors / 8 * kQueries];   // queries side by side
  HWY_ALIGN Eight alone[kMostCodeFactors / 8 * kQueries];  // one after the other
  Asked asked[kQueries];
  bool all = true;  // nothing bounds yet
  for (size_t q = 0; q < kQueries; ++q) {
    for (size_t i = 0; i < steps; ++i)
      tile[i * kQueries + q] = alone[q * steps + i] = EightOf(queries[q].codes + 8 * i);
    asked[q] = Asked(queries[q], steps);
    all &= queries[q].threshold == -std::numeric_limits<float>::infinity();
    counts[q] = 0;
  }
  const Roughly<kQueries> roughly(asked);
  const Plane upper = UpperPlane(blocks);
  const Plane lower = LowerPlane(blocks);
  for (size_t begin = first; begin < first + count; begin += kBlocksAhead) {
    const size_t ahead = HWY_MIN(kBlocksAhead, first + count - begin);
    Dots high[kBlocksAhead * kQueries];
    SumPlane<kQueries, kBlocks>(upper, begin, ahead, first + count - begin, next, steps, tile, high);
    if (all) {
      Dots low[kBlocksAhead * kQueries];
      SumPlane<kQueries, kBlocks>(lower, begin, ahead, first + count - begin, {}, steps, tile, low);
      for (size_t q = 0; q < kQueries; ++q) {
        for (size_t b = 0; b < ahead; ++b) {
          const Dots dots = WholeDots(high[b * kQueries + q], low[b * kQueries + q], asked[q].start);
          counts[q] += Append(blocks, begin + b, dots, asked[q], found[q] + counts[q]);
        }
      }
      continue;
    }
    size_t passed[kQueries][kBlocksAhead];
    size_t passes[kQueries];
    if constexpr (kQueries == 1) {
      for (size_t b = 0; b < ahead; ++b) passed[0][b] = begin + b;
      passes[0] = ahead;
    } else {
      roughly.Look(blocks, begin, ahead, high, passed, passes);
    }
    for (size_t q = 0; q < kQueries; ++q) {
      passes[q] = LookCoarsely(blocks, begin, steps, asked[q], high + q, kQueries, passed[q], passes[q]);
      for (size_t i = 0; i < passes[q]; ++i) {
        const size_t block = passed[q][i];
        Dots low;
        SumPlane<1, 1>(lower, block, 1, 1, {}, steps, alone + q * steps, &low);
        const Dots dots = WholeDots(high[(block - begin) * kQueries + q], low, asked[q].start);
        counts[q] += Append(blocks, block, dots, asked[q], found[q] + counts[q]);
      }
    }
  }
}

void SelectCodes(const CodeBlocks& blocks, size_t first, size_t count, BlockRange next, const CodeQuery* queries,
                 size_t query_count, Candidate* const* found, size_t* counts) {
  // Blocks stay in L1 from one group of queries to the next.
  const size_t step =
      query_count > kAtOnce ? HWY_MAX(size_t{1}, (size_t{16} << 10) / upper_block_bytes(blocks.factors)) : count;
  if (step >= count || query_count <= kAtOnce) {
    size_t q = 0;
    for (; q + kAtOnce <= query_count; q += kAtOnce) {
      Select<kAtOnce>(blocks, first, count, next, queries + q, found + q, counts + q);
    }
    for (; q < query_count; ++q) Select<1>(blocks, first, count, next, queries + q, found + q, counts + q);
    return;
  }
  for (size_t q = 0; q < query_count; ++q) counts[q] = 0;
  for (size_t begin = 0; begin < count; begin += step) {
    Candidate* rest[kCodeQueries];
    size_t more[kCodeQueries];
    for (size_t q = 0; q < query_count; ++q) rest[q] = found[q] + counts[q];
    SelectCodes(blocks, first + begin, HWY_MIN(step, count - begin), {}, queries, query_count, rest, more);
    for (size_t q = 0; q < query_count; ++q) counts[q] += more[q];
  }
}

/// What dots say of scores: no bounds.
template <size_t kQueries, bool kWhole>
void Scores(const CodeBlocks& blocks, size_t count, const CodeQuery* queries, float* const* scores) {
  constexpr size_t kBlocks = kQueries == 1 ? kBlocksOfOne : kBlocksOfMany;
  const F d;
  const size_t steps = (blocks.factors + 7) / 8;
  HWY_ALIGN Eight tile[kMostCodeFactors / 8 * kQueries];
  Asked asked[kQueries];
  for (size_t q = 0; q < kQueries; ++q) {
    for (size_t i = 0; i < steps; ++i) tile[i * kQueries + q] = EightOf(queries[q].codes + 8 * i);
    asked[q] = Asked(queries[q], steps);
  }
  for (size_t begin = 0; begin < count; begin += kBlocksAhead) {
    const size_t ahead = HWY_MIN(kBlocksAhead, count - begin);
    Dots high[kBlocksAhead * kQueries];
    Dots low[kBlocksAhead * kQueries];
    SumPlane<kQueries, kBlocks>(UpperPlane(blocks), begin, ahead, count - begin, {}, steps, tile, high);
    if (kWhole) SumPlane<kQueries, kBlocks>(LowerPlane(blocks), begin, ahead, count - begin, {}, steps, tile, low);
    for (size_t b = 0; b < ahead; ++b) {
      const CodeHead& head = blocks.head(begin + b);
      for (size_t q = 0; q < kQueries; ++q) {
        const size_t at = b * kQueries + q;
        const Dots dots =
            kWhole ? WholeDots(high[at], low[at], asked[q].start) : CoarseDots(high[at], asked[q].coarse_start);
        for (size_t p = 0; p < kParts; ++p) {
          const Vf dot = hn::Mul(hn::ConvertTo(d, dots.part[p]), hn::Set(d, asked[q].query.scale));
          hn::StoreU(hn::Mul(dot, Asked::Scales(head, p)), d, scores[q] + (begin + b) * kCodeItems + p * hn::Lanes(d));
        }
      }
    }
  }
}

void CoarseScores(const CodeBlocks& blocks, size_t count, const CodeQuery& query, float* scores) {
  Scores<1, false>(blocks, count, &query, &scores);
}

void WholeScores(const CodeBlocks& blocks, size_t count, const CodeQuery* queries, size_t query_count,
                 float* const* scores) {
  size_t q = 0;
  for (; q + kAtOnce <= query_count; q += kAtOnce) Scores<kAtOnce, true>(blocks, count, queries + q, scores + q);
  for (; q < query_count; ++q) Scores<1, true>(blocks, count, queries + q, scores + q);
}

void CodeDots(const CodeBlocks& blocks, size_t block, const CodeQuery& query, int32_t* out, int32_t* coarse) {
  const I d;
  const size_t steps = (blocks.factors + 7) / 8;
  const Asked asked(query, steps);
  HWY_ALIGN Eight eights[kMostCodeFactors / 8];
  for (size_t i = 0; i < steps; ++i) eights[i] = EightOf(query.codes + 8 * i);
  Dots high;
  Dots low;
  SumPlane<1, 1>(UpperPlane(blocks), block, 1, 1, {}, steps, eights, &high);
  SumPlane<1, 1>(LowerPlane(blocks), block, 1, 1, {}, steps, eights, &low);
  const Dots dots = WholeDots(high, low, asked.start);
  const Dots upper = CoarseDots(high, asked.coarse_start);
  for (size_t p = 0; p < kParts; ++p) {
    hn::StoreU(dots.part[p], d, out + p * hn::Lanes(d));
    hn::StoreU(upper.part[p], d, coarse + p * hn::Lanes(d));
  }
}

}  // namespace segue::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace segue::simd {

HWY_EXPORT(SelectCodes);
HWY_EXPORT(CoarseScores);
HWY_EXPORT(WholeScores);
HWY_EXPORT(CodeDots);

std::size_t select_codes(const CodeBlocks& blocks, std::size_t first, std::size_t count, const CodeQuery& query,
                         Candidate* found, BlockRange next) {
  choose_target();
  std::size_t counted = 0;
  HWY_DYNAMIC_DISPATCH(SelectCodes)(blocks, first, count, next, &query, 1, &found, &counted);
  return counted;
}

std::array<std::size_t, kCodeQueries> select_codes(const CodeBlocks& blocks, std::size_t first, std::size_t count,
                                                   const CodeQuery* queries, std::size_t query_count,
                                                   Candidate* const* found) {
  choose_target();
  std::array<std::size_t, kCodeQueries> counts{};
  HWY_DYNAMIC_DISPATCH(SelectCodes)(blocks, first, count, {}, queries, query_count, found, counts.data());
  return counts;
}

void coarse_scores(const CodeBlocks& blocks, std::size_t count, const CodeQuery& query, float* scores) {
  choose_target();
  HWY_DYNAMIC_DISPATCH(CoarseScores)(blocks, count, query, scores);
}

void whole_scores(const CodeBlocks& blocks, std::size_t count, const CodeQuery* queries, std::size_t query_count,
                  float* const* scores) {
  choose_target();
  HWY_DYNAMIC_DISPATCH(WholeScores)(blocks, count, queries, query_count, scores);
}

void code_dots(const CodeBlocks& blocks, std::size_t block, const CodeQuery& query, std::int32_t* dots,
               std::int32_t* coarse) {
  choose_target();
  HWY_DYNAMIC_DISPATCH(CodeDots)(blocks, block, query, dots, coarse);
}

}  // namespace segue::simd
#endif  // HWY_ONCE
