// Item-item neighbours and EASE in double, by their formulas and nothing else.
#ifndef SEGUE_TESTING_REFERENCE_ITEM_MODELS_H_
#define SEGUE_TESTING_REFERENCE_ITEM_MODELS_H_

#include <vector>

namespace segue::testing {

using Dense = std::vector<std::vector<double>>;  // by row

/// w_i · w_j / (|w_i| |w_j| + shrinkage) over columns; with normalize off the dot product; 0 on the diagonal.
Dense column_similarities(const Dense& weights, double shrinkage, bool normalize);

/// Of each row all but the `count` largest set to 0, ties to the lower column.
Dense keep_largest(const Dense& similarities, std::size_t count);

/// B of EASE: -P_ij / P_jj with P = (X'X + l2 I)^-1, 0 on the diagonal.
Dense ease_weights(const Dense& binary, double l2);

}  // namespace segue::testing

#endif  // SEGUE_TESTING_REFERENCE_ITEM_MODELS_H_
