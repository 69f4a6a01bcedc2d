#include "base/cholesky.h"

#include <cmath>

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
