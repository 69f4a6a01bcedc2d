#include "names.h"

#include <algorithm>

#include "routes.h"
#include "segue/error.h"

namespace segue::server {
namespace {

constexpr int kMostSearched = 20;      // names of a request that are not ids or exact titles
constexpr std::size_t kMostShown = 5;  // candidates in an error
constexpr std::size_t kLongest = 60;   // bytes of a name in an error

std::string in_quotes(std::string_view name) {
  std::string quoted(1, '"');
  quoted += name.substr(0, kLongest);
  quoted += name.size() > kLongest ? "…\"" : "\"";
  return quoted;
}

template <typename Show>
std::string listed(std::span<const std::uint32_t> items, Show show) {
  std::string out;
  for (const std::uint32_t item : items.first(std::min(items.size(), kMostShown))) {
    out += (out.empty() ? "" : ", ") + in_quotes(show(item));
  }
  return out;
}

}  // namespace

std::uint32_t ItemNames::resolve(std::string_view name) {
  const Interactions& interactions = snapshot_.model().interactions();
  if (const auto item = interactions.items.find(name)) return *item;
  const auto titled = snapshot_.titled(name);
  if (titled.size() == 1) return titled.front();

  if (soon_) throw TakesLonger();
  if (++searched_ > kMostSearched) {
    throw Error(ErrorCode::kInvalidArgument, "more than 20 names are neither ids nor exact titles",
                "look the ids up first, by /v1/items?q=");
  }
  const NameMatch match = snapshot_.recommender().find(name);
  if (match.items.size() == 1) return match.items.front();
  if (!match.items.empty()) {
    throw Error(ErrorCode::kAmbiguous, in_quotes(name) + " stands for " + std::to_string(match.items.size()) + " items",
                "give the id of the one that is meant: " +
                    listed(match.items, [&](std::uint32_t item) { return interactions.items[item]; }));
  }
  const std::string near = listed(match.suggestions, [&](std::uint32_t item) { return interactions.title(item); });
  throw Error(ErrorCode::kNotFound, "there is no item " + in_quotes(name),
              near.empty() ? "search by /v1/items?q=" : "did you mean " + near + "?");
}

std::vector<std::uint32_t> ItemNames::resolve_all(std::span<const std::string> names) {
  std::vector<std::uint32_t> items;
  items.reserve(names.size());
  for (const std::string& name : names) items.push_back(resolve(name));
  return items;
}

std::uint32_t resolve_user(const Snapshot& snapshot, std::string_view id) {
  if (const auto user = snapshot.model().interactions().users.find(id)) return *user;
  throw Error(ErrorCode::kNotFound, "there is no user " + in_quotes(id),
              "ids are taken to the letter; for somebody new, POST a history to /v1/recommendations");
}

}  // namespace segue::server
