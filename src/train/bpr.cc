// BPR (Rendle et al. 2009) by stochastic gradient steps: for each interaction (u, i) and a drawn j that u has not,
// ln sigmoid(x_u·(y_i - y_j)) is raised.
//
// In parallel and yet the same bits: users are cut into kBlocks blocks by their order, items into as many at random,
// anew each iteration. Round r takes, for each block of users b, its interactions with the items of block (b + r) mod
// kBlocks, and draws j from that block, too: no two of these touch a row in common, so it does not matter who takes
// which when (Gemulla, Nijkamp, Haas & Sismanis 2011, with negatives).
//
// Cost of a step: three rows read and written. Two of them are items', at random, and to wait for those was most of an
// iteration. So a block of items is cut again, into parts whose rows stay in L2 while all interactions of the block of
// users with a part are taken, j from that part, too; what is waited for is then the row of a user for each part that
// has an item of theirs. A pair i, j meets in one iteration of as many as there are parts in all; over iterations all
// do.
#include <algorithm>
#include <cmath>
#include <memory>
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

/// Blocks of users and of items, where there are enough of them; half as many threads are kept busy to the end.
constexpr std::uint32_t kBlocks = 16;
/// A block of items has so many at least: j is drawn from them.
constexpr std::uint32_t kLeastItems = 32;
/// Bytes of the rows of a part of a block of items: half of an L2.
constexpr std::size_t kPartBytes = std::size_t{512} << 10;
/// Steps that are drawn and then taken.
constexpr std::size_t kStepsAtOnce = 512;
/// Draws of a j until the user has it not; who has nearly everything learns nothing from the rest.
constexpr int kDraws = 16;

struct Seen {
  std::uint32_t user;
  std::uint32_t item;
};

class BprTrainer {
 public:
  BprTrainer(const CsrMatrix& cells, const CsrMatrix& item_cells, const BprOptions& options, const Run& run,
             InitialFactors initial)
      : cells_(cells),
        options_(options),
        run_(run),
        columns_(options.factors + 1),
        stride_(Factors::stride_for(columns_)),
        users_(training_table(std::move(initial.users), cells, columns_, options.factors)),
        items_(training_table(std::move(initial.items), item_cells, columns_, std::nullopt)),
        mask_(learning_mask(columns_, options.factors)),
        blocks_(std::clamp(std::min(cells.rows(), cells.cols() / kLeastItems), 1U, kBlocks)),
        parts_(blocks_ * parts_of_block(cells.cols() / blocks_, stride_)),
        part_of_item_(cells.cols()),
        items_of_part_(parts_),
        seen_(cells.nnz()),
        begin_of_(std::size_t{blocks_} * parts_ + 1) {
    // Blocks of users have about as many cells each.
    first_user_.push_back(0);
    for (std::uint32_t b = 1; b < blocks_; ++b) {
      const auto at = std::ranges::lower_bound(cells.row_ptr(), cells.nnz() * b / blocks_) - cells.row_ptr().begin();
      first_user_.push_back(std::clamp(static_cast<std::uint32_t>(at), first_user_.back(), cells.rows()));
    }
    first_user_.push_back(cells.rows());
    // Items that nobody has are not drawn: nobody would ever tell them apart.
    for (std::uint32_t i = 0; i < cells.cols(); ++i) {
      if (!item_cells.row_columns(i).empty()) known_items_.push_back(i);
    }
  }

  /// @return the mean loss over the steps
  double iterate(std::uint32_t iteration, ProgressMeter& meter) {
    cut_items(iteration);
    sort_by_part();
    double loss = 0;
    std::uint64_t steps = 0;
    for (std::uint32_t round = 0; round < blocks_; ++round) {
      std::vector<Taken> taken(blocks_);
      parallel_chunks(blocks_, 1, run_, [&](std::size_t b, std::size_t, int) {
        const auto block = static_cast<std::uint32_t>(b);
        const std::uint32_t items = (block + round) % blocks_;
        for (std::uint32_t part = items * (parts_ / blocks_); part < (items + 1) * (parts_ / blocks_); ++part) {
          const Taken t = take(block, part, iteration, meter);
          taken[b].loss += t.loss;
          taken[b].steps += t.steps;
        }
      });
      for (const Taken& t : taken) {
        loss += t.loss;
        steps += t.steps;
      }
    }
    return steps == 0 ? 0 : loss / static_cast<double>(steps);
  }

