// One heap over all trees. An entry is a node and how far inside of its half-spaces the query is, at the worst of the
// splits above it: min(parent's, margin) for the child on the query's side, min(parent's, -margin) for the other; roots
// are at infinity. The best entry is opened until search_k candidates were met, each as often as it was met. The
// Hamming metric counts splits on whose other side the entry is. Among equals the higher node number goes first. All
// that is Annoy's, and decides which candidates are met, so it is kept to the letter.
//
// What costs is memory: nodes and items lie anywhere in hundreds of MB.
//   - An entry is 64 bits, its order in the upper half: one comparison.
//   - A child that would come off the heap next is opened without going there.
//   - Nodes are fetched when they enter the heap, 25 trees at once; items ahead of the kernel that scores them.
//   - Candidates are marked in a bitmap (36 KB for 300,000 items) rather than sorted.
#include "index/annoy_search.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <string>
#include <utility>

#include "simd/pairs.h"

namespace segue {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

/// Orders floats as unsigned integers do; -0 is 0, as it is for Annoy.
std::uint64_t entry_of(float priority, std::uint32_t node) {
  const auto bits = std::bit_cast<std::uint32_t>(priority + 0.0F);
  const std::uint32_t order = (bits >> 31) != 0 ? ~bits : bits | 0x80000000U;
  return std::uint64_t{order} << 32 | node;
}

float priority_of(std::uint64_t entry) {
  const auto order = static_cast<std::uint32_t>(entry >> 32);
  return std::bit_cast<float>((order >> 31) != 0 ? order & 0x7fffffffU : ~order);
}

/// By distance, ties by item. What is not a number comes last.
bool nearer(const AnnoyNeighbor& a, const AnnoyNeighbor& b) {
  return a.distance < b.distance || (a.distance == b.distance && a.item < b.item);
}

void fetch(const std::byte* bytes, std::size_t size) {
  for (std::size_t i = 0; i < size; i += 64) __builtin_prefetch(bytes + i);
}

simd::Pair pair_of(AnnoyMetric metric) {
  switch (metric) {
    case AnnoyMetric::kEuclidean:
      return simd::Pair::kSquared;
    case AnnoyMetric::kManhattan:
      return simd::Pair::kAbsolute;
    default:
      return simd::Pair::kDot;
  }
}

/// 2 - 2 cos in the types that Annoy computes it in.
float angular_order(float product, float a_norm, float b_norm) {
  const float norms = a_norm * b_norm;
  if (!(norms > 0)) return 2.0F;
  return static_cast<float>(2.0 - 2.0 * double{product} / double{std::sqrt(norms)});
}

}  // namespace

float annoy_distance(AnnoyMetric metric, float ordered_by) {
  switch (metric) {
    case AnnoyMetric::kAngular:
    case AnnoyMetric::kEuclidean:
      return std::sqrt(std::max(ordered_by, 0.0F));
    case AnnoyMetric::kManhattan:
      return std::max(ordered_by, 0.0F);
    case AnnoyMetric::kDot:
      return -ordered_by;
    case AnnoyMetric::kHamming:
      return ordered_by;
  }
  return ordered_by;
}

float annoy_order(const AnnoyLayout& layout, const std::byte* a, const std::byte* b, float a_norm, float b_norm) {
  const std::uint32_t first = 0;
  if (layout.metric == AnnoyMetric::kHamming) {
    float bits = 0;
    simd::count_bits({b, 0, 0, layout.stored_size}, reinterpret_cast<const std::uint64_t*>(a), &first, 1, &bits);
    return bits;
  }
  const auto* x = reinterpret_cast<const float*>(a);
  const auto* y = reinterpret_cast<const float*>(b);
  const float sum = simd::pair_function(pair_of(layout.metric))(x, y, layout.stored_size);
  if (layout.metric == AnnoyMetric::kAngular) {
    const simd::PairFunction dot = simd::pair_function(simd::Pair::kDot);
    // Files of old releases have no norms.
    if (a_norm == 0) a_norm = dot(x, x, layout.stored_size);
    if (b_norm == 0) b_norm = dot(y, y, layout.stored_size);
    return angular_order(sum, a_norm, b_norm);
  }
  return layout.metric == AnnoyMetric::kDot ? -sum : sum;
}

