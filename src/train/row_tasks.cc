#include "train/row_tasks.h"

#include <algorithm>

namespace segue {

RowTasks cut_into_tasks(const CsrMatrix& matrix, std::size_t least_wide) {
  RowTasks result;
  std::uint32_t begin = 0;
  const auto cells = [&](const Task& task) { return matrix.row_ptr()[task.end] - matrix.row_ptr()[task.begin]; };
  const auto finish = [&](std::uint32_t end) {
    if (end > begin) result.tasks.push_back({begin, end});
    begin = end;
  };
  for (std::uint32_t row = 0; row < matrix.rows(); ++row) {
    const std::size_t length = matrix.row_columns(row).size();
    if (length >= least_wide) {
      finish(row);
      result.wide.push_back(row);
      begin = row + 1;
      continue;
    }
    result.longest = std::max(result.longest, length);
    if (row + 1 - begin == kTaskRows || cells({begin, row + 1}) >= kTaskCells) finish(row + 1);
  }
  finish(matrix.rows());
  std::stable_partition(result.tasks.begin(), result.tasks.end(),
                        [&](const Task& task) { return cells(task) >= kTaskCells; });
  return result;
}

std::vector<std::size_t> split_by_cells(const CsrMatrix& matrix, std::span<const std::uint32_t> rows,
                                        std::size_t parts) {
  std::uint64_t all = 0;
  for (const std::uint32_t row : rows) all += matrix.row_columns(row).size();
  std::vector<std::size_t> begins;
  std::uint64_t before = 0;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (before * parts >= all * begins.size()) begins.push_back(i);
    before += matrix.row_columns(rows[i]).size();
  }
  begins.push_back(rows.size());
  return begins;
}

}  // namespace segue
