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

/// Thread-safe once built.
class Index {
 public:
  virtual ~Index() = default;
  virtual std::string_view kind() const = 0;
  virtual Metric metric() const = 0;
  virtual std::uint32_t size() const = 0;

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