  GradientResult finish(const CsrMatrix& item_cells, std::vector<SweepRecord> sweeps) && {
    const auto last = static_cast<std::uint32_t>(sweeps.size());
    clear_unknown_rows(users_, cells_, columns_);
    sink_unknown_items(items_, item_cells, columns_, options_.factors, std::nullopt);
    return {finished_table(std::move(users_), cells_, columns_, last),
            finished_table(std::move(items_), item_cells, columns_, last), std::move(sweeps)};
  }

 private:
  struct Taken {
    double loss = 0;
    std::uint64_t steps = 0;
  };

  Random random(Stream stream, std::uint64_t iteration, std::uint64_t number) const {
    return {options_.seed, static_cast<std::uint64_t>(stream) + 16 * iteration, number};
  }

  static std::uint32_t parts_of_block(std::uint32_t items, std::size_t stride) {
    const std::size_t rows = std::max<std::size_t>(kPartBytes / (stride * sizeof(float)), kLeastItems);
    return static_cast<std::uint32_t>((items + rows - 1) / rows);
  }

  void cut_items(std::uint32_t iteration) {
    for (auto& items : items_of_part_) items.clear();
    Random draw = random(Stream::kBlocks, iteration, 0);
    for (std::size_t k = known_items_.size(); k > 1; --k) {  // Fisher & Yates; parts are then equal cuts
      std::swap(known_items_[k - 1], known_items_[draw.below(static_cast<std::uint32_t>(k))]);
    }
    for (std::size_t k = 0; k < known_items_.size(); ++k) {
      const auto part = static_cast<std::uint32_t>(k * parts_ / known_items_.size());
      part_of_item_[known_items_[k]] = part;
      items_of_part_[part].push_back(known_items_[k]);
    }
  }

  /// Sorts each user block's cells by the part of their item. Users stay in their order, so that their rows are read
  /// one after the other; which of their items come first is another iteration's chance.
  void sort_by_part() {
    parallel_chunks(blocks_, 1, run_, [&](std::size_t b, std::size_t, int) {
      const std::uint32_t first = first_user_[b];
      const std::uint32_t count = first_user_[b + 1] - first;
      std::vector<std::uint64_t> next(parts_ + std::size_t{1});
      const std::uint64_t begin = cells_.row_ptr()[first];
      const std::uint64_t end = cells_.row_ptr()[first + count];
      for (std::uint64_t c = begin; c < end; ++c) ++next[part_of_item_[cells_.columns()[c]] + std::size_t{1}];
      next[0] = begin;
      std::partial_sum(next.begin(), next.end(), next.begin());
      for (std::uint32_t q = 0; q < parts_; ++q) begin_of_[b * parts_ + q] = next[q];
      for (std::uint32_t user = first; user < first + count; ++user) {
        for (const std::uint32_t item : cells_.row_columns(user)) seen_[next[part_of_item_[item]]++] = {user, item};
      }
    });
    begin_of_.back() = cells_.nnz();
  }

  /// All interactions of a block of users with a part of the items.
  Taken take(std::uint32_t user_block, std::uint32_t part, std::uint32_t iteration, ProgressMeter& meter) {
    const std::uint64_t begin = begin_of_[std::size_t{user_block} * parts_ + part];
    const std::uint64_t end = begin_of_[std::size_t{user_block} * parts_ + part + 1];
    const std::span<const Seen> seen(seen_.data() + begin, end - begin);
    const std::vector<std::uint32_t>& items = items_of_part_[part];
    Random draw = random(Stream::kNegatives, iteration, std::size_t{user_block} * parts_ + part);
    const simd::BprTables tables{users_.data(), items_.data(),          stride_,
                                 mask_.data(),  options_.learning_rate, options_.regularization};
    std::vector<simd::BprStep> steps;
    steps.reserve(kStepsAtOnce);
    Taken taken;
    const auto flush = [&] {
      taken.loss += simd::take_bpr_steps(tables, steps.data(), steps.size());
      taken.steps += steps.size();
      steps.clear();
    };
    std::size_t next = 0;
    while (next < seen.size()) {
      const std::size_t first = next;
      while (next < seen.size() && seen[next].user == seen[first].user) ++next;
      // All that the user has of this part is here, which makes it quick to tell what it has not.
      const std::span<const Seen> own = seen.subspan(first, next - first);
      for (const Seen& s : own) {
        for (int tries = 0; tries < kDraws; ++tries) {
          const std::uint32_t j = options_.negatives == Negatives::kUniform
                                      ? items[draw.below(static_cast<std::uint32_t>(items.size()))]
                                      : seen[draw.below(static_cast<std::uint32_t>(seen.size()))].item;
          // A step from an item to itself would write one row twice.
          if (j == s.item) continue;
          if (options_.verify_negatives && std::ranges::any_of(own, [j](const Seen& o) { return o.item == j; })) {
            continue;
          }
          steps.push_back({s.user, s.item, j});
          break;
        }
        if (steps.size() == kStepsAtOnce) flush();
      }
    }
    flush();
    meter.add(seen.size());
    return taken;
  }

