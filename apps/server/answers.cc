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

}  // namespace

Json new_answer(const Snapshot& snapshot) { return {{"model", snapshot.version()}}; }

Reply reply_of(const Json& body) { return {200, "application/json", dump(body), {}}; }

Json item_json(const Model& model, std::uint32_t item) {
  return {{"id", model.interactions().items[item]},
          {"title", model.interactions().title(item)},
          {"listeners", model.listeners()[item]}};
}

void put_place(Json& json, const Model& model, std::uint32_t item) {
  const ItemMap& map = model.map();
  if (map.empty() || map.clusters[item] == ItemMap::kNowhere) return;
  json["place"] = {json_number(map.positions[2 * std::size_t{item}]),
                   json_number(map.positions[2 * std::size_t{item} + 1])};
  json["cluster"] = map.clusters[item];
}

Json results_json(const Model& model, std::span<const Neighbor> found, std::span<const std::vector<Reason>> reasons) {
  Json results = Json::array();
  for (std::size_t i = 0; i < found.size(); ++i) {
    Json result = item_json(model, found[i].item);
    result["score"] = json_number(found[i].score);
    if (!reasons.empty()) {
      Json list = Json::array();
      for (const Reason& reason : reasons[i]) {
        list.push_back({{"id", model.interactions().items[reason.item]},
                        {"title", model.interactions().title(reason.item)},
                        {"part", json_number(reason.part)}});
      }
      result["reasons"] = std::move(list);
    }
    results.push_back(std::move(result));
  }
  return results;
}

Json problem_json(const Error& error) {
  return {{"code", describe(error.code()).name}, {"detail", error.problem()}, {"fix", error.fix()}};
}

void put_index(Json& body, std::string_view kind, const KnownRecall& recall) {
  body["index"] = kind;
  if (recall.sample == 0) return;
  body["recall"] = {{"at_10", recall.at_10}, {"at_20", recall.at_20}, {"sample", recall.sample}};
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

void put_recommendations(Json& body, const Snapshot& snapshot, const Person& person, const Wish& wish) {
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
    body["method"] = "popularity";
    body["note"] = note;
    body["results"] = results_json(model, page(most_popular(snapshot, options, seen)));
    return;
  }
  put_index(body, recommender.recommend_kind(), recommender.recommend_recall());
  body["method"] = model.item_model() ? "history" : person.in_model ? "factors" : "fold_in";
  const std::vector<Neighbor> found = page(person.in_model ? recommender.recommend(person.user, options)
                                                           : recommender.recommend(person.history, options));
  std::vector<std::vector<Reason>> reasons;
  if (wish.explain) {
    std::vector<std::uint32_t> items;
    for (const Neighbor& neighbor : found) items.push_back(neighbor.item);
    reasons = person.in_model ? recommender.explain(person.user, items, kReasons)
                              : recommender.explain(person.history, items, kReasons);
  }
  body["results"] = results_json(model, found, reasons);
}

}  // namespace segue::server
