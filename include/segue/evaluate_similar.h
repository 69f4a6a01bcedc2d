// How good lists of similar items are. Nothing says what "similar" is, so there are three witnesses: people who were
// held out, labels that others gave, and a second training. docs/evaluation.md has the formulas.
#ifndef SEGUE_EVALUATE_SIMILAR_H_
#define SEGUE_EVALUATE_SIMILAR_H_

#include <cstdint>
#include <vector>

#include "segue/evaluate.h"
#include "segue/matrix.h"
#include "segue/run.h"

namespace segue {

/// Of each item, by its number, those that are most like it, best first, without itself; empty where there are none.
using ItemLists = std::vector<std::vector<std::uint32_t>>;

/// A mean over items, with the bootstrap interval that EvaluateOptions asks for.
struct ItemScore {
  double mean = 0;
  double low = 0;
  double high = 0;
  std::vector<std::uint32_t> items;  // that have a value
  std::vector<double> per_item;      // by `items`, 0 to 1
};

/// Held-out co-listening: of the other held-out items of those whose held-out items include this one, the share that is
/// among its first k. Of items whose held-out listeners have another held-out item, and that have a list.
/// @param test  users x items; k  >= 1
/// @throws Error{kInvalidArgument} where lists are not of these items, k is 0 or no item has a value;
/// Error{kCancelled}. The same for any number of threads, as the two below.
ItemScore co_listening(const ItemLists& lists, const CsrMatrix& test, std::uint32_t k,
                       const EvaluateOptions& options = {}, const Run& run = {});

/// Overlap of labels: mean over the first k of the labels that both items have, divided by those that either has
/// (Jaccard). Of items with labels and a list; listed items without labels count 0.
/// @param labels  items x labels; its values do not matter
ItemScore label_overlap(const ItemLists& lists, const CsrMatrix& labels, std::uint32_t k,
                        const EvaluateOptions& options = {}, const Run& run = {});

/// Stability: the share of the first k of one training that is among those of another. Of items with a list in both.
ItemScore list_agreement(const ItemLists& first, const ItemLists& second, std::uint32_t k,
                         const EvaluateOptions& options = {}, const Run& run = {});

}  // namespace segue

#endif  // SEGUE_EVALUATE_SIMILAR_H_
