// Implicit ALS (Hu, Koren & Volinsky 2008, eq. 4). Per user: (YtY + Yt(C-I)Y + reg I) x = Yt C p; items alike.
//
// iALS (Rendle, Krichene, Zhang & Koren 2021) differs in what the pairs share: (w0 YtY + YtCY + reg_u I) x = Yt C p.
// Its equations are divided by w0, so that whitening sees YtY in both: C and reg below are then those divided by w0.
//
// A sweep is two half-sweeps. Each computes the gram matrix of the fixed side, whitens that side into a scratch table
// (train/whitening.h), and solves the rows of the other in those coordinates: exactly, or by a few steps of conjugate
// gradient from the last sweep's solution (Takács, Pilászy & Tikk 2011 solve rows so, without whitening). Cost of a
// sweep: O(nnz k + rows k^2) with conjugate gradient, O(nnz k^2 + rows k^3) exact.
//
// Rows are cut into tasks by cost, once (train/row_tasks.h), so that the same rows are summed together whoever runs
// them: the same bits for any number of threads. Rows that see a good share of the other side are solved together.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <numeric>
#include <string>
#include <vector>

#include "base/buffer.h"
#include "base/mix.h"
#include "base/parallel.h"
#include "base/progress.h"
#include "segue/error.h"
#include "segue/train.h"
#include "simd/als_cg.h"
#include "simd/als_cholesky.h"
#include "simd/dense.h"
#include "train/regularization.h"
#include "train/row_tasks.h"
#include "train/whitening.h"

namespace segue {
namespace {

constexpr std::uint32_t kMaxFactors = 1024;

/// Rows of the fixed side whitened by one task.
constexpr std::size_t kWhitenRows = 768;
/// A table of vectors that is no larger stays in the caches: half the bytes would win nothing.
constexpr std::size_t kCachedBytes = std::size_t{16} << 20;

/// When solver is auto, a row's steps end once all rows together could lower the loss by no more than this share of it
/// …
constexpr double kLossShare = 5e-4;
/// … and of what the last sweep has lowered it by: what rows leave undone stays small beside what a sweep gains. The
/// first sweep, before which neither is known, takes all steps.
constexpr double kGainShare = 0.05;
/// Where float32 has no more to give.
constexpr double kLeastTolerance = 1e-9;

/// Where the counters of a side begin in the 2^64: drawn from the seed.
std::uint64_t stream_of_users(std::uint64_t seed) { return mix(seed); }
std::uint64_t stream_of_items(std::uint64_t seed) { return mix(mix(seed) + 1); }

Buffer<float> random_factors(std::uint32_t rows, std::uint32_t factors, std::uint64_t stream) {
  constexpr float kScale = 0.01F;  // as implicit starts: small against the preference of 1
  const std::size_t stride = Factors::stride_for(factors);
  Buffer<float> values(std::size_t{rows} * stride);
  for (std::size_t row = 0; row < rows; ++row) {
    for (std::size_t f = 0; f < factors; ++f) {
      const std::uint64_t bits = mix(stream + row * kMaxFactors + f) >> 40;  // 24 bits: exact in float
      values[row * stride + f] = kScale * (static_cast<float>(bits) * 0x1p-24F);
    }
  }
  return values;
}

/// Factors to train, which takes memory for them once: what was given is let go.
Buffer<float> start_from(Factors&& given) {
  const Factors taken = std::move(given);
  Buffer<float> values(taken.values().size());
  std::copy(taken.values().begin(), taken.values().end(), values.begin());
  return values;
}

/// What equations are divided by: unobserved_weight, or 1 without.
double unit_of(const AlsOptions& options) {
  return options.unobserved_weight > 0 ? double{options.unobserved_weight} : 1.0;
}

/// Values of the larger side's vectors.
std::size_t table_size(const ConfidenceMatrix& confidence, std::size_t stride) {
  return std::max(confidence.users(), confidence.items()) * stride;
}

/// Whether vectors are gathered as float16: where the larger table is beyond the caches, or where it is asked for.
bool takes_halves(GatherPrecision precision, Solver solver, std::size_t table) {
  if (solver != Solver::kCg) return false;
  if (precision != GatherPrecision::kAuto) return precision == GatherPrecision::kFloat16;
  return table * sizeof(float) > kCachedBytes;
}

/// The least cells of a row that is solved together with others like it.
std::size_t least_wide(Solver solver, bool halves, const CsrMatrix& rows, std::size_t stride) {
  if (solver != Solver::kCg) return std::size_t{rows.cols()} + 1;
  return simd::least_wide_row(rows.cols(), stride * (halves ? sizeof(std::uint16_t) : sizeof(float)));
}

/// One side of the factorization while it is trained.
struct Side {
  Side(const CsrMatrix& cells, const AlsOptions& options, std::size_t wide, Buffer<float> start)
      : confidence(cells), rows(cut_into_tasks(cells, wide)), factors(std::move(start)), least(options.regularization) {
    least /= unit_of(options);
    if (options.regularization_exponent == 0) return;
    const auto of_count = [&](std::uint64_t count) {
      return double{options.regularization} / unit_of(options) * regularization_factor(options, count, cells.cols());
    };
    std::uint64_t fewest = 0;  // of the rows that have any
    for (std::uint32_t row = 0; row < cells.rows(); ++row) {
      const std::uint64_t count = cells.row_columns(row).size();
      if (count > 0 && (fewest == 0 || count < fewest)) fewest = count;
    }
    least = of_count(std::max<std::uint64_t>(fewest, 1));
    ridge = Buffer<float>(cells.rows());
    for (std::uint32_t row = 0; row < cells.rows(); ++row) {
      const std::uint64_t count = cells.row_columns(row).size();
      ridge[row] = count == 0 ? 0.0F : static_cast<float>(of_count(count) - least);
    }
  }

