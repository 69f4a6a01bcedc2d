// Item-item neighbours. What an item has in common with others is summed up in one dense array: for each of its users,
// each of the user's items gets the product of the two weights (Gustavson 1978). Similarity is symmetric, and memory is
// what it waits for, so that items are numbered by falling popularity and treated by it:
//
// - The head, about 1,400 items with half of all interactions: sums of all its pairs fit the cache, so that users are
//   read once, one after the other, each adding its pairs.
// - Others with many users: a pair is summed up once, for the less popular of the two, from the first cells of its
//   users' rows, and offered to both.
// - Items with few users, nearly all of a catalogue: whole rows are summed up. Such a list is complete, nobody offers
// to
//   it, and it takes no lock. To the popular ones the item offers itself; nearly all of that one comparison refuses.
//
// Rows of users lie all over the memory. The users of all items are one stream of cells, and rows are asked for so many
// cells of it ahead.
//
// The order of a sum's terms is fixed by the data, and which neighbours stay does not depend on the order they are
// found in: the same bits for any number of threads. Cost: at most the sum over users of items^2 multiply-adds, half of
// it where most items have many users.
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
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
/// Slices of users that are taken at once: each writes to few enough places for the nearer caches.
constexpr std::size_t kSlices = 16;
/// Items with so many users share the sums of their pairs.
constexpr std::uint64_t kManyUsers = 64;
/// Items of the head at most: the sums of its pairs are 4 MB, which a core's share of L3 holds.
constexpr std::uint32_t kHead = 1448;
/// Cells of items ahead of the one in work, whose users' rows are asked for, and the places of those rows before.
constexpr std::size_t kRowsAhead = 8;
constexpr std::size_t kPlacesAhead = 32;
/// Cells of a line of the cache, and lines of a row that are asked for at most.
constexpr std::size_t kLineCells = 8;
constexpr std::size_t kMostLines = 8;

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
  Buffer<Cell> cells;           // and kPlacesAhead more, which are 0 and may be looked at

  std::span<const Cell> operator[](std::size_t row) const {
    return cells.span().subspan(first[row], first[row + 1] - first[row]);
  }
};

/// Rows with as many cells as rows of a matrix, in this order, have values above 0; the cells are still to be filled.
Rows rows_for(const CsrMatrix& matrix, std::span<const std::uint32_t> order, const Run& run) {
  Rows rows{Buffer<std::uint64_t>(order.size() + 1), {}};
  parallel_chunks(order.size(), kGrainRows, run, [&](std::size_t begin, std::size_t end, int) {
    for (std::size_t r = begin; r < end; ++r) {
      const auto values = matrix.row_values(order[r]);
      rows.first[r + 1] = static_cast<std::uint64_t>(std::ranges::count_if(values, [](float v) { return v > 0; }));
    }
  });
  std::partial_sum(rows.first.begin(), rows.first.end(), rows.first.begin());
  rows.cells = Buffer<Cell>(rows.first[order.size()] + kPlacesAhead);
  return rows;
}

/// The rows of a matrix in another order, values that are not positive dropped.
Rows reordered(const CsrMatrix& matrix, std::span<const std::uint32_t> order, const Run& run) {
  Rows rows = rows_for(matrix, order, run);
  parallel_chunks(order.size(), kGrainRows, run, [&](std::size_t begin, std::size_t end, int) {
    for (std::size_t r = begin; r < end; ++r) {
      const auto columns = matrix.row_columns(order[r]);
      const auto values = matrix.row_values(order[r]);
      Cell* at = rows.cells.data() + rows.first[r];
      for (std::size_t i = 0; i < columns.size(); ++i) {
        if (values[i] > 0) *at++ = {columns[i], values[i]};
      }
    }
  });
  return rows;
}

/// The part of a range that a slice is.
std::pair<std::uint32_t, std::uint32_t> slice_of(std::uint32_t count, std::size_t slice) {
  return {static_cast<std::uint32_t>(std::uint64_t{count} * slice / kSlices),
          static_cast<std::uint32_t>(std::uint64_t{count} * (slice + 1) / kSlices)};
}

