// Every number of the file is an attacker's until it has been compared with the size of the file, in a form that cannot
// overflow: `bytes <= size && offset <= size - bytes`.
#include "store/container.h"

#include <algorithm>
#include <cstring>
#include <optional>
#include <set>

#include "base/checksum.h"
#include "segue/error.h"

namespace segue {
namespace {

const DataTypeInfo* find_type(std::uint32_t type) {
  const auto* it = std::ranges::find(kDataTypes, static_cast<DataType>(type), &DataTypeInfo::type);
  return it == kDataTypes.end() ? nullptr : it;
}

/// The product, or nothing where it does not fit 64 bits.
std::optional<std::uint64_t> multiply(std::uint64_t a, std::uint64_t b) {
  std::uint64_t product = 0;
  if (__builtin_mul_overflow(a, b, &product)) return std::nullopt;
  return product;
}

bool is_name(std::string_view text) {
  return !text.empty() && text.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789._-") == std::string_view::npos;
}

/// Whether all bytes behind the text are zero.
template <std::size_t kSize>
bool is_filled_with_zeros(const std::array<char, kSize>& field) {
  return std::all_of(field.begin() + text_of(field).size(), field.end(), [](char c) { return c == '\0'; });
}

}  // namespace

Container Container::open(const std::filesystem::path& path) {
  Container container;
  container.path_ = path.string();
  container.read_header(path);
  container.read_table();
  return container;
}

void Container::read_header(const std::filesystem::path& path) {
  file_ = MappedFile::open(path);
  const auto bytes = file_->bytes();
  HeaderRecord header{};
  if (bytes.size() < kMagic.size() || std::memcmp(bytes.data(), kMagic.data(), kMagic.size()) != 0) {
    throw Error(ErrorCode::kCorruptFile, {path_}, "is not a file of segue",
                "name a model or a .plays file; `segue fit LOG` makes a model of a log");
  }
  if (bytes.size() < sizeof header) damaged("is cut short inside its header");
  std::memcpy(&header, bytes.data(), sizeof header);
  if (checksum_of(header) != header.header_checksum) damaged("its header is damaged");
  if (header.version > kFormatVersion) {
    throw Error(ErrorCode::kCorruptFile, {path_},
                "is of version " + std::to_string(header.version) + " of the file format, and this segue reads up to " +
                    std::to_string(kFormatVersion),
                "update segue");
  }
  if (is_name(text_of(header.kind))) layout_.kind = text_of(header.kind);  // says what would make it anew
  if (header.version == 0) damaged("its header states version 0");
  if (header.file_bytes != bytes.size()) {
    damaged((bytes.size() < header.file_bytes ? "is cut short: " : "has bytes behind its end: ") +
            std::to_string(bytes.size()) + " bytes where its header states " + std::to_string(header.file_bytes));
  }
  if (!is_name(text_of(header.kind)) || !is_filled_with_zeros(header.kind)) damaged("its header states no kind");
  if (header.sections > (bytes.size() - sizeof header) / sizeof(SectionRecord)) {
    damaged("its header states more sections than the file can hold");
  }
  // The mapping begins at a page, and the header leaves the table aligned.
  table_ = {reinterpret_cast<const SectionRecord*>(bytes.data() + sizeof header), header.sections};
  if (checksum_of(table_) != header.table_checksum) damaged("its table of sections is damaged");
  layout_.kind = text_of(header.kind);
  layout_.version = header.version;
  layout_.bytes = header.file_bytes;
}

void Container::read_table() {
  const std::uint64_t size = file_->bytes().size();
  std::uint64_t end = sizeof(HeaderRecord) + table_.size_bytes();
  std::set<std::string_view> names;
  for (std::size_t i = 0; i < table_.size(); ++i) {
    const SectionRecord& record = table_[i];
    const std::string_view name = text_of(record.name);
    if (!is_name(name) || !is_filled_with_zeros(record.name)) {
      damaged("section " + std::to_string(i) + " of its table has no proper name");
    }
    if (!names.insert(name).second) damaged(name, "is there twice");
    if (record.bytes > size || record.offset > size - record.bytes) damaged(name, "reaches beyond the end of the file");
    if (record.offset % kSectionAlignment != 0) damaged(name, "does not begin at a multiple of 64 bytes");
    if (record.offset < end) damaged(name, "overlaps what comes before it");
    end = record.offset + record.bytes;
    if (record.rank == 0 || record.rank > kMaxRank) damaged(name, "has no shape");

    FileSection section;
    section.name = name;
    section.offset = record.offset;
    section.bytes = record.bytes;
    section.checksum = to_hex(record.checksum);
    section.shape.assign(record.shape.begin(), record.shape.begin() + record.rank);
    if (const DataTypeInfo* type = find_type(record.type)) {
      section.type = type->name;
      std::optional<std::uint64_t> bytes = type->size;
      for (const std::uint64_t length : section.shape) {
        if (bytes) bytes = multiply(*bytes, length);
      }
      if (bytes != record.bytes) damaged(name, "does not take the bytes that its shape says");
    } else {
      section.type = "type-" + std::to_string(record.type);  // a newer writer's; nobody here asks for it
    }
    layout_.sections.push_back(std::move(section));
  }
  if (end != size) damaged("has bytes behind its last section");
}

const FileSection* Container::find(std::string_view name) const {
  const auto it = std::ranges::find(layout_.sections, name, &FileSection::name);
  return it == layout_.sections.end() ? nullptr : &*it;
}

std::span<const std::byte> Container::typed_bytes(std::string_view name, DataType type, std::size_t rank) const {
  const FileSection* section = find(name);
  if (section == nullptr) damaged(name, "is missing");
  const std::string_view type_name = find_type(static_cast<std::uint32_t>(type))->name;
  if (section->type != type_name) damaged(name, "is not of type " + std::string(type_name));
  if (section->shape.size() != rank) damaged(name, "does not have " + std::to_string(rank) + " dimensions");
  return bytes(*section);
}

std::string_view Container::json(std::string_view name) const {
  const auto bytes = typed_bytes(name, DataType::kJson, 1);
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::span<const std::byte> Container::bytes(const FileSection& section) const {
  return file_->bytes().subspan(section.offset, section.bytes);
}

std::span<const std::byte> Container::gap_before(std::size_t section) const {
  const std::uint64_t begin = section == 0 ? sizeof(HeaderRecord) + table_.size_bytes()
                                           : table_[section - 1].offset + table_[section - 1].bytes;
  return file_->bytes().subspan(begin, table_[section].offset - begin);
}

void Container::check_checksum(std::size_t section, const std::function<void(std::size_t bytes)>& on_piece) const {
  constexpr std::size_t kPiece = std::size_t{4} << 20;
  const FileSection& stated = layout_.sections[section];
  Checksum sum;
  for (auto rest = bytes(stated); !rest.empty();) {
    const auto piece = rest.first(std::min(kPiece, rest.size()));
    sum.add(piece);
    if (on_piece) on_piece(piece.size());
    rest = rest.subspan(piece.size());
  }
  if (sum.value() != table_[section].checksum) {
    damaged(stated.name,
            "is damaged: its checksum is " + to_hex(sum.value()) + " where " + stated.checksum + " was written");
  }
}

void Container::damaged(std::string_view section, const std::string& problem) const {
  damaged("its section " + std::string(section) + " " + problem);
}

void Container::damaged(const std::string& problem) const {
  throw Error(ErrorCode::kCorruptFile, {path_}, problem,
              std::string("copy the file again from where it is whole, or make it anew with ") +
                  (layout_.kind.empty()      ? "the command that wrote it"
                   : layout_.kind == "index" ? "`segue index build`"
                                             : "`segue fit` or `segue ingest`"));
}

}  // namespace segue
