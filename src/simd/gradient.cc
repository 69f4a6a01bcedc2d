// Gradient steps of BPR and LMF.
//
// A step of BPR reads and writes three rows. The two of items come from a table far larger than the caches, at random:
// they are fetched some steps ahead. Steps of one user stand together, so that its row stays in L1.
//
// LMF needs thirty drawn vectors for each that was seen, and they are what it costs. They come from a pool that many
// rows share, column by column: 64 of them at a time are a column of registers, a dot product is a multiply-add a
// column with no shuffle, and the sigmoids of all lanes are computed at once.
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

HWY_INLINE Vf Sigmoid(F d, Vf x) {
  const Vf limited = hn::Min(hn::Max(hn::Neg(x), hn::Set(d, -kMostExponent)), hn::Set(d, kMostExponent));
  return hn::Div(hn::Set(d, 1.0F), hn::Add(hn::Set(d, 1.0F), hn::Exp(d, limited)));
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

/// What a drawn vector costs is its exponential: exp(-|x|) gives both the sigmoid and ln(1 + exp(x)), whose logarithms
/// are taken of the product of many. A lane multiplies 64 / lanes factors of 1 to 2 a block, so that many blocks stay
/// far below what float32 holds.
class Losses {
 public:
  explicit Losses(F d) : d_(d), sum_(hn::Zero(d)), product_(hn::Set(d, 1.0F)) {}

  /// @return the sigmoid of x
  HWY_INLINE Vf Add(Vf x) {
    const Vf one = hn::Set(d_, 1.0F);
    const Vf e = hn::Exp(d_, hn::Neg(hn::Min(hn::Abs(x), hn::Set(d_, kMostExponent))));
    const Vf denominator = hn::Add(one, e);
    sum_ = hn::Add(sum_, hn::Max(x, hn::Zero(d_)));
    product_ = hn::Mul(product_, denominator);
    return hn::Div(hn::IfThenElse(hn::Lt(x, hn::Zero(d_)), e, one), denominator);
  }
  /// To be called after each block.
  HWY_INLINE void EndBlock() {
    constexpr size_t kMostFactors = 96;  // 2^96 < 3.4e38
    const size_t factors = kPoolBlock / hn::Lanes(d_);
    if (++blocks_ < kMostFactors / factors) return;
    Fold();
  }
  /// The sum of ln(1 + exp(x)) over all x.
  HWY_INLINE double Total() {
    Fold();
    return double{hn::GetLane(hn::SumOfLanes(d_, sum_))};
  }

 private:
  HWY_INLINE void Fold() {
    sum_ = hn::Add(sum_, hn::Log(d_, product_));
    product_ = hn::Set(d_, 1.0F);
    blocks_ = 0;
  }

  F d_;
  Vf sum_;
  Vf product_;
  size_t blocks_ = 0;
};

/// Adds weight · s y of one block of the pool to `gradient` [columns x lanes], each lane by itself.
HWY_INLINE void SubtractBlock(F d, const float* HWY_RESTRICT block, size_t columns, const float* HWY_RESTRICT row,
                              Vf weight, float* HWY_RESTRICT gradient, Losses& losses) {
  constexpr size_t kAtOnce = 4;  // registers of vectors: so many chains hide the latency of a multiply-add
  const size_t lanes = hn::Lanes(d);
  for (size_t part = 0; part < kPoolBlock; part += kAtOnce * lanes) {
    const float* HWY_RESTRICT from = block + part;
    // Without a loop over the four: GCC would spill an array of them.
    Vf s0 = hn::Zero(d), s1 = hn::Zero(d), s2 = hn::Zero(d), s3 = hn::Zero(d);
    for (size_t c = 0; c < columns; ++c) {
      const Vf r = hn::Set(d, row[c]);
      const float* HWY_RESTRICT y = from + c * kPoolBlock;
      s0 = hn::MulAdd(r, hn::Load(d, y), s0);
      s1 = hn::MulAdd(r, hn::Load(d, y + lanes), s1);
      s2 = hn::MulAdd(r, hn::Load(d, y + 2 * lanes), s2);
      s3 = hn::MulAdd(r, hn::Load(d, y + 3 * lanes), s3);
    }
    s0 = hn::Mul(weight, losses.Add(s0));
    s1 = hn::Mul(weight, losses.Add(s1));
    s2 = hn::Mul(weight, losses.Add(s2));
    s3 = hn::Mul(weight, losses.Add(s3));
    for (size_t c = 0; c < columns; ++c) {
      const float* HWY_RESTRICT y = from + c * kPoolBlock;
      const Vf first = hn::MulAdd(s1, hn::Load(d, y + lanes), hn::Mul(s0, hn::Load(d, y)));
      const Vf second = hn::MulAdd(s3, hn::Load(d, y + 3 * lanes), hn::Mul(s2, hn::Load(d, y + 2 * lanes)));
      hn::Store(hn::Sub(hn::Load(d, gradient + c * lanes), hn::Add(first, second)), d, gradient + c * lanes);
    }
  }
  losses.EndBlock();
}

double StepLmfRow(const LmfTables& tables, const LmfRow& row, float* HWY_RESTRICT scratch) {
  const F d;
  const size_t lanes = hn::Lanes(d);
  const size_t stride = tables.stride;
  float* HWY_RESTRICT by_lane = scratch;                                 // [columns x lanes]
  float* HWY_RESTRICT gradient = by_lane + tables.columns * kPoolBlock;  // [stride]
  float* HWY_RESTRICT scores = gradient + stride;                        // [positives]
  for (size_t i = 0; i < tables.columns * lanes; i += lanes) hn::Store(hn::Zero(d), d, by_lane + i);

  const auto vector_of = [&](size_t p) { return tables.table + size_t{row.columns[p]} * stride; };
  for (size_t p = 0; p < HWY_MIN(row.count, kRowsAhead); ++p) Fetch(vector_of(p), stride);
  for (size_t p = 0; p < row.count; ++p) {
    if (p + kRowsAhead < row.count) Fetch(vector_of(p + kRowsAhead), stride);
    scores[p] = Dot(d, row.vector, vector_of(p), stride);
  }
  Losses drawn(d);
  for (size_t b = 0; b < row.blocks; ++b) {
    const size_t block = (row.first_block + b) % tables.pool_blocks;
    SubtractBlock(d, tables.pool + block * tables.columns * kPoolBlock, tables.columns, row.vector,
                  hn::Set(d, row.negative_weight), by_lane, drawn);
  }
  double loss = double{row.negative_weight} * drawn.Total();
  for (size_t c = 0; c < tables.columns; ++c) {
    gradient[c] = hn::GetLane(hn::SumOfLanes(d, hn::Load(d, by_lane + c * lanes)));
  }
  for (size_t c = tables.columns; c < stride; ++c) gradient[c] = 0;

  // w (1 - s) in the place of each score, all lanes at once; behind the last there is room for whole vectors.
  Vf losses = hn::Zero(d);
  for (size_t p = row.count; p < (row.count + lanes - 1) / lanes * lanes; ++p) scores[p] = kMostExponent;
  for (size_t p = 0; p < row.count; p += lanes) {
    const Vf score = hn::Load(d, scores + p);
    const Vf weight = LoadUpTo(d, row.weights + p, row.count - p);
    losses = hn::MulAdd(weight, Softplus(d, hn::Neg(score)), losses);
    hn::Store(hn::Mul(weight, Sigmoid(d, hn::Neg(score))), d, scores + p);
  }
  loss += double{hn::GetLane(hn::SumOfLanes(d, losses))};
  for (size_t p = 0; p < row.count; ++p) {
    const Vf weight = hn::Set(d, scores[p]);
    const float* HWY_RESTRICT y = vector_of(p);
    if (p + kRowsAhead < row.count) Fetch(vector_of(p + kRowsAhead), stride);
    for (size_t i = 0; i < stride; i += lanes) {
      hn::Store(hn::MulAdd(weight, hn::Load(d, y + i), hn::Load(d, gradient + i)), d, gradient + i);
    }
  }
  const Vf rate = hn::Set(d, tables.learning_rate);
  const Vf decay = hn::Set(d, tables.regularization);
  for (size_t i = 0; i < stride; i += lanes) {
    const Vf r = hn::Load(d, row.vector + i);
    const Vf g = hn::Mul(hn::NegMulAdd(decay, r, hn::Load(d, gradient + i)), hn::Load(d, tables.mask + i));
    const Vf squares = hn::MulAdd(g, g, hn::Load(d, row.squares + i));
    hn::Store(squares, d, row.squares + i);
    hn::Store(hn::Add(r, hn::Div(hn::Mul(rate, g), hn::Sqrt(hn::Add(squares, hn::Set(d, kEpsilon))))), d,
              row.vector + i);
  }
  return loss;
}

}  // namespace segue::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace segue::simd {

HWY_EXPORT(TakeBprSteps);
HWY_EXPORT(StepLmfRow);

double take_bpr_steps(const BprTables& tables, const BprStep* steps, std::size_t count) {
  choose_target();
  return HWY_DYNAMIC_DISPATCH(TakeBprSteps)(tables, steps, count);
}

std::size_t lmf_scratch(std::size_t columns, std::size_t longest) {
  constexpr std::size_t kRoom = 16;  // for whole vectors
  return columns * kPoolBlock + (columns + 15) / 16 * 16 + (longest + kRoom) / 16 * 16 + kRoom;
}

double step_lmf_row(const LmfTables& tables, const LmfRow& row, float* scratch) {
  choose_target();
  return HWY_DYNAMIC_DISPATCH(StepLmfRow)(tables, row, scratch);
}

}  // namespace segue::simd
#endif  // HWY_ONCE
