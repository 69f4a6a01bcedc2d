// CsrMatrix: a sparse matrix by rows, and its transpose.
#ifndef SEGUE_MATRIX_H_
#define SEGUE_MATRIX_H_

#include <cstdint>
#include <span>

#include "segue/array.h"
#include "segue/run.h"

namespace segue {

/// Compressed sparse rows; 8 bytes a stored cell and 8 a row. Immutable; copies share their arrays. Invariants, checked
/// by the factory:
///   1. row_ptr has rows + 1 entries, starts at 0, never falls, and ends at the number of stored cells;
///   2. within a row columns strictly ascend and are below cols;
///   3. values are finite.
class CsrMatrix {
 public:
  /// 0 x 0.
  CsrMatrix();

  /// @param cols     number of columns, at most 2^32 - 1
  /// @param row_ptr  [rows + 1] offsets into columns and values
  /// @throws Error{kInvalidArgument} naming the row that breaks an invariant. O(stored cells).
  static CsrMatrix create(std::uint32_t cols, Array<std::uint64_t> row_ptr, Array<std::uint32_t> columns,
                          Array<float> values);

  std::uint32_t rows() const { return static_cast<std::uint32_t>(row_ptr_.size() - 1); }
  std::uint32_t cols() const { return cols_; }
  std::uint64_t nnz() const { return columns_.size(); }

  std::span<const std::uint32_t> row_columns(std::uint32_t row) const;
  std::span<const float> row_values(std::uint32_t row) const;

  /// The value at (row, column), 0 where nothing is stored. O(log(row length)). Requires row < rows().
  float at(std::uint32_t row, std::uint32_t column) const;

  const Array<std::uint64_t>& row_ptr() const { return row_ptr_; }
  const Array<std::uint32_t>& columns() const { return columns_; }
  const Array<float>& values() const { return values_; }

  /// Bytes that the three arrays take.
  std::uint64_t bytes() const;

 private:
  std::uint32_t cols_ = 0;
  Array<std::uint64_t> row_ptr_;
  Array<std::uint32_t> columns_;
  Array<float> values_;
};

/// The same cells by columns. O(nnz + rows + cols); the same result for any number of threads.
CsrMatrix transpose(const CsrMatrix& matrix, const Run& run = {});

/// Stored cells per column, [cols].
Array<std::uint32_t> count_per_column(const CsrMatrix& matrix);

}  // namespace segue

#endif  // SEGUE_MATRIX_H_
