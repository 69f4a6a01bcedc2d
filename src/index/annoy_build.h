// Building a forest: items, then trees in their order, then copies of the roots.
#ifndef SEGUE_INDEX_ANNOY_BUILD_H_
#define SEGUE_INDEX_ANNOY_BUILD_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>

#include "index/annoy_points.h"
#include "segue/run.h"

namespace segue {

/// Takes the bytes of a file from its beginning to its end. Called by one thread at a time.
using AnnoySink = std::function<void(std::span<const std::byte>)>;

/// @throws as AnnoyBuilder::build.
void build_forest(const AnnoyPoints& points, const AnnoyLayout& layout, const AnnoyOptions& options, const Run& run,
                  const AnnoySink& sink);

}  // namespace segue

#endif  // SEGUE_INDEX_ANNOY_BUILD_H_
