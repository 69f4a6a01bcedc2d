// The parts of the module, each in the file of its name.
#ifndef SEGUE_PYTHON_MODULE_H_
#define SEGUE_PYTHON_MODULE_H_

#include <pybind11/pybind11.h>

namespace segue::python {

void bind_data(pybind11::module_& module);
void bind_model(pybind11::module_& module);
void bind_training(pybind11::module_& module);
void bind_arrow(pybind11::module_& module);
void bind_evaluation(pybind11::module_& module);
void bind_gradient(pybind11::module_& module);
void bind_index(pybind11::module_& module);
void bind_neighbors(pybind11::module_& module);
void bind_annoy(pybind11::module_& module);

}  // namespace segue::python

#endif  // SEGUE_PYTHON_MODULE_H_
