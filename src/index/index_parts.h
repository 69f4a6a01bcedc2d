// Parts of a stored index, taken out with their sizes checked.
#ifndef SEGUE_INDEX_INDEX_PARTS_H_
#define SEGUE_INDEX_INDEX_PARTS_H_

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <variant>

#include "segue/error.h"
#include "segue/index.h"

namespace segue {

[[noreturn]] inline void damaged_part(std::string_view part, const std::string& problem) {
  throw Error(ErrorCode::kCorruptFile, "the part \"" + std::string(part) + "\" of the stored index " + problem,
              "make the index anew: segue index build");
}

/// @throws Error{kCorruptFile} where there is no such part, or it is not of T.
template <typename T>
Array<T> part_of(const StoredIndex& stored, std::string_view name) {
  const auto found = std::ranges::find(stored.parts, name, &IndexPart::name);
  if (found == stored.parts.end()) damaged_part(name, "is missing");
  const auto* values = std::get_if<Array<T>>(&found->values);
  if (values == nullptr) damaged_part(name, "is of another type");
  return *values;
}

/// The same, of so many values.
template <typename T>
Array<T> part_of(const StoredIndex& stored, std::string_view name, std::size_t size) {
  Array<T> values = part_of<T>(stored, name);
  if (values.size() != size) {
    damaged_part(name, "holds " + std::to_string(values.size()) + " values where " + std::to_string(size) + " fit");
  }
  return values;
}

}  // namespace segue

#endif  // SEGUE_INDEX_INDEX_PARTS_H_
