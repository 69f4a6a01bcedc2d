// Answers: the pieces that the replies of /v1 are put together from.
#ifndef SEGUE_APPS_SERVER_ANSWERS_H_
#define SEGUE_APPS_SERVER_ANSWERS_H_

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "body.h"
#include "http.h"
#include "json_text.h"
#include "names.h"
#include "segue/error.h"
#include "snapshot.h"

namespace segue::server {

/// The beginning of every answer, an object: the version of the model.
JsonText new_answer(const Snapshot& snapshot);
/// Ends the object.
Reply reply_of(JsonText body);

/// Fields of an item: id, title, listeners.
void put_item(JsonText& json, const Model& model, std::uint32_t item);
/// Its place on the map and the cluster, where the item has them.
void put_place(JsonText& json, const Model& model, std::uint32_t item);
/// "results": items with their scores and, where they are asked for, places and reasons.
void put_results(JsonText& json, const Model& model, std::span<const Neighbor> found, bool places = false,
                 std::span<const std::vector<Reason>> reasons = {});

/// "problem": what is wrong with a part of a batch, as problem+json would say it.
void put_problem(JsonText& json, const Error& error);

/// Says how the items were searched, and where that is not exact, how many of the true neighbors such answers hold.
void put_index(JsonText& json, std::string_view kind, const KnownRecall& recall);

/// What the query or the body of a request wants. @throws as ItemNames does.
AnswerOptions options_of(const Wanted& wanted, ItemNames& names);

/// Who is asked about: a user of the model, or somebody with a history.
struct Person {
  bool in_model = false;
  std::uint32_t user = 0;            // where in_model
  std::vector<HistoryItem> history;  // otherwise
};

struct Wish {
  AnswerOptions options;
  std::uint32_t offset = 0;  // results to leave out at the beginning
  bool explain = false;
};

/// Adds "method", "results", and "note": where nothing is known of the person, so that what is popular has to do, and
/// where the answer is empty, why.
void put_recommendations(JsonText& json, const Snapshot& snapshot, const Person& person, const Wish& wish);

}  // namespace segue::server

#endif  // SEGUE_APPS_SERVER_ANSWERS_H_
