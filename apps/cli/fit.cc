// segue fit: from a log, or ingested plays, to a model. Read, weigh, train, save; then say what to try with it.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <ctime>
#include <numeric>
#include <optional>
#include <vector>

#include "commands.h"
#include "data.h"
#include "dry_run.h"
#include "indexed.h"
#include "progress_line.h"
#include "segue/error.h"
#include "segue/model.h"
#include "segue/models.h"
#include "segue/recommender.h"
#include "segue/train.h"
#include "segue/weighting.h"
#include "text.h"

namespace segue::cli {
namespace {

using std::chrono::steady_clock;

struct Args {
  Source source;
  std::filesystem::path output;
  std::string model = "als";
  ModelSettings settings;
  AlsSettings als;
  std::filesystem::path init;
  IndexOptions index;
  bool dry_run = false;
};

constexpr const char* kSummary =
    "Train a model on a play log\n"
    "Reads the log (or a .plays file), weighs it, factorizes it by implicit alternating least squares (or trains "
    "another "
    "model), and writes one file that answers similar, recommend, lookup and inspect.";

constexpr const char* kExamples = R"(Examples:
  segue fit plays.tsv                       writes plays.segue
  segue fit user_artists.dat --titles artists.dat --factors 50 -o lastfm.segue
  segue fit lastfm.plays --weighting log --alpha 40 --iterations 30
  segue fit plays.tsv --model ease --l2 300 --top-items 20000
  segue fit plays.tsv --recall 0.99         with an index in the file: similar items at once
  segue fit today.tsv --init yesterday.segue --iterations 3
  segue fit plays.tsv --factors 256 --dry-run      what it would take of memory and time
  segue fit plays.tsv --log-format json 2> fit.jsonl)";

double since(steady_clock::time_point begin) {
  return std::chrono::duration<double>(steady_clock::now() - begin).count();
}

std::string now_utc() {
  const std::time_t now = std::time(nullptr);
  std::tm utc{};
  gmtime_r(&now, &utc);
  std::array<char, 32> text{};
  std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &utc);
  return text.data();
}

/// What only als has.
void check_other(const Args& args) {
  const auto refuse = [&](std::string_view option, const std::string& why) {
    throw Error(ErrorCode::kInvalidArgument, fmt::format("{} is not for model {}: {}", option, args.model, why),
                "leave it out");
  };
  if (!args.init.empty()) refuse("--init", "it begins anew");
  if (args.dry_run) refuse("--dry-run", "it knows the costs of als only");
  if (wants_index(args.index) && args.model != "bpr" && args.model != "lmf") {
    refuse("--index", "it has no factors to search in");
  }
  ModelSettings settings = args.settings;
  if (model_from_name(args.model).option("iterations") != nullptr) settings["iterations"] = "0";
  model_from_name(args.model).fit(CsrMatrix(), settings, {}, {});
}

bool is_als(const Args& args) { return args.model == "als"; }

/// Does the job on nothing, so that an option out of range is told before a long log is read.
void check_options(const Args& args) {
  if (!is_als(args)) {
    check_other(args);
    return;
  }
  const Weighed nothing = weigh(CsrMatrix(), args.als.weighting);
  AlsOptions training = args.als.als;
  training.iterations = 0;
  train_als(nothing.confidence, training);
}

/// The older model to go on from, when there is one. @throws Error{kInvalidArgument} when it is of another kind.
std::optional<Model> open_init(const Session& session, const Args& args) {
  if (args.init.empty()) return std::nullopt;
  Model model = load_model(session, args.init);
  if (model.card().model != "als") {
    throw Error(ErrorCode::kInvalidArgument, {args.init.string()},
                fmt::format("is of model {}, and only als goes on from an older one", visible(model.card().model)),
                "give a model of als, or leave --init out");
  }
  return model;
}

/// @throws Error{kInvalidArgument} when the older model has other factors than are asked for.
void check_factors(const Args& args, const Model& before) {
  const std::uint32_t factors = before.item_factors().factors();
  if (factors == args.als.als.factors) return;
  throw Error(ErrorCode::kInvalidArgument, {args.init.string()},
              fmt::format("has {}, and --factors is {}", plural(factors, "factor"), args.als.als.factors),
              fmt::format("set --factors {}, or leave it out", factors));
}

/// Says how many of the log's users and items the older model knows. @throws Error{kInvalidArgument} when it is nobody.
void say_known(Session& session, const Args& args, const Model& before, const Interactions& data) {
  const auto known = [](const IdMap& ids, const IdMap& old) {
    std::uint32_t count = 0;
    for (std::uint32_t i = 0; i < ids.size(); ++i) count += old.find(ids[i]) ? 1 : 0;
    return count;
  };
  const std::uint32_t users = known(data.users, before.interactions().users);
  const std::uint32_t items = known(data.items, before.interactions().items);
  if (users == 0 && items == 0) {
    throw Error(ErrorCode::kInvalidArgument, {args.init.string()}, "knows none of the log's users and items",
                "give a model of the same ids (see --item-key, --user and --item), or leave --init out");
  }
  session.log.event("init", {{"file", args.init.string()}, {"known_users", users}, {"known_items", items}});
  session.log.say(fmt::format("goes on     from {}, which knows {} of {} users and {} of {} items",
                              visible(args.init.string()), group_digits(users), group_digits(data.users.size()),
                              group_digits(items), group_digits(data.items.size())));
}

