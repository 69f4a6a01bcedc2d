#include "ingest/byte_stream.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "segue/error.h"

namespace segue::ingest {
namespace {

constexpr std::size_t kTarHeader = 512;
constexpr std::size_t kTarMagicAt = 257;

class DescriptorStream final : public ByteStream {
 public:
  DescriptorStream(Descriptor descriptor, std::string file)
      : descriptor_(std::move(descriptor)), file_(std::move(file)) {}

  std::size_t read(std::span<char> out) override {
    std::size_t filled = 0;
    while (filled < out.size()) {  // a pipe gives what it has, not what was asked for
      const ssize_t got = ::read(descriptor_.get(), out.data() + filled, out.size() - filled);
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) throw Error(ErrorCode::kIo, {file_}, std::string("cannot read: ") + std::strerror(errno), "");
      if (got == 0) break;
      filled += static_cast<std::size_t>(got);
    }
    consumed_ += filled;
    return filled;
  }
  std::uint64_t consumed() const override { return consumed_; }

 private:
  Descriptor descriptor_;
  std::string file_;
  std::uint64_t consumed_ = 0;
};

class MemoryStream final : public ByteStream {
 public:
  explicit MemoryStream(std::string_view bytes) : bytes_(bytes) {}
  std::size_t read(std::span<char> out) override {
    const std::size_t taken = std::min(out.size(), bytes_.size() - at_);
    std::copy_n(bytes_.data() + at_, taken, out.data());
    at_ += taken;
    return taken;
  }
  std::uint64_t consumed() const override { return at_; }

 private:
  std::string_view bytes_;
  std::size_t at_ = 0;
};

class PutBackStream final : public ByteStream {
 public:
  PutBackStream(std::string front, std::unique_ptr<ByteStream> inner)
      : front_(std::move(front)), inner_(std::move(inner)) {}
  std::size_t read(std::span<char> out) override {
    const std::size_t taken = std::min(out.size(), front_.size() - at_);
    std::copy_n(front_.data() + at_, taken, out.data());
    at_ += taken;
    return taken == out.size() ? taken : taken + inner_->read(out.subspan(taken));
  }
  std::uint64_t consumed() const override { return inner_->consumed(); }

 private:
  std::string front_;
  std::unique_ptr<ByteStream> inner_;
  std::size_t at_ = 0;
};

/// First bytes of formats that people try, and what helps.
struct ForeignFormat {
  std::string_view magic;
  std::string_view problem;
  std::string_view fix;
};
constexpr std::array kForeignFormats = {
    ForeignFormat{"PK\x03\x04", "is a zip archive", "unzip it and name the log inside"},
    ForeignFormat{"BZh", "is compressed by bzip2, which is not read", "decompress it: bzip2 -d"},
    ForeignFormat{"\xFD"
                  "7zXZ",
                  "is compressed by xz, which is not read", "decompress it: xz -d"},
    ForeignFormat{"7z\xBC\xAF", "is a 7z archive", "unpack it and name the log inside"},
    ForeignFormat{"PAR1", "is a Parquet file, not text", "write it as tab-separated text first"},
    ForeignFormat{"\x89HDF", "is an HDF5 file, not text", "write it as tab-separated text first"},
    ForeignFormat{"\x93SEGUE", "is a file of segue, not a log", "name the file itself, not \"-\" or an archive of it"},
    ForeignFormat{"\x93NUMPY", "is a NumPy file, not text", "write it as tab-separated text first"},
    ForeignFormat{"SQLite format 3", "is an SQLite database, not text", "export the table as tab-separated text first"},
};

/// Takes `size` bytes off `stream` to look at, fewer at its end.
std::string take(ByteStream& stream, std::size_t size) {
  std::string bytes(size, '\0');
  bytes.resize(stream.read(bytes));
  return bytes;
}

}  // namespace

Descriptor::~Descriptor() {
  if (fd_ >= 0) ::close(fd_);
}

OpenFile open_log(const std::filesystem::path& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) {
    const bool missing = errno == ENOENT || errno == ENOTDIR;
    throw Error(missing ? ErrorCode::kNotFound : ErrorCode::kIo, {path.string()},
                missing ? "there is no such file" : std::string("cannot open: ") + std::strerror(errno),
                missing ? "check the path" : "check the path and its permissions");
  }
  OpenFile file{Descriptor(fd)};
  struct stat status {};
  if (fstat(fd, &status) != 0) {
    throw Error(ErrorCode::kIo, {path.string()}, std::string("cannot look at: ") + std::strerror(errno), "");
  }
  if (S_ISDIR(status.st_mode)) throw Error(ErrorCode::kIo, {path.string()}, "is a folder", "name the log inside");
  file.regular = S_ISREG(status.st_mode);
  if (file.regular) file.size = static_cast<std::uint64_t>(status.st_size);
  return file;
}

std::unique_ptr<ByteStream> read_descriptor(Descriptor descriptor, std::string file) {
  return std::make_unique<DescriptorStream>(std::move(descriptor), std::move(file));
}

std::unique_ptr<ByteStream> read_memory(std::string_view bytes) { return std::make_unique<MemoryStream>(bytes); }

std::unique_ptr<ByteStream> put_back(std::string front, std::unique_ptr<ByteStream> inner) {
  return std::make_unique<PutBackStream>(std::move(front), std::move(inner));
}

std::unique_ptr<ByteStream> unpack(std::unique_ptr<ByteStream> packed, const std::string& file, std::string& packing,
                                   std::string& member) {
  std::string front = take(*packed, kTarHeader);
  std::string_view compression;
  if (front.starts_with("\x1F\x8B")) {
    compression = "gzip";
    packed = unpack_gzip(put_back(std::move(front), std::move(packed)), file);
  } else if (front.starts_with("\x28\xB5\x2F\xFD")) {
    compression = "zstd";
    packed = unpack_zstd(put_back(std::move(front), std::move(packed)), file);
  }
  if (!compression.empty()) front = take(*packed, kTarHeader);
  for (const ForeignFormat& foreign : kForeignFormats) {
    if (front.starts_with(foreign.magic)) {
      throw Error(ErrorCode::kBadInput, {file}, std::string(foreign.problem), std::string(foreign.fix));
    }
  }
  packing = compression;
  const bool tar = front.size() == kTarHeader && std::string_view(front).substr(kTarMagicAt, 5) == "ustar";
  packed = put_back(std::move(front), std::move(packed));
  if (tar) {
    packed = unpack_tar(std::move(packed), file, member);
    packing = member + " in a tar";
    if (!compression.empty()) packing += " in " + std::string(compression);
    packing += " (of the files in it the first that is named like a log; no other is read)";
  }
  return packed;
}

}  // namespace segue::ingest
