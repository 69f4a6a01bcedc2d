// Options that several subcommands share, each defined once. Defaults are the library's: they are read from its
// structs.
#ifndef SEGUE_APPS_CLI_OPTIONS_H_
#define SEGUE_APPS_CLI_OPTIONS_H_

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "segue/index.h"
#include "segue/interactions.h"
#include "segue/models.h"
#include "segue/split.h"
#include "segue/synth.h"
#include "segue/train.h"
#include "segue/weighting.h"
#include "session.h"

// Only the files that add options read CLI11, which takes seconds to compile.
namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace segue::cli {

/// Where interactions come from: a log, and how to read it, or a file of ours.
struct Source {
  std::filesystem::path path;
  IngestOptions ingest;
  std::vector<const CLI::Option*> log_options;  // those that make no sense for a file of ours

  Source() { ingest.time = "none"; }  // few commands need the times
};

/// The first of those that was given, by its name; empty: none was.
std::string given_log_option(const Source& source);
/// Whether one was, "--time".
bool log_option_given(const Source& source, const std::string& flag);

/// How the columns of user and item are named on the command line. In `lookup` --user and --item ask for a cell.
enum class ColumnOptions { kShort, kLong };

/// How to print results.
struct ResultFormat {
  bool json = false;
  bool tsv = false;
};

/// What `similar` and `recommend` have in common.
struct AnswerArgs {
  std::filesystem::path model;
  std::uint32_t top = 0;
  std::uint32_t min_listeners = 0;
  std::vector<std::string> exclude;
  std::vector<std::string> only;
  bool by_id = false;
  ResultFormat format;
};

/// What `evaluate` splits, trains and measures.
struct EvaluateArgs {
  std::string split = "random";
  double share = 0.2;
  double held_out = 0.2;
  std::uint32_t leave = 1;
  std::uint32_t folds = 5;
  std::uint32_t fold = 0;
  std::uint64_t seed = 42;
  std::filesystem::path train;
  std::filesystem::path test;
  std::filesystem::path candidates;
  std::uint32_t negatives = 0;
  SplitFormat format = SplitFormat::kAuto;
  std::vector<std::string> models = {"als", "popularity", "knn"};
  std::vector<std::string> metrics = {"ndcg@10", "recall@20"};
  std::uint32_t resamples = 1000;
  std::filesystem::path report;
  std::filesystem::path per_user;
  std::filesystem::path card;
  std::uint32_t similar = 0;  // of how many to an item; 0: lists for users are measured instead
  std::filesystem::path tags;
  std::string tag_columns = "1,2";
  bool models_given = false;
  bool metrics_given = false;
  ResultFormat result;
};

/// What `tune` searches.
struct TuneArgs {
  std::string model = "als";
  std::uint32_t trials = 20;
  std::string metric = "ndcg@20";
  std::uint64_t seed = 42;
  std::filesystem::path trials_file;
  std::filesystem::path report;
  ResultFormat result;
};
/// --model, --trials, --metric, --tune-seed, --trials-file and --report.
void add_tune_options(CLI::App& app, TuneArgs& args);
/// --model.
void add_model_choice(CLI::App& app, std::string& model, const std::string& group);

/// --report.
void add_report_option(CLI::App& app, std::filesystem::path& report, const std::string& help);
/// --time.
void add_time_option(CLI::App& app, Source& source);
/// --models, --metrics, --resamples, --similar, --report, --per-user and --card.
void add_evaluate_options(CLI::App& app, EvaluateArgs& args);
/// --split and what belongs to it, --train, --test, --candidates.
void add_split_options(CLI::App& app, EvaluateArgs& args);

/// --threads and --log-format.
void add_common_options(CLI::App& app, Session& session);

/// The positional LOG or FILE, and all that says how to read a log.
void add_source_options(CLI::App& app, Source& source, ColumnOptions columns);

/// The options of all models, each name once; what is given is in `given` by the name in the table of models.
void add_model_options(CLI::App& app, ModelSettings& given);
/// "learning_rate" → "--learning-rate", or "--no-learning-rate".
std::string flag_of(std::string_view option, bool on = true);
/// Those of `given` that a model takes. @throws Error{kInvalidArgument} for a value that it does not.
ModelSettings settings_of(const ModelInfo& model, const ModelSettings& given);
/// @throws Error{kInvalidArgument} for an option that none of the models takes.
void refuse_unused(const ModelSettings& given, std::span<const std::string> chosen);

/// --users, --items, --tastes, --scale, --seed.
void add_synth_options(CLI::App& app, SynthOptions& options, std::uint32_t& scale);

/// --index, --recall, --trees, --search-k. A kind that is empty before stays so where none is named.
void add_index_options(CLI::App& app, IndexOptions& options, const std::string& help);
/// Whether an index was asked for.
inline bool wants_index(const IndexOptions& options) { return !options.kind.empty(); }

/// -n, --top.
void add_top_option(CLI::App& app, std::uint32_t& top);
/// --trees.
CLI::Option* add_trees_option(CLI::App& app, int& trees, const std::string& help);

/// The positional MODEL, -n, --min-listeners, --exclude, --only, --id and the format.
void add_answer_options(CLI::App& app, AnswerArgs& args);

/// -o, --output. Standard output is refused: a model is written whole or not at all, which a pipe cannot be.
void add_output_option(CLI::App& app, std::filesystem::path& output, const std::string& help);

/// --json and --tsv.
void add_result_format(CLI::App& app, ResultFormat& format);

/// A string that may be given again and again, once a time: names of items may begin with anything.
CLI::Option* add_repeated(CLI::App& app, const std::string& flag, std::vector<std::string>& values,
                          const std::string& help);

/// CLI11 reads an argument like [a,b] as a list, but an artist may be called [unknown]: guarded in main, bare again
/// before anybody looks.
std::string guard_brackets(std::string argument);
/// Has every option of `app` take the guard off.
void unguard_brackets(CLI::App& app);

/// The log format that the arguments ask for, found before they are parsed so that errors of parsing obey it.
LogFormat log_format_of(const std::vector<std::string>& arguments);

}  // namespace segue::cli

#endif  // SEGUE_APPS_CLI_OPTIONS_H_
