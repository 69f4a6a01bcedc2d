// segue similar: the items whose factors point the same way.
#include <fmt/format.h>

#include <algorithm>
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
  std::vector<std::string> names;
  bool no_self = false;
  bool all = false;
  std::filesystem::path output;
  IndexOptions index;
};

constexpr const char* kSummary =
    "List the items most like one\n"
    "The score is the cosine of the factors: 1 is the same taste, 0 has nothing to do with it. Names are found without "
    "regard "
    "to case and accents.";

constexpr const char* kExamples = R"(Examples:
  segue similar lastfm.segue "the clash" -n 20
  segue similar lastfm.segue Blur "Pink Floyd" --no-self --min-listeners 20
  segue similar lastfm.segue Blur --recall 0.99                the fastest index that finds as many
  segue similar lastfm.segue Blur --index annoy --trees 25     a forest: says how many it finds
  segue similar lastfm.segue --all -n 20 -o neighbors.tsv      a list for every item; .npy for NumPy
  segue similar lastfm.segue 'AC/DC' --json | jq -r '.results[].title'
  segue similar lastfm.segue -- -M-)";

void run(Session& session, const Args& args) {
  if (args.all != args.names.empty()) {
    throw Error(
        ErrorCode::kInvalidArgument, args.all ? "--all and names do not go together" : "like which item?",
        args.all ? "leave out the names: every item gets a list" : "name items, or ask for all lists with --all");
  }
  if (!args.output.empty()) {
    if (!args.all) {
      throw Error(ErrorCode::kInvalidArgument, "-o goes with --all only", "redirect standard output for a few lists");
    }
    require_lists_writable(args.output, {args.answer.model});
  }
  Model loaded = load_model(session, args.answer.model);
  if (wants_index(args.index) && loaded.item_model()) {
    throw Error(ErrorCode::kInvalidArgument, {args.answer.model.string()},
                fmt::format("is of model {}, which has no factors to make an index of", visible(loaded.card().model)),
                "leave out --index and --recall: its answers are exact");
  }
  const Recommender recommender = wants_index(args.index) ? Recommender(std::move(loaded), args.index, session.run())
                                                          : Recommender(std::move(loaded), session.run());
  const Model& model = recommender.model();
  const ItemNames names(session, args.answer.model, model.interactions(), model.listeners().view(), args.answer.by_id,
                        [&](std::string_view name) { return recommender.find(name); });
  AnswerOptions options = answer_options(args.answer, names);
  options.include_self = !args.no_self;

  if (args.all) {
    const IdMap& ids = model.interactions().items;
    options.top = std::min(options.top, std::max(1U, ids.size()));  // no list is longer
    say_recall(session, recommender.similar_kind(), recommender.similar_recall(), options.top, is_filtered(options));
    const auto name = [&](std::uint32_t item) { return std::string(ids[item]); };
    write_lists(session,
                {.unit = "items",
                 .shape = {.count = ids.size(), .top = options.top, .query_name = name, .item_name = name},
                 .ask = [&](std::span<const std::uint32_t> items,
                            const Run& run) { return recommender.similar_to_each(items, options, run); }},
                args.output);
    return;
  }
  // All names are resolved before the first answer is printed: a slip in the last one leaves no half answer.
  const std::vector<std::uint32_t> items = names.resolve_all(args.names);
  say_recall(session, recommender.similar_kind(), recommender.similar_recall(), options.top, is_filtered(options));
  AnswerPrinter printer(model, args.answer.format, session);
  for (const std::uint32_t item : items) {
    session.run().check();
    const std::vector<Neighbor> answer = recommender.similar(item, options);
    printer.add({.heading = fmt::format("Like {} ({})", model.interactions().title(item),
                                        plural(model.listeners()[item], "listener")),
                 .fields = {{"query", item_json(model, item)}, {"metric", recommender.similar_measure()}}},
                answer);
    if (!recommender.knows_item(item)) {
      session.log.note(fmt::format("training has learned nothing about \"{}\"", model.interactions().title(item)));
    } else if (answer.empty()) {
      session.log.note(
          why_empty(options, [&](const AnswerOptions& other) { return !recommender.similar(item, other).empty(); }));
    }
  }
}

}  // namespace

void add_similar(CLI::App& app, Session& session, Work& chosen) {
  const auto [command, args] = add_command<Args>(app, session, chosen, "similar", kSummary, kExamples, run);
  args->answer.top = AnswerOptions().top;
  add_answer_options(*command, args->answer);
  command->add_option("NAME", args->names, "Titles or ids of items; each gets a list of its own")->type_name("");
  command->add_flag("--no-self", args->no_self, "Leave out the item itself, which otherwise comes first")
      ->group("Answer");
  args->index.kind.clear();
  add_index_options(*command, args->index, "How neighbors are found; left out: by the model's own index, else exact");
  command->add_flag("--all", args->all, "A list for every item, as TSV: query, rank, id, score")->group("Answer");
  add_output_option(*command, args->output,
                    "With --all: the file to write, whole or not at all; an array for NumPy if it ends in .npy");
  command->get_option("--json")->excludes("--all");
  add_common_options(*command, session);
}

}  // namespace segue::cli
