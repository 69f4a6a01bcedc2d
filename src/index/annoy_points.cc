// A file has a node for every id up to the largest, and a table like it would take 400 GB for one item with the id two
// billion. Here rows stand in the order in which they came, so that a mistaken id costs nothing until a file is wanted.
#include "index/annoy_points.h"

#include <algorithm>

namespace segue {
namespace {

constexpr std::size_t kRowAlignment = 64;

}  // namespace

AnnoyPoints::AnnoyPoints(AnnoyMetric metric, std::uint32_t vector_size) : metric_(metric), vector_size_(vector_size) {
  stored_size_ = AnnoyLayout::of(metric, vector_size, AnnoyDotLayout::kRelease).stored_size;
  const std::size_t value = metric == AnnoyMetric::kHamming ? sizeof(std::uint64_t) : sizeof(float);
  stride_ = (stored_size_ * value + kRowAlignment - 1) / kRowAlignment * kRowAlignment;
}

std::optional<std::uint32_t> AnnoyPoints::find(std::uint32_t item) const {
  if (item < in_order_) return item;
  const auto other = others_.find(item);
  if (other == others_.end()) return std::nullopt;
  return other->second;
}

void AnnoyPoints::put(std::uint32_t item, const StoredVector& vector) {
  std::optional<std::uint32_t> row = find(item);
  if (!row) {
    row = count();
    values_.resize(values_.size() + stride_);
    ids_.push_back(item);
    if (others_.empty() && item == *row) {
      ++in_order_;
    } else {
      others_.emplace(item, *row);
    }
    items_ = std::max(items_, item + 1);
  }
  std::ranges::copy(vector.bytes(), values_.begin() + static_cast<std::ptrdiff_t>(*row * stride_));
}

}  // namespace segue
