// segue._engine: the public headers for Python, one file a part. The package beside it (python/segue) is what people
// use: names, defaults, documentation and conversions are there, work is here.
#include "module.h"

#include "call.h"

namespace segue::python {

PYBIND11_MODULE(_engine, module) {
  module.doc() = "The engine of segue. Use the package around it.";
  bind_errors();
  bind_data(module);
  bind_model(module);
  bind_training(module);
  bind_arrow(module);
  bind_evaluation(module);
  bind_gradient(module);
  bind_index(module);
  bind_neighbors(module);
  bind_annoy(module);
}

}  // namespace segue::python
