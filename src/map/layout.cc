// The cross entropy of UMAP (McInnes, Healy & Melville 2018, section 3.2) with the kernel 1 / (1 + d^2) of LargeVis
// (Tang, Liu, Zhang & Mei 2016): an edge of weight w pulls its ends by 2 w d / (1 + d^2), any two points push each
// other by 2 d / ((eps + d^2)(1 + d^2)), of which a few drawn at random stand for all.
//
// Usually edges are drawn one by one and points move at once, so that a result depends on who came first. Here a step
// takes all edges by their weight, reads the places of the step before and writes new ones, as uwot's batch mode does
// (Melville, R package uwot): any number of threads gets the same bits. Adam (Kingma & Ba 2015) gives each point its
// own pace, with uwot's constants; the rate falls to zero along a line. A step costs about 45 pairs a point.
#include "map/layout.h"

#include <algorithm>
#include <cmath>

#include "base/parallel.h"
#include "base/progress.h"
#include "base/random.h"
#include "base/symmetric_eigen.h"
#include "segue/train.h"

namespace segue {
namespace {

constexpr std::uint32_t kDrawn = 16;  // points that push, drawn in each step …
constexpr float kPushPerWeight = 5;   // … and weighed as so many for each edge of weight 1 (UMAP's negative samples)
constexpr float kNearest = 1e-3F;     // eps: keeps the push of points in one place finite
constexpr float kMostForce = 4;       // of a pair along an axis, as UMAP cuts it
constexpr float kRate = 1;            // Adam, as uwot has it
constexpr float kFirstMoment = 0.5F;
constexpr float kSecondMoment = 0.9F;
constexpr float kAdamNearest = 1e-7F;
constexpr std::size_t kGrain = 1024;
constexpr std::uint64_t kStream = 0x6d6170;  // "map"

/// Of one point: where it is pulled and pushed by the others.
Point force_on(std::size_t i, const NeighborGraph& graph, const std::vector<Point>& points, Random random) {
  const Point me = points[i];
  Point force{0, 0};
  float weight = 0;
  for (std::uint64_t at = graph.begin[i]; at < graph.begin[i + 1]; ++at) {
    const Point other = points[graph.to[at]];
    const float dx = me.x - other.x;
    const float dy = me.y - other.y;
    const float pull = -2 * graph.weight[at] / (1 + dx * dx + dy * dy);
    force.x += std::clamp(pull * dx, -kMostForce, kMostForce);
    force.y += std::clamp(pull * dy, -kMostForce, kMostForce);
    weight += graph.weight[at];
  }
  const float share = kPushPerWeight * weight / kDrawn;
  const auto count = static_cast<std::uint32_t>(points.size());
  for (std::uint32_t drawn = 0; drawn < kDrawn; ++drawn) {
    const std::uint32_t j = random.below(count);
    if (j == i) continue;
    const float dx = me.x - points[j].x;
    const float dy = me.y - points[j].y;
    const float square = dx * dx + dy * dy;
    const float push = 2 / ((kNearest + square) * (1 + square));
    force.x += share * std::clamp(push * dx, -kMostForce, kMostForce);
    force.y += share * std::clamp(push * dy, -kMostForce, kMostForce);
  }
  return force;
}

/// Adam, along one axis.
struct Moments {
  float first = 0;
  float second = 0;

  float step(float force, float rate, float first_left, float second_left) {
    first = kFirstMoment * first + (1 - kFirstMoment) * force;
    second = kSecondMoment * second + (1 - kSecondMoment) * force * force;
    return rate * (first / first_left) / (std::sqrt(second / second_left) + kAdamNearest);
  }
};

}  // namespace

std::vector<Point> main_plane(const Factors& items, const Run& run) {
  const std::size_t factors = items.factors();
  const SymmetricEigen eigen = symmetric_eigen(gram(items, run), factors);
  // Ascending; the first direction of vectors that are not centered is their mean, which tells none of them apart.
  const std::size_t wide = factors >= 3 ? factors - 2 : factors - 1;
  const std::size_t high = wide == 0 ? 0 : wide - 1;
  std::vector<Point> points(items.rows());
  const auto along = [&](std::size_t direction, std::uint32_t item) {
    double sum = 0;
    for (std::size_t f = 0; f < factors; ++f) sum += eigen.vectors[direction * factors + f] * items[item][f];
    return static_cast<float>(sum);
  };
  double square = 0;
  for (std::uint32_t item = 0; item < items.rows(); ++item) {
    points[item] = {along(wide, item), along(high, item)};
    square += double{points[item].x} * points[item].x;
  }
  const double deviation = std::sqrt(square / std::max(1U, items.rows()));
  const float scale = deviation > 0 ? static_cast<float>(1 / deviation) : 1;
  for (Point& point : points) point = {point.x * scale, point.y * scale};
  return points;
}

void lay_out(const NeighborGraph& graph, std::uint32_t epochs, std::uint64_t seed, std::vector<Point>& points,
             const Run& run) {
  std::vector<Point> next(points.size());
  std::vector<Moments> x(points.size());
  std::vector<Moments> y(points.size());
  ProgressMeter meter(run, "layout", epochs, "epochs");
  float first_left = 1;
  float second_left = 1;
  for (std::uint32_t epoch = 0; epoch < epochs; ++epoch) {
    run.check();  // of few points a step is one chunk, between which nothing would ask
    const float rate = kRate * (1 - static_cast<float>(epoch) / static_cast<float>(epochs));
    first_left *= kFirstMoment;
    second_left *= kSecondMoment;
    parallel_chunks(points.size(), kGrain, run, [&](std::size_t begin, std::size_t end, int) {
      for (std::size_t i = begin; i < end; ++i) {
        const Point force = force_on(i, graph, points, Random(seed, kStream + epoch, i));
        next[i] = {points[i].x + x[i].step(force.x, rate, 1 - first_left, 1 - second_left),
                   points[i].y + y[i].step(force.y, rate, 1 - first_left, 1 - second_left)};
      }
    });
    points.swap(next);
    meter.add(1);
  }
  meter.finish();
}

}  // namespace segue
