// Bulk: a list for every item or user of a model, streamed as TSV.
#ifndef SEGUE_APPS_CLI_BULK_H_
#define SEGUE_APPS_CLI_BULK_H_

#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string_view>
#include <vector>

#include "segue/index.h"
#include "segue/model.h"
#include "session.h"

namespace segue::cli {

/// What is asked for each of many.
struct BulkQuestion {
  std::string_view unit;  // "items", "users": a literal, for the progress
  const IdMap& ids;       // of those who are asked for, all of them
  std::function<std::vector<std::vector<Neighbor>>(std::span<const std::uint32_t> queries, const Run& run)> ask;
};

/// Writes "query, rank, id, score" a line, ids as in the log, to `output`, whole or not at all, or to standard output
/// where that is empty. Lists that are empty leave no line. Memory does not grow with the number of lists.
void write_lists(Session& session, const Model& model, const BulkQuestion& question,
                 const std::filesystem::path& output);

}  // namespace segue::cli

#endif  // SEGUE_APPS_CLI_BULK_H_
