// segue tune: good settings of a model, found unattended. Split, try, keep the better half, say how to fit the best.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "command_text.h"
#include "commands.h"
#include "data.h"
#include "held_out.h"
#include "measurable.h"
#include "report.h"
#include "segue/error.h"
#include "segue/models.h"
#include "segue/tune.h"
#include "table.h"
#include "text.h"
#include "trials_file.h"

namespace segue::cli {
namespace {

struct Args {
  Source source;
  EvaluateArgs held_out;
  ModelSettings settings;
  TuneArgs tune;
};

constexpr const char* kSummary =
    "Search for good settings of a model\n"
    "Holds a part of a log out for validation, trains the model with settings drawn from the space that it declares, "
    "gives more iterations to those that do well, and prints the trials and the command that fits the best. Options of "
    "the model that are given are not searched. Ctrl-C or a kill loses the training that runs; the same command goes "
    "on "
    "from there.";

constexpr const char* kExamples = R"(Examples:
  segue tune plays.tsv                                   als, 20 trials by ndcg@20
  segue tune plays.tsv --model ease --trials 12 --metric recall@20
  segue tune plays.tsv --model als --weighting binary --factors 64 --trials 40
  segue tune plays.tsv --report tuning.html              also as pictures, in one file
  segue tune --train train.txt --test valid.txt --model bpr     a validation split of one's own)";

/// FNV-1a over what is trained on, what is held out and what is ranked.
std::uint64_t fingerprint(const HeldOut& job) {
  const CsrMatrix* const candidates = job.candidates ? &*job.candidates : nullptr;
  std::uint64_t hash = 0xcbf29ce484222325ULL;
  for (const CsrMatrix* matrix : {&job.split.train, &job.split.history, &job.split.test, candidates}) {
    if (matrix == nullptr) continue;
    for (std::uint32_t row = 0; row < matrix->rows(); ++row) {
      for (std::size_t i = 0; i < matrix->row_columns(row).size(); ++i) {
        hash = (hash ^ matrix->row_columns(row)[i]) * 0x100000001b3ULL;
        hash = (hash ^ static_cast<std::uint64_t>(std::llround(1000 * double{matrix->row_values(row)[i]}))) *
               0x100000001b3ULL;
      }
      hash = (hash ^ 0xFFFFFFFFFFULL) * 0x100000001b3ULL;
    }
  }
  return hash;
}

std::string show_settings(const ModelSettings& settings) {
  std::string text;
  for (const auto& [name, value] : settings) text += fmt::format("{}{} {}", text.empty() ? "" : ", ", name, value);
  return text.empty() ? "defaults" : text;
}

std::string show_value(const std::optional<double>& value) { return value ? fmt::format("{:.4f}", *value) : "failed"; }

std::string_view end_of(TrialEnd end) {
  switch (end) {
    case TrialEnd::kFinished:
      return "finished";
    case TrialEnd::kDropped:
      return "behind";
    case TrialEnd::kStopped:
      return "longer was worse";
    case TrialEnd::kFailed:
      break;
  }
  return "failed";
}

/// "--model als --factors 64 …".
std::string flags_of(const ModelInfo& model, const ModelSettings& settings) {
  std::string flags;
  for (const auto& [name, value] : settings) {
    const ModelOption& option = *model.option(name);
    if (option.kind != OptionKind::kSwitch) {
      flags += fmt::format(" {} {}", flag_of(name), value);
    } else if (value != option.initial) {
      flags += " " + flag_of(name, value == "true");
    }
  }
  return flags;
}

/// What to do next, and the command for it.
std::pair<std::string, std::string> next_step(const Session& session, const Args& args, const ModelInfo& model,
                                              const Measurement& best) {
  const std::string flags = flags_of(model, best.settings);
  if (args.source.path.empty()) {
    return {"Judge it on data that took no part:",
            fmt::format("{} evaluate{} --models {} --metrics {}{}", session.program,
                        given_split_flags(args.held_out, "TEST"), model.name,
                        name_of(measure_from_name(args.tune.metric)), flags)};
  }
  const bool piped = is_standard_input(args.source);
  return {piped ? "Fit it on all of the data, LOG being what was piped in:" : "Fit it on all of the data:",
          fmt::format("{} fit {}{} --model {}{}", session.program, piped ? "LOG" : shell_path(args.source.path),
                      reading_flags(args.source, "--time"), model.name, flags)};  // fit has no use for times
}

/// Whether there is an option to be searched that is not given.
bool has_space(const ModelInfo& model, const ModelSettings& fixed) {
  return std::ranges::any_of(model.options, [&](const ModelOption& option) {
    const bool searched = option.scale != SearchScale::kNone || !option.search_words.empty();
    return searched && option.name != model.effort && !fixed.contains(option.name);
  });
}

void print_trials(const TuneResult& result, const ResultFormat& format, const std::string& metric) {
  if (format.json) {
    for (std::size_t t = 0; t < result.trials.size(); ++t) {
      const Trial& trial = result.trials[t];
      Json json{{"trial", t},
                {"settings", trial.best.settings},
                {"metric", metric},
                {"value", nullptr},
                {"trainings", trial.trainings},
                {"seconds", trial.seconds},
                {"end", end_of(trial.end)},
                {"best", t == result.best}};
      if (trial.best.value) json["value"] = *trial.best.value;
      print(dump(json) + "\n");
    }
    return;
  }
  if (format.tsv) {
    print("trial\t" + metric + "\ttrainings\tseconds\tend\tsettings\n");
    for (std::size_t t = 0; t < result.trials.size(); ++t) {
      const Trial& trial = result.trials[t];
      print(fmt::format("{}\t{}\t{}\t{:.3f}\t{}\t{}\n", t, trial.best.value ? fmt::to_string(*trial.best.value) : "",
                        trial.trainings, trial.seconds, end_of(trial.end), show_settings(trial.best.settings)));
    }
    return;
  }
  const Terminal terminal = Terminal::of(Stream::kOutput);
  Table table({{"trial", Align::kRight}, {metric, Align::kRight}, {"took", Align::kRight}, {"end"}, {"settings"}});
  std::vector<std::size_t> order(result.trials.size());
  for (std::size_t t = 0; t < order.size(); ++t) order[t] = t;
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return result.trials[a].best.value.value_or(-1) > result.trials[b].best.value.value_or(-1);
  });
  for (const std::size_t t : order) {
    const Trial& trial = result.trials[t];
    table.add({fmt::to_string(t), show_value(trial.best.value), show_seconds(trial.seconds),
               std::string(end_of(trial.end)), show_settings(trial.best.settings)});
  }
  print(table.render(terminal.width(), terminal.bold(), terminal.plain()));
}

