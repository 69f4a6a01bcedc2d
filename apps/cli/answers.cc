#include "answers.h"

#include <fmt/format.h>

#include "table.h"
#include "text.h"

namespace segue::cli {

AnswerOptions answer_options(const AnswerArgs& args, const ItemNames& names) {
  AnswerOptions options;
  options.top = args.top;
  options.min_listeners = args.min_listeners;
  options.exclude = names.resolve_all(args.exclude);
  options.only = names.resolve_all(args.only);
  return options;
}

bool is_filtered(const AnswerOptions& options) { return options.min_listeners > 0 || !options.only.empty(); }

std::string why_empty(const AnswerOptions& options, const std::function<bool(const AnswerOptions&)>& finds_any) {
  const auto without = [&](auto change) {
    AnswerOptions changed = options;
    changed.top = 1;
    change(changed);
    return finds_any(changed);
  };
  if (without([](AnswerOptions& o) { o.include_seen = true; })) {
    return "all that may be answered is known already; --include-seen lists it, too";
  }
  if (without([](AnswerOptions& o) { o.min_listeners = 0; })) return "no item is left by --min-listeners; lower it";
  if (without([](AnswerOptions& o) { o.exclude.clear(); })) return "no item is left by --exclude";
  if (without([](AnswerOptions& o) { o.include_self = true; })) return "no other item is left; see --no-self";
  if (without([](AnswerOptions& o) { o.only.clear(); })) return "none of --only can be answered with";
  const bool all_free = without([](AnswerOptions& o) { o = {.top = 1, .include_seen = true}; });
  return all_free ? "no item is left by --min-listeners, --only and --exclude together"
                  : "training has learned nothing to answer with";
}

Json item_json(const Model& model, std::uint32_t item) {
  return {{"id", model.interactions().items[item]},
          {"title", model.interactions().title(item)},
          {"listeners", model.listeners()[item]}};
}

void AnswerPrinter::add(const Question& question, std::span<const Neighbor> answer) {
  if (format_.json) {
    Json object = question.fields;
    Json results = Json::array();
    for (const Neighbor& neighbor : answer) {
      Json result{{"rank", results.size() + 1}};
      result.update(item_json(model_, neighbor.item));
      result["score"] = json_number(neighbor.score + 0.0F);
      results.push_back(std::move(result));
    }
    object["results"] = std::move(results);
    print(dump(object) + "\n");
  } else if (format_.tsv) {
    print_tsv(answer);
  } else if (!answer.empty()) {
    print_table(question, answer);
  }
  ++answers_;
}

// The number of the question in front keeps several answers apart.
void AnswerPrinter::print_tsv(std::span<const Neighbor> answer) {
  if (answers_ == 0) print("query\trank\tid\ttitle\tscore\tlisteners\n");
  std::size_t rank = 0;
  for (const Neighbor& neighbor : answer) {
    print(fmt::format("{}\t{}\t{}\t{}\t{}\t{}\n", answers_ + 1, ++rank,
                      tsv_field(model_.interactions().items[neighbor.item]),
                      tsv_field(model_.interactions().title(neighbor.item)), neighbor.score + 0.0F,  // never "-0"
                      model_.listeners()[neighbor.item]));
  }
}

void AnswerPrinter::print_table(const Question& question, std::span<const Neighbor> answer) {
  const Terminal terminal = Terminal::of(Stream::kOutput);
  Table table({{"#", Align::kRight}, {"title"}, {"score", Align::kRight}, {"listeners", Align::kRight}});
  for (std::size_t i = 0; i < answer.size(); ++i) {
    table.add({std::to_string(i + 1), std::string(model_.interactions().title(answer[i].item)),
               fmt::format("{:.3f}", answer[i].score + 0.0F), group_digits(model_.listeners()[answer[i].item])});
  }
  print(fmt::format("{}{}{}{}\n", answers_ == 0 ? "" : "\n", terminal.bold(), visible(question.heading),
                    terminal.plain()));
  print(table.render(terminal.width(), terminal.dim(), terminal.plain()));
}

}  // namespace segue::cli
