// Item-item neighbours. Similarity is symmetric: each pair of items is summed up once, for the less popular of the two,
// and offered to both. The row of an item is gathered in one dense array: for each of its users, each of the user's
// more popular items gets the product of the two weights (Gustavson 1978). Items are numbered by falling popularity for
// that: what an item needs are then the first cells of its users' rows, and most products fall on the few popular ones,
// whose sums stay in the nearest cache. A sum runs over users in ascending order whoever adds it, and which neighbours
// stay does not depend on the order they are found in: the same bits for any number of threads. Cost: half the sum over
// users of items^2 multiply-adds.
#include <algorithm>
#include <cmath>
#include <memory>
#include <numeric>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/buffer.h"
#include "base/parallel.h"
#include "base/progress.h"
#include "segue/error.h"
#include "segue/item_models.h"
#include "train/neighbor_lists.h"

namespace segue {
namespace {

constexpr std::size_t kGrainItems = 64;
constexpr std::size_t kGrainRows = 4096;
constexpr std::size_t kAhead = 6;  // users whose rows are asked for before they are read: rows lie all over the memory

void check(const NeighborOptions& options) {
  if (options.neighbors == 0) {
    throw Error(ErrorCode::kInvalidArgument, "0 neighbors an item are asked for", "keep one or more, such as 100");
  }
  if (!(options.shrinkage >= 0) || !std::isfinite(options.shrinkage)) {
    throw Error(ErrorCode::kInvalidArgument, "shrinkage is " + std::to_string(options.shrinkage),
                "choose 0 or more; 0 shrinks nothing");
  }
}

/// A weight and whose it is, side by side: one miss of the cache fetches both.
struct Cell {
  std::uint32_t index;
  float weight;
};

/// Rows of cells, ascending by index; weights are positive.
struct Rows {
  Buffer<std::uint64_t> first;  // row r is cells[first[r], first[r + 1])
  Buffer<Cell> cells;

  std::span<const Cell> operator[](std::size_t row) const {
    return cells.span().subspan(first[row], first[row + 1] - first[row]);
  }
};

/// Columns renamed to[column], values that are not positive dropped.
Rows renumbered(const CsrMatrix& matrix, const std::vector<std::uint32_t>& to, const Run& run) {
  Rows rows{Buffer<std::uint64_t>(matrix.rows() + std::size_t{1}), {}};
  parallel_chunks(matrix.rows(), kGrainRows, run, [&](std::size_t begin, std::size_t end, int) {
    for (std::size_t row = begin; row < end; ++row) {
      const auto values = matrix.row_values(static_cast<std::uint32_t>(row));
      rows.first[row + 1] = static_cast<std::uint64_t>(std::ranges::count_if(values, [](float v) { return v > 0; }));
    }
  });
  std::partial_sum(rows.first.begin(), rows.first.end(), rows.first.begin());
  rows.cells = Buffer<Cell>(rows.first[matrix.rows()]);
  parallel_chunks(matrix.rows(), kGrainRows, run, [&](std::size_t begin, std::size_t end, int) {
    for (std::size_t row = begin; row < end; ++row) {
      const auto columns = matrix.row_columns(static_cast<std::uint32_t>(row));
      const auto values = matrix.row_values(static_cast<std::uint32_t>(row));
      Cell* at = rows.cells.data() + rows.first[row];
      for (std::size_t i = 0; i < columns.size(); ++i) {
        if (values[i] > 0) *at++ = {to[columns[i]], values[i]};
      }
      std::sort(rows.cells.data() + rows.first[row], at,
                [](const Cell& x, const Cell& y) { return x.index < y.index; });
    }
  });
  return rows;
}

/// Sums of products with the items before one, in one dense array that is used again and again.
class Sums {
 public:
  explicit Sums(std::uint32_t items) : sums_(items), touched_(items + std::size_t{1}) {}

