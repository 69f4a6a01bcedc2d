#include "answers.h"

#include <algorithm>

namespace segue::server {
namespace {

constexpr std::uint32_t kReasons = 3;  // of a result: more explain little

std::vector<std::uint32_t> sorted(std::vector<std::uint32_t> list) {
  std::ranges::sort(list);
  return list;
}

/// What may be answered where nothing is known of a person: most listeners first; the score is their number.
std::vector<Neighbor> most_popular(const Snapshot& snapshot, const AnswerOptions& options,
                                   std::span<const std::uint32_t> seen) {
  const std::vector<std::uint32_t> exclude = sorted(options.exclude);
  const std::vector<std::uint32_t> only = sorted(options.only);
  std::vector<Neighbor> out;
  for (const std::uint32_t item : snapshot.popular()) {
    const std::uint32_t listeners = snapshot.model().listeners()[item];
    if (out.size() == options.top || listeners < std::max(1U, options.min_listeners)) break;
    if (std::ranges::binary_search(exclude, item) || std::ranges::binary_search(seen, item)) continue;
    if (!only.empty() && !std::ranges::binary_search(only, item)) continue;
    out.push_back({item, static_cast<float>(listeners)});
  }
  return out;
}

/// Why nothing but what is popular can be said to them; empty: more can.
const char* unknown(const Recommender& recommender, const Person& person) {
  if (!person.in_model) {
    return person.history.empty() ? "the history is empty: these have the most listeners" : "";
  }
  return recommender.knows_user(person.user)
             ? ""
             : "training has learned nothing about this user: these have the most listeners";
}

/// Why an answer is empty.
const char* why_nothing(const Person& person, const Wish& wish) {
  const auto is_liked = [](const HistoryItem& entry) { return entry.value > 0; };
  if (!person.in_model && std::ranges::none_of(person.history, is_liked)) {
    return "nothing in the history is liked: name an item with a value above 0";
  }
  if (!wish.options.only.empty()) return "none of the items in only is left to suggest";
  if (wish.options.min_listeners > 0) return "nothing is left to suggest: ask for fewer min_listeners";
  return "nothing is left to suggest";
}

}  // namespace

JsonText new_answer(const Snapshot& snapshot) {
  JsonText body;
  body.open_object().field("model", snapshot.version());
  return body;
}

Reply reply_of(JsonText body) { return {200, "application/json", body.close_object().take(), {}}; }

void put_item(JsonText& json, const Model& model, std::uint32_t item) {
  const Interactions& interactions = model.interactions();
  json.field("id", interactions.items[item])
      .field("title", interactions.title(item))
      .field("listeners", model.listeners()[item]);
}

void put_place(JsonText& json, const Model& model, std::uint32_t item) {
  const ItemMap& map = model.map();
  if (map.empty() || map.clusters[item] == ItemMap::kNowhere) return;
  json.key("place").open_list();
  json.value(map.positions[2 * std::size_t{item}]).value(map.positions[2 * std::size_t{item} + 1]);
  json.close_list().field("cluster", map.clusters[item]);
}

void put_results(JsonText& json, const Model& model, std::span<const Neighbor> found, bool places,
                 std::span<const std::vector<Reason>> reasons) {
  json.key("results").open_list();
  for (std::size_t i = 0; i < found.size(); ++i) {
    json.open_object();
    put_item(json, model, found[i].item);
    json.field("score", found[i].score);
    if (places) put_place(json, model, found[i].item);
    if (!reasons.empty()) {
      json.key("reasons").open_list();
      for (const Reason& reason : reasons[i]) {
        json.open_object()
            .field("id", model.interactions().items[reason.item])
            .field("title", model.interactions().title(reason.item))
            .field("part", reason.part)
            .close_object();
      }
      json.close_list();
    }
    json.close_object();
  }
  json.close_list();
}

void put_problem(JsonText& json, const Error& error) {
  json.key("problem")
      .open_object()
      .field("code", describe(error.code()).name)
      .field("detail", error.problem())
      .field("fix", error.fix())
      .close_object();
}

void put_index(JsonText& json, std::string_view kind, const KnownRecall& recall) {
  json.field("index", kind);
  if (recall.sample == 0) return;
  json.key("recall")
      .open_object()
      .field("at_10", recall.at_10)
      .field("at_20", recall.at_20)
      .field("sample", recall.sample)
      .close_object();
}

AnswerOptions options_of(const Wanted& wanted, ItemNames& names) {
  AnswerOptions options;
  options.top = wanted.n;
  options.exclude = names.resolve_all(wanted.exclude);
  options.only = names.resolve_all(wanted.only);
  options.min_listeners = wanted.min_listeners;
  options.include_self = false;
  return options;
}

void put_recommendations(JsonText& json, const Snapshot& snapshot, const Person& person, const Wish& wish) {
  const Model& model = snapshot.model();
  const Recommender& recommender = snapshot.recommender();
  AnswerOptions options = wish.options;
  options.top += wish.offset;
  const auto page = [&](std::vector<Neighbor> found) {
    found.erase(found.begin(), found.begin() + std::min<std::ptrdiff_t>(wish.offset, std::ssize(found)));
    return found;
  };

  if (const char* note = unknown(recommender, person); *note != '\0') {
    std::span<const std::uint32_t> seen;
    if (person.in_model && !options.include_seen) seen = model.interactions().plays.row_columns(person.user);
    json.field("method", "popularity").field("note", note);
    put_results(json, model, page(most_popular(snapshot, options, seen)));
    return;
  }
  const std::vector<Neighbor> found = page(person.in_model ? recommender.recommend(person.user, options)
                                                           : recommender.recommend(person.history, options));
  std::vector<std::vector<Reason>> reasons;
  if (wish.explain) {
    std::vector<std::uint32_t> items;
    for (const Neighbor& neighbor : found) items.push_back(neighbor.item);
    reasons = person.in_model ? recommender.explain(person.user, items, kReasons)
                              : recommender.explain(person.history, items, kReasons);
  }
  put_index(json, recommender.recommend_kind(), recommender.recommend_recall());
  json.field("method", model.item_model() ? "history" : person.in_model ? "factors" : "fold_in");
  if (found.empty()) json.field("note", why_nothing(person, wish));
  put_results(json, model, found, false, reasons);
}

}  // namespace segue::server
