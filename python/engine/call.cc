#include "call.h"

#include <pybind11/stl.h>

#include <chrono>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "segue/error.h"

namespace segue::python {
namespace {

/// How soon Ctrl-C is noticed.
constexpr auto kLook = std::chrono::milliseconds(50);

/// A Progress that outlives its callback.
struct Report {
  std::string stage;
  std::uint64_t done;
  std::uint64_t total;
  std::string unit;
  std::optional<double> loss;
  double seconds;
};

/// What the two threads share.
struct Desk {
  std::mutex mutex;
  std::condition_variable changed;
  std::optional<Report> report;
  std::vector<SweepRecord> sweeps;
  std::exception_ptr failure;
  bool done = false;
};

void tell(const py::object& progress, const py::object& on_sweep, const std::optional<Report>& report,
          const std::vector<SweepRecord>& sweeps) {
  if (report) progress(report->stage, report->done, report->total, report->unit, report->loss, report->seconds);
  for (const SweepRecord& sweep : sweeps) on_sweep(sweep.sweep, sweep.seconds, sweep.loss);
}

/// The Python exception of an engine's error.
void raise(const Error& error) {
  const Where& where = error.where();
  const py::object make = py::module_::import("segue.errors").attr("from_engine");
  const py::object exception = make(std::string(describe(error.code()).name), error.what(), error.problem(),
                                    error.fix(), where.file, where.line, where.column);
  PyErr_SetObject(reinterpret_cast<PyObject*>(Py_TYPE(exception.ptr())), exception.ptr());
}

}  // namespace

void train(int threads, const py::object& progress, const py::object& on_sweep,
           const std::function<void(const Run&, const SweepCallback&)>& work) {
  Desk desk;
  std::stop_source stop;
  Run run{.stop = stop.get_token(), .progress = {}, .threads = threads};
  if (!progress.is_none()) {
    run.progress = [&](const Progress& now) {
      const std::lock_guard lock(desk.mutex);
      desk.report = Report{std::string(now.stage), now.done, now.total, std::string(now.unit), now.loss, now.seconds};
    };
  }
  SweepCallback sweep_callback;
  if (!on_sweep.is_none()) {
    sweep_callback = [&](const SweepRecord& sweep) {
      const std::lock_guard lock(desk.mutex);
      desk.sweeps.push_back(sweep);
      desk.changed.notify_one();
      return true;
    };
  }
  std::jthread worker([&] {
    std::exception_ptr failure;
    try {
      work(run, sweep_callback);
    } catch (...) {
      failure = std::current_exception();
    }
    const std::lock_guard lock(desk.mutex);
    desk.failure = failure;
    desk.done = true;
    desk.changed.notify_one();
  });

  std::exception_ptr raised;  // by Python, while the work went on
  bool done = false;
  while (!done) {
    std::optional<Report> report;
    std::vector<SweepRecord> sweeps;
    {
      const py::gil_scoped_release release;
      std::unique_lock lock(desk.mutex);
      desk.changed.wait_for(lock, kLook, [&] { return desk.done || !desk.sweeps.empty(); });
      report = std::exchange(desk.report, std::nullopt);
      sweeps = std::exchange(desk.sweeps, {});
      done = desk.done;
    }
    if (raised) continue;
    try {
      if (PyErr_CheckSignals() != 0) throw py::error_already_set();
      tell(progress, on_sweep, report, sweeps);
    } catch (...) {
      raised = std::current_exception();
      stop.request_stop();
    }
  }
  {
    const py::gil_scoped_release release;
    worker.join();
  }
  if (raised) std::rethrow_exception(raised);
  if (desk.failure) std::rethrow_exception(desk.failure);
}

void run(int threads, const py::object& progress, const std::function<void(const Run&)>& work) {
  train(threads, progress, py::none(), [&](const Run& inner, const SweepCallback& /*sweeps*/) { work(inner); });
}

void bind_errors() {
  // pybind11 takes functions of exactly this type. NOLINTNEXTLINE(performance-unnecessary-value-param)
  py::register_exception_translator([](std::exception_ptr thrown) {
    try {
      if (thrown) std::rethrow_exception(thrown);
    } catch (const Error& error) {
      raise(error);
    }
  });
}

}  // namespace segue::python
