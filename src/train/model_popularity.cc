// popularity in the table of models.
#include "base/buffer.h"
#include "segue/item_models.h"
#include "train/model_table.h"

namespace segue {

FittedPopularity fit_popularity(const CsrMatrix& train) {
  Buffer<std::uint32_t> counts(train.cols());
  for (std::uint64_t cell = 0; cell < train.nnz(); ++cell) {
    if (train.values()[cell] > 0) ++counts[train.columns()[cell]];
  }
  return {std::move(counts).share()};
}

ModelInfo popularity_model() {
  struct NoOptions {};
  return model_info("popularity", "items with most users first, the same for everybody", "", OptionTable<NoOptions>(),
                    [](const CsrMatrix& train, const NoOptions&, const Run&, const SweepCallback&) -> FittedModel {
                      return fit_popularity(train);
                    });
}

}  // namespace segue
