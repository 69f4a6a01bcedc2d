// ProgressMeter: counts what workers did and tells the caller's callback, seldom and one at a time.
#ifndef SEGUE_BASE_PROGRESS_H_
#define SEGUE_BASE_PROGRESS_H_

#include <atomic>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string_view>

#include "segue/run.h"

namespace segue {

/// One stage of work. Reports at its start, then at most every 50 ms, and at its end. Thread-safe.
class ProgressMeter {
 public:
  /// @param stage, unit  literals: they outlive the meter
  ProgressMeter(const Run& run, std::string_view stage, std::uint64_t total, std::string_view unit);

  /// Adds to what is done; reports when it is time.
  void add(std::uint64_t amount);
  /// Says the loss with the next reports, and reports now.
  void set_loss(double loss);
  /// Reports the end of the stage.
  void finish();

 private:
  void report(bool force);

  const Run& run_;
  Progress state_;
  std::atomic<std::uint64_t> done_{0};
  std::chrono::steady_clock::time_point begin_;
  std::atomic<std::int64_t> next_report_ms_{0};
  std::mutex mutex_;
};

}  // namespace segue

#endif  // SEGUE_BASE_PROGRESS_H_
