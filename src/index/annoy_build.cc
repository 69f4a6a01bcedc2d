// Trees are built side by side, each from a stream of random numbers of its own, and handed on in the order of their
// numbers: the file is the same for any number of threads, and memory holds a tree a thread. With trees = -1 that order
// also decides which tree is the last; what others have begun by then is thrown away.
#include "index/annoy_build.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <limits>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "base/parallel.h"
#include "base/progress.h"
#include "index/annoy_tree.h"
#include "segue/error.h"

namespace segue {
namespace {

constexpr std::uint32_t kItemsAtOnce = 4096;  // written as one piece
// Gaps are refused when they are nearly all of a file that is large.
constexpr std::uint64_t kMostGapsPerItem = 64;
constexpr std::uint64_t kLargeBytes = std::uint64_t{1} << 30;
constexpr std::uint64_t kMostNodes = std::numeric_limits<std::int32_t>::max();
// trees = -1 ends when there are as many nodes of trees as items, and a tree of n items has n / leaf_capacity or more.
constexpr std::uint32_t kMostTrees = 1 << 20;

void check(const AnnoyPoints& points, const AnnoyLayout& layout, const AnnoyOptions& options) {
  if (options.trees == 0 || options.trees < -1 || options.trees > static_cast<int>(kMostTrees)) {
    throw Error(ErrorCode::kInvalidArgument, "a forest of " + std::to_string(options.trees) + " trees was asked for",
                "ask for 1 to " + std::to_string(kMostTrees) + ", or for -1: as many as take the room of the items");
  }
  const std::uint64_t bytes = std::uint64_t{points.items()} * layout.node_bytes;
  if (points.items() > kMostGapsPerItem * points.count() && bytes > kLargeBytes) {
    throw Error(ErrorCode::kInvalidArgument,
                std::to_string(points.count()) + " items with ids up to " + std::to_string(points.items() - 1) +
                    " would take " + std::to_string(bytes >> 20) + " MiB: the layout has room for every id",
                "number the items from 0 on, and keep a table of their ids");
  }
}

/// The coordinate that gives each vector the length of the longest, by row.
std::vector<float> extra_coordinates(const AnnoyPoints& points, float& longest) {
  std::vector<float> extra(points.count());
  const simd::PairFunction dot = simd::pair_function(simd::Pair::kDot);
  longest = 0;
  for (std::uint32_t row = 0; row < points.count(); ++row) {
    extra[row] = std::sqrt(dot(points.floats(row), points.floats(row), points.stored_size()));
    longest = std::max(longest, extra[row]);
  }
  for (float& value : extra) value = std::sqrt(std::max(0.0F, longest * longest - value * value));
  return extra;
}

template <typename T>
void place(std::byte* node, std::uint32_t offset, T value) {
  std::memcpy(node + offset, &value, sizeof value);
}

void write_items(const AnnoyGround& ground, float longest, const AnnoySink& sink) {
  const AnnoyPoints& points = ground.points;
  const AnnoyLayout& layout = ground.layout;
  const simd::PairFunction dot = simd::pair_function(simd::Pair::kDot);
  std::vector<std::byte> nodes;
  for (std::uint32_t first = 0; first < points.items(); first += std::min(kItemsAtOnce, points.items() - first)) {
    const std::uint32_t count = std::min(kItemsAtOnce, points.items() - first);
    nodes.assign(std::size_t{count} * layout.node_bytes, std::byte{});
    for (std::uint32_t i = 0; i < count; ++i) {
      const std::optional<std::uint32_t> row = points.find(first + i);
      if (!row) continue;
      std::byte* node = nodes.data() + std::size_t{i} * layout.node_bytes;
      place(node, 0, std::int32_t{1});
      std::memcpy(node + layout.vector, points.row(*row), layout.node_bytes - layout.vector);
      if (layout.metric == AnnoyMetric::kAngular) {
        place(node, AnnoyLayout::kNorm, dot(points.floats(*row), points.floats(*row), points.stored_size()));
      } else if (layout.metric == AnnoyMetric::kDot) {
        place(node, AnnoyLayout::kDotFactor, ground.extra[*row]);
        if (layout.dot_layout == AnnoyDotLayout::kNorms) {
          place(node, AnnoyLayout::kDotNorm, longest * longest);
          place(node, AnnoyLayout::kDotBuilt, std::uint8_t{1});
        }
      }
    }
    sink(nodes);
  }
}

/// Takes trees in any order and hands them on in theirs.
class Orderly {
 public:
  Orderly(const AnnoyGround& ground, int trees, ProgressMeter& meter, const AnnoySink& sink)
      : ground_(ground), trees_(trees), meter_(meter), sink_(sink), nodes_(ground.points.items()) {}

