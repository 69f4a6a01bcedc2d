// Ranks: names in the order of their bytes, whatever order they came in.
#ifndef SEGUE_INGEST_RANK_H_
#define SEGUE_INGEST_RANK_H_

#include <cstdint>
#include <span>
#include <vector>

#include "base/buffer.h"
#include "ingest/name_table.h"
#include "segue/interactions.h"
#include "segue/run.h"

namespace segue::ingest {

struct Ranking {
  Buffer<const NameRecord*> order;       // by rank
  Buffer<std::uint32_t> rank_of_number;  // by number in the table
};

/// O(n log n), in parallel: buckets by 8 bytes of the name, after what all names begin with.
Ranking rank_names(const NameTable& table, const Run& run);

/// The names in their order.
IdMap ids_of(std::span<const NameRecord* const> order, const Run& run);

}  // namespace segue::ingest

#endif  // SEGUE_INGEST_RANK_H_
