// Implicit ALS as textbooks write it, in double: slow, obvious, the truth that the solvers are held against.
#ifndef SEGUE_TESTING_REFERENCE_ALS_H_
#define SEGUE_TESTING_REFERENCE_ALS_H_

#include <cstdint>
#include <vector>

#include "segue/factors.h"
#include "segue/matrix.h"

namespace segue::testing {

using Rows = std::vector<std::vector<double>>;  // [rows][columns]

/// What a stored value of a ConfidenceMatrix says of its pair, and what an absent one does.
struct Pair {
  double confidence = 1;
  double preference = 0;
};

/// All pairs of a matrix of signed confidences, [rows][columns].
std::vector<std::vector<Pair>> all_pairs(const CsrMatrix& confidences);

/// The objective of Rendle et al. 2021, eq. 3 to 6, over one row: sum over its cells of c (p - x·y)^2 + w0 times the
/// sum over all columns of (x·y)^2 + regularization |x|^2.
double ials_objective(const Rows& y, const CsrMatrix& confidences, std::uint32_t row, double w0, double regularization,
                      const std::vector<double>& x);
/// The x that it is least for.
std::vector<double> solve_row_ials(const Rows& y, const CsrMatrix& confidences, std::uint32_t row, double w0,
                                   double regularization);

/// The dense form: x = (Y' diag(c) Y + reg I)^-1 Y' diag(c) p over all columns.
std::vector<double> solve_row_dense(const Rows& y, const std::vector<Pair>& row, double regularization);

/// The sparse form: x = (Y'Y + Y'(C - I)Y + reg I)^-1 Y'C p, the second and last product over stored cells only.
std::vector<double> solve_row_sparse(const Rows& y, const CsrMatrix& confidences, std::uint32_t row,
                                     double regularization);

/// One sweep: every row of x by the dense form from y, then every row of y from x.
void sweep(const CsrMatrix& user_items, double regularization, Rows& x, Rows& y);

/// (sum of c (p - x·y)^2 over all pairs + reg (|X|^2 + |Y|^2)) / sum of c over all pairs.
double loss(const CsrMatrix& user_items, double regularization, const Rows& x, const Rows& y);

/// c (p - x·y)^2 summed over a row's pairs + reg |x|^2.
double row_objective(const Rows& y, const std::vector<Pair>& row, double regularization, const std::vector<double>& x);

Rows to_rows(const Factors& factors);
Factors to_factors(const Rows& rows, std::uint32_t factors);

/// A sparse matrix from dense rows; zeros are not stored.
CsrMatrix to_csr(const std::vector<std::vector<float>>& rows, std::uint32_t cols);

/// Seeded, about `density` of the cells stored: mostly confidences of 0.01 to 20, some 0, 1, 5e5 and dislikes. Some
/// rows are empty.
CsrMatrix random_confidences(std::uint32_t rows, std::uint32_t cols, double density, std::uint64_t seed);

}  // namespace segue::testing

#endif  // SEGUE_TESTING_REFERENCE_ALS_H_
