// Vectors in the formats of others. .npy is NumPy's (version 1 to 3 of its format, two dimensions, float32 or float64,
// rows together); .fvecs and .ivecs are those of the TEXMEX collections: each row is its length as int32 and then so
// many float32 or int32; .ann is Annoy's, whose vectors are taken and whose trees are left.
//
// Files are mapped and not trusted: a size comes from the file's bytes, never from what it states.
#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cmath>
#include <cstring>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/buffer.h"
#include "base/mapped_file.h"
#include "segue/error.h"
#include "segue/output.h"
#include "segue/vectors.h"

namespace segue {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kNpyMagic = "\x93NUMPY";
constexpr std::uint32_t kMostFactors = 1 << 24;  // as in an .ann file
constexpr std::size_t kBytesPerPiece = std::size_t{1} << 20;

std::string counted(std::uint64_t count, const std::string& noun) {
  return std::to_string(count) + " " + noun + (count == 1 ? "" : "s");
}

/// The end of a file's name as formats are called: ".npy" of UP.NPY.
std::string extension_of(const fs::path& path) {
  std::string extension = path.extension().string();
  std::ranges::transform(extension, extension.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return extension;
}

[[noreturn]] void bad(const fs::path& path, const std::string& problem, const std::string& fix) {
  throw Error(ErrorCode::kBadInput, {path.string()}, problem, fix);
}

template <typename T>
T value_at(std::span<const std::byte> bytes, std::size_t offset) {
  T value;
  std::memcpy(&value, bytes.data() + offset, sizeof value);
  return value;
}

/// What stands behind "'key':" in the header of an .npy file, up to the comma that ends it.
std::string_view npy_value(std::string_view header, std::string_view key) {
  const std::size_t at = header.find(std::string("'").append(key).append("':"));
  if (at == std::string_view::npos) return {};
  std::string_view value = header.substr(at + key.size() + 3);
  value.remove_prefix(std::min(value.size(), value.find_first_not_of(' ')));
  return value.substr(0, value.starts_with('(') ? value.find(')') : value.find_first_of(",}"));
}

/// "(3, 4" as numbers; nothing where it is anything else.
std::optional<std::vector<std::uint64_t>> npy_shape(std::string_view text) {
  std::vector<std::uint64_t> shape;
  if (!text.starts_with('(')) return std::nullopt;
  text.remove_prefix(1);
  while (!text.empty()) {
    std::uint64_t length = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), length);
    if (error != std::errc()) return std::nullopt;
    shape.push_back(length);
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    text.remove_prefix(std::min(text.size(), text.find_first_not_of(", ")));
  }
  return shape;
}

template <typename T>
Factors rows_from(const fs::path& path, std::span<const std::byte> values, std::uint32_t rows, std::uint32_t factors) {
  const std::uint32_t stride = Factors::stride_for(factors);
  Buffer<float> table(std::size_t{rows} * stride);
  for (std::size_t row = 0; row < rows; ++row) {
    for (std::size_t f = 0; f < factors; ++f) {
      const T value = value_at<T>(values, (row * factors + f) * sizeof(T));
      table[row * stride + f] = static_cast<float>(value);
      if (std::isfinite(value) && !std::isfinite(table[row * stride + f])) {
        bad(path, "holds a value in row " + std::to_string(row) + " that is beyond a float32",
            "scale the vectors down");
      }
    }
  }
  return Factors::create(rows, factors, std::move(table).share());
}

struct NpyType {
  std::string_view name;
  std::size_t bytes;
  Factors (*read)(const fs::path& path, std::span<const std::byte> values, std::uint32_t rows, std::uint32_t factors);
};
constexpr std::array kNpyTypes = {NpyType{"'<f4'", 4, rows_from<float>}, NpyType{"'<f8'", 8, rows_from<double>}};

