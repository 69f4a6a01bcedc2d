// Training: from confidences to factors.
#ifndef SEGUE_TRAIN_H_
#define SEGUE_TRAIN_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "segue/factors.h"
#include "segue/run.h"
#include "segue/weighting.h"

namespace segue {

enum class Solver {
  kAuto,      // few factors: exact; otherwise cg, a row's steps ending once little is left to gain (docs/algorithms.md)
  kCg,        // conjugate gradient from the last sweep's solution, cg_steps a row
  kCholesky,  // exact, per row
};

/// How conjugate gradient reads the vectors of the other side. All sums are in float32.
enum class GatherPrecision {
  kAuto,  // float16 where the table of vectors is larger than the caches (16 MiB), float32 elsewhere
  kFloat32,
  kFloat16,  // half the bytes, 11 bits a value; docs/algorithms.md has what that changes
};

/// Of both: @throws Error{kInvalidArgument} listing the names that exist.
Solver solver_from_name(std::string_view name);
std::string_view name_of(Solver solver);
GatherPrecision precision_from_name(std::string_view name);
std::string_view name_of(GatherPrecision precision);

/// The loss after a sweep, and what the sweep took.
struct SweepRecord {
  std::uint32_t sweep = 0;  // from 1
  double seconds = 0;
  double loss = 0;  // see AlsResult::loss
};

constexpr float kMostRegularizationExponent = 2;

/// Implicit alternating least squares (Hu, Koren & Volinsky 2008), and iALS (Rendle, Krichene, Zhang & Koren 2021)
/// where unobserved_weight says so.
struct AlsOptions {
  std::uint32_t factors = 64;     // 1..1024; more factors tell apart rarer tastes and cost memory and time
  float regularization = 0;       // > 0; 0: suggested_regularization() of the data
  std::uint32_t iterations = 15;  // sweeps over users and items; 0 keeps the initial factors
  Solver solver = Solver::kAuto;
  std::uint32_t cg_steps = 3;  // 1..1024, with auto at most so many; more come closer to the exact row
  std::uint64_t seed = 42;     // of the initial factors
  GatherPrecision precision = GatherPrecision::kAuto;
  float tolerance = 0;  // >= 0; training ends early after a sweep that lowers the loss by less than this share of it
  /// w0 >= 0. 0: a pair weighs its confidence, or 1 where it has none. Above 0: every pair weighs w0 for p = 0, and an
  /// observed one its confidence on top.
  float unobserved_weight = 0;
  /// nu, 0 to kMostRegularizationExponent. A row of `count` interactions has the regularization regularization · (count
  /// + w0 · n)^nu, n the size of the other side. 0: all rows alike; 1 without w0: ALS-WR (Zhou et al. 2008); 1 with w0:
  /// iALS.
  float regularization_exponent = 0;
};

/// Called after each sweep. Returning false ends training with what there is.
using SweepCallback = std::function<bool(const SweepRecord&)>;

struct AlsResult {
  Factors user_factors;
  Factors item_factors;
  /// (sum over all pairs of c (p - x·y)^2 + sum over all rows of regularization |x|^2) / (sum of the stored c + number
  /// of other pairs). With unobserved_weight w0: (sum over stored pairs of c (p - x·y)^2 + sum over all pairs of
  /// w0 (x·y)^2 + sum over all rows of regularization |x|^2) / (sum of the stored c + w0 times the number of pairs).
  std::vector<SweepRecord> sweeps;
  Solver solver = Solver::kCg;  // the one that ran
  float regularization = 0;     // the one that was used
};

/// A regularization in proportion to the data: 0.12 times the mean over users of their sum of confidences; 0.01 where
/// there is none. docs/defaults.md has the evidence. With regularization_exponent such that the mean over users is
/// that.
float suggested_regularization(const ConfidenceMatrix& confidence, const AlsOptions& options = {});

/// What train_als() allocates, in bytes, besides the confidences. Each is allocated once and kept to the end.
struct AlsMemory {
  std::uint64_t factors = 0;  // of users and items, rows padded to 16 floats
  std::uint64_t table = 0;    // the vectors of the larger side in whitened coordinates, in float32 or float16
  std::uint64_t scratch = 0;  // what threads compute in
  std::uint64_t total() const { return factors + table + scratch; }
};
AlsMemory als_memory(const ConfidenceMatrix& confidence, const AlsOptions& options, int threads);

/// Whether the last sweep lowered the loss by less than `tolerance` of it; never with a tolerance of 0.
bool has_stalled(std::span<const SweepRecord> sweeps, float tolerance);

/// Start of a training: factors of the users and of the items.
struct InitialFactors {
  Factors users;
  Factors items;
};

/// The factors that training starts from: uniform in [0, 0.01), by seed, the same on every machine.
InitialFactors initial_factors(std::uint32_t users, std::uint32_t items, std::uint32_t factors, std::uint64_t seed);

/// @param initial  where to start; empty: initial_factors(…, options.seed)
/// A row without interactions gets zero factors.
/// @throws Error{kInvalidArgument} for options out of range or initial factors of another shape;
///         Error{kNumerical} naming the sweep when values stop being finite; Error{kCancelled}.
/// The same bits for any number of threads on one SIMD target. O(iterations · (nnz · factors + rows · factors^2)).
AlsResult train_als(const ConfidenceMatrix& confidence, const AlsOptions& options, const Run& run = {},
                    const SweepCallback& on_sweep = {}, std::optional<InitialFactors> initial = {});

/// The exact user vector of a history, in double: (YtY + Yt(C-I)Y + reg I) x = Yt C p, or what unobserved_weight and
/// regularization_exponent make of it.
/// @param item_gram    [factors x factors] YtY of all items, from gram()
/// @param options      of the training: regularization, unobserved_weight and regularization_exponent count
/// @param items        the history's items, each once
/// @param confidences  signed, as in ConfidenceMatrix
/// @return [factors]
std::vector<float> fold_in(const Factors& item_factors, std::span<const double> item_gram, const AlsOptions& options,
                           std::span<const std::uint32_t> items, std::span<const float> confidences);

/// What each item of a history adds to the score of others, Hu, Koren & Volinsky 2008, section 5: with x = A^-1 sum_j
/// c_j y_j over the liked items j, the score of i is a sum of parts c_j · y_i A^-1 y_j. Dislikes have no part of their
/// own: they are in A. O(history · factors^2 + factors^3 + wanted · (factors^2 + history · factors)).
/// @param wanted  items whose scores are taken apart; the others as for fold_in()
/// @return [wanted x items]; a row sums to the item's score by fold_in(), up to its rounding
std::vector<double> fold_in_parts(const Factors& item_factors, std::span<const double> item_gram,
                                  const AlsOptions& options, std::span<const std::uint32_t> items,
                                  std::span<const float> confidences, std::span<const std::uint32_t> wanted);

/// YtY, [factors x factors] in double. O(rows · factors^2).
std::vector<double> gram(const Factors& factors, const Run& run = {});

/// The SIMD instructions that training and search run on, such as "avx512": the best that this machine has and the
/// environment's SEGUE_SIMD allows. @throws Error{kInvalidArgument} when SEGUE_SIMD names none.
std::string simd_target();

}  // namespace segue

#endif  // SEGUE_TRAIN_H_
