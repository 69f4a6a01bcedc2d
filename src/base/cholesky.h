// Cholesky in double, for small dense systems off the hot path: whitening, fold-in, and rows that float32 cannot hold.
#ifndef SEGUE_BASE_CHOLESKY_H_
#define SEGUE_BASE_CHOLESKY_H_

#include <cstddef>
#include <span>

namespace segue {

/// Factorizes the symmetric a [k x k] as U'U: U replaces the upper triangle, what is below the diagonal is neither read
/// nor written. False, and a in between, when a is not positive definite or not finite. k^3 / 3 multiply-adds, along
/// memory.
bool cholesky_factorize(std::span<double> a, std::size_t k);

/// The same of a matrix whose entries are sums in float32, such as a gram matrix of fewer vectors than dimensions with
/// hardly a ridge: rounding may have taken its least eigenvalues below 0. Where it is not positive definite, what can
/// be missing is added to the diagonal: 2^-22 of the trace, and up to 256 times that. False as above.
bool cholesky_factorize_rounded(std::span<double> a, std::size_t k);

/// Solves U'U x = b in place of b, [k].
void cholesky_solve(std::span<const double> u, std::span<double> b);

}  // namespace segue

#endif  // SEGUE_BASE_CHOLESKY_H_
