// What models of items alone answer: scores of all items for a history. One sum over the history's items of their
// weights, over all items at once: no model here needs to have seen the person.
#include <algorithm>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "segue/error.h"
#include "segue/item_models.h"

namespace segue {
namespace {

/// Popularity: what a model must beat to know anything of anybody.
class CountScorer final : public HistoryScorer {
 public:
  explicit CountScorer(Array<std::uint32_t> counts) : counts_(std::move(counts)) {}
  std::uint32_t items() const override { return static_cast<std::uint32_t>(counts_.size()); }
  void score(std::span<const std::uint32_t>, std::span<const float>, std::span<float> scores) const override {
    std::ranges::copy(counts_, scores.begin());  // exact in float32 up to 2^24 users
  }

 private:
  Array<std::uint32_t> counts_;
};

class NeighborScorer final : public HistoryScorer {
 public:
  NeighborScorer(const Neighborhood& neighborhood, const Run& run)
      : by_source_(transpose(neighborhood.similar, run)),
        weighting_(neighborhood.weighting),
        binary_(neighborhood.binary_history) {}
  std::uint32_t items() const override { return by_source_.rows(); }

  void score(std::span<const std::uint32_t> items, std::span<const float> values,
             std::span<float> scores) const override {
    std::ranges::fill(scores, 0.0F);
    std::vector<float> weights = weigh_history(weighting_, items, values);
    if (binary_) {
      for (std::size_t i = 0; i < items.size(); ++i) weights[i] = values[i] > 0 ? 1.0F : 0.0F;
    }
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
  bool binary_;
};

class EaseScorer final : public HistoryScorer {
 public:
  explicit EaseScorer(EaseWeights weights) : weights_(std::move(weights)), place_(weights_.items, kNoPlace) {
    for (std::size_t p = 0; p < weights_.included.size(); ++p) {
      place_[weights_.included[p]] = static_cast<std::uint32_t>(p);
    }
  }
  std::uint32_t items() const override { return weights_.items; }

  void score(std::span<const std::uint32_t> items, std::span<const float> values,
             std::span<float> scores) const override {
    const std::size_t count = weights_.included.size();
    std::vector<float> sums(count);
    for (std::size_t i = 0; i < items.size(); ++i) {
      const std::uint32_t place = place_[items[i]];
      if (place == kNoPlace || !(values[i] > 0)) continue;
      const float* from = weights_.weights.data() + std::size_t{place} * weights_.stride;
      for (std::size_t j = 0; j < count; ++j) sums[j] += from[j];
    }
    std::ranges::fill(scores, std::numeric_limits<float>::lowest());
    for (std::size_t j = 0; j < count; ++j) scores[weights_.included[j]] = sums[j];
  }

 private:
  static constexpr std::uint32_t kNoPlace = std::numeric_limits<std::uint32_t>::max();

  EaseWeights weights_;
  std::vector<std::uint32_t> place_;  // of an item among those that take part
};

struct MakeScorer {
  const Run& run;

  std::unique_ptr<HistoryScorer> operator()(const FittedPopularity& model) const {
    return std::make_unique<CountScorer>(model.counts);
  }
  std::unique_ptr<HistoryScorer> operator()(const Neighborhood& model) const {
    return std::make_unique<NeighborScorer>(model, run);
  }
  std::unique_ptr<HistoryScorer> operator()(const EaseWeights& model) const {
    return std::make_unique<EaseScorer>(model);
  }
};

class HistoryRanker final : public Ranker {
 public:
  HistoryRanker(std::unique_ptr<HistoryScorer> scorer, CsrMatrix history)
      : scorer_(std::move(scorer)), history_(std::move(history)) {}
  std::uint32_t rows() const override { return history_.rows(); }
  std::uint32_t items() const override { return scorer_->items(); }
  void score(std::uint32_t row, std::span<float> scores) const override {
    scorer_->score(history_.row_columns(row), history_.row_values(row), scores);
  }

 private:
  std::unique_ptr<HistoryScorer> scorer_;
  CsrMatrix history_;
};

}  // namespace

std::unique_ptr<HistoryScorer> make_history_scorer(const ItemModel& model, const Run& run) {
  return std::visit(MakeScorer{run}, model);
}

std::unique_ptr<Ranker> make_history_ranker(std::unique_ptr<HistoryScorer> scorer, CsrMatrix history) {
  if (history.cols() != scorer->items()) {
    throw Error(ErrorCode::kInvalidArgument,
                "histories are of " + std::to_string(history.cols()) + " items and the model of " +
                    std::to_string(scorer->items()),
                "number items as in the training");
  }
  return std::make_unique<HistoryRanker>(std::move(scorer), std::move(history));
}

std::unique_ptr<Ranker> make_popularity_ranker(const CsrMatrix& train, std::uint32_t rows) {
  const CsrMatrix nothing = CsrMatrix::create(train.cols(), std::vector<std::uint64_t>(rows + std::size_t{1}), {}, {});
  return make_history_ranker(make_history_scorer(fit_popularity(train)), nothing);
}

std::unique_ptr<Ranker> make_neighbor_ranker(const Neighborhood& neighborhood, const CsrMatrix& history,
                                             const Run& run) {
  return make_history_ranker(make_history_scorer(neighborhood, run), history);
}

std::unique_ptr<Ranker> make_ease_ranker(EaseWeights weights, CsrMatrix history) {
  return make_history_ranker(make_history_scorer(std::move(weights)), std::move(history));
}

}  // namespace segue
