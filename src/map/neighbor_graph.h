// NeighborGraph: who is to stay near whom on a map, and how strongly.
#ifndef SEGUE_MAP_NEIGHBOR_GRAPH_H_
#define SEGUE_MAP_NEIGHBOR_GRAPH_H_

#include <cstdint>
#include <vector>

#include "segue/factors.h"
#include "segue/run.h"

namespace segue {

/// Edges by vertex, each stored at both of its ends with the same weight.
struct NeighborGraph {
  std::vector<std::uint64_t> begin;  // [vertices + 1]
  std::vector<std::uint32_t> to;     // ascending within a vertex
  std::vector<float> weight;         // from 0 to 1
};

/// The graph of the `neighbors` nearest by cosine, exactly searched, weighed and symmetrized as UMAP does it (McInnes,
/// Healy & Melville 2018, section 3.1).
/// @param items      no zero vectors
/// @param neighbors  below the number of items
NeighborGraph neighbor_graph(const Factors& items, std::uint32_t neighbors, const Run& run);

}  // namespace segue

#endif  // SEGUE_MAP_NEIGHBOR_GRAPH_H_
