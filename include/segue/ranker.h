// Ranker: a model as evaluation sees it, something that scores all items for a person.
#ifndef SEGUE_RANKER_H_
#define SEGUE_RANKER_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "segue/factors.h"
#include "segue/index.h"
#include "segue/matrix.h"
#include "segue/run.h"

namespace segue {

/// Row r of a ranker stands for row r of the matrix of histories that it was made for: a user of the training, or
/// somebody who is known by a history only. Immutable; thread-safe.
class Ranker {
 public:
  virtual ~Ranker() = default;
  virtual std::uint32_t rows() const = 0;
  virtual std::uint32_t items() const = 0;

  /// Scores every item for a row, what it knows included. Higher is better; only the order within a row counts.
  /// @param scores  [items()], all of it is written
  virtual void score(std::uint32_t row, std::span<float> scores) const = 0;

  /// Where there is a way that is faster than scoring everything: per row the `top` best items by score(), ties by
  /// lower item. Nothing where there is none.
  /// @param filters  one per row
  virtual std::optional<std::vector<std::vector<Neighbor>>> search(std::span<const std::uint32_t> rows,
                                                                   std::uint32_t top,
                                                                   std::span<const ItemFilter> filters,
                                                                   const Run& run) const {
    static_cast<void>(rows), static_cast<void>(top), static_cast<void>(filters), static_cast<void>(run);
    return std::nullopt;
  }
};

/// Ranks by x·y, through exact search.
/// @throws Error{kInvalidArgument} when the numbers of factors differ; Error{kNumerical} for values that are not
/// finite.
std::unique_ptr<Ranker> make_factor_ranker(Factors user_factors, Factors item_factors, const Run& run = {});

}  // namespace segue

#endif  // SEGUE_RANKER_H_