/// Fills the transpose of rows.
void transpose_into(const Rows& rows, Rows& result, const Run& run) {
  const auto count = static_cast<std::uint32_t>(result.first.size() - 1);
  // Each task takes of each row what falls into its slice of the columns.
  parallel_chunks(kSlices, 1, run, [&](std::size_t slice, std::size_t, int) {
    const auto [begin, end] = slice_of(count, slice);
    std::vector<std::uint64_t> next(result.first.begin() + begin, result.first.begin() + end);
    for (std::size_t r = 0; r + 1 < rows.first.size(); ++r) {
      const std::span<const Cell> row = rows[r];
      for (auto cell = std::ranges::lower_bound(row, begin, {}, &Cell::index); cell != row.end(); ++cell) {
        if (cell->index >= end) break;
        result.cells[next[cell->index - begin]++] = {static_cast<std::uint32_t>(r), cell->weight};
      }
    }
  });
}

/// Sums of products of the first items with each other: a triangle.
class Head {
 public:
  Head(std::uint32_t items, const Rows& user_items, const Run& run) : size_(begin_of(items)), sums_(size_ * kSlices) {
    const auto users = static_cast<std::uint32_t>(user_items.first.size() - 1);
    // Each slice of users has its own sums, which are then added up in the order of the slices.
    parallel_chunks(kSlices, 1, run, [&](std::size_t slice, std::size_t, int) {
      float* sums = sums_.data() + slice * size_;
      const auto [begin, end] = slice_of(users, slice);
      for (std::uint32_t user = begin; user < end; ++user) {
        const std::span<const Cell> row = user_items[user];
        for (std::size_t i = 0; i < row.size() && row[i].index < items; ++i) {
          float* to = sums + begin_of(row[i].index);
          const float w = row[i].weight;
          for (std::size_t j = 0; j < i; ++j) to[row[j].index] += w * row[j].weight;
        }
      }
    });
    parallel_chunks(size_, kGrainSums, run, [&](std::size_t begin, std::size_t end, int) {
      for (std::size_t slice = 1; slice < kSlices; ++slice) {
        const float* from = sums_.data() + slice * size_;
        for (std::size_t s = begin; s < end; ++s) sums_[s] += from[s];
      }
    });
  }

  /// With the items before it.
  std::span<const float> operator[](std::uint32_t item) const { return sums_.span().subspan(begin_of(item), item); }

 private:
  static constexpr std::size_t kGrainSums = 4096;
  static std::size_t begin_of(std::uint32_t item) { return std::size_t{item} * (std::max(item, 1U) - 1) / 2; }

  std::size_t size_;
  Buffer<float> sums_;  // of each slice
};

/// Sums of products of one item with others, in one dense array that is used again and again.
class Sums {
 public:
  Sums(const Rows& item_users, const Rows& user_items)
      : item_users_(item_users),
        user_items_(user_items),
        mean_row_(user_items.first.size() < 2
                      ? 0
                      : user_items.first[user_items.first.size() - 1] / (user_items.first.size() - 1)),
        sums_(item_users.first.size() - 1),
        touched_(item_users.first.size()) {}

  /// Adds up w · w' over the users of an item for each item before it, or for each item at all, and calls
  /// found(other, sum) for each sum above 0.
  template <typename Found>
  void add_up(std::uint32_t item, bool only_before, Found&& found) {
    if (!only_before) {
      visit(item, add<false, true>(item), found);
    } else if (item_users_[item].size() * mean_row_ < item) {
      visit(item, add<true, true>(item), found);
    } else {
      // Most of the items before have a sum then: to look at all is cheaper than to note which.
      add<true, false>(item);
      for (std::uint32_t other = 0; other < item; ++other) {
        if (const float sum = std::exchange(sums_[other], 0.0F); sum > 0) found(other, sum);
      }
    }
  }

