#include "base/parallel.h"

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

namespace segue {

void parallel_chunks(std::size_t count, std::size_t grain, const Run& run,
                     const std::function<void(std::size_t, std::size_t, int)>& body) {
  grain = std::max<std::size_t>(grain, 1);
  const std::size_t chunks = count / grain + (count % grain != 0 ? 1 : 0);
  const int threads = static_cast<int>(std::min<std::size_t>(static_cast<std::size_t>(run.thread_count()), chunks));

  std::atomic<std::size_t> next{0};
  std::atomic<bool> failed{false};
  std::exception_ptr failure;
  std::mutex failure_mutex;

  const auto work = [&](int worker) {
    try {
      while (!failed.load(std::memory_order_relaxed)) {
        const std::size_t chunk = next.fetch_add(1, std::memory_order_relaxed);
        if (chunk >= chunks) return;
        run.check();
        const std::size_t begin = chunk * grain;
        body(begin, std::min(count, begin + grain), worker);
      }
    } catch (...) {
      const std::lock_guard lock(failure_mutex);
      if (!failure) failure = std::current_exception();
      failed.store(true, std::memory_order_relaxed);
    }
  };

  {
    std::vector<std::jthread> others;
    others.reserve(static_cast<std::size_t>(std::max(0, threads - 1)));
    for (int worker = 1; worker < threads; ++worker) others.emplace_back(work, worker);
    work(0);
  }
  if (failure) std::rethrow_exception(failure);
}

}  // namespace segue
