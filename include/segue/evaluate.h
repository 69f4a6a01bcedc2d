// Evaluation: how well a ranker finds what was held out. docs/evaluation.md defines each metric by its formula.
#ifndef SEGUE_EVALUATE_H_
#define SEGUE_EVALUATE_H_

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "segue/factors.h"
#include "segue/matrix.h"
#include "segue/ranker.h"
#include "segue/run.h"
#include "segue/split.h"
#include "segue/train.h"
#include "segue/weighting.h"

namespace segue {

/// Ranks by factors of a training on split.train: with those of the users that it had, and by the exact fold-in of the
/// history for rows that it had not.
/// @param options    of the training; the regularization is the one that `trained` says
/// @param weighting  of the training
std::unique_ptr<Ranker> make_folded_ranker(const AlsResult& trained, const AlsOptions& options,
                                           const WeightingState& weighting, const Split& split, const Run& run = {});

enum class Measure {
  // of the held-out items among the first K, per user
  kPrecision,
  kRecall,
  kRecallMin,
  kHitRate,
  kMap,
  kNdcg,
  kNdcgFull,
  kMrr,
  // as implicit 0.7.3 computes them
  kImplicitPrecision,
  kImplicitMap,
  kImplicitNdcg,
  kImplicitAuc,
  // of the whole ranking, per user
  kAuc,
  // of what is recommended, whatever was held out
  kNovelty,
  kPopularity,
  kDiversity,
  // of all lists together
  kCoverage,
  kGini,
};

struct MeasureInfo {
  Measure measure;
  std::string_view name;
  std::string_view formula;  // for people
  bool has_cut = true;       // takes "@K"
  bool per_user = true;      // has a value for each user, and so an interval
  bool higher_is_better = true;
};

/// One row per Measure, in the order of the enum.
std::span<const MeasureInfo> measures();

/// A measure and where lists are cut for it: "ndcg@10", "auc".
struct MeasureAt {
  Measure measure = Measure::kNdcg;
  std::uint32_t k = 10;  // >= 1; ignored by what has no cut

  bool operator==(const MeasureAt&) const = default;
};

/// @throws Error{kInvalidArgument} listing the names that exist, or for a cut that is missing, 0 or too many.
MeasureAt measure_from_name(std::string_view name);
std::string name_of(const MeasureAt& measure);

struct EvaluateOptions {
  std::vector<MeasureAt> measures = {{Measure::kNdcg, 10}, {Measure::kRecall, 20}};
  const CsrMatrix* candidates =
      nullptr;  // rank only these and the test items of a row; null: all items but its history
  const Factors* item_factors = nullptr;  // what diversity tells items apart by; needed for it only
  std::uint32_t resamples = 1000;         // of the bootstrap, 0: no intervals
  double confidence = 0.95;               // of the intervals, 0..1, both excluded
  std::uint64_t seed = 42;                // of the bootstrap
  bool keep_lists = false;                // see Evaluation::lists
};

/// A measure over all users that were evaluated.
struct Measured {
  MeasureAt measure;
  double mean = 0;  // expected over all orders of items that tie
  double low = 0;   // bootstrap interval of the mean; both are the mean where there is none
  double high = 0;
  double worst = 0;              // the mean if those that tie came in the worst order …
  double best = 0;               // … and in the best
  std::vector<double> per_user;  // by Evaluation::users; empty where there are none
  std::vector<double> weights;   // of per_user in the mean; empty: all the same
};

struct Evaluation {
  std::vector<std::uint32_t> users;  // the rows with test cells
  std::vector<Measured> measured;    // by EvaluateOptions::measures
  double seconds = 0;                // of ranking and measuring
  /// By `users`: the items ranked first, as many as the longest cut of the measures, ties by lower item; empty unless
  /// they were to be kept.
  std::vector<std::vector<std::uint32_t>> lists;
};

/// Ranks for each row with test cells all items but those of its history (or its candidates), and measures. A test item
/// that is not ranked counts as missed.
/// @throws Error{kInvalidArgument} when shapes differ, no row has test cells or an option is out of range;
///         Error{kNumerical} for a score that is not finite; Error{kCancelled}.
/// The same for any number of threads. O(rows · items), and what the ranker takes.
Evaluation evaluate(const Ranker& ranker, const Split& split, const EvaluateOptions& options = {}, const Run& run = {});

/// Two models on the same users.
struct Comparison {
  double difference = 0;  // mean of the second less the first's
  double low = 0;         // bootstrap interval, users drawn in pairs
  double high = 0;
  double p_value = 1;        // two-sided, of a paired randomization test: signs of the differences flipped at random
  std::uint64_t higher = 0;  // users for whom the second is higher
  std::uint64_t equal = 0;
  std::uint64_t lower = 0;
};

/// @throws Error{kInvalidArgument} when they are not of one measure with values of the same users. Seed, confidence and
/// resamples (at least 1) as options says.
Comparison compare(const Measured& first, const Measured& second, const EvaluateOptions& options = {},
                   const Run& run = {});

}  // namespace segue

#endif  // SEGUE_EVALUATE_H_
