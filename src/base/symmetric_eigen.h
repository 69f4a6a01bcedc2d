// Eigenvalues and vectors of small symmetric matrices: the door to Eigen.
#ifndef SEGUE_BASE_SYMMETRIC_EIGEN_H_
#define SEGUE_BASE_SYMMETRIC_EIGEN_H_

#include <cstddef>
#include <span>
#include <vector>

namespace segue {

/// a = Q diag(values) Q'.
struct SymmetricEigen {
  std::vector<double> values;   // [size], ascending
  std::vector<double> vectors;  // [size x size]: row i is the vector of values[i]; orthonormal
};

/// @param a  [size x size], symmetric; the lower triangle is read
/// @throws Error{kNumerical} when `a` holds values that are not finite. O(size^3): some 10 ms for 128, 1 s for 1024.
SymmetricEigen symmetric_eigen(std::span<const double> a, std::size_t size);

}  // namespace segue

#endif  // SEGUE_BASE_SYMMETRIC_EIGEN_H_
