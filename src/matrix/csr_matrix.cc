#include <algorithm>
#include <bit>
#include <cmath>
#include <string>

#include "base/buffer.h"
#include "base/parallel.h"
#include "segue/error.h"
#include "segue/matrix.h"

namespace segue {
namespace {

/// Columns of the transpose that one task counts and fills: a slice of a matrix with its own counters.
constexpr std::size_t kTransposeSlices = 8;

void check_row(std::uint32_t cols, std::uint64_t row, std::span<const std::uint32_t> columns,
               std::span<const float> values) {
  const auto fail = [&](const char* what) {
    throw Error(ErrorCode::kInvalidArgument, "row " + std::to_string(row) + " of a sparse matrix " + what,
                "sort the columns of each row, combine duplicates, and keep values finite");
  };
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (columns[i] >= cols) fail("has a column beyond its last");
    if (i != 0 && columns[i - 1] >= columns[i]) fail("has columns that do not ascend");
    if (!std::isfinite(values[i])) fail("has a value that is not finite");
  }
}

/// Whether check_row would pass on every row. Without branches, so that the compiler takes several cells at a time: all
/// columns are compared with the one before them, as if there were one row, and the falls that lie at the start of a
/// row are allowed for. The exponent of NaN and infinity is all ones.
bool are_rows_sound(std::uint32_t cols, std::span<const std::uint64_t> row_ptr, std::span<const std::uint32_t> columns,
                    std::span<const float> values) {
  constexpr std::uint32_t kExponent = 0x7F800000;
  constexpr std::size_t kBlock = 4096;  // its falls fit 32 bits, and it is still in the cache for the second loop
  const std::size_t nnz = columns.size();
  std::uint32_t bad = 0;
  std::uint64_t falls = 0;
  for (std::size_t begin = 0; begin < nnz && bad == 0; begin += kBlock) {
    const std::size_t end = std::min(nnz, begin + kBlock);
    for (std::size_t i = begin; i < end; ++i) {
      bad |= static_cast<std::uint32_t>(columns[i] >= cols);
      bad |= static_cast<std::uint32_t>((std::bit_cast<std::uint32_t>(values[i]) & kExponent) == kExponent);
    }
    std::uint32_t falls_here = 0;
    for (std::size_t i = std::max<std::size_t>(begin, 1); i < end; ++i) {
      falls_here += static_cast<std::uint32_t>(columns[i - 1] >= columns[i]);
    }
    falls += falls_here;
  }
  if (bad != 0) return false;
  std::uint64_t allowed = 0;
  std::uint64_t last = 0;  // rows that are empty begin where the next one does: a place counts once
  for (const std::uint64_t begin : row_ptr) {
    if (begin == last || begin == nnz) continue;
    allowed += static_cast<std::uint64_t>(columns[begin - 1] >= columns[begin]);
    last = begin;
  }
  return falls == allowed;
}

}  // namespace

CsrMatrix::CsrMatrix() : row_ptr_(std::vector<std::uint64_t>{0}) {}

CsrMatrix CsrMatrix::create(std::uint32_t cols, Array<std::uint64_t> row_ptr, Array<std::uint32_t> columns,
                            Array<float> values) {
  if (row_ptr.empty() || row_ptr[0] != 0 || row_ptr[row_ptr.size() - 1] != columns.size() ||
      columns.size() != values.size() || !std::is_sorted(row_ptr.begin(), row_ptr.end())) {
    throw Error(ErrorCode::kInvalidArgument, "the row offsets of a sparse matrix do not fit its cells", "");
  }
  if (row_ptr.size() - 1 > 0xFFFFFFFFULL) {
    throw Error(ErrorCode::kInvalidArgument, "a sparse matrix has more than 4,294,967,295 rows", "");
  }
  CsrMatrix matrix;
  matrix.cols_ = cols;
  matrix.row_ptr_ = std::move(row_ptr);
  matrix.columns_ = std::move(columns);
  matrix.values_ = std::move(values);
  if (!are_rows_sound(cols, matrix.row_ptr_.view(), matrix.columns_.view(), matrix.values_.view())) {
    for (std::uint32_t row = 0; row < matrix.rows(); ++row) {
      check_row(cols, row, matrix.row_columns(row), matrix.row_values(row));
    }
  }
  return matrix;
}

