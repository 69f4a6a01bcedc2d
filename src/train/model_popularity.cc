// popularity in the table of models.
#include "train/model_table.h"

namespace segue {

ModelInfo popularity_model() {
  struct NoOptions {};
  return model_info("popularity", "items with most users first, the same for everybody", "", OptionTable<NoOptions>(),
                    [](const CsrMatrix& train, const NoOptions&, const Run&, const SweepCallback&) -> FittedModel {
                      return FittedPopularity{count_per_column(train)};
                    });
}

}  // namespace segue
