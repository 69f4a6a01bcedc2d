// A forest as an index; segue/annoy.h declares how it is built.
#ifndef SEGUE_INDEX_ANNOY_INDEX_H_
#define SEGUE_INDEX_ANNOY_INDEX_H_

#include <memory>

#include "segue/index.h"

namespace segue {

/// @throws as open_index() does.
std::unique_ptr<Index> open_annoy_index(Factors items, const StoredIndex& stored, const Run& run);

}  // namespace segue

#endif  // SEGUE_INDEX_ANNOY_INDEX_H_
