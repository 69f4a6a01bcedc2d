// Index: the nearest vectors of a query.
#ifndef SEGUE_INDEX_H_
#define SEGUE_INDEX_H_

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "segue/factors.h"
#include "segue/run.h"

namespace segue {

enum class Metric { kInnerProduct, kCosine };

struct Neighbor {
  std::uint32_t item;
  float score;
};

/// Which items a query may return.
struct ItemFilter {
  std::span<const std::uint32_t> deny = {};   // never these; ascending
  std::span<const std::uint32_t> allow = {};  // only these; ascending; used when has_allow
  bool has_allow = false;
};

/// Of the true 10 and 20 nearest of an item, others than itself, the share that answers hold: 1 for exact indexes, else
/// measured when the index was built, on a sample of its items without filters. Queries that are no items may fare
/// otherwise.
struct KnownRecall {
  double at_10 = 1;
  double at_20 = 1;
  std::uint32_t sample = 0;  // items asked; 0: nothing had to be measured
};

/// Thread-safe once built.
class Index {
 public:
  virtual ~Index() = default;
  virtual std::string_view kind() const = 0;
  virtual Metric metric() const = 0;
  virtual std::uint32_t size() const = 0;
  virtual KnownRecall known_recall() const { return {}; }

  /// Scores items for each query.
  /// @param queries  rows of the same number of factors, finite
  /// @param top      results per query, 1..size()
  /// @param filters  empty, or one per query
  /// @return per query at most `top` neighbors, best first, ties by lower item: min(top, live) of them, never padding.
  ///         A zero vector has cosine 0 with everything.
  /// @throws Error{kInvalidArgument} when shapes differ.
  virtual std::vector<std::vector<Neighbor>> search(const Factors& queries, std::uint32_t top,
                                                    std::span<const ItemFilter> filters, const Run& run) const = 0;
};

struct IndexOptions {
  std::string kind = "exact";  // a name of indexes()

  /// ivf: the recall@10 to reach on a sample of the items, above 0 to 1; more is slower.
  double recall = 0.99;
  /// ivf: how many lists; 0: twice the root of the number of items. At most as many as items.
  std::uint32_t lists = 0;
  /// ivf: how many lists a query looks into; 0: what `recall` takes.
  std::uint32_t probes = 0;

  /// annoy: how many trees; -1: until there are twice as many nodes as items.
  int trees = 25;
  /// annoy: candidates a query; -1: results times trees.
  std::int64_t search_k = -1;
};

/// An index that can be built.
struct IndexInfo {
  std::string_view name;
  std::string_view summary;  // one line, for help texts
  bool exact;                // whether answers are those of brute force
  std::unique_ptr<Index> (*build)(Factors items, Metric metric, const IndexOptions& options, const Run& run);
};

/// All of them: help texts, messages and the contract tests walk this table.
std::span<const IndexInfo> indexes();

/// @throws Error{kInvalidArgument} listing the names that exist; Error{kNumerical} naming the first item with a value
/// that is not finite.
std::unique_ptr<Index> make_index(Factors items, Metric metric, const IndexOptions& options, const Run& run = {});

/// Answers as comparing every vector in float32 would, to the last bit, by looking at few of them: docs/search.md.
std::unique_ptr<Index> make_exact_index(Factors items, Metric metric, const Run& run = {});

/// Compares every vector in float32. The truth that other indexes are held against.
std::unique_ptr<Index> make_brute_index(Factors items, Metric metric, const Run& run = {});

}  // namespace segue

#endif  // SEGUE_INDEX_H_
