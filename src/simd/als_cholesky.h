// Exact solutions of the rows of implicit ALS, in whitened coordinates.
#ifndef SEGUE_SIMD_ALS_CHOLESKY_H_
#define SEGUE_SIMD_ALS_CHOLESKY_H_

#include <cstddef>

#include "simd/als_cg.h"

namespace segue::simd {

/// Floats of scratch that solve_rows_cholesky needs.
std::size_t cholesky_scratch(std::size_t stride);

/// As solve_rows_cg, exactly: forms D + Zu' W Zu for each row and factorizes it.
/// @param factors   columns of the table that are not padding
/// @param scratch   [cholesky_scratch(stride)], 64-byte aligned
/// @return the rows' part of the loss, or NaN when a row's matrix is not positive definite even in double
/// Cost: cells · factors^2 + rows · factors^3 / 3 multiply-adds.
double solve_rows_cholesky(const AlsRows& rows, std::size_t factors, float* scratch, float* solution);

}  // namespace segue::simd

#endif  // SEGUE_SIMD_ALS_CHOLESKY_H_
