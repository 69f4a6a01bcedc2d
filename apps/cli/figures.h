// Figures of an evaluation as people read them: in its tables and in its report.
#ifndef SEGUE_APPS_CLI_FIGURES_H_
#define SEGUE_APPS_CLI_FIGURES_H_

#include <cstdint>
#include <string>

#include "segue/evaluate.h"

namespace segue::cli {

/// "0.2905"; counts have fewer digits: "118.2".
std::string show_figure(double value);

/// "0.2541 to 0.2545": the means in the worst and in the best order of what ties; empty where they look the same.
std::string show_ties(const Measured& measured);

/// "+0.0123 (+0.0100 to +0.0150)".
std::string show_difference(const Comparison& comparison);

/// The p of a randomization test of so many flips: "0.034". Where no flip went as far it is "<0.001" for 1,000 of them:
/// more flips might have said less. @param resamples  >= 1
std::string show_p(double p, std::uint32_t resamples);

}  // namespace segue::cli

#endif  // SEGUE_APPS_CLI_FIGURES_H_
