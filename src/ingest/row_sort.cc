#include "ingest/row_sort.h"

#include <algorithm>
#include <utility>

namespace segue::ingest {
namespace {

constexpr std::uint32_t kFree = 0xFFFFFFFF;
constexpr std::size_t kLanes = 16;  // keys are padded to a multiple, so that the loop has no tail

}  // namespace

std::span<const std::uint32_t> RowSorter::order(std::span<const std::uint32_t> columns) {
  if (order_.size() < columns.size()) order_.resize(columns.size());
  if (columns.size() <= kShort) {
    order_short(columns);
  } else {
    order_long(columns);
  }
  return std::span<const std::uint32_t>(order_).first(columns.size());
}

void RowSorter::order_short(std::span<const std::uint32_t> columns) {
  const std::size_t n = columns.size();
  const std::size_t padded = (n + kLanes - 1) / kLanes * kLanes;
  // Signed, because that is the comparison that every vector unit has; the largest pads.
  for (std::size_t i = 0; i < n; ++i) keys_[i] = static_cast<std::int32_t>(columns[i] ^ 0x80000000U);
  std::fill(keys_.begin() + static_cast<std::ptrdiff_t>(n), keys_.begin() + static_cast<std::ptrdiff_t>(padded),
            0x7FFFFFFF);
  std::fill_n(order_.begin(), n, kFree);
  for (std::size_t i = 0; i < n; ++i) {
    const std::int32_t key = keys_[i];
    std::int32_t smaller = 0;
    for (std::size_t j = 0; j < padded; ++j) smaller += keys_[j] < key ? 1 : 0;
    auto place = static_cast<std::size_t>(smaller);
    while (order_[place] != kFree) ++place;  // an equal one came before
    order_[place] = static_cast<std::uint32_t>(i);
  }
}

void RowSorter::order_long(std::span<const std::uint32_t> columns) {
  const std::size_t n = columns.size();
  if (other_.size() < n) other_.resize(n);
  const std::uint32_t largest = *std::max_element(columns.begin(), columns.end());
  for (std::size_t i = 0; i < n; ++i) order_[i] = static_cast<std::uint32_t>(i);
  constexpr std::uint32_t kMask = (1U << kRadixBits) - 1;
  for (unsigned shift = 0; shift < 32 && (largest >> shift) != 0; shift += kRadixBits) {
    counts_.assign(std::size_t{1} << kRadixBits, 0);
    for (const std::uint32_t column : columns) ++counts_[(column >> shift) & kMask];
    std::uint32_t before = 0;
    for (std::uint32_t& count : counts_) before += std::exchange(count, before);
    for (std::size_t i = 0; i < n; ++i) {
      const std::uint32_t from = order_[i];
      other_[counts_[(columns[from] >> shift) & kMask]++] = from;
    }
    std::swap(order_, other_);
  }
}

}  // namespace segue::ingest
