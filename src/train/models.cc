// The table of models.
#include "segue/models.h"

#include <array>
#include <charconv>
#include <cmath>

#include "train/model_table.h"

namespace segue {

std::span<const ModelInfo> models() {
  static const std::array kModels = {
      als_model(),         // implicit alternating least squares, iALS
      popularity_model(),  // the same for everybody
      knn_model(),         // item-item neighbours
      ease_model(),        // a linear model in closed form
      slim_model(),        // a sparse linear model
      bpr_model(),         // pairwise ranking
      lmf_model(),         // logistic factors
  };
  return kModels;
}

const ModelInfo& model_from_name(std::string_view name) {
  std::string names;
  for (const ModelInfo& model : models()) {
    if (model.name == name) return model;
    names += (names.empty() ? "" : ", ") + std::string(model.name);
  }
  throw Error(ErrorCode::kInvalidArgument, "there is no model \"" + std::string(name) + "\"", "choose among " + names);
}

const ModelOption* ModelInfo::option(std::string_view wanted) const {
  for (const ModelOption& each : options) {
    if (each.name == wanted) return &each;
  }
  return nullptr;
}

std::string ModelOption::range() const {
  switch (kind) {
    case OptionKind::kWhole:
      return "a whole number from " + std::to_string(least) + " to " + std::to_string(most);
    case OptionKind::kReal: {
      const std::string example = ", for example " + initial;
      if (high < kAnySize) return "a number from " + text_of(low) + " to " + text_of(high) + example;
      return above_low ? "a number above " + text_of(low) + example
                       : "a number of " + text_of(low) + " or more" + example;
    }
    case OptionKind::kWord:
    case OptionKind::kSwitch:
      break;
  }
  std::string list;
  for (const std::string& word : words) list += (list.empty() ? "one of " : ", ") + word;
  return list;
}

void ModelOption::check(std::string_view text) const {
  const char* const end = text.data() + text.size();
  bool good = false;
  if (kind == OptionKind::kWhole) {
    std::uint64_t number = 0;
    const auto read = std::from_chars(text.data(), end, number);
    good = read.ec == std::errc() && read.ptr == end && number >= least && number <= most;
  } else if (kind == OptionKind::kReal) {
    float number = 0;
    const auto read = std::from_chars(text.data(), end, number);
    good = read.ec == std::errc() && read.ptr == end && std::isfinite(number) && number <= high &&
           (above_low ? number > low : number >= low);
  } else {
    for (const std::string& word : words) good = good || word == text;
  }
  if (good) return;
  throw Error(ErrorCode::kInvalidArgument, name + " cannot be \"" + std::string(text.substr(0, 40)) + "\"",
              "it takes " + range());
}

}  // namespace segue
