// slim in the table of models.
#include "train/model_table.h"

namespace segue {

ModelInfo slim_model() {
  using S = SlimOptions;
  OptionTable<S> t;
  t.real(
       "l1", [](S & s) -> auto& { return s.l1; }, 0, kAnySize, false, logarithmically(0.001, 10),
       "Pull of weights towards 0; larger leaves fewer")
      .real(
          "l2", [](S & s) -> auto& { return s.l2; }, 0, kAnySize, false, logarithmically(1, 1000),
          "Pull of the squares of weights towards 0; larger for larger data")
      .whole(
          "neighbors", [](S & s) -> auto& { return s.neighbors; }, 0, kAnyCount, kFixed,
          "Kept of each item; of ease and slim 0: all")
      .whole(
          "sweeps", [](S & s) -> auto& { return s.sweeps; }, 1, kAnyCount, kFixed, "Of coordinate descent at most")
      .real(
          "tolerance", [](S & s) -> auto& { return s.tolerance; }, 0, kAnySize, true, kFixed,
          "slim: an item ends once no weight changes by more than this share of the largest")
      .whole(
          "top_items", [](S & s) -> auto& { return s.top_items; }, 0, kAnyCount, kFixed,
          "Only the items with most users take part; 0: all");
  return model_info("slim", "a sparse linear model of items x items (Ning & Karypis 2011)", "", std::move(t),
                    [](const CsrMatrix& train, const S& options, const Run& run, const SweepCallback&) -> FittedModel {
                      return train_slim(train, options, run);
                    });
}

}  // namespace segue
