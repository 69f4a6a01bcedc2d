#include "testing/reference_als.h"

#include <Eigen/Dense>
#include <array>
#include <cmath>
#include <random>

#include "base/buffer.h"

namespace segue::testing {
namespace {

Eigen::MatrixXd to_eigen(const Rows& rows) {
  Eigen::MatrixXd m(static_cast<Eigen::Index>(rows.size()),
                    rows.empty() ? 0 : static_cast<Eigen::Index>(rows[0].size()));
  for (std::size_t r = 0; r < rows.size(); ++r) {
    for (std::size_t c = 0; c < rows[r].size(); ++c) m(r, c) = rows[r][c];
  }
  return m;
}

std::vector<double> to_vector(const Eigen::VectorXd& v) { return {v.data(), v.data() + v.size()}; }

double dot(const std::vector<double>& a, const std::vector<double>& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}

bool is_empty(const CsrMatrix& m, std::uint32_t row) { return m.row_columns(row).empty(); }

}  // namespace

std::vector<std::vector<Pair>> all_pairs(const CsrMatrix& confidences) {
  std::vector<std::vector<Pair>> pairs(confidences.rows(), std::vector<Pair>(confidences.cols()));
  for (std::uint32_t row = 0; row < confidences.rows(); ++row) {
    const auto columns = confidences.row_columns(row);
    const auto values = confidences.row_values(row);
    for (std::size_t i = 0; i < columns.size(); ++i) {
      pairs[row][columns[i]] = {std::abs(double{values[i]}), values[i] > 0 ? 1.0 : 0.0};
    }
  }
  return pairs;
}

std::vector<double> solve_row_dense(const Rows& y, const std::vector<Pair>& row, double regularization) {
  const Eigen::MatrixXd factors = to_eigen(y);
  Eigen::VectorXd c(row.size());
  Eigen::VectorXd p(row.size());
  for (std::size_t i = 0; i < row.size(); ++i) {
    c[i] = row[i].confidence;
    p[i] = row[i].preference;
  }
  const Eigen::MatrixXd a = factors.transpose() * c.asDiagonal() * factors +
                            regularization * Eigen::MatrixXd::Identity(factors.cols(), factors.cols());
  return to_vector(a.ldlt().solve(factors.transpose() * c.asDiagonal() * p));
}

std::vector<double> solve_row_sparse(const Rows& y, const CsrMatrix& confidences, std::uint32_t row,
                                     double regularization) {
  const Eigen::MatrixXd factors = to_eigen(y);
  Eigen::MatrixXd a =
      factors.transpose() * factors + regularization * Eigen::MatrixXd::Identity(factors.cols(), factors.cols());
  Eigen::VectorXd b = Eigen::VectorXd::Zero(factors.cols());
  const auto columns = confidences.row_columns(row);
  const auto values = confidences.row_values(row);
  for (std::size_t i = 0; i < columns.size(); ++i) {
    const Eigen::VectorXd v = factors.row(columns[i]);
    a += (std::abs(double{values[i]}) - 1) * v * v.transpose();
    if (values[i] > 0) b += double{values[i]} * v;
  }
  return to_vector(a.ldlt().solve(b));
}

void sweep(const CsrMatrix& user_items, double regularization, Rows& x, Rows& y) {
  const CsrMatrix item_users = transpose(user_items);
  const auto users = all_pairs(user_items);
  const auto items = all_pairs(item_users);
  const auto zero = [&](std::size_t size) { return std::vector<double>(size, 0.0); };
  for (std::uint32_t u = 0; u < users.size(); ++u) {
    x[u] = is_empty(user_items, u) ? zero(x[u].size()) : solve_row_dense(y, users[u], regularization);
  }
  for (std::uint32_t i = 0; i < items.size(); ++i) {
    y[i] = is_empty(item_users, i) ? zero(y[i].size()) : solve_row_dense(x, items[i], regularization);
  }
}

double row_objective(const Rows& y, const std::vector<Pair>& row, double regularization, const std::vector<double>& x) {
  double sum = regularization * dot(x, x);
  for (std::size_t i = 0; i < row.size(); ++i) {
    const double error = row[i].preference - dot(x, y[i]);
    sum += row[i].confidence * error * error;
  }
  return sum;
}

double ials_objective(const Rows& y, const CsrMatrix& confidences, std::uint32_t row, double w0, double regularization,
                      const std::vector<double>& x) {
  double sum = regularization * dot(x, x);
  for (const auto& column : y) sum += w0 * dot(x, column) * dot(x, column);
  const auto columns = confidences.row_columns(row);
  const auto values = confidences.row_values(row);
  for (std::size_t i = 0; i < columns.size(); ++i) {
    const double error = (values[i] > 0 ? 1.0 : 0.0) - dot(x, y[columns[i]]);
    sum += std::abs(double{values[i]}) * error * error;
  }
  return sum;
}

std::vector<double> solve_row_ials(const Rows& y, const CsrMatrix& confidences, std::uint32_t row, double w0,
                                   double regularization) {
  const Eigen::MatrixXd factors = to_eigen(y);
  Eigen::MatrixXd a =
      w0 * factors.transpose() * factors + regularization * Eigen::MatrixXd::Identity(factors.cols(), factors.cols());
  Eigen::VectorXd b = Eigen::VectorXd::Zero(factors.cols());
  const auto columns = confidences.row_columns(row);
  const auto values = confidences.row_values(row);
  for (std::size_t i = 0; i < columns.size(); ++i) {
    const Eigen::VectorXd v = factors.row(columns[i]);
    a += std::abs(double{values[i]}) * v * v.transpose();
    if (values[i] > 0) b += double{values[i]} * v;
  }
  return to_vector(a.ldlt().solve(b));
}

double loss(const CsrMatrix& user_items, double regularization, const Rows& x, const Rows& y) {
  const auto pairs = all_pairs(user_items);
  double sum = 0;
  double weight = 0;
  for (std::size_t u = 0; u < pairs.size(); ++u) {
    sum += row_objective(y, pairs[u], regularization, x[u]);
    for (const Pair& pair : pairs[u]) weight += pair.confidence;
  }
  for (const auto& row : y) sum += regularization * dot(row, row);
  return sum / weight;
}

Rows to_rows(const Factors& factors) {
  Rows rows(factors.rows());
  for (std::uint32_t r = 0; r < factors.rows(); ++r) rows[r].assign(factors[r].begin(), factors[r].end());
  return rows;
}

Factors to_factors(const Rows& rows, std::uint32_t factors) {
  const std::size_t stride = Factors::stride_for(factors);
  Buffer<float> values(rows.size() * stride);
  for (std::size_t r = 0; r < rows.size(); ++r) {
    for (std::size_t f = 0; f < factors; ++f) values[r * stride + f] = static_cast<float>(rows[r][f]);
  }
  return Factors::create(static_cast<std::uint32_t>(rows.size()), factors, std::move(values).share());
}

CsrMatrix to_csr(const std::vector<std::vector<float>>& rows, std::uint32_t cols) {
  std::vector<std::uint64_t> row_ptr{0};
  std::vector<std::uint32_t> columns;
  std::vector<float> values;
  for (const auto& row : rows) {
    for (std::uint32_t c = 0; c < row.size(); ++c) {
      if (row[c] == 0) continue;
      columns.push_back(c);
      values.push_back(row[c]);
    }
    row_ptr.push_back(columns.size());
  }
  return CsrMatrix::create(cols, std::move(row_ptr), std::move(columns), std::move(values));
}

CsrMatrix random_confidences(std::uint32_t rows, std::uint32_t cols, double density, std::uint64_t seed) {
  std::mt19937_64 rng(seed);
  std::uniform_real_distribution<double> uniform(0, 1);
  std::vector<std::uint64_t> row_ptr{0};
  std::vector<std::uint32_t> columns;
  std::vector<float> values;
  constexpr std::array kSpecial = {0.0F, 0.01F, 1.0F, 5e5F, -0.5F, -3.0F, -100.0F};
  for (std::uint32_t r = 0; r < rows; ++r) {
    const bool empty = uniform(rng) < 0.05;
    for (std::uint32_t c = 0; c < cols && !empty; ++c) {
      if (uniform(rng) >= density) continue;
      columns.push_back(c);
      const bool special = uniform(rng) < 0.2;
      values.push_back(special ? kSpecial.at(rng() % kSpecial.size())
                               : static_cast<float>(std::exp(uniform(rng) * 7.6 - 4.6)));  // 0.01 to 20
    }
    row_ptr.push_back(columns.size());
  }
  return CsrMatrix::create(cols, std::move(row_ptr), std::move(columns), std::move(values));
}

}  // namespace segue::testing
