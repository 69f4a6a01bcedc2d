// Of items: searched, shown, and what is like them.
#include <vector>

#include "answers.h"
#include "api.h"
#include "body.h"
#include "json.h"
#include "names.h"
#include "segue/error.h"
#include "snapshot.h"

namespace segue::server {

Reply search_items(const Call& call) {
  const Recommender& recommender = call.snapshot().recommender();
  const std::string typed = call.text("q");
  const std::uint32_t n = call.number("n");
  Json body = new_answer(call.snapshot());
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
  return reply_of(body);
}

Reply show_item(const Call& call) {
  const std::uint32_t item = ItemNames(call.snapshot()).resolve(call.argument(0));
  Json body = new_answer(call.snapshot());
  body["item"] = item_json(call.snapshot().model(), item);
  if (call.flag("place")) put_place(body["item"], call.snapshot().model(), item);
  return reply_of(body);
}

Reply similar_items(const Call& call) {
  const Snapshot& snapshot = call.snapshot();
  ItemNames names(snapshot);
  const std::uint32_t item = names.resolve(call.argument(0));
  const AnswerOptions options =
      options_of({call.number("n"), call.texts("exclude"), call.texts("only"), call.number("min_listeners")}, names);
  const Recommender& recommender = snapshot.recommender(call.text("index"));
  Json body = new_answer(snapshot);
  put_index(body, recommender.similar_kind(), recommender.similar_recall());
  body["metric"] = recommender.similar_measure();
  body["item"] = item_json(snapshot.model(), item);
  const std::vector<Neighbor> found = recommender.similar(item, options);
  body["results"] = results_json(snapshot.model(), found);
  if (call.flag("place")) {
    put_place(body["item"], snapshot.model(), item);
    for (std::size_t i = 0; i < found.size(); ++i) put_place(body["results"][i], snapshot.model(), found[i].item);
  }
  return reply_of(body);
}

Reply similar_items_of_many(const Call& call) {
  const Snapshot& snapshot = call.snapshot();
  const Recommender& recommender = snapshot.recommender();
  const SimilarBatch batch = parse_similar_batch(call.request().body);
  ItemNames names(snapshot);
  const AnswerOptions options = options_of(batch, names);
  Json body = new_answer(snapshot);
  put_index(body, recommender.similar_kind(), recommender.similar_recall());
  body["metric"] = recommender.similar_measure();

  // A name that leads nowhere spoils its own answer only.
  Json answers = Json::array();
  std::vector<std::uint32_t> items;
  std::vector<std::size_t> places;
  for (const std::string& name : batch.items) {
    try {
      items.push_back(names.resolve(name));
      places.push_back(answers.size());
      answers.push_back({{"item", item_json(snapshot.model(), items.back())}});
    } catch (const Error& error) {
      answers.push_back({{"query", name}, {"problem", problem_json(error)}});
    }
  }
  const Run one_thread{.stop = {}, .progress = {}, .threads = 1};
  const std::vector<std::vector<Neighbor>> found = recommender.similar_to_each(items, options, one_thread);
  for (std::size_t i = 0; i < found.size(); ++i)
    answers[places[i]]["results"] = results_json(snapshot.model(), found[i]);
  body["answers"] = std::move(answers);
  return reply_of(body);
}

}  // namespace segue::server
