// Logistic matrix factorization (Johnson 2014): maximises, over x and y with biases,
//     sum of w ln s(x·y) over what was seen  +  sum of ln(1 - s(x·y)) over drawn pairs  -  reg/2 (sum |x|² + sum |y|²)
// s the sigmoid. All users step by their gradient with the items fixed, then all items: rows of a side do not depend on
// each other, and so not on threads. Steps are AdaGrad's, per value.
//
// Drawn vectors are nearly all of the cost. A task of rows draws a pool of them, by seed, iteration and task, and a few
// rows of like length take as many as they need from a place in it that is drawn as well: the pool stays in L2, where
// to draw for each row would wait for memory. Rows of one task share vectors, so their noise is not independent; each
// row's is as before. A row that needs more than there are takes all, and each counts for several.
#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include "base/parallel.h"
#include "base/progress.h"
#include "base/random.h"
#include "segue/error.h"
#include "segue/gradient_models.h"
#include "simd/gradient.h"
#include "train/gradient_common.h"

namespace segue {
namespace {

/// Cells of the rows that share a pool.
constexpr std::uint64_t kTaskCells = 32768;
/// Vectors of a pool: 4096 of 32 floats are 512 KB, half of an L2.
constexpr std::size_t kPoolVectors = 4096;
static_assert(kPoolVectors % simd::kPoolBlock == 0);
/// Vectors that are fetched before they are copied, and floats of a line of the cache.
constexpr std::size_t kAhead = 16;
constexpr std::size_t kCacheLine = 16;

struct Side {
  Side(const CsrMatrix& of, Buffer<float> start, std::uint32_t columns, std::uint32_t fixed)
      : cells(of), factors(std::move(start)), squares(factors.size()), mask(learning_mask(columns, fixed)) {
    std::uint32_t begin = 0;
    for (std::uint32_t row = 0; row < cells.rows(); ++row) {
      if (cells.row_ptr()[row + 1] - cells.row_ptr()[begin] < kTaskCells && row + 1 < cells.rows()) continue;
      tasks.push_back(begin);
      begin = row + 1;
    }
    tasks.push_back(cells.rows());
  }

  const CsrMatrix& cells;
  Buffer<float> factors;
  Buffer<float> squares;
  Buffer<float> mask;
  std::vector<std::uint32_t> tasks;  // their first rows, and the end
};

class LmfTrainer {
 public:
  LmfTrainer(const CsrMatrix& users, const CsrMatrix& items, const LmfOptions& options, const Run& run,
             InitialFactors initial)
      : options_(options),
        run_(run),
        columns_(options.factors + 2),
        stride_(Factors::stride_for(columns_)),
        users_(users, training_table(std::move(initial.users), users, columns_, options.factors + 1), columns_,
               options.factors + 1),
        items_(items, training_table(std::move(initial.items), items, columns_, options.factors), columns_,
               options.factors),
        pools_(static_cast<std::size_t>(run.thread_count())),
        scratch_(pools_.size()) {}

  double iterate(std::uint32_t iteration, ProgressMeter& meter) {
    step(users_, items_, Stream::kUserPool, iteration, meter);
    return step(items_, users_, Stream::kItemPool, iteration, meter);
  }

  GradientResult finish(std::vector<SweepRecord> sweeps) && {
    const auto last = static_cast<std::uint32_t>(sweeps.size());
    clear_unknown_rows(users_.factors, users_.cells, columns_);
    sink_unknown_items(items_.factors, items_.cells, columns_, options_.factors + 1, options_.factors);
    return {finished_table(std::move(users_.factors), users_.cells, columns_, last),
            finished_table(std::move(items_.factors), items_.cells, columns_, last), std::move(sweeps)};
  }

 private:
  struct Lost {
    double sum = 0;
    double weight = 0;
  };

