// SLIM (Ning & Karypis 2011) by coordinate descent (Friedman, Hastie & Tibshirani 2010, with products of columns): an
// item's weights are found with all others at hand, w_i = max(0, r_i + G_ii w_i - l1) / (G_ii + l2), where G = A'A and
// r = G_j - G w is kept up to date, a row of G a change. Each item is a problem of its own, and that is what threads
// share.
//
// As no weight and no product is below 0, r never rises above G_j: an item that is seen with j by no more than l1 users
// can have no weight, and is not looked at. G is kept by rows, dense where most pairs are seen together and sparse
// where few are.
#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/buffer.h"
#include "base/memory.h"
#include "base/parallel.h"
#include "base/progress.h"
#include "segue/error.h"
#include "segue/item_models.h"
#include "simd/dense.h"
#include "train/gradient_common.h"
#include "train/top_items.h"

namespace segue {
namespace {

constexpr std::size_t kGrainItems = 16;
constexpr std::size_t kLine = 16;  // floats

void check(const SlimOptions& options) {
  const auto require = [](bool good, const std::string& problem, const std::string& fix) {
    if (!good) throw Error(ErrorCode::kInvalidArgument, problem, fix);
  };
  require(std::isfinite(options.l1) && options.l1 >= 0, "l1 is " + std::to_string(options.l1),
          "choose 0 or more, such as 0.1");
  require(std::isfinite(options.l2) && options.l2 >= 0 && options.l1 + options.l2 > 0,
          "l2 is " + std::to_string(options.l2), "choose 0 or more, such as 200, and l1 or l2 above 0");
  require(options.sweeps >= 1, "0 sweeps are asked for", "allow one or more, such as 100");
  require(std::isfinite(options.tolerance) && options.tolerance > 0, "the tolerance must be above 0",
          "choose one such as 0.0001");
}

/// Counts of users that two items share, by rows.
class Products {
 public:
  /// @param user_items, item_users  binary
  Products(const CsrMatrix& user_items, const CsrMatrix& item_users, const SlimOptions& options, const Run& run)
      : items_(item_users.rows()), stride_((items_ + kLine - 1) / kLine * kLine) {
    std::vector<std::uint64_t> row_ptr(items_ + std::size_t{1});
    for_each_row(user_items, item_users, run, [&](std::uint32_t item, std::span<const std::uint32_t> others, auto&&) {
      row_ptr[item + std::size_t{1}] = others.size();
    });
    for (std::size_t i = 0; i < items_; ++i) row_ptr[i + 1] += row_ptr[i];
    const std::uint64_t sparse = row_ptr.back() * (sizeof(float) + sizeof(std::uint32_t));
    const std::uint64_t dense = std::uint64_t{items_} * stride_ * sizeof(float);
    const std::uint64_t needed = std::min(sparse, dense);
    const std::uint64_t allowed = options.memory != 0
                                      ? options.memory
                                      : available_memory_bytes().value_or(std::numeric_limits<std::uint64_t>::max());
    if (needed > allowed) {
      // Pairs grow with the square of the items at most.
      const double share = std::sqrt(static_cast<double>(allowed) / static_cast<double>(needed));
      throw Error(ErrorCode::kOutOfMemory,
                  "SLIM of " + std::to_string(items_) + " items takes " + gigabytes(needed) +
                      " of memory, and there are " + gigabytes(allowed),
                  "let only the items with most users take part: --top-items " +
                      std::to_string(static_cast<std::uint32_t>(share * items_)));
    }
    is_dense_ = dense <= sparse;
    if (is_dense_) {
      dense_ = Buffer<float>(items_ * stride_);
    } else {
      columns_ = Buffer<std::uint32_t>(row_ptr.back());
      values_ = Buffer<float>(row_ptr.back());
    }
    row_ptr_ = std::move(row_ptr);
    for_each_row(user_items, item_users, run,
                 [&](std::uint32_t item, std::span<const std::uint32_t> others, const std::vector<float>& counts) {
                   for (std::size_t o = 0; o < others.size(); ++o) {
                     if (is_dense_) {
                       dense_[item * stride_ + others[o]] = counts[others[o]];
                     } else {
                       columns_[row_ptr_[item] + o] = others[o];
                       values_[row_ptr_[item] + o] = counts[others[o]];
                     }
                   }
                 });
  }