/// What a search works with. Between searches all bits of `met` are 0.
struct AnnoySearch::Scratch {
  explicit Scratch(std::uint32_t of_items) : met((std::size_t{of_items} + 63) / 64) {}

  std::vector<std::uint64_t> met;
  std::vector<std::uint32_t> items;  // met, each once
  std::vector<std::uint64_t> heap;
  std::vector<float> scores;
  std::vector<AnnoyNeighbor> neighbors;
};

std::unique_ptr<AnnoySearch::Scratch> AnnoySearch::take() const {
  {
    const std::lock_guard lock(mutex_);
    if (!idle_.empty()) {
      std::unique_ptr<Scratch> scratch = std::move(idle_.back());
      idle_.pop_back();
      return scratch;
    }
  }
  return std::make_unique<Scratch>(nodes_.items());
}

void AnnoySearch::give_back(std::unique_ptr<Scratch> scratch) const {
  for (const std::uint32_t item : scratch->items) scratch->met[item / 64] = 0;
  scratch->items.clear();
  scratch->heap.clear();
  const std::lock_guard lock(mutex_);
  idle_.push_back(std::move(scratch));
}

/// Opens nodes, best first.
class AnnoySearch::Visit {
 public:
  Visit(const AnnoyNodes& nodes, const StoredVector& query, Scratch& scratch)
      : nodes_(nodes),
        layout_(nodes.layout()),
        query_(query),
        scratch_(scratch),
        dot_(simd::pair_function(simd::Pair::kDot)),
        left_(2 * std::uint64_t{nodes.size()} + nodes.roots().size()) {
    for (const std::uint32_t root : nodes.roots()) push(entry_of(kInfinity, root));
  }

  /// Goes on until `enough` candidates were met, repeats counted, and then while `wants_more()`.
  template <typename Accept, typename WantsMore>
  void run(std::uint64_t enough, const Accept& accept, const WantsMore& wants_more) {
    std::uint64_t met = 0;
    bool has_next = false;
    std::uint64_t next = 0;
    while (met < enough || wants_more()) {
      if (!has_next && scratch_.heap.empty()) return;
      const std::uint64_t entry = has_next ? next : pop();
      has_next = false;
      const auto node = static_cast<std::uint32_t>(entry);
      if (left_-- == 0) nodes_.damaged(node, "is reached more often than a tree can: nodes form a circle");
      const std::int32_t descendants = nodes_.descendants(node);
      if (descendants < 0) nodes_.damaged(node, "has " + std::to_string(descendants) + " descendants");
      if (descendants == 1 && node < nodes_.items()) {
        add(node, accept);
        ++met;
      } else if (static_cast<std::uint32_t>(descendants) <= layout_.leaf_capacity) {
        for (std::uint32_t i = 0; i < static_cast<std::uint32_t>(descendants); ++i) add(item_of(node, i), accept);
        met += static_cast<std::uint32_t>(descendants);
      } else {
        const auto [first, second] = split(node, priority_of(entry), entry);
        next = std::max(first, second);
        const std::uint64_t other = std::min(first, second);
        fetch(nodes_.at(static_cast<std::uint32_t>(next)), layout_.node_bytes);
        // The better child is opened at once where it would be the top of the heap.
        has_next = scratch_.heap.empty() || next > scratch_.heap.front();
        push(other);
        if (!has_next) push(next);
      }
    }
  }

