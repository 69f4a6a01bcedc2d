#include "list_format.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>
#include <limits>
#include <utility>

#include "data.h"
#include "text.h"

namespace segue::cli {
namespace {

constexpr std::string_view kTsvHeader = "query\trank\tid\tscore\n";
constexpr std::string_view kNpyMagic = "\x93NUMPY";
constexpr std::string_view kNpyRecord = "'descr': [('item', '<u4'), ('score', '<f4')]";
constexpr std::size_t kLooked = 128;  // bytes of a file that show whether it is one of these

class TsvLists final : public ListFormat {
 public:
  explicit TsvLists(ListShape shape) : shape_(std::move(shape)) {}
  std::string begin() const override { return std::string(kTsvHeader); }
  void add(std::string& out, std::uint32_t first, std::span<const std::vector<Neighbor>> lists) const override {
    for (std::size_t i = 0; i < lists.size(); ++i) {
      const std::string query = tsv_field(shape_.query_name(first + static_cast<std::uint32_t>(i)));
      for (std::size_t rank = 0; rank < lists[i].size(); ++rank) {
        fmt::format_to(std::back_inserter(out), "{}\t{}\t{}\t{}\n", query, rank + 1,
                       tsv_field(shape_.item_name(lists[i][rank].item)), lists[i][rank].score);
      }
    }
  }
  static bool begins(std::string_view bytes) { return bytes.starts_with(kTsvHeader); }
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
  static bool begins(std::string_view bytes) {
    return bytes.starts_with(kNpyMagic) && bytes.find(kNpyRecord) != std::string_view::npos;
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
  static bool begins(std::string_view /*bytes*/) { return false; }  // they have no mark
  static std::unique_ptr<const ListFormat> make(ListShape /*shape*/) { return std::make_unique<IvecsLists>(); }
};

struct Row {
  std::string_view extension;
  std::unique_ptr<const ListFormat> (*make)(ListShape shape);
  bool (*begins)(std::string_view bytes);  // whether a file of these bytes is one
};
constexpr std::array kFormats = {
    Row{".npy", NpyLists::make, NpyLists::begins},
    Row{".ivecs", IvecsLists::make, IvecsLists::begins},
    Row{"", TsvLists::make, TsvLists::begins},
};

const Row& row_of(const std::filesystem::path& output) {
  const std::string extension = output.extension().string();
  return *std::find_if(kFormats.begin(), kFormats.end(),
                       [&](const Row& row) { return row.extension.empty() || row.extension == extension; });
}

}  // namespace

std::unique_ptr<const ListFormat> list_format(const std::filesystem::path& output, ListShape shape) {
  return row_of(output).make(std::move(shape));
}

void require_lists_writable(const std::filesystem::path& output, const std::filesystem::path& input) {
  std::string begin(kLooked, '\0');
  std::ifstream file(output, std::ios::binary);
  begin.resize(static_cast<std::size_t>(file.read(begin.data(), kLooked).gcount()));
  if (!row_of(output).begins(begin)) require_writable(output, input, "lists");
}

}  // namespace segue::cli
