// The log inside a tar archive (ustar, GNU and pax): a stream can only be read once, so it is the first regular file
// that is named like a log. Last.fm-360K's archive holds a README, a script, the plays and a table of profiles.
#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <optional>
#include <utility>
#include <vector>

#include "ingest/byte_stream.h"
#include "segue/error.h"

namespace segue::ingest {
namespace {

constexpr std::size_t kBlock = 512;
constexpr std::size_t kLongestName = std::size_t{64} << 10;  // of a long-name record; real ones end at 4 KiB
constexpr std::size_t kNamesListed = 8;
constexpr std::uint64_t kUnknown = ~std::uint64_t{0};

struct Field {
  std::size_t offset;
  std::size_t size;
};
constexpr Field kName{0, 100};
constexpr Field kSize{124, 12};
constexpr Field kChecksum{148, 8};
constexpr Field kPrefix{345, 155};
constexpr std::size_t kType = 156;

using Header = std::array<char, kBlock>;

std::string text_of(const Header& header, Field field) {
  const char* begin = header.data() + field.offset;
  return {begin, std::find(begin, begin + field.size, '\0')};
}

/// Octal digits, or a big-endian number behind a first byte of 0x80.
std::optional<std::uint64_t> number_of(const Header& header, Field field) {
  const auto* bytes = reinterpret_cast<const unsigned char*>(header.data()) + field.offset;
  std::uint64_t value = 0;
  if (bytes[0] == 0x80) {
    for (std::size_t i = field.size - 8; i < field.size; ++i) value = value << 8 | bytes[i];
    return value;
  }
  bool digits = false;
  for (std::size_t i = 0; i < field.size; ++i) {
    if (bytes[i] >= '0' && bytes[i] <= '7') {
      value = value << 3 | (bytes[i] - '0');
      digits = true;
    } else if (bytes[i] == ' ' && !digits) {
      continue;
    } else if (bytes[i] == ' ' || bytes[i] == 0) {
      break;
    } else {
      return std::nullopt;
    }
  }
  return value;
}

bool checksum_holds(const Header& header) {
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < kBlock; ++i) {
    const bool own = i >= kChecksum.offset && i < kChecksum.offset + kChecksum.size;
    sum += own ? ' ' : static_cast<unsigned char>(header[i]);
  }
  return number_of(header, kChecksum) == sum;
}

bool looks_like_log(const std::string& path) {
  std::string name = path.substr(path.find_last_of('/') + 1);
  std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::tolower(c); });
  if (name.empty() || name.front() == '.') return false;
  for (const std::string_view other : {"readme", "license", "copying", "profile", "changelog"}) {
    if (name.find(other) != std::string::npos) return false;
  }
  if (name.find("plays") != std::string::npos || name.find("ratings") != std::string::npos) return true;
  const std::size_t dot = name.find_last_of('.');
  if (dot == std::string::npos) return false;
  constexpr std::array<std::string_view, 7> kExtensions = {".tsv", ".csv", ".dat", ".data", ".txt", ".tab", ".log"};
  return std::find(kExtensions.begin(), kExtensions.end(), std::string_view(name).substr(dot)) != kExtensions.end();
}

/// Records of a pax header: "LENGTH KEY=VALUE\n". Broken ones are skipped.
void read_pax(std::string_view records, std::string& path, std::uint64_t& size) {
  while (!records.empty()) {
    std::size_t length = 0;
    const auto [end, error] = std::from_chars(records.data(), records.data() + records.size(), length);
    const auto digits = static_cast<std::size_t>(end - records.data());
    if (error != std::errc() || length <= digits + 1 || length > records.size()) return;
    const std::string_view record = records.substr(digits + 1, length - digits - 2);
    records.remove_prefix(length);
    const std::size_t equals = record.find('=');
    if (equals == std::string_view::npos) continue;
    const std::string_view value = record.substr(equals + 1);
    if (record.substr(0, equals) == "path") path = value;
    if (record.substr(0, equals) == "size") {
      std::uint64_t number = 0;
      if (std::from_chars(value.data(), value.data() + value.size(), number).ec == std::errc() && number != kUnknown) {
        size = number;
      }
    }
  }
}

