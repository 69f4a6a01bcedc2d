// Item-item cosine on the columns of a matrix, the plain way: what factors are compared with until neighbours are a
// model.
#ifndef SEGUE_TESTING_ITEM_COSINE_H_
#define SEGUE_TESTING_ITEM_COSINE_H_

#include <cstdint>
#include <vector>

#include "segue/index.h"
#include "segue/matrix.h"

namespace segue::testing {

/// The cosine of every column with `item`'s, itself left out, best first, ties by lower item; columns that share no row
/// with it are left out. In double.
std::vector<Neighbor> similar_columns(const CsrMatrix& user_items, std::uint32_t item);

}  // namespace segue::testing

#endif  // SEGUE_TESTING_ITEM_COSINE_H_
