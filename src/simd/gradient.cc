// Gradient steps of BPR and LMF.
//
// A step of BPR reads and writes three rows. The two of items come from a table far larger than the caches, at random:
// they are fetched some steps ahead. Steps of one user stand together, so that its row stays in L1.
//
// LMF needs thirty drawn vectors for each that was seen, and they are what it costs. They come from a pool that many
// rows share, column by column: 64 of them at a time are a column of registers, a dot product is a multiply-add a
// column with no shuffle, and the sigmoids of all lanes are computed at once. Four rows pass over the pool together, so
// that a block comes from L2 once for all of them, and two at a time, so that eight sums hide each other's latency.
// What the rows have is fetched meanwhile.
#include "simd/gradient.h"

#include <cmath>

#include "simd/targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "simd/gradient.cc"
#include <hwy/foreach_target.h>
//
#include <hwy/cache_control.h>
#include <hwy/contrib/math/math-inl.h>
#include <hwy/highway.h>

#include "simd/rows-inl.h"

HWY_BEFORE_NAMESPACE();
namespace segue::simd::HWY_NAMESPACE {

/// Steps of BPR between the fetch of rows and their use: about 300 ns of work.
constexpr size_t kStepsAhead = 6;
/// Rows of LMF's positives fetched ahead of the one that is read.
constexpr size_t kRowsAhead = 16;
/// Positives of a row fetched during a block of the pool: implicit's thirty drawn for each make two a block.
constexpr size_t kFetchedABlock = 3;
static_assert(kLmfRows == 4 && kLmfRows * HWY_MAX_BYTES / sizeof(float) <= kPoolBlock, "room of lmf_scratch");
/// Beyond it exp overflows float32; a sigmoid is then 0 or 1 to float32's precision.
constexpr float kMostExponent = 80;
/// AdaGrad's, as implicit has it.
constexpr float kEpsilon = 1e-6F;

HWY_INLINE void Fetch(const float* row, size_t stride) {
  for (size_t i = 0; i < stride; i += 16) hwy::Prefetch(row + i);
}

/// ln(1 + exp(x)) for each lane, without overflow.
HWY_INLINE Vf Softplus(F d, Vf x) {
  const Vf small = hn::Exp(d, hn::Neg(hn::Min(hn::Abs(x), hn::Set(d, kMostExponent))));
  return hn::Add(hn::Max(x, hn::Zero(d)), hn::Log1p(d, small));
}

/// A vector of the first `count` floats from `from`, zeros behind; nothing beyond them is read.
HWY_INLINE Vf LoadUpTo(F d, const float* from, size_t count) {
  if (count >= hn::Lanes(d)) return hn::LoadU(d, from);
  HWY_ALIGN float copy[HWY_MAX_BYTES / sizeof(float)] = {};
  for (size_t i = 0; i < count; ++i) copy[i] = from[i];
  return hn::Load(d, copy);
}

/// Fetches the rows of a step. Always inlined, since GCC 12 takes a function that only prefetches for one without
/// effect and drops its calls.
HWY_INLINE void FetchStep(const BprTables& tables, const BprStep* steps, size_t s) {
  const size_t stride = tables.stride;
  Fetch(tables.items + size_t{steps[s].positive} * stride, stride);
  Fetch(tables.items + size_t{steps[s].negative} * stride, stride);
  if (s == 0 || steps[s].user != steps[s - 1].user) Fetch(tables.users + size_t{steps[s].user} * stride, stride);
}

double TakeBprSteps(const BprTables& tables, const BprStep* steps, size_t count) {
  const F d;
  const size_t lanes = hn::Lanes(d);
  const size_t stride = tables.stride;
  const Vf decay = hn::Set(d, tables.learning_rate * tables.regularization);
  for (size_t s = 0; s < HWY_MIN(count, kStepsAhead); ++s) FetchStep(tables, steps, s);
  constexpr size_t kKept = 64;  // differences whose logarithms are taken together
  HWY_ALIGN float differences[kKept];
  double loss = 0;
  for (size_t s = 0; s < count; ++s) {
    if (s + kStepsAhead < count) FetchStep(tables, steps, s + kStepsAhead);
    float* HWY_RESTRICT user = tables.users + size_t{steps[s].user} * stride;
    float* HWY_RESTRICT positive = tables.items + size_t{steps[s].positive} * stride;
    float* HWY_RESTRICT negative = tables.items + size_t{steps[s].negative} * stride;
    Vf sum0 = hn::Zero(d);
    Vf sum1 = hn::Zero(d);
    size_t i = 0;
    for (; i + 2 * lanes <= stride; i += 2 * lanes) {
      sum0 = hn::MulAdd(hn::Load(d, user + i), hn::Sub(hn::Load(d, positive + i), hn::Load(d, negative + i)), sum0);
      sum1 = hn::MulAdd(hn::Load(d, user + i + lanes),
                        hn::Sub(hn::Load(d, positive + i + lanes), hn::Load(d, negative + i + lanes)), sum1);
    }
    if (i < stride) {
      sum0 = hn::MulAdd(hn::Load(d, user + i), hn::Sub(hn::Load(d, positive + i), hn::Load(d, negative + i)), sum0);
    }
    const float difference = hn::GetLane(hn::SumOfLanes(d, hn::Add(sum0, sum1)));
    const float z = 1 / (1 + std::exp(HWY_MIN(difference, kMostExponent)));
    const Vf rate = hn::Set(d, tables.learning_rate * z);
    for (i = 0; i < stride; i += lanes) {
      const Vf u = hn::Load(d, user + i);
      const Vf p = hn::Load(d, positive + i);
      const Vf n = hn::Load(d, negative + i);
      const Vf change = hn::NegMulAdd(decay, u, hn::Mul(rate, hn::Sub(p, n)));
      hn::Store(hn::MulAdd(change, hn::Load(d, tables.mask + i), u), d, user + i);
      hn::Store(hn::MulAdd(rate, u, hn::NegMulAdd(decay, p, p)), d, positive + i);
      hn::Store(hn::NegMulAdd(rate, u, hn::NegMulAdd(decay, n, n)), d, negative + i);
    }
    differences[s % kKept] = difference;
    if ((s + 1) % kKept == 0 || s + 1 == count) {
      const size_t kept = s % kKept + 1;
      for (size_t k = kept; k < (kept + lanes - 1) / lanes * lanes; ++k) differences[k] = kMostExponent;  // loss 0
      Vf sum = hn::Zero(d);
      for (size_t k = 0; k < kept; k += lanes) sum = hn::Add(sum, Softplus(d, hn::Neg(hn::Load(d, differences + k))));
      loss += double{hn::GetLane(hn::SumOfLanes(d, sum))};
    }
  }
  return loss;
}

/// exp(x) for x from -kMostExponent to 0 within 2e-7 of itself, and 1e-5 below 1e-6: enough for a sigmoid, and half of
/// what hn::Exp costs. 2^n 2^f with n the nearest whole number and a polynomial in f, fitted to the least relative
/// error.
HWY_INLINE Vf ExpOfNegative(F d, Vf x) {
  const hn::RebindToSigned<F> di;
  constexpr int kMantissaBits = 23;
  const Vf t = hn::Mul(x, hn::Set(d, 1.44269504F));  // 1 / ln 2
  const Vf n = hn::Round(t);
  const Vf f = hn::Sub(t, n);
  Vf p = hn::MulAdd(f, hn::Set(d, 1.3264726e-3F), hn::Set(d, 9.671513e-3F));
  p = hn::MulAdd(f, p, hn::Set(d, 5.5507336e-2F));
  p = hn::MulAdd(f, p, hn::Set(d, 0.24022242F));
  p = hn::MulAdd(f, p, hn::Set(d, 0.693147F));
  p = hn::MulAdd(f, p, hn::Set(d, 1.0F));
  return hn::BitCast(d, hn::Add(hn::BitCast(di, p), hn::ShiftLeft<kMantissaBits>(hn::ConvertTo(di, n))));
}

/// What a drawn vector costs is its exponential: exp(-|x|) gives both the sigmoid and ln(1 + exp(x)), whose logarithms
/// are taken of the product of many. A lane multiplies 64 / lanes factors of 1 to 2 a block, so that many blocks stay
/// far below what float32 holds.
class Losses {
 public:
  explicit Losses(F d) : sum_(hn::Zero(d)), product_(hn::Set(d, 1.0F)) {}

