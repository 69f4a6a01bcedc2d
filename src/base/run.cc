#include "segue/run.h"

#include <sched.h>

#include <algorithm>
#include <thread>

#include "segue/error.h"

namespace segue {

int Run::thread_count() const {
  if (threads > 0) return threads;
  cpu_set_t allowed;
  CPU_ZERO(&allowed);
  if (sched_getaffinity(0, sizeof allowed, &allowed) == 0) return std::max(1, CPU_COUNT(&allowed));
  return static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
}

void Run::check() const {
  if (stop.stop_requested()) throw Error(ErrorCode::kCancelled, "stopped on request; nothing was written", "");
}

}  // namespace segue
