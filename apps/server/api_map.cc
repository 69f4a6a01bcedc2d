// Of the map: its regions, its points as bytes, and which items they are. A point's number is its item's rank by
// listeners among those that have a place.
#include <bit>
#include <cstring>
#include <vector>

#include "answers.h"
#include "api.h"
#include "json.h"
#include "segue/error.h"
#include "snapshot.h"

namespace segue::server {
namespace {

constexpr std::size_t kNamed = 3;         // items that tell what a region is
constexpr std::size_t kMostPoints = 200;  // of a question for their items

static_assert(std::endian::native == std::endian::little, "points are sent as they are in memory");

const ItemMap& map_of(const Snapshot& snapshot) {
  const ItemMap& map = snapshot.model().map();
  if (map.empty()) {
    throw Error(ErrorCode::kNotFound, "this model has no map", "make one: `segue map MODEL`, then reload");
  }
  return map;
}

template <typename T>
void append(std::string& bytes, T value) {
  char raw[sizeof value];
  std::memcpy(raw, &value, sizeof value);
  bytes.append(raw, sizeof value);
}

}  // namespace

Reply show_map(const Call& call) {
  const Snapshot& snapshot = call.snapshot();
  const ItemMap& map = map_of(snapshot);
  struct Region {
    std::uint32_t items = 0;
    double x = 0;
    double y = 0;
    Json top = Json::array();
  };
  std::vector<Region> regions(map.options.clusters);
  for (const std::uint32_t item : snapshot.points()) {
    Region& region = regions[map.clusters[item]];
    ++region.items;
    region.x += map.positions[2 * std::size_t{item}];
    region.y += map.positions[2 * std::size_t{item} + 1];
    if (region.top.size() < kNamed) region.top.push_back(item_json(snapshot.model(), item));
  }
  Json clusters = Json::array();
  for (std::uint32_t cluster = 0; cluster < regions.size(); ++cluster) {
    Region& region = regions[cluster];
    if (region.items == 0) continue;
    clusters.push_back({{"cluster", cluster},
                        {"items", region.items},
                        {"x", json_number(static_cast<float>(region.x / region.items))},
                        {"y", json_number(static_cast<float>(region.y / region.items))},
                        {"top", std::move(region.top)}});
  }
  Json body = new_answer(snapshot);
  body["points"] = snapshot.points().size();
  body["trustworthiness"] = map.trustworthiness;
  body["sample"] = map.sample;
  body["neighbors"] = map.options.neighbors;
  body["epochs"] = map.options.epochs;
  body["clusters"] = std::move(clusters);
  return reply_of(body);
}

Reply map_points(const Call& call) {
  const Snapshot& snapshot = call.snapshot();
  const ItemMap& map = map_of(snapshot);
  std::string bytes;
  bytes.reserve(snapshot.points().size() * 16);
  for (const std::uint32_t item : snapshot.points()) {
    append(bytes, map.positions[2 * std::size_t{item}]);
    append(bytes, map.positions[2 * std::size_t{item} + 1]);
  }
  for (const std::uint32_t item : snapshot.points()) append(bytes, snapshot.model().listeners()[item]);
  for (const std::uint32_t item : snapshot.points()) append(bytes, map.clusters[item]);
  return {200, "application/octet-stream", std::move(bytes), {}};
}

Reply map_items(const Call& call) {
  const Snapshot& snapshot = call.snapshot();
  map_of(snapshot);
  const std::vector<std::uint32_t> points = call.numbers("point");
  if (points.size() > kMostPoints) {
    throw Error(ErrorCode::kInvalidArgument, std::to_string(points.size()) + " points are too many",
                "ask for at most " + std::to_string(kMostPoints));
  }
  Json items = Json::array();
  for (const std::uint32_t point : points) {
    if (point >= snapshot.points().size()) {
      throw Error(ErrorCode::kNotFound, "there is no point " + std::to_string(point),
                  "points are numbered from 0 to " + std::to_string(snapshot.points().size()) + ", the last left out");
    }
    items.push_back(item_json(snapshot.model(), snapshot.points()[point]));
    put_place(items.back(), snapshot.model(), snapshot.points()[point]);
  }
  Json body = new_answer(snapshot);
  body["items"] = std::move(items);
  return reply_of(body);
}

}  // namespace segue::server
