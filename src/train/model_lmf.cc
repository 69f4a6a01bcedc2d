// lmf in the table of models. Values are weighed first; as they are (raw), one who plays much would rule.
#include "train/model_table.h"

namespace segue {
namespace {

/// The struct's defaults, but for the weighting.
struct Settings : LmfSettings {
  Settings() { weighting.weighting = Weighting::kBinary; }
};

using S = Settings;

OptionTable<S> table() {
  OptionTable<S> t;
  t.whole(
       "factors", [](S & s) -> auto& { return s.lmf.factors; }, 1, kMostGradientFactors, logarithmically(16, 128),
       "Numbers per user and item; more tell apart rarer tastes")
      .real(
          "learning_rate", [](S & s) -> auto& { return s.lmf.learning_rate; }, 0, kAnySize, true,
          logarithmically(0.1, 1), "Length of steps; larger learns sooner and then overshoots")
      .real(
          "regularization", [](S & s) -> auto& { return s.lmf.regularization; }, 0, kAnySize, false,
          logarithmically(0.5, 50), "Pull towards 0")
      .whole(
          "iterations", [](S & s) -> auto& { return s.lmf.iterations; }, 0, kAnyCount, logarithmically(15, 120),
          "Sweeps over all interactions; 0 keeps the initial factors")
      .whole(
          "negatives_per_positive", [](S & s) -> auto& { return s.lmf.negatives_per_positive; }, 1, kAnyCount,
          logarithmically(5, 100), "Drawn for each interaction")
      .word<Negatives>(
          "negatives", [](S & s) -> auto& { return s.lmf.negatives; },
          {{"uniform", Negatives::kUniform}, {"popularity", Negatives::kPopularity}}, {},
          "How examples of what was not seen are drawn")
      .whole(
          "seed", [](S & s) -> auto& { return s.lmf.seed; }, 0, std::numeric_limits<std::uint64_t>::max(), kFixed,
          "Of the initial factors, and of all that is drawn");
  add_weighting(t, {});
  return t;
}

}  // namespace

LmfSettings lmf_settings(const ModelSettings& settings) { return table().parse(settings, "lmf"); }

ModelInfo lmf_model() {
  return model_info(
      "lmf", "logistic matrix factorization (Johnson 2014)", "iterations", table(),
      [](const CsrMatrix& train, const S& settings, const Run& run, const SweepCallback& on_sweep) -> FittedModel {
        Weighed weighed = weigh(train, settings.weighting, run);
        GradientResult result = train_lmf(weighed.confidence.user_items(), settings.lmf, run, on_sweep);
        return FittedLmf{settings, std::move(weighed.state), std::move(result)};
      });
}

}  // namespace segue
