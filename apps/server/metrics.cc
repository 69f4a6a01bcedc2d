#include "metrics.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace segue::server {

void Metrics::count(std::string_view route, unsigned status, double seconds) {
  const std::lock_guard lock(mutex_);
  Histogram& histogram = latencies_[route];
  const auto* const bound = std::ranges::lower_bound(kBounds, seconds);
  ++histogram.counts.at(static_cast<std::size_t>(bound - kBounds.begin()));
  histogram.sum += seconds;
  ++answers_[{route, status}];
}

std::string Metrics::render(const std::vector<Gauge>& gauges) const {
  std::string text;
  const auto out = std::back_inserter(text);
  const std::lock_guard lock(mutex_);
  fmt::format_to(out,
                 "# HELP segue_request_seconds Time from the end of a request's arrival to its answer.\n"
                 "# TYPE segue_request_seconds histogram\n");
  for (const auto& [route, histogram] : latencies_) {
    std::uint64_t total = 0;
    for (std::size_t i = 0; i < histogram.counts.size(); ++i) {
      total += histogram.counts.at(i);
      const std::string bound = i < kBounds.size() ? fmt::format("{}", kBounds.at(i)) : "+Inf";
      fmt::format_to(out, "segue_request_seconds_bucket{{route=\"{}\",le=\"{}\"}} {}\n", route, bound, total);
    }
    fmt::format_to(out, "segue_request_seconds_sum{{route=\"{}\"}} {}\n", route, histogram.sum);
    fmt::format_to(out, "segue_request_seconds_count{{route=\"{}\"}} {}\n", route, total);
  }
  fmt::format_to(out,
                 "# HELP segue_requests_total Answers by route and status.\n"
                 "# TYPE segue_requests_total counter\n");
  for (const auto& [key, count] : answers_) {
    fmt::format_to(out, "segue_requests_total{{route=\"{}\",status=\"{}\"}} {}\n", key.first, key.second, count);
  }
  for (const Gauge& gauge : gauges) {
    fmt::format_to(out, "# HELP {0} {1}\n# TYPE {0} {2}\n{0}{3} {4}\n", gauge.name, gauge.help, gauge.type,
                   gauge.labels, gauge.value);
  }
  return text;
}

}  // namespace segue::server
