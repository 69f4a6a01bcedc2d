// An item's nearest neighbor weighs 1; further ones fall off exponentially by the distance beyond it, at a pace that is
// chosen for each item so that its weights sum to log2(neighbors): where items are sparse the scale is larger. An edge
// that both ends have with weights a and b gets a + b - ab, the probability that one of two independent ones is there.
#include "map/neighbor_graph.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <numeric>

#include "base/parallel.h"
#include "base/progress.h"
#include "segue/index.h"

namespace segue {
namespace {

constexpr std::uint32_t kBatch = 4096;   // queries that are searched together
constexpr int kBisections = 64;          // of the scale: to the last bit of a double
constexpr double kSmallestScale = 1e-3;  // of the mean distance (UMAP's MIN_K_DIST_SCALE): duplicates have none

struct Lists {
  std::vector<std::uint32_t> to;  // [items x neighbors]
  std::vector<float> weight;      // of the distances at first
};

Lists nearest(const Factors& items, std::uint32_t neighbors, const Run& run) {
  const Run quiet{.stop = run.stop, .progress = {}, .threads = run.threads};
  const std::unique_ptr<Index> index = make_index(items, Metric::kCosine, {}, quiet);
  ProgressMeter meter(run, "neighbors", items.rows(), "items");
  Lists lists;
  lists.to.resize(std::size_t{items.rows()} * neighbors);
  lists.weight.resize(lists.to.size());
  for (std::uint32_t first = 0; first < items.rows(); first += kBatch) {
    const std::uint32_t count = std::min(kBatch, items.rows() - first);
    std::vector<std::uint32_t> self(count);
    std::iota(self.begin(), self.end(), first);
    std::vector<ItemFilter> filters(count);
    for (std::uint32_t i = 0; i < count; ++i) filters[i].deny = {&self[i], 1};
    const auto found = index->search(items.slice(first, count), neighbors, filters, quiet);
    for (std::uint32_t i = 0; i < count; ++i) {
      for (std::uint32_t n = 0; n < neighbors; ++n) {
        const std::size_t at = std::size_t{first + i} * neighbors + n;
        lists.to[at] = found[i][n].item;
        lists.weight[at] = std::max(0.0F, 1 - found[i][n].score);
      }
    }
    meter.add(count);
  }
  meter.finish();
  return lists;
}

/// Distances, ascending, become weights.
void weigh(std::span<float> list, double mean_distance) {
  const double nearest = list.front();
  const double wanted = std::log2(static_cast<double>(list.size()));
  const auto sum = [&](double scale) {
    double total = 0;
    for (const float distance : list) total += std::exp(-(distance - nearest) / scale);
    return total;
  };
  double low = 0;
  double high = 4;  // cosines are at most 2 apart
  for (int i = 0; i < kBisections; ++i) {
    const double middle = (low + high) / 2;
    (sum(middle) < wanted ? low : high) = middle;
  }
  const double scale = std::max({high, kSmallestScale * mean_distance, 1e-12});
  for (float& distance : list) distance = static_cast<float>(std::exp(-(distance - nearest) / scale));
}

}  // namespace

NeighborGraph neighbor_graph(const Factors& items, std::uint32_t neighbors, const Run& run) {
  const std::size_t count = items.rows();
  Lists lists = nearest(items, neighbors, run);
  const double mean =
      std::accumulate(lists.weight.begin(), lists.weight.end(), 0.0) / static_cast<double>(lists.weight.size());
  constexpr std::size_t kGrain = 1024;
  parallel_chunks(count, kGrain, run, [&](std::size_t begin, std::size_t end, int) {
    for (std::size_t i = begin; i < end; ++i) weigh(std::span(lists.weight).subspan(i * neighbors, neighbors), mean);
  });

  // Each list and its transpose: an edge that both ends have is met twice at either end.
  std::vector<std::uint64_t> begin(count + 1, 0);
  for (std::size_t at = 0; at < lists.to.size(); ++at) {
    ++begin[at / neighbors + 1];
    ++begin[lists.to[at] + 1];
  }
  std::partial_sum(begin.begin(), begin.end(), begin.begin());
  std::vector<std::pair<std::uint32_t, float>> ends(begin.back());
  std::vector<std::uint64_t> next(begin.begin(), begin.end() - 1);
  for (std::size_t at = 0; at < lists.to.size(); ++at) {
    const auto from = static_cast<std::uint32_t>(at / neighbors);
    ends[next[from]++] = {lists.to[at], lists.weight[at]};
    ends[next[lists.to[at]]++] = {from, lists.weight[at]};
  }
  NeighborGraph graph;
  graph.begin.push_back(0);
  for (std::size_t i = 0; i < count; ++i) {
    const auto mine = std::span(ends).subspan(begin[i], begin[i + 1] - begin[i]);
    // By weight within an end, too: a + b - ab must be the same bits at both ends.
    std::ranges::sort(mine);
    for (const auto& [to, weight] : mine) {
      if (graph.to.size() > graph.begin.back() && graph.to.back() == to) {
        graph.weight.back() += weight - graph.weight.back() * weight;
      } else {
        graph.to.push_back(to);
        graph.weight.push_back(weight);
      }
    }
    graph.begin.push_back(graph.to.size());
  }
  return graph;
}

}  // namespace segue
