// Lloyd's rounds on unit vectors (Dhillon & Modha 2001): every vector goes to the center of the largest inner product,
// every center becomes the direction of the sum of its vectors. Centers learn from a sample; at the end all vectors are
// assigned.
//
// Assigning is where the time goes. It compares codes, whose sums are whole numbers, the same on every machine; vectors
// are independent of each other, and sums are taken in the order of the vectors by one thread, which is a hundredth of
// the work. So bits depend neither on the processor nor on threads. Of two centers that a vector is as near to, to the
// precision of codes, it may be given the farther one, which costs nothing.
#include "index/spherical_kmeans.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>

#include "base/buffer.h"
#include "base/mix.h"
#include "base/parallel.h"
#include "base/progress.h"
#include "index/coded_items.h"
#include "index/norms.h"
#include "simd/score.h"

namespace segue {
namespace {

constexpr std::size_t kRowsPerChunk = 512;

struct Nearest {
  std::uint32_t center = 0;
  float score = 0;  // as codes tell it
};

/// What assigns vectors to centers.
class Assigner {
 public:
  Assigner(const Factors& centers, const Run& run) : count_(centers.rows()) {
    std::vector<std::uint32_t> order(count_);
    std::iota(order.begin(), order.end(), 0);
    coded_ = CodedItems(ScoredItems(centers, Metric::kCosine, run), std::move(order), run);
  }

  /// @param rows  items; their nearest centers go to the same places of `out`, and the first to zero vectors
  void assign(const ScoredItems& items, std::span<const std::uint32_t> rows, const Run& run,
              std::span<Nearest> out) const {
    const std::size_t room = coded_.blocks() * simd::kCodeItems;
    parallel_chunks(rows.size(), kRowsPerChunk, run, [&](std::size_t begin, std::size_t end, int) {
      std::vector<float> scores(simd::kCodeQueries * room);
      std::array<CodedQuery, simd::kCodeQueries> coded;
      std::array<simd::CodeQuery, simd::kCodeQueries> kernels;
      std::array<float*, simd::kCodeQueries> rooms;
      std::array<std::size_t, simd::kCodeQueries> places;
      for (std::size_t i = begin; i < end;) {
        std::size_t width = 0;
        for (; i < end && width < simd::kCodeQueries; ++i) {
          out[i] = {};
          if (!CodedItems::code(scaled(items, rows[i]), coded[width])) continue;
          kernels[width] = coded[width].kernel;
          rooms[width] = scores.data() + width * room;
          places[width++] = i;
        }
        if (width == 0) continue;
        simd::whole_scores(coded_.view(), coded_.blocks(), kernels.data(), width, rooms.data());
        for (std::size_t q = 0; q < width; ++q) out[places[q]] = best_of(std::span(rooms[q], count_));
      }
    });
  }

 private:
  /// The first of the largest: the largest of each run, without a branch that waits for it, then where it stands.
  static Nearest best_of(std::span<const float> scores) {
    constexpr std::size_t kRun = 64;
    constexpr std::size_t kLanes = 8;
    Nearest best{.center = 0, .score = -std::numeric_limits<float>::infinity()};
    std::size_t best_run = 0;
    for (std::size_t begin = 0; begin < scores.size(); begin += kRun) {
      const std::size_t end = std::min(begin + kRun, scores.size());
      std::array<float, kLanes> most{};
      most.fill(best.score);
      std::size_t i = begin;
      for (; i + kLanes <= end; i += kLanes) {
        for (std::size_t lane = 0; lane < kLanes; ++lane) most[lane] = std::max(most[lane], scores[i + lane]);
      }
      for (; i < end; ++i) most[0] = std::max(most[0], scores[i]);
      const float largest = *std::ranges::max_element(most);
      if (largest > best.score) {
        best.score = largest;
        best_run = begin;
      }
    }
    const std::span<const float> run = scores.subspan(best_run);
    best.center = static_cast<std::uint32_t>(
        best_run + static_cast<std::size_t>(std::ranges::find(run, best.score) - run.begin()));
    return best;
  }

  static std::vector<float> scaled(const ScoredItems& items, std::uint32_t item) {
    std::vector<float> x(simd::round_to_quads(items.factors()));
    const float scale = items.scale(item);
    std::ranges::transform(items.vector(item), x.begin(), [&](float value) { return scale * value; });
    return x;
  }

  std::uint32_t count_;
  CodedItems coded_;
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

Clusters spherical_kmeans(const ScoredItems& items, std::uint32_t count, const KmeansEffort& effort, const Run& run) {
  // The first `count` of the sample are the first centers: all are drawn by mixing their numbers.
  std::vector<std::pair<std::uint64_t, std::uint32_t>> drawn;
  for (std::uint32_t item = 0; item < items.size(); ++item) {
    if (!items.is_zero(item)) drawn.emplace_back(mix(item), item);
  }
  std::ranges::sort(drawn);
  drawn.resize(std::min(drawn.size(), std::size_t{effort.sample_per_center} * count));
  std::vector<std::uint32_t> sample;
  for (const auto& [key, item] : drawn) sample.push_back(item);

  Clusters clusters;
  std::vector<Nearest> nearest(sample.size());
  for (std::uint32_t c = 0; c < count; ++c) nearest[c] = {c, 1};
  clusters.centers = moved(items, std::span(sample).first(count), nearest, count);
  ProgressMeter meter(run, "making lists", effort.rounds + 1, "rounds");
  for (std::uint32_t round = 0; round < effort.rounds; ++round) {
    Assigner(clusters.centers, run).assign(items, sample, run, nearest);
    clusters.centers = moved(items, sample, nearest, count);
    meter.add(1);
  }
  std::vector<std::uint32_t> all(items.size());
  std::iota(all.begin(), all.end(), 0);
  nearest.resize(all.size());
  Assigner(clusters.centers, run).assign(items, all, run, nearest);
  for (const Nearest& n : nearest) {
    clusters.member.push_back(n.center);
    clusters.cosine.push_back(n.score);
  }
  meter.finish();
  return clusters;
}

}  // namespace segue
