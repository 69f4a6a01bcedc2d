// Lloyd's rounds on unit vectors (Dhillon & Modha 2001): every vector goes to the center of the largest inner product,
// every center becomes the direction of the sum of its vectors. Centers learn from a sample; at the end all vectors are
// assigned.
//
// Assigning is where the time goes, and is brute force with the parts turned around: centers are packed into panels
// that stay in L2, vectors come as queries, eight at a time. Vectors are independent of each other; sums are taken in
// the order of the vectors by one thread, which is a hundredth of the work. So bits do not depend on threads.
#include "index/spherical_kmeans.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>

#include "base/buffer.h"
#include "base/mix.h"
#include "base/parallel.h"
#include "base/progress.h"
#include "index/norms.h"
#include "simd/score.h"

namespace segue {
namespace {

constexpr std::size_t kRounds = 8;             // chosen, not tuned
constexpr std::size_t kSamplePerCenter = 128;  // of vectors; chosen, not tuned
constexpr std::size_t kRowsPerChunk = 512;

struct Nearest {
  std::uint32_t center;
  float score;
};

/// What assigns vectors to centers.
class Assigner {
 public:
  explicit Assigner(const Factors& centers)
      : count_(centers.rows()),
        factors_(centers.factors()),
        panels_(simd::round_to_panels(count_) * simd::round_to_quads(factors_)) {
    simd::pack_items({.table = centers.values().data(),
                      .stride = centers.stride(),
                      .factors = factors_,
                      .scale = nullptr,
                      .ids = nullptr,
                      .first = 0,
                      .count = count_},
                     panels_.data());
  }

  /// @param rows  items; their nearest centers go to the same places of `out`
  void assign(const ScoredItems& items, std::span<const std::uint32_t> rows, const Run& run,
              std::span<Nearest> out) const {
    const std::size_t stride = simd::round_to_panels(count_);
    parallel_chunks(rows.size(), kRowsPerChunk, run, [&](std::size_t begin, std::size_t end, int) {
      Buffer<float> scores(simd::kTileQueries * stride);
      std::vector<float> tile(simd::round_to_quads(factors_) * simd::kTileQueries);
      for (std::size_t first = begin; first < end; first += simd::kTileQueries) {
        const std::size_t width = std::min(simd::kTileQueries, end - first);
        for (std::size_t i = 0; i < width; ++i) {
          const std::span<const float> x = items.vector(rows[first + i]);
          const float scale = items.scale(rows[first + i]);
          for (std::size_t f = 0; f < factors_; ++f) tile[f * simd::kTileQueries + i] = scale * x[f];
        }
        simd::score_panels(panels_.data(), count_, factors_, tile.data(), std::numeric_limits<float>::infinity(),
                           scores.data(), stride);
        for (std::size_t i = 0; i < width; ++i) {
          const float* of = scores.data() + i * stride;
          const auto best = static_cast<std::uint32_t>(std::max_element(of, of + count_) - of);
          out[first + i] = {best, of[best]};
        }
      }
    });
  }

 private:
  std::size_t count_;
  std::size_t factors_;
  Buffer<float> panels_;
};

/// Directions of the sums; a center that nothing came to takes the vector that is worst served, the next the next.
Factors moved(const ScoredItems& items, std::span<const std::uint32_t> rows, std::span<const Nearest> nearest,
              std::uint32_t count) {
  const std::uint32_t stride = Factors::stride_for(items.factors());
  std::vector<double> sums(std::size_t{count} * items.factors());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const double scale = items.scale(rows[i]);
    const std::span<const float> x = items.vector(rows[i]);
    double* sum = sums.data() + std::size_t{nearest[i].center} * items.factors();
    for (std::size_t f = 0; f < x.size(); ++f) sum[f] += scale * double{x[f]};
  }
  std::vector<std::size_t> worst;
  Buffer<float> values(std::size_t{count} * stride);
  for (std::uint32_t c = 0; c < count; ++c) {
    const std::span<double> sum = std::span(sums).subspan(std::size_t{c} * items.factors(), items.factors());
    double length = std::sqrt(std::inner_product(sum.begin(), sum.end(), sum.begin(), 0.0));
    if (length == 0) {
      if (worst.empty()) {
        worst.resize(rows.size());
        std::iota(worst.begin(), worst.end(), 0);
        std::ranges::stable_sort(worst, [&](auto a, auto b) { return nearest[a].score > nearest[b].score; });
      }
      const std::uint32_t row = rows[worst.back()];
      worst.pop_back();
      std::ranges::copy(items.vector(row), sum.begin());
      length = items.norms()[row];
    }
    for (std::size_t f = 0; f < sum.size(); ++f) {
      values[std::size_t{c} * stride + f] = static_cast<float>(sum[f] / length);
    }
  }
  return Factors::create(count, items.factors(), std::move(values).share());
}

}  // namespace

Clusters spherical_kmeans(const ScoredItems& items, std::uint32_t count, const Run& run) {
  // The first `count` of the sample are the first centers: all are drawn by mixing their numbers.
  std::vector<std::pair<std::uint64_t, std::uint32_t>> drawn;
  for (std::uint32_t item = 0; item < items.size(); ++item) {
    if (!items.is_zero(item)) drawn.emplace_back(mix(item), item);
  }
  std::ranges::sort(drawn);
  drawn.resize(std::min(drawn.size(), kSamplePerCenter * count));
  std::vector<std::uint32_t> sample;
  for (const auto& [key, item] : drawn) sample.push_back(item);

  Clusters clusters;
  std::vector<Nearest> nearest(sample.size());
  for (std::uint32_t c = 0; c < count; ++c) nearest[c] = {c, 1};
  clusters.centers = moved(items, std::span(sample).first(count), nearest, count);
  ProgressMeter meter(run, "making lists", kRounds + 1, "rounds");
  for (std::size_t round = 0; round < kRounds; ++round) {
    Assigner(clusters.centers).assign(items, sample, run, nearest);
    clusters.centers = moved(items, sample, nearest, count);
    meter.add(1);
  }
  std::vector<std::uint32_t> all(items.size());
  std::iota(all.begin(), all.end(), 0);
  nearest.resize(all.size());
  Assigner(clusters.centers).assign(items, all, run, nearest);
  for (const Nearest& n : nearest) {
    clusters.member.push_back(n.center);
    clusters.cosine.push_back(n.score);
  }
  meter.finish();
  return clusters;
}

}  // namespace segue
