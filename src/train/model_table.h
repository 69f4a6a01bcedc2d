// How a model's options are tied to the fields of its struct: one line each, which names it, says its range, and where
// tuning looks. Defaults are the struct's.
#ifndef SEGUE_TRAIN_MODEL_TABLE_H_
#define SEGUE_TRAIN_MODEL_TABLE_H_

#include <charconv>
#include <concepts>
#include <cstdint>
#include <functional>
#include <limits>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "segue/error.h"
#include "segue/models.h"

namespace segue {

/// What tuning tries: a range, or nothing.
struct Search {
  SearchScale scale = SearchScale::kNone;
  double low = 0;
  double high = 0;
};
constexpr Search kFixed{};
constexpr Search linearly(double low, double high) { return {SearchScale::kLinear, low, high}; }
constexpr Search logarithmically(double low, double high) { return {SearchScale::kLogarithmic, low, high}; }

constexpr std::uint64_t kAnyCount = std::numeric_limits<std::uint32_t>::max();
constexpr double kAnySize = std::numeric_limits<float>::max();

/// The shortest text that gives the number back.
template <typename T>
std::string text_of(T number) {
  std::array<char, 64> text{};
  return {text.data(), std::to_chars(text.data(), text.data() + text.size(), number).ptr};
}

/// @throws Error{kInvalidArgument} when the whole text is no such number. Requires a text that was checked.
template <typename T>
T number_of(std::string_view text) {
  T number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) {
    throw Error(ErrorCode::kInvalidArgument, "\"" + std::string(text) + "\" is not a number", "");
  }
  return number;
}

template <typename Options>
class OptionTable {
 public:
  template <typename Field>  // from Options& to a reference
  OptionTable& whole(std::string name, Field field, std::uint64_t least, std::uint64_t most, Search search,
                     std::string help) {
    using Number = std::decay_t<decltype(field(std::declval<Options&>()))>;
    ModelOption option = described(std::move(name), OptionKind::kWhole, std::move(help), search);
    option.least = least;
    option.most = most;
    option.initial = text_of(field(initial_));
    return add(
        std::move(option),
        [field](Options& options, std::string_view text) { field(options) = number_of<Number>(text); },
        [field](Options& options) { return text_of(field(options)); });
  }

  template <typename Field>
  OptionTable& real(std::string name, Field field, double low, double high, bool above_low, Search search,
                    std::string help) {
    ModelOption option = described(std::move(name), OptionKind::kReal, std::move(help), search);
    option.low = low;
    option.high = high;
    option.above_low = above_low;
    option.initial = text_of(field(initial_));
    return add(
        std::move(option),
        [field](Options& options, std::string_view text) { field(options) = number_of<float>(text); },
        [field](Options& options) { return text_of(field(options)); });
  }

  /// @param words  and what each stands for
  template <typename Value, typename Field>
  OptionTable& word(std::string name, Field field, std::vector<std::pair<std::string, Value>> words,
                    std::vector<std::string> search, std::string help) {
    ModelOption option = described(std::move(name), OptionKind::kWord, std::move(help), kFixed);
    for (const auto& [text, value] : words) {
      option.words.push_back(text);
      if (value == field(initial_)) option.initial = text;
    }
    option.search_words = std::move(search);
    return add(
        std::move(option),
        [field, words](Options& options, std::string_view text) {
          for (const auto& [word, value] : words) {
            if (word == text) field(options) = value;
          }
        },
        [field, words](Options& options) {
          std::string text;
          for (const auto& [word, value] : words) {
            if (value == field(options)) text = word;
          }
          return text;
        });
  }

  template <typename Field>
  OptionTable& flag(std::string name, Field field, std::vector<std::string> search, std::string help) {
    ModelOption option = described(std::move(name), OptionKind::kSwitch, std::move(help), kFixed);
    option.words = {"false", "true"};
    option.initial = field(initial_) ? "true" : "false";
    option.search_words = std::move(search);
    return add(
        std::move(option), [field](Options& options, std::string_view text) { field(options) = text == "true"; },
        [field](Options& options) { return std::string(field(options) ? "true" : "false"); });
  }

  std::vector<ModelOption> options() const {
    std::vector<ModelOption> list;
    for (const Row& row : rows_) list.push_back(row.option);
    return list;
  }

