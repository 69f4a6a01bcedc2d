// The pictures of an evaluation's report: what is drawn, from what was measured. report.cc sets them and says what they
// mean.
#ifndef SEGUE_APPS_CLI_REPORT_PICTURES_H_
#define SEGUE_APPS_CLI_REPORT_PICTURES_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "held_out.h"
#include "report.h"
#include "segue/evaluate.h"

namespace segue::cli {

inline constexpr std::array kCuts = {1U, 2U, 5U, 10U, 20U, 50U};
inline constexpr std::uint32_t kListCut = 10;   // what is said of lists
inline constexpr std::uint32_t kFoundCut = 20;  // held-out items are looked for so far

/// Null where it was not measured.
const Measured* find(const Outcome& outcome, const MeasureAt& at);

/// Items in the history of each of these users.
std::vector<std::uint32_t> history_sizes(const HeldOut& job, const std::vector<std::uint32_t>& users);

/// Each is an <svg>, of all models in the order of their colours. A measure by the length of lists:
std::string by_cut(const std::vector<Outcome>& outcomes, Measure measure, const std::string& name);
/// Of the held-out items of each group of items the share that is among the first of its user's list.
std::string found_by_popularity(const HeldOut& job, const std::vector<Outcome>& outcomes);
/// Recall by how much is known of a user.
std::string recall_by_activity(const HeldOut& job, const std::vector<Outcome>& outcomes);
/// Users by item in the training, most first.
std::string popularity_curve(const HeldOut& job);
/// How often each item is in a list, most first.
std::string exposure_curve(const HeldOut& job, const std::vector<Outcome>& outcomes);
/// The losses of one model, which has two or more.
std::string loss_curve(const Outcome& outcome, std::size_t color);

}  // namespace segue::cli

#endif  // SEGUE_APPS_CLI_REPORT_PICTURES_H_
