#include "limiter.h"

#include <algorithm>

namespace segue::server {
namespace {

constexpr auto kSweep = std::chrono::seconds(10);

double seconds(Limiter::Clock::duration time) { return std::chrono::duration<double>(time).count(); }

}  // namespace

double Limiter::room() const { return std::max(rate_, 1.0); }

std::size_t Limiter::size() const {
  const std::lock_guard lock(mutex_);
  return buckets_.size();
}

bool Limiter::allow(const std::string& address, Clock::time_point now) {
  if (rate_ <= 0) return true;
  const std::lock_guard lock(mutex_);
  if (now - swept_ > kSweep) {  // full buckets are as good as none
    std::erase_if(buckets_, [&](const auto& entry) {
      return entry.second.left + rate_ * seconds(now - entry.second.filled) >= room();
    });
    swept_ = now;
  }
  Bucket& bucket = buckets_.try_emplace(address, Bucket{room(), now}).first->second;
  bucket.left = std::min(room(), bucket.left + rate_ * seconds(now - bucket.filled));
  bucket.filled = now;
  if (bucket.left < 1) return false;
  bucket.left -= 1;
  return true;
}

}  // namespace segue::server
