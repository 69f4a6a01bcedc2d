// Bodies: what is posted. For a person the model has never seen, and for many at once.
#ifndef SEGUE_APPS_SERVER_BODY_H_
#define SEGUE_APPS_SERVER_BODY_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace segue::server {

/// The most names that one request may give in a list, the most results it may ask for, and of a batch the most
/// questions and the most results of all of them: what keeps one request from being a thousand.
constexpr std::size_t kMostNames = 1000;
constexpr std::uint32_t kMostResults = 1000;
constexpr std::size_t kMostQuestions = 100;
constexpr std::size_t kMostBatchResults = 10'000;

/// What every body may hold: "n", "exclude", "only" and "min_listeners".
struct Wanted {
  std::uint32_t n = 10;  // 1..kMostResults
  std::vector<std::string> exclude;
  std::vector<std::string> only;
  std::uint32_t min_listeners = 0;  // 0..2^32 - 1
};

struct Liked {
  std::string item;  // an id or a title
  float value = 1;   // plays, finite
};
using History = std::vector<Liked>;

struct RecommendBody : Wanted {
  History history;
  bool include_seen = false;
  bool explain = false;
};

struct SimilarBatch : Wanted {
  std::vector<std::string> items;  // 1..kMostQuestions
};

/// One of the two lists is empty, the other has 1..kMostQuestions entries.
struct RecommendBatch : Wanted {
  std::vector<std::string> users;
  std::vector<History> histories;
  bool include_seen = false;
  bool explain = false;
};

/// Reads {"history": [{"item": "The Smiths", "value": 12}], "n": 10, "exclude": [], "only": [], "min_listeners": 0,
/// "include_seen": false, "explain": false}, in which only "history" must be there, and "value" is 1 where it is not.
/// O(bytes), as the others.
/// @throws Error{kInvalidArgument} saying which field is wrong; unknown fields are wrong, too.
RecommendBody parse_recommend_body(std::string_view json);

/// Reads {"items": ["Blur", "Pulp"], "n": 10, …}.
SimilarBatch parse_similar_batch(std::string_view json);

/// Reads {"users": ["ann", "bob"], "n": 10, …}, or {"histories": [[{"item": "Blur"}], …], …}.
RecommendBatch parse_recommend_batch(std::string_view json);

}  // namespace segue::server

#endif  // SEGUE_APPS_SERVER_BODY_H_
