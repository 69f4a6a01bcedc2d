// Item-item neighbours. The row of an item is gathered in one dense array: for each of its users, each of the user's
// items gets the product of the two weights (Gustavson 1978). Items are renumbered by falling popularity first: most
// products then fall on the few popular ones, whose sums stay in the nearest cache. A sum runs over users in ascending
// order whoever adds it: the same bits for any number of threads. Cost: sum over users of items^2 multiply-adds.
#include <algorithm>
#include <cmath>
#include <numeric>
#include <string>
#include <utility>

#include "base/parallel.h"
#include "base/progress.h"
#include "segue/error.h"
#include "segue/item_models.h"

namespace segue {
namespace {

constexpr std::size_t kGrainItems = 64;

void check(const NeighborOptions& options) {
  if (options.neighbors == 0) {
    throw Error(ErrorCode::kInvalidArgument, "0 neighbors an item are asked for", "keep one or more, such as 100");
  }
  if (!(options.shrinkage >= 0) || !std::isfinite(options.shrinkage)) {
    throw Error(ErrorCode::kInvalidArgument, "shrinkage is " + std::to_string(options.shrinkage),
                "choose 0 or more; 0 shrinks nothing");
  }
}

/// Columns renamed to[column], values that are not positive dropped.
CsrMatrix renumbered(const CsrMatrix& matrix, const std::vector<std::uint32_t>& to) {
  std::vector<std::uint64_t> row_ptr{0};
  std::vector<std::uint32_t> columns;
  std::vector<float> values;
  std::vector<std::pair<std::uint32_t, float>> cells;
  for (std::uint32_t row = 0; row < matrix.rows(); ++row) {
    cells.clear();
    for (std::size_t i = 0; i < matrix.row_columns(row).size(); ++i) {
      const float value = matrix.row_values(row)[i];
      if (value > 0) cells.emplace_back(to[matrix.row_columns(row)[i]], value);
    }
    std::sort(cells.begin(), cells.end());
    for (const auto& [column, value] : cells) {
      columns.push_back(column);
      values.push_back(value);
    }
    row_ptr.push_back(columns.size());
  }
  return CsrMatrix::create(matrix.cols(), std::move(row_ptr), std::move(columns), std::move(values));
}

class NeighborRanker final : public Ranker {
 public:
  NeighborRanker(const Neighborhood& neighborhood, const CsrMatrix& history, const Run& run)
      : by_source_(transpose(neighborhood.similar, run)), weighting_(neighborhood.weighting), history_(history) {}

  std::uint32_t rows() const override { return history_.rows(); }
  std::uint32_t items() const override { return history_.cols(); }

  void score(std::uint32_t row, std::span<float> scores) const override {
    std::ranges::fill(scores, 0.0F);
    const auto items = history_.row_columns(row);
    const std::vector<float> weights = weigh_history(weighting_, items, history_.row_values(row));
    for (std::size_t i = 0; i < items.size(); ++i) {
      if (!(weights[i] > 0)) continue;
      const auto targets = by_source_.row_columns(items[i]);
      const auto similarities = by_source_.row_values(items[i]);
      for (std::size_t t = 0; t < targets.size(); ++t) scores[targets[t]] += weights[i] * similarities[t];
    }
  }

 private:
  CsrMatrix by_source_;  // row i: the items that have i among their neighbours
  WeightingState weighting_;
  CsrMatrix history_;
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
  const CsrMatrix user_items = renumbered(weighed.confidence.user_items(), rank);
  const CsrMatrix item_users = transpose(user_items, run);

  std::vector<float> norms(items);
  for (std::uint32_t i = 0; i < items; ++i) {
    double sum = 0;
    for (const float w : item_users.row_values(i)) sum += double{w} * w;
    norms[i] = static_cast<float>(std::sqrt(sum));
  }

  std::vector<std::vector<Neighbor>> kept(items);
  ProgressMeter meter(run, "training", items, "items");
  struct Scratch {
    std::vector<float> sums;
    std::vector<std::uint32_t> touched;
    std::vector<Neighbor> found;
  };
  std::vector<Scratch> scratches(static_cast<std::size_t>(run.thread_count()));
  parallel_chunks(items, kGrainItems, run, [&](std::size_t begin, std::size_t end, int worker) {
    Scratch& own = scratches[static_cast<std::size_t>(worker)];
    own.sums.resize(items);
    own.touched.resize(items + std::size_t{1});
    for (std::size_t i = begin; i < end; ++i) {
      const auto item = static_cast<std::uint32_t>(i);
      std::size_t touched = 0;
      float* sums = own.sums.data();
      std::uint32_t* list = own.touched.data();
      const auto users = item_users.row_columns(item);
      const auto weights = item_users.row_values(item);
      for (std::size_t u = 0; u < users.size(); ++u) {
        const auto columns = user_items.row_columns(users[u]);
        const auto values = user_items.row_values(users[u]);
        const float w = weights[u];
        for (std::size_t c = 0; c < columns.size(); ++c) {
          const std::uint32_t other = columns[c];
          const float before = sums[other];
          const float after = before + w * values[c];
          // Written always and counted where it is the first: no branch to mispredict. Weights are positive, so a sum
          // leaves 0 once.
          list[touched] = other;
          touched += before == 0 && after != 0 ? 1 : 0;
          sums[other] = after;
        }
      }
      own.found.clear();
      for (std::size_t t = 0; t < touched; ++t) {
        const std::uint32_t other = list[t];
        const float dot = std::exchange(sums[other], 0.0F);
        if (other == item) continue;
        const float scale = options.normalize ? norms[item] * norms[other] + options.shrinkage : 1.0F;
        own.found.push_back({by_rank[other], dot / scale});
      }
      const std::size_t top = std::min<std::size_t>(options.neighbors, own.found.size());
      const auto better = [](const Neighbor& a, const Neighbor& b) {
        return a.score > b.score || (a.score == b.score && a.item < b.item);
      };
      if (top < own.found.size()) {
        std::nth_element(own.found.begin(), own.found.begin() + static_cast<std::ptrdiff_t>(top), own.found.end(),
                         better);
        own.found.resize(top);
      }
      std::ranges::sort(own.found, {}, &Neighbor::item);
      kept[by_rank[item]] = own.found;
    }
    meter.add(end - begin);
  });
  meter.finish();

  std::vector<std::uint64_t> row_ptr{0};
  std::vector<std::uint32_t> columns;
  std::vector<float> values;
  for (const auto& row : kept) {
    for (const Neighbor& n : row) {
      columns.push_back(n.item);
      values.push_back(n.score);
    }
    row_ptr.push_back(columns.size());
  }
  return {CsrMatrix::create(items, std::move(row_ptr), std::move(columns), std::move(values)),
          std::move(weighed.state)};
}

std::unique_ptr<Ranker> make_neighbor_ranker(const Neighborhood& neighborhood, const CsrMatrix& history,
                                             const Run& run) {
  if (history.cols() != neighborhood.similar.rows()) {
    throw Error(ErrorCode::kInvalidArgument,
                "histories are of " + std::to_string(history.cols()) + " items and neighbours of " +
                    std::to_string(neighborhood.similar.rows()),
                "number items as in the training");
  }
  return std::make_unique<NeighborRanker>(neighborhood, history, run);
}

}  // namespace segue
