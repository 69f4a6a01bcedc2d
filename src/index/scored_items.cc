// Cosine is the inner product of unit vectors: the query is divided by its norm once, items are multiplied by 1/|x| on
// their way through the registers. Norms are sums in double of one order, so nothing of this depends on the machine.
#include "index/scored_items.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <functional>
#include <limits>
#include <string>
#include <utility>

#include "base/buffer.h"
#include "index/norms.h"
#include "segue/error.h"

namespace segue {
namespace {

// Norms outside of this range leave 1/|x| or the products of small factors without precision: such rows are scaled.
constexpr double kShortest = 0x1p-60;
constexpr double kLongest = 0x1p60;
// A dot product is at most |q||x|; half of float32's range is left to rounding.
constexpr double kLargestScore = 0x1p127;

/// The table with rows of extreme norms scaled by powers of two, which changes no direction.
Factors rescaled(const Factors& items, std::vector<double>& norms) {
  Buffer<float> values(items.values().size());
  std::ranges::copy(items.values(), values.begin());
  for (std::uint32_t row = 0; row < items.rows(); ++row) {
    if (norms[row] == 0 || (norms[row] >= kShortest && norms[row] <= kLongest)) continue;
    const std::span<float> x = values.span().subspan(std::size_t{row} * items.stride(), items.factors());
    const int exponent = std::ilogb(norms[row]);
    for (float& value : x) value = static_cast<float>(std::ldexp(double{value}, -exponent));
    norms[row] = norm(x);
  }
  return Factors::create(items.rows(), items.factors(), std::move(values).share());
}

std::string number_of(std::size_t i) { return std::to_string(i); }

[[noreturn]] void refuse(const std::string& problem, const std::string& fix) {
  throw Error(ErrorCode::kInvalidArgument, problem, fix);
}

}  // namespace

ScoredItems::ScoredItems(Factors items, Metric metric, const Run& run)
    : items_(std::move(items)), metric_(metric), norms_(row_norms(items_, run)) {
  if (metric_ == Metric::kCosine) {
    if (std::ranges::any_of(norms_, [](double n) { return n != 0 && (n < kShortest || n > kLongest); })) {
      items_ = rescaled(items_, norms_);
    }
    scale_.resize(norms_.size());
    std::ranges::transform(norms_, scale_.begin(), [](double n) { return n == 0 ? 0.0F : static_cast<float>(1 / n); });
  }
  for (const double n : norms_) longest_ = std::max(longest_, n);
}

float ScoredItems::limit() const { return metric_ == Metric::kCosine ? 1.0F : std::numeric_limits<float>::infinity(); }

simd::ItemRows ScoredItems::rows(const std::uint32_t* ids, std::size_t first, std::size_t count) const {
  return {.table = items_.values().data(),
          .stride = items_.stride(),
          .factors = items_.factors(),
          .scale = scale_.empty() ? nullptr : scale_.data(),
          .ids = ids,
          .first = first,
          .count = count};
}

void ScoredItems::check(const Factors& queries, std::uint32_t top, std::span<const ItemFilter> filters) const {
  if (queries.factors() != items_.factors()) {
    refuse("queries have " + number_of(queries.factors()) + " factors where items have " + number_of(items_.factors()),
           "ask with vectors of the space that the items lie in");
  }
  if (top == 0) refuse("0 results were asked for", "ask for at least one");
  if (!filters.empty() && filters.size() != queries.rows()) {
    refuse(number_of(filters.size()) + " filters were given for " + number_of(queries.rows()) + " queries",
           "give one for each query, or none at all");
  }
  for (std::size_t q = 0; q < filters.size(); ++q) {
    const ItemFilter& filter = filters[q];
    if (!std::ranges::is_sorted(filter.deny)) refuse("deny of query " + number_of(q) + " does not ascend", "sort it");
    if (filter.mask != nullptr && filter.mask->items() != size()) {
      refuse("the mask of query " + number_of(q) + " is of " + number_of(filter.mask->items()) + " items, not " +
                 number_of(size()),
             "make it for the items of the index");
    }
    if (!filter.has_allow || filter.allow.empty()) continue;
    if (std::ranges::adjacent_find(filter.allow, std::greater_equal{}) != filter.allow.end()) {
      refuse("allow of query " + number_of(q) + " does not ascend strictly", "sort it and drop what comes twice");
    }
    if (filter.allow.back() >= size()) {
      refuse("allow of query " + number_of(q) + " names item " + number_of(filter.allow.back()) + " of " +
                 number_of(size()),
             "name items from 0 to " + number_of(size() - std::size_t{1}));
    }
  }
}

/// The query as it is scored. Checks what a score needs: finite values, and no overflow.
std::vector<float> ScoredItems::prepared(std::span<const float> query, std::uint32_t number) const {
  std::vector<float> q(simd::round_to_quads(query.size()));
  const double length = norm(query);
  if (!std::isfinite(length)) {
    refuse("query " + number_of(number) + " holds a value that is not finite", "leave it out, or mend what made it");
  }
  if (metric_ == Metric::kInnerProduct) {
    if (length * longest_ > kLargestScore) {
      std::array<char, 32> product{};
      std::snprintf(product.data(), product.size(), "%.3g", length * longest_);
      refuse("scores of query " + number_of(number) +
                 " do not fit float32: its length times that of the longest item is " + product.data(),
             "scale the vectors down");
    }
    std::ranges::copy(query, q.begin());
  } else if (length != 0) {
    std::ranges::transform(query, q.begin(), [&](float v) { return static_cast<float>(v / length); });
  }
  return q;
}

}  // namespace segue
