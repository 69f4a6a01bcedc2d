// segue evaluate: how well models find what was held out of a log, side by side. Split, train each, rank, measure.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "command_text.h"
#include "commands.h"
#include "data.h"
#include "evaluate_similar.h"
#include "figures.h"
#include "held_out.h"
#include "measurable.h"
#include "report.h"
#include "segue/error.h"
#include "segue/evaluate.h"
#include "segue/models.h"
#include "segue/output.h"
#include "segue/split.h"
#include "table.h"
#include "text.h"

namespace segue::cli {
namespace {

using std::chrono::steady_clock;

struct Args {
  Source source;
  EvaluateArgs evaluate;
  ModelSettings settings;
  std::optional<Model> carded;      // the model of --card
  std::optional<FileStamp> opened;  // its file
};

constexpr const char* kSummary =
    "Measure how well models find what was held out\n"
    "Splits a log (or takes a split as others made it), trains each model on one part, has it rank all items for each "
    "user, and "
    "compares with what was held out. Intervals are of the mean over users; docs/evaluation.md defines each measure.";

constexpr const char* kExamples = R"(Examples:
  segue evaluate plays.tsv                                  als against the baselines, a fifth held out
  segue evaluate plays.tsv --models als,popularity --metrics ndcg@10,recall@20,coverage@10 --factors 128
  segue evaluate plays.tsv --report report.html             the same as pictures, in one file
  segue evaluate plays.tsv --split users --share 0.1        people the models have never seen
  segue evaluate plays.tsv --models ease --l2 300 --top-items 20000
  segue evaluate plays.plays --split time                   what was played last, by a log that says when
  segue evaluate --card plays.segue                         a model's own settings; the figures go into its card
  segue evaluate plays.tsv --similar 10                     lists of similar items instead
  segue evaluate --train train.txt --test test.txt --models knn,ease --json
  segue evaluate --train ml-1m.train --test ml-1m.test.rating --candidates ml-1m.test.negative --metrics hit_rate@10)";

std::vector<MeasureAt> measures_of(const Args& args) {
  std::vector<MeasureAt> list;
  for (const std::string& name : args.evaluate.metrics) list.push_back(measure_from_name(name));
  return list;
}

constexpr std::string_view kPerUserHead = "model\tuser";

/// Over nothing, or over values of an earlier run.
void require_values_writable(const std::filesystem::path& output, const std::filesystem::path& input) {
  if (!is_plain_file(output)) return require_writable(output, input, "table of values");
  std::ifstream file(output);
  std::string begin(kPerUserHead.size(), '\0');
  begin.resize(static_cast<std::size_t>(file.read(begin.data(), static_cast<std::streamsize>(begin.size())).gcount()));
  if (begin != kPerUserHead) require_writable(output, input, "table of values");
}

/// A line a model and user, a column a measure that has values by user.
void write_per_user(const std::filesystem::path& path, const HeldOut& job, const std::vector<Outcome>& outcomes,
                    std::size_t measures) {
  FileOutput file(path);
  std::string head(kPerUserHead);
  for (std::size_t m = 0; m < measures; ++m) {
    const Measured& measured = outcomes.front().evaluation.measured[m];
    if (!measured.per_user.empty()) head += "\t" + name_of(measured.measure);
  }
  file.write(head + "\n");
  for (const Outcome& outcome : outcomes) {
    const Evaluation& e = outcome.evaluation;
    for (std::size_t u = 0; u < e.users.size(); ++u) {
      std::string line = outcome.model + "\t" + tsv_field(job.users[e.users[u]]);
      for (std::size_t m = 0; m < measures; ++m) {
        if (!e.measured[m].per_user.empty()) line += fmt::format("\t{}", e.measured[m].per_user[u]);
      }
      file.write(line + "\n");
    }
  }
  file.commit();
}

/// With --card: opens the model, which is the first to be measured, by its own settings, and whose data are the log's.
void take_card(const Session& session, Args& args) {
  EvaluateArgs& e = args.evaluate;
  if (e.card.empty()) return;
  if (!e.train.empty() || !e.test.empty()) {
    throw Error(ErrorCode::kInvalidArgument, "--card goes with a split of the model's own data",
                "leave out --train and --test");
  }
  args.opened.emplace(e.card);
  args.carded = load_model(session, e.card);
  const std::string& own = args.carded->card().model;
  if (!args.carded->card().began_from.empty()) {
    throw Error(ErrorCode::kInvalidArgument, {e.card.string()},
                "was trained on from another model, of data that are not in it: a training of its own would be another",
                "leave out --card; a model that fit makes without --init has a card to fill");
  }
  if (!settings_of(model_from_name(own), args.settings).empty()) {
    throw Error(ErrorCode::kInvalidArgument, {e.card.string()},
                fmt::format("is of model {}, whose options are given as well: the figures would not be its own", own),
                "leave them out, or leave out --card");
  }
  if (args.source.path.empty()) args.source.path = e.card;
  if (!e.models_given) e.models = {"popularity", "knn"};
  std::erase(e.models, own);
  e.models.insert(e.models.begin(), own);
}

/// What a model is trained with.
ModelSettings settings_for(const Args& args, const ModelInfo& info) {
  if (args.carded && args.carded->card().model == info.name) {
    ModelSettings settings = trained_settings(*args.carded);
    // It was chosen for all of the data, and is chosen anew for a part.
    if (args.carded->card().regularization_chosen) settings["regularization"] = "0";
    return settings;
  }
  return settings_of(info, args.settings);
}

CardEvaluation card_of(const Args& args, const HeldOut& job, const std::vector<Outcome>& outcomes) {
  CardEvaluation card{.split = split_text(args.evaluate),
                      .train = job.split.train.nnz(),
                      .test = job.split.test.nnz(),
                      .users = outcomes.front().evaluation.users.size(),
                      .figures = {}};
  for (const Outcome& outcome : outcomes) {
    for (const Measured& m : outcome.evaluation.measured) {
      const bool has_interval = !m.per_user.empty();
      card.figures.push_back(
          {outcome.model, name_of(m.measure), m.mean, has_interval ? m.low : m.mean, has_interval ? m.high : m.mean});
    }
  }
  return card;
}

/// --similar: other lists, and so other measures.
void take_similar(Args& args) {
  EvaluateArgs& e = args.evaluate;
  if (e.similar == 0) {
    if (e.tags.empty()) return;
    throw Error(ErrorCode::kInvalidArgument, "--tags belong to lists of similar items", "add --similar 10");
  }
  if (!e.report.empty() || !e.per_user.empty() || !e.card.empty()) {
    throw Error(ErrorCode::kInvalidArgument, "--report, --per-user and --card are not for --similar", "leave them out");
  }
  if (e.metrics_given) {
    throw Error(ErrorCode::kInvalidArgument, "--metrics are of lists for users, and --similar has its own",
                "leave one of them out");
  }
  if (!e.models_given) e.models = {"als", "knn"};
}

/// Everything that can be refused before a long log is read.
void check(const Args& args) {
  const EvaluateArgs& e = args.evaluate;
  for (const std::string& model : e.models) {
    const auto known = models();
    if (std::ranges::none_of(known, [&](const ModelInfo& m) { return m.name == model; })) {
      std::vector<std::string_view> names;
      for (const ModelInfo& m : known) names.push_back(m.name);
      throw Error(ErrorCode::kInvalidArgument, fmt::format("--models does not know \"{}\"", short_name(model)),
                  fmt::format("choose among {}", fmt::join(names, ", ")));
    }
    settings_for(args, model_from_name(model));
  }
  refuse_unused(args.settings, e.models);
  if (e.similar == 0) require_item_factors(measures_of(args), e.models);
  measures_of(args);
  check_held_out(args.evaluate, args.source);
  const std::filesystem::path& input = args.source.path.empty() ? e.train : args.source.path;
  if (!e.report.empty()) require_report_writable(e.report, input);
  if (!e.per_user.empty()) require_values_writable(e.per_user, input);
  if (!e.report.empty() && !e.per_user.empty() && same_place(e.report, e.per_user)) {
    throw Error(ErrorCode::kInvalidArgument, {e.report.string()}, "is named by both --report and --per-user",
                "name two files");
  }
}

Json measured_json(const Outcome& outcome, const Measured& m, const Outcome& first, const EvaluateOptions& options,
                   const Run& run) {
  Json json{{"model", outcome.model}, {"metric", name_of(m.measure)}, {"mean", m.mean}};
  if (m.per_user.empty()) return json;
  if (options.resamples > 0) json.update({{"low", m.low}, {"high", m.high}});
  json.update({{"worst", m.worst}, {"best", m.best}, {"users", m.per_user.size()}});
  const auto at = static_cast<std::size_t>(&m - outcome.evaluation.measured.data());
  if (&outcome != &first && options.resamples > 0) {
    const Comparison c = compare(first.evaluation.measured[at], m, options, run);
    json["against"] = {{"model", first.model}, {"difference", c.difference}, {"low", c.low},     {"high", c.high},
                       {"p", c.p_value},       {"higher", c.higher},         {"equal", c.equal}, {"lower", c.lower}};
  }
  return json;
}

/// A table a measure, with the columns that it has something for.
void print_tables(Session& session, const std::vector<Outcome>& outcomes, const EvaluateOptions& options) {
  const Terminal terminal = Terminal::of(Stream::kOutput);
  const Outcome& first = outcomes.front();
  for (std::size_t m = 0; m < options.measures.size(); ++m) {
    const bool by_user = !first.evaluation.measured[m].per_user.empty();
    const bool resampled = by_user && options.resamples > 0;
    const bool compared = resampled && outcomes.size() > 1;
    std::vector<Column> columns = {{name_of(options.measures[m])}, {"mean", Align::kRight}};
    if (resampled) columns.push_back({fmt::format("{:g} % interval", options.confidence * 100), Align::kRight});
    const bool ties = std::ranges::any_of(
        outcomes, [&](const Outcome& outcome) { return !show_ties(outcome.evaluation.measured[m]).empty(); });
    if (ties) columns.push_back({"ties", Align::kRight});
    if (compared) {
      columns.push_back({"against " + first.model, Align::kRight});
      columns.push_back({"p", Align::kRight});
    }
    Table table(std::move(columns));
    for (const Outcome& outcome : outcomes) {
      const Measured& v = outcome.evaluation.measured[m];
      std::vector<std::string> cells{outcome.model, show_figure(v.mean)};
      if (resampled) cells.push_back(fmt::format("{} to {}", show_figure(v.low), show_figure(v.high)));
      if (ties) cells.push_back(show_ties(v));
      if (compared && &outcome != &first) {
        const Comparison c = compare(first.evaluation.measured[m], v, options, session.run());
        cells.push_back(show_difference(c));
        cells.push_back(show_p(c.p_value, options.resamples));
      }
      table.add(std::move(cells));
    }
    print((m == 0 ? "" : "\n") + table.render(terminal.width(), terminal.bold(), terminal.plain()));
  }
}

/// What a measure has not is empty: intervals without resamples, and all but the mean of those of all lists together.
void print_tsv(const std::vector<Outcome>& outcomes, const EvaluateOptions& options) {
  print("model\tmetric\tmean\tlow\thigh\tworst\tbest\n");
  for (const Outcome& outcome : outcomes) {
    for (const Measured& m : outcome.evaluation.measured) {
      const bool by_user = !m.per_user.empty();
      const auto field = [](bool is_there, double value) { return is_there ? fmt::to_string(value) : std::string(); };
      const bool resampled = by_user && options.resamples > 0;
      print(fmt::format("{}\t{}\t{}\t{}\t{}\t{}\t{}\n", outcome.model, name_of(m.measure), m.mean,
                        field(resampled, m.low), field(resampled, m.high), field(by_user, m.worst),
                        field(by_user, m.best)));
    }
  }
}

/// What was asked for, for a report: data, split, models and their options.
Command command_of(const Session& session, const Args& args) {
  const EvaluateArgs& e = args.evaluate;
  Command command{.line = session.program + " evaluate", .resamples = e.resamples, .run = session.run()};
  if (args.source.path.empty()) {
    command.line += given_split_flags(e, shell_path(e.test));
    command.source = fmt::format("{} and {}", e.train.string(), e.test.string());
    command.split = "as given";
    if (!e.candidates.empty()) command.split += ", among the candidates of " + e.candidates.string();
    if (e.negatives > 0) command.split += fmt::format(", among {}, split-seed {}", e.negatives, e.seed);
  } else {
    command.line += is_standard_input(args.source) ? " -" : " " + shell_path(args.source.path);
    command.line += reading_flags(args.source) + split_flags(e);
    if (!e.card.empty()) command.line += " --card " + shell_path(e.card);
    command.source = is_standard_input(args.source) ? "standard input" : args.source.path.string();
    command.split = split_text(e);
  }
  std::vector<std::string> metrics;
  for (const MeasureAt& at : measures_of(args)) metrics.push_back(name_of(at));
  command.line += fmt::format(" --models {} --metrics {}", fmt::join(e.models, ","), fmt::join(metrics, ","));
  if (e.resamples != EvaluateArgs().resamples) command.line += fmt::format(" --resamples {}", e.resamples);
  for (const auto& [name, value] : args.settings) {
    command.line += value == "true"    ? " " + flag_of(name)
                    : value == "false" ? " " + flag_of(name, false)
                                       : fmt::format(" {} {}", flag_of(name), value);
  }
  for (const std::string& model : e.models) {
    const ModelInfo& info = model_from_name(model);
    const ModelSettings settings = settings_for(args, info);
    for (const ModelOption& option : info.options) {
      const auto given = settings.find(option.name);
      command.options[model].emplace_back(option.name, given == settings.end() ? option.initial : given->second);
    }
  }
  return command;
}

/// A training came to nothing, which is no reason to lose what others found.
struct Untrained {
  Error error;
};

FittedModel fit(const ModelInfo& info, const CsrMatrix& train, const ModelSettings& settings, const Run& run,
                std::vector<SweepRecord>& sweeps) {
  try {
    return info.fit(train, settings, run, [&](const SweepRecord& sweep) {
      sweeps.push_back(sweep);
      return true;
    });
  } catch (const Error& e) {
    if (e.code() == ErrorCode::kCancelled) throw;
    throw Untrained{Error(e.code(), e.where(), fmt::format("{}: {}", info.name, e.problem()), e.fix())};
  }
}

/// Trains a model and measures it. @throws Untrained.
/// @param item_factors  of the first model that has any: by them diversity is measured of those that have none
Outcome measure(Session& session, const Args& args, const HeldOut& job, const std::string& model,
                EvaluateOptions& options, std::optional<Factors>& item_factors) {
  const auto begin = steady_clock::now();
  const ModelInfo& info = model_from_name(model);
  const ModelSettings settings = settings_for(args, info);
  std::vector<SweepRecord> sweeps;
  const FittedModel fitted = fit(info, job.split.train, settings, session.run(), sweeps);
  const std::unique_ptr<Ranker> ranker = make_ranker(fitted, job.split, session.run());
  const double seconds = std::chrono::duration<double>(steady_clock::now() - begin).count();
  if (!item_factors && item_factors_of(fitted) != nullptr) item_factors = *item_factors_of(fitted);
  options.item_factors = item_factors ? &*item_factors : nullptr;
  Evaluation evaluation = evaluate(*ranker, job.split, options, session.run());
  Json told = Json::object();
  for (const ModelOption& option : info.options) {
    const auto given = settings.find(option.name);
    told[option.name] = given == settings.end() ? option.initial : given->second;
  }
  session.log.event("evaluated",
                    {{"model", model}, {"options", told}, {"fit_seconds", seconds}, {"seconds", evaluation.seconds}});
  session.log.say(fmt::format("{:<12}trained in {}, evaluated in {}", model, show_seconds(seconds),
                              show_seconds(evaluation.seconds)));
  return {model, std::move(evaluation), std::move(sweeps), seconds};
}

void run(Session& session, const Args& typed) {
  Args args = typed;
  take_card(session, args);
  take_similar(args);
  check(args);
  const HeldOut job =
      hold_out(session, args.evaluate, args.source, args.carded ? &args.carded->interactions() : nullptr);
  require_candidates(job);
  if (args.evaluate.similar > 0) {
    evaluate_similar(session, args.evaluate, job, [&](const ModelInfo& info) { return settings_for(args, info); });
    return;
  }
  EvaluateOptions options;
  const std::vector<MeasureAt> asked = measures_of(args);
  options.measures = asked;
  if (!args.evaluate.report.empty()) {
    options.keep_lists = true;
    for (const MeasureAt& at : report_measures(job.split.test.cols())) {
      if (std::ranges::find(asked, at) == asked.end()) options.measures.push_back(at);
    }
  }
  options.resamples = args.evaluate.resamples;
  options.candidates = job.candidates ? &*job.candidates : nullptr;

  // als first: what models without factors recommend is told apart by its factors, too, where diversity is asked for.
  std::vector<std::string> order = args.evaluate.models;
  std::stable_partition(order.begin(), order.end(), [](const std::string& model) { return model == "als"; });
  std::optional<Factors> item_factors;
  for (const std::string& model : order) {
    const ModelInfo& info = model_from_name(model);
    info.require_fits(job.split.train, settings_for(args, info));
    if (!args.carded) note_if_all_ones(session, job.split.train, model, args.settings);
  }
  std::vector<Outcome> outcomes;
  std::optional<Error> failed;  // the first of them; what other models found is not lost by it
  for (const std::string& model : order) {
    try {
      outcomes.push_back(measure(session, args, job, model, options, item_factors));
    } catch (const Untrained& untrained) {
      if (args.carded || order.size() == 1) throw untrained.error;
      session.log.warning(fmt::format("{}; it is left out", untrained.error.problem()));
      if (!failed) failed = untrained.error;
    }
  }
  if (outcomes.empty()) throw *failed;
  std::stable_sort(outcomes.begin(), outcomes.end(), [&](const Outcome& a, const Outcome& b) {
    const auto at = [&](const Outcome& o) {
      return std::find(args.evaluate.models.begin(), args.evaluate.models.end(), o.model);
    };
    return at(a) < at(b);
  });

  const auto saving = steady_clock::now();
  const auto say_saved = [&](const std::filesystem::path& path) {
    say_written(session, path, std::chrono::duration<double>(steady_clock::now() - saving).count());
  };
  if (!args.evaluate.report.empty()) {
    write_report(args.evaluate.report, job, outcomes, asked, command_of(session, args));
    say_saved(args.evaluate.report);
  }
  if (!args.evaluate.per_user.empty()) {
    write_per_user(args.evaluate.per_user, job, outcomes, asked.size());
    say_saved(args.evaluate.per_user);
  }
  // What was measured for the report is not printed.
  options.measures = asked;
  for (Outcome& outcome : outcomes) outcome.evaluation.measured.resize(asked.size());
  if (args.carded) {
    args.opened->require_same();
    args.carded->with_evaluation(card_of(args, job, outcomes)).save(args.evaluate.card, session.run());
    say_saved(args.evaluate.card);
  }

  if (args.evaluate.result.json) {
    for (const Outcome& outcome : outcomes) {
      for (const Measured& m : outcome.evaluation.measured) {
        print(dump(measured_json(outcome, m, outcomes.front(), options, session.run())) + "\n");
      }
    }
  } else if (args.evaluate.result.tsv) {
    print_tsv(outcomes, options);
  } else {
    print_tables(session, outcomes, options);
  }
  if (failed) {
    flush_output();
    throw *failed;
  }
}

}  // namespace

void add_evaluate(CLI::App& app, Session& session, Work& chosen) {
  const auto [command, args] = add_command<Args>(app, session, chosen, "evaluate", kSummary, kExamples, run);
  add_evaluate_options(*command, args->evaluate);
  add_split_options(*command, args->evaluate);
  add_result_format(*command, args->evaluate.result);
  add_model_options(*command, args->settings);
  add_source_options(*command, args->source, ColumnOptions::kShort);
  add_time_option(*command, args->source);
  command->get_option("LOG")->required(false);
  add_common_options(*command, session);
}

}  // namespace segue::cli
