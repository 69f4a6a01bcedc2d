#include "api.h"

#include <algorithm>
#include <numeric>
#include <span>
#include <vector>

#include "body.h"
#include "json.h"
#include "names.h"
#include "segue/error.h"
#include "snapshot.h"

namespace segue::server {
namespace {

constexpr const char* kIndex = "exact";  // every item is compared

Json item_json(const Model& model, std::uint32_t item) {
  return {{"id", model.interactions().items[item]},
          {"title", model.interactions().title(item)},
          {"listeners", model.listeners()[item]}};
}

Json answer(const Call& call) { return {{"model", call.snapshot().version()}}; }

Json results_json(const Model& model, std::span<const Neighbor> found) {
  Json results = Json::array();
  for (const Neighbor& neighbor : found) {
    Json result = item_json(model, neighbor.item);
    result["score"] = json_number(neighbor.score);
    results.push_back(std::move(result));
  }
  return results;
}

/// What may be answered where nothing is known of a person: most listeners first; the score is their number.
std::vector<Neighbor> most_popular(const Snapshot& snapshot, const AnswerOptions& options,
                                   std::span<const std::uint32_t> seen) {
  const auto sorted = [](std::vector<std::uint32_t> list) {
    std::ranges::sort(list);
    return list;
  };
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

Reply reply(const Json& body) { return {200, "application/json", dump(body), {}}; }

void drop_first(std::vector<Neighbor>& found, std::uint32_t offset) {
  found.erase(found.begin(), found.begin() + std::min<std::ptrdiff_t>(offset, std::ssize(found)));
}

void fill_popular(Json& body, const Snapshot& snapshot, const std::vector<Neighbor>& found, const char* note) {
  body["method"] = "popularity";
  body["note"] = note;
  body["results"] = results_json(snapshot.model(), found);
}

}  // namespace

Reply search_items(const Call& call) {
  const Recommender& recommender = call.snapshot().recommender();
  const std::string typed = call.text("q");
  const std::uint32_t n = call.number("n");
  Json body = answer(call);
  body["query"] = typed;
  std::vector<std::uint32_t> items = recommender.complete(typed, n);
  body["match"] = "words";
  if (items.empty()) {  // "acdc", "smihts"
    const NameMatch match = recommender.find(typed);
    items = match.items.empty() ? match.suggestions : match.items;
    if (items.size() > n) items.resize(n);
    body["match"] = "similar";
  }
  Json list = Json::array();
  for (const std::uint32_t item : items) list.push_back(item_json(recommender.model(), item));
  body["items"] = std::move(list);
  return reply(body);
}

Reply show_item(const Call& call) {
  const std::uint32_t item = ItemNames(call.snapshot()).resolve(call.argument(0));
  Json body = answer(call);
  body["item"] = item_json(call.snapshot().model(), item);
  return reply(body);
}

Reply similar_items(const Call& call) {
  const Snapshot& snapshot = call.snapshot();
  ItemNames names(snapshot);
  const std::uint32_t item = names.resolve(call.argument(0));
  AnswerOptions options;
  options.top = call.number("n");
  options.exclude = names.resolve_all(call.texts("exclude"));
  options.only = names.resolve_all(call.texts("only"));
  options.min_listeners = call.number("min_listeners");
  options.include_self = false;
  Json body = answer(call);
  body["index"] = kIndex;
  body["metric"] = "cosine";
  body["item"] = item_json(snapshot.model(), item);
  body["results"] = results_json(snapshot.model(), snapshot.recommender().similar(item, options));
  return reply(body);
}

Reply show_user(const Call& call) {
  const Model& model = call.snapshot().model();
  const std::uint32_t user = resolve_user(call.snapshot(), call.argument(0));
  const std::span<const std::uint32_t> items = model.interactions().plays.row_columns(user);
  const std::span<const float> values = model.interactions().plays.row_values(user);
  std::vector<std::size_t> order(items.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, std::greater{}, [&](std::size_t i) { return values[i]; });
  const std::size_t first = std::min<std::size_t>(call.number("offset"), order.size());
  const std::size_t last = std::min<std::size_t>(first + call.number("n"), order.size());

  Json body = answer(call);
  body["user"] = model.interactions().users[user];
  body["items"] = items.size();
  Json history = Json::array();
  for (std::size_t rank = first; rank < last; ++rank) {
    Json entry = item_json(model, items[order[rank]]);
    entry["value"] = json_number(values[order[rank]]);
    history.push_back(std::move(entry));
  }
  body["history"] = std::move(history);
  return reply(body);
}

Reply recommend_for_user(const Call& call) {
  const Snapshot& snapshot = call.snapshot();
  const std::uint32_t user = resolve_user(snapshot, call.argument(0));
  const std::uint32_t offset = call.number("offset");
  ItemNames names(snapshot);
  AnswerOptions options;
  options.top = call.number("n") + offset;
  options.exclude = names.resolve_all(call.texts("exclude"));
  options.only = names.resolve_all(call.texts("only"));
  options.min_listeners = call.number("min_listeners");
  options.include_seen = call.flag("include_seen");

  const Model& model = snapshot.model();
  Json body = answer(call);
  body["index"] = kIndex;
  body["user"] = model.interactions().users[user];
  const std::span<const float> factors = model.user_factors()[user];
  if (std::ranges::all_of(factors, [](float factor) { return factor == 0; })) {
    const std::span<const std::uint32_t> seen = model.interactions().plays.row_columns(user);
    std::vector<Neighbor> found =
        most_popular(snapshot, options, options.include_seen ? std::span<const std::uint32_t>() : seen);
    drop_first(found, offset);
    fill_popular(body, snapshot, found, "training has learned nothing about this user: these have the most listeners");
    return reply(body);
  }
  std::vector<Neighbor> found = snapshot.recommender().recommend(user, options);
  drop_first(found, offset);
  body["method"] = "factors";
  body["results"] = results_json(model, found);
  return reply(body);
}

Reply recommend_for_history(const Call& call) {
  const Snapshot& snapshot = call.snapshot();
  const RecommendBody asked = parse_recommend_body(call.request().body);
  ItemNames names(snapshot);
  std::vector<HistoryItem> history;
  for (const Liked& liked : asked.history) history.push_back({names.resolve(liked.item), liked.value});
  AnswerOptions options;
  options.top = asked.n;
  options.exclude = names.resolve_all(asked.exclude);
  options.only = names.resolve_all(asked.only);
  options.min_listeners = asked.min_listeners;
  options.include_seen = asked.include_seen;

  Json body = answer(call);
  body["index"] = kIndex;
  if (history.empty()) {
    fill_popular(body, snapshot, most_popular(snapshot, options, {}),
                 "the history is empty: these have the most listeners");
    return reply(body);
  }
  body["method"] = "fold_in";
  body["results"] = results_json(snapshot.model(), snapshot.recommender().recommend(history, options));
  return reply(body);
}

Reply show_model(const Call& call) {
  const Model& model = call.snapshot().model();
  const ModelCard& card = model.card();
  Json body = answer(call);
  body["users"] = model.interactions().users.size();
  body["items"] = model.interactions().items.size();
  body["interactions"] = model.interactions().plays.nnz();
  body["factors"] = model.item_factors().factors();
  body["created"] = card.created;
  body["note"] = card.note;
  body["segue_version"] = card.segue_version;
  body["data_checksum"] = card.data_checksum;
  Json sweeps = Json::array();
  for (const SweepRecord& sweep : card.sweeps) sweeps.push_back(sweep.loss);
  body["loss"] = std::move(sweeps);
  return reply(body);
}

}  // namespace segue::server
