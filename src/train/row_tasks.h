// How the rows of one half of a sweep are shared out: once, by what they cost.
#ifndef SEGUE_TRAIN_ROW_TASKS_H_
#define SEGUE_TRAIN_ROW_TASKS_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "segue/matrix.h"

namespace segue {

/// A task ends when it has this many rows, or cells. Small enough to balance, large enough that the products with the
/// whitening matrices run at full speed.
constexpr std::size_t kTaskRows = 192;
constexpr std::size_t kTaskCells = 16384;

/// Rows [begin, end).
struct Task {
  std::uint32_t begin;
  std::uint32_t end;
};

struct RowTasks {
  /// At most kTaskRows rows each, all rows that are not wide; those with many cells come first, so that none is left
  /// to the end.
  std::vector<Task> tasks;
  /// Rows of `least_wide` cells or more, ascending.
  std::vector<std::uint32_t> wide;
  /// Cells of the longest row that is not wide.
  std::size_t longest = 0;
};

/// Depends on the matrix alone: the same rows are summed together whoever runs them.
RowTasks cut_into_tasks(const CsrMatrix& matrix, std::size_t least_wide);

/// Cuts rows into at most `parts` runs of about as many cells. @return where they begin, and rows.size() at the end
std::vector<std::size_t> split_by_cells(const CsrMatrix& matrix, std::span<const std::uint32_t> rows,
                                        std::size_t parts);

}  // namespace segue

#endif  // SEGUE_TRAIN_ROW_TASKS_H_
