// Norms: how long the vectors of a table are, and the check that they are numbers.
#ifndef SEGUE_INDEX_NORMS_H_
#define SEGUE_INDEX_NORMS_H_

#include <span>
#include <vector>

#include "segue/factors.h"
#include "segue/run.h"

namespace segue {

/// |x| in double: squares of float32 are exact there and cannot overflow. One order of summation on every target: eight
/// partial sums of every eighth square, added in pairs.
double norm(std::span<const float> x);

/// norm() of each row. @throws Error{kNumerical} naming the first row that holds a value which is not finite.
std::vector<double> row_norms(const Factors& factors, const Run& run = {});

}  // namespace segue

#endif  // SEGUE_INDEX_NORMS_H_
