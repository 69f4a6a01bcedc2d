// Forests of random-projection trees, in files that Annoy reads and writes too.
//
//     AnnoyBuilder builder(AnnoyMetric::kAngular, 64);
//     for (…) builder.add(id, vector);
//     AnnoyForest forest = builder.build({.trees = 25});
//     forest.save("artists.ann");
//     for (const auto& [item, distance] : forest.nearest(id, 20)) …
//
// docs/annoy.md has the layout of the file, what is the same as in Annoy and what is not.
#ifndef SEGUE_ANNOY_H_
#define SEGUE_ANNOY_H_

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "segue/factors.h"
#include "segue/index.h"
#include "segue/run.h"

namespace segue {

/// What nearest() orders by and gives as the distance.
enum class AnnoyMetric {
  kAngular,    // root of 2 - 2 cos
  kEuclidean,  // root of the sum of squared differences
  kManhattan,  // sum of absolute differences
  kHamming,    // number of bits that differ; a value above 0.5 is a set bit
  kDot,        // the inner product itself, largest first
};

/// The name that Annoy has for it: "angular", "euclidean", "manhattan", "hamming", "dot".
std::string_view name_of(AnnoyMetric metric);
/// @throws Error{kInvalidArgument} for any other name, listing these.
AnnoyMetric annoy_metric(std::string_view name);

/// Files of the dot metric come in two layouts.
enum class AnnoyDotLayout {
  kRelease,  // up to release 1.17.3: 16 bytes before a vector
  kNorms,    // since August 2023, not released: 24 bytes, the norm among them
};

struct AnnoyNeighbor {
  std::uint32_t item;
  float distance;
};

struct AnnoyOptions {
  /// 1 or more. -1: trees are added until there are twice as many nodes as items.
  int trees = -1;
  /// Any number. The same seed gives the same file on any number of threads; each tree draws from a stream of its own.
  std::uint64_t seed = 1234567890987654321;
  /// Which layout files of the dot metric get.
  AnnoyDotLayout dot_layout = AnnoyDotLayout::kRelease;
};

/// A forest that is built or loaded. Immutable; copies share. Thread-safe.
class AnnoyForest {
 public:
  /// Maps a file. The file does not say what it was built for: the sizes, the items and the roots are held against what
  /// is asked for, a few hundred of them, which takes milliseconds for a file of any size. All else is checked as a
  /// search comes by.
  /// @param vector_size  values a vector, as given to the builder
  /// @param prefault     read all of it now
  /// @throws Error{kNotFound, kIo}, Error{kCorruptFile} when the file cannot be what was asked for,
  ///         Error{kInvalidArgument} for a vector size of 0.
  static AnnoyForest open(const std::filesystem::path& path, AnnoyMetric metric, std::uint32_t vector_size,
                          bool prefault = false);

  AnnoyMetric metric() const;
  std::uint32_t vector_size() const;
  AnnoyDotLayout dot_layout() const;
  /// One more than the largest id.
  std::uint32_t items() const;
  std::uint32_t trees() const;
  std::uint64_t bytes() const;
  /// Whether an item of this id was added: ids may leave gaps.
  bool has(std::uint32_t item) const;

  /// The nearest items, best first, equal distances by lower id; fewer than n where fewer were met.
  /// @param search_k  nodes are opened until this many candidates were met, counting every time that one is met again;
  ///                  -1: n · trees(). More is better and slower.
  /// @throws Error{kInvalidArgument} for a vector of another size or a search_k below -1, Error{kNotFound} for an id of
  ///         items() or more, Error{kCorruptFile} naming the node that cannot be.
  std::vector<AnnoyNeighbor> nearest(std::span<const float> vector, std::uint32_t n, std::int64_t search_k = -1) const;
  std::vector<AnnoyNeighbor> nearest(std::uint32_t item, std::uint32_t n, std::int64_t search_k = -1) const;

