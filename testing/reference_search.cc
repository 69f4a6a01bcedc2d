#include "testing/reference_search.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <memory>
#include <new>
#include <random>

namespace segue::testing {
namespace {

/// |x|, summed as docs/search.md says: eight partial sums, added in pairs.
double defined_norm(std::span<const float> x) {
  double sums[8] = {};
  for (std::size_t i = 0; i < x.size(); ++i) sums[i % 8] += double{x[i]} * double{x[i]};
  return std::sqrt(((sums[0] + sums[1]) + (sums[2] + sums[3])) + ((sums[4] + sums[5]) + (sums[6] + sums[7])));
}

}  // namespace

Factors factors_of(const std::vector<std::vector<float>>& rows) {
  const auto count = static_cast<std::uint32_t>(rows.size());
  const auto factors = rows.empty() ? 0 : static_cast<std::uint32_t>(rows.front().size());
  const std::size_t stride = Factors::stride_for(factors);
  const std::size_t size = count * stride;
  std::shared_ptr<float> values(static_cast<float*>(std::aligned_alloc(64, std::max<std::size_t>(64, size * 4))),
                                std::free);
  if (values == nullptr) throw std::bad_alloc();
  std::fill_n(values.get(), size, 0.0F);
  for (std::size_t r = 0; r < rows.size(); ++r) std::ranges::copy(rows[r], values.get() + r * stride);
  return Factors::create(count, factors, Array<float>(std::span<const float>(values.get(), size), values));
}

Factors random_factors(std::uint32_t rows, std::uint32_t factors, std::uint32_t seed) {
  std::mt19937 random(seed);
  std::vector<std::vector<float>> table(rows, std::vector<float>(factors));
  for (std::vector<float>& row : table) {
    for (float& value : row) value = static_cast<float>(random() % 20001) / 10000.0F - 1.0F;
  }
  return factors_of(table);
}

float defined_score(std::span<const float> query, std::span<const float> item, Metric metric, bool fused) {
  const bool cosine = metric == Metric::kCosine;
  const double query_norm = defined_norm(query);
  const double item_norm = defined_norm(item);
  if (cosine && (query_norm == 0 || item_norm == 0)) return 0;
  const float scale = cosine ? static_cast<float>(1 / item_norm) : 1.0F;
  float sum = 0;
  for (std::size_t f = 0; f < query.size(); ++f) {
    const float q = cosine ? static_cast<float>(query[f] / query_norm) : query[f];
    const float x = scale * item[f];
    if (fused) {
      sum = std::fma(q, x, sum);
    } else {
      const float product = q * x;
      sum += product;
    }
  }
  return cosine ? std::clamp(sum, -1.0F, 1.0F) : sum;
}

double exact_score(std::span<const float> query, std::span<const float> item, Metric metric) {
  double sum = 0;
  for (std::size_t f = 0; f < query.size(); ++f) sum += double{query[f]} * double{item[f]};
  if (metric == Metric::kInnerProduct) return sum;
  const double norms = defined_norm(query) * defined_norm(item);
  return norms == 0 ? 0 : sum / norms;
}

std::vector<Neighbor> reference_search(const Factors& items, Metric metric, std::span<const float> query,
                                       std::uint32_t top, const ItemFilter& filter, bool fused) {
  std::vector<Neighbor> all;
  for (std::uint32_t item = 0; item < items.rows(); ++item) {
    if (std::ranges::find(filter.deny, item) != filter.deny.end()) continue;
    if (filter.has_allow && std::ranges::find(filter.allow, item) == filter.allow.end()) continue;
    if (filter.mask != nullptr && !filter.mask->has(item)) continue;
    all.push_back({item, defined_score(query, items[item], metric, fused)});
  }
  // Stable: equal scores stay in the order of their items.
  std::ranges::stable_sort(all, [](const Neighbor& a, const Neighbor& b) { return a.score > b.score; });
  all.resize(std::min<std::size_t>(all.size(), top));
  return all;
}

}  // namespace segue::testing
