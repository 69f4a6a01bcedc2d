// Gradient steps over rows of factors: those of BPR, one after the other, and whole gradients of rows for LMF.
#ifndef SEGUE_SIMD_GRADIENT_H_
#define SEGUE_SIMD_GRADIENT_H_

#include <cstddef>
#include <cstdint>

namespace segue::simd {

/// A user, an item that it has and one that it has not.
struct BprStep {
  std::uint32_t user;
  std::uint32_t positive;
  std::uint32_t negative;
};

/// Tables of rows of `stride` floats, a multiple of 16, 64-byte aligned.
struct BprTables {
  float* users;
  float* items;
  std::size_t stride;
  const float* mask;  // [stride]: 1 where users learn, 0 in the column that is 1 for all
  float learning_rate;
  float regularization;
};

/// Takes the steps in their order: with d = u·(i - j) and z = 1 / (1 + exp(d))
///     u += rate (z (i - j) - reg u)    i += rate (z u - reg i)    j += rate (-z u - reg j)
/// @return the sum of -ln(1 - z) over the steps, each before it is taken
double take_bpr_steps(const BprTables& tables, const BprStep* steps, std::size_t count);

/// Rows of a pool of drawn vectors that are taken together.
constexpr std::size_t kPoolBlock = 64;

/// Rows of LMF that pass over the pool together.
constexpr std::size_t kLmfRows = 4;

/// One row of LMF: r is what changes, the table and the pool are of the other side.
struct LmfRow {
  const std::uint32_t* columns;  // of the positives, in the table
  const float* weights;          // above 0
  std::size_t count;
  std::size_t blocks;     // of the pool that are taken, at least 1
  float negative_weight;  // of each of their vectors
  float* vector;          // [stride] r
  float* squares;         // [stride] AdaGrad's sums
};

struct LmfTables {
  const float* table;  // [rows x stride]
  std::size_t stride;
  std::size_t columns;  // that are not padding
  const float* pool;    // [pool_blocks][columns][kPoolBlock]: column by column, so that lanes are vectors
  std::size_t pool_blocks;
  const float* mask;  // [stride]: 0 in the column that is 1 for all, and in the padding
  float learning_rate;
  float regularization;
};

/// Floats of scratch that a call needs.
std::size_t lmf_scratch(std::size_t columns);

/// Steps 1 to kLmfRows rows, those of more blocks first; their blocks are taken from `first_block` on, round the pool.
/// The gradient g of a row: sum over positives of w (1 - s) y, less the sum over drawn vectors of weight · s y, less
/// reg r, where s = 1 / (1 + exp(-r·y)); then squares += g², r += rate g / sqrt(1e-6 + squares).
/// @return the rows' negative log-likelihood before the step, without regularization
double step_lmf_rows(const LmfTables& tables, const LmfRow* rows, std::size_t count, std::size_t first_block,
                     float* scratch);

}  // namespace segue::simd

#endif  // SEGUE_SIMD_GRADIENT_H_
