// Sorting the rows of a matrix: millions of rows of some fifty cells, where what a comparison costs is the branch that
// follows it. So short rows are sorted by counting for each cell how many come before it (n² / 4 comparisons, four to
// sixteen at a time, no branch), and long ones by radix. Both are stable: duplicates stay in the order of the file.
#ifndef SEGUE_INGEST_ROW_SORT_H_
#define SEGUE_INGEST_ROW_SORT_H_

#include <array>
#include <cstdint>
#include <span>
#include <vector>

namespace segue::ingest {

class RowSorter {
 public:
  /// The order of `columns` ascending, as indices into it; equal ones by index. Valid until the next call. At most 2^32
  /// - 1 columns, each below 2^32 - 1.
  std::span<const std::uint32_t> order(std::span<const std::uint32_t> columns);

 private:
  static constexpr std::size_t kShort = 256;  // up to here counting beats radix; measured
  static constexpr unsigned kRadixBits = 11;

  void order_short(std::span<const std::uint32_t> columns);
  void order_long(std::span<const std::uint32_t> columns);

  std::array<std::int32_t, kShort> keys_;
  std::vector<std::uint32_t> order_;
  std::vector<std::uint32_t> other_;
  std::vector<std::uint32_t> counts_;
};

}  // namespace segue::ingest

#endif  // SEGUE_INGEST_ROW_SORT_H_
