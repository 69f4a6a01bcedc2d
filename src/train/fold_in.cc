// Fold-in: the exact vector of somebody whom training has not seen, in double.
#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "base/cholesky.h"
#include "segue/error.h"
#include "segue/train.h"
#include "train/regularization.h"
#include "train/whitening.h"

namespace segue {

std::vector<float> fold_in(const Factors& item_factors, std::span<const double> item_gram, const AlsOptions& options,
                           std::span<const std::uint32_t> items, std::span<const float> confidences) {
  const std::size_t k = item_factors.factors();
  if (item_gram.size() != k * k || items.size() != confidences.size()) {
    throw Error(ErrorCode::kInvalidArgument, "the gram matrix or the confidences of a fold-in have another shape", "");
  }
  std::vector<double> a(item_gram.begin(), item_gram.end());
  std::vector<double> b(k, 0.0);
  const double w0 = options.unobserved_weight;
  if (w0 > 0) {
    for (double& value : a) value *= w0;
  }
  const double regularization =
      double{options.regularization} * regularization_factor(options, items.size(), item_factors.rows());
  for (std::size_t i = 0; i < k; ++i) a[i * k + i] += regularization;
  for (std::size_t j = 0; j < items.size(); ++j) {
    if (items[j] >= item_factors.rows()) {
      throw Error(ErrorCode::kInvalidArgument, "item " + std::to_string(items[j]) + " of a history is not in the model",
                  "use items below " + std::to_string(item_factors.rows()));
    }
    const auto y = item_factors[items[j]];
    const double c = confidences[j];
    const double excess = w0 > 0 ? std::abs(c) : std::abs(c) - 1;
    for (std::size_t i = 0; i < k; ++i) {
      if (c > 0) b[i] += c * y[i];
      const double f = excess * y[i];
      for (std::size_t l = i; l < k; ++l) a[i * k + l] += f * y[l];
    }
  }
  if (!cholesky_factorize(a, k)) {
    throw Error(ErrorCode::kNumerical, "the history cannot be folded in: its equations are not positive definite",
                "train with a higher --regularization");
  }
  cholesky_solve(a, b);
  std::vector<float> x(k);
  std::transform(b.begin(), b.end(), x.begin(), [](double value) { return static_cast<float>(value); });
  return x;
}

std::vector<double> gram(const Factors& factors, const Run& run) {
  return gram_of(factors.values().data(), factors.rows(), factors.stride(), factors.factors(), run);
}

}  // namespace segue
