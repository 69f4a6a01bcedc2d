// What BPR and LMF share: checks of their options, first factors, tables of rows.
#ifndef SEGUE_TRAIN_GRADIENT_COMMON_H_
#define SEGUE_TRAIN_GRADIENT_COMMON_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/buffer.h"
#include "base/progress.h"
#include "segue/factors.h"
#include "segue/matrix.h"
#include "segue/train.h"

namespace segue {

/// What random numbers are for. 3 was the order of users, who stay in theirs now.
enum class Stream : std::uint64_t { kUsers, kItems, kBlocks, kNegatives = 4, kUserPool, kItemPool, kFoldIn };

/// @throws Error{kInvalidArgument}.
void check_gradient_options(std::uint32_t factors, float learning_rate, float regularization);

/// The cells whose values are above 0, values replaced by 1 where they do not count. Shares memory where it can.
CsrMatrix positives_of(const CsrMatrix& matrix, bool binary);

/// Normal with this deviation in the first `factors` of `columns`, 0 in the others.
Factors random_normal_factors(std::uint32_t rows, std::uint32_t factors, std::uint32_t columns, double deviation,
                              std::uint64_t seed, Stream stream);

/// A table to train, with 1 in the column `one`.
/// @throws Error{kInvalidArgument} when it has another shape.
Buffer<float> training_table(Factors&& start, const CsrMatrix& cells, std::uint32_t columns,
                             std::optional<std::uint32_t> one);

/// @throws Error{kNumerical} when a value is not finite.
Factors finished_table(Buffer<float> table, const CsrMatrix& cells, std::uint32_t columns, std::uint32_t iteration);

/// Zeroes the rows that have no cells.
void clear_unknown_rows(Buffer<float>& table, const CsrMatrix& cells, std::uint32_t columns);

/// Gives items that have no cells the least bias of those that have, and `one`, where there is such a column, its 1:
/// what nobody has comes last. Other values are 0.
void sink_unknown_items(Buffer<float>& table, const CsrMatrix& item_cells, std::uint32_t columns, std::uint32_t bias,
                        std::optional<std::uint32_t> one);

/// [stride] of 1, but 0 in the padding and in column `fixed`.
Buffer<float> learning_mask(std::uint32_t columns, std::uint32_t fixed);

/// Calls iterate(1), iterate(2), … with progress, until there are so many or on_sweep says no. It returns the loss.
/// @param work  interactions that an iteration goes through
/// @throws Error{kNumerical} when a loss is not finite.
std::vector<SweepRecord> iterate_gradient(std::uint32_t iterations, std::uint64_t work, const Run& run,
                                          const SweepCallback& on_sweep,
                                          const std::function<double(std::uint32_t, ProgressMeter&)>& iterate);

/// Example t of a ridge logistic regression: features [k], what counts beside x, and weight.
struct LogisticExample {
  std::vector<double> features;
  double offset;
  double weight;
  bool positive;
};

/// The x [k] that minimises the sum of weight · ln(1 + exp(-+(features·x + offset))) + ridge |x|² / 2, by Newton.
std::vector<double> ridge_logistic(std::span<const LogisticExample> examples, std::size_t k, double ridge);

}  // namespace segue

#endif  // SEGUE_TRAIN_GRADIENT_COMMON_H_
