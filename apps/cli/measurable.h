// What cannot be measured, refused before anything is trained: in words of the command line, users by their ids.
#ifndef SEGUE_APPS_CLI_MEASURABLE_H_
#define SEGUE_APPS_CLI_MEASURABLE_H_

#include <span>
#include <string>

#include "held_out.h"
#include "segue/evaluate.h"

namespace segue::cli {

/// diversity tells items apart by the factors of a model: als's where it is among them, otherwise those of the first,
/// by which all are measured.
/// @param models  names of models, in the order they are measured in but for als, which is first
/// @throws Error{kInvalidArgument} where there are none.
void require_item_factors(std::span<const MeasureAt> measures, std::span<const std::string> models);

/// @throws Error{kInvalidArgument} for a user with held-out items and no candidates, where there are candidates.
void require_candidates(const HeldOut& job);

}  // namespace segue::cli

#endif  // SEGUE_APPS_CLI_MEASURABLE_H_
