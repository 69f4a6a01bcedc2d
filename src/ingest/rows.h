// What reading makes of a log: numbers of users and items with values, in the order of the log, 8 bytes a row.
#ifndef SEGUE_INGEST_ROWS_H_
#define SEGUE_INGEST_ROWS_H_

#include <cstdint>
#include <map>
#include <mutex>
#include <shared_mutex>
#include <vector>

#include "base/buffer.h"
#include "ingest/rejects.h"

namespace segue::ingest {

/// Rows of a user that follow each other.
struct UserRun {
  std::uint32_t user;  // number in the users' NameTable
  std::uint32_t rows;
};

/// The kept rows of a chunk, and what was not kept.
struct ChunkRows {
  std::uint64_t index = 0;
  std::int64_t lines = 0;
  std::uint64_t rows = 0;              // lines but blank ones
  std::vector<std::uint32_t> items;    // number in the items' NameTable, by kept row
  std::vector<float> values;           // by kept row
  std::vector<double> exact;           // the values where a float does not hold each of them, otherwise empty
  std::vector<double> times;           // where the log has them, by kept row; otherwise empty
  std::vector<std::uint32_t> line_of;  // with Duplicates::kError: the line of each kept row, from 1 in the chunk
  std::vector<UserRun> runs;           // the users of the kept rows
  Rejects rejects;

  /// Forgets all but the memory.
  void clear();
};

/// The kept rows of the whole log.
struct LogRows {
  Buffer<std::uint32_t> items;
  Buffer<float> values;
  Buffer<double> exact;           // empty where floats hold all values
  Buffer<double> times;           // empty where the log has none
  Buffer<std::uint64_t> line_of;  // with Duplicates::kError: the line of each kept row
  Buffer<UserRun> runs;
  std::uint64_t size = 0;
  std::uint64_t run_count = 0;
  std::uint64_t rows_read = 0;
  std::int64_t lines = 0;  // with those before the data
  Rejects rejects;
};

/// Joins chunks in the order of the log while workers bring them in any order. The arrays are the matrix's own where
/// the log is in order: a row is written once.
class RowCollector {
 public:
  /// @param total_bytes  of the log, to guess its rows from those of the first chunks; 0 when unknown
  RowCollector(std::uint64_t total_bytes, std::int64_t lines_before);

  /// Takes a chunk of `bytes` bytes; `rows` is left empty. Thread-safe.
  void add(ChunkRows& rows, std::uint64_t bytes);

  /// What was collected. After the last add().
  LogRows take();

 private:
  struct Placed {
    ChunkRows rows;
    std::uint64_t first_row;
    std::uint64_t first_run;
    std::int64_t lines_before;
  };
  void reserve(std::uint64_t rows, std::uint64_t runs);
  void copy(const Placed& placed);

  std::mutex order_mutex_;                    // of what follows; taken before memory_mutex_
  std::map<std::uint64_t, ChunkRows> early_;  // chunks whose predecessors are not there yet
  std::uint64_t next_index_ = 0;
  const std::uint64_t total_bytes_;
  std::uint64_t bytes_left_;

  std::shared_mutex memory_mutex_;  // exclusively: the arrays move
  LogRows log_;
};

}  // namespace segue::ingest

#endif  // SEGUE_INGEST_ROWS_H_
