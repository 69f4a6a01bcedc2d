// Of people: what users played, who is like them, and what they or somebody new would like next.
#include <algorithm>
#include <numeric>
#include <span>
#include <vector>

#include "answers.h"
#include "api.h"
#include "body.h"
#include "json.h"
#include "names.h"
#include "segue/error.h"
#include "snapshot.h"

namespace segue::server {
namespace {

std::vector<HistoryItem> resolved(const History& history, ItemNames& names) {
  std::vector<HistoryItem> out;
  for (const Liked& liked : history) out.push_back({names.resolve(liked.item), liked.value});
  return out;
}

}  // namespace

Reply list_users(const Call& call) {
  const Interactions& interactions = call.snapshot().model().interactions();
  const std::uint32_t total = interactions.users.size();
  const std::uint32_t first = std::min(call.number("offset"), total);
  const std::uint32_t last = first + std::min(call.number("n"), total - first);
  Json users = Json::array();
  for (std::uint32_t user = first; user < last; ++user) {
    users.push_back({{"id", interactions.users[user]}, {"items", interactions.plays.row_columns(user).size()}});
  }
  Json body = new_answer(call.snapshot());
  body["total"] = total;
  body["users"] = std::move(users);
  return reply_of(body);
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

  Json body = new_answer(call.snapshot());
  body["user"] = model.interactions().users[user];
  body["items"] = items.size();
  Json history = Json::array();
  for (std::size_t rank = first; rank < last; ++rank) {
    Json entry = item_json(model, items[order[rank]]);
    entry["value"] = json_number(values[order[rank]]);
    history.push_back(std::move(entry));
  }
  body["history"] = std::move(history);
  return reply_of(body);
}

Reply similar_users(const Call& call) {
  const Snapshot& snapshot = call.snapshot();
  const Interactions& interactions = snapshot.model().interactions();
  const std::uint32_t user = resolve_user(snapshot, call.argument(0));
  Json body = new_answer(snapshot);
  put_index(body, "exact", {});
  body["metric"] = "cosine";
  body["user"] = interactions.users[user];
  Json results = Json::array();
  for (const Neighbor& other : snapshot.recommender().similar_users(user, call.number("n"))) {
    results.push_back({{"id", interactions.users[other.item]},
                       {"items", interactions.plays.row_columns(other.item).size()},
                       {"score", json_number(other.score)}});
  }
  body["results"] = std::move(results);
  return reply_of(body);
}

Reply recommend_for_user(const Call& call) {
  const Snapshot& snapshot = call.snapshot();
  const Person person{.in_model = true, .user = resolve_user(snapshot, call.argument(0)), .history = {}};
  ItemNames names(snapshot);
  Wish wish;
  wish.options =
      options_of({call.number("n"), call.texts("exclude"), call.texts("only"), call.number("min_listeners")}, names);
  wish.options.include_seen = call.flag("include_seen");
  wish.offset = call.number("offset");
  wish.explain = call.flag("explain");
  Json body = new_answer(snapshot);
  body["user"] = snapshot.model().interactions().users[person.user];
  put_recommendations(body, snapshot, person, wish);
  return reply_of(body);
}

Reply recommend_for_history(const Call& call) {
  const Snapshot& snapshot = call.snapshot();
  const RecommendBody asked = parse_recommend_body(call.request().body);
  ItemNames names(snapshot);
  Person person;
  person.history = resolved(asked.history, names);
  Wish wish;
  wish.options = options_of(asked, names);
  wish.options.include_seen = asked.include_seen;
  wish.explain = asked.explain;
  Json body = new_answer(snapshot);
  put_recommendations(body, snapshot, person, wish);
  return reply_of(body);
}

Reply recommend_for_many(const Call& call) {
  const Snapshot& snapshot = call.snapshot();
  const RecommendBatch batch = parse_recommend_batch(call.request().body);
  ItemNames names(snapshot);
  Wish wish;
  wish.options = options_of(batch, names);
  wish.options.include_seen = batch.include_seen;
  wish.explain = batch.explain;

  Json answers = Json::array();
  // Who cannot be answered spoils their own answer only.
  const auto answer = [&](Json begin, auto&& find) {
    try {
      put_recommendations(begin, snapshot, find(), wish);
    } catch (const Error& error) {
      begin["problem"] = problem_json(error);
    }
    answers.push_back(std::move(begin));
  };
  for (const std::string& id : batch.users) {
    answer({{"user", id}}, [&] { return Person{.in_model = true, .user = resolve_user(snapshot, id), .history = {}}; });
  }
  for (const History& history : batch.histories) {
    answer(Json::object(), [&] { return Person{.in_model = false, .user = 0, .history = resolved(history, names)}; });
  }
  Json body = new_answer(snapshot);
  body["answers"] = std::move(answers);
  return reply_of(body);
}

}  // namespace segue::server
