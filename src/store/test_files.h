// For the tests of this folder only: small models to write, and the means to damage a file on purpose.
#ifndef SEGUE_STORE_TEST_FILES_H_
#define SEGUE_STORE_TEST_FILES_H_

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <limits>
#include <optional>
#include <random>
#include <string>
#include <variant>
#include <vector>

#include "base/buffer.h"
#include "segue/error.h"
#include "segue/index.h"
#include "segue/model.h"
#include "store/container.h"
#include "store/container_writer.h"
#include "testing/temp_dir.h"

namespace segue::testing {

/// The values of rows of factors, padded.
inline Factors make_factors(std::uint32_t rows, std::uint32_t factors, const std::function<float()>& next) {
  Buffer<float> values(std::size_t{rows} * Factors::stride_for(factors));
  for (std::size_t row = 0; row < rows; ++row) {
    for (std::size_t f = 0; f < factors; ++f) values[row * Factors::stride_for(factors) + f] = next();
  }
  return Factors::create(rows, factors, std::move(values).share());
}

inline std::uint32_t below(std::mt19937& random, std::uint32_t bound) {
  return static_cast<std::uint32_t>(random()) % bound;
}

/// The values of an Array or span, for matchers.
template <typename Range>
auto all(const Range& range) {
  return std::vector(range.begin(), range.end());
}

/// Ids of random bytes, zeros and bytes that are not UTF-8 among them, in order.
inline IdMap random_ids(std::mt19937& random, std::uint32_t count) {
  std::vector<std::string> ids;
  while (ids.size() < count) {
    std::string id(random() % 20, '\0');
    for (char& c : id) c = static_cast<char>(random());
    ids.push_back(id);
    std::ranges::sort(ids);
    ids.erase(std::ranges::unique(ids).begin(), ids.end());
  }
  return IdMap::create(StringTable::from(ids));
}

inline Interactions random_interactions(std::uint32_t seed) {
  std::mt19937 random(seed);
  const std::uint32_t users = seed % 5 == 0 ? 0 : below(random, 40);
  const std::uint32_t items = below(random, 30);
  Interactions interactions;
  interactions.users = random_ids(random, users);
  interactions.items = random_ids(random, items);
  std::vector<std::uint64_t> row_ptr{0};
  std::vector<std::uint32_t> columns;
  std::vector<float> values;
  for (std::uint32_t user = 0; user < users; ++user) {
    for (std::uint32_t item = 0; item < items; ++item) {
      if (random() % 3 != 0) continue;
      columns.push_back(item);
      values.push_back(
          std::ldexp(static_cast<float>(static_cast<std::int32_t>(random())), static_cast<int>(random() % 90) - 60));
    }
    row_ptr.push_back(columns.size());
  }
  interactions.plays = CsrMatrix::create(items, std::move(row_ptr), std::move(columns), std::move(values));
  if (seed % 2 == 1) {
    std::vector<std::string> titles;
    for (std::uint32_t item = 0; item < items; ++item) titles.push_back("title " + std::to_string(random() % 7));
    interactions.titles = StringTable::from(titles);
  }
  interactions.source = "log \"" + std::to_string(seed) + "\"\t\x01é";
  return interactions;
}

inline Model random_model(std::uint32_t seed) {
  std::mt19937 random(seed + 1000);
  const auto real = [&] { return std::ldexp(static_cast<double>(random()), static_cast<int>(random() % 80) - 60); };
  const auto positive = [&] { return static_cast<float>(random() + 1) * 1e-5F; };
  Interactions interactions = random_interactions(seed);
  const std::uint32_t users = interactions.users.size();
  const std::uint32_t items = interactions.items.size();
  WeightingState weighting;
  weighting.options = {static_cast<Weighting>(seed % 7), positive(), positive(), positive(),
                       0.1F + static_cast<float>(seed % 10) / 11};
  weighting.items = items;
  if (weighting.options.weighting == Weighting::kBm25 || weighting.options.weighting == Weighting::kNormalize) {
    std::vector<float> scale(items);
    for (float& s : scale) s = positive();
    weighting.item_scale = std::move(scale);
  }
  const std::uint32_t factors = 1 + below(random, 40);
  const auto next = [&] { return static_cast<float>(static_cast<std::int32_t>(random())) * 1e-9F; };
  ModelCard card;
  card.segue_version = "9.8.7";
  card.created = "2026-01-02T03:04:05Z";
  card.source = "somewhere else.tsv";
  card.note = "line one\nline two \xE2\x99\xAB";
  card.rows_read = std::numeric_limits<std::uint64_t>::max() - seed;
  card.rows_kept = seed;
  card.options = {factors,
                  positive(),
                  static_cast<std::uint32_t>(random()),
                  static_cast<Solver>(seed % 3),
                  1 + seed,
                  std::numeric_limits<std::uint64_t>::max() - seed,
                  static_cast<GatherPrecision>(seed % 3),
                  seed % 4 == 0 ? 0 : positive()};
  card.solver = seed % 2 == 0 ? Solver::kCg : Solver::kCholesky;
  for (std::uint32_t sweep = 1; sweep <= seed % 4; ++sweep) card.sweeps.push_back({sweep, real(), real()});
  card.fit_seconds = real();
  card.peak_memory_bytes = random();
  card.threads = static_cast<int>(seed % 64);
  card.simd_target = "avx512";
  return Model::create(std::move(interactions), std::move(weighting), make_factors(users, factors, next),
                       make_factors(items, factors, next), std::move(card));
}

/// The model of tests/golden: made up, small, every field set. Never to be changed: its bytes are what version 1 is.
inline Model golden_model(bool with_titles = true) {
  Interactions interactions;
  interactions.users = IdMap::create(StringTable::from({"ada", "bob", "eve"}));
  interactions.items = IdMap::create(StringTable::from({"a1", "a2", "a3", "a4"}));
  if (with_titles) interactions.titles = StringTable::from({"The Lamps", "", "Söderfjärd", "The Lamps"});
  interactions.plays =
      CsrMatrix::create(4, std::vector<std::uint64_t>{0, 2, 2, 5}, std::vector<std::uint32_t>{0, 3, 0, 1, 3},
                        std::vector<float>{691, 1, -2, 0.5F, 3e9F});
  interactions.source = "made-up.tsv";
  WeightingState weighting;
  weighting.options = {Weighting::kBm25, 1.5F, 0.25F, 100, 0.8F};
  weighting.items = 4;
  weighting.item_scale = std::vector<float>{0.5F, 1, 0.2F, 2};
  float next = -1;
  const auto step = [&next] { return next += 0.125F; };
  ModelCard card;
  card.segue_version = "0.1.0";
  card.created = "2026-01-02T03:04:05Z";
  card.source = "made-up.tsv";
  card.note = "made up";
  card.rows_read = 7;
  card.rows_kept = 5;
  card.options = {3, 0.01F, 2, Solver::kAuto, 3, 42, GatherPrecision::kFloat32, 0};
  card.solver = Solver::kCholesky;
  card.sweeps = {{1, 0.5, 0.0125}, {2, 0.25, 0.0115}};
  card.fit_seconds = 0.75;
  card.peak_memory_bytes = 1048576;
  card.threads = 2;
  card.simd_target = "baseline";
  Factors users = make_factors(3, 3, step);
  return Model::create(std::move(interactions), std::move(weighting), std::move(users), make_factors(4, 3, step),
                       std::move(card));
}

/// The models of tests/golden that are none of als, by the name of their file. Never to be changed.
inline Model golden_model_of(const std::string& name) {
  const Model als = golden_model();
  Interactions interactions = als.interactions();
  ModelCard card = als.card();
  card.options = {};
  if (name == "v2-bpr") {  // factors with a bias
    card.model = "bpr";
    card.settings = {{"factors", "2"}, {"regularization", "0.01"}, {"seed", "42"}};
    WeightingState binary;
    binary.options.weighting = Weighting::kBinary;
    binary.items = 4;
    return Model::create(std::move(interactions), std::move(binary), als.user_factors(), als.item_factors(),
                         std::move(card));
  }
  card.sweeps.clear();
  if (name == "v2-knn") {
    card.model = "knn";
    card.settings = {{"neighbors", "2"}, {"similarity", "bm25"}};
    CsrMatrix similar =
        CsrMatrix::create(4, std::vector<std::uint64_t>{0, 2, 3, 3, 5}, std::vector<std::uint32_t>{1, 3, 0, 0, 1},
                          std::vector<float>{0.5F, 0.25F, 0.5F, 0.25F, 0.125F});
    return Model::create(std::move(interactions), Neighborhood{std::move(similar), als.weighting(), true},
                         std::move(card));
  }
  if (name == "v2-ease") {
    card.model = "ease";
    card.settings = {{"l2", "500"}, {"top_items", "3"}};
    EaseWeights weights;
    weights.items = 4;
    weights.included = std::vector<std::uint32_t>{0, 1, 3};
    weights.stride = 4;
    weights.weights = std::vector<float>{0, 0.5F, -0.25F, 0, 0.125F, 0, 1, 0, 2, -0.5F, 0, 0};
    return Model::create(std::move(interactions), std::move(weights), std::move(card));
  }
  card.model = "popularity";
  return Model::create(std::move(interactions), FittedPopularity{als.listeners()}, std::move(card));
}

/// Made up, and part of golden files: never to be changed. Files take parts as they come, open_index() judges them.
inline StoredIndex some_index(Metric metric) {
  StoredIndex index{.kind = "ivf",
                    .metric = metric,
                    .options = {.kind = "ivf", .recall = 0.9, .lists = 3, .probes = 2, .trees = 7, .search_k = 11},
                    .recall = {.at_10 = 0.925, .at_20 = 0.75, .sample = 500},
                    .parts = {}};
  index.parts.push_back({"ids", Array<std::uint32_t>(std::vector<std::uint32_t>{3, 1, 2})});
  index.parts.push_back({"begin", Array<std::uint64_t>(std::vector<std::uint64_t>{0, 1ULL << 40})});
  index.parts.push_back({"codes", Array<std::uint8_t>(std::vector<std::uint8_t>{255, 0, 128})});
  index.parts.push_back({"scales", Array<float>(std::vector<float>{0.5F, -2})});
  return index;
}

/// Made up, and part of a golden file: never to be changed.
inline ItemMap some_map() {
  ItemMap map;
  map.positions = std::vector<float>{-1, 0.5F, 0.25F, 1, 0, 0, 0.125F, -0.75F};
  map.clusters = std::vector<std::uint32_t>{1, 0, ItemMap::kNowhere, 0};
  map.options = {.neighbors = 3, .epochs = 50, .clusters = 2, .seed = 9};
  map.trustworthiness = 0.875;
  map.sample = 3;
  return map;
}

inline std::string bytes_of(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}
template <typename T>
std::string bytes_of(const std::vector<T>& values) {
  return bytes_of(std::as_bytes(std::span(values)));
}

/// What to put in place of a section (or to add); no bytes: leave it out.
struct Edit {
  std::string name;
  std::optional<std::string> bytes = std::nullopt;
  std::optional<DataType> type = std::nullopt;                     // empty: as it was
  std::optional<std::vector<std::uint64_t>> shape = std::nullopt;  // empty: as it was
};

/// Writes the file again with some sections changed, all checksums right: damage that only the checks of open() can
/// find.
inline void rewrite(const std::filesystem::path& path, const std::vector<Edit>& edits) {
  struct Owned {
    std::string name, bytes;
    DataType type;
    std::vector<std::uint64_t> shape;
  };
  std::vector<Owned> owned;
  std::string kind;
  {
    const Container container = Container::open(path);
    kind = container.layout().kind;
    for (const FileSection& s : container.layout().sections) {
      const auto* type = std::ranges::find(kDataTypes, std::string_view(s.type), &DataTypeInfo::name);
      owned.push_back({s.name, bytes_of(container.bytes(s)), type->type, s.shape});
    }
  }
  for (const Edit& edit : edits) {
    auto it = std::ranges::find(owned, edit.name, &Owned::name);
    if (!edit.bytes && !edit.shape && !edit.type) {
      if (it != owned.end()) owned.erase(it);
      continue;
    }
    if (it == owned.end()) it = owned.insert(it, {edit.name, "", DataType::kBytes, {0}});
    if (edit.bytes) it->bytes = *edit.bytes;
    if (edit.type) it->type = *edit.type;
    if (edit.shape) it->shape = *edit.shape;
    if (edit.bytes && !edit.shape && it->shape.size() == 1) {
      const auto* type = std::ranges::find(kDataTypes, it->type, &DataTypeInfo::type);
      it->shape = {it->bytes.size() / type->size};
    }
  }
  std::vector<Section> sections;
  for (const Owned& o : owned) sections.push_back({o.name, o.type, o.shape, std::as_bytes(std::span(o.bytes))});
  write_container(path, kind, sections, {});
}

/// Changes header and table of a file's bytes in place and makes their checksums right again.
inline std::string with_table(std::string bytes,
                              const std::function<void(HeaderRecord&, std::span<SectionRecord>)>& change) {
  HeaderRecord header{};
  std::memcpy(&header, bytes.data(), sizeof header);
  std::vector<SectionRecord> table(header.sections);
  std::memcpy(table.data(), bytes.data() + sizeof header, table.size() * sizeof(SectionRecord));
  change(header, table);
  seal(header, table);
  std::memcpy(bytes.data(), &header, sizeof header);
  std::memcpy(bytes.data() + sizeof header, table.data(), table.size() * sizeof(SectionRecord));
  return bytes;
}

inline SectionRecord& find_record(std::span<SectionRecord> table, std::string_view name) {
  return *std::ranges::find(table, name, [](const SectionRecord& r) { return text_of(r.name); });
}

/// Reads every value that a model gives access to, so that a sanitizer sees each wild read. @return something of them
/// all.
inline double touch(const Interactions& interactions) {
  double sum = static_cast<double>(interactions.source.size());
  const auto touch_text = [&sum](std::string_view text) {
    for (const char c : text) sum += c;
  };
  for (std::uint32_t i = 0; i < interactions.users.size(); ++i) touch_text(interactions.users[i]);
  for (std::uint32_t i = 0; i < interactions.items.size(); ++i) touch_text(interactions.title(i));
  if (interactions.items.find("a3")) sum += 1;
  for (const std::uint32_t count : count_per_column(interactions.plays)) sum += count;
  for (std::uint32_t row = 0; row < interactions.plays.rows(); ++row) {
    for (const float value : interactions.plays.row_values(row)) sum += static_cast<double>(value);
  }
  for (const double time : interactions.times) sum += time;
  return sum;
}
inline double touch(const Model& model) {
  double sum = touch(model.interactions());
  for (const Factors* table : {&model.user_factors(), &model.item_factors()}) {
    for (std::uint32_t row = 0; row < table->rows(); ++row) {
      for (const float value : (*table)[row]) sum += static_cast<double>(value);
    }
  }
  for (const std::uint32_t count : model.listeners()) sum += count;
  for (const float place : model.map().positions) sum += static_cast<double>(place);
  for (const std::uint32_t cluster : model.map().clusters) sum += cluster;
  if (model.item_model()) {
    if (const auto* sparse = std::get_if<Neighborhood>(&*model.item_model())) {
      for (const std::uint32_t column : sparse->similar.columns()) sum += column;
      for (const float value : sparse->similar.values()) sum += static_cast<double>(value);
    } else if (const auto* dense = std::get_if<EaseWeights>(&*model.item_model())) {
      for (const std::uint32_t item : dense->included) sum += item;
      for (const float value : dense->weights) sum += static_cast<double>(value);
    }
  }
  for (const float scale : model.weighting().item_scale) sum += static_cast<double>(scale);
  for (const SweepRecord& sweep : model.card().sweeps) sum += sweep.loss;
  return sum + static_cast<double>(model.card().note.size());
}

/// The error that `action` throws, as text; "nothing" where it throws none.
template <typename Action>
std::string error_of(Action action, ErrorCode expected = ErrorCode::kCorruptFile) {
  try {
    action();
  } catch (const Error& error) {
    if (error.code() != expected) return "another code: " + std::string(error.what());
    return error.what();
  }
  return "nothing";
}

}  // namespace segue::testing

#endif  // SEGUE_STORE_TEST_FILES_H_
