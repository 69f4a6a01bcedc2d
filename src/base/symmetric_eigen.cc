#include "base/symmetric_eigen.h"

#include <Eigen/Eigenvalues>
#include <algorithm>
#include <cmath>

#include "segue/error.h"

namespace segue {

SymmetricEigen symmetric_eigen(std::span<const double> a, std::size_t size) {
  if (!std::ranges::all_of(a, [](double value) { return std::isfinite(value); })) {
    throw Error(ErrorCode::kNumerical, "a matrix holds values that are not finite", "");
  }
  if (size == 0) return {};  // Eigen would look at the first element
  const auto k = static_cast<Eigen::Index>(size);
  // Symmetric: rows are columns.
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(Eigen::Map<const Eigen::MatrixXd>(a.data(), k, k));
  if (solver.info() != Eigen::Success) {
    throw Error(ErrorCode::kNumerical, "the eigenvalues of a matrix do not converge", "");
  }
  // Column-major, so that a vector lies together.
  return {{solver.eigenvalues().begin(), solver.eigenvalues().end()},
          {solver.eigenvectors().data(), solver.eigenvectors().data() + size * size}};
}

}  // namespace segue
