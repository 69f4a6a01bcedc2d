// fit --dry-run: what a training would take of memory and time, told without keeping any of it.
#ifndef SEGUE_APPS_CLI_DRY_RUN_H_
#define SEGUE_APPS_CLI_DRY_RUN_H_

#include "segue/train.h"
#include "segue/weighting.h"
#include "session.h"

namespace segue::cli {

/// Trains for two sweeps at most, where memory allows, and prints the estimate.
/// @param seconds  what reading and weighing have taken
/// @throws Error as train_als() does
void estimate_fit(Session& session, const ConfidenceMatrix& confidence, const AlsOptions& options, double seconds);

}  // namespace segue::cli

#endif  // SEGUE_APPS_CLI_DRY_RUN_H_