  const CsrMatrix& confidence;  // this side's rows x the other's
  RowTasks rows;
  Buffer<float> factors;  // [rows x stride]
  double least;           // regularization of the row that has the least
  Buffer<float> ridge;    // [rows] what others have more; empty where all have the same
};

class Trainer {
 public:
  Trainer(const ConfidenceMatrix& confidence, const AlsOptions& options, Solver solver, const Run& run,
          std::optional<InitialFactors> initial)
      : options_(options),
        solver_(solver),
        run_(run),
        stride_(Factors::stride_for(options.factors)),
        unit_(unit_of(options)),
        in_halves_(takes_halves(options.precision, solver, table_size(confidence, stride_))),
        users_(confidence.user_items(), options, least_wide(solver, in_halves_, confidence.user_items(), stride_),
               initial ? start_from(std::move(initial->users))
                       : random_factors(confidence.users(), options.factors, stream_of_users(options.seed))),
        items_(confidence.item_users(), options, least_wide(solver, in_halves_, confidence.item_users(), stride_),
               initial ? start_from(std::move(initial->items))
                       : random_factors(confidence.items(), options.factors, stream_of_items(options.seed))),
        whitened_(in_halves_ ? 0 : table_size(confidence, stride_)),
        halves_(in_halves_ ? table_size(confidence, stride_) : 0),
        longest_(in_halves_ ? std::max(users_.rows.longest, items_.rows.longest) : 0),
        together_(std::max(users_.rows.wide.size(), items_.rows.wide.size()) * (1 + simd::kWideVectors) * stride_),
        pieces_(static_cast<std::size_t>(run.thread_count())),
        solutions_(pieces_.size()),
        scratch_(pieces_.size()) {
    double stored = 0;
    for (const float c : confidence.user_items().values()) {
      stored += std::abs(c);
      preference_ += std::max(c, 0.0F);
    }
    const auto pairs = static_cast<double>(confidence.users()) * static_cast<double>(confidence.items());
    const bool everywhere = options.unobserved_weight > 0;
    weight_ = stored + (everywhere ? unit_ * pairs : pairs - static_cast<double>(confidence.user_items().nnz()));
  }

  /// Both halves. @return the loss
  double sweep(ProgressMeter& meter) {
    half_sweep(users_, items_, meter);
    const double loss = half_sweep(items_, users_, meter);
    if (options_.solver == Solver::kAuto && preference_ > 0) {
      const double allowed =
          last_loss_ == 0 ? kLossShare * loss : std::min(kLossShare * loss, kGainShare * (last_loss_ - loss));
      tolerance_ = std::clamp(allowed / preference_, kLeastTolerance, 1.0);
    }
    last_loss_ = loss;
    return weight_ > 0 ? loss / weight_ : 0;  // without any confidence there is nothing to lose
  }

  /// Cells and rows that a sweep goes through, as the meter counts them.
  std::uint64_t work_per_sweep() const { return 2 * users_.confidence.nnz(); }

  Factors take_users() { return take(users_); }
  Factors take_items() { return take(items_); }

 private:
  Factors take(Side& side) const {
    return Factors::create(side.confidence.rows(), options_.factors, std::move(side.factors).share());
  }

