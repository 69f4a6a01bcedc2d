// A file says neither its metric nor the size of its vectors. What can be told: the size must be whole nodes, the last
// node must be a root that has as many descendants as there are items, items must look like items, and roots like
// roots. A wrong guess of the layout passes all that with the odds of a file made for it.
#include "index/annoy_nodes.h"

#include <algorithm>
#include <bit>
#include <limits>

#include "segue/error.h"

namespace segue {
namespace {

static_assert(std::endian::native == std::endian::little, "an .ann file is the memory of a little-endian machine");

constexpr std::uint32_t kWordBits = 64;
// Looked at when a file is opened: enough that another layout is found out, few enough to take no time.
constexpr std::uint32_t kSampledItems = 256;

}  // namespace

AnnoyLayout AnnoyLayout::of(AnnoyMetric metric, std::uint32_t vector_size, AnnoyDotLayout dot_layout) {
  AnnoyLayout layout{.metric = metric,
                     .dot_layout = dot_layout,
                     .vector_size = vector_size,
                     .stored_size = vector_size,
                     .children = 4,
                     .vector = 16,
                     .node_bytes = 0,
                     .leaf_capacity = 0};
  std::uint32_t value_bytes = sizeof(float);
  switch (metric) {
    case AnnoyMetric::kAngular:
      layout.vector = 12;
      break;
    case AnnoyMetric::kEuclidean:
    case AnnoyMetric::kManhattan:
      layout.children = 8;
      break;
    case AnnoyMetric::kHamming:
      layout.stored_size = (vector_size + kWordBits - 1) / kWordBits;
      value_bytes = sizeof(std::uint64_t);
      break;
    case AnnoyMetric::kDot:
      if (dot_layout == AnnoyDotLayout::kNorms) layout.vector = 24;
      break;
  }
  layout.node_bytes = layout.vector + value_bytes * layout.stored_size;
  layout.leaf_capacity = (layout.node_bytes - layout.children) / 4;
  return layout;
}

StoredVector::StoredVector(const AnnoyLayout& layout, std::span<const float> values) {
  if (layout.metric != AnnoyMetric::kHamming) {
    bytes_ = values.size_bytes();
    words_.resize((values.size() + 1) / 2);
    if (!values.empty()) std::memcpy(words_.data(), values.data(), bytes_);
    return;
  }
  words_.resize(layout.stored_size);
  bytes_ = words_.size() * sizeof(std::uint64_t);
  for (std::size_t i = 0; i < values.size(); ++i) {
    words_[i / kWordBits] |= std::uint64_t{values[i] > 0.5F} << (i % kWordBits);
  }
}

std::vector<float> user_vector(const AnnoyLayout& layout, const std::byte* stored) {
  std::vector<float> values(layout.vector_size);
  if (layout.metric != AnnoyMetric::kHamming) {
    std::memcpy(values.data(), stored, values.size() * sizeof(float));
    return values;
  }
  for (std::size_t i = 0; i < values.size(); ++i) {
    std::uint64_t word;
    std::memcpy(&word, stored + i / kWordBits * sizeof word, sizeof word);
    values[i] = static_cast<float>(word >> (i % kWordBits) & 1);
  }
  return values;
}

void AnnoyNodes::damaged(std::uint32_t node, const std::string& problem) const {
  throw Error(ErrorCode::kCorruptFile, {name_}, "node " + std::to_string(node) + " " + problem,
              "check that this is the metric and the vector size that the file was built with; if so it is damaged: "
              "build it again");
}

AnnoyNodes AnnoyNodes::read(const AnnoyLayout& layout, std::span<const std::byte> bytes,
                            std::shared_ptr<const void> owner, const std::string& name) {
  AnnoyNodes nodes;
  nodes.layout_ = layout;
  nodes.bytes_ = bytes;
  nodes.owner_ = std::move(owner);
  nodes.name_ = name;
  const std::size_t count = bytes.size() / layout.node_bytes;
  if (count == 0 || bytes.size() % layout.node_bytes != 0) {
    throw Error(ErrorCode::kCorruptFile, {name},
                "has " + std::to_string(bytes.size()) + " bytes, which are not nodes of " +
                    std::to_string(layout.node_bytes) + " bytes as " + std::string(name_of(layout.metric)) +
                    " vectors of " + std::to_string(layout.vector_size) + " values take",
                "open it with the metric and the vector size that it was built with");
  }
  if (count > std::numeric_limits<std::int32_t>::max()) {
    throw Error(ErrorCode::kCorruptFile, {name}, "has " + std::to_string(count) + " nodes, more than can be numbered",
                "open it with the metric and the vector size that it was built with");
  }
  nodes.size_ = static_cast<std::uint32_t>(count);
  nodes.find_roots();
  nodes.check_samples();
  nodes.check_end();
  return nodes;
}

/// Roots end the file: a run of nodes with as many descendants as the last has. What the run holds:
///   - copies of all roots, after the last root itself: the usual file; that root is left out;
///   - roots and then their copies, where trees are single leaves: every root stands there twice;
///   - roots alone, where we wrote single leaves.
void AnnoyNodes::find_roots() {
  const std::int32_t items = descendants(size_ - 1);
  if (items < 0 || static_cast<std::uint32_t>(items) >= size_) {
    damaged(size_ - 1, "is the last and so a root, but says that there are " + std::to_string(items) + " items among " +
                           std::to_string(size_) + " nodes");
  }
  items_ = static_cast<std::uint32_t>(items);
  std::uint32_t first = size_;
  while (first > items_ && descendants(first - 1) == items) --first;
  const std::uint32_t run = size_ - first;
  bool twice = run % 2 == 0;
  for (std::uint32_t i = 0; twice && i < run / 2; ++i) twice = same(first + i, first + run / 2 + i);
  if (twice) {
    first += run / 2;
  } else if (run > 1 && same(first, size_ - 1)) {
    ++first;
  }
  for (std::uint32_t root = size_; root > first; --root) roots_.push_back(root - 1);
}

/// A file that was cut at a node ends in some node of a tree. A split then has no copy; a leaf is not what all nodes
/// behind the items are, as roots are where they are leaves. A file that was cut among the copies lacks the one of the
/// root before them: that is the last tree's, and so is the last copy.
void AnnoyNodes::check_end() const {
  const std::uint32_t last = size_ - 1;
  const bool leaves = items_ <= layout_.leaf_capacity;
  std::uint32_t node = last;
  if (leaves) {
    while (node > items_ && descendants(node - 1) == descendants(last)) --node;
    if (node == items_) return;
  } else {
    while (node > items_ && !same(node - 1, last)) --node;
    if (node > items_) {
      std::uint32_t first = last;
      while (first > items_ && descendants(first - 1) == descendants(last)) --first;
      for (std::uint32_t copy = last; copy > first; --copy) {
        if (same(first, copy)) return;
      }
      damaged(first, "is a root that has no copy at the end: the file is cut short");
    }
  }
  damaged(last, "is the last and so a root, but no other node is like it: the file is cut short");
}

void AnnoyNodes::check_samples() const {
  const std::uint32_t step = items_ / kSampledItems + 1;
  for (std::uint32_t item = 0; item < items_; item += step) {
    if (const std::int32_t n = descendants(item); n != 0 && n != 1) {
      damaged(item, "should be an item, but has " + std::to_string(n) + " descendants");
    }
  }
  for (const std::uint32_t root : roots_) {
    const std::uint32_t n = std::min(items_ <= layout_.leaf_capacity ? items_ : 2, layout_.leaf_capacity);
    for (std::uint32_t i = 0; i < n; ++i) {
      const std::int32_t c = child(root, i);
      if (c < 0 || static_cast<std::uint32_t>(c) >= size_) {
        damaged(root, "is a root and has the child " + std::to_string(c) + " of " + std::to_string(size_) + " nodes");
      }
    }
  }
}

}  // namespace segue
