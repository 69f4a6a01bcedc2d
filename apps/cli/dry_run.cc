// Memory is what the process holds after weighing, which is measured, and the parts of training, which are known to the
// byte. Time is measured as well: two sweeps of the very training, the first of which allocates all there is to
// allocate. With solver auto later sweeps take fewer steps. What writing takes is not tried.
#include "dry_run.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <string>
#include <vector>

#include "progress_line.h"
#include "table.h"
#include "text.h"

namespace segue::cli {
namespace {

/// Sweeps that are tried.
constexpr std::uint32_t kTried = 2;
/// With solver auto most rows take one step from the fifth sweep on: such a sweep takes this part of the second
/// (docs/benchmarks.md: 0.45 s of 0.56 s).
constexpr std::uint32_t kFullSweeps = 4;
constexpr double kLaterSweep = 0.8;
/// Of a model file, checksums and the wait for the disk included.
constexpr double kWrittenPerSecond = 5e8;

/// What the process holds now, mapped files included, as peak_memory_bytes() counts.
std::uint64_t memory_now() {
  std::uint64_t all = 0;
  std::uint64_t resident = 0;
  std::ifstream("/proc/self/statm") >> all >> resident;
  return resident * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
}

/// What the machine could still give; 0 where it does not say.
std::uint64_t memory_available() {
  std::ifstream info("/proc/meminfo");
  std::string key;
  std::uint64_t kib = 0;
  std::string unit;
  while (info >> key >> kib && std::getline(info, unit)) {
    if (key == "MemAvailable:") return kib * 1024;
  }
  return 0;
}

/// Seconds of all sweeps, from those that were tried.
double seconds_of_sweeps(const std::vector<SweepRecord>& tried, const AlsOptions& options, Solver solver) {
  if (tried.size() >= options.iterations) {
    double sum = 0;
    for (const SweepRecord& sweep : tried) sum += sweep.seconds;
    return sum;
  }
  const bool shortens = options.solver == Solver::kAuto && solver == Solver::kCg;
  const std::uint32_t full = shortens ? std::min(options.iterations, kFullSweeps) : options.iterations;
  return tried.front().seconds +
         tried.back().seconds * ((full - 1) + kLaterSweep * static_cast<double>(options.iterations - full));
}

}  // namespace

void estimate_fit(Session& session, const ConfidenceMatrix& confidence, const AlsOptions& options, double seconds) {
  const Run run = session.run();
  const AlsMemory training = als_memory(confidence, options, run.thread_count());
  const std::uint64_t data = memory_now();
  const std::uint64_t peak = std::max(peak_memory_bytes(), data + training.total());
  const std::uint64_t available = memory_available();

  Table table({{"memory"}, {"", Align::kRight}});
  table.add({"data, weighed both ways", show_bytes(data)});
  table.add({"factors", show_bytes(training.factors)});
  table.add({"vectors of one side, whitened", show_bytes(training.table)});
  table.add({fmt::format("scratch of {}", plural(static_cast<std::uint64_t>(run.thread_count()), "thread")),
             show_bytes(training.scratch)});
  table.add({"at the peak, about", show_bytes(peak)});
  print(table.render(80));
  Json estimate{{"memory_bytes", peak},
                {"data_bytes", data},
                {"factors_bytes", training.factors},
                {"table_bytes", training.table},
                {"scratch_bytes", training.scratch}};

  if (available != 0 && training.total() > available) {
    print(fmt::format("\nThis machine has {} left: it does not fit. Fewer --factors need less.\n",
                      show_bytes(available)));
    session.log.event("estimate", estimate);
    return;
  }
  AlsOptions tried = options;
  tried.iterations = std::min(options.iterations, kTried);
  const AlsResult result = train_als(confidence, tried, run);
  const double sweeps = result.sweeps.empty() ? 0 : seconds_of_sweeps(result.sweeps, options, result.solver);
  const std::uint64_t file = training.factors + confidence.user_items().bytes();
  const double writing = static_cast<double>(file) / kWrittenPerSecond;
  print(fmt::format("\ntime, about {}: {} to read and weigh, {} for {} with solver {}, {} to write some {}\n",
                    show_seconds(seconds + sweeps + writing), show_seconds(seconds), show_seconds(sweeps),
                    plural(options.iterations, "iteration"), name_of(result.solver), show_seconds(writing),
                    show_bytes(file)));
  if (!result.sweeps.empty()) {
    print(fmt::format("({} tried: {} for the last)\n", plural(result.sweeps.size(), "iteration"),
                      show_seconds(result.sweeps.back().seconds)));
  }
  estimate["seconds"] = seconds + sweeps + writing;
  session.log.event("estimate", estimate);
}

}  // namespace segue::cli
