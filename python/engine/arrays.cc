#include "arrays.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <limits>
#include <new>
#include <span>

#include "segue/error.h"

namespace segue::python {
namespace {

constexpr std::size_t kAlignment = 64;                    // of Factors
constexpr std::size_t kLargePage = std::size_t{2} << 20;  // of x86-64, and of ARM with pages of 4 KB

/// What is below 0 or beyond 32 bits becomes the largest number, which no matrix has as a column.
std::uint32_t column_of(std::int64_t index) {
  constexpr std::int64_t kLargest = std::numeric_limits<std::uint32_t>::max();
  return static_cast<std::uint32_t>(index < 0 || index > kLargest ? kLargest : index);
}

/// New memory, not zeroed. Large pieces ask for large pages: most of what a copy of millions costs is the system's
/// handing out pages, and there are five hundred times fewer of these.
template <typename T>
class Fresh {
 public:
  explicit Fresh(std::size_t count) : count_(count) {
    const std::size_t bytes = std::max<std::size_t>(count * sizeof(T), 1);
    const std::size_t alignment = bytes < kLargePage ? kAlignment : kLargePage;
    const std::size_t rounded = (bytes + alignment - 1) / alignment * alignment;
    void* memory = std::aligned_alloc(alignment, rounded);
    if (memory == nullptr) throw std::bad_alloc();
    if (alignment == kLargePage)
      madvise(memory, rounded, MADV_HUGEPAGE);  // a wish: where it is refused, small pages do
    memory_.reset(static_cast<T*>(memory), [](T* pointer) { std::free(pointer); });
  }

  T* data() { return memory_.get(); }
  Array<T> share() const { return Array<T>(std::span<const T>(memory_.get(), count_), memory_); }

 private:
  std::size_t count_;
  std::shared_ptr<T[]> memory_;
};

template <typename T>
Array<std::uint32_t> columns_as(const Columns& given) {
  const py::array_t<T, py::array::c_style | py::array::forcecast> columns(given);
  Fresh<std::uint32_t> indices(static_cast<std::size_t>(columns.size()));
  std::transform(columns.data(), columns.data() + columns.size(), indices.data(), column_of);
  return indices.share();
}

}  // namespace

py::array view_of(const Factors& factors) {
  return view_of<float>(factors.values(), {factors.rows(), factors.factors()},
                        {static_cast<py::ssize_t>(factors.stride() * sizeof(float)), sizeof(float)});
}

Factors factors_from(const Floats& values) {
  if (values.ndim() != 1 && values.ndim() != 2) {
    throw Error(ErrorCode::kInvalidArgument,
                "vectors are given as an array of " + std::to_string(values.ndim()) + " dimensions",
                "give a matrix, a row per vector, or one vector");
  }
  const auto rows = values.ndim() == 1 ? 1 : static_cast<std::uint32_t>(values.shape(0));
  const auto factors = static_cast<std::uint32_t>(values.shape(values.ndim() - 1));
  const std::size_t stride = Factors::stride_for(factors);
  Fresh<float> padded(rows * stride);
  for (std::size_t row = 0; row < rows; ++row) {
    float* to = padded.data() + row * stride;
    std::copy_n(values.data() + row * factors, factors, to);
    std::fill_n(to + factors, stride - factors, 0.0F);
  }
  return Factors::create(rows, factors, padded.share());
}

CsrMatrix csr_from(std::uint32_t cols, const Offsets& row_ptr, const Columns& columns, const Floats& values) {
  if (columns.size() != values.size()) {
    throw Error(ErrorCode::kInvalidArgument, "a sparse matrix has another number of columns than of values",
                "give a scipy.sparse matrix that is whole");
  }
  std::vector<std::uint64_t> offsets(row_ptr.data(), row_ptr.data() + row_ptr.size());
  // Widened only where they are not narrow already.
  const bool narrow = py::isinstance<py::array_t<std::int32_t>>(columns);
  Array<std::uint32_t> indices = narrow ? columns_as<std::int32_t>(columns) : columns_as<std::int64_t>(columns);
  Fresh<float> data(static_cast<std::size_t>(values.size()));
  std::copy_n(values.data(), values.size(), data.data());
  return CsrMatrix::create(cols, std::move(offsets), std::move(indices), data.share());
}

py::tuple csr_parts(const CsrMatrix& matrix) {
  constexpr std::uint64_t kLargest = std::numeric_limits<std::int32_t>::max();
  const Array<std::uint64_t>& row_ptr = matrix.row_ptr();
  const py::array values = view_of<float>(matrix.values());
  if (matrix.nnz() <= kLargest && matrix.cols() <= kLargest) {
    py::array_t<std::int32_t> offsets(static_cast<py::ssize_t>(row_ptr.size()));
    std::transform(row_ptr.begin(), row_ptr.end(), offsets.mutable_data(),
                   [](std::uint64_t offset) { return static_cast<std::int32_t>(offset); });
    return py::make_tuple(offsets, view_of<std::int32_t>(matrix.columns()), values);
  }
  return py::make_tuple(view_of<std::int64_t>(row_ptr),
                        view_of<std::uint32_t>(matrix.columns()).attr("astype")("int64"), values);
}

py::str text_of(std::string_view bytes) {
  PyObject* text = PyUnicode_DecodeUTF8(bytes.data(), static_cast<py::ssize_t>(bytes.size()), "surrogateescape");
  if (text == nullptr) throw py::error_already_set();
  return py::reinterpret_steal<py::str>(text);
}

}  // namespace segue::python
