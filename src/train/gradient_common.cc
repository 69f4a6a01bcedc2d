#include "train/gradient_common.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <utility>

#include "base/cholesky.h"
#include "base/random.h"
#include "segue/error.h"
#include "segue/gradient_models.h"

namespace segue {
namespace {

constexpr std::array kNegativesNames = {std::string_view("uniform"), std::string_view("popularity")};

void require(bool good, const std::string& problem, const std::string& fix) {
  if (!good) throw Error(ErrorCode::kInvalidArgument, problem, fix);
}

}  // namespace

Negatives negatives_from_name(std::string_view name) {
  for (std::size_t i = 0; i < kNegativesNames.size(); ++i) {
    if (kNegativesNames[i] == name) return static_cast<Negatives>(i);
  }
  throw Error(ErrorCode::kInvalidArgument, "there is no way \"" + std::string(name) + "\" to draw negatives",
              "use one of uniform, popularity");
}

std::string_view name_of(Negatives negatives) { return kNegativesNames.at(static_cast<std::size_t>(negatives)); }

void check_gradient_options(std::uint32_t factors, float learning_rate, float regularization) {
  require(factors >= 1 && factors <= kMostGradientFactors,
          "factors is " + std::to_string(factors) + "; it must be from 1 to " + std::to_string(kMostGradientFactors),
          "set --factors, for example 64");
  require(std::isfinite(learning_rate) && learning_rate > 0, "the learning rate must be above 0",
          "set --learning-rate, for example 0.05");
  require(std::isfinite(regularization) && regularization >= 0, "the regularization must be 0 or more",
          "set --regularization, for example 0.01");
}

CsrMatrix positives_of(const CsrMatrix& matrix, bool binary) {
  const auto is_kept = [&](float value) { return binary ? value == 1 : value > 0; };
  if (std::ranges::all_of(matrix.values(), is_kept)) return matrix;
  std::vector<std::uint64_t> row_ptr{0};
  std::vector<std::uint32_t> columns;
  std::vector<float> values;
  for (std::uint32_t row = 0; row < matrix.rows(); ++row) {
    for (std::size_t i = 0; i < matrix.row_columns(row).size(); ++i) {
      const float value = matrix.row_values(row)[i];
      if (!(value > 0)) continue;
      columns.push_back(matrix.row_columns(row)[i]);
      values.push_back(binary ? 1.0F : value);
    }
    row_ptr.push_back(columns.size());
  }
  return CsrMatrix::create(matrix.cols(), std::move(row_ptr), std::move(columns), std::move(values));
}

Factors random_normal_factors(std::uint32_t rows, std::uint32_t factors, std::uint32_t columns, double deviation,
                              std::uint64_t seed, Stream stream) {
  const std::size_t stride = Factors::stride_for(columns);
  Buffer<float> values(rows * stride);
  for (std::size_t row = 0; row < rows; ++row) {
    Random random(seed, static_cast<std::uint64_t>(stream), row);
    for (std::size_t f = 0; f < factors; ++f) {
      values[row * stride + f] = static_cast<float>(deviation * random.normal());
    }
  }
  return Factors::create(rows, columns, std::move(values).share());
}

Buffer<float> training_table(Factors&& start, const CsrMatrix& cells, std::uint32_t columns,
                             std::optional<std::uint32_t> one) {
  const Factors given = std::move(start);
  require(given.rows() == cells.rows() && given.factors() == columns,
          "initial factors are " + std::to_string(given.rows()) + " x " + std::to_string(given.factors()) +
              " where training needs " + std::to_string(cells.rows()) + " x " + std::to_string(columns),
          "start from factors of the same users, items and number of factors");
  Buffer<float> table(given.values().size());
  std::copy(given.values().begin(), given.values().end(), table.begin());
  if (one) {
    for (std::size_t row = 0; row < cells.rows(); ++row) table[row * given.stride() + *one] = 1;
  }
  return table;
}

Factors finished_table(Buffer<float> table, const CsrMatrix& cells, std::uint32_t columns, std::uint32_t iteration) {
  const std::size_t stride = Factors::stride_for(columns);
  for (std::uint32_t row = 0; row < cells.rows(); ++row) {
    float* values = table.data() + row * stride;
    if (!std::all_of(values, values + columns, [](float v) { return std::isfinite(v); })) {
      throw Error(ErrorCode::kNumerical, "factors are not finite any more after iteration " + std::to_string(iteration),
                  "lower --learning-rate");
    }
  }
  return Factors::create(cells.rows(), columns, std::move(table).share());
}

void clear_unknown_rows(Buffer<float>& table, const CsrMatrix& cells, std::uint32_t columns) {
  const std::size_t stride = Factors::stride_for(columns);
  for (std::uint32_t row = 0; row < cells.rows(); ++row) {
    if (cells.row_columns(row).empty()) std::fill_n(table.data() + row * stride, stride, 0.0F);
  }
}

void sink_unknown_items(Buffer<float>& table, const CsrMatrix& item_cells, std::uint32_t columns, std::uint32_t bias,
                        std::optional<std::uint32_t> one) {
  clear_unknown_rows(table, item_cells, columns);
  const std::size_t stride = Factors::stride_for(columns);
  float least = 0;
  for (std::size_t row = 0; row < item_cells.rows(); ++row) least = std::min(least, table[row * stride + bias]);
  for (std::uint32_t row = 0; row < item_cells.rows(); ++row) {
    if (!item_cells.row_columns(row).empty()) continue;
    table[row * stride + bias] = least;
    if (one) table[row * stride + *one] = 1;
  }
}

Buffer<float> learning_mask(std::uint32_t columns, std::uint32_t fixed) {
  Buffer<float> mask(Factors::stride_for(columns));
  std::fill_n(mask.data(), columns, 1.0F);
  mask[fixed] = 0;
  return mask;
}

std::vector<SweepRecord> iterate_gradient(std::uint32_t iterations, std::uint64_t work, const Run& run,
                                          const SweepCallback& on_sweep,
                                          const std::function<double(std::uint32_t, ProgressMeter&)>& iterate) {
  ProgressMeter meter(run, "training", iterations * work, "interactions");
  std::vector<SweepRecord> sweeps;
  for (std::uint32_t iteration = 1; iteration <= iterations; ++iteration) {
    const auto begin = std::chrono::steady_clock::now();
    const double loss = iterate(iteration, meter);
    if (!std::isfinite(loss)) {
      throw Error(ErrorCode::kNumerical, "the loss is not finite any more after iteration " + std::to_string(iteration),
                  "lower --learning-rate");
    }
    sweeps.push_back(
        {iteration, std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count(), loss});
    meter.set_loss(loss);
    if (on_sweep && !on_sweep(sweeps.back())) break;
  }
  meter.finish();
  return sweeps;
}

std::vector<double> ridge_logistic(std::span<const LogisticExample> examples, std::size_t k, double ridge) {
  constexpr int kSteps = 30;  // of Newton's; it is convex and they are halved where they overshoot
  constexpr double kSmallGain = 1e-10;
  std::vector<double> x(k, 0.0);
  const auto score = [&](const LogisticExample& example, const std::vector<double>& at) {
    double sum = example.offset;
    for (std::size_t i = 0; i < k; ++i) sum += example.features[i] * at[i];
    return example.positive ? sum : -sum;
  };
  const auto objective = [&](const std::vector<double>& at) {
    double sum = 0;
    for (const LogisticExample& example : examples) {
      const double s = score(example, at);
      sum += example.weight * (std::max(-s, 0.0) + std::log1p(std::exp(-std::abs(s))));
    }
    for (const double v : at) sum += ridge * v * v / 2;
    return sum;
  };
  double before = objective(x);
  for (int step = 0; step < kSteps; ++step) {
    std::vector<double> hessian(k * k, 0.0);
    std::vector<double> direction(k);
    for (std::size_t i = 0; i < k; ++i) {
      hessian[i * k + i] = ridge;
      direction[i] = -ridge * x[i];
    }
    for (const LogisticExample& example : examples) {
      const double s = score(example, x);
      const double miss = 1 / (1 + std::exp(s));
      const double g = example.weight * (example.positive ? miss : -miss);
      const double h = example.weight * miss * (1 - miss);
      for (std::size_t i = 0; i < k; ++i) {
        direction[i] += g * example.features[i];
        for (std::size_t j = i; j < k; ++j) hessian[i * k + j] += h * example.features[i] * example.features[j];
      }
    }
    constexpr double kLeastCurvature = 1e-9;  // without a ridge a direction may be flat
    for (std::size_t i = 0; i < k; ++i) hessian[i * k + i] += kLeastCurvature;
    if (!cholesky_factorize(hessian, k)) break;
    cholesky_solve(hessian, direction);
    double length = 1;
    std::vector<double> next(k);
    double after = before;
    for (constexpr double kShortest = 1e-6; length > kShortest; length /= 2) {
      for (std::size_t i = 0; i < k; ++i) next[i] = x[i] + length * direction[i];
      after = objective(next);
      if (after < before) break;
    }
    if (!(after < before)) break;
    const double gain = before - after;
    x = next;
    before = after;
    if (gain <= kSmallGain * before) break;
  }
  return x;
}

}  // namespace segue
