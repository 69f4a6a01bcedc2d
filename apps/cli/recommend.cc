// segue recommend: what a user of the log, or a person it has never seen, would like next.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>
#include <vector>

#include "answers.h"
#include "bulk.h"
#include "commands.h"
#include "data.h"
#include "indexed.h"
#include "list_format.h"
#include "names.h"
#include "segue/error.h"
#include "segue/recommender.h"
#include "text.h"

namespace segue::cli {
namespace {

struct Args {
  AnswerArgs answer;
  std::string user;
  std::vector<std::string> likes;
  bool include_seen = false;
  bool all = false;
  std::filesystem::path output;
  const CLI::Option* user_option = nullptr;
};

constexpr const char* kSummary =
    "List what a user would like next\n"
    "For a user of the log by --user, for anybody else by what they like: --like, repeated. The score is the inner "
    "product of "
    "the factors: about 1 for what the model is sure of, about 0 for what it knows nothing of.";

constexpr const char* kExamples = R"(Examples:
  segue recommend lastfm.segue --user 2 -n 20
  segue recommend lastfm.segue --like "The Smiths" --like Blur=300
  segue recommend lastfm.segue --like Radiohead --exclude Muse --min-listeners 50
  segue recommend lastfm.segue --all -n 10 -o for-everybody.tsv
  segue recommend lastfm.segue --user 2 --tsv > for-user-2.tsv)";

/// The median value of the model's interactions, by an even sample of them: what one would expect of somebody who just
/// "likes" an item.
float usual_value(const CsrMatrix& plays) {
  constexpr std::size_t kSample = 100'000;
  const auto values = plays.values().view();
  if (values.empty()) return 1;
  const std::size_t step = std::max<std::size_t>(1, values.size() / kSample);
  std::vector<float> sample;
  for (std::size_t i = 0; i < values.size(); i += step) sample.push_back(values[i]);
  const auto middle = sample.begin() + static_cast<std::ptrdiff_t>(sample.size() / 2);
  std::nth_element(sample.begin(), middle, sample.end());
  return *middle;
}

struct Like {
  std::string_view name;
  std::optional<float> value;
};

/// NAME or NAME=VALUE. What follows the last "=" is a value only if it is a number and no item bears the whole name.
Like parse_like(std::string_view text, const ItemNames& names, const Interactions& data) {
  const std::size_t split = text.rfind('=');
  if (split == std::string_view::npos) return {text, std::nullopt};
  if (names.known(text)) {
    if (split + 1 < text.size()) return {text, std::nullopt};
    // "Blur=" is found as Blur is, but what was meant behind it?
    const std::uint32_t item = names.resolve(text);
    if (data.items[item].ends_with('=') || data.title(item).ends_with('=')) return {text, std::nullopt};
    throw Error(ErrorCode::kInvalidArgument, fmt::format("--like {} has no number behind the \"=\"", short_name(text)),
                "give a number of plays, or leave out the \"=\"");
  }
  const std::string_view number = text.substr(split + 1);
  float value = 0;
  const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), value);
  if (error == std::errc::invalid_argument || end != number.data() + number.size()) return {text, std::nullopt};
  if (std::isnan(value)) {
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("--like {}: {} is no number of plays", short_name(text), short_name(number)),
                "give a number");
  }
  if (error != std::errc() || !std::isfinite(value)) {
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("--like {}: {} is out of the range of a float", short_name(text), short_name(number)),
                "give a number of plays");
  }
  return {text.substr(0, split), value};
}

std::vector<HistoryItem> read_history(const Args& args, const Model& model, const ItemNames& names) {
  std::vector<HistoryItem> history;
  std::optional<float> usual;
  for (const std::string& text : args.likes) {
    const Like like = parse_like(text, names, model.interactions());
    const std::uint32_t item = names.resolve(like.name);
    const bool twice =
        std::any_of(history.begin(), history.end(), [&](const auto& known) { return known.item == item; });
    if (twice) {
      throw Error(ErrorCode::kInvalidArgument,
                  fmt::format("--like names \"{}\" more than once", model.interactions().title(item)),
                  "name it once, with the sum of its plays: --like NAME=PLAYS");
    }
    if (!like.value && !usual) usual = usual_value(model.interactions().plays);
    history.push_back({item, like.value ? *like.value : *usual});
  }
  return history;
}

