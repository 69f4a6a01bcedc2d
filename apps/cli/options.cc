#include "options.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <CLI/CLI.hpp>

#include <algorithm>
#include <cctype>
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

/// A name out of a list: without the blanks around it, in small letters, as all names of models and measures are.
std::string as_name(std::string_view word) {
  const std::size_t begin = word.find_first_not_of(' ');
  if (begin == std::string_view::npos) return {};
  std::string name(word.substr(begin, word.find_last_not_of(' ') + 1 - begin));
  std::ranges::transform(name, name.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return name;
}

constexpr int kMostThreads = 1024;  // more than any machine has is a slip of the finger
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

/// Of fewer resamples than these an interval of 95 % has no ends to be found, and may not hold the mean.
constexpr std::uint32_t kFewestResamples = 100;
constexpr std::uint32_t kMostResamples = 1000000;

void add_resamples(CLI::App& app, std::uint32_t& target) {
  app.add_option_function<std::string>(
         "--resamples",
         [&target](const std::string& text) {
           std::uint32_t number = 0;
           const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
           const bool in_range = number == 0 || (number >= kFewestResamples && number <= kMostResamples);
           if (error != std::errc() || end != text.data() + text.size() || !in_range) {
             throw CLI::ValidationError("--resamples",
                                        fmt::format("cannot be \"{}\": it takes 0 for no intervals, or {} to {}",
                                                    short_name(text), kFewestResamples, kMostResamples));
           }
           target = number;
         },
         "Of the intervals' bootstrap, 100 or more; 0: no intervals")
      ->type_name("N")
      ->default_str(std::to_string(target))
      ->group("What to measure");
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

std::string given_log_option(const Source& source) {
  for (const CLI::Option* option : source.log_options) {
    if (option->count() > 0) return option->get_name(false, false);
  }
  return {};
}

bool log_option_given(const Source& source, const std::string& flag) {
  return std::any_of(source.log_options.begin(), source.log_options.end(),
                     [&](const CLI::Option* option) { return option->count() > 0 && option->check_name(flag); });
}

void add_time_option(CLI::App& app, Source& source) {
  CLI::Option* option = app.add_option("--time,--time-column", source.ingest.time,
                                       "When: numbers, or dates as 2009-05-04T23:08:57Z; \"none\" keeps no times");
  option->type_name("COLUMN")->group("Columns of the log: a number from 1, or a name in its header");
  source.log_options.push_back(option);
}

void add_model_options(CLI::App& app, ModelSettings& given) {
  struct Flag {
    const ModelOption* option;  // of the first model that has it
    std::vector<const ModelInfo*> models;
  };
  std::vector<Flag> flags;
  for (const ModelInfo& model : models()) {
    for (const ModelOption& option : model.options) {
      const auto known = std::ranges::find_if(flags, [&](const Flag& f) { return f.option->name == option.name; });
      if (known == flags.end()) {
        flags.push_back({&option, {&model}});
      } else {
        known->models.push_back(&model);
      }
    }
  }
  for (const Flag& flag : flags) {
    std::vector<std::string_view> names;
    std::string defaults = flag.option->initial;
    for (const ModelInfo* model : flag.models) {
      names.push_back(model->name);
      const std::string& initial = model->option(flag.option->name)->initial;
      if (initial != flag.option->initial) defaults += fmt::format("; {} {}", model->name, initial);
    }
    const std::string group = fmt::format("Model {}", fmt::join(names, ", "));
    const std::string name = flag.option->name;
    if (flag.option->kind == OptionKind::kSwitch) {
      const bool on = flag.option->initial == "false";
      app.add_flag_callback(
             flag_of(name, on), [&given, name, on] { given[name] = on ? "true" : "false"; },
             on ? flag.option->help : "Do not: " + flag.option->help)
          ->group(group);
      continue;
    }
    app.add_option_function<std::string>(
           flag_of(name),
           [&given, flag, name](const std::string& text) {
             for (const ModelInfo* model : flag.models) {
               try {
                 model->option(name)->check(text);
                 given[name] = text;
                 return;
               } catch (const Error&) {
                 continue;  // another model may take it; with none the complaint is made below
               }
             }
             if (flag.option->kind == OptionKind::kWord) {
               throw Error(ErrorCode::kInvalidArgument,
                           fmt::format("{} does not know \"{}\"", flag_of(name), short_name(text)),
                           fmt::format("choose {}", flag.option->range()));
             }
             throw CLI::ValidationError(
                 flag_of(name), fmt::format("cannot be \"{}\": it takes {}", short_name(text), flag.option->range()));
           },
           flag.option->help)
        ->type_name(flag.option->kind == OptionKind::kWhole  ? "N"
                    : flag.option->kind == OptionKind::kReal ? "X"
                                                             : fmt::format("{}", fmt::join(flag.option->words, "|")))
        ->default_str(defaults)
        ->group(group);
  }
}

std::string flag_of(std::string_view option, bool on) {
  std::string name(option);
  std::ranges::replace(name, '_', '-');
  return (on ? "--" : "--no-") + name;
}

ModelSettings settings_of(const ModelInfo& model, const ModelSettings& given) {
  ModelSettings settings;
  for (const auto& [name, text] : given) {
    const ModelOption* option = model.option(name);
    if (option == nullptr) continue;
    try {
      option->check(text);
    } catch (const Error&) {
      throw Error(ErrorCode::kInvalidArgument, fmt::format("{} cannot be \"{}\"", flag_of(name), short_name(text)),
                  fmt::format("of {} it takes {}", model.name, option->range()));
    }
    settings[name] = text;
  }
  return settings;
}

void refuse_unused(const ModelSettings& given, std::span<const std::string> chosen) {
  for (const auto& [name, text] : given) {
    if (std::ranges::any_of(chosen, [&](const auto& m) { return model_from_name(m).option(name) != nullptr; }))
      continue;
    std::vector<std::string_view> takers;
    for (const ModelInfo& model : models()) {
      if (model.option(name) != nullptr) takers.push_back(model.name);
    }
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("{} is not an option of {}", flag_of(name), fmt::join(chosen, ", ")),
                fmt::format("leave it out; it belongs to {}", fmt::join(takers, ", ")));
  }
}

void add_report_option(CLI::App& app, std::filesystem::path& report, const std::string& help) {
  app.add_option("--report", report, help)->type_name("FILE")->group("Output");
}

void add_evaluate_options(CLI::App& app, EvaluateArgs& args) {
  const auto list = [&](const std::string& flag, std::vector<std::string>& target, const std::string& help) {
    app.add_option_function<std::string>(
           flag,
           [flag, &target](const std::string& text) {
             target.clear();
             for (std::size_t at = 0; at <= text.size();) {
               const std::size_t end = std::min(text.find(',', at), text.size());
               const std::string word = as_name(text.substr(at, end - at));
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
  for (const ModelInfo& info : segue::models()) models += fmt::format("\n  {:<11} {}", info.name, info.summary);
  list("--models", args.models, models);
  app.get_option("--models")->each([&args](const std::string&) { args.models_given = true; });
  std::string metrics = "Parted by commas:";
  for (const MeasureInfo& info : measures()) {
    metrics += fmt::format("\n  {:<20} {}", std::string(info.name) + (info.has_cut ? "@K" : ""), info.formula);
  }
  list("--metrics", args.metrics, metrics);
  app.get_option("--metrics")->each([&args](const std::string&) { args.metrics_given = true; });
  add_resamples(app, args.resamples);
  add_report_option(
      app, args.report,
      "Also write a page of pictures, one HTML file: measures by length of list, losses, for whom and for "
      "which items it works, examples");
  const std::string similar = "Similar items, instead of what users would like";
  add_whole_number(app, "--similar", args.similar, 0U, kMostOfAny,
                   "Measure lists of so many: co-listening of held-out users, stability over seeds, overlap of tags")
      ->group(similar);
  app.add_option("--tags", args.tags,
                 "Rows of item and tag; of HetRec's user_taggedartists.dat with --tag-columns artistID,tagID")
      ->type_name("FILE")
      ->group(similar);
  app.add_option("--tag-columns", args.tag_columns, "Where they are: numbers from 1, or names in the header")
      ->type_name("ITEM,TAG")
      ->capture_default_str()
      ->group(similar);
  app.add_option("--card", args.card,
                 "Measure this model's settings first, and keep the figures in its card; LOG may be left out")
      ->type_name("MODEL")
      ->group("Output");
  app.add_option("--per-user", args.per_user, "Also write the values of each user, as TSV")
      ->type_name("FILE")
      ->group("Output");
}

void add_model_choice(CLI::App& app, std::string& model, const std::string& group) {
  std::vector<Choice<std::string>> choices;
  std::string help = "Which:";
  for (const ModelInfo& info : models()) {
    choices.push_back({std::string(info.name), std::string(info.name)});
    help += fmt::format("\n  {:<11} {}", info.name, info.summary);
  }
  add_choice<std::string>(app, "--model", model, std::move(choices), help)->type_name("NAME")->group(group);
}

void add_tune_options(CLI::App& app, TuneArgs& args) {
  const std::string group = "Search";
  add_model_choice(app, args.model, group);
  add_whole_number(app, "--trials", args.trials, 1U, 1000000U, "Settings to try; the first are the defaults")
      ->group(group);
  app.add_option("--metric", args.metric, "What is raised on the validation split; segue evaluate --help lists them")
      ->type_name("NAME")
      ->capture_default_str()
      ->group(group);
  add_whole_number(app, "--tune-seed", args.seed, std::uint64_t{0}, std::numeric_limits<std::uint64_t>::max(),
                   "Of the settings that are drawn")
      ->group(group);
  app.add_option("--trials-file", args.trials_file,
                 "Where trainings are kept, to go on from after an interruption; named after the log when left out")
      ->type_name("FILE")
      ->group(group);
  add_report_option(app, args.report,
                    "Also write a page of pictures, one HTML file: the search, and what each option does");
}

void add_split_options(CLI::App& app, EvaluateArgs& args) {
  const std::string split = "Split";
  const auto number = [&](const std::string& flag, auto& target, auto least, const std::string& help) {
    add_whole_number(app, flag, target, least, std::numeric_limits<std::decay_t<decltype(target)>>::max(), help)
        ->group(split);
  };
  const auto share = [&](const std::string& flag, double& target, const std::string& help) {
    app.add_option_function<double>(
           flag,
           [flag, &target](double value) {
             if (!(value > 0 && value < 1)) {
               throw Error(ErrorCode::kInvalidArgument, fmt::format("{} cannot be {}", flag, value),
                           "give a share above 0 and below 1, such as 0.2");
             }
             target = value;
           },
           help)
        ->type_name("X")
        ->default_str(fmt::to_string(target))
        ->group(split);
  };
  add_choice<std::string>(
      app, "--split", args.split,
      {{"random", "random"},
       {"leave-out", "leave-out"},
       {"leave-last", "leave-last"},
       {"time", "time"},
       {"folds", "folds"},
       {"users", "users"}},
      "What is held out: a share of each user's items, a number of them, the newest of each user, the newest of all, a "
      "fold of all, or a share of the users")
      ->group(split);
  share("--share", args.share, "random: of each user's items; time: of all interactions; users: of the users");
  share("--held-out", args.held_out, "users: of the items of those users, what is not their history");
  number("--leave", args.leave, 1U, "leave-out, leave-last: items of each user");
  number("--folds", args.folds, 2U, "folds: how many");
  number("--fold", args.fold, 0U, "folds: which, from 0");
  number("--split-seed", args.seed, std::uint64_t{0}, "Of the split");
  number("--among", args.negatives, 0U,
         "Rank what is held out among so many other items, drawn for each user, as NCF does with 99; 0: among all");

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

void add_index_options(CLI::App& app, IndexOptions& options, const std::string& help) {
  const std::string group = "Search";
  std::vector<Choice<std::string>> choices;
  std::string kinds = help + ":";
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
  // Looked at after --index, which is defined before.
  const auto of_annoy = [&options, kind](const std::string& flag) {
    return [&options, kind, flag](const std::string&) {
      if (options.kind == "annoy") return;
      const std::string other = kind->count() == 0 ? "the usual index" : options.kind;
      throw Error(ErrorCode::kInvalidArgument, fmt::format("{} is not an option of {}", flag, other),
                  "leave it out, or add --index annoy, which it belongs to");
    };
  };
  add_trees_option(app, options.trees, "annoy: how many; more find more")->each(of_annoy("--trees"));
  add_whole_number(app, "--search-k", options.search_k, std::int64_t{-1}, std::numeric_limits<std::int64_t>::max(),
                   "annoy: candidates a query; -1 is what --recall takes, or results times trees")
      ->each(of_annoy("--search-k"))
      ->group(group);
}

CLI::Option* add_trees_option(CLI::App& app, int& trees, const std::string& help) {
  return add_whole_number(app, "--trees", trees, 1, 1 << 20, help)->group("Search");
}

void add_top_option(CLI::App& app, std::uint32_t& top) {
  add_whole_number(app, "-n,--top", top, 1U, kMostOfAny, "How many at most")->group("Answer");
}

void add_answer_options(CLI::App& app, AnswerArgs& args) {
  app.add_option("MODEL", args.model, "A model that segue fit wrote")->type_name("")->required();
  const std::string group = "Answer";
  add_top_option(app, args.top);
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
