// Index: the nearest vectors of a query.
#ifndef SEGUE_INDEX_H_
#define SEGUE_INDEX_H_

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "segue/array.h"
#include "segue/factors.h"
#include "segue/run.h"

namespace segue {

enum class Metric { kInnerProduct, kCosine };

/// "inner-product", "cosine".
std::string_view name_of(Metric metric);
/// @throws Error{kInvalidArgument} for any other name, listing these.
Metric metric_of(std::string_view name);

struct Neighbor {
  std::uint32_t item;
  float score;
};

/// A set of items, a bit each: what many queries may return. Immutable.
class ItemMask {
 public:
  /// @param items  how many there are; the set holds those of which `has(item)`
  template <typename Has>
  ItemMask(std::uint32_t items, Has&& has) : items_(items), words_((std::size_t{items} + 63) / 64) {
    for (std::uint32_t item = 0; item < items; ++item) {
      if (!has(item)) continue;
      words_[item / 64] |= std::uint64_t{1} << (item % 64);
      ++count_;
    }
  }

  bool has(std::uint32_t item) const { return (words_[item / 64] >> (item % 64) & 1) != 0; }
  std::uint32_t items() const { return items_; }
  std::uint32_t count() const { return count_; }  // of the set
  const std::uint64_t* words() const { return words_.data(); }

 private:
  std::uint32_t items_;
  std::uint32_t count_ = 0;
  std::vector<std::uint64_t> words_;
};

/// Which items a query may return: those that all of these let through. Lists cost by their length, at every query; a
/// mask costs nothing.
struct ItemFilter {
  std::span<const std::uint32_t> deny = {};   // never these; ascending
  std::span<const std::uint32_t> allow = {};  // only these; ascending; used when has_allow
  bool has_allow = false;
  const ItemMask* mask = nullptr;  // only items of it, where there is one
};

/// Of the true 10 and 20 nearest of an item, others than itself, the share that answers hold: 1 for exact indexes, else
/// measured when the index was built, on a sample of its items without filters. Queries that are no items may fare
/// otherwise.
struct KnownRecall {
  double at_10 = 1;
  double at_20 = 1;
  std::uint32_t sample = 0;  // items asked; 0: nothing had to be measured
};

struct IndexOptions {
  std::string kind = "exact";  // a name of indexes()

  /// The recall@10 to reach, above 0 to 1; more is slower. A sample of the items must reach it by so much more that of
  /// 20 indexes 19 reach it for all items. 0: ivf and auto take kUsualRecall, annoy what its trees and search_k give.
  double recall = 0;
  static constexpr double kUsualRecall = 0.99;
  /// ivf: how many lists; 0: twice the root of the number of items. At most as many as items.
  std::uint32_t lists = 0;
  /// ivf: how many lists a query looks into at most; 0: as many as `slack` says.
  std::uint32_t probes = 0;
  /// ivf: by how much a list's center may score less than the worst answer so far where the list is still looked into,
  /// up to 2; 0: what `recall` takes, or anything where `probes` are given.
  double slack = 0;

  /// annoy: how many trees; -1: until there are twice as many nodes as items.
  int trees = 25;
  /// annoy: candidates a query; -1: what `recall` takes, and `trees` more for each result beyond 10, or, where that is
  /// 0, results times trees. Where a mask or a list of allowed items leaves few, as many more.
  std::int64_t search_k = -1;
};

/// An array that an index keeps, as a file holds it: the same bytes on every machine.
struct IndexPart {
  static constexpr std::size_t kLongestName = 12;

  std::string name;  // letters a-z, kLongestName at most, unique within the index
  std::variant<Array<std::uint8_t>, Array<std::uint32_t>, Array<std::uint64_t>, Array<float>> values;
};

/// All that an index knows besides the vectors: open_index() makes it anew of this without building anything.
struct StoredIndex {
  std::string kind;  // a name of indexes()
  Metric metric = Metric::kCosine;
  IndexOptions options;  // as they are in effect: what was left to the index is filled in
  KnownRecall recall;
  std::vector<IndexPart> parts;
};

/// Thread-safe once built.
class Index {
 public:
  virtual ~Index() = default;
  virtual std::string_view kind() const = 0;
  virtual Metric metric() const = 0;
  virtual std::uint32_t size() const = 0;
  virtual KnownRecall known_recall() const { return {}; }
  /// Shares its arrays with the index.
  virtual StoredIndex store() const = 0;
  /// Makes now what would be made once it is worth it: make_exact_on_demand(). @throws Error{kCancelled}.
  virtual void prepare(const Run& /*run*/) const {}

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

/// A kind of index.
struct IndexInfo {
  std::string_view name;
  std::string_view summary;  // one line, for help texts
  bool exact;                // whether answers are those of brute force
  std::unique_ptr<Index> (*build)(Factors items, Metric metric, const IndexOptions& options, const Run& run);
  /// Null for what builds one of the others.
  std::unique_ptr<Index> (*open)(Factors items, const StoredIndex& stored, const Run& run);
};

/// All of them: help texts, messages and the contract tests walk this table.
std::span<const IndexInfo> indexes();

/// @throws Error{kInvalidArgument} listing the names that exist; Error{kNumerical} naming the first item with a value
/// that is not finite.
std::unique_ptr<Index> make_index(Factors items, Metric metric, const IndexOptions& options, const Run& run = {});

/// Opens an index of the vectors that it was built of, which must be those: its arrays are used as they are, in the
/// place where they are. Sizes and numbers are checked, so that a damaged index leads nowhere outside of memory. Costs
/// a look at each vector: milliseconds.
/// @throws Error{kCorruptFile} naming the part that cannot be, or a kind that there is not; Error{kNumerical} as
/// make_index().
std::unique_ptr<Index> open_index(Factors items, const StoredIndex& stored, const Run& run = {});

/// Answers as comparing every vector in float32 would, to the last bit, by looking at few of them: docs/search.md.
std::unique_ptr<Index> make_exact_index(Factors items, Metric metric, const Run& run = {});

/// The same, which compares every vector until so much was asked that what make_exact_index() makes is worth its time:
/// some 256 questions one by one, 64 by inner product, four times as many together. It is made by the question that
/// makes it worth it, others go on meanwhile.
std::unique_ptr<Index> make_exact_on_demand(Factors items, Metric metric, const Run& run = {});

/// Compares every vector in float32. The truth that other indexes are held against.
std::unique_ptr<Index> make_brute_index(Factors items, Metric metric, const Run& run = {});

}  // namespace segue

#endif  // SEGUE_INDEX_H_
