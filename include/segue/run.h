// Run: how a long operation is watched, bounded and stopped. The last parameter of every one of them.
#ifndef SEGUE_RUN_H_
#define SEGUE_RUN_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <stop_token>
#include <string_view>

namespace segue {

/// A sign of life of a long operation. Valid during the callback only.
struct Progress {
  std::string_view stage;      // "reading", "training", …: constant while the stage lasts
  std::uint64_t done = 0;      // 0..total
  std::uint64_t total = 0;     // 0 when unknown
  std::string_view unit;       // "bytes", "sweeps", "rows"
  std::optional<double> loss;  // set by training once it is known
  double seconds = 0;          // since the stage began
};

struct Run {
  /// Asks the operation to end early: it throws Error{kCancelled} and leaves its outputs untouched.
  std::stop_token stop;

  /// Called from the calling thread or from a worker, never from two at once, at most some tens of times a second.
  /// What it throws ends the operation.
  std::function<void(const Progress&)> progress;

  /// Threads to use; 0 means one per core that this process may run on. Results are the same bits for any number.
  int threads = 0;

  /// `threads`, with 0 resolved.
  int thread_count() const;

  /// Throws Error{kCancelled} when a stop was asked for.
  void check() const;
};

}  // namespace segue

#endif  // SEGUE_RUN_H_
