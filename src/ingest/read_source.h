// read_source: the whole of ingest but for opening a file. Tests and fuzzing come in here.
#ifndef SEGUE_INGEST_READ_SOURCE_H_
#define SEGUE_INGEST_READ_SOURCE_H_

#include <string>

#include "ingest/chunk_source.h"
#include "segue/interactions.h"
#include "segue/run.h"

namespace segue::ingest {

/// Bytes of a chunk: its text, the copy of it and what is made of it stay in a core's L2 cache.
constexpr std::size_t kChunkSize = std::size_t{512} << 10;

/// @param file     what errors call the log
/// @param packing  what unpack() found
IngestResult read_source(ChunkSource& source, const std::string& file, const std::string& packing,
                         const IngestOptions& options, const Run& run);

/// Opens a log and reads it in chunks of about `chunk_size` bytes.
IngestResult read_log_in_chunks(const std::filesystem::path& log, std::size_t chunk_size, const IngestOptions& options,
                                const Run& run);

}  // namespace segue::ingest

#endif  // SEGUE_INGEST_READ_SOURCE_H_
