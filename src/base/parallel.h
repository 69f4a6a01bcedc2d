// The thread loop: chunks of a range, handed out in order to whoever is free.
#ifndef SEGUE_BASE_PARALLEL_H_
#define SEGUE_BASE_PARALLEL_H_

#include <cstddef>
#include <functional>

#include "segue/run.h"

namespace segue {

/// Calls body(begin, end, worker) for [0, count) cut into chunks of `grain` (the last may be shorter), each once, on
/// run.thread_count() threads at most (the caller is one of them); worker is below that number. Which worker gets which
/// chunk is not fixed: for the same bits on every run, let results depend on the chunk, never on the worker.
/// Between chunks a stop request or the first exception of a body ends the loop; the exception is rethrown here.
void parallel_chunks(std::size_t count, std::size_t grain, const Run& run,
                     const std::function<void(std::size_t begin, std::size_t end, int worker)>& body);

}  // namespace segue

#endif  // SEGUE_BASE_PARALLEL_H_
