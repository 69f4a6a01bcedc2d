// knn in the table of models.
#include "train/model_table.h"

namespace segue {

ModelInfo knn_model() {
  using S = NeighborOptions;
  OptionTable<S> t;
  t.whole(
       "neighbors", [](S & s) -> auto& { return s.neighbors; }, 1, kAnyCount, logarithmically(10, 500),
       "Kept of each item; of ease and slim 0: all")
      .word<Weighting>(
          "similarity", [](S & s) -> auto& { return s.weighting; },
          {{"cosine", Weighting::kRaw},
           {"binary", Weighting::kBinary},
           {"log", Weighting::kLog},
           {"tfidf", Weighting::kTfidf},
           {"bm25", Weighting::kBm25}},
          {"binary", "tfidf", "bm25"}, "Cosine of the values as they are, or weighed")
      .real(
          "k1", [](S & s) -> auto& { return s.bm25_k1; }, 0, kAnySize, false, kFixed,
          "bm25: where values saturate, >= 0")
      .real(
          "b", [](S & s) -> auto& { return s.bm25_b; }, 0, 1, false, kFixed,
          "bm25: how much an item's total counts, 0 to 1")
      .real(
          "shrinkage", [](S & s) -> auto& { return s.shrinkage; }, 0, kAnySize, false, logarithmically(0.1, 500),
          "Pulls down what rests on few users, >= 0")
      .flag(
          "binary_history", [](S & s) -> auto& { return s.binary_history; }, {"false", "true"},
          "Each item of a history counts 1, whatever --similarity weighs");
  return model_info("knn", "item-item neighbours (Sarwar et al. 2001)", "", std::move(t),
                    [](const CsrMatrix& train, const S& options, const Run& run, const SweepCallback&) -> FittedModel {
                      return item_neighbors(train, options, run);
                    });
}

}  // namespace segue