  /// Brings the factors of `fixed` into whitened coordinates, in whitened_ or halves_.
  void whiten(const Side& fixed, const Whitening& whitening) {
    parallel_chunks(fixed.confidence.rows(), kWhitenRows, run_, [&](std::size_t begin, std::size_t end, int worker) {
      const float* in = fixed.factors.data() + begin * stride_;
      if (!in_halves_) {
        multiply(in, end - begin, whitening.whiten, whitened_.data() + begin * stride_);
        return;
      }
      auto& piece = pieces_[static_cast<std::size_t>(worker)];
      if (piece.size() == 0) piece = Buffer<float>(kWhitenRows * stride_);
      multiply(in, end - begin, whitening.whiten, piece.data());
      simd::narrow_rows(piece.data(), (end - begin) * stride_, halves_.data() + begin * stride_);
    });
  }

  simd::AlsRows equations(const Side& side, const Whitening& whitening, Task task) const {
    return {in_halves_ ? nullptr : whitened_.data(),
            in_halves_ ? halves_.data() : nullptr,
            stride_,
            side.confidence.row_ptr().data(),
            side.confidence.columns().data(),
            side.confidence.values().data(),
            task.begin,
            task.end,
            static_cast<float>(1 / unit_),
            options_.unobserved_weight > 0 ? 0.0F : 1.0F,
            side.ridge.size() == 0 ? nullptr : side.ridge.data(),
            side.ridge.size() == 0 ? nullptr : whitening.spread.data()};
  }

  /// Solves the rows of a task. @return their part of the loss
  double solve(Side& side, const Whitening& whitening, Task task, int worker, ProgressMeter& meter) {
    const std::size_t rows = task.end - task.begin;
    auto& solution = solutions_[static_cast<std::size_t>(worker)];
    if (solution.size() == 0) solution = Buffer<float>(kTaskRows * stride_);
    float* factors = side.factors.data() + task.begin * stride_;
    const simd::AlsRows als = equations(side, whitening, task);
    auto& space = scratch_[static_cast<std::size_t>(worker)];
    double loss = 0;
    if (solver_ == Solver::kCholesky) {
      if (space.size() == 0) space = Buffer<float>(simd::cholesky_scratch(stride_));
      loss = simd::solve_rows_cholesky(als, options_.factors, space.data(), solution.data());
    } else {
      if (space.size() == 0) space = Buffer<float>(simd::cg_scratch(stride_, longest_) / sizeof(float));
      multiply(factors, rows, whitening.warm, solution.data());
      loss = simd::solve_rows_cg(als, static_cast<int>(options_.cg_steps), static_cast<float>(tolerance_), space.data(),
                                 solution.data());
    }
    multiply(solution.data(), rows, whitening.back, factors);
    meter.add(side.confidence.row_ptr()[task.end] - side.confidence.row_ptr()[task.begin]);
    return loss;
  }

  /// Solves the wide rows [begin, end) of `side` together. @param losses  [end - begin] their parts of the loss
  void solve_wide(Side& side, const Whitening& whitening, std::size_t begin, std::size_t end, double* losses,
                  ProgressMeter& meter) {
    const std::size_t count = end - begin;
    const std::uint32_t* const rows = side.rows.wide.data() + begin;
    float* const space = together_.data() + begin * (1 + simd::kWideVectors) * stride_;
    float* const solution = space + count * simd::kWideVectors * stride_;
    float* const factors = space;  // until the solver takes it for scratch, and after that
    const auto factors_of = [&](std::size_t i) { return side.factors.data() + rows[i] * stride_; };
    for (std::size_t i = 0; i < count; ++i) std::copy_n(factors_of(i), stride_, factors + i * stride_);
    multiply(factors, count, whitening.warm, solution);
    simd::solve_wide_rows_cg(equations(side, whitening, {0, 0}), {rows, count, side.confidence.cols()},
                             static_cast<int>(options_.cg_steps), static_cast<float>(tolerance_), space, solution,
                             losses);
    multiply(solution, count, whitening.back, factors);
    for (std::size_t i = 0; i < count; ++i) std::copy_n(factors + i * stride_, stride_, factors_of(i));
    for (std::size_t i = 0; i < count; ++i) meter.add(side.confidence.row_columns(rows[i]).size());
  }

