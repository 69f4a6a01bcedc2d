#include "store/metadata.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>

#include "segue/error.h"
#include "segue/train.h"
#include "segue/weighting.h"

namespace segue {
namespace {

using Json = nlohmann::ordered_json;

/// Far above what a card needs, and little enough that no text of this size can exhaust memory once parsed.
constexpr std::size_t kMaxBytes = std::size_t{16} << 20;
/// We write three levels.
constexpr int kMaxDepth = 32;

/// The shortest decimal that gives the same float back: 0.8, not 0.800000011920929.
double shortest(float value) {
  std::array<char, 32> text{};
  const auto end = std::to_chars(text.data(), text.data() + text.size(), value).ptr;
  double decimal = 0;
  std::from_chars(text.data(), end, decimal);
  return static_cast<float>(decimal) == value ? decimal : static_cast<double>(value);
}

/// What a model may hold, by name.
constexpr std::array kHolds = {
    std::pair{Holds::kFactors, std::string_view("factors")}, std::pair{Holds::kSparse, std::string_view("sparse")},
    std::pair{Holds::kDense, std::string_view("dense")}, std::pair{Holds::kListeners, std::string_view("listeners")}};

std::string_view word_of(Holds holds) {
  return std::ranges::find(kHolds, holds, &std::pair<Holds, std::string_view>::first)->second;
}

Holds holds_from_name(std::string_view name) {
  const auto* known = std::ranges::find(kHolds, name, &std::pair<Holds, std::string_view>::second);
  if (known != kHolds.end()) return known->first;
  throw Error(ErrorCode::kInvalidArgument, "there is no form \"" + std::string(name) + "\"", "update segue");
}

/// JSON has no word for numbers that are not finite.
Json number(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }

std::string dump(const Json& json) {
  std::string text = json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
  if (text.size() > kMaxBytes) {
    throw Error(ErrorCode::kInvalidArgument, "the card of the model is longer than 16 MiB", "shorten its note");
  }
  return text;
}

Json parse(const Container& container) {
  const std::string_view text = container.json(section::kMetadata);
  const auto damaged = [&](const std::string& problem) { container.damaged(section::kMetadata, problem); };
  if (text.size() > kMaxBytes) damaged("is longer than 16 MiB");
  try {
    Json json = Json::parse(text.begin(), text.end(), [&](int depth, Json::parse_event_t, Json&) {
      if (depth > kMaxDepth) damaged("is nested too deep");
      return true;
    });
    if (!json.is_object()) damaged("is not a JSON object");
    return json;
  } catch (const Json::exception&) {
    damaged("is not JSON in UTF-8");
  }
  __builtin_unreachable();
}

/// An object of the metadata, and how to read its values: a missing key leaves the default as it is.
class Reader {
 public:
  Reader(const Container& container, const Json& object, std::string path)
      : container_(container), object_(object), path_(std::move(path)) {}

  void read(const char* key, std::string& value) const {
    if (const Json* json = find(key)) {
      if (!json->is_string()) wrong(key, "is not a string");
      value = json->get<std::string>();
    }
  }

  template <std::integral T>
  void read(const char* key, T& value, T low = 0) const {
    const Json* json = find(key);
    if (json == nullptr) return;
    constexpr T kHigh = std::numeric_limits<T>::max();
    // Json keeps integers that are not negative as unsigned ones.
    const std::uint64_t number = json->is_number_unsigned() ? json->get<std::uint64_t>() : 0;
    if (!json->is_number_unsigned() || number < static_cast<std::uint64_t>(low) ||
        number > static_cast<std::uint64_t>(kHigh)) {
      wrong(key, "is not a whole number from " + std::to_string(low) + " to " + std::to_string(kHigh));
    }
    value = static_cast<T>(number);
  }

  void read(const char* key, double& value) const {
    const Json* json = find(key);
    if (json == nullptr) return;
    if (!json->is_number() && !json->is_null()) wrong(key, "is not a number");
    value = json->is_null() ? std::numeric_limits<double>::quiet_NaN() : json->get<double>();
  }

  void read(const char* key, float& value) const {
    if (!has(key)) return;
    double number = 0;
    read(key, number);
    if (!(std::abs(number) <= static_cast<double>(std::numeric_limits<float>::max()))) {
      wrong(key, "is not a number of 32 bits");
    }
    value = static_cast<float>(number);
  }

  void read(const char* key, bool& value) const {
    const Json* json = find(key);
    if (json == nullptr) return;
    if (!json->is_boolean()) wrong(key, "is neither true nor false");
    value = json->get<bool>();
  }

