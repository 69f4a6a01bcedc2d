// How good an approximate index is: a sample of its items, answered exactly beside it when it is built.
#ifndef SEGUE_INDEX_KNOWN_RECALL_H_
#define SEGUE_INDEX_KNOWN_RECALL_H_

#include <cstdint>
#include <span>
#include <vector>

#include "index/scored_items.h"
#include "segue/index.h"

namespace segue {

/// Items to ask with, ascending: kRecallSample of those that are not zero vectors, or all where there are fewer. The
/// same for any number of threads.
constexpr std::uint32_t kRecallSample = 500;
std::vector<std::uint32_t> sample_items(const ScoredItems& items);

/// Asks both for the neighbors of the sample, others than itself. @param items  theirs
KnownRecall measure_recall(const Index& approximate, const Index& exact, const ScoredItems& items, const Run& run);

/// What is to be reached: options.recall, or where that is 0 the usual.
double wanted_recall(const IndexOptions& options);
/// @throws Error{kInvalidArgument} for a recall below 0 or above 1.
void check_recall(const IndexOptions& options);

/// Rows of a table as a table.
Factors rows_of(const ScoredItems& items, std::span<const std::uint32_t> rows);

}  // namespace segue

#endif  // SEGUE_INDEX_KNOWN_RECALL_H_
