// Metrics: what the server did, as Prometheus reads it.
#ifndef SEGUE_APPS_SERVER_METRICS_H_
#define SEGUE_APPS_SERVER_METRICS_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace segue::server {

/// A number of this moment, or one that only grows.
struct Gauge {
  std::string_view name;
  std::string_view type;  // "gauge" or "counter"
  std::string_view help;
  double value;
  std::string labels = {};  // {version="…"}
};

/// Thread-safe.
class Metrics {
 public:
  /// Upper bounds of the buckets, seconds: a search of a large model takes a few milliseconds.
  static constexpr std::array kBounds = {0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 1.0};

  /// Counts an answer. @param route  as the table of routes has it, so that there are few
  void count(std::string_view route, unsigned status, double seconds);

  /// The text format of Prometheus, version 0.0.4.
  std::string render(const std::vector<Gauge>& gauges) const;

 private:
  struct Histogram {
    std::array<std::uint64_t, kBounds.size() + 1> counts{};
    double sum = 0;
  };
  mutable std::mutex mutex_;
  std::map<std::string_view, Histogram> latencies_;
  std::map<std::pair<std::string_view, unsigned>, std::uint64_t> answers_;
};

}  // namespace segue::server

#endif  // SEGUE_APPS_SERVER_METRICS_H_
