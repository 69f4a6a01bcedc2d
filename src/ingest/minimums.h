// Minimums: users with few items and items with few users, left out until none are left to leave out (a k-core).
#ifndef SEGUE_INGEST_MINIMUMS_H_
#define SEGUE_INGEST_MINIMUMS_H_

#include <cstdint>
#include <vector>

#include "segue/array.h"
#include "segue/matrix.h"
#include "segue/run.h"

namespace segue::ingest {

struct Selected {
  CsrMatrix plays;
  Array<double> times;               // of its cells; empty where they had none
  std::vector<std::uint32_t> users;  // rows that were kept, ascending
  std::vector<std::uint32_t> items;  // columns that were kept, ascending
};

/// @param times  of the cells of `plays`, or empty
/// O(rounds · stored cells).
Selected apply_minimums(const CsrMatrix& plays, const Array<double>& times, std::uint32_t min_user_items,
                        std::uint32_t min_item_users, const Run& run);

}  // namespace segue::ingest

#endif  // SEGUE_INGEST_MINIMUMS_H_