class MemberStream final : public ByteStream {
 public:
  MemberStream(std::unique_ptr<ByteStream> packed, std::string file, std::uint64_t size)
      : packed_(std::move(packed)), file_(std::move(file)), left_(size) {}

  std::size_t read(std::span<char> out) override {
    const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(out.size(), left_));
    const std::size_t got = packed_->read(out.first(wanted));
    if (got < wanted) {
      throw Error(ErrorCode::kBadInput, {file_}, "the tar archive ends early",
                  "get the file again: it is damaged or was cut off");
    }
    left_ -= got;
    return got;
  }
  std::uint64_t consumed() const override { return packed_->consumed(); }

 private:
  std::unique_ptr<ByteStream> packed_;
  std::string file_;
  std::uint64_t left_;
};

}  // namespace

std::unique_ptr<ByteStream> unpack_tar(std::unique_ptr<ByteStream> packed, const std::string& file,
                                       std::string& member) {
  const auto damaged = [&](const char* what) -> Error {
    return {ErrorCode::kBadInput, {file}, what, "get the file again: it is damaged or was cut off"};
  };
  const auto skip = [&](std::uint64_t bytes) {
    std::vector<char> sink(std::size_t{64} << 10);
    while (bytes != 0) {
      const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(bytes, sink.size()));
      if (packed->read(std::span(sink).first(wanted)) < wanted) throw damaged("the tar archive ends early");
      bytes -= wanted;
    }
  };
  std::vector<std::string> names;
  std::string long_name;               // from a record before the file's own header
  std::uint64_t long_size = kUnknown;  // likewise
  for (;;) {
    Header header{};
    const std::size_t got = packed->read(header);
    if (got == 0 || (got == kBlock && std::all_of(header.begin(), header.end(), [](char c) { return c == 0; }))) break;
    if (got < kBlock) throw damaged("the tar archive ends early");
    const std::optional<std::uint64_t> header_size = number_of(header, kSize);
    if (!checksum_holds(header) || !header_size) throw damaged("the tar archive is damaged");
    const char type = header[kType];
    if (type == 'L' || type == 'x' || type == 'g') {
      if (*header_size > kLongestName) throw damaged("the tar archive is damaged");
      std::string record((*header_size + kBlock - 1) / kBlock * kBlock, '\0');
      if (packed->read(record) < record.size()) throw damaged("the tar archive ends early");
      record.resize(*header_size);
      if (type == 'L') long_name = record.substr(0, record.find('\0'));
      if (type == 'x') read_pax(record, long_name, long_size);
      continue;
    }
    std::string name = std::exchange(long_name, {});
    if (name.empty()) {
      const std::string prefix = text_of(header, kPrefix);
      name = (prefix.empty() ? "" : prefix + "/") + text_of(header, kName);
    }
    const std::uint64_t told_size = std::exchange(long_size, kUnknown);
    const std::uint64_t size = told_size != kUnknown ? told_size : *header_size;
    if (type == '0' || type == '\0') {
      if (looks_like_log(name)) {
        member = name;
        return std::make_unique<MemberStream>(std::move(packed), file, size);
      }
      names.push_back(name);
    }
    skip(size);
    skip((kBlock - size % kBlock) % kBlock);
  }
  std::string list;
  for (std::size_t i = 0; i < std::min(names.size(), kNamesListed); ++i) list += (i == 0 ? "" : ", ") + names[i];
  if (names.size() > kNamesListed) list += ", …";
  throw Error(
      ErrorCode::kBadInput, {file},
      names.empty() ? "the tar archive holds no file" : "no file in the tar archive is named like a log: " + list,
      "unpack it and name the log inside");
}

}  // namespace segue::ingest
