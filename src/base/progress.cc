#include "base/progress.h"

namespace segue {
namespace {

constexpr std::int64_t kIntervalMs = 50;

}  // namespace

ProgressMeter::ProgressMeter(const Run& run, std::string_view stage, std::uint64_t total, std::string_view unit)
    : run_(run), begin_(std::chrono::steady_clock::now()) {
  state_.stage = stage;
  state_.total = total;
  state_.unit = unit;
  report(true);
}

void ProgressMeter::add(std::uint64_t amount) {
  done_.fetch_add(amount, std::memory_order_relaxed);
  report(false);
}

void ProgressMeter::set_loss(double loss) {
  {
    const std::lock_guard lock(mutex_);
    state_.loss = loss;
  }
  report(true);
}

void ProgressMeter::finish() { report(true); }

void ProgressMeter::report(bool force) {
  if (!run_.progress) return;
  const auto elapsed = std::chrono::steady_clock::now() - begin_;
  const std::int64_t now_ms = std::chrono::duration_cast<std::chrono::milliseconds>(elapsed).count();
  if (!force) {
    std::int64_t due = next_report_ms_.load(std::memory_order_relaxed);
    // One worker wins the right to report; the others go on working.
    if (now_ms < due || !next_report_ms_.compare_exchange_strong(due, now_ms + kIntervalMs)) return;
  }
  const std::lock_guard lock(mutex_);
  state_.done = done_.load(std::memory_order_relaxed);
  state_.seconds = std::chrono::duration<double>(elapsed).count();
  run_.progress(state_);
}

}  // namespace segue
