// Random numbers that are the same for any number of threads: a seed, what they are for, and a number (a user, a row)
// give each stream.
#ifndef SEGUE_BASE_RANDOM_H_
#define SEGUE_BASE_RANDOM_H_

#include <cmath>
#include <cstdint>

#include "base/mix.h"

namespace segue {

/// SplitMix itself.
class Random {
 public:
  /// @param stream  what the numbers are for, number  which of it
  Random(std::uint64_t seed, std::uint64_t stream, std::uint64_t number)
      : state_(mix(mix(seed + mix(stream)) ^ mix(number))) {}

  std::uint64_t next() {
    state_ += 0x9e3779b97f4a7c15ULL;
    return mix(state_);
  }
  /// In [0, 1).
  double uniform() { return static_cast<double>(next() >> 11) * 0x1p-53; }
  /// In [0, n).
  std::uint32_t below(std::uint32_t n) {
    return static_cast<std::uint32_t>((static_cast<std::uint64_t>(static_cast<std::uint32_t>(next() >> 32)) * n) >> 32);
  }
  /// About normal, mean 0 and variance 1, from -6 to 6: the sum of twelve, which needs no logarithm.
  double normal() {
    double sum = -6;
    for (int i = 0; i < 12; ++i) sum += uniform();
    return sum;
  }

 private:
  std::uint64_t state_;
};

}  // namespace segue

#endif  // SEGUE_BASE_RANDOM_H_
