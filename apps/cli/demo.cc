// segue demo: from made-up listeners to similar artists and recommendations, in the time of a breath.
//
// The answers show the scenes that the facts give each artist, so that anybody can see at a glance whether an answer
// makes sense; the model itself has never been told of scenes, only of plays.
#include "demo.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>
#include <ctime>
#include <utility>
#include <vector>

#include "commands.h"
#include "data.h"
#include "segue/item_map.h"
#include "segue/train.h"
#include "segue/weighting.h"
#include "table.h"
#include "text.h"

namespace segue::cli {
namespace {

constexpr std::uint32_t kShown = 5;  // answers to each question

constexpr std::array kSimilarTo = {"Pink Floyd", "Miles Davis", "BTS"};
constexpr std::array kFriendOfFolk = {"Bob Dylan", "Nick Drake"};
/// Two scenes with few artists in common, among them those who brought the machines to the dance floor: one or the
/// other of these should come out on top.
constexpr std::array kTwoWorlds = {"Kraftwerk", "Donna Summer"};

struct Args {
  std::filesystem::path output;
};

constexpr const char* kSummary =
    "Show what segue does, without any data\n"
    "Simulates listeners of real artists, trains a model on them with the defaults, and asks it. A demonstration: how "
    "good "
    "segue is can only be told on a real log.";

constexpr const char* kExamples = R"(Examples:
  segue demo
  segue demo -o demo.segue                  keeps the model, to be asked like any other
  segue similar demo.segue "The Smiths")";

std::uint32_t item_of(const Recommender& recommender, std::string_view artist) {
  return recommender.model().interactions().items.find(artist).value();  // one of demo_artists(): always there
}

/// "Kraftwerk (synth-pop, electronica)".
std::string with_scenes(std::string_view name) {
  const DemoArtist* artist = find_demo_artist(name);
  return fmt::format("{} ({})", name, artist == nullptr ? "" : scenes_of(*artist));
}

std::string tell_answer(const Model& model, std::string_view heading, std::span<const Neighbor> answer,
                        const Terminal& terminal) {
  Table table({{"#", Align::kRight}, {"title"}, {"score", Align::kRight}, {"listeners", Align::kRight}, {"scenes"}});
  for (std::size_t i = 0; i < answer.size(); ++i) {
    const std::string_view name = model.interactions().title(answer[i].item);
    const DemoArtist* artist = find_demo_artist(name);
    table.add({std::to_string(i + 1), std::string(name), fmt::format("{:.3f}", answer[i].score),
               group_digits(model.listeners()[answer[i].item]), artist == nullptr ? "" : scenes_of(*artist)});
  }
  return fmt::format("\n{}{}{}\n{}", terminal.bold(), heading, terminal.plain(),
                     table.render(terminal.width(), terminal.dim(), terminal.plain()));
}

/// For somebody who plays each of the artists about as often as the simulated listeners play theirs.
std::vector<Neighbor> recommend_for(const Recommender& recommender, std::span<const char* const> artists) {
  constexpr float kPlays = 2;  // their mean is 2.4
  std::vector<HistoryItem> history;
  for (const char* artist : artists) history.push_back({item_of(recommender, artist), kPlays});
  AnswerOptions options;
  options.top = kShown;
  return recommender.recommend(history, options);
}

/// Commands that work as pasted, in this order.
std::string suggest_commands(const Session& session, const std::filesystem::path& output) {
  const std::string& program = session.program;
  const std::string file = output.empty() ? "demo.segue" : shell_path(output);
  std::string text = "\nAsk it yourself:\n";
  if (output.empty()) text += fmt::format("  {} demo -o {}\n", program, file);
  text += fmt::format("  {} serve {}\n", program, file);
  text += fmt::format("  {} similar {} AC/DC\n", program, file);
  text += fmt::format("  {} recommend {} --like Radiohead --like bjork --like \"aphex twin\"\n", program, file);
  text += fmt::format("\nNow yours:\n  {} fit plays.tsv\n", program);
  return text;
}

void run(Session& session, const Args& args) {
  const auto begin = std::chrono::steady_clock::now();
  const auto seconds = [&] { return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count(); };
  if (!args.output.empty()) require_writable(args.output, {}, "model");

  const Recommender recommender(fit_demo(session.run()), session.run());
  const Model& model = recommender.model();
  const double fit_seconds = seconds();
  const std::string story = tell_demo(recommender, Terminal::of(Stream::kOutput));
  if (!args.output.empty()) {
    model.with_map(make_map(model.item_factors(), model.listeners().view(), {}, session.run()))
        .save(args.output, session.run());
  }

  print(story);
  print(fmt::format("\n{} x {}, {}: simulated, trained and indexed in {}.\n",
                    plural(model.interactions().users.size(), "listener"),
                    plural(model.interactions().items.size(), "artist"),
                    plural(model.interactions().plays.nnz(), "interaction"), show_seconds(fit_seconds)));
  if (!args.output.empty()) print(fmt::format("The model is in {}.\n", visible(args.output.string())));
  print(suggest_commands(session, args.output));
  session.log.event("done", {{"command", "demo"},
                             {"output", args.output.string()},
                             {"seconds", seconds()},
                             {"factors_checksum", model.card().factors_checksum}});
}

}  // namespace

Model fit_demo(const Run& run, std::uint64_t seed, std::uint32_t listeners) {
  // Simulate.
  Interactions data = simulate_listeners(seed, listeners);

  // Weigh and train.
  Weighed weighed = weigh(data.plays, WeightingOptions(), run);
  const AlsOptions options;
  AlsResult trained = train_als(weighed.confidence, options, run);

  // Say where it comes from.
  ModelCard card = card_of(options, trained, run);
  card.created = fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(std::time(nullptr)));
  card.source = data.source;
  card.note = "a simulation: every listener and every play is made up; no evidence of quality";
  card.rows_read = card.rows_kept = data.plays.nnz();
  card.peak_memory_bytes = peak_memory_bytes();
  return Model::create(std::move(data), std::move(weighed.state), std::move(trained.user_factors),
                       std::move(trained.item_factors), std::move(card));
}

std::string tell_demo(const Recommender& recommender, const Terminal& terminal) {
  const Model& model = recommender.model();
  std::string text = fmt::format(
      "{}A simulation:{} {} made-up listeners of {} real artists.\nIt shows what segue does; it is no evidence of how "
      "well.\n",
      terminal.bold(), terminal.plain(), group_digits(model.interactions().users.size()),
      group_digits(model.interactions().items.size()));
  AnswerOptions options;
  options.top = kShown;
  options.include_self = false;
  for (const char* artist : kSimilarTo) {
    text += tell_answer(model, "Like " + with_scenes(artist),
                        recommender.similar(item_of(recommender, artist), options), terminal);
  }
  text += tell_answer(model, fmt::format("For somebody who likes {}", fmt::join(kFriendOfFolk, " and ")),
                      recommend_for(recommender, kFriendOfFolk), terminal);
  text += tell_answer(
      model, fmt::format("Between two worlds: {} and {}", with_scenes(kTwoWorlds[0]), with_scenes(kTwoWorlds[1])),
      recommend_for(recommender, kTwoWorlds), terminal);
  return text;
}

void add_demo(CLI::App& app, Session& session, Work& chosen) {
  const auto [command, args] = add_command<Args>(app, session, chosen, "demo", kSummary, kExamples, run);
  add_output_option(*command, args->output, "Keep the model in this file; without it nothing is written");
  add_common_options(*command, session);
}

}  // namespace segue::cli