std::span<const std::uint32_t> CsrMatrix::row_columns(std::uint32_t row) const {
  return columns_.subspan(row_ptr_[row], row_ptr_[row + 1] - row_ptr_[row]);
}

std::span<const float> CsrMatrix::row_values(std::uint32_t row) const {
  return values_.subspan(row_ptr_[row], row_ptr_[row + 1] - row_ptr_[row]);
}

float CsrMatrix::at(std::uint32_t row, std::uint32_t column) const {
  const auto columns = row_columns(row);
  const auto it = std::lower_bound(columns.begin(), columns.end(), column);
  if (it == columns.end() || *it != column) return 0;
  return row_values(row)[static_cast<std::size_t>(it - columns.begin())];
}

std::uint64_t CsrMatrix::bytes() const {
  return row_ptr_.size() * sizeof(std::uint64_t) + columns_.size() * sizeof(std::uint32_t) +
         values_.size() * sizeof(float);
}

Array<std::uint32_t> count_per_column(const CsrMatrix& matrix) {
  Buffer<std::uint32_t> counts(matrix.cols());
  for (const std::uint32_t column : matrix.columns()) ++counts[column];
  return std::move(counts).share();
}

CsrMatrix transpose(const CsrMatrix& matrix, const Run& run) {
  const std::uint32_t rows = matrix.rows();
  const std::uint32_t cols = matrix.cols();
  // Slices of rows count their columns on their own; prefix sums over (column, slice) then tell each slice where its
  // cells of a column go. Where a cell goes does not depend on the number of threads.
  const std::size_t slices = matrix.nnz() < 1'000'000 ? 1 : kTransposeSlices;
  const auto slice_begin = [&](std::size_t slice) {
    const std::uint64_t target = matrix.nnz() / slices * slice;
    if (slice == slices) return rows;
    return static_cast<std::uint32_t>(std::lower_bound(matrix.row_ptr().begin(), matrix.row_ptr().end() - 1, target) -
                                      matrix.row_ptr().begin());
  };
  std::vector<Buffer<std::uint32_t>> counts(slices);  // a slice's cells in a column: below 2^32, one a row
  parallel_chunks(slices, 1, run, [&](std::size_t slice, std::size_t, int) {
    counts[slice] = Buffer<std::uint32_t>(cols);
    const std::uint64_t begin = matrix.row_ptr()[slice_begin(slice)];
    const std::uint64_t end = matrix.row_ptr()[slice_begin(slice + 1)];
    for (std::uint64_t i = begin; i < end; ++i) ++counts[slice][matrix.columns()[i]];
  });
  Buffer<std::uint64_t> row_ptr(std::size_t{cols} + 1);
  for (std::uint32_t c = 0; c < cols; ++c) {
    std::uint32_t before = 0;
    for (auto& count : counts) {
      const std::uint32_t here = count[c];
      count[c] = before;
      before += here;
    }
    row_ptr[std::size_t{c} + 1] = row_ptr[c] + before;
  }
  Buffer<std::uint32_t> out_columns(matrix.nnz());
  Buffer<float> out_values(matrix.nnz());
  parallel_chunks(slices, 1, run, [&](std::size_t slice, std::size_t, int) {
    auto& filled = counts[slice];
    for (std::uint32_t row = slice_begin(slice); row < slice_begin(slice + 1); ++row) {
      const auto columns = matrix.row_columns(row);
      const auto values = matrix.row_values(row);
      for (std::size_t i = 0; i < columns.size(); ++i) {
        const std::uint64_t to = row_ptr[columns[i]] + filled[columns[i]]++;
        out_columns[to] = row;
        out_values[to] = values[i];
      }
    }
  });
  return CsrMatrix::create(rows, std::move(row_ptr).share(), std::move(out_columns).share(),
                           std::move(out_values).share());
}

}  // namespace segue
