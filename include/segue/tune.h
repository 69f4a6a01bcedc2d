// Tuning: good settings of a model, found on a validation split. docs/evaluation.md has the method.
#ifndef SEGUE_TUNE_H_
#define SEGUE_TUNE_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "segue/evaluate.h"
#include "segue/models.h"
#include "segue/run.h"
#include "segue/split.h"

namespace segue {

struct TuneOptions {
  std::uint32_t trials = 20;                // >= 1; the first has the model's defaults
  MeasureAt metric = {Measure::kNdcg, 20};  // one that is better the higher it is, of each user or of all
  ModelSettings fixed;                      // not searched; effort among them: trained for exactly so long
  std::uint64_t seed = 42;                  // of the settings that are drawn
  const CsrMatrix* candidates = nullptr;    // as of EvaluateOptions
};

/// One training and what it reached.
struct Measurement {
  std::uint32_t trial = 0;
  ModelSettings settings;       // all that were drawn or fixed
  std::optional<double> value;  // nothing: its numbers left what float32 holds
  double seconds = 0;
};

enum class TrialEnd {
  kFinished,  // trained as long as there is
  kDropped,   // behind the better half
  kStopped,   // longer training was worse
  kFailed,    // no value
};

struct Trial {
  Measurement best;
  std::uint32_t trainings = 0;
  double seconds = 0;  // of all of them
  TrialEnd end = TrialEnd::kFinished;
};

struct TuneResult {
  std::vector<Trial> trials;  // in the order they were drawn
  std::size_t best = 0;       // of trials
};

/// What tune() refuses before it begins. @throws Error{kInvalidArgument} for options out of range or a metric that is
/// not to be maximised.
void check_tuning(const ModelInfo& model, const TuneOptions& options);

/// Draws settings from the space that the model's row declares, trains on split.train, and measures on split.test,
/// which must not be the data that the result is judged by. Of models with an effort (iterations), all begin with the
/// least; the better half goes on with twice as much, and so on (successive halving: Jamieson & Talwalkar 2016); a
/// trial whose value falls when it trains longer ends, and keeps the length that was best.
/// @param known        measurements of an earlier run; those whose settings are the same are not made again
/// @param on_measured  called after each that is new, before the next begins
/// @throws Error{kInvalidArgument} for options out of range or a metric that is not to be maximised; what training
/// throws,
///         but for Error{kNumerical}, which fails the trial.
/// The same trials for any number of threads, and whatever was known before.
TuneResult tune(const ModelInfo& model, const Split& split, const TuneOptions& options,
                std::span<const Measurement> known = {},
                const std::function<void(const Measurement&)>& on_measured = {}, const Run& run = {});

}  // namespace segue

#endif  // SEGUE_TUNE_H_
