// How good an approximate index is: a sample of its items, answered exactly beside it when it is built.
#ifndef SEGUE_INDEX_KNOWN_RECALL_H_
#define SEGUE_INDEX_KNOWN_RECALL_H_

#include <cstdint>
#include <span>
#include <vector>

#include "index/scored_items.h"
#include "segue/index.h"

namespace segue {

/// Items to ask with.
struct RecallSample {
  std::vector<std::uint32_t> items;  // ascending
  std::uint32_t population = 0;      // what they were drawn from: items that are not zero vectors
};

/// So many of the items that are not zero vectors, or all where there are fewer. The same for any number of
/// threads; independent of what spherical_kmeans() learns from.
constexpr std::uint32_t kRecallSample = 500;
RecallSample sample_items(const ScoredItems& items, std::uint32_t count = kRecallSample);

/// How much smaller than the recall of the sample that of all items may well be: kSureness standard errors of the share
/// of neighbors found, where questions are the sample. 0 where the sample is all items. O(sample).
/// @param found   by question: neighbors that were found
/// @param wanted  by question: neighbors that there are
constexpr double kSureness = 1.645;  // one-sided, of 20 indexes 19
double recall_margin(std::span<const std::uint32_t> found, std::span<const std::uint32_t> wanted,
                     std::uint32_t population);

/// What a sample tells of an index.
struct MeasuredRecall {
  KnownRecall known;
  double low_at_10 = 1;  // known.at_10 less its margin: what all items get but for one index of 20
};

/// Asks both for the neighbors of the sample, others than itself. @param items  theirs
MeasuredRecall measure_recall(const Index& approximate, const Index& exact, const ScoredItems& items, const Run& run);

/// What is to be reached: options.recall, or where that is 0 the usual.
double wanted_recall(const IndexOptions& options);
/// @throws Error{kInvalidArgument} for a recall below 0 or above 1.
void check_recall(const IndexOptions& options);

/// Rows of a table as a table.
Factors rows_of(const ScoredItems& items, std::span<const std::uint32_t> rows);

}  // namespace segue

#endif  // SEGUE_INDEX_KNOWN_RECALL_H_
