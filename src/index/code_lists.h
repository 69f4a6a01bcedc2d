// CodeLists: items in lists around centers, each list a run of code blocks, nearest to its center first.
#ifndef SEGUE_INDEX_CODE_LISTS_H_
#define SEGUE_INDEX_CODE_LISTS_H_

#include <cstdint>
#include <vector>

#include "index/coded_items.h"
#include "index/scored_items.h"
#include "index/spherical_kmeans.h"
#include "segue/index.h"
#include "segue/run.h"
#include "simd/codes.h"

namespace segue {

struct CodeLists {
  Factors centers;             // unit vectors, a list each
  CodedItems coded;            // of the items
  Array<std::uint64_t> begin;  // by list: its first block; at the end all blocks

  std::uint32_t size() const { return centers.rows(); }
  simd::BlockRange list(std::uint32_t number) const {
    return {.first = begin[number], .count = begin[number + 1] - begin[number]};
  }
  /// "ids", "upper", "lower", "begin", "centers".
  std::vector<IndexPart> parts() const;
};

/// Lists by spherical k-means, some of them empty maybe; zero vectors are spread over them, behind the others. The same
/// bytes for any number of threads and on every processor.
/// @param count   of lists, cut to the number of items that have a direction; none, if there are none
/// @param member  null, or set to the list of each item
CodeLists make_code_lists(const ScoredItems& items, std::uint32_t count, const KmeansEffort& effort, const Run& run,
                          std::vector<std::uint32_t>* member = nullptr);

/// The lists that parts() gave. @throws Error{kCorruptFile} for what cannot be lists of these items.
CodeLists open_code_lists(const ScoredItems& items, const StoredIndex& stored);

}  // namespace segue

#endif  // SEGUE_INDEX_CODE_LISTS_H_
