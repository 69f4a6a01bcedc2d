// Writes sections as one file.
#ifndef SEGUE_STORE_CONTAINER_WRITER_H_
#define SEGUE_STORE_CONTAINER_WRITER_H_

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string_view>
#include <vector>

#include "segue/array.h"
#include "segue/run.h"
#include "store/format.h"

namespace segue {

/// A section to be written: a view of values that somebody else keeps.
struct Section {
  std::string_view name;  // fits SectionRecord::name
  DataType type;
  std::vector<std::uint64_t> shape;  // 1 to kMaxRank lengths
  std::span<const std::byte> bytes;  // as many as the shape takes
};

template <typename T>
Section make_section(std::string_view name, std::span<const T> values, std::vector<std::uint64_t> shape) {
  return {name, data_type_of<T>(), std::move(shape), std::as_bytes(values)};
}
template <typename T>
Section make_section(std::string_view name, const Array<T>& values) {
  return make_section(name, values.view(), {values.size()});
}

/// The file is complete or not there at all. Values are written from where they are: no copy of a section is made.
/// @param version  that its readers must know
/// @throws Error{kIo} as OutputFile does; Error{kCancelled}, which leaves a file of that name as it was.
void write_container(const std::filesystem::path& path, std::string_view kind, std::span<const Section> sections,
                     const Run& run, std::uint32_t version = kBasicVersion);

}  // namespace segue

#endif  // SEGUE_STORE_CONTAINER_WRITER_H_