  const CsrMatrix& cells_;
  const BprOptions options_;
  const Run& run_;
  const std::uint32_t columns_;
  const std::size_t stride_;
  Buffer<float> users_;
  Buffer<float> items_;
  const Buffer<float> mask_;
  const std::uint32_t blocks_;
  const std::uint32_t parts_;              // of all items, as many in each block
  std::vector<std::uint32_t> first_user_;  // of each block of users, and the end
  std::vector<std::uint32_t> known_items_;
  std::vector<std::uint32_t> part_of_item_;
  std::vector<std::vector<std::uint32_t>> items_of_part_;
  Buffer<Seen> seen_;                    // by block of users, then part of the items
  std::vector<std::uint64_t> begin_of_;  // where the cells of a block of users with a part begin
};

}  // namespace

InitialFactors initial_bpr_factors(std::uint32_t users, std::uint32_t items, const BprOptions& options) {
  check_gradient_options(options.factors, options.learning_rate, options.regularization);
  const double deviation = 0.1 / std::sqrt(static_cast<double>(options.factors));
  return {random_normal_factors(users, options.factors, options.factors + 1, deviation, options.seed, Stream::kUsers),
          random_normal_factors(items, options.factors, options.factors + 1, deviation, options.seed, Stream::kItems)};
}

GradientResult train_bpr(const CsrMatrix& user_items, const BprOptions& options, const Run& run,
                         const SweepCallback& on_sweep, std::optional<InitialFactors> initial) {
  check_gradient_options(options.factors, options.learning_rate, options.regularization);
  const CsrMatrix cells = positives_of(user_items, true);
  const CsrMatrix item_cells = transpose(cells, run);
  if (!initial) initial = initial_bpr_factors(cells.rows(), cells.cols(), options);
  BprTrainer trainer(cells, item_cells, options, run, std::move(*initial));
  std::vector<SweepRecord> sweeps = iterate_gradient(
      options.iterations, cells.nnz(), run, on_sweep,
      [&](std::uint32_t iteration, ProgressMeter& meter) { return trainer.iterate(iteration, meter); });
  return std::move(trainer).finish(item_cells, std::move(sweeps));
}

std::vector<float> fold_in(const Factors& item_factors, const BprOptions& options,
                           std::span<const std::uint32_t> items) {
  constexpr std::uint32_t kDrawn = 16;  // of each item of the history
  const std::size_t k = options.factors;
  if (item_factors.factors() != k + 1) {
    throw Error(ErrorCode::kInvalidArgument, "the item factors of a fold-in are not of these options",
                "give the options of the training");
  }
  std::vector<LogisticExample> examples;
  Random draw(options.seed, static_cast<std::uint64_t>(Stream::kFoldIn), 0);
  for (const std::uint32_t item : items) {
    if (item >= item_factors.rows()) {
      throw Error(ErrorCode::kInvalidArgument, "item " + std::to_string(item) + " of a history is not in the model",
                  "use items below " + std::to_string(item_factors.rows()));
    }
    for (std::uint32_t n = 0; n < kDrawn; ++n) {
      const std::uint32_t other = draw.below(item_factors.rows());
      if (std::ranges::find(items, other) != items.end()) continue;
      LogisticExample example{std::vector<double>(k), 0, 1.0 / kDrawn, true};
      for (std::size_t i = 0; i < k; ++i) {
        example.features[i] = double{item_factors[item][i]} - double{item_factors[other][i]};
      }
      example.offset = double{item_factors[item][k]} - double{item_factors[other][k]};
      examples.push_back(std::move(example));
    }
  }
  // A step pulls by reg at each interaction: so often as there are items.
  const double ridge = double{options.regularization} * static_cast<double>(items.size());
  const std::vector<double> x = ridge_logistic(examples, k, ridge);
  std::vector<float> result(x.begin(), x.end());
  result.push_back(1);
  return result;
}

}  // namespace segue
