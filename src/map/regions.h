// Regions: parts of a map, to be colored.
#ifndef SEGUE_MAP_REGIONS_H_
#define SEGUE_MAP_REGIONS_H_

#include <cstdint>
#include <span>
#include <vector>

#include "map/layout.h"

namespace segue {

/// k-means in the plane (Lloyd 1982) from far-apart beginnings (Arthur & Vassilvitskii 2007, "k-means++").
/// @param count  of regions, 1 or more; fewer where there are fewer different places
/// @return by point its region, the largest first. O(rounds · points · count).
std::vector<std::uint32_t> regions(std::span<const Point> points, std::uint32_t count, std::uint64_t seed);

}  // namespace segue

#endif  // SEGUE_MAP_REGIONS_H_
