// Nodes of an .ann file: where their fields stand, and reading them without trusting them.
//
// A file is an array of nodes of one size. Node i is item i as far as there are items; after them come the nodes of the
// trees, and a copy of every root at the end. A field's place depends on the metric (docs/annoy.md has the table):
//
//     descendants   int32 at 0: 0 a gap, 1 an item (or a leaf of one), up to leaf_capacity a leaf, more a split
//     children      two node numbers of a split, or all item numbers of a leaf (which then overwrite what follows)
//     vector        of an item; the normal of a split
#ifndef SEGUE_INDEX_ANNOY_NODES_H_
#define SEGUE_INDEX_ANNOY_NODES_H_

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "segue/annoy.h"

namespace segue {

/// Where the fields of a node are, in bytes.
struct AnnoyLayout {
  static AnnoyLayout of(AnnoyMetric metric, std::uint32_t vector_size, AnnoyDotLayout dot_layout);

  AnnoyMetric metric;
  AnnoyDotLayout dot_layout;
  std::uint32_t vector_size;  // values a vector, as users count
  std::uint32_t stored_size;  // floats in a node, or 64-bit words for the Hamming metric
  std::uint32_t children;     // offset
  std::uint32_t vector;       // offset
  std::uint32_t node_bytes;
  std::uint32_t leaf_capacity;  // item numbers that fit from children to the end

  static constexpr std::uint32_t kNorm = 4;    // angular: squared norm of an item, in the place of children
  static constexpr std::uint32_t kOffset = 4;  // euclidean, manhattan: offset of a split
  static constexpr std::uint32_t kDotFactor = 12;
  static constexpr std::uint32_t kDotNorm = 16;  // the younger dot layout: squared norm and "is built"
  static constexpr std::uint32_t kDotBuilt = 20;
};

/// A vector as nodes store it: the floats, or bits packed 64 a word, the first in the lowest bit.
class StoredVector {
 public:
  StoredVector(const AnnoyLayout& layout, std::span<const float> values);
  const float* floats() const { return reinterpret_cast<const float*>(words_.data()); }
  const std::uint64_t* words() const { return words_.data(); }
  std::span<const std::byte> bytes() const { return {reinterpret_cast<const std::byte*>(words_.data()), bytes_}; }

 private:
  std::vector<std::uint64_t> words_;
  std::size_t bytes_;
};

/// The other way round. @param stored  stored_size floats or words
std::vector<float> user_vector(const AnnoyLayout& layout, const std::byte* stored);

/// The nodes of a file or of memory, and what was found out about them. Immutable.
/// Invariants, checked by read(): a whole number of nodes, below 2^31; items <= nodes; roots in [0, nodes).
class AnnoyNodes {
 public:
  /// Finds items and roots. @param name  of the file, for errors
  /// @throws Error{kCorruptFile} when this cannot be a forest of that layout.
  static AnnoyNodes read(const AnnoyLayout& layout, std::span<const std::byte> bytes, std::shared_ptr<const void> owner,
                         const std::string& name);

  const AnnoyLayout& layout() const { return layout_; }
  std::span<const std::byte> bytes() const { return bytes_; }
  const std::shared_ptr<const void>& owner() const { return owner_; }  // of the bytes
  std::uint32_t size() const { return size_; }
  std::uint32_t items() const { return items_; }
  std::span<const std::uint32_t> roots() const { return roots_; }

  /// Requires: node < size(). So do all below.
  const std::byte* at(std::uint32_t node) const { return bytes_.data() + std::size_t{node} * layout_.node_bytes; }
  std::int32_t descendants(std::uint32_t node) const { return int_at(node, 0); }
  std::int32_t child(std::uint32_t node, std::uint32_t i) const { return int_at(node, layout_.children + 4 * i); }
  float float_at(std::uint32_t node, std::uint32_t offset) const {
    float value;
    std::memcpy(&value, at(node) + offset, sizeof value);
    return value;
  }
  const std::byte* vector(std::uint32_t node) const { return at(node) + layout_.vector; }
  bool is_item(std::uint32_t item) const { return descendants(item) == 1; }

  /// Ends an operation that met what cannot be.
  [[noreturn]] void damaged(std::uint32_t node, const std::string& problem) const;

 private:
  std::int32_t int_at(std::uint32_t node, std::uint32_t offset) const {
    std::int32_t value;
    std::memcpy(&value, at(node) + offset, sizeof value);
    return value;
  }
  void find_roots();
  void check_end() const;
  void check_samples() const;
  bool same(std::uint32_t a, std::uint32_t b) const { return std::memcmp(at(a), at(b), layout_.node_bytes) == 0; }

  AnnoyLayout layout_{};
  std::span<const std::byte> bytes_;
  std::shared_ptr<const void> owner_;
  std::string name_;
  std::uint32_t size_ = 0;
  std::uint32_t items_ = 0;
  std::vector<std::uint32_t> roots_;
};

}  // namespace segue

#endif  // SEGUE_INDEX_ANNOY_NODES_H_
