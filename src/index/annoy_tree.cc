// A tree: halve the items by a plane between two clusters, then each half, until a half fits a leaf.
//
// The plane: a sample of the items, two of them drawn as centers, some rounds of k-means, and the plane between what
// they became. Angular splits go through the origin and compare directions; euclidean and manhattan ones lie midway
// between the centers. The dot metric adds a coordinate to each item that gives all the same length, so that the
// largest inner product is the smallest angle; a query has 0 there, so the stored normal leaves the coordinate out.
// The Hamming metric splits by the bit that halves the sample best, of some drawn.
// Annoy moves its two centers by 200 items drawn one at a time, and takes the first plane that is not lopsided.
//
// No recursion: ranges wait on a stack of their own, and where no plane parts the items (duplicates) they are dealt out
// in two even halves, so that the depth stays logarithmic. Random numbers come from the seed and the tree's number, so
// trees do not depend on who builds them.
#include "index/annoy_tree.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

#include "base/buffer.h"
#include "segue/error.h"

namespace segue {
namespace {

constexpr double kLopsided = 0.95;  // another plane is tried when the larger side has more, as in Annoy
constexpr double kHopeless = 0.99;  // and after the last try, items are dealt out, as in Annoy
constexpr int kTries = 3;           // as in Annoy
// More of either costs more than its recall is worth: at 25 trees and 20,000 candidates, 200 items in 4 rounds found
// .886 of the nearest ten, 1,000 in 4 .902, 1,000 in 10 .910 for twice the time.
constexpr std::uint32_t kSample = 500;
constexpr int kRounds = 4;

/// SplitMix64 (Steele, Lea & Flood 2014).
class Random {
 public:
  Random(std::uint64_t seed, std::uint64_t stream) : state_(seed + stream * 0x9e3779b97f4a7c15U) {
    state_ = next() ^ stream;
  }
  std::uint64_t next() {
    std::uint64_t z = state_ += 0x9e3779b97f4a7c15U;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
    return z ^ (z >> 31);
  }
  /// 0..bound - 1; bound below 2^32.
  std::uint32_t below(std::uint32_t bound) { return static_cast<std::uint32_t>((next() >> 32) * bound >> 32); }

 private:
  std::uint64_t state_;
};

/// Places a value into the bytes of a node.
template <typename T>
void place(std::byte* node, std::uint32_t offset, T value) {
  std::memcpy(node + offset, &value, sizeof value);
}

class TreeBuilder {
 public:
  TreeBuilder(const AnnoyGround& ground, std::uint32_t tree, const Run& run)
      : ground_(ground),
        points_(ground.points),
        layout_(ground.layout),
        run_(run),
        random_(ground.seed, tree),
        dimensions_(points_.stored_size() + (layout_.metric == AnnoyMetric::kDot ? 1 : 0)),
        stride_(Factors::stride_for(dimensions_)),
        sample_(layout_.metric == AnnoyMetric::kHamming ? 0 : kSample * stride_),
        centers_(6 * stride_),
        rows_(points_.count()),
        margins_(points_.count()) {
    std::iota(rows_.begin(), rows_.end(), 0);
  }

  std::vector<std::byte> build() {
    plant();
    return in_order();
  }

 private:
  struct Range {
    std::uint32_t begin, end;
    std::uint32_t parent, side;  // of the split that it is a half of
  };
  static constexpr std::int64_t kNone = -1;