 private:
  /// @return how many are noted in touched_
  template <bool kOnlyBefore, bool kNoted>
  std::size_t add(std::uint32_t item) {
    std::size_t touched = 0;
    float* sums = sums_.data();
    std::uint32_t* list = touched_.data();
    const std::uint64_t* first = user_items_.first.data();
    const Cell* cells = user_items_.cells.data();
    for (const Cell& own : item_users_[item]) {
      fetch_ahead(&own);
      const float w = own.weight;
      const Cell* cell = cells + first[own.index];
      const Cell* end = cells + first[own.index + std::size_t{1}];
      // The row has the item itself, which ends the loop over what comes before.
      for (; kOnlyBefore ? cell->index < item : cell != end; ++cell) {
        const std::uint32_t other = cell->index;
        const float before = sums[other];
        const float after = before + w * cell->weight;
        if constexpr (kNoted) {
          // Written always and counted where it is the first: no branch to mispredict. Weights are positive, so a sum
          // leaves 0 once.
          list[touched] = other;
          touched += before == 0 && after != 0 ? 1 : 0;
        }
        sums[other] = after;
      }
    }
    return touched;
  }

  template <typename Found>
  void visit(std::uint32_t item, std::size_t touched, Found&& found) {
    for (std::size_t t = 0; t < touched; ++t) {
      const float sum = std::exchange(sums_[touched_[t]], 0.0F);
      if (touched_[t] != item) found(touched_[t], sum);
    }
  }

  /// Asks for what cells further on will read. GCC 12 takes a function that only prefetches for one without effect, and
  /// drops its calls, unless it is inlined first.
  [[gnu::always_inline]] void fetch_ahead(const Cell* own) const {
    __builtin_prefetch(user_items_.first.data() + own[kPlacesAhead].index);
    const std::uint32_t user = own[kRowsAhead].index;
    const std::uint64_t begin = user_items_.first[user];
    const std::uint64_t cells = user_items_.first[user + std::size_t{1}] - begin;
    const std::size_t lines = std::min<std::size_t>(cells / kLineCells + 1, kMostLines);
    for (std::size_t line = 0; line < lines; ++line) {
      __builtin_prefetch(user_items_.cells.data() + begin + line * kLineCells);
    }
  }

  const Rows& item_users_;
  const Rows& user_items_;
  std::uint64_t mean_row_;
  std::vector<float> sums_;  // all 0 between calls
  std::vector<std::uint32_t> touched_;
};

/// The best of the candidates of one item.
class Best {
 public:
  explicit Best(std::uint32_t top) : top_(top) {}

  /// Whoever scores less has no chance.
  float least() const { return least_; }

  void add(Neighbor candidate) {
    constexpr std::size_t kRoom = 64;
    kept_.push_back(candidate);
    if (kept_.size() < top_ + std::max<std::size_t>(top_, kRoom)) return;
    cut();
    least_ = kept_[top_ - 1].score;
  }

  /// The best; nothing is left.
  std::vector<Neighbor> take() {
    if (kept_.size() > top_) cut();
    std::vector<Neighbor> best(kept_.begin(), kept_.end());
    kept_.clear();
    least_ = 0;
    return best;
  }

 private:
  void cut() {
    std::nth_element(kept_.begin(), kept_.begin() + static_cast<std::ptrdiff_t>(top_ - 1), kept_.end(),
                     NeighborLists::better);
    kept_.resize(top_);
  }

  std::size_t top_;
  float least_ = 0;
  std::vector<Neighbor> kept_;
};

