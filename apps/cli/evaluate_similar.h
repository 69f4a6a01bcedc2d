// What `segue evaluate --similar` does after the split.
#ifndef SEGUE_APPS_CLI_EVALUATE_SIMILAR_H_
#define SEGUE_APPS_CLI_EVALUATE_SIMILAR_H_

#include <functional>

#include "held_out.h"
#include "options.h"
#include "segue/models.h"
#include "session.h"

namespace segue::cli {

/// Trains each model, takes its lists of the e.similar most similar items, judges them, and prints what came of it.
/// @throws Error{kInvalidArgument} for a model that does not tell items apart; Error{kBadInput} for tags of other
/// items.
void evaluate_similar(Session& session, const EvaluateArgs& e, const HeldOut& job,
                      const std::function<ModelSettings(const ModelInfo&)>& settings_for);

}  // namespace segue::cli

#endif  // SEGUE_APPS_CLI_EVALUATE_SIMILAR_H_