  void read(const char* key, std::map<std::string, std::string, std::less<>>& values) const {
    const Json* json = find(key);
    if (json == nullptr) return;
    if (!json->is_object()) wrong(key, "is not an object");
    for (const auto& [name, value] : json->items()) {
      if (!value.is_string()) wrong(key, "holds what is not a string");
      values[name] = value.get<std::string>();
    }
  }

  void read(const char* key, Holds& value) const { read_named(key, value, holds_from_name); }
  void read(const char* key, Solver& value) const { read_named(key, value, solver_from_name); }
  void read(const char* key, GatherPrecision& value) const { read_named(key, value, precision_from_name); }
  void read(const char* key, Weighting& value) const { read_named(key, value, weighting_from_name); }
  void read(const char* key, Metric& value) const { read_named(key, value, metric_of); }

  /// A share, from 0 to 1.
  void read_share(const char* key, double& value) const {
    read(key, value);
    if (!(value >= 0 && value <= 1)) wrong(key, "is not from 0 to 1");
  }

  Reader object(const char* key) const {
    const Json* json = find(key);
    if (json == nullptr) wrong(key, "is missing");
    if (!json->is_object()) wrong(key, "is not an object");
    return {container_, *json, path_ + key + "."};
  }

  std::vector<Reader> objects(const char* key) const {
    std::vector<Reader> readers;
    const Json* json = find(key);
    if (json == nullptr) return readers;
    if (!json->is_array()) wrong(key, "is not an array");
    for (const Json& value : *json) {
      if (!value.is_object()) wrong(key, "holds what is not an object");
      readers.push_back({container_, value, path_ + key + "."});
    }
    return readers;
  }

  void require(const char* key) const {
    if (find(key) == nullptr) wrong(key, "is missing");
  }
  bool has(const char* key) const { return find(key) != nullptr; }

 private:
  const Json* find(const char* key) const {
    const auto it = object_.find(key);
    return it == object_.end() ? nullptr : &*it;
  }

  template <typename T>
  void read_named(const char* key, T& value, T (*from_name)(std::string_view)) const {
    std::string name;
    read(key, name);
    if (name.empty()) return;
    try {
      value = from_name(name);
    } catch (const Error& error) {
      wrong(key, "is not one that this segue knows: " + error.problem());
    }
  }

  [[noreturn]] void wrong(const char* key, const std::string& problem) const {
    container_.damaged(section::kMetadata, "cannot be used: " + path_ + key + " " + problem);
  }

