// The demo: what segue does, on listeners that are made up (demo_data.h), so that one can judge it before one has a
// log.
#ifndef SEGUE_APPS_CLI_DEMO_H_
#define SEGUE_APPS_CLI_DEMO_H_

#include <cstdint>
#include <string>

#include "console.h"
#include "demo_data.h"
#include "segue/model.h"
#include "segue/recommender.h"
#include "segue/run.h"

namespace segue::cli {

/// Simulates listeners and fits a model to them with the library's defaults.
/// @throws as simulate_listeners() and train_als() do; Error{kCancelled}.
Model fit_demo(const Run& run = {}, std::uint64_t seed = kDemoSeed, std::uint32_t listeners = kDemoListeners);

/// What the demo shows: a warning that nothing here is evidence, similar artists, recommendations. For people.
/// @param terminal  where it will be printed: decides widths and colors
std::string tell_demo(const Recommender& recommender, const Terminal& terminal);

}  // namespace segue::cli

#endif  // SEGUE_APPS_CLI_DEMO_H_
