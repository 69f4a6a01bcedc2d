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

/// Solves U'U x = b in place of b, [k].
void cholesky_solve(std::span<const double> u, std::span<double> b);

}  // namespace segue

#endif  // SEGUE_BASE_CHOLESKY_H_
