#include "base/cholesky.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace segue {

bool cholesky_factorize(std::span<double> a, std::size_t k) {
  for (std::size_t i = 0; i < k; ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      const double f = a[j * k + i];
      for (std::size_t c = i; c < k; ++c) a[i * k + c] -= f * a[j * k + c];
    }
    const double pivot = a[i * k + i];
    if (!(pivot > 0) || !std::isfinite(pivot)) return false;
    const double inverse = 1 / std::sqrt(pivot);
    for (std::size_t c = i; c < k; ++c) a[i * k + c] *= inverse;
  }
  return true;
}

bool cholesky_factorize_rounded(std::span<double> a, std::size_t k) {
  constexpr double kRounding = 0x1p-22;  // twice float32's epsilon
  constexpr double kMost = 256 * kRounding;
  const std::vector<double> given(a.begin(), a.end());
  if (cholesky_factorize(a, k)) return true;
  double trace = 0;
  for (std::size_t i = 0; i < k; ++i) trace += given[i * k + i];
  if (!std::isfinite(trace)) return false;
  for (double part = kRounding; part <= kMost; part *= 4) {
    std::copy(given.begin(), given.end(), a.begin());
    for (std::size_t i = 0; i < k; ++i) a[i * k + i] += part * trace;
    if (cholesky_factorize(a, k)) return true;
  }
  return false;
}

void cholesky_solve(std::span<const double> u, std::span<double> b) {
  const std::size_t k = b.size();
  for (std::size_t i = 0; i < k; ++i) {
    b[i] /= u[i * k + i];
    for (std::size_t c = i + 1; c < k; ++c) b[c] -= u[i * k + c] * b[i];
  }
  for (std::size_t i = k; i-- > 0;) {
    for (std::size_t c = i + 1; c < k; ++c) b[i] -= u[i * k + c] * b[c];
    b[i] /= u[i * k + i];
  }
}

}  // namespace segue
