// bpr in the table of models.
#include "train/model_table.h"

namespace segue {
namespace {

using S = BprOptions;

OptionTable<S> table() {
  OptionTable<S> t;
  t.whole(
       "factors", [](S & s) -> auto& { return s.factors; }, 1, kMostGradientFactors, logarithmically(16, 256),
       "Numbers per user and item; more tell apart rarer tastes")
      .real(
          "learning_rate", [](S & s) -> auto& { return s.learning_rate; }, 0, kAnySize, true,
          logarithmically(0.01, 0.2), "Length of steps; larger learns sooner and then overshoots")
      .real(
          "regularization", [](S & s) -> auto& { return s.regularization; }, 0, kAnySize, false,
          logarithmically(0.0005, 0.1), "Pull towards 0")
      .whole(
          "iterations", [](S & s) -> auto& { return s.iterations; }, 0, kAnyCount, logarithmically(20, 320),
          "Sweeps over all interactions; 0 keeps the initial factors")
      .word<Negatives>(
          "negatives", [](S & s) -> auto& { return s.negatives; },
          {{"uniform", Negatives::kUniform}, {"popularity", Negatives::kPopularity}}, {},
          "How examples of what was not seen are drawn")
      .flag(
          "verify_negatives", [](S & s) -> auto& { return s.verify_negatives; }, {},
          "Never draw an item that the user has")
      .whole(
          "seed", [](S & s) -> auto& { return s.seed; }, 0, std::numeric_limits<std::uint64_t>::max(), kFixed,
          "Of the initial factors, and of all that is drawn");
  return t;
}

}  // namespace

BprOptions bpr_settings(const ModelSettings& settings) { return table().parse(settings, "bpr"); }

ModelInfo bpr_model() {
  return model_info(
      "bpr", "Bayesian personalized ranking (Rendle et al. 2009)", "iterations", table(),
      [](const CsrMatrix& train, const S& options, const Run& run, const SweepCallback& on_sweep) -> FittedModel {
        return FittedBpr{options, train_bpr(train, options, run, on_sweep)};
      });
}

}  // namespace segue
