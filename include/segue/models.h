// The table of models: what each is called, which options it takes, and how it is trained. The command line, tuning and
// the contract tests walk it. A model is one row of it, its algorithm and its model_NAME.cc in src/train.
#ifndef SEGUE_MODELS_H_
#define SEGUE_MODELS_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "segue/gradient_models.h"
#include "segue/item_models.h"
#include "segue/matrix.h"
#include "segue/model.h"
#include "segue/ranker.h"
#include "segue/run.h"
#include "segue/split.h"
#include "segue/train.h"
#include "segue/weighting.h"

namespace segue {

enum class OptionKind {
  kWhole,   // a whole number
  kReal,    // a finite number
  kWord,    // one of `words`
  kSwitch,  // "true" or "false"
};

/// Where tuning looks for the value of a number; words and switches are looked for among `words`.
enum class SearchScale { kNone, kLinear, kLogarithmic };

struct ModelOption {
  std::string name;  // as in the model's struct: "learning_rate"
  OptionKind kind = OptionKind::kReal;
  std::string help;
  std::string initial;      // its default, as text
  std::uint64_t least = 0;  // of whole numbers, both included
  std::uint64_t most = 0;   //
  double low = 0;           // of numbers, both included but for …
  double high = 0;          //
  bool above_low = false;   // … low, where this is set
  std::vector<std::string> words;
  SearchScale scale = SearchScale::kNone;
  double search_low = 0;
  double search_high = 0;
  std::vector<std::string> search_words;  // those that tuning tries; empty: none

  /// What it takes, for people: "a whole number from 1 to 1024".
  std::string range() const;
  /// @throws Error{kInvalidArgument} when `text` is no such value.
  void check(std::string_view text) const;
};

/// Values by the names of options; what is not there has its default.
using ModelSettings = std::map<std::string, std::string, std::less<>>;

/// What training an als model takes and gives. The others are told by their results.
struct AlsSettings {
  AlsOptions als;
  WeightingOptions weighting;
};
struct FittedAls {
  AlsSettings settings;
  WeightingState weighting;
  AlsResult result;
};
struct FittedBpr {
  BprOptions options;
  GradientResult result;
};
struct LmfSettings {
  LmfOptions lmf;
  WeightingOptions weighting;
};
struct FittedLmf {
  LmfSettings settings;
  WeightingState weighting;
  GradientResult result;
};
using FittedModel = std::variant<FittedAls, FittedPopularity, Neighborhood, EaseWeights, FittedBpr, FittedLmf>;

struct ModelInfo {
  std::string_view name;
  std::string_view summary;
  std::vector<ModelOption> options;
  /// The option that says how long it trains, each iteration going on where the last one ended: what tuning gives more
  /// of to the better trials. Empty: there is none.
  std::string_view effort;
  /// @throws Error{kOutOfMemory} where it is known without a training that the memory of one would not do.
  std::function<void(const CsrMatrix& train, const ModelSettings& settings)> require_fits;
  /// @param on_sweep  called after each iteration of models that have any
  /// @throws Error{kInvalidArgument} for settings that it does not take; what its training throws.
  std::function<FittedModel(const CsrMatrix& train, const ModelSettings& settings, const Run& run,
                            const SweepCallback& on_sweep)>
      fit;

  /// Null where it does not take one of this name.
  const ModelOption* option(std::string_view option) const;
};

/// All there are, als first.
std::span<const ModelInfo> models();
/// @throws Error{kInvalidArgument} listing the names that exist.
const ModelInfo& model_from_name(std::string_view name);

/// The options that settings say. @throws Error{kInvalidArgument}.
AlsSettings als_settings(const ModelSettings& settings);
ModelSettings texts_of(const AlsSettings& settings);  // the other way, every option
BprOptions bpr_settings(const ModelSettings& settings);
LmfSettings lmf_settings(const ModelSettings& settings);

/// A fitted model as a ranker of split.history: people whom the training (on split.train) has not seen are folded in.
std::unique_ptr<Ranker> make_ranker(const FittedModel& model, const Split& split, const Run& run = {});

/// The card of a fitted model: what it was told, defaults filled in, and what its training did. Where the data come
/// from is left to the caller. fit_seconds is that of the sweeps.
/// @param settings  that fit() was given
ModelCard card_of(const ModelInfo& info, const ModelSettings& settings, const FittedModel& fitted, const Run& run = {});

/// What was fitted, with the interactions it was fitted on: ready to be saved and asked.
/// @throws Error{kInvalidArgument} where they are not of the same users and items.
Model make_model(Interactions interactions, FittedModel fitted, ModelCard card);

/// The other way: what was fitted, out of a model. Shares its arrays.
/// @throws Error{kInvalidArgument} for a model of which this segue knows no row, or settings that it does not take.
FittedModel fitted_of(const Model& model);

/// What a model was trained with, every option by its name: fit() takes it. Of als the regularization is the one that
/// was chosen where it was left out. @throws Error{kInvalidArgument} for a model of which this segue knows no row.
ModelSettings trained_settings(const Model& model);

/// The vectors of a model's items; null where it has none.
const Factors* item_factors_of(const FittedModel& model);

}  // namespace segue

#endif  // SEGUE_MODELS_H_
