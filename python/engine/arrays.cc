#include "arrays.h"

#include <algorithm>
#include <cstddef>
#include <limits>
#include <new>
#include <span>

#include "segue/error.h"

namespace segue::python {
namespace {

constexpr std::align_val_t kAlignment{64};  // of Factors

/// What is below 0 or beyond 32 bits becomes the largest number, which no matrix has as a column.
std::uint32_t column_of(std::int64_t index) {
  constexpr std::int64_t kLargest = std::numeric_limits<std::uint32_t>::max();
  return static_cast<std::uint32_t>(index < 0 || index > kLargest ? kLargest : index);
}

}  // namespace

py::array view_of(const Factors& factors) {
  return view_of<float>(factors.values(), {factors.rows(), factors.factors()},
                        {static_cast<py::ssize_t>(factors.stride() * sizeof(float)), sizeof(float)});
}

Factors factors_from(const Floats& values) {
  if (values.ndim() != 2) {
    throw Error(ErrorCode::kInvalidArgument,
                "vectors are given as an array of " + std::to_string(values.ndim()) + " dimensions",
                "give a matrix, a row per vector");
  }
  const auto rows = static_cast<std::uint32_t>(values.shape(0));
  const auto factors = static_cast<std::uint32_t>(values.shape(1));
  const std::size_t stride = Factors::stride_for(factors);
  const std::size_t size = rows * stride;
  const std::shared_ptr<float[]> padded(static_cast<float*>(::operator new[](size * sizeof(float), kAlignment)),
                                        [](float* pointer) { ::operator delete[](pointer, kAlignment); });
  std::fill_n(padded.get(), size, 0.0F);
  for (std::size_t row = 0; row < rows; ++row) {
    std::copy_n(values.data() + row * factors, factors, padded.get() + row * stride);
  }
  return Factors::create(rows, factors, Array<float>(std::span<const float>(padded.get(), size), padded));
}

CsrMatrix csr_from(std::uint32_t cols, const Offsets& row_ptr, const Offsets& columns, const Floats& values) {
  if (columns.size() != values.size()) {
    throw Error(ErrorCode::kInvalidArgument, "a sparse matrix has another number of columns than of values",
                "give a scipy.sparse matrix that is whole");
  }
  std::vector<std::uint64_t> offsets(row_ptr.data(), row_ptr.data() + row_ptr.size());
  std::vector<std::uint32_t> indices(static_cast<std::size_t>(columns.size()));
  std::transform(columns.data(), columns.data() + columns.size(), indices.begin(), column_of);
  std::vector<float> data(values.data(), values.data() + values.size());
  return CsrMatrix::create(cols, std::move(offsets), std::move(indices), std::move(data));
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
