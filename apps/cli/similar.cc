// segue similar: the items whose factors point the same way.
#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "answers.h"
#include "commands.h"
#include "data.h"
#include "names.h"
#include "segue/recommender.h"
#include "text.h"

namespace segue::cli {
namespace {

struct Args {
  AnswerArgs answer;
  std::vector<std::string> names;
  bool no_self = false;
};

constexpr const char* kSummary =
    "List the items most like one\n"
    "The score is the cosine of the factors: 1 is the same taste, 0 has nothing to do with it. Names are found without "
    "regard "
    "to case and accents.";

constexpr const char* kExamples = R"(Examples:
  segue similar lastfm.segue "the clash" -n 20
  segue similar lastfm.segue Blur "Pink Floyd" --no-self --min-listeners 20
  segue similar lastfm.segue 'AC/DC' --json | jq -r '.results[].title'
  segue similar lastfm.segue -- -M-)";

void run(Session& session, const Args& args) {
  const Recommender recommender(load_model(session, args.answer.model), session.run());
  const Model& model = recommender.model();
  const ItemNames names(session, args.answer.model, model.interactions(), model.listeners().view(), args.answer.by_id,
                        [&](std::string_view name) { return recommender.find(name); });
  AnswerOptions options = answer_options(args.answer, names);
  options.include_self = !args.no_self;

  // All names are resolved before the first answer is printed: a slip in the last one leaves no half answer.
  const std::vector<std::uint32_t> items = names.resolve_all(args.names);
  AnswerPrinter printer(model, args.answer.format, session);
  for (const std::uint32_t item : items) {
    session.run().check();
    const std::vector<Neighbor> answer = recommender.similar(item, options);
    printer.add({.heading = fmt::format("Like {} ({})", model.interactions().title(item),
                                        plural(model.listeners()[item], "listener")),
                 .fields = {{"query", item_json(model, item)}, {"metric", "cosine"}}},
                answer);
    const auto vector = model.item_factors()[item];
    if (std::all_of(vector.begin(), vector.end(), [](float factor) { return factor == 0; })) {
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
  command->add_option("NAME", args->names, "Titles or ids of items; each gets a list of its own")
      ->type_name("")
      ->required();
  command->add_flag("--no-self", args->no_self, "Leave out the item itself, which otherwise comes first")
      ->group("Answer");
  add_common_options(*command, session);
}

}  // namespace segue::cli