  /// The vector of an item: zeros for a gap. @throws Error{kNotFound} for an id of items() or more.
  std::vector<float> vector(std::uint32_t item) const;
  /// The distance of two items as nearest() gives it. @throws as vector().
  float distance(std::uint32_t a, std::uint32_t b) const;
  /// All vectors, a row per id, zeros for gaps: how the vectors of a file come into another index.
  Factors vectors(const Run& run = {}) const;

  /// Writes the file, complete or not at all. @throws Error{kIo}.
  void save(const std::filesystem::path& path) const;

  /// The bytes that save() writes, shared.
  Array<std::uint8_t> file() const;
  /// A forest of such bytes, checked as open() does. @throws as open(), but for kNotFound and kIo.
  static AnnoyForest of_file(Array<std::uint8_t> file, AnnoyMetric metric, std::uint32_t vector_size);

  /// What nearest() would look at, ascending, each once, without gaps: at least `least` that `filter` lets through
  /// where there are so many.
  std::vector<std::uint32_t> candidates(std::span<const float> vector, std::int64_t search_k, std::uint32_t least,
                                        const ItemFilter& filter) const;

 private:
  friend class AnnoyBuilder;
  class Core;
  explicit AnnoyForest(std::shared_ptr<const Core> core) : core_(std::move(core)) {}
  static AnnoyForest read(std::span<const std::byte> bytes, const std::shared_ptr<const void>& owner,
                          AnnoyMetric metric, std::uint32_t vector_size, const std::string& name);
  std::shared_ptr<const Core> core_;
};

/// Collects vectors and makes forests of them. Not thread-safe while vectors are added.
class AnnoyBuilder {
 public:
  /// @throws Error{kInvalidArgument} for a vector size of 0 or beyond 2^24.
  AnnoyBuilder(AnnoyMetric metric, std::uint32_t vector_size);
  ~AnnoyBuilder();
  AnnoyBuilder(AnnoyBuilder&&) noexcept;
  AnnoyBuilder& operator=(AnnoyBuilder&&) noexcept;

  /// Adds an item, or gives it another vector. Ids may come in any order and leave gaps: memory is taken by the number
  /// of items. A file, though, has room for every id up to the largest.
  /// @param item  0..2^31 - 2
  /// @throws Error{kInvalidArgument} for a vector of another size, a value that is not finite, or an id beyond.
  void add(std::uint32_t item, std::span<const float> vector);

  std::uint32_t items() const;  // one more than the largest id
  std::uint32_t count() const;  // items added
  /// As AnnoyForest's, before there is one.
  std::vector<float> vector(std::uint32_t item) const;
  float distance(std::uint32_t a, std::uint32_t b) const;

  /// Builds a forest in memory. What was added stays: add more and build anew, as often as you like.
  /// @throws Error{kInvalidArgument} for trees of 0 or below -1, for ids so far apart that nearly all of the file would
  ///         be gaps, and for more nodes than the layout can number; Error{kCancelled}.
  AnnoyForest build(const AnnoyOptions& options = {}, const Run& run = {}) const;

  /// Builds on disk: trees go to the file as they are made, and the forest is the mapped file. Memory is taken by the
  /// vectors and a tree a thread. The file appears complete or not at all. @throws also Error{kIo}.
  AnnoyForest build_file(const std::filesystem::path& path, const AnnoyOptions& options = {},
                         const Run& run = {}) const;

 private:
  class Core;
  std::unique_ptr<Core> core_;
};

/// An index that searches with a forest (angular for the cosine, dot for the inner product) and scores what it meets as
/// the exact index does: scores, ties and filters are the exact index's, only the candidates are approximate. With
/// filters it goes on until there are min(top, live) results.
/// @param options  trees, search_k and recall count
std::unique_ptr<Index> make_annoy_index(Factors items, Metric metric, const IndexOptions& options, const Run& run = {});

}  // namespace segue

#endif  // SEGUE_ANNOY_H_
