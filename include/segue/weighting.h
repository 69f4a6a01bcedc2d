// Weighting: from plays to confidence. docs/algorithms.md defines each, zero and negative values included.
#ifndef SEGUE_WEIGHTING_H_
#define SEGUE_WEIGHTING_H_

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "segue/array.h"
#include "segue/error.h"
#include "segue/matrix.h"
#include "segue/run.h"

namespace segue {

enum class Weighting { kLinear, kLog, kRaw, kBinary, kBm25, kTfidf, kNormalize };

struct WeightingInfo {
  Weighting weighting;
  std::string_view name;
  std::string_view formula;  // of the confidence c of a positive value r
};

/// One row per Weighting, in the order of the enum.
std::span<const WeightingInfo> weightings();
/// @throws Error{kInvalidArgument} listing the names that exist.
Weighting weighting_from_name(std::string_view name);
std::string_view name_of(Weighting weighting);

struct WeightingOptions {
  Weighting weighting = Weighting::kBm25;
  float alpha = 1;       // factor of the confidence, > 0
  float epsilon = 1;     // log: the scale of the values, > 0
  float bm25_k1 = 1.2F;  // bm25: where plays saturate, >= 0
  float bm25_b = 0.75F;  // bm25: how much an item's total counts, 0..1
};

/// Confidences of the pairs that were seen, both ways round: the input of training.
///
/// A stored value is s·c: c >= 0 is the confidence, and the sign s says what the pair prefers: +1 that the user likes
/// the item (p = 1), -1 that it dislikes it (p = 0). A pair that is not stored has c = 1, p = 0.
class ConfidenceMatrix {
 public:
  /// Takes values as they are: the convention of the Python library implicit.
  static ConfidenceMatrix from_confidences(CsrMatrix user_items, const Run& run = {});

  std::uint32_t users() const { return user_items_.rows(); }
  std::uint32_t items() const { return item_users_.rows(); }
  const CsrMatrix& user_items() const { return user_items_; }
  const CsrMatrix& item_users() const { return item_users_; }

 private:
  CsrMatrix user_items_;
  CsrMatrix item_users_;
};

/// What a weighting must know of the whole matrix to weigh the history of a person it has never seen.
struct WeightingState {
  WeightingOptions options;
  std::uint32_t items = 0;
  Array<float> item_scale;  // bm25: 1 - b + b·length/mean length per item; normalize: norm per item; otherwise empty
};

struct Weighed {
  ConfidenceMatrix confidence;
  WeightingState state;
};

/// Weighs plays (users x items). @throws Error{kInvalidArgument} for options out of range.
Weighed weigh(const CsrMatrix& plays, const WeightingOptions& options, const Run& run = {});

/// @throws Error{kBadInput} at `where` when nothing is liked: no value is above 0, or the weighting gives none of them
/// a confidence, as in a log where everybody played everything. All factors would be 0 and all answers empty.
void require_preferences(const CsrMatrix& plays, const Weighed& weighed, const Where& where);

/// The confidences (signed, as in ConfidenceMatrix) of one person's values, as weigh() gives a row of the matrix with
/// them. Requires equal lengths. @throws Error{kInvalidArgument} when an item is out of range or a value is not finite.
std::vector<float> weigh_history(const WeightingState& state, std::span<const std::uint32_t> items,
                                 std::span<const float> values);

}  // namespace segue

#endif  // SEGUE_WEIGHTING_H_
