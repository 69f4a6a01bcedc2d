// Arrays between NumPy and the engine. To Python go read-only views that keep what they show alive; from Python come
// copies, since an array there may be changed at any time, also by another thread while the engine works.
#ifndef SEGUE_PYTHON_ARRAYS_H_
#define SEGUE_PYTHON_ARRAYS_H_

#include <pybind11/numpy.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "segue/array.h"
#include "segue/factors.h"
#include "segue/matrix.h"

namespace segue::python {

namespace py = pybind11;

/// Contiguous; pybind11 converts what is not.
using Floats = py::array_t<float, py::array::c_style | py::array::forcecast>;
using Offsets = py::array_t<std::int64_t, py::array::c_style | py::array::forcecast>;
/// Numbers of columns, 32 bits wide or 64: SciPy has both.
using Columns = py::array;

/// A read-only array over memory of `owner`. @param strides  in bytes
template <typename Shown, typename T>
py::array view_of(const Array<T>& owner, std::vector<py::ssize_t> shape, std::vector<py::ssize_t> strides) {
  static_assert(sizeof(Shown) == sizeof(T));
  auto kept = std::make_unique<Array<T>>(owner);
  const py::capsule capsule(kept.release(), [](void* pointer) { delete static_cast<Array<T>*>(pointer); });
  py::array_t<Shown> array(std::move(shape), std::move(strides), reinterpret_cast<const Shown*>(owner.data()), capsule);
  array.attr("flags").attr("writeable") = false;
  return array;
}

template <typename Shown, typename T>
py::array view_of(const Array<T>& owner) {
  return view_of<Shown>(owner, {static_cast<py::ssize_t>(owner.size())}, {sizeof(T)});
}

/// [rows x factors], over the padded rows.
py::array view_of(const Factors& factors);

/// @param values  [rows x factors], or one row of [factors]. @throws Error{kInvalidArgument} for another number of
/// dimensions.
Factors factors_from(const Floats& values);

/// @throws Error{kInvalidArgument} as CsrMatrix::create, and for lengths that differ.
CsrMatrix csr_from(std::uint32_t cols, const Offsets& row_ptr, const Columns& columns, const Floats& values);

/// (row offsets, columns, values): what scipy.sparse.csr_matrix takes. Columns and values are views; offsets are
/// narrowed to 32 bits where they fit, since SciPy wants both of one type, and only beyond that columns are copied.
py::tuple csr_parts(const CsrMatrix& matrix);

/// Strings as Python has them. Bytes that are not UTF-8 become lone surrogates, as file names do.
py::str text_of(std::string_view bytes);

}  // namespace segue::python

#endif  // SEGUE_PYTHON_ARRAYS_H_
