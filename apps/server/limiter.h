// Limiter: so many requests a second for each address, in a bucket that fills at that rate and holds one second's
// worth.
#ifndef SEGUE_APPS_SERVER_LIMITER_H_
#define SEGUE_APPS_SERVER_LIMITER_H_

#include <chrono>
#include <cstddef>
#include <mutex>
#include <string>
#include <unordered_map>

namespace segue::server {

/// Thread-safe.
class Limiter {
 public:
  using Clock = std::chrono::steady_clock;

  /// @param rate  requests a second; 0: no limit
  explicit Limiter(double rate) : rate_(rate) {}

  /// Takes one request of `address` out of its bucket. @return whether there was one.
  bool allow(const std::string& address, Clock::time_point now);

  /// Addresses that are remembered: those that asked in the last seconds.
  std::size_t size() const;

 private:
  struct Bucket {
    double left;
    Clock::time_point filled;
  };
  double room() const;

  double rate_;
  mutable std::mutex mutex_;
  std::unordered_map<std::string, Bucket> buckets_;
  Clock::time_point swept_;
};

}  // namespace segue::server

#endif  // SEGUE_APPS_SERVER_LIMITER_H_
