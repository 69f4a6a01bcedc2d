#include "testing/reference_item_models.h"

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <numeric>

namespace segue::testing {

Dense column_similarities(const Dense& weights, double shrinkage, bool normalize) {
  const std::size_t items = weights.front().size();
  const auto dot = [&](std::size_t i, std::size_t j) {
    double sum = 0;
    for (const auto& row : weights) sum += row[i] * row[j];
    return sum;
  };
  Dense result(items, std::vector<double>(items));
  for (std::size_t i = 0; i < items; ++i) {
    for (std::size_t j = 0; j < items; ++j) {
      if (i == j || dot(i, j) == 0) continue;
      result[i][j] = normalize ? dot(i, j) / (std::sqrt(dot(i, i)) * std::sqrt(dot(j, j)) + shrinkage) : dot(i, j);
    }
  }
  return result;
}

Dense keep_largest(const Dense& similarities, std::size_t count) {
  Dense result = similarities;
  for (auto& row : result) {
    std::vector<std::size_t> order(row.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return row[a] > row[b]; });
    for (std::size_t i = count; i < order.size(); ++i) row[order[i]] = 0;
  }
  return result;
}

Dense ease_weights(const Dense& binary, double l2) {
  const auto items = static_cast<Eigen::Index>(binary.front().size());
  Eigen::MatrixXd g = Eigen::MatrixXd::Identity(items, items) * l2;
  for (const auto& row : binary) {
    const Eigen::Map<const Eigen::VectorXd> x(row.data(), items);
    g += x * x.transpose();
  }
  const Eigen::MatrixXd p = g.inverse();
  Dense result(binary.front().size(), std::vector<double>(binary.front().size()));
  for (Eigen::Index i = 0; i < items; ++i) {
    for (Eigen::Index j = 0; j < items; ++j) {
      if (i != j) result[static_cast<std::size_t>(i)][static_cast<std::size_t>(j)] = -p(i, j) / p(j, j);
    }
  }
  return result;
}

}  // namespace segue::testing