Factors read_npy(const fs::path& path, const AnnFileOptions& /*ann*/, const Run& /*run*/) {
  const auto file = MappedFile::open(path);
  const auto bytes = file->bytes();
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  const std::string fix =
      "write it with numpy.save(\"vectors.npy\", numpy.ascontiguousarray(array, \"float32\")), array being vectors x "
      "values";
  constexpr std::size_t kFixed = 12;  // magic, version, and up to 4 bytes of length
  if (!text.starts_with(kNpyMagic) || text.size() < kFixed) bad(path, "is not an .npy file", fix);
  const int version = text[6];
  if (version < 1 || version > 3) bad(path, "is of a version of .npy that is not known", fix);
  const std::size_t begin = version == 1 ? 10 : kFixed;
  const std::size_t length = version == 1 ? value_at<std::uint16_t>(bytes, 8) : value_at<std::uint32_t>(bytes, 8);
  if (length > bytes.size() - begin) bad(path, "is cut short inside its header", fix);
  const std::string_view header = text.substr(begin, length);
  const std::string_view shape_text = npy_value(header, "shape");
  const auto shape = npy_shape(shape_text);
  const std::string_view type = npy_value(header, "descr");
  const auto* known = std::ranges::find(kNpyTypes, type, &NpyType::name);
  if (known == kNpyTypes.end()) bad(path, "holds values of the type " + std::string(type.substr(0, 40)), fix);
  if (npy_value(header, "fortran_order") != "False") bad(path, "holds columns one after the other, not rows", fix);
  if (!shape) bad(path, "is of the shape " + std::string(shape_text.substr(0, 60)) + "), which no array has", fix);
  if (shape->size() != 2) bad(path, "is not an array of two dimensions", fix);
  const auto [rows, factors] = std::pair((*shape)[0], (*shape)[1]);
  if (factors == 0 || factors > kMostFactors) {
    bad(path, "is of " + counted(rows, "vector") + " of " + counted(factors, "value"),
        "give vectors of 1 to " + std::to_string(kMostFactors) + " values");
  }
  if (rows > std::numeric_limits<std::uint32_t>::max()) {
    bad(path, "is of " + std::to_string(rows) + " vectors, more than can be numbered",
        "give at most " + std::to_string(std::numeric_limits<std::uint32_t>::max()) + " vectors");
  }
  const auto values = bytes.subspan(begin + length);
  if (values.size() != rows * factors * known->bytes) {  // at most 2^32 * 2^24 * 8
    bad(path,
        "has " + std::to_string(values.size()) + " bytes of values where its shape takes " +
            std::to_string(rows * factors * known->bytes),
        "write it again: it is cut short or damaged");
  }
  return known->read(path, values, static_cast<std::uint32_t>(rows), static_cast<std::uint32_t>(factors));
}

/// Bytes that are handed over in pieces of a size that a disk likes.
class PieceWriter {
 public:
  PieceWriter(const fs::path& path, const Run& run) : file_(path), run_(run) {}
  void add(const void* bytes, std::size_t size) {
    piece_.append(static_cast<const char*>(bytes), size);
    if (piece_.size() >= kBytesPerPiece) flush();
  }
  void commit() {
    flush();
    file_.commit();
  }

 private:
  void flush() {
    run_.check();
    file_.write(piece_);
    piece_.clear();
  }
  FileOutput file_;
  const Run& run_;
  std::string piece_;
};

void write_npy(const fs::path& path, const Factors& vectors, const Run& run) {
  PieceWriter out(path, run);
  std::string header = "{'descr': '<f4', 'fortran_order': False, 'shape': (" + std::to_string(vectors.rows()) + ", " +
                       std::to_string(vectors.factors()) + "), }";
  constexpr std::size_t kFixed = 10;
  constexpr std::size_t kAlign = 64;
  header.resize((kFixed + header.size() + 1 + kAlign - 1) / kAlign * kAlign - kFixed - 1, ' ');
  header += '\n';
  const auto length = static_cast<std::uint16_t>(header.size());
  out.add(kNpyMagic.data(), kNpyMagic.size());
  out.add("\x01\0", 2);
  out.add(&length, sizeof length);
  out.add(header.data(), header.size());
  for (std::uint32_t row = 0; row < vectors.rows(); ++row) out.add(vectors[row].data(), vectors[row].size_bytes());
  out.commit();
}

/// The rows of an .fvecs or .ivecs file. @return their length: of the first, which all have where `even`
template <typename Take>
void each_row(const fs::path& path, std::span<const std::byte> bytes, Take&& take) {
  const std::string fix = "give a file of rows, each an int32 and so many values of 4 bytes";
  std::uint64_t number = 0;
  for (std::size_t at = 0; at < bytes.size(); ++number) {
    const std::size_t left = bytes.size() - at;
    if (left < 4) bad(path, "is cut short at row " + std::to_string(number), fix);
    const auto length = value_at<std::int32_t>(bytes, at);
    if (length < 0 || static_cast<std::size_t>(length) > (left - 4) / 4) {
      bad(path,
          "has a row " + std::to_string(number) + " of " + std::to_string(length) +
              (length == 1 ? " value, and " : " values, and ") + std::to_string((left - 4) / 4) +
              ((left - 4) / 4 == 1 ? " is left" : " are left"),
          fix);
    }
    take(number, bytes.subspan(at + 4, std::size_t{4} * static_cast<std::size_t>(length)));
    at += 4 + std::size_t{4} * static_cast<std::size_t>(length);
  }
}

