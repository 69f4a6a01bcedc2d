#include "options.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <span>
#include <utility>

#include "segue/error.h"
#include "segue/recommender.h"

namespace segue::cli {
namespace {

constexpr int kMostThreads = 1024;  // more than any machine has is a slip of the finger
constexpr char kGuard = '\x1f';

template <typename E>
struct Choice {
  std::string name;
  E value;
};

/// An option that takes one of a few words.
template <typename E>
CLI::Option* add_choice(CLI::App& app, const std::string& flag, E& target, std::vector<Choice<E>> choices,
                        const std::string& help) {
  std::vector<std::string> names;
  std::string default_name;
  for (const Choice<E>& choice : choices) {
    names.push_back(choice.name);
    if (choice.value == target) default_name = choice.name;
  }
  return app
      .add_option_function<std::string>(
          flag,
          [flag, &target, choices = std::move(choices), names](const std::string& word) {
            const auto found =
                std::find_if(choices.begin(), choices.end(), [&](const auto& choice) { return choice.name == word; });
            if (found == choices.end()) {
              throw Error(ErrorCode::kInvalidArgument, fmt::format("{} does not know \"{}\"", flag, word),
                          fmt::format("choose one of {}", fmt::join(names, ", ")));
            }
            target = found->value;
          },
          help)
      ->type_name(fmt::format("{}", fmt::join(names, "|")))
      ->default_str(default_name);
}

/// What a shell makes hard to type: \t, \n, \\ and \0 in a delimiter.
std::string unescape(const std::string& text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 1 < text.size() && (text[i + 1] == 't' || text[i + 1] == '\\')) {
      out += text[++i] == 't' ? '\t' : '\\';
    } else {
      out += text[i];
    }
  }
  return out;
}

}  // namespace

void add_common_options(CLI::App& app, Session& session) {
  app.add_option("--threads", session.threads, "Threads to use; 0 means one per core. Results do not depend on it")
      ->check(CLI::Range(0, kMostThreads))
      ->type_name("N")
      ->capture_default_str()
      ->group("Running");
  app.add_option("--log-format", "What standard error gets: text for people, or one JSON object a line")
      ->check(CLI::IsMember({"text", "json"}))
      ->type_name("text|json")
      ->default_str("text")
      ->group("Running");
}

void add_source_options(CLI::App& app, Source& source, ColumnOptions columns) {
  IngestOptions& ingest = source.ingest;
  const bool is_short = columns == ColumnOptions::kShort;
  const auto of_log = [&](CLI::Option* option, const std::string& group) {
    option->group(group);
    source.log_options.push_back(option);
    return option;
  };
  const auto column = [&](const std::string& flag, std::string& target, const std::string& help) {
    of_log(app.add_option(flag, target, help), "Columns of the log: a number from 1, or a name in its header")
        ->type_name("COLUMN");
  };
  app.add_option(is_short ? "LOG" : "FILE", source.path,
                 is_short ? "A play log (plain, .gz, .zst or .tar.gz; - for standard input), or a .plays or .segue file"
                          : "A play log, a .plays file or a model")
      ->transform([](const std::string& path) { return path == "-" ? "/dev/stdin" : path; })
      ->type_name("")
      ->required();

  column(is_short ? "--user,--user-column" : "--user-column", ingest.user, "Who");
  column(is_short ? "--item,--item-column" : "--item-column", ingest.item, "What: the id that items are told apart by");
  column("--title,--title-column", ingest.title, "What to call an item");
  column("--value,--value-column", ingest.value, "How much: plays, stars; \"none\" counts rows instead");

  const std::string reading = "Reading the log";
  of_log(app.add_option("--format", ingest.format, "Kind of log"), reading)
      ->check(CLI::IsMember({"auto", "lastfm-360k", "hetrec", "movielens", "delimited"}))
      ->type_name("auto|lastfm-360k|hetrec|movielens|delimited")
      ->capture_default_str();
  of_log(app.add_option_function<std::string>(
             "--delimiter", [&ingest](const std::string& text) { ingest.delimiter = unescape(text); },
             "What stands between columns, such as '\\t', ',' or '::'; detected when left out"),
         reading)
      ->type_name("TEXT");
  of_log(app.add_option("--header", ingest.header, "Whether the first line names the columns"), reading)
      ->check(CLI::IsMember({"auto", "yes", "no"}))
      ->type_name("auto|yes|no")
      ->capture_default_str();
  of_log(app.add_option("--titles", ingest.titles, "A file of item ids and titles, such as HetRec's artists.dat"),
         reading)
      ->type_name("FILE");
  of_log(app.add_option("--titles-encoding", ingest.titles_encoding, "How that file is written"), reading)
      ->check(CLI::IsMember({"auto", "utf-8", "latin-1"}))
      ->type_name("auto|utf-8|latin-1")
      ->capture_default_str();
  of_log(add_choice<ItemKey>(app, "--item-key", ingest.item_key, {{"name", ItemKey::kName}, {"mbid", ItemKey::kMbid}},
                             "Last.fm-360K: what makes two artists the same"),
         reading);
  of_log(add_choice<Duplicates>(app, "--duplicates", ingest.duplicates,
                                {{"sum", Duplicates::kSum},
                                 {"max", Duplicates::kMax},
                                 {"last", Duplicates::kLast},
                                 {"error", Duplicates::kError}},
                                "What to make of several rows for the same user and item"),
         reading);
  of_log(add_choice<BadRows>(app, "--bad-rows", ingest.bad_rows,
                             {{"report", BadRows::kReport}, {"skip", BadRows::kSkip}, {"fail", BadRows::kFail}},
                             "What to do with rows that cannot be read"),
         reading);
  of_log(add_choice<ZeroValues>(app, "--zero-values", ingest.zero_values,
                                {{"drop", ZeroValues::kDrop}, {"keep", ZeroValues::kKeep}},
                                "What to do with rows whose value is 0"),
         reading);
  of_log(add_choice<NegativeValues>(app, "--negative-values", ingest.negative_values,
                                    {{"keep", NegativeValues::kKeep}, {"drop", NegativeValues::kDrop}},
                                    "What to do with rows whose value is below 0; kept ones are dislikes"),
         reading);
  of_log(add_choice<bool>(app, "--date-users", ingest.reject_date_users, {{"reject", true}, {"keep", false}},
                          "Last.fm-360K: users that are dates, rows whose columns slipped"),
         reading);
  of_log(app.add_option("--min-user-items", ingest.min_user_items, "Leave out users with fewer items"), reading)
      ->type_name("N")
      ->capture_default_str();
  of_log(app.add_option("--min-item-users", ingest.min_item_users, "Leave out items with fewer users"), reading)
      ->type_name("N")
      ->capture_default_str();
}