/// "iteration  3/15  loss 0.0095216  0.41 s  85.1 M interactions/s". A sweep goes over all of them twice, once for the
/// users and once for the items.
void say_sweep(Session& session, const SweepRecord& sweep, std::uint32_t iterations, std::uint64_t interactions) {
  const double per_second = 2 * static_cast<double>(interactions) / std::max(sweep.seconds, 1e-9);
  session.log.event("iteration", {{"n", sweep.sweep},
                                  {"of", iterations},
                                  {"seconds", sweep.seconds},
                                  {"loss", sweep.loss},
                                  {"interactions_per_second", per_second}});
  session.log.say(fmt::format("iteration {:>{}}/{}  loss {}  {}  {} interactions/s", sweep.sweep,
                              std::to_string(iterations).size(), iterations, show_loss(sweep.loss),
                              show_seconds(sweep.seconds), short_count(per_second)));
}

/// Well-known items whose titles can be typed as they are: nothing else goes by them, and no option or shell takes
/// offence.
std::vector<std::string> well_known_titles(const Model& model, std::size_t count) {
  const Interactions& data = model.interactions();
  const auto listeners = model.listeners().view();
  constexpr std::size_t kTried = 20;
  std::vector<std::uint32_t> items(data.items.size());
  std::iota(items.begin(), items.end(), 0U);
  const std::size_t tried = std::min(kTried, items.size());
  std::partial_sort(items.begin(), items.begin() + static_cast<std::ptrdiff_t>(tried), items.end(),
                    [&](std::uint32_t a, std::uint32_t b) {
                      return listeners[a] != listeners[b] ? listeners[a] > listeners[b] : a < b;
                    });
  items.resize(tried);

  std::vector<std::string> titles;
  for (const std::uint32_t item : items) {
    if (titles.size() == count) break;
    const std::string title(data.title(item));
    if (title.empty() || title.front() == '-' || title.find('=') != std::string::npos || visible(title) != title)
      continue;
    if (find_item(data, listeners, title).items.size() == 1) titles.push_back(title);
  }
  return titles;
}

void suggest_commands(Session& session, const Model& model, const std::filesystem::path& output) {
  const auto titles = well_known_titles(model, 2);
  if (titles.empty()) return;
  const std::string& program = session.program;
  const std::string file = shell_path(output);
  const std::string_view user = model.interactions().users[0];
  std::string likes;
  for (const std::string& title : titles) likes += " --like " + shell_quote(title);
  session.log.say("\nTry next:");
  if (model.card().model != "popularity") {
    session.log.say(fmt::format("  {} similar {} {}", program, file, shell_quote(titles.front())));
  }
  session.log.say(fmt::format("  {} recommend {}{}", program, file, likes));
  if (visible(user) == user && !user.starts_with('-')) {
    session.log.say(fmt::format("  {} recommend {} --user {}", program, file, shell_quote(user)));
  } else {
    session.log.say(fmt::format("  {} inspect {}", program, file));
  }
}

/// What the steps of a training hand on.
struct Trained {
  FittedModel fitted;
  std::string note;
  std::string began_from;
  double seconds = 0;
};

/// Weigh and factorize. Nothing where only an estimate was wanted.
std::optional<Trained> train_als_model(Session& session, const Args& args, const Data& data,
                                       std::optional<Model> before, steady_clock::time_point begin) {
  const std::uint64_t interactions = data.interactions.plays.nnz();
  const auto weighing = steady_clock::now();
  Weighed weighed = weigh(data.interactions.plays, args.als.weighting, session.run());
  session.log.event("weigh", {{"weighting", name_of(args.als.weighting.weighting)}, {"seconds", since(weighing)}});
  require_preferences(data.interactions.plays, weighed, {args.source.path.string()});
  if (args.dry_run) {
    estimate_fit(session, weighed.confidence, args.als.als, since(begin));
    return std::nullopt;
  }

  const auto training = steady_clock::now();
  std::optional<InitialFactors> initial;
  Trained trained;
  if (before) {
    say_known(session, args, *before, data.interactions);
    initial = initial_factors(*before, data.interactions, args.als.als.seed, session.run());
    trained.began_from = before->card().factors_checksum;
    trained.note = fmt::format("trained on from {} (factors {})", args.init.filename().string(), trained.began_from);
    before.reset();
  }
  AlsResult result = train_als(
      weighed.confidence, args.als.als, session.run(),
      [&](const SweepRecord& sweep) {
        say_sweep(session, sweep, args.als.als.iterations, interactions);
        return true;
      },
      std::move(initial));
  trained.seconds = since(training);
  if (result.sweeps.size() < args.als.als.iterations) {
    session.log.event("stalled", {{"n", result.sweeps.size()}, {"tolerance", json_number(args.als.als.tolerance)}});
    session.log.say(
        fmt::format("stopped     the loss fell by less than {} of itself (--tolerance)", args.als.als.tolerance));
  }
  trained.fitted = FittedAls{args.als, std::move(weighed.state), std::move(result)};
  return trained;
}