  const Container& container_;
  const Json& object_;
  std::string path_;
};

Json options_json(const AlsOptions& options) {
  Json json = Json::object({
      {"factors", options.factors},
      {"regularization", number(shortest(options.regularization))},
      {"iterations", options.iterations},
      {"solver", name_of(options.solver)},
      {"cg_steps", options.cg_steps},
      {"seed", options.seed},
  });
  // These keys are younger than version 1 of the format: left out where they say what their absence says.
  if (options.precision != GatherPrecision::kFloat32) json["precision"] = name_of(options.precision);
  if (options.tolerance != 0) json["tolerance"] = number(shortest(options.tolerance));
  if (options.unobserved_weight != 0) json["unobserved_weight"] = number(shortest(options.unobserved_weight));
  if (options.regularization_exponent != 0) {
    json["regularization_exponent"] = number(shortest(options.regularization_exponent));
  }
  return json;
}

/// What keys of an index that are missing mean, for ever.
constexpr int kMissingTrees = 0;
constexpr std::int64_t kMissingSearchK = -1;

Json indexes_json(const std::vector<StoredIndex>& indexes) {
  Json all = Json::array();
  for (const StoredIndex& index : indexes) {
    const IndexOptions& options = index.options;
    Json json = Json::object({{"kind", index.kind}, {"metric", name_of(index.metric)}});
    // Left out where they say what their absence says.
    if (options.recall != 0) json["recall"] = number(options.recall);
    if (options.lists != 0) json["lists"] = options.lists;
    if (options.probes != 0) json["probes"] = options.probes;
    if (options.slack != 0) json["slack"] = number(options.slack);
    if (options.trees != kMissingTrees) json["trees"] = options.trees;
    if (options.search_k != kMissingSearchK) json["search_k"] = options.search_k;
    json["recall_at_10"] = number(index.recall.at_10);
    json["recall_at_20"] = number(index.recall.at_20);
    json["sample"] = index.recall.sample;
    all.push_back(std::move(json));
  }
  return all;
}

std::vector<StoredIndex> read_indexes(const Reader& json) {
  std::vector<StoredIndex> indexes;
  for (const Reader& object : json.objects("indexes")) {
    StoredIndex index;
    object.require("kind");
    object.read("kind", index.kind);
    object.require("metric");
    object.read("metric", index.metric);
    index.options = {.kind = index.kind, .trees = kMissingTrees, .search_k = kMissingSearchK};
    object.read_share("recall", index.options.recall);
    object.read("lists", index.options.lists);
    object.read("probes", index.options.probes);
    object.read("slack", index.options.slack);
    object.read("trees", index.options.trees);
    object.read("search_k", index.options.search_k);
    object.read_share("recall_at_10", index.recall.at_10);
    object.read_share("recall_at_20", index.recall.at_20);
    object.read("sample", index.recall.sample);
    indexes.push_back(std::move(index));
  }
  return indexes;
}

/// What keys that are missing mean, for ever: the defaults of training may change, those of the format may not.
constexpr AlsOptions kMissingOptions = {64, 0.01F, 15, Solver::kAuto, 3, 42, GatherPrecision::kFloat32, 0, 0, 0};
constexpr std::string_view kMissingModel = "als";
constexpr WeightingOptions kMissingWeighting = {Weighting::kBm25, 1, 1, 100, 0.8F};

AlsOptions read_options(const Reader& json) {
  AlsOptions options = kMissingOptions;
  json.read("factors", options.factors, 1U);
  json.read("regularization", options.regularization);
  json.read("iterations", options.iterations);
  json.read("solver", options.solver);
  json.read("cg_steps", options.cg_steps, 1U);
  json.read("seed", options.seed);
  json.read("precision", options.precision);
  json.read("tolerance", options.tolerance);
  json.read("unobserved_weight", options.unobserved_weight);
  json.read("regularization_exponent", options.regularization_exponent);
  return options;
}

Json evaluation_json(const CardEvaluation& evaluation) {
  Json figures = Json::array();
  for (const CardFigure& figure : evaluation.figures) {
    figures.push_back(Json::object({
        {"model", figure.model},
        {"metric", figure.metric},
        {"mean", number(figure.mean)},
        {"low", number(figure.low)},
        {"high", number(figure.high)},
    }));
  }
  return Json::object({
      {"split", evaluation.split},
      {"train", evaluation.train},
      {"test", evaluation.test},
      {"users", evaluation.users},
      {"figures", std::move(figures)},
  });
}

CardEvaluation read_evaluation(const Reader& json) {
  CardEvaluation evaluation;
  json.read("split", evaluation.split);
  json.read("train", evaluation.train);
  json.read("test", evaluation.test);
  json.read("users", evaluation.users);
  for (const Reader& object : json.objects("figures")) {
    CardFigure figure;
    object.require("model");
    object.read("model", figure.model);
    object.require("metric");
    object.read("metric", figure.metric);
    object.require("mean");
    object.read("mean", figure.mean);
    figure.low = figure.high = figure.mean;
    object.read("low", figure.low);
    object.read("high", figure.high);
    evaluation.figures.push_back(std::move(figure));
  }
  return evaluation;
}

Json card_json(const ModelCard& card) {
  Json json = Json::object({
      {"segue_version", card.segue_version},
      {"created", card.created},
      {"source", card.source},
      {"note", card.note},
      {"rows_read", card.rows_read},
      {"rows_kept", card.rows_kept},
      {"data_checksum", card.data_checksum},
  });
  if (card.model == kMissingModel) {
    json["options"] = options_json(card.options);
    json["solver"] = name_of(card.solver);
    // Younger than version 2, as is "evaluation".
    if (card.regularization_chosen) json["regularization_chosen"] = true;
    if (!card.began_from.empty()) json["began_from"] = card.began_from;
  } else {
    json["settings"] = card.settings;
  }
  json.update(Json::object({
      {"fit_seconds", number(card.fit_seconds)},
      {"peak_memory_bytes", card.peak_memory_bytes},
      {"threads", card.threads},
      {"simd_target", card.simd_target},
      {"factors_checksum", card.factors_checksum},
  }));
  if (!card.evaluation.figures.empty()) json["evaluation"] = evaluation_json(card.evaluation);
  return json;
}

ModelCard read_card(const Reader& json) {
  ModelCard card;
  card.options = kMissingOptions;
  json.read("segue_version", card.segue_version);
  json.read("created", card.created);
  json.read("source", card.source);
  json.read("note", card.note);
  json.read("rows_read", card.rows_read);
  json.read("rows_kept", card.rows_kept);
  json.read("data_checksum", card.data_checksum);
  if (json.has("options")) card.options = read_options(json.object("options"));
  json.read("solver", card.solver);
  json.read("regularization_chosen", card.regularization_chosen);
  json.read("began_from", card.began_from);
  json.read("settings", card.settings);
  json.read("fit_seconds", card.fit_seconds);
  json.read("peak_memory_bytes", card.peak_memory_bytes);
  json.read("threads", card.threads);
  json.read("simd_target", card.simd_target);
  json.read("factors_checksum", card.factors_checksum);
  if (json.has("evaluation")) card.evaluation = read_evaluation(json.object("evaluation"));
  return card;
}

Json map_json(const ItemMap& map) {
  return Json::object({
      {"neighbors", map.options.neighbors},
      {"epochs", map.options.epochs},
      {"clusters", map.options.clusters},
      {"seed", map.options.seed},
      {"trustworthiness", number(map.trustworthiness)},
      {"sample", map.sample},
  });
}

ItemMap read_map(const Reader& json) {
  ItemMap map;
  json.require("clusters");
  json.read("neighbors", map.options.neighbors);
  json.read("epochs", map.options.epochs);
  json.read("clusters", map.options.clusters, 1U);
  json.read("seed", map.options.seed);
  json.read_share("trustworthiness", map.trustworthiness);
  json.read("sample", map.sample);
  return map;
}

WeightingOptions read_weighting(const Reader& json) {
  WeightingOptions options = kMissingWeighting;
  json.require("name");
  json.read("name", options.weighting);
  json.read("alpha", options.alpha);
  json.read("epsilon", options.epsilon);
  json.read("bm25_k1", options.bm25_k1);
  json.read("bm25_b", options.bm25_b);
  return options;
}

}  // namespace

std::string plays_metadata(const Interactions& interactions) {
  return dump(Json::object({{"source", interactions.source}}));
}

std::string model_metadata(const ModelMetadata& metadata) {
  const WeightingOptions& weighting = metadata.weighting;
  Json json = Json::object({{"source", metadata.source}});
  // Files of als are as they were before there were others.
  if (metadata.card.model != kMissingModel) json["model"] = metadata.card.model;
  if (metadata.holds != Holds::kFactors) json["holds"] = word_of(metadata.holds);
  if (metadata.holds == Holds::kFactors) json["factors"] = metadata.factors;
  if (metadata.binary_history) json["binary_history"] = true;
  json["weighting"] = {
      {"name", name_of(weighting.weighting)},           {"alpha", number(shortest(weighting.alpha))},
      {"epsilon", number(shortest(weighting.epsilon))}, {"bm25_k1", number(shortest(weighting.bm25_k1))},
      {"bm25_b", number(shortest(weighting.bm25_b))},
  };
  json["card"] = card_json(metadata.card);
  if (!metadata.indexes.empty()) json["indexes"] = indexes_json(metadata.indexes);
  if (!metadata.map.empty()) json["map"] = map_json(metadata.map);
  return dump(json);
}

std::string index_metadata(const IndexMetadata& metadata) {
  return dump(Json::object({
      {"source", metadata.source},
      {"factors", metadata.factors},
      {"indexes", indexes_json(metadata.indexes)},
  }));
}

Section make_json_section(std::string_view text) {
  return {section::kMetadata, DataType::kJson, {text.size()}, std::as_bytes(std::span(text))};
}

ModelMetadata read_metadata(const Container& container) {
  const Json json = parse(container);
  const Reader reader(container, json, "");
  ModelMetadata metadata;
  metadata.card.options = kMissingOptions;
  reader.read("source", metadata.source);
  reader.read("holds", metadata.holds);
  if (metadata.holds == Holds::kFactors) reader.require("factors");
  reader.read("factors", metadata.factors, 1U);
  reader.read("binary_history", metadata.binary_history);
  metadata.weighting = read_weighting(reader.object("weighting"));
  if (reader.has("card")) metadata.card = read_card(reader.object("card"));
  metadata.card.model = kMissingModel;
  reader.read("model", metadata.card.model);
  metadata.indexes = read_indexes(reader);
  metadata.has_map = reader.has("map");
  if (metadata.has_map) metadata.map = read_map(reader.object("map"));
  return metadata;
}

IndexMetadata read_index_metadata(const Container& container) {
  const Json json = parse(container);
  const Reader reader(container, json, "");
  IndexMetadata metadata;
  reader.read("source", metadata.source);
  reader.require("factors");
  reader.read("factors", metadata.factors, 1U);
  metadata.indexes = read_indexes(reader);
  return metadata;
}

std::string read_source(const Container& container) {
  const Json json = parse(container);
  std::string source;
  Reader(container, json, "").read("source", source);
  return source;
}

}  // namespace segue