  /// Solves the rows of `side` with `fixed` fixed. @return the loss before it is divided by its weight
  double half_sweep(Side& side, const Side& fixed, ProgressMeter& meter) {
    const std::size_t fixed_rows = fixed.confidence.rows();
    const std::vector<double> gram = gram_of(fixed.factors.data(), fixed_rows, stride_, options_.factors, run_);
    const Whitening whitening = side.ridge.size() == 0
                                    ? make_whitening(gram, options_.factors, stride_, side.least)
                                    : make_diagonal_whitening(gram, options_.factors, stride_, side.least);
    whiten(fixed, whitening);

    // Wide rows first: each part of them is a long task. How many parts changes no bit of theirs.
    const std::vector<std::size_t> parts = split_by_cells(side.confidence, side.rows.wide, pieces_.size());
    const std::size_t wide_tasks = parts.size() - 1;
    std::vector<double> losses(side.rows.wide.size() + side.rows.tasks.size());
    parallel_chunks(wide_tasks + side.rows.tasks.size(), 1, run_, [&](std::size_t i, std::size_t, int worker) {
      if (i < wide_tasks) {
        solve_wide(side, whitening, parts[i], parts[i + 1], losses.data() + parts[i], meter);
      } else {
        i -= wide_tasks;
        losses[side.rows.wide.size() + i] = solve(side, whitening, side.rows.tasks[i], worker, meter);
      }
    });
    double loss = std::accumulate(losses.begin(), losses.end(), 0.0) + ridge_loss(fixed);
    for (std::size_t i = 0; i < options_.factors; ++i) loss += fixed.least * gram[i * options_.factors + i];
    return unit_ * loss;
  }

  /// The part of the regularization of `side` that is not the same for all its rows.
  double ridge_loss(const Side& side) const {
    if (side.ridge.size() == 0) return 0;
    std::vector<double> parts((side.ridge.size() + kWhitenRows - 1) / kWhitenRows);
    parallel_chunks(side.ridge.size(), kWhitenRows, run_, [&](std::size_t begin, std::size_t end, int) {
      double part = 0;
      for (std::size_t row = begin; row < end; ++row) {
        const float* x = side.factors.data() + row * stride_;
        double squares = 0;
        for (std::size_t i = 0; i < stride_; ++i) squares += double{x[i]} * x[i];
        part += side.ridge[row] * squares;
      }
      parts[begin / kWhitenRows] = part;
    });
    return std::accumulate(parts.begin(), parts.end(), 0.0);
  }

  void multiply(const float* in, std::size_t rows, const Transform& by, float* out) const {
    simd::multiply_rows(in, rows, stride_, by.values.data(), by.shape, out);
  }