/// What a worker uses again for each item.
struct Scratch {
  Sums sums;
  Best best;
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
  std::vector<std::uint32_t> by_rank(items);  // the item of a rank
  std::iota(by_rank.begin(), by_rank.end(), 0U);
  const auto users_of = [&](std::uint32_t item) { return weighed.confidence.item_users().row_columns(item).size(); };
  std::stable_sort(by_rank.begin(), by_rank.end(), [&](auto a, auto b) { return users_of(a) > users_of(b); });
  const Rows item_users = reordered(weighed.confidence.item_users(), by_rank, run);
  std::vector<std::uint32_t> users(train.rows());
  std::iota(users.begin(), users.end(), 0U);
  Rows user_items = rows_for(weighed.confidence.user_items(), users, run);
  weighed.confidence = {};
  transpose_into(item_users, user_items, run);

  std::vector<float> norms(items);  // by rank
  parallel_chunks(items, kGrainItems, run, [&](std::size_t begin, std::size_t end, int) {
    for (std::size_t r = begin; r < end; ++r) {
      double sum = 0;
      for (const Cell& cell : item_users[r]) sum += double{cell.weight} * cell.weight;
      norms[r] = static_cast<float>(std::sqrt(sum));
    }
  });

  std::uint32_t shared = 0;  // items before it have many users
  while (shared < items && item_users[shared].size() >= kManyUsers) ++shared;
  const std::uint32_t head_items = std::min(shared, kHead);
  const Head head(head_items, user_items, run);
  NeighborLists lists(shared, options.neighbors);
  std::vector<std::vector<Neighbor>> complete(items - shared);
  ProgressMeter meter(run, "training", items, "items");
  std::vector<std::unique_ptr<Scratch>> scratch(static_cast<std::size_t>(run.thread_count()));
  parallel_chunks(items, kGrainItems, run, [&](std::size_t begin, std::size_t end, int worker) {
    std::unique_ptr<Scratch>& own = scratch[static_cast<std::size_t>(worker)];
    if (!own) own = std::make_unique<Scratch>(Scratch{Sums(item_users, user_items), Best(options.neighbors)});
    Best& best = own->best;
    for (std::size_t i = begin; i < end; ++i) {
      const auto item = static_cast<std::uint32_t>(i);
      const auto found = [&](std::uint32_t other, float dot) {
        const float score = options.normalize ? dot / (norms[item] * norms[other] + options.shrinkage) : dot;
        if (score >= best.least()) best.add({by_rank[other], score});
        if (other < shared && score >= lists.least(other)) lists.offer(other, {by_rank[item], score});
      };
      if (item < head_items) {
        for (std::uint32_t other = 0; other < item; ++other) {
          if (head[item][other] > 0) found(other, head[item][other]);
        }
      } else {
        own->sums.add_up(item, item < shared, found);
      }
      if (item < shared) {
        for (const Neighbor& n : best.take()) lists.offer(item, n);
      } else {
        complete[item - shared] = best.take();
        std::ranges::sort(complete[item - shared], {}, &Neighbor::item);
      }
    }
    meter.add(end - begin);
  });
  meter.finish();

  std::vector<std::uint32_t> rank(items);
  for (std::uint32_t r = 0; r < items; ++r) rank[by_rank[r]] = r;
  Buffer<std::uint64_t> row_ptr(items + std::size_t{1});
  for (std::uint32_t item = 0; item < items; ++item) {
    const std::uint32_t r = rank[item];
    row_ptr[item + std::size_t{1}] = row_ptr[item] + (r < shared ? lists.size(r) : complete[r - shared].size());
  }
  Buffer<std::uint32_t> columns(row_ptr[items]);
  Buffer<float> values(row_ptr[items]);
  parallel_chunks(items, kGrainItems, run, [&](std::size_t begin, std::size_t end, int) {
    for (std::size_t item = begin; item < end; ++item) {
      const std::uint32_t r = rank[item];
      std::uint64_t at = row_ptr[item];
      for (const Neighbor& n : r < shared ? lists.take(r) : std::exchange(complete[r - shared], {})) {
        columns[at] = n.item;
        values[at++] = n.score;
      }
    }
  });
  return {CsrMatrix::create(items, std::move(row_ptr).share(), std::move(columns).share(), std::move(values).share()),
          std::move(weighed.state), options.binary_history};
}

}  // namespace segue
