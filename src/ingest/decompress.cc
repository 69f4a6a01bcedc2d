// gzip and zstd as streams: bounded memory, members and frames one after the other as the tools write them. Damage and
// an early end are errors, never a shorter log.
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <limits>
#include <memory>
#include <utility>
#include <vector>

#include "ingest/byte_stream.h"
#include "segue/error.h"

namespace segue::ingest {
namespace {

constexpr std::size_t kPackedBlock = std::size_t{256} << 10;
constexpr int kWindowBitsGzip = 15 + 16;  // the largest window, a gzip header expected

[[noreturn]] void damaged(const std::string& file, const char* what) {
  throw Error(ErrorCode::kBadInput, {file}, what, "get the file again: it is damaged or was cut off");
}

class GzipStream final : public ByteStream {
 public:
  GzipStream(std::unique_ptr<ByteStream> packed, std::string file)
      : packed_(std::move(packed)), file_(std::move(file)), input_(kPackedBlock) {
    if (inflateInit2(&z_, kWindowBitsGzip) != Z_OK) throw std::bad_alloc();
  }
  ~GzipStream() override { inflateEnd(&z_); }
  GzipStream(const GzipStream&) = delete;
  GzipStream& operator=(const GzipStream&) = delete;

  std::size_t read(std::span<char> out) override {
    std::size_t filled = 0;
    while (filled < out.size() && !ended_) {
      if (z_.avail_in == 0) refill();
      if (between_members_) {
        // After a member: another one, the end, or a tape's padding of zeros.
        while (z_.avail_in != 0 && *z_.next_in == 0) {
          ++z_.next_in;
          --z_.avail_in;
        }
        if (z_.avail_in == 0) {
          if (input_ended_) ended_ = true;
          continue;
        }
        inflateReset(&z_);
        between_members_ = false;
      }
      if (z_.avail_in == 0 && input_ended_) damaged(file_, "the gzip data ends early");
      const auto room = static_cast<uInt>(std::min<std::size_t>(out.size() - filled, std::numeric_limits<uInt>::max()));
      z_.next_out = reinterpret_cast<Bytef*>(out.data() + filled);
      z_.avail_out = room;
      const int status = inflate(&z_, Z_NO_FLUSH);
      filled += room - z_.avail_out;
      if (status == Z_STREAM_END) {
        between_members_ = true;
      } else if (status == Z_MEM_ERROR) {
        throw std::bad_alloc();
      } else if (status != Z_OK && status != Z_BUF_ERROR) {
        damaged(file_, "the gzip data is damaged");
      }
    }
    return filled;
  }
  std::uint64_t consumed() const override { return packed_->consumed(); }

 private:
  void refill() {
    const std::size_t got = packed_->read(input_);
    input_ended_ = got < input_.size();
    z_.next_in = reinterpret_cast<Bytef*>(input_.data());
    z_.avail_in = static_cast<uInt>(got);
  }

  std::unique_ptr<ByteStream> packed_;
  std::string file_;
  std::vector<char> input_;
  z_stream z_{};
  bool input_ended_ = false;
  bool between_members_ = false;
  bool ended_ = false;
};

class ZstdStream final : public ByteStream {
 public:
  ZstdStream(std::unique_ptr<ByteStream> packed, std::string file)
      : packed_(std::move(packed)),
        file_(std::move(file)),
        block_(kPackedBlock),
        state_(ZSTD_createDStream(), ZSTD_freeDStream) {
    if (!state_) throw std::bad_alloc();
  }

  std::size_t read(std::span<char> out) override {
    ZSTD_outBuffer to{out.data(), out.size(), 0};
    while (to.pos < to.size) {
      if (from_.pos == from_.size && !input_ended_) {
        const std::size_t got = packed_->read(block_);
        input_ended_ = got < block_.size();
        from_ = {block_.data(), got, 0};
      }
      const std::size_t before_in = from_.pos;
      const std::size_t before_out = to.pos;
      if (between_frames_ && from_.pos == from_.size && input_ended_) break;
      const std::size_t status = ZSTD_decompressStream(state_.get(), &to, &from_);
      if (ZSTD_isError(status) != 0) damaged(file_, "the zstd data is damaged");
      between_frames_ = status == 0;
      if (from_.pos == before_in && to.pos == before_out && input_ended_) damaged(file_, "the zstd data ends early");
    }
    return to.pos;
  }
  std::uint64_t consumed() const override { return packed_->consumed(); }

 private:
  std::unique_ptr<ByteStream> packed_;
  std::string file_;
  std::vector<char> block_;
  std::unique_ptr<ZSTD_DStream, std::size_t (*)(ZSTD_DStream*)> state_;
  ZSTD_inBuffer from_{nullptr, 0, 0};
  bool input_ended_ = false;
  bool between_frames_ = true;
};

}  // namespace

std::unique_ptr<ByteStream> unpack_gzip(std::unique_ptr<ByteStream> packed, std::string file) {
  return std::make_unique<GzipStream>(std::move(packed), std::move(file));
}

std::unique_ptr<ByteStream> unpack_zstd(std::unique_ptr<ByteStream> packed, std::string file) {
  return std::make_unique<ZstdStream>(std::move(packed), std::move(file));
}

}  // namespace segue::ingest
