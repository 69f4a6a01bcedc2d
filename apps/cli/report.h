// Reports of evaluate and tune, as pages of pictures.
#ifndef SEGUE_APPS_CLI_REPORT_H_
#define SEGUE_APPS_CLI_REPORT_H_

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "held_out.h"
#include "segue/evaluate.h"
#include "segue/run.h"
#include "segue/train.h"
#include "segue/tune.h"

namespace segue::cli {

/// A model that was measured.
struct Outcome {
  std::string model;
  Evaluation evaluation;
  std::vector<SweepRecord> sweeps;
  double fit_seconds = 0;
};

/// An evaluation as it was asked for, and what that says in full.
struct Command {
  std::string line;  // as it is typed
  std::string source = {};
  std::string split = {};  // in words
  /// Of each model, every option and its value.
  std::map<std::string, std::vector<std::pair<std::string, std::string>>> options = {};
  std::uint32_t resamples = 0;
  Run run = {};  // of what the report still computes
};

/// What a report shows besides what was asked for: ranking measures at several cuts, and what the lists are like.
/// @param items  of the catalogue: lists are no longer
std::vector<MeasureAt> report_measures(std::uint32_t items);

/// Whether a report may be written there: over nothing, or over an older one.
/// @throws Error as require_writable() does.
void require_report_writable(const std::filesystem::path& output, const std::filesystem::path& input);

/// @param outcomes  with lists and all of report_measures()
/// @param asked     the measures that the command line named, for the table
void write_report(const std::filesystem::path& path, const HeldOut& job, const std::vector<Outcome>& outcomes,
                  const std::vector<MeasureAt>& asked, const Command& command);

/// @param command  that fits the best, or judges it
void write_tune_report(const std::filesystem::path& path, const HeldOut& job, const ModelInfo& model,
                       const MeasureAt& metric, const TuneResult& result, const std::vector<Measurement>& trainings,
                       const std::string& command);

}  // namespace segue::cli

#endif  // SEGUE_APPS_CLI_REPORT_H_
