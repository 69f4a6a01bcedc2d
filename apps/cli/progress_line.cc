#include "progress_line.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "text.h"

namespace segue::cli {
namespace {

constexpr std::size_t kLongestBar = 30;
constexpr std::size_t kShortestBar = 8;
constexpr std::size_t kStageWidth = 9;  // "weighing " and its like stand under each other

double share_done(const Progress& progress) {
  if (progress.total == 0) return 0;
  return std::min(1.0, static_cast<double>(progress.done) / static_cast<double>(progress.total));
}

/// Eighths of a block make the bar move smoothly.
std::string bar(double share, std::size_t width, bool unicode) {
  if (!unicode) {
    const auto full = static_cast<std::size_t>(share * static_cast<double>(width));
    return "[" + std::string(full, '#') + std::string(width - full, '-') + "]";
  }
  constexpr std::array<std::string_view, 8> kEighths{"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
  const auto eighths = static_cast<std::size_t>(share * static_cast<double>(width) * 8);
  std::string out;
  for (std::size_t i = 0; i < eighths / 8; ++i) out += "█";
  out += kEighths.at(eighths % 8);
  const std::size_t used = eighths / 8 + (eighths % 8 != 0 ? 1 : 0);
  for (std::size_t i = used; i < width; ++i) out += "░";
  return out;
}

}  // namespace

std::optional<double> seconds_left(const Progress& progress) {
  constexpr double kTooEarly = 0.5;
  if (progress.total == 0 || progress.done == 0 || progress.done >= progress.total || progress.seconds < kTooEarly) {
    return std::nullopt;
  }
  return progress.seconds * static_cast<double>(progress.total - progress.done) / static_cast<double>(progress.done);
}

std::string show_loss(double loss) { return fmt::format("{:#.5g}", loss); }

std::string progress_text(const Progress& progress) {
  const bool bytes = progress.unit == "bytes";
  const auto amount = [&](std::uint64_t n) { return bytes ? show_bytes(n) : short_count(static_cast<double>(n)); };
  std::string out = amount(progress.done);
  if (progress.total != 0) out += "/" + amount(progress.total);
  if (!bytes) out += fmt::format(" {}", progress.unit);
  if (progress.loss) out += fmt::format("  loss {}", show_loss(*progress.loss));
  const double rate = progress.seconds > 0 ? static_cast<double>(progress.done) / progress.seconds : 0;
  if (bytes && rate > 0) {
    out += fmt::format("  {}/s", show_bytes(static_cast<std::uint64_t>(rate)));
  } else if (rate > 0) {
    out += fmt::format("  {}/s", rate < 100 ? fmt::format("{:.1f}", rate) : short_count(rate));
  }
  if (const auto left = seconds_left(progress)) {
    out += fmt::format("  {} left", *left < 9.5 ? fmt::format("{:.0f} s", std::max(1.0, *left)) : show_seconds(*left));
  }
  return out;
}

std::string progress_line(const Progress& progress, std::size_t width, bool unicode) {
  std::string head = fmt::format("{:<{}} ", progress.stage, kStageWidth);
  const std::string tail = progress_text(progress);
  if (progress.total != 0) {
    const double share = share_done(progress);
    const std::string percent = fmt::format("{:3.0f}% ", share * 100);
    // What the words leave is the bar's.
    const std::size_t words = display_width(head) + display_width(percent) + display_width(tail) + 4;
    const std::size_t room = width > words ? std::min(kLongestBar, width - words) : 0;
    if (room >= kShortestBar) head += bar(share, room, unicode) + " ";
    head += percent;
  }
  return cut_to_width(head + " " + tail, width);
}

}  // namespace segue::cli
