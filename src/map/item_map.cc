// From factors to a map: the graph of neighbors, the layout, regions, and how far the result can be trusted.
#include "segue/item_map.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "base/buffer.h"
#include "map/layout.h"
#include "map/neighbor_graph.h"
#include "map/regions.h"
#include "segue/error.h"

namespace segue {
namespace {

constexpr std::uint32_t kMostMeasured = 1000;  // the standard error of a mean of so many is below 0.003 in practice
constexpr std::uint32_t kFewestPlaces = 3;

void require(bool holds, const std::string& problem, const std::string& fix) {
  if (!holds) throw Error(ErrorCode::kInvalidArgument, problem, fix);
}

void check(const MapOptions& options) {
  require(options.neighbors >= 2 && options.neighbors <= 100,
          std::to_string(options.neighbors) + " neighbors are not from 2 to 100", "the usual number is 15");
  require(options.epochs >= 1 && options.epochs <= 10'000,
          std::to_string(options.epochs) + " epochs are not from 1 to 10,000", "the usual number is 400");
  require(options.clusters >= 1 && options.clusters <= 256,
          std::to_string(options.clusters) + " clusters are not from 1 to 256", "the usual number is 16");
}

/// Rows of these items, of length 1.
Factors unit_rows(const Factors& items, const std::vector<std::uint32_t>& rows) {
  const std::size_t stride = items.stride();
  Buffer<float> values(rows.size() * stride);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const auto from = items[rows[i]];
    double square = 0;
    for (const float value : from) square += double{value} * value;
    const double length = std::sqrt(square);
    std::ranges::transform(from, values.data() + i * stride,
                           [&](float value) { return static_cast<float>(value / length); });
  }
  return Factors::create(static_cast<std::uint32_t>(rows.size()), items.factors(), std::move(values).share());
}

/// Into the square from -1 to 1, the shape kept.
void fit_square(std::vector<Point>& points) {
  Point low = points.front();
  Point high = points.front();
  for (const Point& point : points) {
    low = {std::min(low.x, point.x), std::min(low.y, point.y)};
    high = {std::max(high.x, point.x), std::max(high.y, point.y)};
  }
  const float half = std::max({(high.x - low.x) / 2, (high.y - low.y) / 2, 1e-20F});
  const Point middle{low.x + (high.x - low.x) / 2, low.y + (high.y - low.y) / 2};
  for (Point& point : points) {
    point = {std::clamp((point.x - middle.x) / half, -1.0F, 1.0F),
             std::clamp((point.y - middle.y) / half, -1.0F, 1.0F)};
  }
}

}  // namespace

ItemMap make_map(const Factors& items, std::span<const std::uint32_t> listeners, const MapOptions& options,
                 const Run& run) {
  check(options);
  require(
      listeners.size() == items.rows(),
      std::to_string(listeners.size()) + " numbers of listeners do not fit " + std::to_string(items.rows()) + " items",
      "give those of the same items");
  std::vector<std::uint32_t> placed;
  for (std::uint32_t item = 0; item < items.rows(); ++item) {
    const bool learned = std::ranges::any_of(items[item], [](float value) { return value != 0; });
    if (learned && listeners[item] != 0) placed.push_back(item);
  }
  require(placed.size() >= kFewestPlaces, std::to_string(placed.size()) + " items with listeners make no map",
          "it takes at least 3 of which training has learned something");

  const Factors unit = unit_rows(items, placed);
  const std::uint32_t neighbors = std::min(options.neighbors, unit.rows() - 1);
  const NeighborGraph graph = neighbor_graph(unit, neighbors, run);
  std::vector<Point> points = main_plane(unit, run);
  lay_out(graph, options.epochs, options.seed, points, run);
  fit_square(points);
  const std::vector<std::uint32_t> region = regions(points, options.clusters, options.seed);

  std::vector<float> positions(2 * std::size_t{items.rows()}, 0);
  std::vector<std::uint32_t> clusters(items.rows(), ItemMap::kNowhere);
  for (std::size_t i = 0; i < placed.size(); ++i) {
    positions[2 * std::size_t{placed[i]}] = points[i].x;
    positions[2 * std::size_t{placed[i]} + 1] = points[i].y;
    clusters[placed[i]] = region[i];
  }
  ItemMap map;
  map.positions = std::move(positions);
  map.clusters = std::move(clusters);
  map.options = options;
  const Trust trust = trustworthiness(items, map, kMostMeasured, run);
  map.trustworthiness = trust.trustworthiness;
  map.sample = trust.sample;
  return map;
}

}  // namespace segue