  /// @return the sigmoid of x
  HWY_INLINE Vf Add(F d, Vf x) {
    const Vf one = hn::Set(d, 1.0F);
    const Vf e = ExpOfNegative(d, hn::Neg(hn::Min(hn::Abs(x), hn::Set(d, kMostExponent))));
    const Vf denominator = hn::Add(one, e);
    sum_ = hn::Add(sum_, hn::Max(x, hn::Zero(d)));
    product_ = hn::Mul(product_, denominator);
    return hn::Div(hn::IfThenElse(hn::Lt(x, hn::Zero(d)), e, one), denominator);
  }
  /// To be called after each block.
  HWY_INLINE void EndBlock(F d) {
    constexpr size_t kMostFactors = 96;  // 2^96 < 3.4e38
    const size_t factors = kPoolBlock / hn::Lanes(d);
    if (++blocks_ < kMostFactors / factors) return;
    Fold(d);
  }
  /// The sum of ln(1 + exp(x)) over all x.
  HWY_INLINE double Total(F d) {
    Fold(d);
    return double{hn::GetLane(hn::SumOfLanes(d, sum_))};
  }

 private:
  HWY_INLINE void Fold(F d) {
    sum_ = hn::Add(sum_, hn::Log(d, product_));
    product_ = hn::Set(d, 1.0F);
    blocks_ = 0;
  }

