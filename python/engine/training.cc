// Training and fold-in on plain matrices: what the implicit-shaped face stands on.
#include <pybind11/stl.h>

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "arrays.h"
#include "call.h"
#include "module.h"
#include "segue/error.h"
#include "segue/train.h"

namespace segue::python {
namespace {

constexpr std::size_t kRowsAtOnce = 64;

/// Trains from given factors on values as they are. @return (user factors, item factors), read-only views.
py::tuple train_from(std::uint32_t items, const Offsets& row_ptr, const Columns& columns, const Floats& values,
                     const Floats& users_start, const Floats& items_start, float regularization,
                     std::uint32_t iterations, bool exact, std::uint32_t cg_steps, int threads,
                     const py::object& on_sweep) {
  CsrMatrix user_items = csr_from(items, row_ptr, columns, values);
  InitialFactors initial{factors_from(users_start), factors_from(items_start)};
  AlsOptions options;
  options.factors = initial.items.factors();
  options.regularization = regularization;
  options.iterations = iterations;
  options.solver = exact ? Solver::kCholesky : Solver::kCg;
  options.cg_steps = cg_steps;
  AlsResult result;
  train(threads, py::none(), on_sweep, [&](const Run& inner, const SweepCallback& sweeps) {
    const ConfidenceMatrix confidence = ConfidenceMatrix::from_confidences(std::move(user_items), inner);
    result = train_als(confidence, options, inner, sweeps, std::move(initial));
  });
  return py::make_tuple(view_of(result.user_factors), view_of(result.item_factors));
}

/// The exact vectors of histories, a row each. @param other  the factors of what the histories hold
py::array_t<float> fold_in_rows(const Floats& other, const Offsets& row_ptr, const Columns& columns,
                                const Floats& values, float regularization, int threads) {
  const Factors factors = factors_from(other);
  const CsrMatrix rows = csr_from(factors.rows(), row_ptr, columns, values);
  AlsOptions options;
  options.factors = factors.factors();
  options.regularization = regularization;
  py::array_t<float> vectors({static_cast<py::ssize_t>(rows.rows()), static_cast<py::ssize_t>(factors.factors())});
  float* out = vectors.mutable_data();
  run(threads, py::none(), [&](const Run& inner) {
    const std::vector<double> shared = gram(factors, inner);
    std::atomic<std::size_t> next = 0;
    std::exception_ptr failure;
    std::mutex mutex;
    const auto work = [&] {
      try {
        for (std::size_t begin = 0; (begin = next.fetch_add(kRowsAtOnce)) < rows.rows();) {
          inner.check();
          const std::size_t end = std::min<std::size_t>(begin + kRowsAtOnce, rows.rows());
          for (std::size_t row = begin; row < end; ++row) {
            const auto r = static_cast<std::uint32_t>(row);
            float* vector = out + row * factors.factors();
            if (rows.row_columns(r).empty()) {
              std::fill_n(vector, factors.factors(), 0.0F);
            } else {
              std::ranges::copy(fold_in(factors, shared, options, rows.row_columns(r), rows.row_values(r)), vector);
            }
          }
        }
      } catch (...) {
        const std::lock_guard lock(mutex);
        failure = std::current_exception();
      }
    };
    {
      std::vector<std::jthread> others;
      const std::size_t useful = (rows.rows() + kRowsAtOnce - 1) / kRowsAtOnce;
      for (std::size_t i = 1; i < std::min<std::size_t>(inner.thread_count(), useful); ++i) others.emplace_back(work);
      work();
    }
    if (failure) std::rethrow_exception(failure);
  });
  return vectors;
}

}  // namespace

void bind_training(py::module_& module) {
  module.def("train_from", &train_from);
  module.def("fold_in_rows", &fold_in_rows);
  module.def("simd_target", &simd_target);
}

}  // namespace segue::python
