// Trustworthiness (Venna & Kaski 2001): of the k nearest on the map, those that are not among the k nearest by cosine
// cost as many ranks as they lie behind: 1 - 2 / (n k (2n - 3k - 1)) sum (rank - k). Ranks are counted, not sorted.
#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "base/parallel.h"
#include "base/progress.h"
#include "base/random.h"
#include "segue/error.h"
#include "segue/item_map.h"

namespace segue {
namespace {

constexpr std::uint64_t kStream = 0x747275;  // "tru"

/// The items that have a place, or `most` of them.
std::vector<std::uint32_t> draw(const std::vector<std::uint32_t>& placed, std::uint32_t most, std::uint64_t seed) {
  std::vector<std::uint32_t> drawn = placed;
  if (drawn.size() <= most) return drawn;
  Random random(seed, kStream, 0);
  for (std::uint32_t i = 0; i < most; ++i) {  // the first of a shuffle
    std::swap(drawn[i], drawn[i + random.below(static_cast<std::uint32_t>(drawn.size()) - i)]);
  }
  drawn.resize(most);
  return drawn;
}

double inner(std::span<const float> a, std::span<const float> b) {
  return std::inner_product(a.begin(), a.end(), b.begin(), 0.0);
}

/// The ranks by which the nearest of one item on the map lie too far off, summed.
double lost_ranks(std::uint32_t item, const std::vector<std::uint32_t>& placed, const Factors& items,
                  const std::vector<double>& lengths, const ItemMap& map) {
  constexpr std::uint32_t k = kTrustedNeighbors;
  const auto& places = map.positions;
  struct Other {
    double distance;
    std::uint32_t item;
    auto operator<=>(const Other&) const = default;
  };
  std::vector<Other> on_map;
  std::vector<double> cosine(placed.size());
  for (std::size_t i = 0; i < placed.size(); ++i) {
    const std::uint32_t other = placed[i];
    cosine[i] = inner(items[item], items[other]) / lengths[other];
    if (other == item) continue;
    const double dx = double{places[2 * other]} - places[2 * item];
    const double dy = double{places[2 * other + 1]} - places[2 * item + 1];
    on_map.push_back({dx * dx + dy * dy, static_cast<std::uint32_t>(i)});
  }
  std::ranges::nth_element(on_map, on_map.begin() + k);
  double lost = 0;
  for (const Other& near : std::span(on_map).first(k)) {
    std::uint64_t rank = 1;
    for (std::size_t i = 0; i < placed.size(); ++i) {
      if (placed[i] != item && cosine[i] > cosine[near.item]) ++rank;  // equal ones share a rank
    }
    if (rank > k) lost += static_cast<double>(rank - k);
  }
  return lost;
}

}  // namespace

Trust trustworthiness(const Factors& items, const ItemMap& map, std::uint32_t most, const Run& run) {
  if (map.clusters.size() != items.rows() || map.positions.size() != 2 * std::size_t{items.rows()}) {
    throw Error(
        ErrorCode::kInvalidArgument,
        "a map of " + std::to_string(map.clusters.size()) + " items does not fit " + std::to_string(items.rows()),
        "measure the map of these items");
  }
  std::vector<std::uint32_t> placed;
  std::vector<double> lengths(items.rows(), 1);
  for (std::uint32_t item = 0; item < items.rows(); ++item) {
    if (map.clusters[item] == ItemMap::kNowhere) continue;
    placed.push_back(item);
    lengths[item] = std::max(std::sqrt(inner(items[item], items[item])), 1e-30);
  }
  const auto n = static_cast<double>(placed.size());
  constexpr double k = kTrustedNeighbors;
  if (n < 2 * k + 2 || most == 0) return {};
  const std::vector<std::uint32_t> drawn = draw(placed, most, map.options.seed);
  std::vector<double> lost(drawn.size());
  ProgressMeter meter(run, "trustworthiness", drawn.size(), "items");
  parallel_chunks(drawn.size(), 1, run, [&](std::size_t begin, std::size_t end, int) {
    for (std::size_t i = begin; i < end; ++i) lost[i] = lost_ranks(drawn[i], placed, items, lengths, map);
    meter.add(end - begin);
  });
  meter.finish();
  const double sum = std::accumulate(lost.begin(), lost.end(), 0.0);
  const auto asked = static_cast<double>(drawn.size());
  return {1 - 2 / (asked * k * (2 * n - 3 * k - 1)) * sum, static_cast<std::uint32_t>(drawn.size())};
}

}  // namespace segue
