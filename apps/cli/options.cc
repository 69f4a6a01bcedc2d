#include "options.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <limits>
#include <span>
#include <utility>

#include "segue/error.h"
#include "segue/evaluate.h"
#include "segue/recommender.h"
#include "text.h"

namespace segue::cli {
namespace {

constexpr int kMostThreads = 1024;            // more than any machine has is a slip of the finger
constexpr std::uint32_t kMostFactors = 1024;  // as train_als() takes
constexpr auto kMostOfAny = std::numeric_limits<std::uint32_t>::max();
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
              throw Error(ErrorCode::kInvalidArgument, fmt::format("{} does not know \"{}\"", flag, short_name(word)),
                          fmt::format("choose one of {}", fmt::join(names, ", ")));
            }
            target = found->value;
          },
          help)
      ->type_name(fmt::format("{}", fmt::join(names, "|")))
      ->default_str(default_name);
}

/// An option that takes a whole number from `least` to `most`; CLI11's own would take 1e9 and wrap -1 around.
template <typename N>
CLI::Option* add_whole_number(CLI::App& app, const std::string& flag, N& target, N least, N most,
                              const std::string& help) {
  CLI::Option* option = app.add_option_function<std::string>(
      flag,
      [flag, &target, least, most](const std::string& text) {
        N number = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
        if (error != std::errc() || end != text.data() + text.size() || number < least || number > most) {
          throw CLI::ValidationError(
              flag.substr(flag.find("--")),
              fmt::format("cannot be \"{}\": it takes a whole number from {} to {}", short_name(text), least, most));
        }
        target = number;
      },
      help);
  return option->type_name("N")->default_str(std::to_string(target));
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
  add_whole_number(app, "--threads", session.threads, 0, kMostThreads,
                   "Threads to use; 0 means one per core. Results do not depend on it")
      ->group("Running");
  add_choice<LogFormat>(app, "--log-format", session.log_format,
                        {{"text", LogFormat::kText}, {"json", LogFormat::kJson}},
                        "What standard error gets: sentences for people, or one JSON object a line")
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
  app.add_option(
         is_short ? "LOG" : "FILE", source.path,
         is_short
             ? "A play log (plain, .gz, .zst, or a .tar of either; - for standard input), or a .plays or .segue file"
             : "A play log, a .plays file or a model")
      ->transform([](const std::string& path) { return path == "-" ? "/dev/stdin" : path; })
      ->type_name("")
      ->required();

  column(is_short ? "--user,--user-column" : "--user-column", ingest.user, "Who");
  column(is_short ? "--item,--item-column" : "--item-column", ingest.item, "What: the id that items are told apart by");
  column("--title,--title-column", ingest.title, "What to call an item");
  column("--value,--value-column", ingest.value, "How much: plays, stars; \"none\" counts rows instead");

  const std::string reading = "Reading the log";
  const auto word = [&](const std::string& flag, std::string& target, const std::vector<std::string>& words,
                        const std::string& help) {
    std::vector<Choice<std::string>> choices;
    for (const std::string& choice : words) choices.push_back({choice, choice});
    of_log(add_choice<std::string>(app, flag, target, std::move(choices), help), reading);
  };
  word("--format", ingest.format, {"auto", "lastfm-360k", "hetrec", "movielens", "delimited"}, "Kind of log");
  of_log(app.add_option_function<std::string>(
             "--delimiter", [&ingest](const std::string& text) { ingest.delimiter = unescape(text); },
             "What stands between columns, such as '\\t', ',' or '::'; detected when left out"),
         reading)
      ->type_name("TEXT");
  word("--header", ingest.header, {"auto", "yes", "no"}, "Whether the first line names the columns");
  of_log(app.add_option("--titles", ingest.titles, "A file of item ids and titles, such as HetRec's artists.dat"),
         reading)
      ->type_name("FILE");
  word("--titles-encoding", ingest.titles_encoding, {"auto", "utf-8", "latin-1"}, "How that file is written");
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
  of_log(add_whole_number(app, "--min-user-items", ingest.min_user_items, 0U, kMostOfAny,
                          "Leave out users with fewer items"),
         reading);
  of_log(add_whole_number(app, "--min-item-users", ingest.min_item_users, 0U, kMostOfAny,
                          "Leave out items with fewer users"),
         reading);
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
  const auto number = [&](const std::string& flag, auto& target, auto least, auto most, const std::string& help) {
    add_whole_number(app, flag, target, least, most, help)->group(group);
  };
  number("--factors", options.factors, 1U, kMostFactors,
         "Numbers per user and item, 1 to 1024; more tell apart rarer tastes");
  app.add_option("--regularization", options.regularization, "Pull towards 0; 0 chooses it in proportion to the data")
      ->type_name("X")
      ->capture_default_str()
      ->group(group);
  const auto real = [&](const std::string& flag, float& target, const std::string& help) {
    app.add_option(flag, target, help)->type_name("X")->capture_default_str()->group(group);
  };
  real("--unobserved-weight", options.unobserved_weight,
       "iALS: weight of every pair, to which observed ones add their confidence; 0 is the plain objective");
  real("--regularization-exponent", options.regularization_exponent,
       "0 to 2: a row's regularization grows with this power of its interactions; 0 is the same for all");
  number("--iterations", options.iterations, 0U, kMostOfAny,
         "Sweeps over users and items; 0 keeps the initial factors");
  app.add_option("--tolerance", options.tolerance,
                 "End after a sweep that lowers the loss by less than this share; 0 goes on to the last")
      ->type_name("X")
      ->capture_default_str()
      ->group(group);
  std::vector<Choice<Solver>> solvers;
  for (const Solver solver : {Solver::kAuto, Solver::kCg, Solver::kCholesky}) {
    solvers.push_back({std::string(name_of(solver)), solver});
  }
  add_choice<Solver>(app, "--solver", options.solver, std::move(solvers), "How a row is solved: in steps, or exactly")
      ->group(group);
  number("--cg-steps", options.cg_steps, 1U, kMostFactors, "Steps a row; with solver auto at most so many");
  std::vector<Choice<GatherPrecision>> precisions;
  for (const GatherPrecision precision :
       {GatherPrecision::kAuto, GatherPrecision::kFloat32, GatherPrecision::kFloat16}) {
    precisions.push_back({std::string(name_of(precision)), precision});
  }
  add_choice<GatherPrecision>(app, "--precision", options.precision, std::move(precisions),
                              "Of the vectors that solver cg reads; auto is float16 where they are many")
      ->group(group);
  number("--seed", options.seed, std::uint64_t{0}, std::numeric_limits<std::uint64_t>::max(), "Of the initial factors");
}

