// Call: how Python waits for the engine. The interpreter lock is let go, Ctrl-C ends the work, progress is told.
//
// Signals reach Python only in its main thread, and only while that one holds the interpreter lock. So the work runs on
// a thread of its own, and the calling one wakes up some times a second: it lets Python look for signals and hands over
// what the work has reported. Whatever Python raises meanwhile asks the work to stop, is kept until the work has ended,
// and is raised then; the engine leaves nothing half done.
#ifndef SEGUE_PYTHON_CALL_H_
#define SEGUE_PYTHON_CALL_H_

#include <pybind11/pybind11.h>

#include <functional>

#include "segue/run.h"
#include "segue/train.h"

namespace segue::python {

namespace py = pybind11;

/// Runs `work` without the interpreter lock, until it is done. Called with the lock; `work` must touch no Python
/// object.
/// @param threads   as in Run
/// @param progress  None, or called from the calling thread as (stage, done, total, unit, loss or None, seconds); of
///                  several reports between two looks the last is told
void run(int threads, const py::object& progress, const std::function<void(const Run&)>& work);

/// The same for a training: `on_sweep` is None, or called as (sweep from 1, seconds, loss) for each sweep, in order.
void train(int threads, const py::object& progress, const py::object& on_sweep,
           const std::function<void(const Run&, const SweepCallback&)>& work);

/// Makes segue::Error the Python exception of its code (segue/errors.py).
void bind_errors();

}  // namespace segue::python

#endif  // SEGUE_PYTHON_CALL_H_
