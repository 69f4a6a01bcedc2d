// ItemMap: items as points of a plane, in which neighbors stay neighbors.
#ifndef SEGUE_ITEM_MAP_H_
#define SEGUE_ITEM_MAP_H_

#include <cstdint>
#include <span>

#include "segue/array.h"
#include "segue/factors.h"
#include "segue/run.h"

namespace segue {

struct MapOptions {
  /// Nearest items, by cosine, that are to stay near: 2 to 100. More shows larger shapes, fewer finer ones.
  std::uint32_t neighbors = 15;
  /// Steps of the layout, 1 to 10,000.
  std::uint32_t epochs = 400;
  /// Regions to color, 1 to 256.
  std::uint32_t clusters = 16;
  std::uint64_t seed = 1;
};

/// Part of a Model. Immutable.
struct ItemMap {
  /// The cluster of an item that has no place: without listeners, or of which training has learned nothing.
  static constexpr std::uint32_t kNowhere = 0xFFFFFFFF;

  Array<float> positions;         // [items x 2], x before y; from -1 to 1; zeros where an item has no place
  Array<std::uint32_t> clusters;  // [items], below options.clusters, or kNowhere; 0 is the largest
  MapOptions options;
  double trustworthiness = 0;  // at kTrustedNeighbors
  std::uint32_t sample = 0;    // items of which it was measured

  bool empty() const { return clusters.empty(); }
};

/// Lays the items out. The graph of the nearest neighbors is weighed and symmetrized as UMAP does (McInnes, Healy &
/// Melville 2018, section 3.1); positions begin as the two main directions of the items and follow the gradient of the
/// same cross entropy with the kernel 1 / (1 + d^2) (as LargeVis, Tang et al. 2016), all points at once in each step,
/// so that the result is the same bits for any number of threads on one SIMD target.
/// @param items      factors
/// @param listeners  [items]
/// @throws Error{kInvalidArgument} for options out of range, other shapes, or fewer than 3 items that have a place;
///         Error{kCancelled}. O(items^2 · factors) for exact neighbors, at the speed of eight-bit codes, then
///         O(epochs · items · neighbors).
ItemMap make_map(const Factors& items, std::span<const std::uint32_t> listeners, const MapOptions& options,
                 const Run& run = {});

/// Neighbors that trustworthiness looks at, as is usual.
inline constexpr std::uint32_t kTrustedNeighbors = 15;

struct Trust {
  double trustworthiness = 1;
  std::uint32_t sample = 0;
};

/// How far neighbors on the map are neighbors by cosine (Venna & Kaski 2001): 1 where all of them are; about 1/2 where
/// places are drawn by lot. Of the items that have a place, measured at `most` of them, drawn by seed.
/// Fewer than 2 · kTrustedNeighbors + 2 places: nothing is measured. O(most · items · factors).
Trust trustworthiness(const Factors& items, const ItemMap& map, std::uint32_t most, const Run& run = {});

}  // namespace segue

#endif  // SEGUE_ITEM_MAP_H_
