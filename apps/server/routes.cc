#include "routes.h"

#include <algorithm>
#include <array>
#include <limits>

#include "api.h"
#include "body.h"
#include "service.h"

namespace segue::server {
namespace {

constexpr std::uint32_t kAny = std::numeric_limits<std::uint32_t>::max();
constexpr std::uint32_t kFarthest = 10'000;  // pages beyond it cost as much as they tell little

constexpr Parameter kN{"n", Kind::kNumber, "How many at most", false, 1, kMostResults, 10};
constexpr Parameter kOffset{"offset", Kind::kNumber, "How many to leave out at the beginning", false, 0, kFarthest, 0};
constexpr Parameter kExclude{"exclude", Kind::kText, "Never this item, an id or a title; may be repeated", true};
constexpr Parameter kOnly{"only", Kind::kText, "No others than this item; may be repeated", true};
constexpr Parameter kMinListeners{
    "min_listeners", Kind::kNumber, "Leave out items with fewer listeners", false, 0, kAny, 0};

constexpr std::array kSearch = {Parameter{"q", Kind::kText, "What was typed so far; nothing: the most popular"}, kN};
constexpr Parameter kPlace{"place", Kind::kFlag, "With the place on the map: true or false"};
constexpr std::array kItem = {kPlace};
constexpr std::array kPoints = {
    Parameter{"point", Kind::kNumber, "The number of a point; may be repeated", true, 0, kAny, 0}};
constexpr std::array kSimilar = {
    kN,
    kExclude,
    kOnly,
    kMinListeners,
    Parameter{"index", Kind::kText, "Search by this kind of index, one of those that /v1/model lists"},
    kPlace};
constexpr std::array kSimilarUsers = {kN};
constexpr std::array kHistory = {kN, kOffset};
constexpr std::array kUsers = {kN, Parameter{"offset", Kind::kNumber, kOffset.help, false, 0, kFarthest, 0,
                                             "ask for users further on by id: GET /v1/users/{id}"}};
constexpr std::array kRecommend = {
    kN,
    kOffset,
    Parameter{"include_seen", Kind::kFlag, "Also what the user knows: true or false"},
    kExclude,
    kOnly,
    kMinListeners,
    Parameter{"explain", Kind::kFlag, "With each result the items of the user that speak for it: true or false"},
};

constexpr std::array kRoutes = {
    Route{"GET", "/v1/items", "Search as you type: words and beginnings of words, most listeners first", kSearch,
          Place::kWorker, true, search_items},
    Route{"GET", "/v1/items/{id}", "An item, by id or title", kItem, Place::kInTurn, true, show_item},
    Route{"GET", "/v1/items/{id}/similar", "The items most like one, by cosine", kSimilar, Place::kInTurn, true,
          similar_items},
    Route{"GET", "/v1/users", "Users in the order of their ids", kUsers, Place::kInTurn, true, list_users},
    Route{"GET", "/v1/users/{id}", "What a user played, the most first", kHistory, Place::kInTurn, true, show_user},
    Route{"GET", "/v1/users/{id}/recommendations", "What a user would like next", kRecommend, Place::kInTurn, true,
          recommend_for_user},
    Route{"GET", "/v1/users/{id}/similar", "The users most like one, by cosine", kSimilarUsers, Place::kWorker, true,
          similar_users},
    Route{"POST",
          "/v1/recommendations",
          "What somebody with this history would like next",
          {},
          Place::kInTurn,
          false,
          recommend_for_history,
          Posted::kHistory},
    Route{"POST",
          "/v1/batch/similar",
          "The items most like each of many",
          {},
          Place::kWorker,
          false,
          similar_items_of_many,
          Posted::kItems},
    Route{"POST",
          "/v1/batch/recommendations",
          "What each of many users, or of many with a history, would like next",
          {},
          Place::kWorker,
          false,
          recommend_for_many,
          Posted::kPeople},
    Route{"GET",
          "/v1/map",
          "The map of the items: its regions and how far it can be trusted",
          {},
          Place::kWorker,
          true,
          show_map},
    Route{"GET", "/v1/map/points", "All points of the map, as bytes", {}, Place::kWorker, true, map_points},
    Route{"GET", "/v1/map/items", "The items of some points of the map", kPoints, Place::kWorker, true, map_items},
    Route{"GET", "/v1/model", "The model: its size, options, data and losses", {}, Place::kAtOnce, true, show_model},
    Route{"POST",
          "/v1/admin/reload",
          "Open the model file anew; needs the API key",
          {},
          Place::kLoader,
          false,
          reload_model},
    Route{"GET", "/healthz", "Whether the process answers", {}, Place::kAtOnce, false, show_health},
    Route{"GET",
          "/readyz",
          "Whether requests should be sent here: not while it stops",
          {},
          Place::kAtOnce,
          false,
          show_readiness},
    Route{
        "GET", "/metrics", "Counters and latencies, as Prometheus reads them", {}, Place::kAtOnce, false, show_metrics},
    Route{"GET", "/openapi.json", "This description", {}, Place::kAtOnce, false, show_openapi},
    Route{"GET", "/", "The explorer, a page to look around in", {}, Place::kAtOnce, false, show_page},
};

/// Cuts "/v1/items/{id}" at its slashes and compares part by part.
bool fits(std::string_view pattern, const std::vector<std::string>& path, std::vector<std::string>& arguments) {
  pattern.remove_prefix(1);
  arguments.clear();
  std::size_t part = 0;
  while (!pattern.empty()) {
    if (part == path.size()) return false;
    const std::string_view wanted = pattern.substr(0, pattern.find('/'));
    pattern.remove_prefix(std::min(wanted.size() + 1, pattern.size()));
    if (wanted.starts_with('{')) {
      arguments.push_back(path[part]);
    } else if (wanted != path[part]) {
      return false;
    }
    ++part;
  }
  return part == path.size();
}

}  // namespace

std::span<const Route> routes() { return kRoutes; }

RouteMatch match_route(std::string_view method, const Target& target) {
  if (method == "HEAD") method = "GET";
  RouteMatch match;
  std::string allowed;
  for (const Route& route : kRoutes) {
    if (!fits(route.path, target.path, match.arguments)) continue;
    if (route.method == method) {
      match.route = &route;
      return match;
    }
    if (!allowed.empty()) allowed += ", ";
    allowed += route.method == "GET" ? "GET, HEAD" : route.method;
  }
  if (allowed.empty()) {
    match.refusal = problem(404, "not_found", "there is nothing at this address",
                            "GET /openapi.json lists what there is; a slash within an id is written %2F");
  } else {
    match.refusal = problem(405, "method_not_allowed", "this address does not take that method", "use " + allowed);
    match.refusal.headers.emplace_back("Allow", allowed);
  }
  return match;
}

}  // namespace segue::server