  bool done() const { return done_.load(std::memory_order_relaxed); }

  void take(std::uint32_t tree, std::vector<std::byte> nodes) {
    const std::lock_guard lock(mutex_);
    waiting_.emplace(tree, std::move(nodes));
    while (!done() && !waiting_.empty() && waiting_.begin()->first == next_) {
      append(waiting_.begin()->second);
      waiting_.erase(waiting_.begin());
      ++next_;
      meter_.add(1);
      const bool enough = trees_ == -1 ? nodes_ >= 2 * std::uint64_t{ground_.points.items()}
                                       : next_ == static_cast<std::uint32_t>(trees_);
      done_.store(enough, std::memory_order_relaxed);
    }
  }

  void finish() {
    // Trees of one leaf stand there once, and the last begins with another item than the first: readers count trees by
    // comparing the roots at both ends, and would take copies for trees. Trees of one item all look alike.
    const std::uint32_t items = ground_.points.items();
    if (items < 2) {
      sink_(roots_);
    } else if (items <= ground_.layout.leaf_capacity && next_ > 1) {
      std::byte* ids = roots_.data() + roots_.size() - ground_.layout.node_bytes + ground_.layout.children;
      std::rotate(ids, ids + 4, ids + std::size_t{4} * items);
    }
    sink_(roots_);
  }

 private:
  void append(std::vector<std::byte>& nodes) {
    const std::uint32_t bytes = ground_.layout.node_bytes;
    if (nodes_ + nodes.size() / bytes + next_ + 1 > kMostNodes) {
      throw Error(ErrorCode::kInvalidArgument,
                  "tree " + std::to_string(next_ + 1) +
                      " would bring the forest above 2^31 nodes, which is all that the "
                      "layout can number",
                  "ask for " + std::to_string(next_) + " trees or fewer");
    }
    relocate(ground_.layout, ground_.points.items(), static_cast<std::uint32_t>(nodes_), nodes);
    roots_.insert(roots_.end(), nodes.end() - bytes, nodes.end());
    nodes_ += nodes.size() / bytes;
    if (ground_.points.items() > ground_.layout.leaf_capacity) sink_(nodes);
  }

  const AnnoyGround& ground_;
  int trees_;
  ProgressMeter& meter_;
  const AnnoySink& sink_;
  std::mutex mutex_;
  std::map<std::uint32_t, std::vector<std::byte>> waiting_;
  std::uint32_t next_ = 0;  // tree to hand on
  std::uint64_t nodes_;     // so far
  std::vector<std::byte> roots_;
  std::atomic<bool> done_{false};
};

}  // namespace

void build_forest(const AnnoyPoints& points, const AnnoyLayout& layout, const AnnoyOptions& options, const Run& run,
                  const AnnoySink& sink) {
  check(points, layout, options);
  AnnoyGround ground{points, layout, options.seed, {}};
  float longest = 0;
  if (layout.metric == AnnoyMetric::kDot) ground.extra = extra_coordinates(points, longest);
  write_items(ground, longest, sink);

  const std::uint32_t most = options.trees > 0 ? static_cast<std::uint32_t>(options.trees) : kMostTrees;
  ProgressMeter meter(run, "planting", options.trees > 0 ? most : 0, "trees");
  Orderly orderly(ground, options.trees, meter, sink);
  parallel_chunks(most, 1, run, [&](std::size_t tree, std::size_t, int) {
    if (orderly.done()) return;
    orderly.take(static_cast<std::uint32_t>(tree), build_tree(ground, static_cast<std::uint32_t>(tree), run));
  });
  orderly.finish();
  meter.finish();
}

}  // namespace segue
