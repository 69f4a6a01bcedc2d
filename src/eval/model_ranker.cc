// Fitted models as rankers of a split's histories.
#include <functional>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/buffer.h"
#include "base/parallel.h"
#include "segue/error.h"
#include "segue/evaluate.h"
#include "segue/models.h"
#include "segue/ranker.h"

namespace segue {
namespace {

constexpr std::size_t kGrainRows = 64;  // folded in at once

using FoldIn = std::function<std::vector<float>(std::span<const std::uint32_t> items, std::span<const float> values)>;

/// With the users' factors where the training had them, and folded in where only the history is known.
std::unique_ptr<Ranker> make_folded(const Factors& user_factors, const Factors& item_factors, const Split& split,
                                    const FoldIn& fold, const Run& run) {
  const CsrMatrix& history = split.history;
  if (user_factors.rows() != history.rows() || item_factors.rows() != history.cols()) {
    throw Error(ErrorCode::kInvalidArgument, "the factors are not those of the split's users and items",
                "train on the split's own matrix");
  }
  Buffer<float> values(user_factors.values().size());
  std::copy(user_factors.values().begin(), user_factors.values().end(), values.begin());
  parallel_chunks(history.rows(), kGrainRows, run, [&](std::size_t begin, std::size_t end, int) {
    for (auto row = static_cast<std::uint32_t>(begin); row < end; ++row) {
      const auto items = history.row_columns(row);
      if (items.empty() || !split.train.row_columns(row).empty()) continue;
      const auto x = fold(items, history.row_values(row));
      std::copy(x.begin(), x.end(), values.begin() + std::size_t{row} * user_factors.stride());
    }
  });
  return make_factor_ranker(Factors::create(history.rows(), user_factors.factors(), std::move(values).share()),
                            item_factors, run);
}

struct MakeRanker {
  const Split& split;
  const Run& run;

  std::unique_ptr<Ranker> operator()(const FittedAls& model) const {
    return make_folded_ranker(model.result, model.settings.als, model.weighting, split, run);
  }
  template <typename T>
  requires std::is_constructible_v<ItemModel, T> std::unique_ptr<Ranker>
  operator()(const T& model) const { return make_history_ranker(make_history_scorer(model, run), split.history); }
  std::unique_ptr<Ranker> operator()(const FittedBpr& model) const {
    return make_folded(
        model.result.user_factors, model.result.item_factors, split,
        [&](auto history, auto) { return fold_in(model.result.item_factors, model.options, history); }, run);
  }
  std::unique_ptr<Ranker> operator()(const FittedLmf& model) const {
    return make_folded(
        model.result.user_factors, model.result.item_factors, split,
        [&](auto history, auto values) {
          return fold_in(model.result.item_factors, model.settings.lmf, history,
                         weigh_history(model.weighting, history, values));
        },
        run);
  }
};

}  // namespace

std::unique_ptr<Ranker> make_folded_ranker(const AlsResult& trained, const AlsOptions& options,
                                           const WeightingState& weighting, const Split& split, const Run& run) {
  AlsOptions used = options;
  used.regularization = trained.regularization;
  const std::vector<double> item_gram = gram(trained.item_factors, run);
  return make_folded(
      trained.user_factors, trained.item_factors, split,
      [&](auto history, auto values) {
        return fold_in(trained.item_factors, item_gram, used, history, weigh_history(weighting, history, values));
      },
      run);
}

std::unique_ptr<Ranker> make_ranker(const FittedModel& model, const Split& split, const Run& run) {
  return std::visit(MakeRanker{split, run}, model);
}

const Factors* item_factors_of(const FittedModel& model) {
  if (const auto* als = std::get_if<FittedAls>(&model)) return &als->result.item_factors;
  if (const auto* bpr = std::get_if<FittedBpr>(&model)) return &bpr->result.item_factors;
  if (const auto* lmf = std::get_if<FittedLmf>(&model)) return &lmf->result.item_factors;
  return nullptr;
}

}  // namespace segue