  /// Grows the tree into slots_, the root first.
  void plant() {
    const std::uint32_t all = points_.count();
    if (points_.items() <= layout_.leaf_capacity) {
      add_root_leaf();
      return;
    }
    std::vector<Range> waiting;
    const auto split = [&](std::uint32_t begin, std::uint32_t end) {
      const std::uint32_t slot = add_slot();
      const std::uint32_t middle = halve(slot, begin, end);
      waiting.push_back({begin, middle, slot, 0});
      waiting.push_back({middle, end, slot, 1});
      return slot;
    };
    if (all == 1) {  // a root is a split where ids go beyond a leaf: both of its sides are the one item
      const std::uint32_t root = add_slot();
      place(slot(root), 0, static_cast<std::int32_t>(points_.items()));
      waiting.push_back({0, 1, root, 0});
      waiting.push_back({0, 1, root, 1});
    } else {
      split(0, all);
    }
    while (!waiting.empty()) {
      const Range range = waiting.back();
      waiting.pop_back();
      const std::uint32_t size = range.end - range.begin;
      std::int64_t child;
      if (size == 1) {
        child = points_.id(rows_[range.begin]);
      } else if (size <= layout_.leaf_capacity) {
        child = std::int64_t{points_.items()} + add_leaf(range);
      } else {
        run_.check();
        child = std::int64_t{points_.items()} + split(range.begin, range.end);
      }
      children_[range.parent][range.side] = child;
    }
  }

  std::uint32_t add_slot() {
    slots_.resize(slots_.size() + layout_.node_bytes);
    children_.push_back({kNone, kNone});
    return static_cast<std::uint32_t>(children_.size() - 1);
  }
  std::byte* slot(std::uint32_t i) { return slots_.data() + std::size_t{i} * layout_.node_bytes; }

  std::uint32_t add_leaf(const Range& range) {
    const std::uint32_t leaf = add_slot();
    place(slot(leaf), 0, static_cast<std::int32_t>(range.end - range.begin));
    // Ascending, so that a search walks through memory one way.
    std::sort(rows_.begin() + range.begin, rows_.begin() + range.end,
              [&](std::uint32_t a, std::uint32_t b) { return points_.id(a) < points_.id(b); });
    for (std::uint32_t i = range.begin; i < range.end; ++i) {
      place(slot(leaf), layout_.children + 4 * (i - range.begin), points_.id(rows_[i]));
    }
    return leaf;
  }

  /// A root that is a leaf says items() descendants, as roots do: gaps fill it up, and searches leave them out.
  void add_root_leaf() {
    const std::uint32_t leaf = add_slot();
    place(slot(leaf), 0, static_cast<std::int32_t>(points_.items()));
    std::uint32_t at = 0;
    for (const bool gaps : {false, true}) {
      for (std::uint32_t item = 0; item < points_.items(); ++item) {
        if (points_.find(item).has_value() != gaps) place(slot(leaf), layout_.children + 4 * at++, item);
      }
    }
  }

  /// Parts rows [begin, end), writes the split into `slot`, and returns where the second side begins: neither is empty.
  std::uint32_t halve(std::uint32_t split, std::uint32_t begin, std::uint32_t end) {
    const std::uint32_t size = end - begin;
    place(slot(split), 0, static_cast<std::int32_t>(split == 0 ? points_.items() : size));
    std::uint32_t ones = 0;
    for (int attempt = 0; attempt < kTries; ++attempt) {
      if (!choose(begin, size)) continue;
      ones = measure(begin, size);
      if (std::max(ones, size - ones) < kLopsided * size) break;
    }
    if (ones == 0 || ones == size || std::max(ones, size - ones) > kHopeless * size) {
      std::fill_n(normal(), stride_, 0.0F);
      offset_ = 0;
      bit_ = 0;
      for (std::uint32_t i = size - 1; i > 0; --i) std::swap(rows_[begin + i], rows_[begin + random_.below(i + 1)]);
      ones = size / 2;
      for (std::uint32_t i = 0; i < size; ++i) margins_[i] = i < size - ones ? -1.0F : 1.0F;
    }
    write_split(slot(split));
    part(begin, size);
    return end - ones;
  }

  /// Chooses normal() and offset_, or bit_. @return whether there is something to part the items by.
  bool choose(std::uint32_t begin, std::uint32_t size) {
    return layout_.metric == AnnoyMetric::kHamming ? choose_bit(begin, size) : choose_plane(begin, size);
  }

