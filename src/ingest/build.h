// From rows in the order of the log to the matrix: users × items, duplicates combined.
#ifndef SEGUE_INGEST_BUILD_H_
#define SEGUE_INGEST_BUILD_H_

#include <cstdint>
#include <string>

#include "ingest/rank.h"
#include "ingest/rows.h"
#include "segue/interactions.h"
#include "segue/matrix.h"
#include "segue/run.h"

namespace segue::ingest {

struct Built {
  CsrMatrix plays;
  Array<double> times;           // of each cell the newest; empty where the rows have none
  std::uint64_t duplicates = 0;  // rows that were combined into an earlier row's cell
};

/// @param rows  in the order of the log
/// @param file  for errors
/// @throws Error{kBadInput} for a duplicate under Duplicates::kError, and where a sum does not fit a float.
Built build_matrix(LogRows rows, const Ranking& users, const Ranking& items, Duplicates duplicates,
                   const std::string& file, const Run& run);

}  // namespace segue::ingest

#endif  // SEGUE_INGEST_BUILD_H_