  /// Adds up w · w' over the users of an item for each item before it, and calls found(other, sum) for each sum above
  /// 0.
  /// @param weights  of the users; those that are not positive are passed over
  template <typename Found>
  void add_up(std::uint32_t item, std::span<const std::uint32_t> users, std::span<const float> weights,
              const Rows& user_items, Found&& found) {
    std::size_t touched = 0;
    float* sums = sums_.data();
    std::uint32_t* list = touched_.data();
    for (std::size_t u = 0; u < users.size(); ++u) {
      if (u + kAhead < users.size()) {
        __builtin_prefetch(user_items.cells.data() + user_items.first[users[u + kAhead]]);
      }
      const float w = weights[u];
      if (!(w > 0)) continue;
      // The row has the item itself, which ends the loop.
      for (const Cell* cell = user_items[users[u]].data(); cell->index < item; ++cell) {
        const std::uint32_t other = cell->index;
        const float before = sums[other];
        const float after = before + w * cell->weight;
        // Written always and counted where it is the first: no branch to mispredict. Weights are positive, so a sum
        // leaves 0 once.
        list[touched] = other;
        touched += before == 0 && after != 0 ? 1 : 0;
        sums[other] = after;
      }
    }
    for (std::size_t t = 0; t < touched; ++t) found(list[t], std::exchange(sums[list[t]], 0.0F));
  }

 private:
  std::vector<float> sums_;  // all 0 between calls
  std::vector<std::uint32_t> touched_;
};

}  // namespace

Neighborhood item_neighbors(const CsrMatrix& train, const NeighborOptions& options, const Run& run) {
  check(options);
  WeightingOptions weighting;
  weighting.weighting = options.weighting;
  weighting.bm25_k1 = options.bm25_k1;
  weighting.bm25_b = options.bm25_b;
  Weighed weighed = weigh(train, weighting, run);

  const std::uint32_t items = train.cols();
  const Array<std::uint32_t> counts = count_per_column(train);
  std::vector<std::uint32_t> by_rank(items);  // the item of a rank
  std::iota(by_rank.begin(), by_rank.end(), 0U);
  std::stable_sort(by_rank.begin(), by_rank.end(), [&](auto a, auto b) { return counts[a] > counts[b]; });
  std::vector<std::uint32_t> rank(items);
  for (std::uint32_t r = 0; r < items; ++r) rank[by_rank[r]] = r;
  const Rows user_items = renumbered(weighed.confidence.user_items(), rank, run);
  const CsrMatrix& item_users = weighed.confidence.item_users();

  std::vector<float> norms(items);  // by rank
  parallel_chunks(items, kGrainItems, run, [&](std::size_t begin, std::size_t end, int) {
    for (std::size_t r = begin; r < end; ++r) {
      double sum = 0;
      for (const float w : item_users.row_values(by_rank[r])) sum += w > 0 ? double{w} * w : 0.0;
      norms[r] = static_cast<float>(std::sqrt(sum));
    }
  });

  NeighborLists lists(items, options.neighbors);
  ProgressMeter meter(run, "training", items, "items");
  std::vector<std::unique_ptr<Sums>> sums(static_cast<std::size_t>(run.thread_count()));
  parallel_chunks(items, kGrainItems, run, [&](std::size_t begin, std::size_t end, int worker) {
    std::unique_ptr<Sums>& own = sums[static_cast<std::size_t>(worker)];
    if (!own) own = std::make_unique<Sums>(items);
    for (std::size_t i = begin; i < end; ++i) {
      const auto item = static_cast<std::uint32_t>(i);
      own->add_up(item, item_users.row_columns(by_rank[item]), item_users.row_values(by_rank[item]), user_items,
                  [&](std::uint32_t other, float dot) {
                    const float score =
                        options.normalize ? dot / (norms[item] * norms[other] + options.shrinkage) : dot;
                    lists.offer(item, {by_rank[other], score});
                    lists.offer(other, {by_rank[item], score});
                  });
    }
    meter.add(end - begin);
  });
  meter.finish();

  Buffer<std::uint64_t> row_ptr(items + std::size_t{1});
  for (std::uint32_t item = 0; item < items; ++item)
    row_ptr[item + std::size_t{1}] = row_ptr[item] + lists.size(rank[item]);
  Buffer<std::uint32_t> columns(row_ptr[items]);
  Buffer<float> values(row_ptr[items]);
  parallel_chunks(items, kGrainItems, run, [&](std::size_t begin, std::size_t end, int) {
    for (std::size_t item = begin; item < end; ++item) {
      std::uint64_t at = row_ptr[item];
      for (const Neighbor& n : lists.take(rank[item])) {
        columns[at] = n.item;
        values[at++] = n.score;
      }
    }
  });
  return {CsrMatrix::create(items, std::move(row_ptr).share(), std::move(columns).share(), std::move(values).share()),
          std::move(weighed.state), options.binary_history};
}

}  // namespace segue
