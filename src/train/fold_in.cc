// Fold-in: the exact vector of somebody whom training has not seen, and what each item of theirs adds to a score, in
// double.
#include <algorithm>
#include <cmath>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include "base/cholesky.h"
#include "segue/error.h"
#include "segue/train.h"
#include "train/regularization.h"
#include "train/whitening.h"

namespace segue {

namespace {

void check_item(std::uint32_t item, const Factors& item_factors) {
  if (item < item_factors.rows()) return;
  throw Error(ErrorCode::kInvalidArgument, "item " + std::to_string(item) + " of a history is not in the model",
              "use items below " + std::to_string(item_factors.rows()));
}

/// A x = b for one history.
struct System {
  std::vector<double> a;  // [k x k], factorized
  std::vector<double> b;
};

System system_of(const Factors& item_factors, std::span<const double> item_gram, const AlsOptions& options,
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
    check_item(items[j], item_factors);
    const auto y = item_factors[items[j]];
    const double c = confidences[j];
    const double excess = w0 > 0 ? std::abs(c) : std::abs(c) - 1;
    for (std::size_t i = 0; i < k; ++i) {
      if (c > 0) b[i] += c * y[i];
      const double f = excess * y[i];
      for (std::size_t l = i; l < k; ++l) a[i * k + l] += f * y[l];
    }
  }
  if (!cholesky_factorize_rounded(a, k)) {
    throw Error(ErrorCode::kNumerical, "the history cannot be folded in: its equations are not positive definite",
                "train with a higher --regularization");
  }
  return {std::move(a), std::move(b)};
}

}  // namespace

std::vector<float> fold_in(const Factors& item_factors, std::span<const double> item_gram, const AlsOptions& options,
                           std::span<const std::uint32_t> items, std::span<const float> confidences) {
  System system = system_of(item_factors, item_gram, options, items, confidences);
  cholesky_solve(system.a, system.b);
  std::vector<float> x(system.b.size());
  std::transform(system.b.begin(), system.b.end(), x.begin(), [](double value) { return static_cast<float>(value); });
  return x;
}

std::vector<double> fold_in_parts(const Factors& item_factors, std::span<const double> item_gram,
                                  const AlsOptions& options, std::span<const std::uint32_t> items,
                                  std::span<const float> confidences, std::span<const std::uint32_t> wanted) {
  const System system = system_of(item_factors, item_gram, options, items, confidences);
  std::vector<double> parts(wanted.size() * items.size());
  auto part = parts.begin();
  std::vector<double> solved;
  for (const std::uint32_t item : wanted) {
    check_item(item, item_factors);
    const auto asked = item_factors[item];
    solved.assign(asked.begin(), asked.end());
    cholesky_solve(system.a, solved);  // A is symmetric: y_i A^-1, once for all of the history
    for (std::size_t j = 0; j < items.size(); ++j, ++part) {
      if (confidences[j] <= 0) continue;
      const auto liked = item_factors[items[j]];
      *part = confidences[j] * std::inner_product(solved.begin(), solved.end(), liked.begin(), 0.0);
    }
  }
  return parts;
}

std::vector<double> gram(const Factors& factors, const Run& run) {
  return gram_of(factors.values().data(), factors.rows(), factors.stride(), factors.factors(), run);
}

}  // namespace segue