  bool choose_plane(std::uint32_t begin, std::uint32_t size) {
    const bool spherical = layout_.metric == AnnoyMetric::kAngular || layout_.metric == AnnoyMetric::kDot;
    const std::uint32_t count = std::min(size, kSample);
    const simd::PairFunction dot = simd::pair_function(simd::Pair::kDot);
    std::uint32_t taken = 0;
    for (std::uint32_t i = 0; i < count; ++i) {
      const std::uint32_t row = rows_[begin + (size <= kSample ? i : random_.below(size))];
      const float* x = points_.floats(row);
      float* to = sample_.data() + std::size_t{taken} * stride_;
      std::copy_n(x, points_.stored_size(), to);
      if (!ground_.extra.empty()) to[points_.stored_size()] = ground_.extra[row];
      if (spherical) {
        const float norm = std::sqrt(dot(to, to, dimensions_));
        if (!(norm > 0)) continue;
        for (std::uint32_t f = 0; f < dimensions_; ++f) to[f] /= norm;
      }
      ++taken;
    }
    if (taken < 2) return false;
    float* a = centers_.data() + stride_;
    float* b = a + stride_;
    const std::uint32_t one = random_.below(taken);
    std::uint32_t other = random_.below(taken - 1);
    if (other >= one) ++other;
    std::copy_n(sample_.data() + std::size_t{one} * stride_, stride_, a);
    std::copy_n(sample_.data() + std::size_t{other} * stride_, stride_, b);
    if (!simd::two_means(sample_.data(), taken, stride_, kRounds, spherical, b + stride_, a, b)) return false;

    for (std::uint32_t f = 0; f < stride_; ++f) normal()[f] = a[f] - b[f];
    const float length = std::sqrt(dot(normal(), normal(), dimensions_));
    if (!(length > 0) || !std::isfinite(length)) return false;
    offset_ = 0;
    for (std::uint32_t f = 0; f < dimensions_; ++f) {
      normal()[f] /= length;
      if (!spherical) offset_ -= normal()[f] * (a[f] + b[f]) / 2;
    }
    return true;
  }

  /// The most even of some bits that part the items; where none of them does, the first that does.
  bool choose_bit(std::uint32_t begin, std::uint32_t size) {
    constexpr int kDrawn = 20;  // as many as Annoy draws
    const std::uint32_t bits = 64 * points_.stored_size();
    std::uint32_t best = 0;
    const auto consider = [&](std::uint32_t bit) {
      std::uint32_t ones = 0;
      for (std::uint32_t i = 0; i < size; ++i) ones += bit_of(rows_[begin + i], bit) ? 1 : 0;
      const std::uint32_t smaller = std::min(ones, size - ones);
      if (smaller > best) {
        best = smaller;
        bit_ = bit;
      }
    };
    for (int i = 0; i < kDrawn && best < size / 3; ++i) consider(random_.below(bits));
    for (std::uint32_t bit = 0; bit < bits && best == 0; ++bit) consider(bit);
    return best > 0;
  }

  /// Annoy numbers the bits of a word from the top.
  bool bit_of(std::uint32_t row, std::uint32_t bit) const {
    return (reinterpret_cast<const std::uint64_t*>(points_.row(row))[bit / 64] >> (63 - bit % 64) & 1) != 0;
  }

  /// margins_[0..size): above 0 for the second side. @return how many go there
  std::uint32_t measure(std::uint32_t begin, std::uint32_t size) {
    const std::span<float> margins(margins_.data(), size);
    if (layout_.metric == AnnoyMetric::kHamming) {
      for (std::uint32_t i = 0; i < size; ++i) margins[i] = bit_of(rows_[begin + i], bit_) ? 1.0F : -1.0F;
    } else {
      simd::pair_rows(simd::Pair::kDot, points_.rows(), normal(), rows_.data() + begin, size, margins.data());
      const bool has_extra = !ground_.extra.empty();
      for (std::uint32_t i = 0; i < size; ++i) {
        margins[i] += has_extra ? normal()[points_.stored_size()] * ground_.extra[rows_[begin + i]] : offset_;
        if (margins[i] == 0) margins[i] = (random_.next() & 1) != 0 ? 1.0F : -1.0F;
      }
    }
    return static_cast<std::uint32_t>(std::ranges::count_if(margins, [](float m) { return m > 0; }));
  }

