// Splits, measures, and what it takes to explain a recommendation.
#include <pybind11/stl.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "arrays.h"
#include "call.h"
#include "module.h"
#include "segue/evaluate.h"
#include "segue/models.h"
#include "segue/recommender.h"
#include "segue/split.h"

namespace segue::python {
namespace {

/// (training, test), with the ids and titles of all. @param count  cells of each user, 0: a share of them
py::tuple split(const Interactions& data, double share, std::uint32_t count, std::uint64_t seed) {
  Split parts;
  run(0, py::none(), [&](const Run& inner) {
    parts = count != 0 ? split_leave_out(data.plays, count, seed, inner) : split_random(data.plays, share, seed, inner);
  });
  Interactions train = data;
  train.plays = std::move(parts.train);
  Interactions test = data;
  test.plays = std::move(parts.test);
  return py::make_tuple(std::move(train), std::move(test));
}

/// @return (users, seconds, [(measure, mean, low, high)])
py::tuple measure(const Recommender& recommender, const Offsets& row_ptr, const Columns& columns, const Floats& values,
                  const std::vector<std::string>& measures, std::uint32_t resamples, double confidence,
                  std::uint64_t seed, int threads, const py::object& progress) {
  const Model& model = recommender.model();
  const CsrMatrix& known = model.interactions().plays;
  const Split parts{known, known, csr_from(known.cols(), row_ptr, columns, values)};
  EvaluateOptions options;
  options.measures.clear();
  for (const std::string& name : measures) options.measures.push_back(measure_from_name(name));
  options.resamples = resamples;
  options.confidence = confidence;
  options.seed = seed;
  if (!model.item_model()) options.item_factors = &model.item_factors();
  Evaluation found;
  run(threads, progress,
      [&](const Run& inner) { found = evaluate(*make_ranker(fitted_of(model), parts, inner), parts, options, inner); });
  py::list rows;
  for (const Measured& each : found.measured) {
    rows.append(py::make_tuple(name_of(each.measure), each.mean, each.low, each.high));
  }
  return py::make_tuple(found.users.size(), found.seconds, rows);
}

/// YtY of the items, [factors x factors] in double.
py::array_t<double> item_gram(const Recommender& recommender) {
  const Factors& items = recommender.model().item_factors();
  std::vector<double> product;
  run(0, py::none(), [&](const Run& inner) { product = gram(items, inner); });
  const auto size = static_cast<py::ssize_t>(items.factors());
  return py::array_t<double>({size, size}, product.data());
}

}  // namespace

void bind_evaluation(py::module_& module) {
  module.def("split", &split);
  module.def("measure", &measure);
  module.def("item_gram", &item_gram);
  module.def("weigh_history", [](const Recommender& recommender, const std::vector<std::uint32_t>& items,
                                 const std::vector<float>& values) {
    const std::vector<float> weighed = weigh_history(recommender.model().weighting(), items, values);
    return py::array_t<float>(static_cast<py::ssize_t>(weighed.size()), weighed.data());
  });
}

}  // namespace segue::python