  /// Draws vectors of `fixed` into a pool, column by column within a block.
  void fill_pool(const Side& side, const Side& fixed, Random& draw, Buffer<float>& pool) const {
    std::array<std::uint32_t, kPoolVectors> rows;
    if (options_.negatives == Negatives::kUniform) {
      for (std::uint32_t& row : rows) row = draw.below(fixed.cells.rows());
    } else {  // any cell's: in proportion to their number. Reads that miss the caches wait for each other unless
              // fetched
      std::array<const std::uint32_t*, kPoolVectors> cells;
      for (const std::uint32_t*& cell : cells) {
        const auto drawn = static_cast<std::uint64_t>(draw.uniform() * static_cast<double>(side.cells.nnz()));
        cell = &side.cells.columns()[std::min<std::uint64_t>(drawn, side.cells.nnz() - 1)];
        __builtin_prefetch(cell);
      }
      std::transform(cells.begin(), cells.end(), rows.begin(), [](const std::uint32_t* cell) { return *cell; });
    }
    for (std::size_t v = 0; v < kPoolVectors; ++v) {
      const auto at = [&](std::size_t which) { return fixed.factors.data() + rows[which] * stride_; };
      if (v + kAhead < kPoolVectors) {
        for (std::size_t c = 0; c < columns_; c += kCacheLine) __builtin_prefetch(at(v + kAhead) + c);
      }
      const float* from = at(v);
      float* to = pool.data() + v / simd::kPoolBlock * columns_ * simd::kPoolBlock + v % simd::kPoolBlock;
      for (std::size_t c = 0; c < columns_; ++c) to[c * simd::kPoolBlock] = from[c];
    }
  }

  double step(Side& side, const Side& fixed, Stream stream, std::uint32_t iteration, ProgressMeter& meter) {
    constexpr std::size_t kPoolBlocks = kPoolVectors / simd::kPoolBlock;
    std::vector<Lost> lost(side.tasks.size() - 1);
    if (side.cells.nnz() == 0) return 0;
    parallel_chunks(lost.size(), 1, run_, [&](std::size_t task, std::size_t, int worker) {
      auto& pool = pools_[static_cast<std::size_t>(worker)];
      auto& scratch = scratch_[static_cast<std::size_t>(worker)];
      if (pool.size() == 0) {
        pool = Buffer<float>(kPoolVectors * columns_);
        scratch = Buffer<float>(simd::lmf_scratch(columns_));
      }
      Random draw(options_.seed, static_cast<std::uint64_t>(stream) + 16 * std::uint64_t{iteration}, task);
      fill_pool(side, fixed, draw, pool);
      const simd::LmfTables tables{
          fixed.factors.data(),   stride_, columns_, pool.data(), kPoolBlocks, side.mask.data(), options_.learning_rate,
          options_.regularization};
      std::vector<simd::LmfRow> rows;
      for (std::uint32_t row = side.tasks[task]; row < side.tasks[task + 1]; ++row) {
        const auto items = side.cells.row_columns(row);
        if (items.empty()) continue;
        const double wanted = std::min(static_cast<double>(items.size()) * options_.negatives_per_positive,
                                       static_cast<double>(fixed.cells.rows()));
        const std::size_t blocks =
            std::clamp<std::size_t>(static_cast<std::size_t>(wanted) / simd::kPoolBlock, 1, kPoolBlocks);
        const double weight = wanted / static_cast<double>(blocks * simd::kPoolBlock);
        rows.push_back({items.data(), side.cells.row_values(row).data(), items.size(), blocks,
                        static_cast<float>(weight), side.factors.data() + row * stride_,
                        side.squares.data() + row * stride_});
        lost[task].weight += wanted;
        for (const float w : side.cells.row_values(row)) lost[task].weight += double{w};
      }
      // Rows of like length pass over the pool together.
      std::stable_sort(rows.begin(), rows.end(),
                       [](const simd::LmfRow& a, const simd::LmfRow& b) { return a.blocks > b.blocks; });
      for (std::size_t r = 0; r < rows.size(); r += simd::kLmfRows) {
        lost[task].sum += simd::step_lmf_rows(tables, &rows[r], std::min(simd::kLmfRows, rows.size() - r),
                                              draw.below(kPoolBlocks), scratch.data());
      }
      meter.add(side.cells.row_ptr()[side.tasks[task + 1]] - side.cells.row_ptr()[side.tasks[task]]);
    });
    Lost total;
    for (const Lost& l : lost) {
      total.sum += l.sum;
      total.weight += l.weight;
    }
    return total.weight > 0 ? total.sum / total.weight : 0;
  }