void add_weighting_options(CLI::App& app, WeightingOptions& options) {
  const std::string group = "Weighting: from values to confidence";
  std::vector<Choice<Weighting>> choices;
  std::string formulas = "How a value r becomes a confidence c:";
  for (const WeightingInfo& info : weightings()) {
    choices.push_back({std::string(info.name), info.weighting});
    formulas += fmt::format("\n  {:<10} {}", info.name, info.formula);
  }
  add_choice<Weighting>(app, "--weighting", options.weighting, std::move(choices), formulas)
      ->type_name("NAME")
      ->group(group);
  const auto number = [&](const std::string& flag, float& target, const std::string& help) {
    app.add_option(flag, target, help)->type_name("X")->capture_default_str()->group(group);
  };
  number("--alpha", options.alpha, "Factor of the confidence, > 0");
  number("--epsilon", options.epsilon, "log: the scale of the values, > 0");
  number("--k1", options.bm25_k1, "bm25: where values saturate, >= 0");
  number("--b", options.bm25_b, "bm25: how much an item's total counts, 0 to 1");
}

void add_training_options(CLI::App& app, AlsOptions& options) {
  const std::string group = "Training: implicit ALS";
  const auto number = [&](const std::string& flag, auto& target, const std::string& type, const std::string& help) {
    app.add_option(flag, target, help)->type_name(type)->capture_default_str()->group(group);
  };
  number("--factors", options.factors, "N", "Numbers per user and item, 1 to 1024; more tell apart rarer tastes");
  number("--regularization", options.regularization, "X", "Pull towards 0; 0 chooses it in proportion to the data");
  number("--iterations", options.iterations, "N", "Sweeps over users and items; 0 keeps the initial factors");
  std::vector<Choice<Solver>> solvers;
  for (const Solver solver : {Solver::kAuto, Solver::kCg, Solver::kCholesky}) {
    solvers.push_back({std::string(name_of(solver)), solver});
  }
  add_choice<Solver>(app, "--solver", options.solver, std::move(solvers), "How a row is solved: in steps, or exactly")
      ->group(group);
  number("--cg-steps", options.cg_steps, "N", "Steps of solver cg, 1 to the number of factors");
  number("--seed", options.seed, "N", "Of the initial factors");
}

void add_answer_options(CLI::App& app, AnswerArgs& args) {
  app.add_option("MODEL", args.model, "A model that segue fit wrote")->type_name("")->required();
  const std::string group = "Answer";
  app.add_option("-n,--top", args.top, "How many at most")
      ->check([](const std::string& number) { return number == "0" ? "must be at least 1" : ""; })
      ->type_name("N")
      ->capture_default_str()
      ->group(group);
  app.add_option("--min-listeners", args.min_listeners, "Leave out items with fewer listeners")
      ->type_name("N")
      ->capture_default_str()
      ->group(group);
  add_repeated(app, "--exclude", args.exclude, "Never this item; may be repeated")->group(group);
  add_repeated(app, "--only", args.only, "No others than this item; may be repeated")->group(group);
  app.add_flag("--id", args.by_id, "Names are ids, to the letter")->group(group);
  add_result_format(app, args.format);
}

void add_result_format(CLI::App& app, ResultFormat& format) {
  CLI::Option* json = app.add_flag("--json", format.json, "Print JSON, an object a line")->group("Output");
  app.add_flag("--tsv", format.tsv, "Print tab-separated values under a header line")->group("Output")->excludes(json);
}

CLI::Option* add_repeated(CLI::App& app, const std::string& flag, std::vector<std::string>& values,
                          const std::string& help) {
  return app.add_option(flag, values, help)->type_name("NAME")->allow_extra_args(false);
}

std::string guard_brackets(std::string argument) {
  if (argument.size() > 1 && argument.front() == '[' && argument.back() == ']') argument += kGuard;
  return argument;
}

void unguard_brackets(CLI::App& app) {
  for (CLI::Option* option : app.get_options()) {
    if (option->get_items_expected_max() == 0) continue;  // a flag takes no word
    option->transform([](std::string text) {
      if (!text.empty() && text.back() == kGuard) text.pop_back();
      return text;
    });
  }
}

LogFormat log_format_of(const std::vector<std::string>& arguments) {
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    if (arguments[i] == "--") break;
    if (arguments[i] == "--log-format=json") return LogFormat::kJson;
    if (arguments[i] == "--log-format" && i + 1 < arguments.size() && arguments[i + 1] == "json")
      return LogFormat::kJson;
  }
  return LogFormat::kText;
}

}  // namespace segue::cli
