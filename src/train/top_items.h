// For models whose cost is by pairs of items: the items that take part, and what to say where they are too many.
#ifndef SEGUE_TRAIN_TOP_ITEMS_H_
#define SEGUE_TRAIN_TOP_ITEMS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "segue/matrix.h"

namespace segue {

/// The `top` items with most users (ties: lower item), ascending.
std::vector<std::uint32_t> most_popular(const CsrMatrix& train, std::uint32_t top);

/// "342.0 GB", rounded up.
std::string gigabytes(std::uint64_t bytes);

}  // namespace segue

#endif  // SEGUE_TRAIN_TOP_ITEMS_H_
