// From plays to confidence. Each weighting is a function of the value r of a cell, of its user's number of items, and
// of a scale per item; it gives the magnitude, and the sign of r is the preference.
//
// Two conventions, never mixed (docs/algorithms.md): linear and log give c = 1 + something, so a cell of value 0 is
// like an absent one (c = 1, p = 0, stored as -1); all others give what the Python library implicit takes as c itself,
// so a cell of value 0 has c = 0: the pair is left out of the loss.
#include "segue/weighting.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string>

#include "base/buffer.h"
#include "base/parallel.h"
#include "segue/error.h"

namespace segue {
namespace {

constexpr std::array kWeightings = {
    WeightingInfo{Weighting::kLinear, "linear", "1 + alpha·r"},
    WeightingInfo{Weighting::kLog, "log", "1 + alpha·log(1 + r/epsilon)"},
    WeightingInfo{Weighting::kRaw, "raw", "alpha·r"},
    WeightingInfo{Weighting::kBinary, "binary", "alpha"},
    WeightingInfo{Weighting::kBm25, "bm25", "alpha·idf(user)·r·(k1 + 1)/(r + k1·(1 - b + b·length(item)/mean length))"},
    WeightingInfo{Weighting::kTfidf, "tfidf", "alpha·idf(user)·sqrt(r)"},
    WeightingInfo{Weighting::kNormalize, "normalize", "alpha·r/|item|"},
};

/// Rows weighed by one task.
constexpr std::size_t kRowsPerTask = 4096;

void check(const WeightingOptions& options) {
  const auto require = [](bool good, const char* problem, const char* fix) {
    if (!good) throw Error(ErrorCode::kInvalidArgument, problem, fix);
  };
  require(std::isfinite(options.alpha) && options.alpha > 0, "alpha must be above 0",
          "set --alpha, for example 1 or 40");
  require(std::isfinite(options.epsilon) && options.epsilon > 0, "epsilon must be above 0",
          "set --epsilon, for example 1");
  require(std::isfinite(options.bm25_k1) && options.bm25_k1 >= 0, "k1 of bm25 must be 0 or more",
          "set --k1, for example 1.2");
  require(options.bm25_b >= 0 && options.bm25_b <= 1, "b of bm25 must be from 0 to 1", "set --b, for example 0.75");
}

/// log(items) - log(1 + the user's items), as bm25_weight and tfidf_weight of implicit have it on the item x user
/// matrix; never below 0: a user who played all but everything tells nothing, not the opposite.
double inverse_frequency(std::uint32_t items, std::size_t user_items) {
  if (user_items + 1 >= items) return 0;  // not what rounding leaves of two logarithms
  return std::log(static_cast<double>(items)) - std::log1p(static_cast<double>(user_items));
}

float signed_confidence(const WeightingState& state, float value, double idf, std::uint32_t item) {
  const WeightingOptions& o = state.options;
  const double r = std::abs(static_cast<double>(value));
  double c = 0;
  switch (o.weighting) {
    case Weighting::kLinear:
    case Weighting::kLog:
      c = 1 + o.alpha * (o.weighting == Weighting::kLinear ? r : std::log1p(r / o.epsilon));
      return static_cast<float>(value > 0 ? c : -c);
    case Weighting::kRaw:
      c = r;
      break;
    case Weighting::kBinary:
      c = r > 0 ? 1 : 0;
      break;
    case Weighting::kBm25: {
      // k1 = 0 and a tiny r: the limit of r/r is 1. Written so that huge r does not overflow.
      const double saturation = o.bm25_k1 * static_cast<double>(state.item_scale[item]);
      c = r > 0 ? (o.bm25_k1 + 1.0) / (1.0 + saturation / r) * idf : 0;
      break;
    }
    case Weighting::kTfidf:
      c = std::sqrt(r) * idf;
      break;
    case Weighting::kNormalize: {
      const double norm = state.item_scale[item];
      c = norm > 0 ? r / norm : 0;
      break;
    }
  }
  c *= o.alpha;
  return static_cast<float>(value < 0 ? -c : c);
}

bool needs_user_frequency(Weighting weighting) {
  return weighting == Weighting::kBm25 || weighting == Weighting::kTfidf;
}

/// bm25: 1 - b + b·length/mean length, the length of an item being the sum of its |r|; normalize: the norm.
Array<float> item_scale(const CsrMatrix& plays, const WeightingOptions& options) {
  const bool bm25 = options.weighting == Weighting::kBm25;
  if (!bm25 && options.weighting != Weighting::kNormalize) return {};
  Buffer<double> sums(plays.cols());
  double total = 0;
  for (std::size_t i = 0; i < plays.nnz(); ++i) {
    const double r = plays.values()[i];
    sums[plays.columns()[i]] += bm25 ? std::abs(r) : r * r;
    total += std::abs(r);
  }
  const double mean = plays.cols() != 0 ? total / plays.cols() : 0;
  Buffer<float> scale(plays.cols());
  for (std::uint32_t item = 0; item < plays.cols(); ++item) {
    const double b = options.bm25_b;
    scale[item] = static_cast<float>(bm25 ? 1 - b + (mean > 0 ? b * sums[item] / mean : 0) : std::sqrt(sums[item]));
  }
  return std::move(scale).share();
}

}  // namespace

std::span<const WeightingInfo> weightings() { return kWeightings; }

Weighting weighting_from_name(std::string_view name) {
  std::string names;
  for (const WeightingInfo& info : kWeightings) {
    if (info.name == name) return info.weighting;
    names += (names.empty() ? "" : ", ") + std::string(info.name);
  }
  throw Error(ErrorCode::kInvalidArgument, "there is no weighting \"" + std::string(name) + "\"",
              "use one of " + names);
}

std::string_view name_of(Weighting weighting) { return kWeightings.at(static_cast<std::size_t>(weighting)).name; }

ConfidenceMatrix ConfidenceMatrix::from_confidences(CsrMatrix user_items, const Run& run) {
  ConfidenceMatrix matrix;
  matrix.item_users_ = transpose(user_items, run);
  matrix.user_items_ = std::move(user_items);
  return matrix;
}

Weighed weigh(const CsrMatrix& plays, const WeightingOptions& options, const Run& run) {
  check(options);
  WeightingState state{options, plays.cols(), item_scale(plays, options)};
  Buffer<float> values(plays.nnz());
  parallel_chunks(plays.rows(), kRowsPerTask, run, [&](std::size_t begin, std::size_t end, int) {
    for (std::size_t user = begin; user < end; ++user) {
      const auto columns = plays.row_columns(static_cast<std::uint32_t>(user));
      const std::uint64_t first = plays.row_ptr()[user];
      const double idf = needs_user_frequency(options.weighting) ? inverse_frequency(plays.cols(), columns.size()) : 0;
      for (std::size_t i = 0; i < columns.size(); ++i) {
        const float c = signed_confidence(state, plays.values()[first + i], idf, columns[i]);
        if (!std::isfinite(c)) {
          throw Error(ErrorCode::kInvalidArgument,
                      "the confidence of a value of " + std::to_string(plays.values()[first + i]) + " overflows",
                      "lower --alpha, or use --weighting log or bm25");
        }
        values[first + i] = c;
      }
    }
  });
  // The cells are those of the plays: only the values are new.
  CsrMatrix user_items = CsrMatrix::create(plays.cols(), plays.row_ptr(), plays.columns(), std::move(values).share());
  return {ConfidenceMatrix::from_confidences(std::move(user_items), run), std::move(state)};
}

void require_preferences(const CsrMatrix& plays, const Weighed& weighed, const Where& where) {
  const auto positive = [](float value) { return value > 0; };
  const Array<float>& confidences = weighed.confidence.user_items().values();
  if (std::any_of(confidences.begin(), confidences.end(), positive)) return;
  if (std::none_of(plays.values().begin(), plays.values().end(), positive)) {
    throw Error(ErrorCode::kBadInput, where, "holds no value above 0, and so nothing that is liked",
                "give values above 0 to what is liked, or take another column as the value");
  }
  throw Error(ErrorCode::kBadInput, where,
              "is too small or too even for weighting " + std::string(name_of(weighed.state.options.weighting)) +
                  ": it gives no interaction a confidence above 0",
              "take the weighting linear, or give a larger log");
}

std::vector<float> weigh_history(const WeightingState& state, std::span<const std::uint32_t> items,
                                 std::span<const float> values) {
  const double idf = inverse_frequency(state.items, items.size());
  std::vector<float> confidences(items.size());
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (items[i] >= state.items) {
      throw Error(ErrorCode::kInvalidArgument, "item " + std::to_string(items[i]) + " of a history is not in the model",
                  "use items below " + std::to_string(state.items));
    }
    if (!std::isfinite(values[i])) {
      throw Error(ErrorCode::kInvalidArgument, "a history has a value that is not finite",
                  "give plays as plain numbers");
    }
    confidences[i] = signed_confidence(state, values[i], idf, items[i]);
  }
  return confidences;
}

}  // namespace segue
