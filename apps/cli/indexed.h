// Indexed: vectors, from whatever file they are in, and the indexes that it holds of them.
#ifndef SEGUE_APPS_CLI_INDEXED_H_
#define SEGUE_APPS_CLI_INDEXED_H_

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "log.h"
#include "segue/index.h"
#include "segue/model.h"
#include "segue/vectors.h"
#include "session.h"

namespace segue::cli {

struct Indexed {
  std::optional<Model> model;        // where the file is one
  Factors vectors;                   // of a model its items
  std::vector<StoredIndex> indexes;  // one for a metric at most
};

/// Opens a model, an index file or a file of vectors. @throws as Model::open(), IndexFile::open() and read_vectors()
/// do.
Indexed open_indexed(Session& session, const std::filesystem::path& path, const AnnFileOptions& ann);

/// The index for a metric: the one the file holds, else an exact one.
std::unique_ptr<Index> index_of(const Session& session, const Indexed& file, Metric metric);

/// Builds an index, and says what it finds.
StoredIndex build_index(Session& session, const Factors& vectors, Metric metric, const IndexOptions& options);

/// The model with an index of this kind for similar items and the exact one for users. Says what they find.
Model add_indexes(Session& session, const Model& model, const IndexOptions& options);

/// Says how much of the truth an index finds, where it is not all. @param top  results that are asked for
/// @param filtered  whether only some of the items may be answers
void say_recall(Session& session, std::string_view kind, const KnownRecall& known, std::uint32_t top,
                bool filtered = false);

/// A share in percent, rounded, but never up to 100: "99.9" of 0.9998.
std::string percent(double share, int digits);

/// "ivf by cosine: 1,081 lists, 24 looked into; finds 99.2 % of the true 10 nearest and 99.1 % of 20"
std::string describe_index(const StoredIndex& index);
Json index_json(const StoredIndex& index);

}  // namespace segue::cli

#endif  // SEGUE_APPS_CLI_INDEXED_H_
