#include "map/regions.h"

#include <algorithm>
#include <limits>
#include <numeric>

#include "base/random.h"

namespace segue {
namespace {

constexpr int kRounds = 30;
constexpr std::uint64_t kStream = 0x726567;  // "reg"

double distance(Point a, Point b) {
  const double dx = double{a.x} - b.x;
  const double dy = double{a.y} - b.y;
  return dx * dx + dy * dy;
}

/// The first by lot, each next one with a chance that grows with its square distance from those that are there.
std::vector<Point> beginnings(std::span<const Point> points, std::uint32_t count, std::uint64_t seed) {
  Random random(seed, kStream, 0);
  std::vector<Point> centers = {points[random.below(static_cast<std::uint32_t>(points.size()))]};
  std::vector<double> nearest(points.size(), std::numeric_limits<double>::infinity());
  while (centers.size() < count) {
    double total = 0;
    for (std::size_t i = 0; i < points.size(); ++i) {
      nearest[i] = std::min(nearest[i], distance(points[i], centers.back()));
      total += nearest[i];
    }
    if (total == 0) break;  // every place is a center
    double left = random.uniform() * total;
    std::size_t chosen = 0;
    while (chosen + 1 < points.size() && (left -= nearest[chosen]) >= 0) ++chosen;
    if (nearest[chosen] == 0) break;
    centers.push_back(points[chosen]);
  }
  return centers;
}

}  // namespace

std::vector<std::uint32_t> regions(std::span<const Point> points, std::uint32_t count, std::uint64_t seed) {
  std::vector<std::uint32_t> region(points.size());
  if (points.empty()) return region;
  std::vector<Point> centers = beginnings(points, count, seed);
  std::vector<std::uint64_t> sizes;
  for (int round = 0; round < kRounds; ++round) {
    std::vector<double> x(centers.size());
    std::vector<double> y(centers.size());
    sizes.assign(centers.size(), 0);
    for (std::size_t i = 0; i < points.size(); ++i) {
      std::uint32_t best = 0;
      for (std::uint32_t c = 1; c < centers.size(); ++c) {
        if (distance(points[i], centers[c]) < distance(points[i], centers[best])) best = c;
      }
      region[i] = best;
      ++sizes[best];
      x[best] += points[i].x;
      y[best] += points[i].y;
    }
    for (std::size_t c = 0; c < centers.size(); ++c) {
      if (sizes[c] == 0) continue;
      const auto size = static_cast<double>(sizes[c]);
      centers[c] = {static_cast<float>(x[c] / size), static_cast<float>(y[c] / size)};
    }
  }
  std::vector<std::uint32_t> order(centers.size());
  std::iota(order.begin(), order.end(), 0U);
  std::ranges::stable_sort(order, std::greater{}, [&](std::uint32_t c) { return sizes[c]; });
  std::vector<std::uint32_t> rank(centers.size());
  for (std::uint32_t r = 0; r < order.size(); ++r) rank[order[r]] = r;
  for (std::uint32_t& r : region) r = rank[r];
  return region;
}

}  // namespace segue
