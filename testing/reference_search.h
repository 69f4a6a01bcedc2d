// Search as docs/search.md defines it, one score at a time: what the indexes are held against.
#ifndef SEGUE_TESTING_REFERENCE_SEARCH_H_
#define SEGUE_TESTING_REFERENCE_SEARCH_H_

#include <cstdint>
#include <span>
#include <vector>

#include "segue/factors.h"
#include "segue/index.h"

namespace segue::testing {

/// A table of rows given as literals, or of seeded values between -1 and 1.
Factors factors_of(const std::vector<std::vector<float>>& rows);
Factors random_factors(std::uint32_t rows, std::uint32_t factors, std::uint32_t seed);

/// The score in float32 by its definition. `fused`: whether the target has a fused multiply-add.
float defined_score(std::span<const float> query, std::span<const float> item, Metric metric, bool fused);

/// The score in double: what it would be without rounding.
double exact_score(std::span<const float> query, std::span<const float> item, Metric metric);

/// Scores all items by defined_score, sorts, filters.
std::vector<Neighbor> reference_search(const Factors& items, Metric metric, std::span<const float> query,
                                       std::uint32_t top, const ItemFilter& filter, bool fused);

}  // namespace segue::testing

#endif  // SEGUE_TESTING_REFERENCE_SEARCH_H_
