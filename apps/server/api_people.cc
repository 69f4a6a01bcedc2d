// Of people: what users played, who is like them, and what they or somebody new would like next.
#include <algorithm>
#include <numeric>
#include <span>
#include <utility>
#include <vector>

#include "answers.h"
#include "api.h"
#include "body.h"
#include "json_text.h"
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
  JsonText body = new_answer(call.snapshot());
  body.field("total", total).key("users").open_list();
  for (std::uint32_t user = first; user < last; ++user) {
    body.open_object()
        .field("id", interactions.users[user])
        .field("items", interactions.plays.row_columns(user).size())
        .close_object();
  }
  body.close_list();
  return reply_of(std::move(body));
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

  JsonText body = new_answer(call.snapshot());
  body.field("user", model.interactions().users[user]).field("items", items.size());
  body.key("history").open_list();
  for (std::size_t rank = first; rank < last; ++rank) {
    body.open_object();
    put_item(body, model, items[order[rank]]);
    body.field("value", values[order[rank]]).close_object();
  }
  body.close_list();
  return reply_of(std::move(body));
}

Reply similar_users(const Call& call) {
  const Snapshot& snapshot = call.snapshot();
  const Interactions& interactions = snapshot.model().interactions();
  const std::uint32_t user = resolve_user(snapshot, call.argument(0));
  const std::vector<Neighbor> others = snapshot.recommender().similar_users(user, call.number("n"));
  JsonText body = new_answer(snapshot);
  put_index(body, "exact", {});
  body.field("metric", "cosine").field("user", interactions.users[user]);
  body.key("results").open_list();
  for (const Neighbor& other : others) {
    body.open_object()
        .field("id", interactions.users[other.item])
        .field("items", interactions.plays.row_columns(other.item).size())
        .field("score", other.score)
        .close_object();
  }
  body.close_list();
  return reply_of(std::move(body));
}

Reply recommend_for_user(const Call& call) {
  const Snapshot& snapshot = call.snapshot();
  const Person person{.in_model = true, .user = resolve_user(snapshot, call.argument(0)), .history = {}};
  ItemNames names(snapshot, call.soon());
  Wish wish;
  wish.options =
      options_of({call.number("n"), call.texts("exclude"), call.texts("only"), call.number("min_listeners")}, names);
  wish.options.include_seen = call.flag("include_seen");
  wish.offset = call.number("offset");
  wish.explain = call.flag("explain");
  if (call.soon() && wish.explain) throw TakesLonger();  // a user may play thousands of items
  JsonText body = new_answer(snapshot);
  body.field("user", snapshot.model().interactions().users[person.user]);
  put_recommendations(body, snapshot, person, wish);
  return reply_of(std::move(body));
}

Reply recommend_for_history(const Call& call) {
  const Snapshot& snapshot = call.snapshot();
  const RecommendBody asked = parse_recommend_body(call.request().body);
  ItemNames names(snapshot, call.soon());
  Person person;
  person.history = resolved(asked.history, names);
  Wish wish;
  wish.options = options_of(asked, names);
  wish.options.include_seen = asked.include_seen;
  wish.explain = asked.explain;
  JsonText body = new_answer(snapshot);
  put_recommendations(body, snapshot, person, wish);
  return reply_of(std::move(body));
}

Reply recommend_for_many(const Call& call) {
  const Snapshot& snapshot = call.snapshot();
  const RecommendBatch batch = parse_recommend_batch(call.request().body);
  ItemNames names(snapshot, call.soon());
  Wish wish;
  wish.options = options_of(batch, names);
  wish.options.include_seen = batch.include_seen;
  wish.explain = batch.explain;

  JsonText body = new_answer(snapshot);
  body.key("answers").open_list();
  // Who cannot be answered spoils their own answer only.
  const auto answer = [&](JsonText begin, auto&& find) {
    JsonText whole = begin;
    try {
      put_recommendations(whole, snapshot, find(), wish);
    } catch (const Error& error) {
      whole = std::move(begin);
      put_problem(whole, error);
    }
    body.value(whole.close_object());
  };
  for (const std::string& id : batch.users) {
    JsonText begin;
    begin.open_object().field("user", id);
    answer(std::move(begin),
           [&] { return Person{.in_model = true, .user = resolve_user(snapshot, id), .history = {}}; });
  }
  for (const History& history : batch.histories) {
    JsonText begin;
    begin.open_object();
    answer(std::move(begin), [&] { return Person{.in_model = false, .user = 0, .history = resolved(history, names)}; });
  }
  body.close_list();
  return reply_of(std::move(body));
}

}  // namespace segue::server
