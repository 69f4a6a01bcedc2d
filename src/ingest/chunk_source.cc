#include "ingest/chunk_source.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "segue/error.h"

namespace segue::ingest {
namespace {

constexpr std::size_t kSampleSize = std::size_t{256} << 10;
constexpr std::size_t kBorderLook = 512;  // most lines end within it

/// Reads [offset, offset + out.size()) of a file; shorter only where the file ends.
std::size_t read_at(int fd, const std::string& name, std::uint64_t offset, std::span<char> out) {
  std::size_t filled = 0;
  while (filled < out.size()) {
    const ssize_t got = ::pread(fd, out.data() + filled, out.size() - filled, static_cast<off_t>(offset + filled));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw Error(ErrorCode::kIo, {name}, std::string("cannot read: ") + std::strerror(errno), "");
    if (got == 0) break;
    filled += static_cast<std::size_t>(got);
  }
  return filled;
}

class FileChunks final : public ChunkSource {
 public:
  FileChunks(OpenFile file, std::string name, std::size_t chunk_size)
      : ChunkSource(chunk_size), file_(std::move(file)), name_(std::move(name)) {
    sample_.resize(static_cast<std::size_t>(std::min<std::uint64_t>(file_.size, kSampleSize)));
    sample_.resize(read_at(file_.descriptor.get(), name_, 0, sample_));
    sample_is_all_ = sample_.size() == file_.size;
    bytes_ = file_.size;
  }

  void skip(std::size_t bytes) override { position_ = bytes; }

  bool next(ChunkBuffer& buffer, Chunk& chunk) override {
    std::uint64_t begin = 0;
    std::uint64_t end = 0;
    {
      const std::lock_guard lock(mutex_);
      if (stopped() || position_ >= file_.size) return false;
      begin = position_;
      end = find_border(begin);
      chunk.index = next_index_++;
      chunk.bytes = position_ - begin;
    }
    const auto size = static_cast<std::size_t>(end - begin);
    char* text = buffer.reset(size);
    if (read_at(file_.descriptor.get(), name_, begin, {text, size}) < size) {
      throw Error(ErrorCode::kIo, {name_}, "the file became shorter while it was read", "read it once it is complete");
    }
    chunk.text = {text, size};
    if (text[size - 1] != '\n') {  // the last line of the file, or one that was cut
      text[size] = '\n';
      chunk.text = {text, size + 1};
    }
    return true;
  }

  std::uint64_t total() const override { return file_.size; }

 private:
  /// Where the chunk that begins at `begin` ends; moves position_ to where the next one begins.
  std::uint64_t find_border(std::uint64_t begin) {
    std::uint64_t at = begin + chunk_size_ - 1;  // a line end here is the earliest that may end the chunk
    std::uint64_t cut = 0;                       // where an overlong line was cut
    look_.resize(kBorderLook);
    while (at < file_.size) {
      const std::size_t got = read_at(file_.descriptor.get(), name_, at, look_);
      if (const void* line_end = std::memchr(look_.data(), '\n', got)) {
        position_ = at + static_cast<std::size_t>(static_cast<const char*>(line_end) - look_.data()) + 1;
        return cut != 0 ? cut : position_;
      }
      if (got < look_.size()) break;
      at += got;
      if (cut == 0 && at > begin + chunk_size_ + kLongestLine) cut = at;
      if (stopped()) break;
      look_.resize(std::min(look_.size() * 2, kLongestLine));  // a long line: fewer, longer looks
    }
    position_ = file_.size;
    return cut != 0 ? cut : file_.size;
  }

  OpenFile file_;
  std::string name_;
  std::mutex mutex_;
  std::vector<char> look_;
  std::uint64_t position_ = 0;  // of the first byte that was not given away
  std::uint64_t next_index_ = 0;
};

class StreamChunks final : public ChunkSource {
 public:
  StreamChunks(std::unique_ptr<ByteStream> stream, std::uint64_t total, std::size_t chunk_size)
      : ChunkSource(chunk_size), total_(total) {
    sample_.resize(kSampleSize);
    sample_.resize(stream->read(sample_));
    sample_is_all_ = sample_.size() < kSampleSize;
    inner_ = std::move(stream);
  }

  void skip(std::size_t bytes) override { skipped_ = bytes; }

  bool next(ChunkBuffer& buffer, Chunk& chunk) override {
    const std::lock_guard lock(mutex_);
    if (inner_) stream_ = put_back(sample_.substr(skipped_), std::move(inner_));
    while (!stopped()) {
      const std::size_t before = carry_.size();  // the beginning of a line: it holds no line end
      char* text = buffer.reset(before + chunk_size_);
      std::copy(carry_.begin(), carry_.end(), text);
      carry_.clear();
      const std::size_t got = ended_ ? 0 : stream_->read({text + before, chunk_size_});
      ended_ = got < chunk_size_;
      const std::size_t size = before + got;
      if (size == 0) return false;
      const void* last = memrchr(text + before, '\n', got);
      if (last != nullptr) {
        const std::size_t lines = static_cast<std::size_t>(static_cast<const char*>(last) - text) + 1;
        carry_.assign(text + lines, text + size);
        return give(chunk, text, lines);
      }
      if (ended_ || size > kLongestLine) {
        if (!ended_) skip_line();
        text[size] = '\n';
        return give(chunk, text, size + 1);
      }
      carry_.assign(text, text + size);
    }
    return false;
  }

  std::uint64_t total() const override { return total_; }

 private:
  bool give(Chunk& chunk, char* text, std::size_t size) {
    chunk.index = next_index_++;
    chunk.text = {text, size};
    const std::uint64_t consumed = bytes_ = stream_->consumed();
    chunk.bytes = consumed - std::exchange(reported_, consumed);
    return true;
  }

  /// Reads on to the end of the line; what follows it goes back into the stream.
  void skip_line() {
    std::vector<char> block(std::size_t{64} << 10);
    while (!ended_ && !stopped()) {
      const std::size_t got = stream_->read(block);
      ended_ = got < block.size();
      if (const void* end = std::memchr(block.data(), '\n', got)) {
        const char* rest = static_cast<const char*>(end) + 1;
        stream_ = put_back({rest, static_cast<const char*>(block.data()) + got}, std::move(stream_));
        ended_ = false;
        return;
      }
    }
  }

  std::unique_ptr<ByteStream> inner_;  // until the first call of next()
  std::unique_ptr<ByteStream> stream_;
  std::uint64_t total_;
  std::size_t skipped_ = 0;
  std::mutex mutex_;
  std::vector<char> carry_;
  bool ended_ = false;
  std::uint64_t reported_ = 0;
  std::uint64_t next_index_ = 0;
};

}  // namespace

char* ChunkBuffer::reset(std::size_t size) {
  const std::size_t needed = size + 1 + 2 * kPadding;
  if (needed > capacity_) {
    memory_ = std::make_unique<char[]>(needed);  // zeroed: the padding is read, though it means nothing
    capacity_ = needed;
  }
  return data();
}

std::unique_ptr<ChunkSource> chunks_of_file(OpenFile file, std::string name, std::size_t chunk_size) {
  return std::make_unique<FileChunks>(std::move(file), std::move(name), chunk_size);
}

std::unique_ptr<ChunkSource> chunks_of_stream(std::unique_ptr<ByteStream> stream, std::uint64_t total,
                                              std::size_t chunk_size) {
  return std::make_unique<StreamChunks>(std::move(stream), total, chunk_size);
}

}  // namespace segue::ingest