Factors read_fvecs(const fs::path& path, const AnnFileOptions& /*ann*/, const Run& /*run*/) {
  const auto file = MappedFile::open(path);
  const auto bytes = file->bytes();
  std::uint32_t factors = 0;
  std::uint64_t rows = 0;
  each_row(path, bytes, [&](std::uint64_t number, std::span<const std::byte> row) {
    if (number == 0) factors = static_cast<std::uint32_t>(row.size() / 4);
    if (row.size() / 4 != factors || factors == 0 || factors > kMostFactors) {
      bad(path,
          "has " + counted(row.size() / 4, "value") + " in row " + std::to_string(number) + " and " +
              std::to_string(factors) + " in the first",
          "give rows of one length, 1 or more");
    }
    ++rows;
  });
  if (rows == 0) bad(path, "is empty", "give at least one vector");
  const std::uint32_t stride = Factors::stride_for(factors);
  Buffer<float> table(rows * stride);
  each_row(path, bytes, [&](std::uint64_t number, std::span<const std::byte> row) {
    std::memcpy(table.data() + number * stride, row.data(), row.size());
  });
  return Factors::create(static_cast<std::uint32_t>(rows), factors, std::move(table).share());
}

void write_fvecs(const fs::path& path, const Factors& vectors, const Run& run) {
  if (vectors.rows() == 0) {
    throw Error(ErrorCode::kInvalidArgument, {path.string()}, "cannot hold 0 vectors: their size stands in each row",
                "write them to a file that ends in .npy");
  }
  PieceWriter out(path, run);
  const std::uint32_t factors = vectors.factors();
  for (std::uint32_t row = 0; row < vectors.rows(); ++row) {
    out.add(&factors, sizeof factors);
    out.add(vectors[row].data(), vectors[row].size_bytes());
  }
  out.commit();
}

Factors read_ann(const fs::path& path, const AnnFileOptions& ann, const Run& run) {
  if (ann.vector_size == 0) {
    throw Error(ErrorCode::kInvalidArgument, {path.string()},
                "does not say how many values a vector has, as no .ann file does",
                "say it: --dimensions N, and --ann-metric where it is not angular");
  }
  const AnnoyForest forest = AnnoyForest::open(path, ann.metric, ann.vector_size);
  if (forest.items() == 0) {
    bad(path, "is a forest of no items, or holds nothing but zeros", "give a forest that items were added to");
  }
  return forest.vectors(run);
}

constexpr std::array kFormats = {
    VectorFormat{".npy", "NumPy: an array of two dimensions, float32 or float64", read_npy, write_npy},
    VectorFormat{".fvecs", "rows of an int32 and so many float32", read_fvecs, write_fvecs},
    VectorFormat{".ann", "Annoy's files: the vectors of a forest", read_ann, nullptr},
};

const VectorFormat& format_of(const fs::path& path, bool writing) {
  const std::string extension = extension_of(path);
  std::string names;
  for (const VectorFormat& format : kFormats) {
    if (writing && format.write == nullptr) continue;
    if (format.extension == extension) return format;
    names += (names.empty() ? "" : ", ") + std::string(format.extension);
  }
  throw Error(ErrorCode::kInvalidArgument, {path.string()},
              writing ? "has no name that says how to write vectors" : "has no name that says how its vectors are kept",
              "name a file that ends in one of " + names);
}

}  // namespace

std::span<const VectorFormat> vector_formats() { return kFormats; }

Factors read_vectors(const fs::path& path, const AnnFileOptions& ann, const Run& run) {
  Factors vectors = format_of(path, false).read(path, ann, run);
  for (std::uint32_t row = 0; row < vectors.rows(); ++row) {
    if (std::ranges::all_of(vectors[row], [](float value) { return std::isfinite(value); })) continue;
    bad(path, "row " + std::to_string(row) + " holds a value that is not finite",
        "leave the row out, or mend what wrote it");
  }
  return vectors;
}

void write_vectors(const fs::path& path, const Factors& vectors, const Run& run) {
  format_of(path, true).write(path, vectors, run);
}

std::vector<std::vector<std::uint32_t>> read_ivecs(const fs::path& path) {
  const auto file = MappedFile::open(path);
  std::vector<std::vector<std::uint32_t>> rows;
  each_row(path, file->bytes(), [&](std::uint64_t, std::span<const std::byte> row) {
    rows.emplace_back(row.size() / 4);
    if (!row.empty()) std::memcpy(rows.back().data(), row.data(), row.size());  // null where there is nothing
  });
  return rows;
}

std::string ivecs_of(std::span<const std::vector<Neighbor>> lists) {
  std::string bytes;
  const auto add = [&](std::uint32_t value) { bytes.append(reinterpret_cast<const char*>(&value), sizeof value); };
  for (const std::vector<Neighbor>& list : lists) {
    add(static_cast<std::uint32_t>(list.size()));
    for (const Neighbor& n : list) add(n.item);
  }
  return bytes;
}

}  // namespace segue
