// One line that shows how far a stage is: bar, share, rate, time left.
#ifndef SEGUE_APPS_CLI_PROGRESS_LINE_H_
#define SEGUE_APPS_CLI_PROGRESS_LINE_H_

#include <cstddef>
#include <optional>
#include <string>

#include "segue/run.h"

namespace segue::cli {

/// Seconds until a stage ends if it goes on as it went; nothing while that is a guess (less than half a second in,
/// total unknown) and at the end.
std::optional<double> seconds_left(const Progress& progress);

/// "105 M/523 M interactions  loss 0.0095216  85.1 M/s  5 s left", without bar: what a log file gets.
std::string progress_text(const Progress& progress);

/// The same behind a bar, at most `width` columns.
/// @param unicode  draw with block characters, otherwise with # and -
std::string progress_line(const Progress& progress, std::size_t width, bool unicode);

/// A loss for people: five digits that count.
std::string show_loss(double loss);

}  // namespace segue::cli

#endif  // SEGUE_APPS_CLI_PROGRESS_LINE_H_
