// Building one tree of a forest.
#ifndef SEGUE_INDEX_ANNOY_TREE_H_
#define SEGUE_INDEX_ANNOY_TREE_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "index/annoy_nodes.h"
#include "index/annoy_points.h"
#include "segue/run.h"

namespace segue {

/// What all trees of a forest are built from.
struct AnnoyGround {
  const AnnoyPoints& points;
  AnnoyLayout layout;
  std::uint64_t seed;
  std::vector<float>
      extra;  // dot metric: by row, the coordinate that gives all vectors one length (Bachrach et al., 2014)
};

/// The nodes of a tree as a file has them; the root is the last, children come before their parents.
/// @param tree  its number in the forest
/// @return      nodes of layout.node_bytes each; numbers of nodes begin at items(), as if it were the first tree
std::vector<std::byte> build_tree(const AnnoyGround& ground, std::uint32_t tree, const Run& run);

/// Moves a tree to node numbers from `first` on.
void relocate(const AnnoyLayout& layout, std::uint32_t items, std::uint32_t first, std::span<std::byte> nodes);

}  // namespace segue

#endif  // SEGUE_INDEX_ANNOY_TREE_H_
