// Models of items alone: popularity, neighbours, EASE, SLIM. What every comparison needs beside factors. They rank by a
// row's history, so that they serve people they have never seen as they serve the others.
#ifndef SEGUE_ITEM_MODELS_H_
#define SEGUE_ITEM_MODELS_H_

#include <cstdint>
#include <memory>
#include <span>
#include <variant>

#include "segue/array.h"
#include "segue/matrix.h"
#include "segue/ranker.h"
#include "segue/run.h"
#include "segue/weighting.h"

namespace segue {

/// The same for everybody: the number of users who have an item, by values above 0.
/// @param rows  of the ranker
std::unique_ptr<Ranker> make_popularity_ranker(const CsrMatrix& train, std::uint32_t rows);

/// Users of each item.
struct FittedPopularity {
  Array<std::uint32_t> counts;
};

/// Counts the values above 0: who dislikes an item does not make it popular.
FittedPopularity fit_popularity(const CsrMatrix& train);

/// Item-item neighbours (Sarwar et al. 2001; shrinkage as Bell & Koren 2007). Values are weighed, then
///     s(i, j) = w_i · w_j / (|w_i| |w_j| + shrinkage)
/// over the columns of two items; with normalize off the dot product alone. Negative values and zeros count as absent.
struct NeighborOptions {
  std::uint32_t neighbors = 100;           // kept per item, >= 1; more reach further and tell less
  Weighting weighting = Weighting::kBm25;  // kRaw: of the values as they are; kBinary, kTfidf, kBm25, kLog as well
  float bm25_k1 = 1.2F;
  float bm25_b = 0.75F;
  float shrinkage = 0;          // >= 0; pulls down what rests on few users
  bool normalize = true;        // off: implicit's BM25Recommender
  bool binary_history = false;  // an item of a history counts 1 where the training has it weighed
};

/// Row i: the items most like i by falling similarity cut to `neighbors`, ties by lower item; itself left out.
struct Neighborhood {
  CsrMatrix similar;            // [items x items], columns ascending
  WeightingState weighting;     // how histories are weighed
  bool binary_history = false;  // or not
};

/// @throws Error{kInvalidArgument} for options out of range; Error{kCancelled}.
/// O(sum over users of items^2), and 8 bytes a neighbour; the same bits for any number of threads.
Neighborhood item_neighbors(const CsrMatrix& train, const NeighborOptions& options, const Run& run = {});

/// Scores item j by the sum of w · s(j, i) over the items i of the history that are among j's neighbours.
/// @param history  [rows x items] values as in the training
std::unique_ptr<Ranker> make_neighbor_ranker(const Neighborhood& neighborhood, const CsrMatrix& history,
                                             const Run& run = {});

/// EASE (Steck, "Embarrassingly Shallow Autoencoders for Sparse Data", WWW 2019): with G = X'X + l2 I of the binary
/// matrix and P its inverse, B_ij = -P_ij / P_jj and 0 on the diagonal; a history's scores are x B.
struct EaseOptions {
  float l2 = 500;               // > 0; larger for larger data
  std::uint32_t top_items = 0;  // only the items with most users take part; 0: all
  std::uint64_t memory = 0;     // bytes that the weights may take; 0: what the machine has free
};

/// What train_ease() allocates for so many items. 4 bytes a pair of items, and little beside.
std::uint64_t ease_memory_bytes(std::uint32_t items);

/// @throws Error{kOutOfMemory} with the bytes that are needed where train_ease() would: before anything else is done.
void require_ease_fits(const CsrMatrix& train, const EaseOptions& options);

struct EaseWeights {
  std::uint32_t items = 0;        // of the catalogue
  Array<std::uint32_t> included;  // the items that take part, ascending
  std::uint32_t stride = 0;       // floats from row to row
  Array<float> weights;           // [included x stride]: B, rows are items of a history
};

/// @throws Error{kOutOfMemory} before anything is allocated, saying how much it would take; Error{kInvalidArgument} for
///         options out of range; Error{kNumerical} when l2 is too small for float32; Error{kCancelled}.
/// O(items^3); the same bits for any number of threads.
EaseWeights train_ease(const CsrMatrix& train, const EaseOptions& options, const Run& run = {});

/// Items that take no part come last.
std::unique_ptr<Ranker> make_ease_ranker(EaseWeights weights, CsrMatrix history);

/// Of each item the `neighbors` weights that are largest by their size, of either sign: row j holds what B has in
/// column j. 8 bytes a weight where all of them take 4 a pair of items. @throws Error{kInvalidArgument} for 0;
/// Error{kCancelled}.
Neighborhood largest_weights(const EaseWeights& weights, std::uint32_t neighbors, const Run& run = {});

/// SLIM (Ning & Karypis, "SLIM: Sparse Linear Methods for Top-N Recommender Systems", ICDM 2011): for each item j of
/// the binary matrix A the weights w >= 0, w_j = 0, that minimise |a_j - A w|² / 2 + l2 |w|² / 2 + l1 |w|₁. A history
/// scores j by the sum of the weights of its items.
struct SlimOptions {
  float l1 = 0.1F;                // >= 0; larger leaves fewer weights
  float l2 = 200;                 // >= 0, one of both above 0; larger for larger data
  std::uint32_t neighbors = 500;  // only the largest weights of each item are kept; 0: all
  std::uint32_t sweeps = 100;     // of coordinate descent at most, >= 1
  float tolerance = 1e-4F;        // ends once no weight changes by more than so much of the largest, > 0
  std::uint32_t top_items = 0;    // only the items with most users take part; 0: all
  std::uint64_t memory = 0;       // bytes that products of items may take; 0: what the machine has free
};

/// Row j of `similar`: the weights of j. Histories count 1 each.
/// @throws Error{kInvalidArgument} for options out of range; Error{kOutOfMemory} before the products of items are
///         allocated, saying how much they would take; Error{kCancelled}.
/// O(items · sweeps · weights · items they are seen with); the same bits for any number of threads on one SIMD target.
Neighborhood train_slim(const CsrMatrix& train, const SlimOptions& options, const Run& run = {});

/// Whatever a model of items alone has learned.
using ItemModel = std::variant<FittedPopularity, Neighborhood, EaseWeights>;

/// Scores all items for a history that may be anybody's. Immutable; thread-safe.
class HistoryScorer {
 public:
  virtual ~HistoryScorer() = default;
  virtual std::uint32_t items() const = 0;
  /// @param items   below items(), each once; values  of the items, as in the training
  /// @param scores  [items()], all of it is written; items of which the model knows nothing get 0, or of EASE the
  /// lowest
  ///                number
  virtual void score(std::span<const std::uint32_t> items, std::span<const float> values,
                     std::span<float> scores) const = 0;
};

/// Neighbourhoods are turned around first: O(weights).
std::unique_ptr<HistoryScorer> make_history_scorer(const ItemModel& model, const Run& run = {});

/// Ranks each row of a matrix as the history it is. @throws Error{kInvalidArgument} when it has other items.
std::unique_ptr<Ranker> make_history_ranker(std::unique_ptr<HistoryScorer> scorer, CsrMatrix history);

}  // namespace segue

#endif  // SEGUE_ITEM_MODELS_H_
