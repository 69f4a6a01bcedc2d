// Body: what is posted for a person the model has never seen.
#ifndef SEGUE_APPS_SERVER_BODY_H_
#define SEGUE_APPS_SERVER_BODY_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace segue::server {

/// The most names that one request may give in a list, and the most results it may ask for: what keeps one request from
/// being a thousand.
constexpr std::size_t kMostNames = 1000;
constexpr std::uint32_t kMostResults = 1000;

struct Liked {
  std::string item;  // an id or a title
  float value = 1;   // plays, finite
};

struct RecommendBody {
  std::vector<Liked> history;
  std::vector<std::string> exclude;
  std::vector<std::string> only;
  std::uint32_t n = 10;             // 1..kMostResults
  std::uint32_t min_listeners = 0;  // 0..2^32 - 1
  bool include_seen = false;
};

/// Reads {"history": [{"item": "The Smiths", "value": 12}], "n": 10, "exclude": [], "only": [], "min_listeners": 0,
/// "include_seen": false}, in which only "history" must be there, and "value" is 1 where it is not. O(bytes).
/// @throws Error{kInvalidArgument} saying which field is wrong; unknown fields are wrong, too.
RecommendBody parse_recommend_body(std::string_view json);

}  // namespace segue::server

#endif  // SEGUE_APPS_SERVER_BODY_H_