  const AlsOptions options_;
  const Solver solver_;
  const Run& run_;
  const std::size_t stride_;
  const double unit_;
  const bool in_halves_;
  Side users_;
  Side items_;
  Buffer<float> whitened_;        // [rows of the larger side x stride], or this …
  Buffer<std::uint16_t> halves_;  // … of the same shape: one of the two is empty
  std::size_t longest_ = 0;       // cells of the longest row of both sides that is not wide
  Buffer<float> together_;        // [wide rows of the side that has more of them x (1 + kWideVectors) x stride]
  // What each worker computes in, allocated when it is first needed.
  std::vector<Buffer<float>> pieces_;
  std::vector<Buffer<float>> solutions_;
  std::vector<Buffer<float>> scratch_;
  double weight_ = 0;      // of the loss
  double preference_ = 0;  // the sum of c p: the loss of factors of zero
  double last_loss_ = 0;   // before it is divided by its weight
  double tolerance_ = 0;   // of a row's solution, as solve_rows_cg() takes it
};

void check(const ConfidenceMatrix& confidence, const AlsOptions& options,
           const std::optional<InitialFactors>& initial) {
  const auto require = [](bool good, const std::string& problem, const std::string& fix) {
    if (!good) throw Error(ErrorCode::kInvalidArgument, problem, fix);
  };
  require(options.factors >= 1 && options.factors <= kMaxFactors,
          "factors is " + std::to_string(options.factors) + "; it must be from 1 to " + std::to_string(kMaxFactors),
          "set --factors, for example 64");
  require(std::isfinite(options.regularization) && options.regularization >= 0,
          "regularization must be above 0, or 0 to have it chosen", "set --regularization, for example 0.01");
  require(std::isfinite(options.tolerance) && options.tolerance >= 0, "the tolerance must be 0 or more",
          "set --tolerance, for example 0.001");
  require(std::isfinite(options.unobserved_weight) && options.unobserved_weight >= 0,
          "the weight of unobserved pairs must be above 0, or 0 for the weight 1 that only they have",
          "set --unobserved-weight, for example 0.1");
  require(options.regularization_exponent >= 0 && options.regularization_exponent <= kMostRegularizationExponent,
          "the exponent of the regularization must be from 0 to 2", "set --regularization-exponent, for example 1");
  require(options.cg_steps >= 1 && options.cg_steps <= kMaxFactors,
          "the steps of conjugate gradient must be from 1 to " + std::to_string(kMaxFactors),
          "set --cg-steps, for example 3");
  if (initial) {
    require(initial->users.rows() == confidence.users() && initial->items.rows() == confidence.items() &&
                initial->users.factors() == options.factors && initial->items.factors() == options.factors,
            "the initial factors have another shape than the training",
            "give one row per user and per item, of as many factors as options.factors says");
  }
}

/// Up to here the exact solver reaches a loss as soon as conjugate gradient does; at 12 it takes a fifth longer, at 16
/// two fifths (./dev bench solvers 4 8 12 16).
constexpr std::uint32_t kExactFactors = 8;

Solver choose(const AlsOptions& options) {
  if (options.solver != Solver::kAuto) return options.solver;
  return options.factors <= kExactFactors || options.cg_steps >= options.factors ? Solver::kCholesky : Solver::kCg;
}

}  // namespace

bool has_stalled(std::span<const SweepRecord> sweeps, float tolerance) {
  if (tolerance == 0 || sweeps.size() < 2) return false;
  const double before = sweeps[sweeps.size() - 2].loss;
  return before - sweeps.back().loss < double{tolerance} * before;
}

InitialFactors initial_factors(std::uint32_t users, std::uint32_t items, std::uint32_t factors, std::uint64_t seed) {
  return {Factors::create(users, factors, random_factors(users, factors, stream_of_users(seed)).share()),
          Factors::create(items, factors, random_factors(items, factors, stream_of_items(seed)).share())};
}

AlsMemory als_memory(const ConfidenceMatrix& confidence, const AlsOptions& options, int threads) {
  const std::size_t stride = Factors::stride_for(options.factors);
  const Solver solver = choose(options);
  const std::size_t table = table_size(confidence, stride);
  const bool halves = takes_halves(options.precision, solver, table);
  AlsMemory memory;
  memory.factors = (std::uint64_t{confidence.users()} + confidence.items()) * stride * sizeof(float);
  memory.table = table * (halves ? sizeof(std::uint16_t) : sizeof(float));
  std::size_t longest = 0;
  std::size_t wide = 0;
  for (const CsrMatrix* side : {&confidence.user_items(), &confidence.item_users()}) {
    const RowTasks rows = cut_into_tasks(*side, least_wide(solver, halves, *side, stride));
    longest = std::max(longest, rows.longest);
    wide = std::max(wide, rows.wide.size());
  }
  const std::size_t row_space = solver == Solver::kCholesky ? simd::cholesky_scratch(stride) * sizeof(float)
                                                            : simd::cg_scratch(stride, halves ? longest : 0);
  const std::size_t piece = halves ? kWhitenRows * stride * sizeof(float) : 0;
  memory.scratch = static_cast<std::size_t>(threads) * (row_space + piece + kTaskRows * stride * sizeof(float)) +
                   wide * (1 + simd::kWideVectors) * stride * sizeof(float);
  return memory;
}

AlsResult train_als(const ConfidenceMatrix& confidence, const AlsOptions& given, const Run& run,
                    const SweepCallback& on_sweep, std::optional<InitialFactors> initial) {
  check(confidence, given, initial);
  AlsOptions options = given;
  if (options.regularization == 0) options.regularization = suggested_regularization(confidence, options);
  AlsResult result;
  result.regularization = options.regularization;
  result.solver = choose(options);
  if (options.iterations == 0) {
    if (!initial) initial = initial_factors(confidence.users(), confidence.items(), options.factors, options.seed);
    result.user_factors = std::move(initial->users);
    result.item_factors = std::move(initial->items);
    return result;
  }
  Trainer trainer(confidence, options, result.solver, run, std::move(initial));
  ProgressMeter meter(run, "training", trainer.work_per_sweep() * options.iterations, "interactions");
  for (std::uint32_t sweep = 1; sweep <= options.iterations; ++sweep) {
    run.check();
    const auto begin = std::chrono::steady_clock::now();
    const double loss = trainer.sweep(meter);
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begin;
    if (!std::isfinite(loss)) {
      throw Error(ErrorCode::kNumerical, "sweep " + std::to_string(sweep) + " gave values that are not finite",
                  "raise --regularization, lower --alpha, or use --solver cholesky");
    }
    result.sweeps.push_back({sweep, seconds.count(), loss});
    meter.set_loss(loss);
    if (on_sweep && !on_sweep(result.sweeps.back())) break;
    if (has_stalled(result.sweeps, options.tolerance)) break;
  }
  meter.finish();
  result.user_factors = trainer.take_users();
  result.item_factors = trainer.take_items();
  return result;
}

}  // namespace segue