  Vf sum_;
  Vf product_;
  size_t blocks_ = 0;
};

/// What a row of LMF has while it passes over the pool.
struct Passing {
  const float* HWY_RESTRICT vector;
  float* HWY_RESTRICT gradient;  // [columns x lanes], each lane by itself
  float weight;
  Losses losses;
};

/// Registers of drawn vectors taken together. With two rows eight chains hide the latency of a multiply-add.
constexpr size_t kAtOnce = 4;
/// Bytes of L1 that may hold what is taken and what is taken next.
constexpr size_t kFetchedBytes = 16384;

/// Subtracts weight · s y of kAtOnce registers of vectors, a column of them every kPoolBlock floats, from the gradient
/// of `a` and, where `kTwo`, from that of `b`. Fetches `next`, of the same layout, if it is given.
template <bool kTwo>
HWY_INLINE void SubtractDrawn(F d, const float* from, const float* next, size_t columns, Passing& a, Passing& b) {
  const size_t lanes = hn::Lanes(d);
  const Vf zero = hn::Zero(d);
  // Without loops over the four: GCC would spill arrays of them. Each vector's two uses stand together, so that few
  // registers are taken at a time; GCC 12 makes two loads of them all the same, from L1.
  Vf a0 = zero, a1 = zero, a2 = zero, a3 = zero;
  Vf b0 = zero, b1 = zero, b2 = zero, b3 = zero;
  for (size_t c = 0; c < columns; ++c) {
    const float* HWY_RESTRICT at = from + c * kPoolBlock;
    if (next != nullptr) Fetch(next + c * kPoolBlock, kAtOnce * lanes);
    const Vf r = hn::Set(d, a.vector[c]);
    const Vf q = kTwo ? hn::Set(d, b.vector[c]) : zero;
    const Vf y0 = hn::Load(d, at);
    a0 = hn::MulAdd(r, y0, a0);
    if constexpr (kTwo) b0 = hn::MulAdd(q, y0, b0);
    const Vf y1 = hn::Load(d, at + lanes);
    a1 = hn::MulAdd(r, y1, a1);
    if constexpr (kTwo) b1 = hn::MulAdd(q, y1, b1);
    const Vf y2 = hn::Load(d, at + 2 * lanes);
    a2 = hn::MulAdd(r, y2, a2);
    if constexpr (kTwo) b2 = hn::MulAdd(q, y2, b2);
    const Vf y3 = hn::Load(d, at + 3 * lanes);
    a3 = hn::MulAdd(r, y3, a3);
    if constexpr (kTwo) b3 = hn::MulAdd(q, y3, b3);
  }
  const Vf weight = hn::Set(d, a.weight);
  a0 = hn::Mul(weight, a.losses.Add(d, a0));
  a1 = hn::Mul(weight, a.losses.Add(d, a1));
  a2 = hn::Mul(weight, a.losses.Add(d, a2));
  a3 = hn::Mul(weight, a.losses.Add(d, a3));
  if constexpr (kTwo) {
    const Vf other = hn::Set(d, b.weight);
    b0 = hn::Mul(other, b.losses.Add(d, b0));
    b1 = hn::Mul(other, b.losses.Add(d, b1));
    b2 = hn::Mul(other, b.losses.Add(d, b2));
    b3 = hn::Mul(other, b.losses.Add(d, b3));
  }
  for (size_t c = 0; c < columns; ++c) {
    const float* HWY_RESTRICT at = from + c * kPoolBlock;
    Vf g = hn::Load(d, a.gradient + c * lanes);
    Vf h = kTwo ? hn::Load(d, b.gradient + c * lanes) : zero;
    const Vf y0 = hn::Load(d, at);
    g = hn::NegMulAdd(a0, y0, g);
    if constexpr (kTwo) h = hn::NegMulAdd(b0, y0, h);
    const Vf y1 = hn::Load(d, at + lanes);
    g = hn::NegMulAdd(a1, y1, g);
    if constexpr (kTwo) h = hn::NegMulAdd(b1, y1, h);
    const Vf y2 = hn::Load(d, at + 2 * lanes);
    g = hn::NegMulAdd(a2, y2, g);
    if constexpr (kTwo) h = hn::NegMulAdd(b2, y2, h);
    const Vf y3 = hn::Load(d, at + 3 * lanes);
    g = hn::NegMulAdd(a3, y3, g);
    if constexpr (kTwo) h = hn::NegMulAdd(b3, y3, h);
    hn::Store(g, d, a.gradient + c * lanes);
    if constexpr (kTwo) hn::Store(h, d, b.gradient + c * lanes);
  }
}

/// Scores of a chunk of a row's positives, and behind them room for a vector.
constexpr size_t kChunk = 64;

/// The scores of rows `of[0..count)` of the table, fetching up to `fetched` of them.
HWY_INLINE void ScorePositives(F d, const LmfTables& tables, const float* HWY_RESTRICT vector, const uint32_t* of,
                               size_t count, size_t fetched, float* HWY_RESTRICT scores) {
  const size_t lanes = hn::Lanes(d);
  const size_t stride = tables.stride;
  const auto vector_of = [&](size_t p) { return tables.table + size_t{of[p]} * stride; };
  size_t p = 0;
  for (; p + 4 <= count; p += 4) {
    for (size_t next = p + kRowsAhead; next < HWY_MIN(p + kRowsAhead + 4, fetched); ++next) {
      Fetch(vector_of(next), stride);
    }
    const float* HWY_RESTRICT y0 = vector_of(p);
    const float* HWY_RESTRICT y1 = vector_of(p + 1);
    const float* HWY_RESTRICT y2 = vector_of(p + 2);
    const float* HWY_RESTRICT y3 = vector_of(p + 3);
    Vf s0 = hn::Zero(d), s1 = hn::Zero(d), s2 = hn::Zero(d), s3 = hn::Zero(d);
    for (size_t i = 0; i < stride; i += lanes) {
      const Vf r = hn::Load(d, vector + i);
      s0 = hn::MulAdd(r, hn::Load(d, y0 + i), s0);
      s1 = hn::MulAdd(r, hn::Load(d, y1 + i), s1);
      s2 = hn::MulAdd(r, hn::Load(d, y2 + i), s2);
      s3 = hn::MulAdd(r, hn::Load(d, y3 + i), s3);
    }
    hn::StoreU(SumFour(d, s0, s1, s2, s3), d, scores + p);  // four of them; what is behind is stored next
  }
  for (; p < count; ++p) scores[p] = Dot(d, vector, vector_of(p), stride);
}

/// Adds weights[p] times row `of[p]` of the table to `gradient` [stride].
HWY_INLINE void AddPositives(F d, const LmfTables& tables, const uint32_t* of, const float* HWY_RESTRICT weights,
                             size_t count, float* HWY_RESTRICT gradient) {
  const size_t lanes = hn::Lanes(d);
  const size_t stride = tables.stride;
  const auto vector_of = [&](size_t p) { return tables.table + size_t{of[p]} * stride; };
  size_t p = 0;
  for (; p + 4 <= count; p += 4) {
    const float* HWY_RESTRICT y0 = vector_of(p);
    const float* HWY_RESTRICT y1 = vector_of(p + 1);
    const float* HWY_RESTRICT y2 = vector_of(p + 2);
    const float* HWY_RESTRICT y3 = vector_of(p + 3);
    const Vf w0 = hn::Set(d, weights[p]);
    const Vf w1 = hn::Set(d, weights[p + 1]);
    const Vf w2 = hn::Set(d, weights[p + 2]);
    const Vf w3 = hn::Set(d, weights[p + 3]);
    for (size_t i = 0; i < stride; i += lanes) {
      Vf g = hn::MulAdd(w0, hn::Load(d, y0 + i), hn::Load(d, gradient + i));
      g = hn::MulAdd(w1, hn::Load(d, y1 + i), g);
      g = hn::MulAdd(w2, hn::Load(d, y2 + i), g);
      hn::Store(hn::MulAdd(w3, hn::Load(d, y3 + i), g), d, gradient + i);
    }
  }
  for (; p < count; ++p) {
    const Vf weight = hn::Set(d, weights[p]);
    const float* HWY_RESTRICT y = vector_of(p);
    for (size_t i = 0; i < stride; i += lanes) {
      hn::Store(hn::MulAdd(weight, hn::Load(d, y + i), hn::Load(d, gradient + i)), d, gradient + i);
    }
  }
}

/// Adds what the row has to `gradient` [stride], and steps it. @return the loss of what it has
HWY_INLINE double StepLmfRow(F d, const LmfTables& tables, const LmfRow& row, float* HWY_RESTRICT gradient) {
  const size_t lanes = hn::Lanes(d);
  const Vf one = hn::Set(d, 1.0F);
  HWY_ALIGN float scores[kChunk + HWY_MAX_BYTES / sizeof(float)];
  Vf losses = hn::Zero(d);
  for (size_t begin = 0; begin < row.count; begin += kChunk) {
    const size_t count = HWY_MIN(kChunk, row.count - begin);
    const uint32_t* HWY_RESTRICT of = row.columns + begin;
    ScorePositives(d, tables, row.vector, of, count, row.count - begin, scores);
    // w (1 - s) in the place of each score, all lanes at once; those behind the last weigh 0.
    for (size_t p = count; p < (count + lanes - 1) / lanes * lanes; ++p) scores[p] = 0;
    for (size_t p = 0; p < count; p += lanes) {
      const Vf score = hn::Load(d, scores + p);
      const Vf weight = LoadUpTo(d, row.weights + begin + p, count - p);
      const Vf e = ExpOfNegative(d, hn::Neg(hn::Min(hn::Abs(score), hn::Set(d, kMostExponent))));
      const Vf denominator = hn::Add(one, e);
      const Vf softplus = hn::Add(hn::Max(hn::Neg(score), hn::Zero(d)), hn::Log(d, denominator));
      losses = hn::MulAdd(weight, softplus, losses);
      const Vf missing = hn::Div(hn::IfThenElse(hn::Lt(score, hn::Zero(d)), one, e), denominator);
      hn::Store(hn::Mul(weight, missing), d, scores + p);
    }
    AddPositives(d, tables, of, scores, count, gradient);
  }
  const Vf rate = hn::Set(d, tables.learning_rate);
  const Vf decay = hn::Set(d, tables.regularization);
  for (size_t i = 0; i < tables.stride; i += lanes) {
    const Vf r = hn::Load(d, row.vector + i);
    const Vf g = hn::Mul(hn::NegMulAdd(decay, r, hn::Load(d, gradient + i)), hn::Load(d, tables.mask + i));
    const Vf squares = hn::MulAdd(g, g, hn::Load(d, row.squares + i));
    hn::Store(squares, d, row.squares + i);
    hn::Store(hn::Add(r, hn::Div(hn::Mul(rate, g), hn::Sqrt(hn::Add(squares, hn::Set(d, kEpsilon))))), d,
              row.vector + i);
  }
  return double{hn::GetLane(hn::SumOfLanes(d, losses))};
}

double StepLmfRows(const LmfTables& tables, const LmfRow* rows, size_t count, size_t first_block,
                   float* HWY_RESTRICT scratch) {
  const F d;
  const size_t lanes = hn::Lanes(d);
  const size_t columns = tables.columns;
  float* HWY_RESTRICT by_lane = scratch;                          // [kLmfRows][columns x lanes]
  float* HWY_RESTRICT gradient = by_lane + columns * kPoolBlock;  // [stride]
  for (size_t i = 0; i < count * columns * lanes; i += lanes) hn::Store(hn::Zero(d), d, by_lane + i);
  const auto passing = [&](size_t r) {
    const LmfRow& row = rows[r < count ? r : 0];
    return Passing{row.vector, by_lane + r * columns * lanes, row.negative_weight, Losses(d)};
  };
  Passing passed[kLmfRows] = {passing(0), passing(1), passing(2), passing(3)};

  size_t active = count;  // rows that take the block, the first ones
  const bool fetching = 2 * columns * kAtOnce * lanes * sizeof(float) <= kFetchedBytes;
  for (size_t b = 0; b < rows[0].blocks; ++b) {
    while (rows[active - 1].blocks <= b) --active;
    const auto block = [&](size_t of) {
      return tables.pool + (first_block + of) % tables.pool_blocks * columns * kPoolBlock;
    };
    for (size_t r = 0; r < active; ++r) {  // some of what they have, so that all is there at the end
      const size_t end = HWY_MIN(rows[r].count, (b + 1) * kFetchedABlock);
      for (size_t p = b * kFetchedABlock; p < end; ++p) {
        Fetch(tables.table + size_t{rows[r].columns[p]} * tables.stride, tables.stride);
      }
    }
    for (size_t part = 0; part < kPoolBlock; part += kAtOnce * lanes) {
      const float* from = block(b) + part;
      const float* after = part + kAtOnce * lanes < kPoolBlock ? from + kAtOnce * lanes : block(b + 1);
      const float* next = fetching ? after : nullptr;
      size_t r = 0;
      for (; r + 2 <= active; r += 2) {
        SubtractDrawn<true>(d, from, r == 0 ? next : nullptr, columns, passed[r], passed[r + 1]);
      }
      if (r < active) SubtractDrawn<false>(d, from, r == 0 ? next : nullptr, columns, passed[r], passed[r]);
    }
    for (size_t r = 0; r < active; ++r) passed[r].losses.EndBlock(d);
  }
  double loss = 0;
  for (size_t r = 0; r < count; ++r) {
    for (size_t c = 0; c < columns; ++c) {
      gradient[c] = hn::GetLane(hn::SumOfLanes(d, hn::Load(d, passed[r].gradient + c * lanes)));
    }
    for (size_t c = columns; c < tables.stride; ++c) gradient[c] = 0;
    loss += double{rows[r].negative_weight} * passed[r].losses.Total(d);
    loss += StepLmfRow(d, tables, rows[r], gradient);
  }
  return loss;
}

}  // namespace segue::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace segue::simd {

HWY_EXPORT(TakeBprSteps);
HWY_EXPORT(StepLmfRows);

double take_bpr_steps(const BprTables& tables, const BprStep* steps, std::size_t count) {
  choose_target();
  return HWY_DYNAMIC_DISPATCH(TakeBprSteps)(tables, steps, count);
}

std::size_t lmf_scratch(std::size_t columns) { return columns * kPoolBlock + (columns + 15) / 16 * 16; }

double step_lmf_rows(const LmfTables& tables, const LmfRow* rows, std::size_t count, std::size_t first_block,
                     float* scratch) {
  choose_target();
  return HWY_DYNAMIC_DISPATCH(StepLmfRows)(tables, rows, count, first_block, scratch);
}

}  // namespace segue::simd
#endif  // HWY_ONCE
