// ChunkSource: a log cut into chunks of whole lines, for workers to take in the order of the file.
//
// A regular plain file is read with pread: the worker that asks finds where its chunk ends under the lock (a look at a
// few bytes) and copies outside it, into memory that stays in its cache. That is faster than mapping the file, whose
// page faults cost more than the copy, and a file that shrinks meanwhile is an error instead of a signal. Everything
// else (a pipe, packed bytes, memory in tests) is read from first to last under the lock.
//
// No line is kept in memory beyond kLongestLine: the rest of a longer one is skipped while reading, and the parser
// rejects it.
#ifndef SEGUE_INGEST_CHUNK_SOURCE_H_
#define SEGUE_INGEST_CHUNK_SOURCE_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ingest/byte_stream.h"

namespace segue::ingest {

/// Longer lines are not rows of a log.
constexpr std::size_t kLongestLine = std::size_t{1} << 20;

/// Bytes of the chunks' memory that may be read, but mean nothing, before and after a chunk's text: scanning and
/// hashing load whole blocks.
constexpr std::size_t kPadding = 64;

/// A worker's memory for its chunk. Reused from chunk to chunk.
class ChunkBuffer {
 public:
  /// Makes room for `size` bytes and one more for a line end. What was in it is lost.
  char* reset(std::size_t size);
  char* data() { return memory_.get() + kPadding; }

 private:
  std::unique_ptr<char[]> memory_;
  std::size_t capacity_ = 0;
};

struct Chunk {
  std::uint64_t index = 0;  // from 0, in the order of the file
  std::uint64_t bytes = 0;  // progress since the chunk before
  std::span<char> text;     // whole lines, each ended by '\n'; padded on both sides
};

class ChunkSource {
 public:
  virtual ~ChunkSource() = default;

  /// The first bytes of the log (at most 256 KiB), to detect its layout from.
  std::string_view sample() const { return sample_; }
  /// Whether the sample is all there is.
  bool sample_is_all() const { return sample_is_all_; }

  /// Leaves out the first bytes (a byte order mark, a header). Before the first call of next(); at most the sample.
  virtual void skip(std::size_t bytes) = 0;

  /// The next chunk, or false when there is none or stop() was called. Thread-safe.
  virtual bool next(ChunkBuffer& buffer, Chunk& chunk) = 0;

  /// Makes next() return false from now on. Thread-safe.
  void stop() { stopped_.store(true, std::memory_order_relaxed); }

  /// Bytes on disk, for progress; 0 when unknown.
  virtual std::uint64_t total() const = 0;

  /// Bytes on disk that were read, once all are.
  std::uint64_t bytes() const { return bytes_; }

  /// Bytes that a chunk is about as long as.
  std::size_t chunk_size() const { return chunk_size_; }

 protected:
  explicit ChunkSource(std::size_t chunk_size) : chunk_size_(chunk_size) {}
  bool stopped() const { return stopped_.load(std::memory_order_relaxed); }

  std::size_t chunk_size_;
  std::uint64_t bytes_ = 0;
  std::string sample_;
  bool sample_is_all_ = false;

 private:
  std::atomic<bool> stopped_{false};
};

/// @param chunk_size  bytes a chunk is about as long as; tests make it tiny
std::unique_ptr<ChunkSource> chunks_of_file(OpenFile file, std::string name, std::size_t chunk_size);
std::unique_ptr<ChunkSource> chunks_of_stream(std::unique_ptr<ByteStream> stream, std::uint64_t total,
                                              std::size_t chunk_size);

}  // namespace segue::ingest

#endif  // SEGUE_INGEST_CHUNK_SOURCE_H_
