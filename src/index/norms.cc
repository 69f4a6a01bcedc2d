// Plain C++: two doubles at a time are enough to keep up with memory on a core, and the sums are the same everywhere.
#include "index/norms.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <string>

#include "base/parallel.h"
#include "segue/error.h"

namespace segue {
namespace {

constexpr std::size_t kRowsPerChunk = 8192;

}  // namespace

double norm(std::span<const float> x) {
  std::array<double, 8> sums{};
  std::size_t i = 0;
  for (; i + sums.size() <= x.size(); i += sums.size()) {
    for (std::size_t j = 0; j < sums.size(); ++j) sums[j] += double{x[i + j]} * double{x[i + j]};
  }
  for (std::size_t j = 0; i < x.size(); ++i, ++j) sums[j] += double{x[i]} * double{x[i]};
  return std::sqrt(((sums[0] + sums[1]) + (sums[2] + sums[3])) + ((sums[4] + sums[5]) + (sums[6] + sums[7])));
}

std::vector<double> row_norms(const Factors& factors, const Run& run) {
  std::vector<double> norms(factors.rows());
  parallel_chunks(factors.rows(), kRowsPerChunk, run, [&](std::size_t begin, std::size_t end, int) {
    for (std::size_t row = begin; row < end; ++row) norms[row] = norm(factors[static_cast<std::uint32_t>(row)]);
  });
  const auto bad = std::ranges::find_if_not(norms, [](double n) { return std::isfinite(n); });
  if (bad != norms.end()) {
    throw Error(ErrorCode::kNumerical,
                "the factors of item " + std::to_string(bad - norms.begin()) + " hold a value that is not finite",
                "fit the model again; where the factors come from a file, check it with `segue inspect --verify`");
  }
  return norms;
}

}  // namespace segue
