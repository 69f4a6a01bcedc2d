#include "eval/bootstrap.h"

#include <algorithm>
#include <cmath>

#include "base/parallel.h"
#include "base/progress.h"
#include "base/random.h"

namespace segue {
namespace {

// What random numbers are drawn for.
constexpr std::uint64_t kResampleStream = 1;
constexpr std::uint64_t kFlipStream = 2;

}  // namespace

double weighted_mean(const Sample& sample) {
  double sum = 0;
  double weight = 0;
  for (std::size_t u = 0; u < sample.values.size(); ++u) {
    const double w = sample.weights.empty() ? 1 : sample.weights[u];
    sum += w * sample.values[u];
    weight += w;
  }
  return weight == 0 ? 0 : sum / weight;
}

std::vector<Interval> bootstrap(std::span<const Sample> samples, std::uint32_t resamples, double confidence,
                                std::uint64_t seed, const Run& run) {
  std::vector<Interval> intervals(samples.size());
  if (samples.empty()) return intervals;
  const auto users = static_cast<std::uint32_t>(samples.front().values.size());
  std::vector<std::vector<double>> means(samples.size(), std::vector<double>(resamples));
  ProgressMeter meter(run, "resampling", resamples, "samples");
  parallel_chunks(resamples, 1, run, [&](std::size_t r, std::size_t, int) {
    Random random(seed, kResampleStream, r);
    std::vector<double> sums(samples.size());
    std::vector<double> weights(samples.size());
    for (std::uint32_t i = 0; i < users; ++i) {
      const std::uint32_t u = random.below(users);
      for (std::size_t s = 0; s < samples.size(); ++s) {
        const double w = samples[s].weights.empty() ? 1 : samples[s].weights[u];
        sums[s] += w * samples[s].values[u];
        weights[s] += w;
      }
    }
    for (std::size_t s = 0; s < samples.size(); ++s) means[s][r] = weights[s] == 0 ? 0 : sums[s] / weights[s];
    meter.add(1);
  });
  meter.finish();
  const double tail = (1 - confidence) / 2;
  for (std::size_t s = 0; s < samples.size(); ++s) {
    std::sort(means[s].begin(), means[s].end());
    const auto at = [&](double q) { return means[s][static_cast<std::size_t>(std::lround(q * (resamples - 1.0)))]; };
    intervals[s] = {at(tail), at(1 - tail)};
  }
  return intervals;
}

double sign_flip_p(const Sample& differences, std::uint32_t resamples, std::uint64_t seed, const Run& run) {
  std::vector<double> terms;
  for (std::size_t u = 0; u < differences.values.size(); ++u) {
    const double w = differences.weights.empty() ? 1 : differences.weights[u];
    if (w * differences.values[u] != 0) terms.push_back(w * differences.values[u]);
  }
  double observed = 0;
  double size = 0;
  for (const double term : terms) observed += term, size += std::abs(term);
  // Sums of the same terms in other signs may differ by their rounding: such a tie counts as one.
  const double slack = size * static_cast<double>(terms.size()) * 0x1p-52;
  std::vector<char> as_far(resamples);
  parallel_chunks(resamples, 1, run, [&](std::size_t r, std::size_t, int) {
    Random random(seed, kFlipStream, r);
    double sum = 0;
    std::uint64_t bits = 0;
    for (std::size_t i = 0; i < terms.size(); ++i) {
      if (i % 64 == 0) bits = random.next();
      sum += (bits >> (i % 64) & 1) != 0 ? terms[i] : -terms[i];
    }
    as_far[r] = std::abs(sum) >= std::abs(observed) - slack;
  });
  const auto count = static_cast<double>(std::count(as_far.begin(), as_far.end(), 1));
  return (count + 1) / (static_cast<double>(resamples) + 1);
}

}  // namespace segue
