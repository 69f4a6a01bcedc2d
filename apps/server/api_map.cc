// Of the map: its regions, its points as bytes, and which items they are. A point's number is its item's rank by
// listeners among those that have a place.
#include <bit>
#include <cstring>
#include <utility>
#include <vector>

#include "answers.h"
#include "api.h"
#include "json_text.h"
#include "segue/error.h"
#include "snapshot.h"

namespace segue::server {
namespace {

constexpr std::size_t kNamed = 3;         // items that tell what a region is
constexpr std::size_t kMostPoints = 200;  // of a question for their items

static_assert(std::endian::native == std::endian::little, "points are sent as they are in memory");

const ItemMap& map_of(const Snapshot& snapshot) {
  const ItemMap& map = snapshot.model().map();
  if (map.empty() && snapshot.model().item_model()) {
    throw Error(ErrorCode::kNotFound,
                "this model has no map: model " + snapshot.model().card().model + " has no factors",
                "train als, bpr or lmf for a map");
  }
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
    std::vector<std::uint32_t> top;
  };
  std::vector<Region> regions(map.options.clusters);
  for (const std::uint32_t item : snapshot.points()) {
    Region& region = regions[map.clusters[item]];
    ++region.items;
    region.x += map.positions[2 * std::size_t{item}];
    region.y += map.positions[2 * std::size_t{item} + 1];
    if (region.top.size() < kNamed) region.top.push_back(item);
  }
  JsonText body = new_answer(snapshot);
  body.field("points", snapshot.points().size())
      .field("trustworthiness", map.trustworthiness)
      .field("sample", map.sample)
      .field("neighbors", map.options.neighbors)
      .field("epochs", map.options.epochs);
  body.key("clusters").open_list();
  for (std::uint32_t cluster = 0; cluster < regions.size(); ++cluster) {
    const Region& region = regions[cluster];
    if (region.items == 0) continue;
    body.open_object()
        .field("cluster", cluster)
        .field("items", region.items)
        .field("x", static_cast<float>(region.x / region.items))
        .field("y", static_cast<float>(region.y / region.items));
    body.key("top").open_list();
    for (const std::uint32_t item : region.top) {
      body.open_object();
      put_item(body, snapshot.model(), item);
      body.close_object();
    }
    body.close_list().close_object();
  }
  body.close_list();
  return reply_of(std::move(body));
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
  JsonText body = new_answer(snapshot);
  body.key("items").open_list();
  for (const std::uint32_t point : points) {
    if (point >= snapshot.points().size()) {
      throw Error(ErrorCode::kNotFound, "there is no point " + std::to_string(point),
                  "points are numbered from 0 to " + std::to_string(snapshot.points().size()) + ", the last left out");
    }
    body.open_object();
    put_item(body, snapshot.model(), snapshot.points()[point]);
    put_place(body, snapshot.model(), snapshot.points()[point]);
    body.close_object();
  }
  body.close_list();
  return reply_of(std::move(body));
}

}  // namespace segue::server