  /// @throws Error{kInvalidArgument} for a setting that is not in the table, or out of its range.
  Options parse(const ModelSettings& settings, std::string_view model) const {
    Options options;
    for (const auto& [name, text] : settings) {
      const Row* found = nullptr;
      for (const Row& row : rows_) {
        if (row.option.name == name) found = &row;
      }
      if (found == nullptr) {
        throw Error(ErrorCode::kInvalidArgument, "model " + std::string(model) + " has no option \"" + name + "\"",
                    "segue fit --help lists the options of each model");
      }
      found->option.check(text);
      found->set(options, text);
    }
    return options;
  }

  /// The other way: every option as text.
  ModelSettings texts(Options options) const {
    ModelSettings settings;
    for (const Row& row : rows_) settings[row.option.name] = row.text(options);
    return settings;
  }

 private:
  struct Row {
    ModelOption option;
    std::function<void(Options&, std::string_view)> set;
    std::function<std::string(Options&)> text;
  };

  static ModelOption described(std::string name, OptionKind kind, std::string help, Search search) {
    ModelOption option;
    option.name = std::move(name);
    option.kind = kind;
    option.help = std::move(help);
    option.scale = search.scale;
    option.search_low = search.low;
    option.search_high = search.high;
    return option;
  }

  OptionTable& add(ModelOption option, std::function<void(Options&, std::string_view)> set,
                   std::function<std::string(Options&)> text) {
    rows_.push_back({std::move(option), std::move(set), std::move(text)});
    return *this;
  }

  Options initial_{};
  std::vector<Row> rows_;
};

/// A row of the table of models.
/// @param fit  from (train, Options, run, on_sweep) to a FittedModel
/// @param require_fits  takes (train, Options)
template <typename Options, typename Fit>
ModelInfo model_info(
    std::string_view name, std::string_view summary, std::string_view effort, OptionTable<Options> table, Fit fit,
    std::type_identity_t<std::function<void(const CsrMatrix& train, const Options& options)>> require_fits = {}) {
  std::vector<ModelOption> options = table.options();
  return {name,
          summary,
          std::move(options),
          effort,
          [name, table, require_fits = std::move(require_fits)](const CsrMatrix& train, const ModelSettings& settings) {
            if (require_fits) require_fits(train, table.parse(settings, name));
          },
          [name, table = std::move(table), fit](const CsrMatrix& train, const ModelSettings& settings, const Run& run,
                                                const SweepCallback& on_sweep) -> FittedModel {
            return fit(train, table.parse(settings, name), run, on_sweep);
          }};
}

/// --weighting and what belongs to it, for structs with a field `weighting`.
template <typename Options>
void add_weighting(OptionTable<Options>& table, std::vector<std::string> search) {
  std::vector<std::pair<std::string, Weighting>> words;
  std::string help = "How a value r becomes a confidence c:";
  for (const WeightingInfo& info : weightings()) {
    words.emplace_back(info.name, info.weighting);
    constexpr std::size_t kColumn = 10;
    std::string name(info.name);
    name.resize(std::max(name.size(), kColumn), ' ');
    help += "\n  " + name + " " + std::string(info.formula);
  }
  const auto w = [](Options& o) -> WeightingOptions& { return o.weighting; };
  table
      .word(
          "weighting", [w](Options& o) -> Weighting& { return w(o).weighting; }, std::move(words), std::move(search),
          help)
      .real(
          "alpha", [w](Options& o) -> float& { return w(o).alpha; }, 0, kAnySize, true, kFixed,
          "Factor of the confidence, > 0")
      .real(
          "epsilon", [w](Options& o) -> float& { return w(o).epsilon; }, 0, kAnySize, true, kFixed,
          "log: the scale of the values, > 0")
      .real(
          "k1", [w](Options& o) -> float& { return w(o).bm25_k1; }, 0, kAnySize, false, kFixed,
          "bm25: where values saturate, >= 0")
      .real(
          "b", [w](Options& o) -> float& { return w(o).bm25_b; }, 0, 1, false, kFixed,
          "bm25: how much an item's total counts, 0 to 1");
}

// The rows, one in each model_NAME.cc.
ModelInfo als_model();
ModelInfo popularity_model();
ModelInfo knn_model();
ModelInfo ease_model();
ModelInfo slim_model();
ModelInfo bpr_model();
ModelInfo lmf_model();

}  // namespace segue

#endif  // SEGUE_TRAIN_MODEL_TABLE_H_
