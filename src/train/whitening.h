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

namespace segue {

/// Sum of rows' outer products, [factors x factors] in double, from rows of `stride` floats. The same bits for any
/// number of threads.
std::vector<double> gram_of(const float* rows, std::size_t count, std::size_t stride, std::size_t factors,
                            const Run& run);

/// Matrices [stride x stride], padding zero, to be multiplied from the right to row vectors.
struct Whitening {
  Buffer<float> whiten;  // z = y · whiten
  Buffer<float> warm;    // w = x · warm
  Buffer<float> back;    // x = w · back
};

/// @param gram  [factors x factors]
/// @throws Error{kNumerical} when gram + regularization I is not positive definite
Whitening make_whitening(std::span<const double> gram, std::size_t factors, std::size_t stride, double regularization);

}  // namespace segue

#endif  // SEGUE_TRAIN_WHITENING_H_
