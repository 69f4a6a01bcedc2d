// Layout: places of the vertices of a graph in the plane.
#ifndef SEGUE_MAP_LAYOUT_H_
#define SEGUE_MAP_LAYOUT_H_

#include <cstdint>
#include <vector>

#include "map/neighbor_graph.h"
#include "segue/factors.h"
#include "segue/run.h"

namespace segue {

struct Point {
  float x;
  float y;
};

/// The two main directions of unit vectors, scaled so that the wider one deviates by 1: where a layout begins.
/// O(items · factors^2).
std::vector<Point> main_plane(const Factors& items, const Run& run);

/// Moves points for `epochs` steps, so that ends of edges come near each other and all others keep away. The same bits
/// for any number of threads. @throws Error{kCancelled}.
void lay_out(const NeighborGraph& graph, std::uint32_t epochs, std::uint64_t seed, std::vector<Point>& points,
             const Run& run);

}  // namespace segue

#endif  // SEGUE_MAP_LAYOUT_H_
