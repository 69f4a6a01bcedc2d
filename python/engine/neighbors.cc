// Item-item neighbours of a weighted matrix, for the implicit-shaped face.
#include <algorithm>
#include <utility>

#include "arrays.h"
#include "call.h"
#include "module.h"
#include "segue/item_models.h"

namespace segue::python {
namespace {

/// @param neighbors  kept per item, the item itself not counted; values are taken as they are, only those above 0
/// @return (row offsets, columns, values) of [items x items]
py::tuple neighbors_of(std::uint32_t items, const Offsets& row_ptr, const Columns& columns, const Floats& values,
                       std::uint32_t neighbors, int threads, const py::object& progress) {
  const CsrMatrix weights = csr_from(items, row_ptr, columns, values);
  NeighborOptions options;
  options.neighbors = std::min(neighbors, std::max(items, 1U));
  options.weighting = Weighting::kRaw;
  options.normalize = false;
  Neighborhood found;
  run(threads, progress, [&](const Run& inner) { found = item_neighbors(weights, options, inner); });
  return csr_parts(found.similar);
}

}  // namespace

void bind_neighbors(py::module_& module) { module.def("neighbors", &neighbors_of); }

}  // namespace segue::python