  const LmfOptions options_;
  const Run& run_;
  const std::uint32_t columns_;
  const std::size_t stride_;
  Side users_;
  Side items_;
  std::vector<Buffer<float>> pools_;  // of each worker
  std::vector<Buffer<float>> scratch_;
};

void check(const LmfOptions& options) {
  check_gradient_options(options.factors, options.learning_rate, options.regularization);
  if (options.negatives_per_positive == 0) {
    throw Error(ErrorCode::kInvalidArgument, "0 negatives for each interaction are asked for",
                "set --negatives-per-positive, for example 30");
  }
}

}  // namespace

InitialFactors initial_lmf_factors(std::uint32_t users, std::uint32_t items, const LmfOptions& options) {
  constexpr double kDeviation = 0.1;
  check(options);
  return {random_normal_factors(users, options.factors, options.factors + 2, kDeviation, options.seed, Stream::kUsers),
          random_normal_factors(items, options.factors, options.factors + 2, kDeviation, options.seed, Stream::kItems)};
}

GradientResult train_lmf(const CsrMatrix& user_items, const LmfOptions& options, const Run& run,
                         const SweepCallback& on_sweep, std::optional<InitialFactors> initial) {
  check(options);
  const CsrMatrix users = positives_of(user_items, false);
  const CsrMatrix items = transpose(users, run);
  if (!initial) initial = initial_lmf_factors(users.rows(), items.rows(), options);
  LmfTrainer trainer(users, items, options, run, std::move(*initial));
  std::vector<SweepRecord> sweeps = iterate_gradient(
      options.iterations, 2 * users.nnz(), run, on_sweep,
      [&](std::uint32_t iteration, ProgressMeter& meter) { return trainer.iterate(iteration, meter); });
  return std::move(trainer).finish(std::move(sweeps));
}

std::vector<float> fold_in(const Factors& item_factors, const LmfOptions& options, std::span<const std::uint32_t> items,
                           std::span<const float> weights) {
  constexpr std::uint32_t kDrawn = 1024;  // stand for all that is not in the history
  const std::size_t k = options.factors;
  if (item_factors.factors() != k + 2 || items.size() != weights.size()) {
    throw Error(ErrorCode::kInvalidArgument, "the item factors or weights of a fold-in are not of these options",
                "give the options of the training and a weight for each item");
  }
  // The user's bias is a value to find, and its feature is the items' column of ones; their bias is an offset.
  std::vector<LogisticExample> examples;
  const auto add = [&](std::uint32_t item, double weight, bool positive) {
    const auto y = item_factors[item];
    examples.push_back({std::vector<double>(y.begin(), y.begin() + static_cast<std::ptrdiff_t>(k) + 1),
                        double{y[k + 1]}, weight, positive});
  };
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (items[i] >= item_factors.rows()) {
      throw Error(ErrorCode::kInvalidArgument, "item " + std::to_string(items[i]) + " of a history is not in the model",
                  "use items below " + std::to_string(item_factors.rows()));
    }
    if (weights[i] > 0) add(items[i], weights[i], true);
  }
  const double wanted = std::min(static_cast<double>(items.size()) * options.negatives_per_positive,
                                 static_cast<double>(item_factors.rows()));
  Random draw(options.seed, static_cast<std::uint64_t>(Stream::kFoldIn), 0);
  for (std::uint32_t n = 0; n < kDrawn; ++n) add(draw.below(item_factors.rows()), wanted / kDrawn, false);
  const std::vector<double> x = ridge_logistic(examples, k + 1, options.regularization);
  std::vector<float> result(x.begin(), x.end());
  result.push_back(1);
  return result;
}

}  // namespace segue
