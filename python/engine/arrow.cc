// Columns of a table that comes by the Arrow C stream interface: polars, pyarrow, DuckDB, pandas from 2.2 on. No Arrow
// library is needed, the memory's layout is the interface. Strings become numbers of distinct strings while they are
// read, since that is what a log's columns are for, and a string is then made for Python once and not once a row.
#include <pybind11/numpy.h>
#include <pybind11/stl.h>

#include <algorithm>
#include <cstring>
#include <functional>
#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "arrays.h"
#include "arrow_abi.h"
#include "module.h"
#include "segue/error.h"

namespace segue::python {
namespace {

constexpr std::int64_t kNull = -1;               // the number of a string that is missing
constexpr std::size_t kViewBytes = 16;           // of a string view
constexpr std::uint32_t kInlineCharacters = 12;  // of it; a longer string lies elsewhere

enum class Kind { kText, kWhole, kNumber };

/// What is collected of a column over all batches.
struct Column {
  std::string name;
  Kind kind = Kind::kNumber;
  std::vector<std::string> texts;  // distinct, in the order they came
  std::unordered_map<std::string, std::int64_t> numbers;
  std::vector<std::int64_t> wholes;  // or numbers of texts
  std::vector<double> values;
  std::uint64_t nulls = 0;

  std::int64_t number_of(std::string_view text) {
    const auto [at, is_new] = numbers.try_emplace(std::string(text), static_cast<std::int64_t>(texts.size()));
    if (is_new) texts.emplace_back(text);
    return at->second;
  }
};

[[noreturn]] void refuse(const Column& column, const std::string& problem, const std::string& fix) {
  throw Error(ErrorCode::kInvalidArgument, "the column \"" + column.name + "\" " + problem, fix);
}

bool is_there(const ArrowArray& array, std::int64_t i) {
  const auto* bits = array.n_buffers > 0 ? static_cast<const std::uint8_t*>(array.buffers[0]) : nullptr;
  const std::int64_t at = array.offset + i;
  return array.null_count == 0 || bits == nullptr || ((bits[at / 8] >> (at % 8)) & 1) != 0;
}

template <typename T>
const T* buffer_of(const ArrowArray& array, std::int64_t i) {
  return i < array.n_buffers ? static_cast<const T*>(array.buffers[i]) : nullptr;
}

/// Calls each(i, whole number) for what is there, missing(i) for what is not.
template <typename Each, typename Missing>
bool for_wholes(char format, const ArrowArray& array, Each&& each, Missing&& missing) {
  const auto over = [&](auto zero) {
    using T = decltype(zero);
    const T* values = buffer_of<T>(array, 1);
    for (std::int64_t i = 0; i < array.length; ++i) {
      if (is_there(array, i)) {
        each(i, values[array.offset + i]);
      } else {
        missing(i);
      }
    }
  };
  switch (format) {
    case 'c':
      return over(std::int8_t{}), true;
    case 'C':
      return over(std::uint8_t{}), true;
    case 's':
      return over(std::int16_t{}), true;
    case 'S':
      return over(std::uint16_t{}), true;
    case 'i':
      return over(std::int32_t{}), true;
    case 'I':
      return over(std::uint32_t{}), true;
    case 'l':
      return over(std::int64_t{}), true;
    case 'L':
      return over(std::uint64_t{}), true;
    default:
      return false;
  }
}

template <typename Offset>
std::string_view offset_text(const ArrowArray& array, std::int64_t i) {
  const Offset* offsets = buffer_of<Offset>(array, 1) + array.offset + i;
  const Offset begin = offsets[0];
  const Offset end = offsets[1];
  if (begin < 0 || end < begin) return {};
  return begin == end ? std::string_view() : std::string_view(buffer_of<char>(array, 2) + begin, end - begin);
}

std::string_view viewed_text(const ArrowArray& array, std::int64_t i) {
  const char* view = buffer_of<char>(array, 1) + static_cast<std::size_t>(array.offset + i) * kViewBytes;
  std::uint32_t size = 0;
  std::memcpy(&size, view, sizeof(size));
  if (size <= kInlineCharacters) return {view + sizeof(size), size};
  std::int32_t buffer = 0;
  std::int32_t offset = 0;
  std::memcpy(&buffer, view + 8, sizeof(buffer));
  std::memcpy(&offset, view + 12, sizeof(offset));
  // Buffers are bitmap, views, the texts, and last the sizes of the texts' buffers.
  const std::int64_t texts = array.n_buffers - 3;
  const auto* sizes = buffer_of<std::int64_t>(array, array.n_buffers - 1);
  if (buffer < 0 || buffer >= texts || offset < 0 || std::int64_t{offset} + size > sizes[buffer]) {
    throw Error(ErrorCode::kInvalidArgument, "a text of the table lies outside of its memory", "make the table anew");
  }
  return {buffer_of<char>(array, 2 + buffer) + offset, size};
}

using TextOf = std::string_view (*)(const ArrowArray&, std::int64_t);

TextOf text_reader(std::string_view format) {
  if (format == "u") return &offset_text<std::int32_t>;
  if (format == "U") return &offset_text<std::int64_t>;
  return format == "vu" ? &viewed_text : nullptr;
}

void add_texts(Column& column, TextOf text, const ArrowArray& array) {
  for (std::int64_t i = 0; i < array.length; ++i) {
    const bool there = is_there(array, i);
    column.nulls += there ? 0 : 1;
    column.wholes.push_back(there ? column.number_of(text(array, i)) : kNull);
  }
}

/// Codes and, per batch, the strings that they stand for.
void add_dictionary(Column& column, const ArrowSchema& schema, const ArrowArray& array) {
  const TextOf text = text_reader(schema.dictionary->format);
  if (text == nullptr || array.dictionary == nullptr) {
    refuse(column, "is of categories that are no strings", "give strings or whole numbers");
  }
  const ArrowArray& words = *array.dictionary;
  std::vector<std::int64_t> numbers(static_cast<std::size_t>(words.length));
  for (std::int64_t i = 0; i < words.length; ++i) {
    numbers[static_cast<std::size_t>(i)] = is_there(words, i) ? column.number_of(text(words, i)) : kNull;
  }
  const auto none = [&](std::int64_t /*i*/) {
    ++column.nulls;
    column.wholes.push_back(kNull);
  };
  for_wholes(
      schema.format[0], array,
      [&](std::int64_t i, auto code) {
        if (std::cmp_less(code, 0) || std::cmp_greater_equal(code, numbers.size())) {
          refuse(column, "holds a category that there is not", "make the table anew");
        }
        const std::int64_t number = numbers[static_cast<std::size_t>(code)];
        if (number == kNull) return none(i);
        column.wholes.push_back(number);
      },
      none);
}

template <typename T>
void add_floats(Column& column, const ArrowArray& array) {
  const T* values = buffer_of<T>(array, 1);
  for (std::int64_t i = 0; i < array.length; ++i) {
    const bool there = is_there(array, i);
    column.nulls += there ? 0 : 1;
    column.values.push_back(there ? values[array.offset + i] : std::numeric_limits<double>::quiet_NaN());
  }
}

/// Booleans, a bit each, as 0 and 1.
void add_bits(Column& column, const ArrowArray& array) {
  const auto* bits = buffer_of<std::uint8_t>(array, 1);
  for (std::int64_t i = 0; i < array.length; ++i) {
    const std::int64_t at = array.offset + i;
    const bool there = is_there(array, i);
    column.nulls += there ? 0 : 1;
    column.values.push_back(there ? (bits[at / 8] >> (at % 8)) & 1 : std::numeric_limits<double>::quiet_NaN());
  }
}

void add(Column& column, const ArrowSchema& schema, ArrowArray array, std::int64_t parent_offset) {
  array.offset += parent_offset;
  const std::string_view format = schema.format;
  if (schema.dictionary != nullptr) {
    column.kind = Kind::kText;
    return add_dictionary(column, schema, array);
  }
  if (const TextOf text = text_reader(format); text != nullptr) {
    column.kind = Kind::kText;
    return add_texts(column, text, array);
  }
  if (format == "g") return add_floats<double>(column, array);
  if (format == "f") return add_floats<float>(column, array);
  if (format == "b") return add_bits(column, array);
  column.kind = Kind::kWhole;
  const bool whole =
      format.size() == 1 && for_wholes(
                                format[0], array,
                                [&](std::int64_t /*i*/, auto value) {
                                  if (!std::in_range<std::int64_t>(value)) {
                                    refuse(column, "holds a number beyond 63 bits", "give it as strings");
                                  }
                                  column.wholes.push_back(static_cast<std::int64_t>(value));
                                },
                                [&](std::int64_t /*i*/) {
                                  ++column.nulls;
                                  column.wholes.push_back(0);
                                });
  if (!whole) {
    refuse(column, "has the Arrow type \"" + std::string(format) + "\"",
           "give strings, whole numbers or floating-point numbers");
  }
}

void check(int status, ArrowArrayStream* stream) {
  if (status == 0) return;
  const char* why = stream->get_last_error(stream);
  throw Error(ErrorCode::kInvalidArgument,
              std::string("the table cannot be read: ") + (why != nullptr ? why : "no reason"), "");
}

/// The numbers of the wanted columns in the table, in the order they are wanted.
std::vector<std::int64_t> places(const ArrowSchema& table, const std::vector<Column>& columns) {
  if (std::string_view(table.format) != "+s") {
    throw Error(ErrorCode::kInvalidArgument, "what was given is a single column", "give a table with named columns");
  }
  std::vector<std::int64_t> found;
  for (const Column& column : columns) {
    std::int64_t at = 0;
    while (at < table.n_children && column.name != table.children[at]->name) ++at;
    if (at == table.n_children) {
      std::string names;
      for (std::int64_t i = 0; i < table.n_children; ++i)
        names += (i == 0 ? "" : ", ") + std::string(table.children[i]->name);
      throw Error(ErrorCode::kNotFound, "the table has no column \"" + column.name + "\"", "its columns: " + names);
    }
    found.push_back(at);
  }
  return found;
}

py::tuple given(Column& column) {
  const auto size =
      static_cast<py::ssize_t>(column.kind == Kind::kNumber ? column.values.size() : column.wholes.size());
  if (column.kind == Kind::kNumber) {
    return py::make_tuple("number", py::array_t<double>(size, column.values.data()), py::none(), column.nulls);
  }
  const py::array_t<std::int64_t> wholes(size, column.wholes.data());
  if (column.kind == Kind::kWhole) return py::make_tuple("whole", wholes, py::none(), column.nulls);
  py::list texts(column.texts.size());
  for (std::size_t i = 0; i < column.texts.size(); ++i) texts[i] = text_of(column.texts[i]);
  return py::make_tuple("text", wholes, texts, column.nulls);
}

/// @return  per name (kind, numbers, distinct strings or None, how many are missing): "text" with numbers of strings,
/// -1
///          for missing ones, "whole", or "number"
py::list read_arrow(const py::capsule& capsule, const std::vector<std::string>& names) {
  // The capsule's stream is moved out: what is released here is not released again with the capsule.
  Owned<ArrowArrayStream> stream;
  auto* offered = static_cast<ArrowArrayStream*>(PyCapsule_GetPointer(capsule.ptr(), "arrow_array_stream"));
  if (offered == nullptr) throw py::error_already_set();
  if (offered->release == nullptr) {
    throw Error(ErrorCode::kInvalidArgument, "the table has been read before", "give the table, not its stream");
  }
  *stream.get() = *offered;
  offered->release = nullptr;

  Owned<ArrowSchema> table;
  check(stream->get_schema(stream.get(), table.get()), stream.get());
  std::vector<Column> columns(names.size());
  for (std::size_t i = 0; i < names.size(); ++i) columns[i].name = names[i];
  const std::vector<std::int64_t> at = places(*table, columns);
  for (;;) {
    Owned<ArrowArray> batch;
    check(stream->get_next(stream.get(), batch.get()), stream.get());
    if (batch->release == nullptr) break;
    const py::gil_scoped_release release;
    for (std::size_t i = 0; i < columns.size(); ++i) {
      ArrowArray child = *batch->children[at[i]];
      child.length = batch->length;  // of a slice, the parent's
      add(columns[i], *table->children[at[i]], child, batch->offset);
    }
  }
  py::list result;
  for (Column& column : columns) result.append(given(column));
  return result;
}

}  // namespace

void bind_arrow(py::module_& module) { module.def("read_arrow", &read_arrow); }

}  // namespace segue::python
