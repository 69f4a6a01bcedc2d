// als in the table of models.
#include "train/model_table.h"

namespace segue {
namespace {

OptionTable<AlsSettings> table() {
  using S = AlsSettings;
  OptionTable<S> t;
  t.whole(
       "factors", [](S & s) -> auto& { return s.als.factors; }, 1, 1024, logarithmically(16, 256),
       "Numbers per user and item; more tell apart rarer tastes")
      .real(
          "regularization", [](S & s) -> auto& { return s.als.regularization; }, 0, kAnySize, false,
          logarithmically(0.0005, 0.1), "Pull towards 0; of als 0 chooses it in proportion to the data")
      .real(
          "unobserved_weight", [](S & s) -> auto& { return s.als.unobserved_weight; }, 0, kAnySize, false,
          logarithmically(0.005, 1),
          "iALS: weight of every pair, to which observed ones add their confidence; 0 is the plain objective")
      .real(
          "regularization_exponent", [](S & s) -> auto& { return s.als.regularization_exponent; }, 0,
          kMostRegularizationExponent, false, linearly(0.5, 1),
          "0 to 2: a row's regularization grows with this power of its interactions; 0 is the same for all")
      .whole(
          "iterations", [](S & s) -> auto& { return s.als.iterations; }, 0, kAnyCount, logarithmically(2, 16),
          "Sweeps over all interactions; 0 keeps the initial factors")
      .real(
          "tolerance", [](S & s) -> auto& { return s.als.tolerance; }, 0, kAnySize, false, kFixed,
          "End after a sweep that lowers the loss by less than this share; 0 goes on to the last")
      .word<Solver>(
          "solver", [](S & s) -> auto& { return s.als.solver; },
          {{"auto", Solver::kAuto}, {"cg", Solver::kCg}, {"cholesky", Solver::kCholesky}}, {},
          "How a row is solved: in steps, or exactly")
      .whole(
          "cg_steps", [](S & s) -> auto& { return s.als.cg_steps; }, 1, 1024, kFixed,
          "Steps a row; with solver auto at most so many")
      .word<GatherPrecision>(
          "precision", [](S & s) -> auto& { return s.als.precision; },
          {{"auto", GatherPrecision::kAuto},
           {"float32", GatherPrecision::kFloat32},
           {"float16", GatherPrecision::kFloat16}},
          {}, "Of the vectors that solver cg reads; auto is float16 where they are many")
      .whole(
          "seed", [](S & s) -> auto& { return s.als.seed; }, 0, std::numeric_limits<std::uint64_t>::max(), kFixed,
          "Of the initial factors, and of all that is drawn");
  add_weighting(t, {"binary", "log", "bm25"});
  return t;
}

}  // namespace

AlsSettings als_settings(const ModelSettings& settings) { return table().parse(settings, "als"); }

ModelSettings texts_of(const AlsSettings& settings) { return table().texts(settings); }

ModelInfo als_model() {
  return model_info("als", "implicit alternating least squares (Hu, Koren & Volinsky 2008), and iALS", "iterations",
                    table(),
                    [](const CsrMatrix& train, const AlsSettings& settings, const Run& run,
                       const SweepCallback& on_sweep) -> FittedModel {
                      Weighed weighed = weigh(train, settings.weighting, run);
                      AlsResult result = train_als(weighed.confidence, settings.als, run, on_sweep);
                      AlsSettings used = settings;
                      used.als.regularization = result.regularization;
                      return FittedAls{used, std::move(weighed.state), std::move(result)};
                    });
}

}  // namespace segue
