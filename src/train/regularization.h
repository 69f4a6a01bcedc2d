// How strongly each row is pulled towards 0.
#ifndef SEGUE_TRAIN_REGULARIZATION_H_
#define SEGUE_TRAIN_REGULARIZATION_H_

#include <cstddef>
#include <cstdint>

#include "segue/train.h"

namespace segue {

/// What options.regularization is multiplied with for a row of `count` cells: (count + w0 · other)^nu, where w0 is
/// unobserved_weight (0: none), nu regularization_exponent and `other` the size of the other side (Rendle et al. 2021,
/// eq. 6). With w0 = 0 and nu = 1 it is the count, as in ALS-WR (Zhou et al. 2008).
double regularization_factor(const AlsOptions& options, std::uint64_t count, std::size_t other);

}  // namespace segue

#endif  // SEGUE_TRAIN_REGULARIZATION_H_
