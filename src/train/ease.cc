// EASE (Steck 2019). One dense inverse of items x items is the whole training; the memory for it is the limit, and is
// told before it is asked for.
#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <string>
#include <utility>

#include "base/buffer.h"
#include "base/memory.h"
#include "base/parallel.h"
#include "base/progress.h"
#include "segue/error.h"
#include "segue/item_models.h"
#include "train/dense_inverse.h"
#include "train/top_items.h"

namespace segue {
namespace {

constexpr std::size_t kGrainItems = 16;

/// The most items whose weights take no more than so many bytes.
std::uint32_t items_that_fit(std::uint64_t bytes) {
  std::uint32_t items = 0;
  for (std::uint32_t step = 1U << 20; step > 0; step /= 2) {
    if (ease_memory_bytes(items + step) <= bytes) items += step;
  }
  return items;
}

/// Items that take part.
std::uint32_t items_of(const EaseOptions& options, const CsrMatrix& train) {
  return options.top_items == 0 ? train.cols() : std::min(options.top_items, train.cols());
}

}  // namespace

void require_ease_fits(const CsrMatrix& train, const EaseOptions& options) {
  const std::uint32_t items = items_of(options, train);
  const std::uint64_t needed = ease_memory_bytes(items);
  const std::uint64_t allowed = options.memory != 0
                                    ? options.memory
                                    : available_memory_bytes().value_or(std::numeric_limits<std::uint64_t>::max());
  if (needed <= allowed) return;
  throw Error(ErrorCode::kOutOfMemory,
              "EASE of " + std::to_string(items) + " items takes " + gigabytes(needed) + " of memory, and there are " +
                  gigabytes(allowed),
              "let only the items with most users take part: --top-items " +
                  std::to_string(items_that_fit(allowed / 4 * 3)) +
                  " leaves a quarter of the memory free; the time grows with their third power");
}

std::uint64_t ease_memory_bytes(std::uint32_t items) {
  const std::uint64_t rows = inverse_rows(items);
  return (rows * inverse_stride(items) + 2 * rows * kInverseBlock) * sizeof(float);
}

EaseWeights train_ease(const CsrMatrix& train, const EaseOptions& options, const Run& run) {
  if (!(options.l2 > 0) || !std::isfinite(options.l2)) {
    throw Error(ErrorCode::kInvalidArgument, "l2 is " + std::to_string(options.l2), "choose one above 0, such as 500");
  }
  require_ease_fits(train, options);
  const std::uint32_t count = items_of(options, train);
  run.check();
  EaseWeights result;
  result.items = train.cols();
  const std::vector<std::uint32_t> included = most_popular(train, count);
  std::vector<std::uint32_t> place(train.cols(), count);  // count: none
  for (std::uint32_t p = 0; p < count; ++p) place[included[p]] = p;

  const std::size_t rows = inverse_rows(count);
  const std::size_t stride = inverse_stride(count);
  result.stride = static_cast<std::uint32_t>(stride);
  Buffer<float> g(rows * stride);
  const CsrMatrix item_users = transpose(train, run);
  ProgressMeter meter(run, "counting pairs", rows, "items");
  parallel_chunks(rows, kGrainItems, run, [&](std::size_t begin, std::size_t end, int) {
    for (std::size_t i = begin; i < end; ++i) {
      float* row = g.data() + i * stride;
      if (i >= count) {
        row[i] = 1;
        continue;
      }
      const auto users = item_users.row_columns(included[i]);
      const auto own = item_users.row_values(included[i]);
      for (std::size_t u = 0; u < users.size(); ++u) {
        if (!(own[u] > 0)) continue;
        const auto items = train.row_columns(users[u]);
        const auto values = train.row_values(users[u]);
        for (std::size_t c = 0; c < items.size(); ++c) {
          if (place[items[c]] < count && values[c] > 0) row[place[items[c]]] += 1;
        }
      }
      row[i] += options.l2;
    }
    meter.add(end - begin);
  });
  meter.finish();

  negative_inverse(g.span(), count, run);
  // g is -P: B_ij = -P_ij / P_jj.
  std::vector<float> scale(count);
  for (std::size_t j = 0; j < count; ++j) {
    scale[j] = -1 / g[j * stride + j];
    if (!(scale[j] > 0) || !std::isfinite(scale[j])) {
      throw Error(ErrorCode::kNumerical, "EASE's inverse is not positive in float32", "raise the regularization (l2)");
    }
  }
  parallel_chunks(count, kGrainItems, run, [&](std::size_t begin, std::size_t end, int) {
    for (std::size_t i = begin; i < end; ++i) {
      for (std::size_t j = 0; j < count; ++j) g[i * stride + j] *= scale[j];
      g[i * stride + i] = 0;
    }
  });
  result.included = included;
  result.weights = std::move(g).share();
  return result;
}

Neighborhood largest_weights(const EaseWeights& weights, std::uint32_t neighbors, const Run& run) {
  if (neighbors == 0) {
    throw Error(ErrorCode::kInvalidArgument, "0 neighbors an item are asked for", "keep one or more, such as 500");
  }
  const auto count = static_cast<std::uint32_t>(weights.included.size());
  const std::uint32_t kept = count == 0 ? 0 : std::min(neighbors, count - 1);
  std::vector<std::uint32_t> place(weights.items, count);  // count: none
  for (std::uint32_t p = 0; p < count; ++p) place[weights.included[p]] = p;
  Buffer<std::uint64_t> row_ptr(weights.items + std::size_t{1});
  for (std::uint32_t item = 0; item < weights.items; ++item) {
    row_ptr[item + std::size_t{1}] = row_ptr[item] + (place[item] < count ? kept : 0);
  }
  Buffer<std::uint32_t> columns(row_ptr[weights.items]);
  Buffer<float> values(row_ptr[weights.items]);
  // Columns of a row-major matrix: a block of them at a time, so that each line of the cache is read once.
  parallel_chunks(count, kGrainItems, run, [&](std::size_t begin, std::size_t end, int) {
    const std::size_t width = end - begin;
    std::vector<Neighbor> block(width * count);
    for (std::uint32_t i = 0; i < count; ++i) {
      const float* row = weights.weights.data() + std::size_t{i} * weights.stride + begin;
      for (std::size_t j = 0; j < width; ++j) block[j * count + i] = {i, row[j]};
    }
    for (std::size_t j = 0; j < width; ++j) {
      const std::span<Neighbor> column(block.data() + j * count, count);
      column[begin + j] = column[count - 1];  // not the item itself
      const std::span<Neighbor> others = column.first(count - 1);
      if (kept < others.size()) {
        std::ranges::nth_element(others, others.begin() + kept, [](const Neighbor& a, const Neighbor& b) {
          return std::abs(a.score) > std::abs(b.score) || (std::abs(a.score) == std::abs(b.score) && a.item < b.item);
        });
      }
      std::ranges::sort(others.first(kept), {}, &Neighbor::item);
      std::uint64_t at = row_ptr[weights.included[begin + j]];
      for (const Neighbor& n : others.first(kept)) {
        columns[at] = weights.included[n.item];
        values[at++] = n.score;
      }
    }
  });
  WeightingState weighting;
  weighting.options.weighting = Weighting::kBinary;
  weighting.items = weights.items;
  return {CsrMatrix::create(weights.items, std::move(row_ptr).share(), std::move(columns).share(),
                            std::move(values).share()),
          std::move(weighting), true};
}

}  // namespace segue