  /// Rows with margins above 0 go behind the others; both keep their order.
  void part(std::uint32_t begin, std::uint32_t size) {
    behind_.clear();
    std::uint32_t kept = begin;
    for (std::uint32_t i = 0; i < size; ++i) {
      const std::uint32_t row = rows_[begin + i];
      if (margins_[i] > 0) {
        behind_.push_back(row);
      } else {
        rows_[kept++] = row;
      }
    }
    std::ranges::copy(behind_, rows_.begin() + kept);
  }

  void write_split(std::byte* node) {
    if (layout_.metric == AnnoyMetric::kHamming) {
      place(node, layout_.vector, std::uint64_t{bit_});
      return;
    }
    if (layout_.children == 8) place(node, AnnoyLayout::kOffset, offset_);
    std::memcpy(node + layout_.vector, normal(), points_.stored_size() * sizeof(float));
  }

  float* normal() { return centers_.data(); }

  /// The nodes by level, the root last: the upper levels, which all searches share, then lie together.
  std::vector<std::byte> in_order() {
    const auto count = static_cast<std::uint32_t>(children_.size());
    const std::uint32_t items = points_.items();
    std::vector<std::uint32_t> order{0};  // slots, the root first
    std::vector<std::uint32_t> number(count);
    order.reserve(count);
    for (std::uint32_t i = 0; i < order.size(); ++i) {
      number[order[i]] = items + count - 1 - i;
      for (const std::int64_t child : children_[order[i]]) {
        if (child >= items) order.push_back(static_cast<std::uint32_t>(child - items));
      }
    }
    std::vector<std::byte> nodes(slots_.size());
    for (std::uint32_t i = 0; i < count; ++i) {
      std::byte* node = nodes.data() + std::size_t{count - 1 - i} * layout_.node_bytes;
      std::memcpy(node, slot(order[i]), layout_.node_bytes);
      const auto& children = children_[order[i]];
      for (std::uint32_t side = 0; side < 2 && children[side] != kNone; ++side) {
        const std::int64_t child = children[side];
        place(node, layout_.children + 4 * side,
              child < items ? static_cast<std::uint32_t>(child) : number[static_cast<std::size_t>(child - items)]);
      }
    }
    return nodes;
  }

  const AnnoyGround& ground_;
  const AnnoyPoints& points_;
  const AnnoyLayout& layout_;
  const Run& run_;
  Random random_;
  std::uint32_t dimensions_;  // of what planes part: a dot metric's vectors have one more
  std::uint32_t stride_;
  Buffer<float> sample_;
  Buffer<float> centers_;  // the normal, two centers, and three rows for two_means to work in
  std::vector<std::uint32_t> rows_;
  std::vector<std::uint32_t> behind_;
  std::vector<float> margins_;
  float offset_ = 0;
  std::uint32_t bit_ = 0;
  std::vector<std::byte> slots_;
  std::vector<std::array<std::int64_t, 2>> children_;  // by slot; items below items(), others items() + slot
};

}  // namespace

std::vector<std::byte> build_tree(const AnnoyGround& ground, std::uint32_t tree, const Run& run) {
  return TreeBuilder(ground, tree, run).build();
}

void relocate(const AnnoyLayout& layout, std::uint32_t items, std::uint32_t first, std::span<std::byte> nodes) {
  for (std::size_t at = 0; at < nodes.size(); at += layout.node_bytes) {
    std::byte* node = nodes.data() + at;
    std::int32_t descendants;
    std::memcpy(&descendants, node, sizeof descendants);
    if (static_cast<std::uint32_t>(descendants) <= layout.leaf_capacity) continue;
    for (const std::uint32_t offset : {layout.children, layout.children + 4}) {
      std::uint32_t child;
      std::memcpy(&child, node + offset, sizeof child);
      if (child >= items) place(node, offset, child - items + first);
    }
  }
}

}  // namespace segue
