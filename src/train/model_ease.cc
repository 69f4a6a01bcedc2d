// ease in the table of models.
#include "train/model_table.h"

namespace segue {

ModelInfo ease_model() {
  struct S : EaseOptions {
    std::uint32_t neighbors = 0;
  };
  OptionTable<S> t;
  t.real(
       "l2", [](S & s) -> auto& { return s.l2; }, 0, kAnySize, false, logarithmically(10, 5000),
       "Pull of the squares of weights towards 0; larger for larger data")
      .whole(
          "neighbors", [](S & s) -> auto& { return s.neighbors; }, 0, kAnyCount, kFixed,
          "Kept of each item; of ease and slim 0: all")
      .whole(
          "top_items", [](S & s) -> auto& { return s.top_items; }, 0, kAnyCount, kFixed,
          "Only the items with most users take part; 0: all, at 4 bytes a pair for ease");
  return model_info(
      "ease", "a linear model of items x items, in closed form (Steck 2019)", "", std::move(t),
      [](const CsrMatrix& train, const S& options, const Run& run, const SweepCallback&) -> FittedModel {
        EaseWeights weights = train_ease(train, options, run);
        if (options.neighbors == 0) return weights;
        return largest_weights(weights, options.neighbors, run);
      },
      [](const CsrMatrix& train, const S& options) { require_ease_fits(train, options); });
}

}  // namespace segue