void add_evaluate_options(CLI::App& app, EvaluateArgs& args) {
  const auto list = [&](const std::string& flag, std::vector<std::string>& target, const std::string& help) {
    app.add_option_function<std::string>(
           flag,
           [flag, &target](const std::string& text) {
             target.clear();
             for (std::size_t at = 0; at <= text.size();) {
               const std::size_t end = std::min(text.find(',', at), text.size());
               const std::string word = text.substr(at, end - at);
               if (word.empty()) throw CLI::ValidationError(flag, "has an empty name");
               if (std::find(target.begin(), target.end(), word) != target.end()) {
                 throw CLI::ValidationError(flag, fmt::format("names \"{}\" twice", short_name(word)));
               }
               target.push_back(word);
               at = end + 1;
             }
           },
           help)
        ->type_name("LIST")
        ->default_str(fmt::format("{}", fmt::join(target, ",")))
        ->group("What to measure");
  };
  std::string models = "Parted by commas; the others are compared with the first:";
  for (const TrainerInfo& info : trainers()) models += fmt::format("\n  {:<11} {}", info.name, info.summary);
  list("--models", args.models, models);
  std::string metrics = "Parted by commas:";
  for (const MeasureInfo& info : measures()) {
    metrics += fmt::format("\n  {:<20} {}", std::string(info.name) + (info.has_cut ? "@K" : ""), info.formula);
  }
  list("--metrics", args.metrics, metrics);
  add_whole_number(app, "--resamples", args.resamples, 0U, 1000000U, "Of the intervals' bootstrap; 0: no intervals")
      ->group("What to measure");

  const std::string split = "Split";
  const auto number = [&](const std::string& flag, auto& target, auto least, const std::string& help) {
    add_whole_number(app, flag, target, least, std::numeric_limits<std::decay_t<decltype(target)>>::max(), help)
        ->group(split);
  };
  const auto share = [&](const std::string& flag, double& target, const std::string& help) {
    app.add_option(flag, target, help)->type_name("X")->capture_default_str()->group(split);
  };
  add_choice<std::string>(
      app, "--split", args.split,
      {{"random", "random"}, {"leave-out", "leave-out"}, {"folds", "folds"}, {"users", "users"}},
      "What is held out: a share of each user's items, a number of them, a fold of all, or a share of the users")
      ->group(split);
  share("--share", args.share, "random: of each user's items; users: of the users");
  share("--held-out", args.held_out, "users: of the items of those users, what is not their history");
  number("--leave", args.leave, 1U, "leave-out: items of each user");
  number("--folds", args.folds, 2U, "folds: how many");
  number("--fold", args.fold, 0U, "folds: which, from 0");
  number("--split-seed", args.seed, std::uint64_t{0}, "Of the split");

  const std::string given = "A split as others made it, instead of LOG";
  const auto file = [&](const std::string& flag, std::filesystem::path& target, const std::string& help) {
    app.add_option(flag, target, help)->type_name("FILE")->group(given);
  };
  file("--train", args.train, "What to train on: \"user item\" a line, or a user and all items a line");
  file("--test", args.test, "What is held out");
  file("--candidates", args.candidates, "Rank only these for each user, and what is held out");
  add_choice<SplitFormat>(
      app, "--split-format", args.format,
      {{"auto", SplitFormat::kAuto}, {"pairs", SplitFormat::kPairs}, {"lines", SplitFormat::kLines}},
      "How these files are written; told by their lines")
      ->group(given);

  const std::string neighbors = "Model knn";
  add_whole_number(app, "--neighbors", args.neighbors.neighbors, 1U, kMostOfAny, "Kept of each item")->group(neighbors);
  add_choice<Weighting>(app, "--similarity", args.neighbors.weighting,
                        {{"cosine", Weighting::kRaw},
                         {"binary", Weighting::kBinary},
                         {"log", Weighting::kLog},
                         {"tfidf", Weighting::kTfidf},
                         {"bm25", Weighting::kBm25}},
                        "Cosine of the values as they are, or weighed")
      ->group(neighbors);
  app.add_option("--shrinkage", args.neighbors.shrinkage, "Pulls down what rests on few users, >= 0")
      ->type_name("X")
      ->capture_default_str()
      ->group(neighbors);
  app.add_flag("--binary-history", args.neighbors.binary_history,
               "Each item of a history counts 1, whatever --similarity weighs")
      ->group(neighbors);
  app.add_option("--l2", args.ease.l2, "Regularization, > 0; larger for larger data")
      ->type_name("X")
      ->capture_default_str()
      ->group("Model ease");
  add_whole_number(app, "--top-items", args.ease.top_items, 0U, kMostOfAny,
                   "Only the items with most users take part; 0: all, 4 bytes a pair")
      ->group("Model ease");
}