/// Any other row of the table.
Trained train_other_model(Session& session, const Args& args, const Data& data) {
  const ModelInfo& info = model_from_name(args.model);
  const auto* effort = info.effort.empty() ? nullptr : info.option(info.effort);
  const auto given = args.settings.find(info.effort);
  const std::string& wanted = given != args.settings.end() ? given->second : effort ? effort->initial : "";
  const auto training = steady_clock::now();
  Trained trained;
  trained.fitted = info.fit(data.interactions.plays, args.settings, session.run(), [&](const SweepRecord& sweep) {
    say_sweep(session, sweep, static_cast<std::uint32_t>(std::stoul(wanted)), data.interactions.plays.nnz());
    return true;
  });
  trained.seconds = since(training);
  session.log.say(fmt::format("{:<12}{} in {}", "trained", args.model, show_seconds(trained.seconds)));
  return trained;
}

void run(Session& session, const Args& given) {
  Args args = given;
  refuse_unused(args.settings, std::span(&args.model, 1));
  const ModelInfo& info = model_from_name(args.model);
  std::optional<Model> before;
  if (is_als(args)) {
    before = open_init(session, args);
    if (before) args.settings.try_emplace("factors", std::to_string(before->item_factors().factors()));
  }
  args.settings = settings_of(info, args.settings);
  if (is_als(args)) args.als = als_settings(args.settings);
  if (before) check_factors(args, *before);
  const auto begin = steady_clock::now();
  require_file(args.source.path);
  const std::filesystem::path output = args.output.empty() ? default_output(args.source.path, ".segue") : args.output;
  if (!args.dry_run) require_writable(output, args.source.path, "model");
  check_options(args);

  // Read, train.
  Data data = load_data(session, args.source, Detail::kFull);
  note_if_all_ones(session, data.interactions.plays, args.model, args.settings);
  std::optional<Trained> trained = is_als(args) ? train_als_model(session, args, data, std::move(before), begin)
                                                : train_other_model(session, args, data);
  if (!trained) return;

  // Save.
  ModelCard card = card_of(info, args.settings, trained->fitted, session.run());
  card.created = now_utc();
  card.note = std::move(trained->note);
  card.began_from = std::move(trained->began_from);
  card.source = data.interactions.source;
  if (data.report) {
    card.rows_read = data.report->rows_read;
    card.rows_kept = data.report->rows_kept;
  }
  card.fit_seconds = trained->seconds;
  card.peak_memory_bytes = peak_memory_bytes();
  Model model = make_model(std::move(data.interactions), std::move(trained->fitted), std::move(card));
  if (wants_index(args.index)) model = add_indexes(session, model, args.index);
  const auto saving = steady_clock::now();
  model.save(output, session.run());

  // Say.
  say_written(session, output, since(saving));
  Json done{{"command", "fit"},
            {"output", output.string()},
            {"output_bytes", std::filesystem::file_size(output)},
            {"seconds", since(begin)},
            {"iterations", model.card().sweeps.size()},
            {"factors_checksum", model.card().factors_checksum},
            {"peak_memory_bytes", peak_memory_bytes()}};
  if (!model.card().sweeps.empty()) done["loss"] = model.card().sweeps.back().loss;
  session.log.event("done", done);
  session.log.say(
      fmt::format("{:<12}checksum {}", model.item_model() ? "weights" : "factors", model.card().factors_checksum));
  session.log.say(
      fmt::format("{:<12}in {}, peak memory {}", "done", show_seconds(since(begin)), show_bytes(peak_memory_bytes())));
  suggest_commands(session, model, output);
  warn_if_mostly_rejected(session, data);
}

}  // namespace

void add_fit(CLI::App& app, Session& session, Work& chosen) {
  const auto [command, args] = add_command<Args>(app, session, chosen, "fit", kSummary, kExamples, run);
  add_output_option(*command, args->output, "File to write; named after the log when left out");
  add_model_choice(*command, args->model, "Model");
  add_model_options(*command, args->settings);
  command
      ->add_option_function<std::string>(
          "--init",
          [args = args](const std::string& text) {
            if (text.empty()) throw CLI::ValidationError("--init", "needs the name of a model");
            args->init = text;
          },
          "Go on from an older model, with as many factors; its users and items need not be the same")
      ->type_name("MODEL")
      ->group("Model als");
  command
      ->add_flag("--dry-run", args->dry_run,
                 "Read, weigh and try two iterations, print what all would take; write nothing")
      ->group("Output");
  args->index.kind.clear();
  add_index_options(*command, args->index, "Keep indexes in the file: of this kind for similar items, exact for users");
  add_source_options(*command, args->source, ColumnOptions::kShort);
  add_common_options(*command, session);
}

}  // namespace segue::cli
