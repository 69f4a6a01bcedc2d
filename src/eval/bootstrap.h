// How sure a mean over users is.
#ifndef SEGUE_EVAL_BOOTSTRAP_H_
#define SEGUE_EVAL_BOOTSTRAP_H_

#include <cstdint>
#include <span>
#include <vector>

#include "segue/run.h"

namespace segue {

/// Values of users, and what each counts in the mean; no weights: all the same.
struct Sample {
  std::span<const double> values;
  std::span<const double> weights = {};
};

struct Interval {
  double low = 0;
  double high = 0;
};

double weighted_mean(const Sample& sample);

/// Percentile bootstrap (Efron 1979) of the means: users are drawn with replacement, the same ones for all samples.
/// Requires samples of equal size. O(resamples · users · samples). The same for any number of threads.
std::vector<Interval> bootstrap(std::span<const Sample> samples, std::uint32_t resamples, double confidence,
                                std::uint64_t seed, const Run& run);

/// Two-sided p of a mean that would be 0 if each value's sign were chance (Fisher 1935, by random flips): the share of
/// flips, the given one included, whose mean is as far from 0.
double sign_flip_p(const Sample& differences, std::uint32_t resamples, std::uint64_t seed, const Run& run);

}  // namespace segue

#endif  // SEGUE_EVAL_BOOTSTRAP_H_
