#include "list_format.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdint>
#include <fstream>
#include <iterator>
#include <limits>
#include <system_error>
#include <utility>

#include "data.h"
#include "segue/error.h"
#include "text.h"

namespace segue::cli {
namespace {

constexpr std::string_view kTsvHeader = "query\trank\tid\tscore\n";
constexpr std::string_view kNpyMagic = "\x93NUMPY";
constexpr std::string_view kNpyRecord = "'descr': [('item', '<u4'), ('score', '<f4')]";
constexpr std::size_t kLooked = 128;         // bytes of a file that show whether it is one of these
constexpr std::uint64_t kLookedRows = 1000;  // rows of an .ivecs file that do, spread over all
// What ends so is something else to segue; lists in it would be TSV.
constexpr std::array<std::string_view, 7> kOtherEndings = {".fvecs", ".ann", ".segue", ".index",
                                                           ".plays", ".gz",  ".zst"};

std::string beginning_of(std::ifstream& file) {
  std::string begin(kLooked, '\0');
  begin.resize(static_cast<std::size_t>(file.read(begin.data(), kLooked).gcount()));
  return begin;
}

class TsvLists final : public ListFormat {
 public:
  explicit TsvLists(ListShape shape) : shape_(std::move(shape)) {}
  std::string begin() const override { return std::string(kTsvHeader); }
  void add(std::string& out, std::uint32_t first, std::span<const std::vector<Neighbor>> lists) const override {
    for (std::size_t i = 0; i < lists.size(); ++i) {
      const std::string query = tsv_field(shape_.query_name(first + static_cast<std::uint32_t>(i)));
      for (std::size_t rank = 0; rank < lists[i].size(); ++rank) {
        fmt::format_to(std::back_inserter(out), "{}\t{}\t{}\t{}\n", query, rank + 1,
                       tsv_field(shape_.item_name(lists[i][rank].item)), lists[i][rank].score + 0.0F);  // never "-0"
      }
    }
  }
  static bool is_of(std::ifstream& file) { return beginning_of(file).starts_with(kTsvHeader); }
  static std::unique_ptr<const ListFormat> make(ListShape shape) {
    return std::make_unique<TsvLists>(std::move(shape));
  }

 private:
  ListShape shape_;
};

/// NumPy's format, version 1.0: magic, version, length of what follows, a Python literal filled up with spaces so that
/// values begin at a multiple of 64.
class NpyLists final : public ListFormat {
 public:
  explicit NpyLists(ListShape shape) : shape_(std::move(shape)) {}
  std::string begin() const override {
    std::string text =
        fmt::format("{{{}, 'fortran_order': False, 'shape': ({}, {}), }}", kNpyRecord, shape_.count, shape_.top);
    constexpr std::size_t kAlign = 64;
    const std::size_t fixed = kNpyMagic.size() + 4;
    text.resize((fixed + text.size() + 1 + kAlign - 1) / kAlign * kAlign - fixed - 1, ' ');
    text += '\n';
    std::string header(kNpyMagic);
    header += {'\x01', '\0', static_cast<char>(text.size() & 0xFF), static_cast<char>(text.size() >> 8)};
    return header + text;
  }
  void add(std::string& out, std::uint32_t /*first*/, std::span<const std::vector<Neighbor>> lists) const override {
    static_assert(sizeof(Neighbor) == 8);
    constexpr Neighbor kNone{std::numeric_limits<std::uint32_t>::max(), std::numeric_limits<float>::quiet_NaN()};
    std::vector<Neighbor> row;
    for (const std::vector<Neighbor>& list : lists) {
      row = list;
      row.resize(shape_.top, kNone);
      out.append(reinterpret_cast<const char*>(row.data()), row.size() * sizeof(Neighbor));
    }
  }
  static bool is_of(std::ifstream& file) {
    const std::string bytes = beginning_of(file);
    return bytes.starts_with(kNpyMagic) && bytes.find(kNpyRecord) != std::string::npos;
  }
  static std::unique_ptr<const ListFormat> make(ListShape shape) {
    return std::make_unique<NpyLists>(std::move(shape));
  }

 private:
  ListShape shape_;
};

class IvecsLists final : public ListFormat {
 public:
  std::string begin() const override { return {}; }
  void add(std::string& out, std::uint32_t /*first*/, std::span<const std::vector<Neighbor>> lists) const override {
    const auto put = [&](std::uint32_t value) { out.append(reinterpret_cast<const char*>(&value), sizeof value); };
    for (const std::vector<Neighbor>& list : lists) {
      put(static_cast<std::uint32_t>(list.size()));
      for (const Neighbor& n : list) put(n.item);
    }
  }
  /// They have no mark: rows of one length, as many as there are.
  static bool is_of(std::ifstream& file) {
    const auto number_at = [&](std::uint64_t offset) {
      std::uint32_t value = 0;
      file.seekg(static_cast<std::streamoff>(offset));
      file.read(reinterpret_cast<char*>(&value), sizeof value);
      return file ? value : 0;
    };
    file.seekg(0, std::ios::end);
    const auto size = static_cast<std::uint64_t>(file.tellg());
    const std::uint32_t length = number_at(0);
    const std::uint64_t row_bytes = sizeof(std::uint32_t) * (1 + std::uint64_t{length});
    if (length == 0 || size % row_bytes != 0) return false;
    const std::uint64_t rows = size / row_bytes;
    for (std::uint64_t row = 0; row < rows; row += rows / kLookedRows + 1) {
      if (number_at(row * row_bytes) != length) return false;
    }
    return true;
  }
  static std::unique_ptr<const ListFormat> make(ListShape /*shape*/) { return std::make_unique<IvecsLists>(); }
};

struct Row {
  std::string_view extension;
  std::unique_ptr<const ListFormat> (*make)(ListShape shape);
  bool (*is_of)(std::ifstream& file);  // whether that is one
};
constexpr std::array kFormats = {
    Row{".npy", NpyLists::make, NpyLists::is_of},
    Row{".ivecs", IvecsLists::make, IvecsLists::is_of},
    Row{"", TsvLists::make, TsvLists::is_of},
};

const Row& row_of(const std::filesystem::path& output) {
  const std::string extension = ending_of(output);
  return *std::find_if(kFormats.begin(), kFormats.end(),
                       [&](const Row& row) { return row.extension.empty() || row.extension == extension; });
}

}  // namespace

std::unique_ptr<const ListFormat> list_format(const std::filesystem::path& output, ListShape shape) {
  return row_of(output).make(std::move(shape));
}

void require_lists_writable(const std::filesystem::path& output, const std::vector<std::filesystem::path>& inputs) {
  // A pipe is not looked into: it would be waited for.
  std::error_code error;
  const bool there = std::filesystem::exists(output, error);
  if (there && !is_plain_file(output)) require_writable(output, {}, "lists");
  for (const std::filesystem::path& input : inputs) {
    if (is_plain_file(input) && same_place(output, input)) require_writable(output, input, "lists");
  }
  if (std::ranges::find(kOtherEndings, ending_of(output)) != kOtherEndings.end()) {
    throw Error(ErrorCode::kInvalidArgument, {output.string()},
                fmt::format("ends in {}, and lists are no such file", ending_of(output)),
                "end it in .tsv, .npy or .ivecs");
  }
  if (there) {
    std::ifstream file(output, std::ios::binary);
    if (row_of(output).is_of(file)) return;
  }
  require_writable(output, {}, "lists");
}

std::string ending_of(const std::filesystem::path& path) {
  std::string ending = path.extension().string();
  std::ranges::transform(ending, ending.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return ending;
}

}  // namespace segue::cli