  std::size_t stride() const { return stride_; }

  /// row += factor · G_item, [stride()].
  void add(std::uint32_t item, float factor, float* row) const {
    if (is_dense_) {
      simd::add_scaled(dense_.data() + item * stride_, factor, stride_, row);
      return;
    }
    for (std::uint64_t c = row_ptr_[item]; c < row_ptr_[item + std::size_t{1}]; ++c)
      row[columns_[c]] += factor * values_[c];
  }

 private:
  /// Calls found(item, the items it is seen with in ascending order, counts by item) for each item, in parallel.
  template <typename Found>
  static void for_each_row(const CsrMatrix& user_items, const CsrMatrix& item_users, const Run& run, Found&& found) {
    struct Scratch {
      std::vector<float> counts;  // exact up to 2^24 users; all 0 between items
      std::vector<std::uint32_t> others;
    };
    std::vector<Scratch> scratch(static_cast<std::size_t>(run.thread_count()));
    parallel_chunks(item_users.rows(), kGrainItems, run, [&](std::size_t begin, std::size_t end, int worker) {
      Scratch& own = scratch[static_cast<std::size_t>(worker)];
      own.counts.resize(item_users.rows());
      for (std::size_t i = begin; i < end; ++i) {
        const auto item = static_cast<std::uint32_t>(i);
        own.others.clear();
        for (const std::uint32_t user : item_users.row_columns(item)) {
          for (const std::uint32_t other : user_items.row_columns(user)) {
            if (own.counts[other] == 0) own.others.push_back(other);
            own.counts[other] += 1;
          }
        }
        std::ranges::sort(own.others);
        found(item, std::span<const std::uint32_t>(own.others), own.counts);
        for (const std::uint32_t other : own.others) own.counts[other] = 0;
      }
    });
  }

  std::uint32_t items_;
  std::size_t stride_;
  bool is_dense_ = false;
  Buffer<float> dense_;
  std::vector<std::uint64_t> row_ptr_;
  Buffer<std::uint32_t> columns_;
  Buffer<float> values_;
};

/// One item's problem after the other, in memory that is used again.
class Descent {
 public:
  Descent(const Products& products, std::span<const float> diagonal, const SlimOptions& options)
      : products_(products),
        diagonal_(diagonal),
        options_(options),
        rest_(products.stride()),
        weights_(diagonal.size()) {}

  /// The weights of an item above 0, ascending by item.
  std::vector<Neighbor> solve(std::uint32_t item) {
    std::ranges::fill(rest_, 0.0F);
    products_.add(item, 1, rest_.data());
    std::vector<std::uint32_t> able;
    for (std::uint32_t i = 0; i < diagonal_.size(); ++i) {
      if (i != item && rest_[i] > options_.l1) able.push_back(i);
    }
    // Between sweeps over all that may have a weight, those that have one are brought to rest.
    constexpr int kMostBetween = 20;
    std::vector<std::uint32_t> some;
    for (std::uint32_t sweep = 0; sweep < options_.sweeps; ++sweep) {
      if (is_at_rest(sweep_over(able))) break;
      some.clear();
      for (const std::uint32_t i : able) {
        if (weights_[i] > 0) some.push_back(i);
      }
      for (int n = 0; n < kMostBetween && ++sweep < options_.sweeps; ++n) {
        if (is_at_rest(sweep_over(some))) break;
      }
    }
    std::vector<Neighbor> found;
    for (const std::uint32_t i : able) {
      if (weights_[i] > 0) found.push_back({i, std::exchange(weights_[i], 0.0F)});
    }
    return found;
  }

 private:
  struct Change {
    float most = 0;
    float largest = 0;  // weight
  };
  bool is_at_rest(const Change& change) const { return change.most <= options_.tolerance * change.largest; }

