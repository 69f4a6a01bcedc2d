// The bytes of a file of ours: a header, a table of sections, the sections. docs/file-format.md is the
// manual; the records here are those bytes. A constant here never changes without a new version, a note there and a
// golden file.
//
//   0            HeaderRecord                     64 bytes
//   64           SectionRecord x header.sections  96 bytes each
//   then         the sections in the order of the table, each at a multiple of 64 bytes, zeros in the gaps
#ifndef SEGUE_STORE_FORMAT_H_
#define SEGUE_STORE_FORMAT_H_

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <type_traits>

namespace segue {

// Arrays are stored as they are in memory, so that a mapped file needs no conversion.
static_assert(std::endian::native == std::endian::little, "files of segue are little-endian");

/// As PNG's: a byte that no text begins with, the name, and a line end that shows a transfer in text mode.
inline constexpr std::array<char, 8> kMagic = {'\x93', 'S', 'E', 'G', 'U', 'E', '\r', '\n'};

/// The highest that is read. A file states the lowest that its readers must know: kBasicVersion, or kAnyModelVersion
/// where a reader of the first would take it for what it is not: a model that is none of als.
inline constexpr std::uint32_t kFormatVersion = 2;
inline constexpr std::uint32_t kBasicVersion = 1;
inline constexpr std::uint32_t kAnyModelVersion = 2;

inline constexpr std::uint64_t kSectionAlignment = 64;
inline constexpr std::uint64_t kMaxRank = 3;

/// The first 64 bytes. They keep their meaning in every version, so that any reader can tell a damaged header from a
/// newer file. Fields named reserved are written as zero and not read.
struct HeaderRecord {
  std::array<char, 8> magic;
  std::uint32_t version;
  std::uint32_t sections;
  std::uint64_t file_bytes;
  std::array<char, 8> kind;  // "model", "plays" or "index", zeros behind
  std::uint64_t table_checksum;
  std::array<std::uint64_t, 2> reserved;
  std::uint64_t header_checksum;  // of the 56 bytes before it
};
static_assert(sizeof(HeaderRecord) == 64 && std::is_trivially_copyable_v<HeaderRecord>);

/// An entry of the table.
struct SectionRecord {
  std::array<char, 32> name;                  // a-z, 0-9, '.', '_' and '-'; at least one; zeros behind
  std::uint32_t type;                         // DataType
  std::uint32_t rank;                         // 1..3
  std::array<std::uint64_t, kMaxRank> shape;  // zeros from rank on
  std::uint64_t offset;
  std::uint64_t bytes;
  std::uint64_t checksum;
  std::uint64_t reserved;
};
static_assert(sizeof(SectionRecord) == 96 && std::is_trivially_copyable_v<SectionRecord>);

enum class DataType : std::uint32_t {
  kBytes = 1,
  kUint32 = 2,
  kUint64 = 3,
  kFloat32 = 4,
  kFloat64 = 5,
  kJson = 6,  // bytes: a JSON object in UTF-8
};

struct DataTypeInfo {
  DataType type;
  std::string_view name;
  std::uint64_t size;  // bytes of a value
};
inline constexpr std::array kDataTypes = {
    DataTypeInfo{DataType::kBytes, "bytes", 1},     DataTypeInfo{DataType::kUint32, "uint32", 4},
    DataTypeInfo{DataType::kUint64, "uint64", 8},   DataTypeInfo{DataType::kFloat32, "float32", 4},
    DataTypeInfo{DataType::kFloat64, "float64", 8}, DataTypeInfo{DataType::kJson, "json", 1},
};

template <typename T>
consteval DataType data_type_of() {
  if constexpr (std::is_same_v<T, char> || std::is_same_v<T, std::uint8_t>) return DataType::kBytes;
  if constexpr (std::is_same_v<T, std::uint32_t>) return DataType::kUint32;
  if constexpr (std::is_same_v<T, std::uint64_t>) return DataType::kUint64;
  if constexpr (std::is_same_v<T, float>) return DataType::kFloat32;
  if constexpr (std::is_same_v<T, double>) return DataType::kFloat64;
}

/// Names of the sections.
namespace section {
inline constexpr std::string_view kMetadata = "metadata";
inline constexpr std::string_view kUserOffsets = "users.offsets";
inline constexpr std::string_view kUserBytes = "users.bytes";
inline constexpr std::string_view kItemOffsets = "items.offsets";
inline constexpr std::string_view kItemBytes = "items.bytes";
inline constexpr std::string_view kTitleOffsets = "titles.offsets";
inline constexpr std::string_view kTitleBytes = "titles.bytes";
inline constexpr std::string_view kRowPtr = "plays.row_ptr";
inline constexpr std::string_view kColumns = "plays.columns";
inline constexpr std::string_view kValues = "plays.values";
inline constexpr std::string_view kTimes = "plays.times";  // of files of kind plays
inline constexpr std::string_view kListeners = "listeners";
inline constexpr std::string_view kItemScale = "weighting.item_scale";
inline constexpr std::string_view kSweeps = "sweeps";
inline constexpr std::string_view kUserFactors = "factors.users";
inline constexpr std::string_view kItemFactors = "factors.items";
inline constexpr std::string_view kWeightRowPtr = "weights.row_ptr";  // of items x items, sparse
inline constexpr std::string_view kWeightColumns = "weights.columns";
inline constexpr std::string_view kWeightValues = "weights.values";
inline constexpr std::string_view kIncluded = "weights.items";  // of items x items, dense
inline constexpr std::string_view kDenseWeights = "weights.dense";
inline constexpr std::string_view kVectors = "vectors";
inline constexpr std::string_view kMapPositions = "map.positions";
inline constexpr std::string_view kMapClusters = "map.clusters";
inline constexpr std::string_view kIndexPrefix = "index.";  // then the metric, a point, the name of the part
}  // namespace section

inline constexpr std::string_view kModelKind = "model";
inline constexpr std::string_view kPlaysKind = "plays";
inline constexpr std::string_view kIndexKind = "index";

/// Where the next section may begin.
constexpr std::uint64_t align_section(std::uint64_t offset) {
  return (offset + kSectionAlignment - 1) / kSectionAlignment * kSectionAlignment;
}

/// The text of a field that is filled up with zeros.
template <std::size_t kSize>
std::string_view text_of(const std::array<char, kSize>& field) {
  const std::string_view all(field.data(), field.size());
  return all.substr(0, all.find('\0'));
}

std::uint64_t checksum_of(const HeaderRecord& header);
std::uint64_t checksum_of(std::span<const SectionRecord> table);

/// Sets the two checksums of the header: the last thing to do before it is written.
void seal(HeaderRecord& header, std::span<const SectionRecord> table);

}  // namespace segue

#endif  // SEGUE_STORE_FORMAT_H_