void run(Session& session, const Args& args) {
  // Refuse what cannot be done before anything is read.
  const ModelInfo& model = model_from_name(args.tune.model);
  refuse_unused(args.settings, std::span(&args.tune.model, 1));
  check_held_out(args.held_out, args.source);
  TuneOptions options;
  options.trials = args.tune.trials;
  options.metric = measure_from_name(args.tune.metric);
  options.fixed = settings_of(model, args.settings);
  options.seed = args.tune.seed;
  check_tuning(model, options);
  if (options.trials > 1 && !has_space(model, options.fixed)) {
    session.log.note(fmt::format("{} has no option left to search: there is one trial", model.name));
    options.trials = 1;  // the others would be the same training
  }
  const std::filesystem::path& input = args.source.path.empty() ? args.held_out.train : args.source.path;
  const std::filesystem::path path = args.tune.trials_file.empty()
                                         ? default_output(input, fmt::format(".{}.trials", model.name))
                                         : args.tune.trials_file;
  if (!args.tune.report.empty()) require_report_writable(args.tune.report, input);
  if (!args.tune.report.empty() && same_place(args.tune.report, path)) {
    throw Error(ErrorCode::kInvalidArgument, {path.string()}, "is named by both --report and --trials-file",
                "name two files");
  }

  // Read and split.
  const HeldOut job = hold_out(session, args.held_out, args.source);
  require_candidates(job);
  options.candidates = job.candidates ? &*job.candidates : nullptr;
  Json about = job.about;
  about.update({{"model", model.name},
                {"metric", name_of(options.metric)},
                {"seed", options.seed},
                {"data", fmt::format("{:016x}", fingerprint(job))}});
  TrialsFile file(path, about);
  if (!file.known().empty()) {
    session.log.say(
        fmt::format("{:<12}{} in {}", "goes on", plural(file.known().size(), "training"), visible(path.string())));
  }

  // Try.
  double best = -std::numeric_limits<double>::infinity();
  for (const Measurement& m : file.known()) best = std::max(best, m.value.value_or(best));
  std::vector<Measurement> trainings = file.known();
  const auto search = [&] {
    return tune(
        model, job.split, options, file.known(),
        [&](const Measurement& m) {
          file.add(m);
          trainings.push_back(m);
          const bool is_best = m.value.value_or(best) > best;
          best = std::max(best, m.value.value_or(best));
          session.log.event("trial", {{"trial", m.trial},
                                      {"settings", m.settings},
                                      {"value", m.value ? Json(*m.value) : Json(nullptr)},
                                      {"seconds", m.seconds}});
          session.log.say(fmt::format("trial {:>3}   {} {}{}  {}  {}", m.trial, name_of(options.metric),
                                      show_value(m.value), is_best ? " *" : "  ", show_seconds(m.seconds),
                                      show_settings(m.settings)));
        },
        session.run());
  };
  const TuneResult result = [&] {
    try {
      return search();
    } catch (const Error& error) {
      if (error.code() != ErrorCode::kCancelled || trainings.empty()) throw;
      throw Error(ErrorCode::kCancelled,
                  fmt::format("stopped on request; {} kept in {}: the same command goes on from there",
                              plural(trainings.size(), "training"), visible(path.string())),
                  "");
    }
  }();

  // Say.
  print_trials(result, args.tune.result, name_of(options.metric));
  const Trial& winner = result.trials[result.best];
  if (!winner.best.value) {
    throw Error(ErrorCode::kNumerical, "no trial ended with finite numbers", "fix options that make training diverge");
  }
  session.log.event("done", {{"command", "tune"},
                             {"trial", result.best},
                             {"settings", winner.best.settings},
                             {"value", *winner.best.value},
                             {"trials_file", path.string()}});
  const auto [what, command] = next_step(session, args, model, winner.best);
  if (!args.tune.report.empty()) {
    const auto saving = std::chrono::steady_clock::now();
    write_tune_report(args.tune.report, job, model, options.metric, result, trainings, command);
    say_written(session, args.tune.report,
                std::chrono::duration<double>(std::chrono::steady_clock::now() - saving).count());
  }
  session.log.say("\n" + what);
  session.log.say("  " + command);
}

}  // namespace

void add_tune(CLI::App& app, Session& session, Work& chosen) {
  const auto [command, args] = add_command<Args>(app, session, chosen, "tune", kSummary, kExamples, run);
  add_tune_options(*command, args->tune);
  add_split_options(*command, args->held_out);
  add_result_format(*command, args->tune.result);
  add_model_options(*command, args->settings);
  add_source_options(*command, args->source, ColumnOptions::kShort);
  add_time_option(*command, args->source);
  command->get_option("LOG")->required(false);
  add_common_options(*command, session);
}

}  // namespace segue::cli
