#include "train/top_items.h"

#include <algorithm>
#include <numeric>

namespace segue {

std::vector<std::uint32_t> most_popular(const CsrMatrix& train, std::uint32_t top) {
  std::vector<std::uint32_t> items(train.cols());
  std::iota(items.begin(), items.end(), 0U);
  if (top >= items.size()) return items;
  const Array<std::uint32_t> counts = count_per_column(train);
  std::stable_sort(items.begin(), items.end(), [&](auto a, auto b) { return counts[a] > counts[b]; });
  items.resize(top);
  std::sort(items.begin(), items.end());
  return items;
}

std::string gigabytes(std::uint64_t bytes) {
  const std::uint64_t tenths = (bytes + 99'999'999) / 100'000'000;
  return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + " GB";
}

}  // namespace segue
