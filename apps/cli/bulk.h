// Bulk: lists for many, streamed to a file or to standard output.
#ifndef SEGUE_APPS_CLI_BULK_H_
#define SEGUE_APPS_CLI_BULK_H_

#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string_view>

#include "list_format.h"
#include "session.h"

namespace segue::cli {

/// What is asked for each of many.
struct BulkQuestion {
  std::string_view unit;  // "items", "users": a literal, for the progress
  ListShape shape;
  std::function<Lists(std::span<const std::uint32_t> queries, const Run& run)> ask;  // numbers below shape.count
};

/// Writes the lists to `output`, whole or not at all, or to standard output where that is empty. Memory does not grow
/// with their number.
void write_lists(Session& session, const BulkQuestion& question, const std::filesystem::path& output);

}  // namespace segue::cli

#endif  // SEGUE_APPS_CLI_BULK_H_