  Change sweep_over(const std::vector<std::uint32_t>& items) {
    Change change;
    for (const std::uint32_t i : items) {
      const float before = weights_[i];
      const float after = std::max(0.0F, rest_[i] + diagonal_[i] * before - options_.l1) / (diagonal_[i] + options_.l2);
      change.largest = std::max(change.largest, after);
      if (after == before) continue;
      change.most = std::max(change.most, std::abs(after - before));
      products_.add(i, before - after, rest_.data());
      weights_[i] = after;
    }
    return change;
  }

  const Products& products_;
  std::span<const float> diagonal_;
  const SlimOptions& options_;
  Buffer<float> rest_;
  std::vector<float> weights_;  // all 0 between items
};

void keep_largest(std::vector<Neighbor>& weights, std::uint32_t count) {
  if (count == 0 || weights.size() <= count) return;
  std::ranges::sort(weights, [](const Neighbor& a, const Neighbor& b) {
    return a.score > b.score || (a.score == b.score && a.item < b.item);
  });
  weights.resize(count);
  std::ranges::sort(weights, {}, &Neighbor::item);
}

/// The columns in `items` (ascending), renumbered by their place.
CsrMatrix columns_of(const CsrMatrix& matrix, const std::vector<std::uint32_t>& items) {
  constexpr std::uint32_t kNone = std::numeric_limits<std::uint32_t>::max();
  std::vector<std::uint32_t> place(matrix.cols(), kNone);
  for (std::size_t p = 0; p < items.size(); ++p) place[items[p]] = static_cast<std::uint32_t>(p);
  std::vector<std::uint64_t> row_ptr{0};
  std::vector<std::uint32_t> columns;
  for (std::uint32_t row = 0; row < matrix.rows(); ++row) {
    for (const std::uint32_t column : matrix.row_columns(row)) {
      if (place[column] != kNone) columns.push_back(place[column]);
    }
    row_ptr.push_back(columns.size());
  }
  std::vector<float> ones(columns.size(), 1.0F);
  return CsrMatrix::create(static_cast<std::uint32_t>(items.size()), std::move(row_ptr), std::move(columns),
                           std::move(ones));
}

}  // namespace

Neighborhood train_slim(const CsrMatrix& train, const SlimOptions& options, const Run& run) {
  check(options);
  const std::vector<std::uint32_t> included =
      most_popular(train, options.top_items == 0 ? train.cols() : options.top_items);
  const CsrMatrix user_items = columns_of(positives_of(train, true), included);
  const CsrMatrix item_users = transpose(user_items, run);
  const std::uint32_t items = user_items.cols();
  const Products products(user_items, item_users, options, run);
  std::vector<float> diagonal(items);
  for (std::uint32_t i = 0; i < items; ++i) diagonal[i] = static_cast<float>(item_users.row_columns(i).size());

  std::vector<std::vector<Neighbor>> rows(train.cols());
  std::vector<std::unique_ptr<Descent>> descents(static_cast<std::size_t>(run.thread_count()));
  ProgressMeter meter(run, "training", items, "items");
  parallel_chunks(items, kGrainItems, run, [&](std::size_t begin, std::size_t end, int worker) {
    std::unique_ptr<Descent>& own = descents[static_cast<std::size_t>(worker)];
    if (!own) own = std::make_unique<Descent>(products, diagonal, options);
    for (std::size_t i = begin; i < end; ++i) {
      run.check();
      std::vector<Neighbor>& row = rows[included[i]];
      row = own->solve(static_cast<std::uint32_t>(i));
      keep_largest(row, options.neighbors);
      for (Neighbor& n : row) n.item = included[n.item];
      meter.add(1);
    }
  });
  meter.finish();

  std::vector<std::uint64_t> row_ptr{0};
  std::vector<std::uint32_t> columns;
  std::vector<float> values;
  for (const std::vector<Neighbor>& row : rows) {
    for (const Neighbor& n : row) {
      columns.push_back(n.item);
      values.push_back(n.score);
    }
    row_ptr.push_back(columns.size());
  }
  WeightingState weighting;
  weighting.options.weighting = Weighting::kBinary;
  weighting.items = train.cols();
  return {CsrMatrix::create(train.cols(), std::move(row_ptr), std::move(columns), std::move(values)),
          std::move(weighting), true};
}

}  // namespace segue
