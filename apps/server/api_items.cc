// Of items: searched, shown, and what is like them.
#include <optional>
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

/// "item": the one that was asked about.
void put_asked(JsonText& json, const Model& model, std::uint32_t item, bool place) {
  json.key("item").open_object();
  put_item(json, model, item);
  if (place) put_place(json, model, item);
  json.close_object();
}

}  // namespace

Reply search_items(const Call& call) {
  const Recommender& recommender = call.snapshot().recommender();
  const std::string typed = call.text("q");
  const std::uint32_t n = call.number("n");
  std::vector<std::uint32_t> items = recommender.complete(typed, n);
  const bool by_words = !items.empty();
  if (!by_words) {  // "acdc", "smihts"
    const NameMatch match = recommender.find(typed);
    items = match.items.empty() ? match.suggestions : match.items;
    if (items.size() > n) items.resize(n);
  }
  JsonText body = new_answer(call.snapshot());
  body.field("query", typed).field("match", by_words ? "words" : "similar");
  body.key("items").open_list();
  for (const std::uint32_t item : items) {
    body.open_object();
    put_item(body, recommender.model(), item);
    body.close_object();
  }
  body.close_list();
  return reply_of(std::move(body));
}

Reply show_item(const Call& call) {
  const std::uint32_t item = ItemNames(call.snapshot(), call.soon()).resolve(call.argument(0));
  JsonText body = new_answer(call.snapshot());
  put_asked(body, call.snapshot().model(), item, call.flag("place"));
  return reply_of(std::move(body));
}

Reply similar_items(const Call& call) {
  const Snapshot& snapshot = call.snapshot();
  ItemNames names(snapshot, call.soon());
  const std::uint32_t item = names.resolve(call.argument(0));
  const AnswerOptions options =
      options_of({call.number("n"), call.texts("exclude"), call.texts("only"), call.number("min_listeners")}, names);
  const std::string kind = call.text("index");
  if (call.soon() && !snapshot.is_ready(kind)) throw TakesLonger();
  const Recommender& recommender = snapshot.recommender(kind);
  const std::vector<Neighbor> found = recommender.similar(item, options);
  JsonText body = new_answer(snapshot);
  put_index(body, recommender.similar_kind(), recommender.similar_recall());
  body.field("metric", recommender.similar_measure());
  put_asked(body, snapshot.model(), item, call.flag("place"));
  put_results(body, snapshot.model(), found, call.flag("place"));
  return reply_of(std::move(body));
}

Reply similar_items_of_many(const Call& call) {
  const Snapshot& snapshot = call.snapshot();
  const Recommender& recommender = snapshot.recommender();
  const SimilarBatch batch = parse_similar_batch(call.request().body);
  ItemNames names(snapshot, call.soon());
  const AnswerOptions options = options_of(batch, names);

  // A name that leads nowhere spoils its own answer only.
  std::vector<std::uint32_t> items;
  std::vector<std::optional<Error>> problems;  // by name
  for (const std::string& name : batch.items) {
    problems.emplace_back();
    try {
      items.push_back(names.resolve(name));
    } catch (const Error& error) {
      problems.back() = error;
    }
  }
  const Run one_thread{.stop = {}, .progress = {}, .threads = 1};
  const std::vector<std::vector<Neighbor>> found = recommender.similar_to_each(items, options, one_thread);

  JsonText body = new_answer(snapshot);
  put_index(body, recommender.similar_kind(), recommender.similar_recall());
  body.field("metric", recommender.similar_measure());
  body.key("answers").open_list();
  for (std::size_t i = 0, answered = 0; i < batch.items.size(); ++i) {
    body.open_object();
    if (problems[i]) {
      put_problem(body.field("query", batch.items[i]), *problems[i]);
    } else {
      put_asked(body, snapshot.model(), items[answered], false);
      put_results(body, snapshot.model(), found[answered]);
      ++answered;
    }
    body.close_object();
  }
  body.close_list();
  return reply_of(std::move(body));
}

}  // namespace segue::server