 private:
  /// The entries of a split's children.
  std::pair<std::uint64_t, std::uint64_t> split(std::uint32_t node, float priority, std::uint64_t entry) const {
    const std::uint32_t left = child_of(node, 0);
    const std::uint32_t right = child_of(node, 1);
    if (layout_.metric == AnnoyMetric::kHamming) {
      std::uint64_t bit;
      std::memcpy(&bit, nodes_.vector(node), sizeof bit);
      if (bit / 64 >= layout_.stored_size) nodes_.damaged(node, "splits by bit " + std::to_string(bit));
      const bool set = (query_.words()[bit / 64] >> (63 - bit % 64) & 1) != 0;
      // A whole number below the maximum: how often the query was on the other side.
      const std::uint64_t order = entry >> 32;
      const std::uint64_t worse = order == 0 ? 0 : order - 1;
      return {(set ? worse : order) << 32 | left, (set ? order : worse) << 32 | right};
    }
    float margin = dot_(reinterpret_cast<const float*>(nodes_.vector(node)), query_.floats(), layout_.stored_size);
    if (layout_.children == 8) {
      margin = nodes_.float_at(node, AnnoyLayout::kOffset) + margin;
    } else if (layout_.metric == AnnoyMetric::kDot && layout_.dot_layout == AnnoyDotLayout::kRelease) {
      const float factor = nodes_.float_at(node, AnnoyLayout::kDotFactor);
      margin = margin + factor * factor;
    }
    // std::min keeps its first argument where the second is not a number, as Annoy's does.
    return {entry_of(std::min(priority, -margin), left), entry_of(std::min(priority, margin), right)};
  }

  std::uint32_t child_of(std::uint32_t node, std::uint32_t i) const {
    const std::int32_t child = nodes_.child(node, i);
    if (child < 0 || static_cast<std::uint32_t>(child) >= nodes_.size()) {
      nodes_.damaged(node,
                     "has the child " + std::to_string(child) + " of " + std::to_string(nodes_.size()) + " nodes");
    }
    return static_cast<std::uint32_t>(child);
  }

  std::uint32_t item_of(std::uint32_t leaf, std::uint32_t i) const {
    const std::int32_t item = nodes_.child(leaf, i);
    if (item < 0 || static_cast<std::uint32_t>(item) >= nodes_.items()) {
      nodes_.damaged(leaf, "holds the item " + std::to_string(item) + " of " + std::to_string(nodes_.items()));
    }
    return static_cast<std::uint32_t>(item);
  }

  template <typename Accept>
  void add(std::uint32_t item, const Accept& accept) {
    std::uint64_t& word = scratch_.met[item / 64];
    const std::uint64_t bit = std::uint64_t{1} << (item % 64);
    if ((word & bit) != 0) return;
    word |= bit;
    scratch_.items.push_back(item);
    accept(item);
  }

  void push(std::uint64_t entry) {
    fetch(nodes_.at(static_cast<std::uint32_t>(entry)), 64);
    scratch_.heap.push_back(entry);
    std::push_heap(scratch_.heap.begin(), scratch_.heap.end());
  }

  std::uint64_t pop() {
    std::pop_heap(scratch_.heap.begin(), scratch_.heap.end());
    const std::uint64_t entry = scratch_.heap.back();
    scratch_.heap.pop_back();
    if (!scratch_.heap.empty()) fetch(nodes_.at(static_cast<std::uint32_t>(scratch_.heap.front())), layout_.node_bytes);
    return entry;
  }

  const AnnoyNodes& nodes_;
  const AnnoyLayout& layout_;
  const StoredVector& query_;
  Scratch& scratch_;
  simd::PairFunction dot_;
  std::uint64_t left_;  // visits until it must be a circle: a root may stand in a file twice, and so may its tree
};

AnnoySearch::AnnoySearch(AnnoyNodes nodes) : nodes_(std::move(nodes)) {}
AnnoySearch::~AnnoySearch() = default;

