// Between what a training gives and what a file keeps. A file keeps factors or an item model, a weighting of histories,
// and every setting by its name; the structs of the trainings are made anew of that.
#include <string>
#include <type_traits>
#include <utility>

#include "segue/error.h"
#include "segue/models.h"

namespace segue {
namespace {

constexpr std::string_view kAls = "als";

/// For models whose histories are not weighed: an item that is there counts 1.
WeightingState binary_weighting(std::uint32_t items) {
  WeightingState state;
  state.options.weighting = Weighting::kBinary;
  state.items = items;
  return state;
}

struct MakeModel {
  Interactions interactions;
  ModelCard card;

  Model operator()(FittedAls&& fitted) {
    return Model::create(std::move(interactions), std::move(fitted.weighting), std::move(fitted.result.user_factors),
                         std::move(fitted.result.item_factors), std::move(card));
  }
  Model operator()(FittedBpr&& fitted) {
    const std::uint32_t items = fitted.result.item_factors.rows();
    return Model::create(std::move(interactions), binary_weighting(items), std::move(fitted.result.user_factors),
                         std::move(fitted.result.item_factors), std::move(card));
  }
  Model operator()(FittedLmf&& fitted) {
    return Model::create(std::move(interactions), std::move(fitted.weighting), std::move(fitted.result.user_factors),
                         std::move(fitted.result.item_factors), std::move(card));
  }
  template <typename T>
  requires std::is_constructible_v<ItemModel, T> Model operator()(T&& fitted) {
    return Model::create(std::move(interactions), ItemModel(std::forward<T>(fitted)), std::move(card));
  }
};

/// The sweeps of models that have any.
struct SweepsOf {
  std::vector<SweepRecord> operator()(const FittedAls& fitted) const { return fitted.result.sweeps; }
  std::vector<SweepRecord> operator()(const FittedBpr& fitted) const { return fitted.result.sweeps; }
  std::vector<SweepRecord> operator()(const FittedLmf& fitted) const { return fitted.result.sweeps; }
  std::vector<SweepRecord> operator()(const auto&) const { return {}; }
};

}  // namespace

ModelCard card_of(const ModelInfo& info, const ModelSettings& settings, const FittedModel& fitted, const Run& run) {
  if (const auto* als = std::get_if<FittedAls>(&fitted)) return card_of(als->settings.als, als->result, run);
  ModelCard card;
  card.model = info.name;
  for (const ModelOption& option : info.options) {
    const auto given = settings.find(option.name);
    card.settings[option.name] = given == settings.end() ? option.initial : given->second;
  }
  card.segue_version = SEGUE_VERSION;
  card.sweeps = std::visit(SweepsOf{}, fitted);
  for (const SweepRecord& sweep : card.sweeps) card.fit_seconds += sweep.seconds;
  card.threads = run.thread_count();
  card.simd_target = simd_target();
  return card;
}

Model make_model(Interactions interactions, FittedModel fitted, ModelCard card) {
  return std::visit(MakeModel{std::move(interactions), std::move(card)}, std::move(fitted));
}

ModelSettings trained_settings(const Model& model) {
  const ModelCard& card = model.card();
  if (card.model == kAls) return texts_of(AlsSettings{card.options, model.weighting().options});
  // What a later segue adds is no matter for what was learned.
  ModelSettings known;
  const ModelInfo& info = model_from_name(card.model);
  for (const auto& [name, text] : card.settings) {
    if (info.option(name) != nullptr) known[name] = text;
  }
  return known;
}

FittedModel fitted_of(const Model& model) {
  const ModelCard& card = model.card();
  if (model.item_model()) {
    return std::visit([](const auto& learned) { return FittedModel(learned); }, *model.item_model());
  }
  if (card.model == kAls) {
    FittedAls fitted;
    fitted.settings = {card.options, model.weighting().options};
    fitted.weighting = model.weighting();
    fitted.result = {model.user_factors(), model.item_factors(), card.sweeps, card.solver, card.options.regularization};
    return fitted;
  }
  const ModelSettings known = trained_settings(model);
  const GradientResult result{model.user_factors(), model.item_factors(), card.sweeps};
  if (card.model == "bpr") return FittedBpr{bpr_settings(known), result};
  if (card.model == "lmf") return FittedLmf{lmf_settings(known), model.weighting(), result};
  throw Error(ErrorCode::kInvalidArgument, "model " + card.model + " has no factors that this segue can use",
              "make the file anew: segue fit");
}

}  // namespace segue
