// iALS++ (Rendle, Krichene, Zhang & Koren 2021, "Speeding up Matrix Factorization with Subspace Optimization"), as
// published: per row, blocks of factors are solved exactly one after the other, the predictions of the row's cells kept
// up to date.
//
// What segue would have to beat before it takes the method; so it is here, on Eigen at its best flags, and not in the
// engine. Reads, starts and prints as bench/train_sweep.cc does.
//
// usage: ialspp plays.csr FACTORS SWEEPS BLOCK [UNTIL=0: a loss after which to end]
#include <Eigen/Cholesky>
#include <Eigen/Core>
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <vector>

#include "base/parallel.h"
#include "read_csr.h"
#include "segue/run.h"
#include "segue/weighting.h"

namespace {

using Matrix = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using Vector = Eigen::VectorXf;

constexpr float kRegularization = 0.01F;  // the yardstick's

Matrix uniform_factors(std::uint32_t rows, Eigen::Index factors, std::mt19937& rng) {
  std::uniform_real_distribution<float> uniform(0, 0.01F);
  Matrix values(rows, factors);
  for (Eigen::Index i = 0; i < values.size(); ++i) values.data()[i] = uniform(rng);
  return values;
}

/// Y'Y, by chunks of rows.
Matrix gram_of(const Matrix& y, const segue::Run& run) {
  constexpr std::size_t kRows = 4096;
  const auto rows = static_cast<std::size_t>(y.rows());
  std::vector<Matrix> parts((rows + kRows - 1) / kRows);
  segue::parallel_chunks(rows, kRows, run, [&](std::size_t begin, std::size_t end, int) {
    const auto block = y.middleRows(static_cast<Eigen::Index>(begin), static_cast<Eigen::Index>(end - begin));
    parts[begin / kRows].noalias() = block.transpose() * block;
  });
  Matrix sum = Matrix::Zero(y.cols(), y.cols());
  for (const Matrix& part : parts) sum += part;
  return sum;
}

/// What a thread computes in.
struct Space {
  Matrix gathered;   // [cells x factors]
  Matrix weighed;    // [cells x block]
  Vector excess;     // |c| - 1
  Vector preferred;  // c p
  Vector predicted;
  Vector error;
  Matrix hessian;
  Vector gradient;
};

void solve_row(std::span<const std::uint32_t> columns, std::span<const float> confidence, const Matrix& y,
               const Matrix& gram, Eigen::Index block, Space& s, Eigen::Ref<Eigen::RowVectorXf> x) {
  const auto n = static_cast<Eigen::Index>(columns.size());
  const Eigen::Index factors = y.cols();
  if (s.gathered.rows() < n) s.gathered.resize(n, factors);
  s.excess.resize(n);
  s.preferred.resize(n);
  for (Eigen::Index i = 0; i < n; ++i) {
    const float c = confidence[static_cast<std::size_t>(i)];
    s.gathered.row(i) = y.row(columns[static_cast<std::size_t>(i)]);
    s.excess[i] = std::abs(c) - 1;
    s.preferred[i] = std::max(c, 0.0F);
  }
  const auto rows = s.gathered.topRows(n);
  s.predicted.noalias() = rows * x.transpose();
  for (Eigen::Index at = 0; at < factors; at += block) {
    const Eigen::Index width = std::min(block, factors - at);
    const auto z = rows.middleCols(at, width);
    s.error = s.excess.cwiseProduct(s.predicted) - s.preferred;
    s.gradient.noalias() = gram.middleRows(at, width) * x.transpose();
    s.gradient.noalias() += z.transpose() * s.error;
    s.gradient += kRegularization * x.segment(at, width).transpose();
    s.weighed = z.array().colwise() * s.excess.array();
    s.hessian = gram.block(at, at, width, width);
    s.hessian.diagonal().array() += kRegularization;
    s.hessian.triangularView<Eigen::Lower>() += z.transpose() * s.weighed;
    const Vector step = s.hessian.selfadjointView<Eigen::Lower>().llt().solve(s.gradient);
    x.segment(at, width) -= step.transpose();
    s.predicted.noalias() -= z * step;
  }
}

void half_sweep(const segue::CsrMatrix& cells, const Matrix& y, Eigen::Index block, const segue::Run& run, Matrix& x) {
  const Matrix gram = gram_of(y, run);
  std::vector<Space> spaces(static_cast<std::size_t>(run.thread_count()));
  segue::parallel_chunks(cells.rows(), 64, run, [&](std::size_t begin, std::size_t end, int worker) {
    for (std::size_t row = begin; row < end; ++row) {
      const auto r = static_cast<std::uint32_t>(row);
      const auto columns = cells.row_columns(r);
      auto solution = x.row(static_cast<Eigen::Index>(row));
      if (columns.empty()) {
        solution.setZero();
      } else {
        solve_row(columns, cells.row_values(r), y, gram, block, spaces[static_cast<std::size_t>(worker)], solution);
      }
    }
  });
}

/// The yardstick's: over all pairs, divided by the sum of their confidences.
double loss_of(const segue::ConfidenceMatrix& confidence, const Matrix& x, const Matrix& y, const segue::Run& run) {
  const segue::CsrMatrix& cells = confidence.user_items();
  double stored = 0;
  double loss = gram_of(x, run).cast<double>().cwiseProduct(gram_of(y, run).cast<double>()).sum() +
                kRegularization * (x.cast<double>().squaredNorm() + y.cast<double>().squaredNorm());
  for (std::uint32_t user = 0; user < cells.rows(); ++user) {
    const auto columns = cells.row_columns(user);
    const auto values = cells.row_values(user);
    for (std::size_t i = 0; i < columns.size(); ++i) {
      const double score = x.row(user).dot(y.row(columns[i]));
      const double c = std::abs(values[i]);
      const double p = values[i] > 0 ? 1 : 0;
      loss += c * (p - score) * (p - score) - score * score;
      stored += c;
    }
  }
  return loss /
         (stored + static_cast<double>(confidence.users()) * confidence.items() - static_cast<double>(cells.nnz()));
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 5) {
    std::fprintf(stderr, "usage: ialspp plays.csr FACTORS SWEEPS BLOCK [UNTIL]\n");
    return 2;
  }
  const segue::Run run;
  const Eigen::Index factors = std::atoi(argv[2]);
  const double until = argc > 5 ? std::atof(argv[5]) : 0;
  segue::WeightingOptions notebook;
  notebook.bm25_k1 = 100;
  notebook.bm25_b = 0.8F;
  const auto weighed = segue::weigh(read_csr(argv[1]), notebook, run);
  const segue::ConfidenceMatrix& confidence = weighed.confidence;
  std::mt19937 rng(42);
  Matrix users = uniform_factors(confidence.users(), factors, rng);
  Matrix items = uniform_factors(confidence.items(), factors, rng);
  double total = 0;
  for (int sweep = 1; sweep <= std::atoi(argv[3]); ++sweep) {
    const auto begin = std::chrono::steady_clock::now();
    half_sweep(confidence.user_items(), items, std::atoi(argv[4]), run, users);
    half_sweep(confidence.item_users(), users, std::atoi(argv[4]), run, items);
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    total += seconds;
    const double loss = loss_of(confidence, users, items, run);
    std::printf("sweep %d  %.3f s  total %.2f s  loss %.8f  threads %d\n", sweep, seconds, total, loss,
                run.thread_count());
    std::fflush(stdout);
    if (loss <= until) break;
  }
  return 0;
}
