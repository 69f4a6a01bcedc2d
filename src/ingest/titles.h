// Titles: what to show for an item, from a column of the log or a file of its own.
#ifndef SEGUE_INGEST_TITLES_H_
#define SEGUE_INGEST_TITLES_H_

#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ingest/chunk_parser.h"
#include "ingest/name_table.h"
#include "segue/interactions.h"
#include "segue/run.h"

namespace segue::ingest {

struct TitleFile {
  std::vector<std::string> titles;  // by rank of the item; empty where there is none
  bool latin1 = false;              // what the file was read as
};

/// Reads the titles of `items`; the first of an id wins, ids that are no item's are passed over.
/// @param encoding  auto, utf-8 or latin-1
/// @throws Error{kNotFound, kIo, kBadInput, kInvalidArgument}
TitleFile read_titles(const std::filesystem::path& path, const std::string& encoding, const IdMap& items,
                      const Run& run);

/// The first titles in the log, joined over the workers; empty where there is none.
std::vector<std::string> first_titles(std::span<const ChunkParser> workers, std::span<const NameRecord* const> items);

}  // namespace segue::ingest

#endif  // SEGUE_INGEST_TITLES_H_
