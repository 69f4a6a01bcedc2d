// Spherical k-means: directions that many vectors gather around.
#ifndef SEGUE_INDEX_SPHERICAL_KMEANS_H_
#define SEGUE_INDEX_SPHERICAL_KMEANS_H_

#include <cstdint>
#include <vector>

#include "index/scored_items.h"
#include "segue/run.h"

namespace segue {

struct Clusters {
  Factors centers;                    // unit vectors
  std::vector<std::uint32_t> member;  // by item: its center, the nearest to the precision of codes; of zero vectors 0
  std::vector<float> cosine;          // by item: that cosine, to the precision of codes
};

struct KmeansEffort {
  std::uint32_t rounds = 4;  // both chosen: twice of either finds no more
  std::uint32_t sample_per_center = 64;
};

/// The same bits for any number of threads and on every processor. O(rounds · sample · count · factors + items · count
/// · factors).
/// @param items  of the cosine, that can be coded
/// @param count  1..number of items that are not zero vectors
/// @throws Error{kCancelled}
Clusters spherical_kmeans(const ScoredItems& items, std::uint32_t count, const KmeansEffort& effort, const Run& run);

}  // namespace segue

#endif  // SEGUE_INDEX_SPHERICAL_KMEANS_H_