void run(Session& session, const Args& args) {
  const bool has_user = args.user_option->count() > 0;
  const int whom = (has_user ? 1 : 0) + (args.likes.empty() ? 0 : 1) + (args.all ? 1 : 0);
  if (whom != 1) {
    const std::string both = !args.all ? "--user and --like" : has_user ? "--all and --user" : "--all and --like";
    throw Error(ErrorCode::kInvalidArgument, whom > 1 ? both + " do not go together" : "for whom?",
                whom > 1 ? "ask for a user of the log, for a person by what they like, or for all users"
                         : "name a user of the log by --user ID, or what a person likes by --like NAME, repeated; "
                           "--all is every user");
  }
  if (!args.output.empty()) {
    if (!args.all) {
      throw Error(ErrorCode::kInvalidArgument, "-o goes with --all only", "redirect standard output for one list");
    }
    require_lists_writable(args.output, {args.answer.model});
  }
  const Recommender recommender(load_model(session, args.answer.model), session.run());
  const Model& model = recommender.model();
  const Interactions& data = model.interactions();
  const ItemNames names(session, args.answer.model, data, model.listeners().view(), args.answer.by_id,
                        [&](std::string_view name) { return recommender.find(name); });
  AnswerOptions options = answer_options(args.answer, names);
  options.include_seen = args.include_seen;
  const auto say_what_is_found = [&] {
    say_recall(session, recommender.recommend_kind(), recommender.recommend_recall(), options.top,
               is_filtered(options));
  };
  if (args.all) {
    options.top = std::min(options.top, std::max(1U, data.items.size()));  // no list is longer
    say_what_is_found();
    write_lists(session,
                {.unit = "users",
                 .shape = {.count = data.users.size(),
                           .top = options.top,
                           .query_name = [&](std::uint32_t user) { return std::string(data.users[user]); },
                           .item_name = [&](std::uint32_t item) { return std::string(data.items[item]); }},
                 .ask = [&](std::span<const std::uint32_t> users,
                            const Run& run) { return recommender.recommend_to_each(users, options, run); }},
                args.output);
    return;
  }
  AnswerPrinter printer(model, args.answer.format, session);

  if (has_user) {
    const std::uint32_t user = resolve_user(session, data, args.user, args.answer.model);
    const std::size_t known = data.plays.row_columns(user).size();
    say_what_is_found();
    const std::vector<Neighbor> answer = recommender.recommend(user, options);
    printer.add({.heading = fmt::format("For user {}, who knows {}", args.user, plural(known, "item")),
                 .fields = {{"user", args.user}, {"known_items", known}}},
                answer);
    if (answer.empty()) {
      session.log.note(
          why_empty(options, [&](const AnswerOptions& other) { return !recommender.recommend(user, other).empty(); }));
    }
    return;
  }
  const std::vector<HistoryItem> history = read_history(args, model, names);
  say_what_is_found();
  Json likes = Json::array();
  std::vector<std::string> words;
  for (const HistoryItem& liked : history) {
    Json like = item_json(model, liked.item);
    like["value"] = json_number(liked.value);
    likes.push_back(std::move(like));
    words.push_back(fmt::format("{} ({})", data.title(liked.item), grouped_value(liked.value)));
  }
  const std::vector<Neighbor> answer = recommender.recommend(history, options);
  printer.add(
      {.heading = fmt::format("For somebody who likes {}", fmt::join(words, ", ")), .fields = {{"likes", likes}}},
      answer);
  if (!answer.empty()) return;
  if (std::none_of(history.begin(), history.end(), [](const HistoryItem& item) { return item.value > 0; })) {
    session.log.note("nothing is liked: no --like has plays above 0, and what has fewer is disliked, or says nothing");
  } else {
    session.log.note(
        why_empty(options, [&](const AnswerOptions& other) { return !recommender.recommend(history, other).empty(); }));
  }
}

}  // namespace

void add_recommend(CLI::App& app, Session& session, Work& chosen) {
  const auto [command, args] = add_command<Args>(app, session, chosen, "recommend", kSummary, kExamples, run);
  args->answer.top = AnswerOptions().top;
  args->user_option =
      command->add_option("--user", args->user, "A user of the log, by id")->type_name("ID")->group("For whom");
  add_repeated(
      *command, "--like", args->likes,
      "An item that the person likes, with the plays it got if known; without them, the median of all plays in the "
      "model stands in; may be repeated")
      ->type_name("NAME[=PLAYS]")
      ->group("For whom");
  command->add_flag("--include-seen", args->include_seen, "Also list what the person knows already")->group("Answer");
  command->add_flag("--all", args->all, "Every user of the log, as TSV: query, rank, id, score")->group("For whom");
  add_answer_options(*command, args->answer);
  add_output_option(*command, args->output,
                    "With --all: the file to write, whole or not at all; an array for NumPy if it ends in .npy");
  command->get_option("--json")->excludes("--all");
  add_common_options(*command, session);
}

}  // namespace segue::cli
