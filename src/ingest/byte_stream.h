// ByteStream: the bytes of a log from first to last, whatever they are packed in.
#ifndef SEGUE_INGEST_BYTE_STREAM_H_
#define SEGUE_INGEST_BYTE_STREAM_H_

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace segue::ingest {

class ByteStream {
 public:
  virtual ~ByteStream() = default;

  /// Fills `out` from its front and returns how much; less than out.size() only at the end. Not thread-safe.
  /// @throws Error{kIo, kBadInput} where the system fails or packed bytes are damaged.
  virtual std::size_t read(std::span<char> out) = 0;

  /// Bytes taken so far of what lies on disk: for progress.
  virtual std::uint64_t consumed() const = 0;
};

/// An open file: closes itself.
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor();
  Descriptor(Descriptor&& other) noexcept : fd_(other.fd_) { other.fd_ = -1; }
  Descriptor& operator=(Descriptor&&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

/// What open_log found.
struct OpenFile {
  Descriptor descriptor;
  std::uint64_t size = 0;  // of a regular file
  bool regular = false;    // otherwise a pipe or a device: it can only be read from first to last
};

/// @throws Error{kNotFound, kIo}, also for a folder.
OpenFile open_log(const std::filesystem::path& path);

std::unique_ptr<ByteStream> read_descriptor(Descriptor descriptor, std::string file);

/// `bytes` must outlive the stream.
std::unique_ptr<ByteStream> read_memory(std::string_view bytes);

/// Looks at the first bytes of `packed` and unpacks gzip or zstd, then tar: its first file that looks like a log.
/// `packing` gets words for what was found, such as "plays.tsv in a tar in gzip", or nothing; `member` the name of the
/// file in a tar.
/// @throws Error{kBadInput} for formats that are known but not read (zip, xz, Parquet, …), saying what to do.
std::unique_ptr<ByteStream> unpack(std::unique_ptr<ByteStream> packed, const std::string& file, std::string& packing,
                                   std::string& member);

/// `inner` with `front` (already taken from it) put back before it.
std::unique_ptr<ByteStream> put_back(std::string front, std::unique_ptr<ByteStream> inner);

// The unpackers that unpack() chooses from.
std::unique_ptr<ByteStream> unpack_gzip(std::unique_ptr<ByteStream> packed, std::string file);
std::unique_ptr<ByteStream> unpack_zstd(std::unique_ptr<ByteStream> packed, std::string file);
/// `member` gets the name of the file inside.
std::unique_ptr<ByteStream> unpack_tar(std::unique_ptr<ByteStream> packed, const std::string& file,
                                       std::string& member);

}  // namespace segue::ingest

#endif  // SEGUE_INGEST_BYTE_STREAM_H_
