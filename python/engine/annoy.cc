// Annoy's forests. Annoy's own names, order of calls and exceptions are made of these in segue/annoy.py.
#include <pybind11/stl.h>
#include <pybind11/stl/filesystem.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "arrays.h"
#include "call.h"
#include "module.h"
#include "segue/annoy.h"
#include "segue/error.h"

namespace segue::python {
namespace {

std::span<const float> span_of(const Floats& vector) {
  return {vector.data(), static_cast<std::size_t>(vector.size())};
}

/// @throws Error{kInvalidArgument} for values that are not finite: nothing is near them
std::span<const float> query_of(const Floats& vector) {
  const std::span<const float> query = span_of(vector);
  if (std::ranges::all_of(query, [](float value) { return std::isfinite(value); })) return query;
  throw Error(ErrorCode::kInvalidArgument, "the vector holds a value that is not finite",
              "ask with finite values of 32 bits");
}

/// (items, distances), lists of numbers as Annoy gives them.
py::tuple lists_of(const std::vector<AnnoyNeighbor>& neighbors) {
  py::list items(neighbors.size());
  py::list distances(neighbors.size());
  for (std::size_t i = 0; i < neighbors.size(); ++i) {
    items[i] = py::int_(neighbors[i].item);
    distances[i] = py::float_(neighbors[i].distance);
  }
  return py::make_tuple(items, distances);
}

template <typename Query>
py::tuple nearest(const AnnoyForest& forest, const Query& query, std::uint32_t n, std::int64_t search_k) {
  std::vector<AnnoyNeighbor> found;
  {
    const py::gil_scoped_release release;
    found = forest.nearest(query, n, search_k);
  }
  return lists_of(found);
}

/// @param path  where to build; empty: in memory
AnnoyForest build(const AnnoyBuilder& builder, int trees, std::uint64_t seed, int threads,
                  const std::filesystem::path& path) {
  AnnoyOptions options;
  options.trees = trees;
  options.seed = seed;
  std::optional<AnnoyForest> made;
  run(threads, py::none(), [&](const Run& inner) {
    made.emplace(path.empty() ? builder.build(options, inner) : builder.build_file(path, options, inner));
  });
  return *made;
}

}  // namespace

void bind_annoy(py::module_& module) {
  py::class_<AnnoyForest>(module, "AnnoyForest")
      .def_static("open",
                  [](const std::filesystem::path& path, const std::string& metric, std::uint32_t size, bool prefault) {
                    const AnnoyMetric by = annoy_metric(metric);
                    const py::gil_scoped_release release;
                    return AnnoyForest::open(path, by, size, prefault);
                  })
      .def("items", &AnnoyForest::items)
      .def("trees", &AnnoyForest::trees)
      .def("has", &AnnoyForest::has)
      .def("vector", &AnnoyForest::vector)
      .def("distance", &AnnoyForest::distance)
      .def("nearest_item", &nearest<std::uint32_t>)
      .def("nearest_vector", [](const AnnoyForest& forest, const Floats& vector, std::uint32_t n,
                                std::int64_t search_k) { return nearest(forest, query_of(vector), n, search_k); })
      .def("save", &AnnoyForest::save, py::call_guard<py::gil_scoped_release>());
  py::class_<AnnoyBuilder>(module, "AnnoyBuilder")
      .def(py::init(
          [](const std::string& metric, std::uint32_t size) { return AnnoyBuilder(annoy_metric(metric), size); }))
      .def("add",
           [](AnnoyBuilder& builder, std::uint32_t item, const Floats& vector) { builder.add(item, span_of(vector)); })
      .def("items", &AnnoyBuilder::items)
      .def("vector", &AnnoyBuilder::vector)
      .def("distance", &AnnoyBuilder::distance)
      .def("build", &build);
}

}  // namespace segue::python
