// Whitening: the coordinates in which the gram matrix of one side is the identity.
//
// With G = YtY + reg I = L Lt, z = L^-1 y and w = Lt x, the normal equations of a row
//     (G + Yut (C - I) Yu) x = Yut C p     become     (I + Zut (C - I) Zu) w = Zut C p:
// no dense product is left inside conjugate gradient, and what is left is far better conditioned.
#ifndef SEGUE_TRAIN_WHITENING_H_
#define SEGUE_TRAIN_WHITENING_H_

#include <cstddef>
#include <span>
#include <vector>

#include "base/buffer.h"
#include "segue/run.h"
#include "simd/dense.h"

namespace segue {

/// Sum of rows' outer products, [factors x factors] in double, from rows of `stride` floats. The same bits for any
/// number of threads.
std::vector<double> gram_of(const float* rows, std::size_t count, std::size_t stride, std::size_t factors,
                            const Run& run);

/// A matrix to be multiplied from the right to row vectors.
struct Transform {
  Buffer<float> values;  // [stride x stride], padding zero
  simd::Shape shape;
};

struct Whitening {
  Transform whiten;  // z = y · whiten
  Transform warm;    // w = x · warm
  Transform back;    // x = w · back
  /// Where rows differ in their regularization, [stride]: of a row's, the excess over the least times this is what its
  /// diagonal exceeds 1 by. Otherwise empty.
  Buffer<float> spread;
};

/// Triangular: for rows that all have the same regularization.
/// @param gram  [factors x factors]
/// @throws Error{kNumerical} when gram + regularization I is not positive definite
Whitening make_whitening(std::span<const double> gram, std::size_t factors, std::size_t stride, double regularization);

/// For rows that differ in it: coordinates in which the regularization of any row is diagonal. With YtY = Q V Qt and
/// D = V + least I, z = D^-1/2 Qt y and w = D^1/2 Qt x, a row's matrix YtY + reg I is the diagonal 1 + (reg - least)/D.
/// @param least  the smallest regularization of a row, > 0
/// @throws Error{kNumerical} when gram is not finite
Whitening make_diagonal_whitening(std::span<const double> gram, std::size_t factors, std::size_t stride, double least);

}  // namespace segue

#endif  // SEGUE_TRAIN_WHITENING_H_
