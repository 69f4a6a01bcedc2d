// BPR and logistic matrix factorization on plain matrices, for the implicit-shaped face. What is not seen is drawn by
// popularity, as implicit draws it.
#include <pybind11/stl.h>

#include <algorithm>
#include <cstdint>
#include <utility>

#include "arrays.h"
#include "call.h"
#include "module.h"
#include "segue/error.h"
#include "segue/gradient_models.h"

namespace segue::python {
namespace {

/// Both start tables, and how many of their columns are factors.
InitialFactors start_of(const Floats& users, const Floats& items, std::uint32_t biases) {
  InitialFactors start{factors_from(users), factors_from(items)};
  if (start.items.factors() <= biases) {
    throw Error(ErrorCode::kInvalidArgument, "the factors have no column beside their biases", "set factors=1 or more");
  }
  return start;
}

template <typename Train>
py::tuple trained(int threads, const py::object& on_sweep, Train&& work) {
  GradientResult result;
  train(threads, py::none(), on_sweep,
        [&](const Run& inner, const SweepCallback& sweeps) { result = work(inner, sweeps); });
  return py::make_tuple(view_of(result.user_factors), view_of(result.item_factors));
}

py::tuple bpr_from(std::uint32_t items, const Offsets& row_ptr, const Columns& columns, const Floats& values,
                   const Floats& users_start, const Floats& items_start, float learning_rate, float regularization,
                   std::uint32_t iterations, bool verify, std::uint64_t seed, int threads, const py::object& on_sweep) {
  const CsrMatrix user_items = csr_from(items, row_ptr, columns, values);
  InitialFactors start = start_of(users_start, items_start, 1);
  BprOptions options;
  options.factors = start.items.factors() - 1;
  options.learning_rate = learning_rate;
  options.regularization = regularization;
  options.iterations = iterations;
  options.negatives = Negatives::kPopularity;
  options.verify_negatives = verify;
  options.seed = seed;
  return trained(threads, on_sweep, [&](const Run& inner, const SweepCallback& sweeps) {
    return train_bpr(user_items, options, inner, sweeps, std::move(start));
  });
}

py::tuple lmf_from(std::uint32_t items, const Offsets& row_ptr, const Columns& columns, const Floats& values,
                   const Floats& users_start, const Floats& items_start, float learning_rate, float regularization,
                   std::uint32_t iterations, std::uint32_t negatives, std::uint64_t seed, int threads,
                   const py::object& on_sweep) {
  const CsrMatrix user_items = csr_from(items, row_ptr, columns, values);
  InitialFactors start = start_of(users_start, items_start, 2);
  LmfOptions options;
  options.factors = start.items.factors() - 2;
  options.learning_rate = learning_rate;
  options.regularization = regularization;
  options.iterations = iterations;
  options.negatives_per_positive = negatives;
  options.negatives = Negatives::kPopularity;
  options.seed = seed;
  return trained(threads, on_sweep, [&](const Run& inner, const SweepCallback& sweeps) {
    return train_lmf(user_items, options, inner, sweeps, std::move(start));
  });
}

}  // namespace

void bind_gradient(py::module_& module) {
  module.def("train_bpr_from", &bpr_from);
  module.def("train_lmf_from", &lmf_from);
}

}  // namespace segue::python