void add_synth_options(CLI::App& app, SynthOptions& options, std::uint32_t& scale) {
  const auto number = [&](const std::string& flag, auto& target, auto least, auto most, const std::string& help) {
    add_whole_number(app, flag, target, least, most, help)->group("The log");
  };
  number("--users", options.users, 1U, kMostOfAny, "How many");
  number("--items", options.items, 1U, 1U << 26, "How many; at most 20 for each user");
  number("--tastes", options.tastes, 1U, 4096U, "Groups of items that are liked together");
  number("--scale", scale, 1U, kMostOfAny, "Times the users");
  number("--seed", options.seed, std::uint64_t{0}, std::numeric_limits<std::uint64_t>::max(),
         "The same seed makes the same log");
}

void add_index_options(CLI::App& app, IndexOptions& options) {
  const std::string group = "Search";
  std::vector<Choice<std::string>> choices;
  std::string kinds = "How neighbors are found:";
  for (const IndexInfo& info : indexes()) {
    choices.push_back({std::string(info.name), std::string(info.name)});
    kinds += fmt::format("\n  {:<5} {}", info.name, info.summary);
  }
  CLI::Option* kind = add_choice<std::string>(app, "--index", options.kind, std::move(choices), kinds);
  kind->type_name("KIND")->group(group);
  app.add_option_function<double>(
         "--recall",
         [&options, kind](double recall) {
           if (!(recall > 0 && recall <= 1)) {
             throw Error(ErrorCode::kInvalidArgument, fmt::format("--recall cannot be {}", recall),
                         "give the share of the true 10 nearest to find, above 0 to 1: 0.99");
           }
           options.recall = recall;
           if (kind->count() == 0) options.kind = "auto";
         },
         fmt::format("The share of the true 10 nearest to find, above 0 to 1; without --index it means auto. Left out: "
                     "{} for auto and ivf, and what --trees and --search-k give for annoy",
                     IndexOptions::kUsualRecall))
      ->type_name("X")
      ->group(group);
  add_whole_number(app, "--trees", options.trees, 1, 1 << 20, "annoy: how many; more find more")->group(group);
  add_whole_number(app, "--search-k", options.search_k, std::int64_t{-1}, std::numeric_limits<std::int64_t>::max(),
                   "annoy: candidates a query; -1 is what --recall takes, or results times trees")
      ->group(group);
}

void add_answer_options(CLI::App& app, AnswerArgs& args) {
  app.add_option("MODEL", args.model, "A model that segue fit wrote")->type_name("")->required();
  const std::string group = "Answer";
  add_whole_number(app, "-n,--top", args.top, 1U, kMostOfAny, "How many at most")->group(group);
  add_whole_number(app, "--min-listeners", args.min_listeners, 0U, kMostOfAny, "Leave out items with fewer listeners")
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

void add_output_option(CLI::App& app, std::filesystem::path& output, const std::string& help) {
  app.add_option_function<std::string>(
         "-o,--output",
         [&output](const std::string& text) {
           if (text.empty()) throw CLI::ValidationError("--output", "needs the name of a file");
           if (text == "-") {
             throw CLI::ValidationError("--output", "cannot be standard output: name a file, or ./- for one called so");
           }
           output = text;
         },
         help)
      ->type_name("FILE")
      ->group("Output");
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
