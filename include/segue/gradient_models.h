// Models that learn factors by gradient steps on what was seen and on drawn examples of what was not: BPR, which orders
// pairs of items, and logistic matrix factorization. Both look at values above 0 only; a value of 0 or below counts as
// absent. docs/algorithms.md has the formulas, and how the bits stay the same for any number of threads.
#ifndef SEGUE_GRADIENT_MODELS_H_
#define SEGUE_GRADIENT_MODELS_H_

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "segue/factors.h"
#include "segue/matrix.h"
#include "segue/run.h"
#include "segue/train.h"

namespace segue {

/// How items (of lmf also users) are drawn that stand for all that was not seen.
enum class Negatives {
  kUniform,     // each alike
  kPopularity,  // in proportion to their interactions: harder examples, and what the library implicit does
};
/// @throws Error{kInvalidArgument} listing the names that exist.
Negatives negatives_from_name(std::string_view name);
std::string_view name_of(Negatives negatives);

constexpr std::uint32_t kMostGradientFactors = 1008;  // with the biases still a row of 1024 floats

/// What a training gives. A score is x·y over all columns, the last ones included.
struct GradientResult {
  Factors user_factors;
  Factors item_factors;
  std::vector<SweepRecord> sweeps;  // one per iteration; the loss is the mean over its examples
};

/// Bayesian personalized ranking (Rendle, Freudenthaler, Gantner & Schmidt-Thieme 2009): of each user a seen item shall
/// score above a drawn one. Columns: `factors` and one more, which is 1 for users and the bias of items.
struct BprOptions {
  std::uint32_t factors = 64;      // 1..kMostGradientFactors, beside the bias
  float learning_rate = 0.05F;     // > 0; larger learns sooner and then overshoots
  float regularization = 0.01F;    // >= 0, of each vector that a step touches
  std::uint32_t iterations = 100;  // each goes over all interactions once; 0 keeps the initial factors
  Negatives negatives = Negatives::kUniform;
  bool verify_negatives = true;  // never draw an item that the user has
  std::uint64_t seed = 42;       // of the initial factors and of all that is drawn
};

/// The factors that train_bpr() begins with: normal with deviation 0.1 / sqrt(factors), biases 0.
InitialFactors initial_bpr_factors(std::uint32_t users, std::uint32_t items, const BprOptions& options);

/// @param user_items  [users x items]; that a value is above 0 counts, not which it is
/// @param on_sweep    called after each iteration; returning false ends the training with what there is
/// @param initial     where to start, [users or items x factors + 1]; empty: initial_bpr_factors()
/// Users without interactions get zero factors, items without the least bias of all: what nobody has comes last.
/// @throws Error{kInvalidArgument} for options out of range or initial factors of another shape; Error{kNumerical}
///         naming the iteration when values stop being finite; Error{kCancelled}.
/// The same bits for any number of threads on one SIMD target. O(iterations · nnz · factors).
GradientResult train_bpr(const CsrMatrix& user_items, const BprOptions& options, const Run& run = {},
                         const SweepCallback& on_sweep = {}, std::optional<InitialFactors> initial = {});

/// Logistic matrix factorization (Johnson 2014): the probability that a user likes an item is 1 / (1 + exp(-x·y)). Full
/// gradients of all users, then of all items, by AdaGrad. Columns: `factors` and two more, (bias, 1) for users and
/// (1, bias) for items.
struct LmfOptions {
  std::uint32_t factors = 30;                 // 1..kMostGradientFactors, beside the biases
  float learning_rate = 0.3F;                 // > 0, of AdaGrad: the first step of each value is as long
  float regularization = 5;                   // >= 0
  std::uint32_t iterations = 60;              // 0 keeps the initial factors
  std::uint32_t negatives_per_positive = 30;  // >= 1, drawn anew each iteration
  Negatives negatives = Negatives::kUniform;
  std::uint64_t seed = 42;  // of the initial factors and of all that is drawn
};

/// The factors that train_lmf() begins with: normal with deviation 0.1, biases 0.
InitialFactors initial_lmf_factors(std::uint32_t users, std::uint32_t items, const LmfOptions& options);

/// @param user_items  [users x items] of weights: an interaction counts as often as its value says
/// Otherwise as train_bpr(), with factors + 2 columns. The loss is the mean of the negative log-likelihood over weights
/// and drawn examples, as the items see it before their step. O(iterations · nnz · negatives_per_positive · factors).
GradientResult train_lmf(const CsrMatrix& user_items, const LmfOptions& options, const Run& run = {},
                         const SweepCallback& on_sweep = {}, std::optional<InitialFactors> initial = {});

/// The vector of somebody whom training has not seen, with all columns: what train_bpr() and train_lmf() look for, with
/// the items fixed and the drawn examples the same for everybody; by Newton's method in double.
/// @param items  the history's items, each once
/// @return [columns of item_factors]
/// @throws Error{kInvalidArgument} when an item is out of range.
std::vector<float> fold_in(const Factors& item_factors, const BprOptions& options,
                           std::span<const std::uint32_t> items);
/// @param weights  of the items, as in the training
std::vector<float> fold_in(const Factors& item_factors, const LmfOptions& options, std::span<const std::uint32_t> items,
                           std::span<const float> weights);

}  // namespace segue

#endif  // SEGUE_GRADIENT_MODELS_H_
