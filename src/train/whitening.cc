#include "train/whitening.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "base/cholesky.h"
#include "base/parallel.h"
#include "base/symmetric_eigen.h"
#include "segue/error.h"
#include "simd/dense.h"

namespace segue {
namespace {

/// Rows whose products are summed in float32 before they join a sum in double: |error| stays below 2048 eps of the sum.
constexpr std::size_t kRowsPerSum = 2048;

/// Sums in double that go on side by side: a fixed number, so that bits do not depend on the threads.
std::size_t lanes_for(std::size_t factors) { return factors <= 512 ? 16 : 8; }

Whitening empty_whitening(std::size_t stride, simd::Shape whiten, simd::Shape others) {
  const std::size_t size = stride * stride;
  return {{Buffer<float>(size), whiten}, {Buffer<float>(size), others}, {Buffer<float>(size), others}, {}};
}

}  // namespace

std::vector<double> gram_of(const float* rows, std::size_t count, std::size_t stride, std::size_t factors,
                            const Run& run) {
  const std::size_t sums = (count + kRowsPerSum - 1) / kRowsPerSum;
  const std::size_t lanes = std::min(lanes_for(factors), std::max<std::size_t>(sums, 1));
  std::vector<std::vector<double>> totals(lanes);
  parallel_chunks(lanes, 1, run, [&](std::size_t lane, std::size_t, int) {
    auto& total = totals[lane];
    total.assign(factors * factors, 0.0);
    Buffer<float> sum(factors * stride);
    for (std::size_t i = lane; i < sums; i += lanes) {
      run.check();
      std::fill(sum.begin(), sum.end(), 0.0F);
      const std::size_t first = i * kRowsPerSum;
      simd::add_gram(rows + first * stride, std::min(kRowsPerSum, count - first), stride, factors, sum.data());
      for (std::size_t r = 0; r < factors; ++r) {
        for (std::size_t c = r; c < factors; ++c) total[r * factors + c] += sum[r * stride + c];
      }
    }
  });
  for (std::size_t lane = 1; lane < lanes; ++lane) {
    for (std::size_t i = 0; i < factors * factors; ++i) totals[0][i] += totals[lane][i];
  }
  for (std::size_t r = 0; r < factors; ++r) {
    for (std::size_t c = 0; c < r; ++c) totals[0][r * factors + c] = totals[0][c * factors + r];
  }
  return std::move(totals[0]);
}

Whitening make_whitening(std::span<const double> gram, std::size_t factors, std::size_t stride, double regularization) {
  const std::size_t k = factors;
  // U'U = G with U upper triangular, so L = U'.
  std::vector<double> u(gram.begin(), gram.end());
  for (std::size_t i = 0; i < k; ++i) u[i * k + i] += regularization;
  if (!cholesky_factorize_rounded(u, k)) {
    throw Error(ErrorCode::kNumerical, "the gram matrix of the factors is not positive definite",
                "raise --regularization, or lower --alpha");
  }
  // V = U^-1, upper triangular: V U = I, row by row from the last.
  std::vector<double> v(k * k, 0.0);
  for (std::size_t i = k; i-- > 0;) {
    v[i * k + i] = 1 / u[i * k + i];
    for (std::size_t j = i + 1; j < k; ++j) {
      const double f = -u[i * k + j] / u[i * k + i];
      for (std::size_t c = j; c < k; ++c) v[i * k + c] += f * v[j * k + c];
    }
  }
  Whitening result = empty_whitening(stride, simd::Shape::kUpper, simd::Shape::kLower);
  for (std::size_t i = 0; i < k; ++i) {
    for (std::size_t j = i; j < k; ++j) {
      result.whiten.values[i * stride + j] = static_cast<float>(v[i * k + j]);  // L^-T = U^-1
      result.warm.values[j * stride + i] = static_cast<float>(u[i * k + j]);    // L = U'
      result.back.values[j * stride + i] = static_cast<float>(v[i * k + j]);    // L^-1 = (U^-1)'
    }
  }
  return result;
}

Whitening make_diagonal_whitening(std::span<const double> gram, std::size_t factors, std::size_t stride, double least) {
  if (!std::ranges::all_of(gram, [](double value) { return std::isfinite(value); })) {
    throw Error(ErrorCode::kNumerical, "the gram matrix of the factors is not finite",
                "raise --regularization, or lower --alpha");
  }
  const SymmetricEigen eigen = symmetric_eigen(gram, factors);
  Whitening result = empty_whitening(stride, simd::Shape::kFull, simd::Shape::kFull);
  result.spread = Buffer<float>(stride);
  for (std::size_t e = 0; e < factors; ++e) {
    const double d = std::max(eigen.values[e], 0.0) + least;  // rounding gives values below 0
    const double root = std::sqrt(d);
    result.spread[e] = static_cast<float>(1 / d);
    for (std::size_t f = 0; f < factors; ++f) {
      const double q = eigen.vectors[e * factors + f];
      result.whiten.values[f * stride + e] = static_cast<float>(q / root);
      result.warm.values[f * stride + e] = static_cast<float>(q * root);
      result.back.values[e * stride + f] = static_cast<float>(q / root);
    }
  }
  return result;
}

}  // namespace segue
