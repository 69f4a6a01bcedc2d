#include "store/map_sections.h"

#include <algorithm>
#include <string>

#include "segue/error.h"

namespace segue {
namespace {

[[noreturn]] void refuse(const std::string& problem) {
  throw Error(ErrorCode::kInvalidArgument, problem, "give what make_map() gave");
}

}  // namespace

void check_map(const ItemMap& map, std::uint64_t items) {
  if (map.clusters.size() != items || map.positions.size() != 2 * items) {
    refuse("a map of " + std::to_string(map.clusters.size()) + " clusters and " + std::to_string(map.positions.size()) +
           " coordinates does not fit " + std::to_string(items) + " items");
  }
  const auto in_square = [](float value) { return value >= -1 && value <= 1; };  // false for what is no number
  if (!std::ranges::all_of(map.positions, in_square)) refuse("a place of the map is not from -1 to 1");
  const auto known = [&](std::uint32_t cluster) {
    return cluster < map.options.clusters || cluster == ItemMap::kNowhere;
  };
  if (!std::ranges::all_of(map.clusters, known)) {
    refuse("a cluster of the map is not below " + std::to_string(map.options.clusters));
  }
}

void add_map_sections(const ItemMap& map, std::vector<Section>& sections) {
  if (map.empty()) return;
  sections.push_back(make_section(section::kMapPositions, map.positions.view(), {map.clusters.size(), 2}));
  sections.push_back(make_section(section::kMapClusters, map.clusters));
}

void read_map_sections(const Container& container, std::uint64_t items, ItemMap& map) {
  map.positions = container.array<float>(section::kMapPositions, 2);
  map.clusters = container.array<std::uint32_t>(section::kMapClusters);
  if (container.find(section::kMapPositions)->shape[1] != 2) {
    container.damaged(section::kMapPositions, "does not have 2 columns");
  }
  try {
    check_map(map, items);
  } catch (const Error& error) {
    container.damaged(section::kMapPositions, "does not hold: " + error.problem());
  }
}

}  // namespace segue