std::vector<AnnoyNeighbor> AnnoySearch::nearest(const StoredVector& query, std::uint32_t n,
                                                std::int64_t search_k) const {
  if (n == 0) return {};
  const AnnoyLayout& layout = nodes_.layout();
  std::unique_ptr<Scratch> scratch = take();
  const auto enough =
      static_cast<std::uint64_t>(search_k < 0 ? std::int64_t{n} * std::ssize(nodes_.roots()) : search_k);
  try {
    Visit(nodes_, query, *scratch)
        .run(
            enough, [](std::uint32_t) {}, [] { return false; });
  } catch (...) {
    give_back(std::move(scratch));
    throw;
  }

  const std::vector<std::uint32_t>& items = scratch->items;
  std::vector<float>& scores = scratch->scores;
  scores.resize(items.size());
  const simd::ScatteredRows rows{nodes_.at(0), layout.node_bytes, layout.vector, layout.stored_size};
  if (layout.metric == AnnoyMetric::kHamming) {
    simd::count_bits(rows, query.words(), items.data(), items.size(), scores.data());
  } else {
    simd::pair_rows(pair_of(layout.metric), rows, query.floats(), items.data(), items.size(), scores.data());
  }
  const simd::PairFunction dot = simd::pair_function(simd::Pair::kDot);
  const float norm =
      layout.metric == AnnoyMetric::kAngular ? dot(query.floats(), query.floats(), layout.stored_size) : 0;

  // The best n: up to 2n are kept before the worse half goes.
  std::vector<AnnoyNeighbor>& kept = scratch->neighbors;
  kept.clear();
  float bound = kInfinity;
  const std::size_t most = 2 * std::min<std::size_t>(n, items.size()) + 32;
  for (std::size_t i = 0; i < items.size(); ++i) {
    float order = scores[i];
    if (layout.metric == AnnoyMetric::kAngular) {
      float item_norm = nodes_.float_at(items[i], AnnoyLayout::kNorm);
      if (item_norm == 0) {
        const auto* x = reinterpret_cast<const float*>(nodes_.vector(items[i]));
        item_norm = dot(x, x, layout.stored_size);
      }
      order = angular_order(order, norm, item_norm);
    } else if (layout.metric == AnnoyMetric::kDot) {
      order = -order;
    }
    if (!(order <= bound)) continue;  // nor what is not a number
    if (!nodes_.is_item(items[i])) continue;
    kept.push_back({items[i], order});
    if (kept.size() >= most) {
      std::nth_element(kept.begin(), kept.begin() + (n - 1), kept.end(), nearer);
      kept.resize(n);
      bound = kept.back().distance;
    }
  }
  const std::size_t count = std::min<std::size_t>(n, kept.size());
  std::partial_sort(kept.begin(), kept.begin() + static_cast<std::ptrdiff_t>(count), kept.end(), nearer);
  std::vector<AnnoyNeighbor> result(kept.begin(), kept.begin() + static_cast<std::ptrdiff_t>(count));
  for (AnnoyNeighbor& neighbor : result) neighbor.distance = annoy_distance(layout.metric, neighbor.distance);
  give_back(std::move(scratch));
  return result;
}

std::vector<std::uint32_t> AnnoySearch::candidates(const StoredVector& query, std::int64_t search_k,
                                                   std::uint32_t least,
                                                   const std::function<bool(std::uint32_t)>& accept) const {
  std::unique_ptr<Scratch> scratch = take();
  std::vector<std::uint32_t> accepted;
  const auto enough =
      static_cast<std::uint64_t>(search_k < 0 ? std::int64_t{least} * std::ssize(nodes_.roots()) : search_k);
  try {
    Visit(nodes_, query, *scratch)
        .run(
            enough,
            [&](std::uint32_t item) {
              if (accept(item) && nodes_.is_item(item)) accepted.push_back(item);
            },
            [&] { return accepted.size() < least; });
  } catch (...) {
    give_back(std::move(scratch));
    throw;
  }
  give_back(std::move(scratch));
  std::ranges::sort(accepted);
  return accepted;
}

}  // namespace segue
