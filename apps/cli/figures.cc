#include "figures.h"

#include <fmt/format.h>

namespace segue::cli {

std::string show_figure(double value) {
  return value >= 10 ? fmt::format("{:.1f}", value) : fmt::format("{:.4f}", value);
}

std::string show_ties(const Measured& measured) {
  const std::string worst = show_figure(measured.worst);
  const std::string best = show_figure(measured.best);
  return worst == best ? "" : fmt::format("{} to {}", worst, best);
}

std::string show_difference(const Comparison& comparison) {
  return fmt::format("{:+.4f} ({:+.4f} to {:+.4f})", comparison.difference, comparison.low, comparison.high);
}

std::string show_p(double p, std::uint32_t resamples) {
  // The given order counts as a flip, so that 1 / (resamples + 1) is the least there is.
  if (p * (resamples + 1.0) < 1.5) return fmt::format("<{:.2g}", 1.0 / resamples);
  return p < 0.01 ? fmt::format("{:.1g}", p) : fmt::format("{:.3f}", p);
}

}  // namespace segue::cli
