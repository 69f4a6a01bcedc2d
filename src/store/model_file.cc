// Model: its invariants, and its file.
//
// Opening maps the file and reads all of it once, on all cores: a column beyond the last item or an offset beyond the
// end would be a wild read later, and a factor that is not a number would spoil every answer it takes part in, so both
// are looked for before anybody uses them; and then every section's checksum is compared, since a flipped bit of a
// factor is as finite as any. At the size of Last.fm-360K all of it costs less than a tenth of a second.
#include "segue/model.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <list>
#include <numeric>

#include "base/buffer.h"
#include "base/checksum.h"
#include "base/parallel.h"
#include "segue/error.h"
#include "store/container.h"
#include "store/factors_section.h"
#include "store/index_sections.h"
#include "store/item_model_sections.h"
#include "store/map_sections.h"
#include "store/metadata.h"
#include "store/plays_file.h"

namespace segue {
namespace {

constexpr std::size_t kSweepFields = 3;  // sweep, seconds, loss

void require(bool holds, const std::string& problem, const std::string& fix) {
  if (!holds) throw Error(ErrorCode::kInvalidArgument, problem, fix);
}

/// What create() and open() both ask of the parts. @throws Error{kInvalidArgument}.
void check_weighting(const WeightingState& state, std::uint32_t items) {
  const WeightingOptions& options = state.options;
  require(state.items == items,
          "the weighting is of " + std::to_string(state.items) + " items and the plays of " + std::to_string(items),
          "weigh the same plays");
  const bool in_range = std::isfinite(options.alpha) && options.alpha > 0 && std::isfinite(options.epsilon) &&
                        options.epsilon > 0 && std::isfinite(options.bm25_k1) && options.bm25_k1 >= 0 &&
                        options.bm25_b >= 0 && options.bm25_b <= 1;
  require(in_range, "an option of the weighting is out of its range", "see WeightingOptions for the ranges");
  const bool has_scale = options.weighting == Weighting::kBm25 || options.weighting == Weighting::kNormalize;
  require(state.item_scale.size() == (has_scale ? items : 0),
          "the weighting has " + std::to_string(state.item_scale.size()) + " item scales where it needs " +
              std::to_string(has_scale ? items : 0),
          "take the state that weigh() gave");
  require(std::ranges::all_of(state.item_scale, [](float scale) { return std::isfinite(scale); }),
          "an item scale of the weighting is not finite", "take the state that weigh() gave");
}

constexpr std::string_view kAls = "als";

/// Of what an answer of als computes with.
void check_training(const ModelCard& card) {
  if (card.model != kAls) return;
  const AlsOptions& options = card.options;
  require(std::isfinite(options.regularization) && options.regularization > 0,
          "the regularization of the card is not above 0",
          "give the one that training chose: AlsResult::regularization");
  require(std::isfinite(options.unobserved_weight) && options.unobserved_weight >= 0,
          "the unobserved weight of the card is below 0", "give the one that training was given");
  require(options.regularization_exponent >= 0 && options.regularization_exponent <= kMostRegularizationExponent,
          "the regularization exponent of the card is not from 0 to 2", "give the one that training was given");
}

/// Of the values without their padding, so that it stays what it is should the padding change.
std::uint64_t values_checksum(const Factors& table) {
  if (table.factors() == table.stride()) return checksum(std::as_bytes(table.values().view()));
  constexpr std::size_t kPacked = 16384;  // values that are summed at a time
  std::vector<float> packed;
  packed.reserve(kPacked + table.factors());
  Checksum sum;
  for (std::uint32_t row = 0; row < table.rows(); ++row) {
    const auto values = table[row];
    packed.insert(packed.end(), values.begin(), values.end());
    if (packed.size() >= kPacked || row + 1 == table.rows()) {
      sum.add(std::as_bytes(std::span(packed)));
      packed.clear();
    }
  }
  return sum.value();
}

std::string checksum_of_numbers(std::span<const std::uint64_t> numbers) {
  return to_hex(checksum(std::as_bytes(numbers)));
}

/// Exact counts would take a pass of random access over the plays; their sum and bound are as much as safety needs.
Array<std::uint32_t> read_listeners(const Container& container, std::uint64_t users, std::uint64_t items,
                                    std::uint64_t plays) {
  auto listeners = container.array<std::uint32_t>(section::kListeners);
  std::uint64_t sum = 0;
  bool in_range = listeners.size() == items;
  for (const std::uint32_t count : listeners) {
    sum += count;
    in_range = in_range && count <= users;
  }
  if (!in_range || sum != plays) container.damaged(section::kListeners, "does not fit the plays");
  return listeners;
}

std::vector<double> pack(const std::vector<SweepRecord>& sweeps) {
  std::vector<double> values;
  for (const SweepRecord& sweep : sweeps) {
    values.insert(values.end(), {static_cast<double>(sweep.sweep), sweep.seconds, sweep.loss});
  }
  return values;
}

std::vector<SweepRecord> read_sweeps(const Container& container) {
  std::vector<SweepRecord> sweeps;
  if (container.find(section::kSweeps) == nullptr) return sweeps;
  const auto values = container.array<double>(section::kSweeps, 2);
  if (container.find(section::kSweeps)->shape[1] != kSweepFields) {
    container.damaged(section::kSweeps, "does not have 3 columns");
  }
  for (std::size_t i = 0; i < values.size(); i += kSweepFields) {
    if (!(values[i] >= 0 && values[i] <= 4294967295.0))
      container.damaged(section::kSweeps, "has a number out of range");
    sweeps.push_back({static_cast<std::uint32_t>(values[i]), values[i + 1], values[i + 2]});
  }
  return sweeps;
}

}  // namespace

ModelCard card_of(const AlsOptions& options, const AlsResult& result, const Run& run) {
  ModelCard card;
  card.segue_version = SEGUE_VERSION;
  card.options = options;
  card.options.regularization = result.regularization;
  card.regularization_chosen = options.regularization == 0;
  card.solver = result.solver;
  card.sweeps = result.sweeps;
  for (const SweepRecord& sweep : result.sweeps) card.fit_seconds += sweep.seconds;
  card.threads = run.thread_count();
  card.simd_target = simd_target();
  return card;
}

InitialFactors initial_factors(const Model& model, const Interactions& data, std::uint64_t seed, const Run& run) {
  const std::uint32_t factors = model.item_factors().factors();
  InitialFactors initial = initial_factors(data.users.size(), data.items.size(), factors, seed);
  const auto carry_over = [&](Factors& to, const IdMap& ids, const Factors& from, const IdMap& old_ids) {
    const std::size_t stride = to.stride();
    Buffer<float> values(std::size_t{to.rows()} * stride);
    constexpr std::size_t kGrain = 4096;
    parallel_chunks(to.rows(), kGrain, run, [&](std::size_t begin, std::size_t end, int) {
      for (std::size_t row = begin; row < end; ++row) {
        const auto old = old_ids.find(ids[static_cast<std::uint32_t>(row)]);
        const auto vector = old ? from[*old] : to[static_cast<std::uint32_t>(row)];
        std::copy(vector.begin(), vector.end(), values.data() + row * stride);
      }
    });
    to = Factors::create(to.rows(), factors, std::move(values).share());
  };
  carry_over(initial.users, data.users, model.user_factors(), model.interactions().users);
  carry_over(initial.items, data.items, model.item_factors(), model.interactions().items);
  return initial;
}

Model Model::create(Interactions interactions, WeightingState weighting, Factors user_factors, Factors item_factors,
                    ModelCard card) {
  const std::vector<Section> data = interaction_sections(interactions);  // checks that they fit each other
  const std::uint32_t users = interactions.users.size();
  const std::uint32_t items = interactions.items.size();
  check_weighting(weighting, items);
  check_training(card);
  require(user_factors.rows() == users && item_factors.rows() == items &&
              user_factors.factors() == item_factors.factors() && user_factors.factors() != 0,
          "factors of " + std::to_string(user_factors.rows()) + " x " + std::to_string(user_factors.factors()) +
              " and " + std::to_string(item_factors.rows()) + " x " + std::to_string(item_factors.factors()) +
              " do not fit " + std::to_string(users) + " users and " + std::to_string(items) + " items",
          "train on the same interactions");

  Model model;
  std::vector<std::uint64_t> data_sums(data.size());
  std::array<std::uint64_t, 5> factor_sums = {users, items, user_factors.factors(), 0, 0};
  Checks steps = {[&] { model.listeners_ = count_per_column(interactions.plays); },
                  [&] { factor_sums[3] = values_checksum(user_factors); },
                  [&] { factor_sums[4] = values_checksum(item_factors); }};
  for (std::size_t i = 0; i < data.size(); ++i) {
    steps.push_back([&data_sums, &data, i] { data_sums[i] = checksum(data[i].bytes); });
  }
  run_checks(steps);
  card.data_checksum = checksum_of_numbers(data_sums);
  card.factors_checksum = checksum_of_numbers(factor_sums);

  interactions.times = {};  // no answer needs them
  model.interactions_ = std::move(interactions);
  model.weighting_ = std::move(weighting);
  model.user_factors_ = std::move(user_factors);
  model.item_factors_ = std::move(item_factors);
  model.card_ = std::move(card);
  return model;
}

Model Model::create(Interactions interactions, ItemModel learned, ModelCard card) {
  const std::vector<Section> data = interaction_sections(interactions);  // checks that they fit each other
  const std::uint32_t items = interactions.items.size();
  require(card.model != kAls, "a model of items alone is called als", "name it in its card");
  check_item_model(learned, items);
  WeightingState weighting = weighting_of(learned, items);
  check_weighting(weighting, items);

  Model model;
  std::vector<std::uint64_t> data_sums(data.size());
  std::array<std::uint64_t, 2> learned_sums = {items, 0};
  Checks steps = {[&] { model.listeners_ = count_per_column(interactions.plays); },
                  [&] { learned_sums[1] = checksum_of(learned); }};
  for (std::size_t i = 0; i < data.size(); ++i) {
    steps.push_back([&data_sums, &data, i] { data_sums[i] = checksum(data[i].bytes); });
  }
  run_checks(steps);
  if (const auto* counts = std::get_if<FittedPopularity>(&learned)) {
    require(std::ranges::equal(counts->counts, model.listeners_), "popularity is not that of the plays",
            "train on the same interactions");
  }
  card.data_checksum = checksum_of_numbers(data_sums);
  card.factors_checksum = checksum_of_numbers(learned_sums);

  interactions.times = {};  // no answer needs them
  model.interactions_ = std::move(interactions);
  model.weighting_ = std::move(weighting);
  model.item_model_ = std::move(learned);
  model.card_ = std::move(card);
  return model;
}

void Model::save(const std::filesystem::path& path, const Run& run) const {
  require(item_model_.has_value() || item_factors_.factors() != 0, "an empty model has nothing to save",
          "make a model with Model::create");
  ModelMetadata told{.source = interactions_.source,
                     .factors = item_factors_.factors(),
                     .weighting = weighting_.options,
                     .card = card_,
                     .indexes = indexes_,
                     .map = map_};
  if (item_model_) {
    told.holds = holds_of(*item_model_);
    const auto* sparse = std::get_if<Neighborhood>(&*item_model_);
    told.binary_history = sparse != nullptr && sparse->binary_history;
  }
  const std::string metadata = model_metadata(told);
  const std::vector<double> sweeps = pack(card_.sweeps);
  std::vector<Section> sections = {make_json_section(metadata)};
  std::ranges::move(interaction_sections(interactions_), std::back_inserter(sections));
  sections.push_back(make_section(section::kListeners, listeners_));
  if (!weighting_.item_scale.empty()) sections.push_back(make_section(section::kItemScale, weighting_.item_scale));
  sections.push_back(make_section<double>(section::kSweeps, sweeps, {card_.sweeps.size(), kSweepFields}));
  if (item_model_) {
    add_item_model_sections(*item_model_, sections);
  } else {
    for (const auto& [name, table] :
         {std::pair(section::kUserFactors, &user_factors_), std::pair(section::kItemFactors, &item_factors_)}) {
      sections.push_back(make_section(name, table->values().view(), {table->rows(), table->stride()}));
    }
  }
  std::list<std::string> names;
  add_index_sections(indexes_, sections, names);
  add_map_sections(map_, sections);
  write_container(path, kModelKind, sections, run, card_.model == kAls ? kBasicVersion : kAnyModelVersion);
}

Model Model::with_indexes(std::vector<StoredIndex> indexes) const {
  require(!item_model_, "a model without factors has nothing to index", "leave the index out");
  Model model = *this;
  model.indexes_ = std::move(indexes);
  std::vector<Section> sections;
  std::list<std::string> names;
  add_index_sections(model.indexes_, sections, names);  // refuses what could not be saved
  return model;
}

Model Model::with_evaluation(CardEvaluation evaluation) const {
  Model model = *this;
  model.card_.evaluation = std::move(evaluation);
  return model;
}

Model Model::with_map(ItemMap map) const {
  if (!map.empty()) check_map(map, item_factors_.rows());
  Model model = *this;
  model.map_ = std::move(map);
  return model;
}

Model Model::open(const std::filesystem::path& path) {
  const Container container = Container::open(path);
  if (container.layout().kind == kPlaysKind) {
    throw Error(ErrorCode::kInvalidArgument, {path.string()}, "holds plays, not a model",
                "make a model of it first: segue fit " + path.string());
  }
  if (container.layout().kind == kIndexKind) {
    throw Error(ErrorCode::kInvalidArgument, {path.string()}, "holds vectors and an index, not a model",
                "ask it by segue index query, or name a model");
  }
  Model model;
  Checks checks;
  read_interactions(container, model.interactions_, checks);
  ModelMetadata metadata = read_metadata(container);
  model.interactions_.source = metadata.source;
  model.card_ = metadata.card;
  model.card_.sweeps = read_sweeps(container);
  model.indexes_ = std::move(metadata.indexes);
  read_index_parts(container, model.indexes_);

  const std::uint64_t users = container.array<std::uint64_t>(section::kUserOffsets).size() - 1;
  const std::uint64_t items = container.array<std::uint64_t>(section::kItemOffsets).size() - 1;
  const auto rows = [&](std::uint64_t count, std::string_view name) {
    if (count > 0xFFFFFFFFULL) container.damaged(name, "holds more ids than there can be");
    return static_cast<std::uint32_t>(count);
  };
  const std::uint32_t item_rows = rows(items, section::kItemOffsets);
  model.weighting_ = {metadata.weighting, item_rows, {}};
  if (container.find(section::kItemScale) != nullptr) {
    model.weighting_.item_scale = container.array<float>(section::kItemScale);
  }
  if (metadata.has_map) {
    read_map_sections(container, items, metadata.map);
    model.map_ = std::move(metadata.map);
  }
  model.listeners_ = read_listeners(container, users, items, container.array<std::uint32_t>(section::kColumns).size());
  if (metadata.holds == Holds::kFactors) {
    model.user_factors_ =
        read_factors(container, section::kUserFactors, rows(users, section::kUserOffsets), metadata.factors, checks);
    model.item_factors_ = read_factors(container, section::kItemFactors, item_rows, metadata.factors, checks);
  } else {
    model.item_model_ = read_item_model(container, metadata, model.weighting_, model.listeners_, checks);
    model.indexes_.clear();  // there is nothing that they could be of
  }
  make_or_damaged(container, section::kMetadata, [&] {
    require(model.card_.model != kAls || metadata.holds == Holds::kFactors, "als without factors", "");
    check_weighting(model.weighting_, item_rows);
    check_training(model.card_);
  });
  run_checks(checks);
  check_checksums(container);
  return model;
}

}  // namespace segue
