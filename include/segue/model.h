// Model: everything that is needed to answer, in one file.
#ifndef SEGUE_MODEL_H_
#define SEGUE_MODEL_H_

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "segue/factors.h"
#include "segue/index.h"
#include "segue/interactions.h"
#include "segue/item_map.h"
#include "segue/item_models.h"
#include "segue/run.h"
#include "segue/train.h"
#include "segue/weighting.h"

namespace segue {

/// A mean of an evaluation, with its interval; both ends are the mean where it has none.
struct CardFigure {
  std::string model;   // of the table of models
  std::string metric;  // "ndcg@10"
  double mean = 0;
  double low = 0;
  double high = 0;
};

/// How well a training with the model's settings found what was held out of its data, beside baselines. The model
/// itself is of all the data and was not measured.
struct CardEvaluation {
  std::string split;                // in words: "random, share 0.2, seed 42"
  std::uint64_t train = 0;          // interactions that were trained on
  std::uint64_t test = 0;           // and held out
  std::uint64_t users = 0;          // who had any of those
  std::vector<CardFigure> figures;  // by model, the model's own first; empty: there was none
};

/// Where a model comes from. Part of the model file; shown by `segue inspect`.
struct ModelCard {
  std::string model = "als";  // a name of the table of models
  /// Every option of the model's training by the name in that table, as text; of als `options` says them.
  std::map<std::string, std::string, std::less<>> settings;
  std::string segue_version;
  std::string created;  // ISO 8601, UTC
  std::string source;   // the name of the log
  std::string note;     // free text, such as that the data is made up
  std::uint64_t rows_read = 0;
  std::uint64_t rows_kept = 0;
  std::string data_checksum;           // XXH3 of ids, titles and plays, 16 hexadecimal digits
  AlsOptions options;                  // of als
  bool regularization_chosen = false;  // of als, in proportion to the data: none was given
  std::string began_from;              // of als: factors_checksum of the model that it was trained on from; empty: anew
  Solver solver = Solver::kCg;         // of als the one that ran
  std::vector<SweepRecord> sweeps;
  double fit_seconds = 0;
  std::uint64_t peak_memory_bytes = 0;
  int threads = 0;
  std::string simd_target;
  std::string factors_checksum;  // XXH3 of what was learned; does not depend on time or threads
  CardEvaluation evaluation;
};

/// A card of what a training was told and what it did; where the data come from is left to the caller.
/// fit_seconds is that of the sweeps.
ModelCard card_of(const AlsOptions& options, const AlsResult& result, const Run& run = {});

/// Immutable; copies share. Has either factors or an item model. Invariants, checked by create():
///   1. user_factors has a row per user and item_factors one per item, of the same number of factors;
///   2. weighting.items is the number of items;
///   3. the item model is of as many items, and its numbers are finite.
class Model {
 public:
  Model() = default;
  /// Also computes the checksums of the card and the listeners. @throws Error{kInvalidArgument}.
  static Model create(Interactions interactions, WeightingState weighting, Factors user_factors, Factors item_factors,
                      ModelCard card);

  /// The same of a model that ranks by the items that a person has, of any row of the table of models that gives one.
  /// @throws Error{kInvalidArgument}.
  static Model create(Interactions interactions, ItemModel learned, ModelCard card);

  const Interactions& interactions() const { return interactions_; }
  /// How histories are weighed.
  const WeightingState& weighting() const { return weighting_; }
  /// Both of 0 rows where there is an item model.
  const Factors& user_factors() const { return user_factors_; }
  const Factors& item_factors() const { return item_factors_; }
  /// What ranks where there are no factors.
  const std::optional<ItemModel>& item_model() const { return item_model_; }
  const ModelCard& card() const { return card_; }
  /// Indexes of the item factors that the file holds, one for a metric at most.
  const std::vector<StoredIndex>& indexes() const { return indexes_; }
  /// This model with these indexes instead. They must be of its item factors: open_index() relies on it.
  /// @throws Error{kInvalidArgument} for two of one metric, or where there are no factors.
  Model with_indexes(std::vector<StoredIndex> indexes) const;
  /// Places of the items in the plane; empty where the file holds none.
  const ItemMap& map() const { return map_; }
  /// This model with this map instead; an empty one takes it away. It must be of its items: answers rely on it.
  /// @throws Error{kInvalidArgument} for a map of other items.
  Model with_map(ItemMap map) const;
  /// This model with this evaluation on its card instead.
  Model with_evaluation(CardEvaluation evaluation) const;
  /// Users who played each item, [items].
  const Array<std::uint32_t>& listeners() const { return listeners_; }

  /// Writes the model: complete or not at all (temporary file, fsync, rename). @throws Error{kIo}.
  void save(const std::filesystem::path& path, const Run& run = {}) const;

  /// Maps a model file. Structure, bounds and invariants are checked, that factors are finite, and the checksum of
  /// every section. O(size of the file), on all cores.
  /// @throws Error{kNotFound, kIo, kCorruptFile} saying which section is damaged; Error{kInvalidArgument} for a file
  /// that
  ///         holds plays and no model.
  static Model open(const std::filesystem::path& path);

 private:
  Interactions interactions_;
  WeightingState weighting_;
  Factors user_factors_;
  Factors item_factors_;
  std::optional<ItemModel> item_model_;
  ModelCard card_;
  std::vector<StoredIndex> indexes_;
  ItemMap map_;
  Array<std::uint32_t> listeners_;
};

/// Where a training on `data` begins that goes on from an older model: users and items that the model knows, by id,
/// have its factors; the others have what initial_factors() gives them by `seed`. Whom the data no longer hold is left
/// out.
InitialFactors initial_factors(const Model& model, const Interactions& data, std::uint64_t seed, const Run& run = {});

/// A section of a file of ours, as `segue inspect` lists it.
struct FileSection {
  std::string name;
  std::string type;  // "float32", "uint64", "bytes", …
  std::vector<std::uint64_t> shape;
  std::uint64_t offset = 0;
  std::uint64_t bytes = 0;
  std::string checksum;  // XXH3 as the file states it, 16 hexadecimal digits
};

struct FileLayout {
  std::string kind;  // "model", "plays" or "index"
  std::uint32_t version = 0;
  std::uint64_t bytes = 0;
  std::vector<FileSection> sections;
};

/// @throws Error{kNotFound, kIo, kCorruptFile}.
FileLayout read_layout(const std::filesystem::path& path);

/// Reads every section and compares its checksum, with progress; also of files whose kind this segue does not know.
/// @throws Error{kCorruptFile} naming the section that differs.
void verify_file(const std::filesystem::path& path, const Run& run = {});

}  // namespace segue

#endif  // SEGUE_MODEL_H_
