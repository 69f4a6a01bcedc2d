#include "svg.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <initializer_list>
#include <limits>
#include <optional>

#include "text.h"

namespace segue::cli {
namespace {

// A picture is as wide as a phone shows it nearly to scale; wider pages set several side by side.
constexpr double kWidth = 400;
constexpr double kHeight = 250;
constexpr double kLeft = 50;
constexpr double kRight = 10;
constexpr double kTop = 10;
constexpr double kBottom = 42;
constexpr double kLine = 14;            // from a line of text to the next
constexpr double kZeroRoom = 40;        // of a logarithmic axis, for 0
constexpr std::size_t kFewPoints = 16;  // up to here each has a dot
constexpr int kTicks = 5;
constexpr std::size_t kFewestTicks = 3;  // of a logarithmic axis: with fewer nobody knows what lies between

/// From values to places on the picture.
class Scale {
 public:
  Scale(const Axis& axis, double low, double high, double from, double to)
      : logarithmic_(axis.logarithmic), from_(from), to_(to) {
    if (axis.from_zero && !logarithmic_) low = std::min(low, 0.0);
    if (!(low < high)) {
      const double room = logarithmic_ ? 0 : std::max(std::abs(high), 1.0) / 10;
      low = logarithmic_ ? low / 2 : low - room;
      high = logarithmic_ ? high * 2 : high + room;
    }
    low_ = logarithmic_ ? std::log10(low) : low;
    high_ = logarithmic_ ? std::log10(high) : high;
    if (!logarithmic_) round_out(axis.from_zero);
  }

  double at(double value) const {
    const double v = logarithmic_ ? std::log10(value) : value;
    return from_ + (v - low_) / (high_ - low_) * (to_ - from_);
  }

  /// Round values within.
  std::vector<double> ticks() const {
    std::vector<double> list;
    if (!logarithmic_) {
      for (int i = 0; low_ + i * step_ <= high_ + step_ / 1000; ++i) list.push_back(low_ + i * step_);
      return list;
    }
    // Decades where they are many, with 2 and 5 where they are few, and even steps where it is less than one.
    if (high_ - low_ > 2) list = decades({1});
    if (list.size() < kFewestTicks) list = decades({1, 2, 5});
    if (list.size() >= kFewestTicks) return list;
    list.clear();
    const double first = std::pow(10.0, low_);
    const double last = std::pow(10.0, high_);
    const double step = round_step((last - first) / kTicks);
    for (double value = std::ceil(first / step - 1e-9) * step; value <= last + step / 1000; value += step) {
      list.push_back(value);
    }
    return list;
  }

 private:
  /// Powers of 10 within, times these.
  std::vector<double> decades(std::initializer_list<double> digits) const {
    std::vector<double> list;
    for (int power = static_cast<int>(std::floor(low_)); power <= std::ceil(high_); ++power) {
      for (const double digit : digits) {
        const double value = digit * std::pow(10.0, power);
        const double l = std::log10(value);
        if (l >= low_ - 1e-9 && l <= high_ + 1e-9) list.push_back(value);
      }
    }
    return list;
  }

  /// The least of 1, 2 and 5 times a power of 10 that is not below.
  static double round_step(double raw) {
    const double power = std::pow(10.0, std::floor(std::log10(raw)));
    return power * (raw / power <= 1 ? 1 : raw / power <= 2 ? 2 : raw / power <= 5 ? 5 : 10);
  }

  /// Ends on multiples of a round step.
  void round_out(bool from_zero) {
    step_ = round_step((high_ - low_) / kTicks);
    low_ = from_zero && low_ == 0 ? 0 : std::floor(low_ / step_ + 1e-9) * step_;
    high_ = std::ceil(high_ / step_ - 1e-9) * step_;
  }

  bool logarithmic_;
  double from_;
  double to_;
  double low_ = 0;
  double high_ = 1;
  double step_ = 1;
};

std::string tick_text(double value) {
  if (value == 0 || std::abs(value) < 1e-12) return "0";
  if (std::abs(value) >= 1e6) return fmt::format("{:.3g} M", value / 1e6);
  if (std::abs(value) >= 1000) return fmt::format("{:.3g} k", value / 1000);
  return fmt::format("{:.3g}", value);
}

bool is_named_zero(const Axis& axis, double value) { return axis.logarithmic && value == 0 && !axis.zero.empty(); }

bool is_drawn(const Axis& axis, double value) {
  return std::isfinite(value) && (!axis.logarithmic || value > 0 || is_named_zero(axis, value));
}

struct Range {
  double low = std::numeric_limits<double>::infinity();
  double high = -std::numeric_limits<double>::infinity();
  void add(double value) {
    low = std::min(low, value);
    high = std::max(high, value);
  }
};

std::string begin(const Axis& x, const Axis& y) {
  return fmt::format(R"(<svg viewBox="0 0 {} {}" role="img" aria-label="{} by {}">)", kWidth, kHeight,
                     html_text(y.label), html_text(x.label));
}

std::string y_axis(const Scale& scale) {
  std::string out;
  for (const double tick : scale.ticks()) {
    const double y = scale.at(tick);
    out += fmt::format(R"(<line class="grid" x1="{}" x2="{}" y1="{:.1f}" y2="{:.1f}"/>)", kLeft, kWidth - kRight, y, y);
    out += fmt::format(R"(<text x="{}" y="{:.1f}" text-anchor="end">{}</text>)", kLeft - 6, y + 4,
                       html_text(tick_text(tick)));
  }
  return out;
}

std::string x_label(const Axis& axis) {
  return fmt::format(R"(<text x="{:.1f}" y="{}" text-anchor="middle">{}</text>)", (kLeft + kWidth - kRight) / 2,
                     kHeight - 6, html_text(axis.label));
}

/// The bar of an interval.
std::string whisker(double x, double low, double high, std::size_t color) {
  return fmt::format(R"(<line class="s{} whisker" x1="{:.1f}" x2="{:.1f}" y1="{:.1f}" y2="{:.1f}"/>)", color, x, x, low,
                     high);
}

std::string x_tick(double at, std::string_view text) {
  return fmt::format(R"(<text x="{:.1f}" y="{}" text-anchor="middle">{}</text>)", at, kHeight - kBottom + 16,
                     html_text(text));
}

/// Where values of x lie, and what is written below them.
class Across {
 public:
  /// @param range     of all values but 0, where that has a place of its own
  Across(const Axis& axis, const Range& range, bool has_zero)
      : axis_(axis),
        has_zero_(has_zero),
        is_empty_(range.low > range.high),
        scale_(axis, is_empty_ ? 1 : range.low, is_empty_ ? 1 : range.high, kLeft + 8 + (has_zero ? kZeroRoom : 0),
               kWidth - kRight - 8) {}

  double at(double value) const {
    if (!axis_.words.empty()) {
      return kLeft + (value + 0.5) * (kWidth - kLeft - kRight) / static_cast<double>(axis_.words.size());
    }
    return has_zero_ && value == 0 ? kLeft + kZeroRoom / 2 : scale_.at(value);
  }

  std::string ticks() const {
    std::string out;
    for (std::size_t i = 0; i < axis_.words.size(); ++i) out += x_tick(at(static_cast<double>(i)), axis_.words[i]);
    if (!axis_.words.empty()) return out;
    double last = -kWidth;
    if (has_zero_) {
      last = at(0);
      out += x_tick(last, axis_.zero);
      out += fmt::format(R"(<line class="grid" x1="{0}" x2="{0}" y1="{1}" y2="{2}"/>)", kLeft + kZeroRoom, kTop,
                         kHeight - kBottom);
    }
    if (is_empty_) return out;
    for (const double tick : scale_.ticks()) {
      constexpr double kRoom = 34;  // so that no two run into each other
      const double here = at(tick);
      if (here < kLeft || here > kWidth - kRight || here - last < kRoom) continue;
      last = here;
      out += x_tick(here, tick_text(tick));
    }
    return out;
  }

 private:
  const Axis& axis_;
  bool has_zero_;
  bool is_empty_;
  Scale scale_;
};

std::string chart(const Axis& x, const Axis& y, const std::vector<Series>& series, bool lines) {
  Range xs;
  Range ys;
  bool has_zero = false;
  for (const Series& s : series) {
    for (const Point& p : s.points) {
      if (!is_drawn(x, p.x) || !is_drawn(y, p.y)) continue;
      if (is_named_zero(x, p.x)) {
        has_zero = true;
      } else {
        xs.add(p.x);
      }
      for (const double value : {p.y, p.low, p.high}) {
        if (is_drawn(y, value)) ys.add(value);
      }
    }
  }
  if (!(ys.low <= ys.high)) return "<p class=\"note\">Nothing to draw.</p>";
  const Across across(x, xs, has_zero);
  const Scale up(y, ys.low, ys.high, kHeight - kBottom, kTop);
  std::string out = begin(x, y) + y_axis(up) + x_label(x) + across.ticks();
  for (const Series& s : series) {
    std::string path;
    std::string marks;
    std::size_t drawn = 0;
    for (const Point& p : s.points) {
      if (!is_drawn(x, p.x) || !is_drawn(y, p.y)) continue;
      path += fmt::format("{}{:.1f} {:.1f}", drawn == 0 ? "M" : "L", across.at(p.x), up.at(p.y));
      if (!s.only_line && (!lines || s.points.size() <= kFewPoints)) {
        const std::string where = !x.words.empty()        ? x.words.at(static_cast<std::size_t>(p.x))
                                  : is_named_zero(x, p.x) ? x.zero
                                                          : fmt::format("{:.4g}", p.x);
        marks +=
            fmt::format(R"(<circle class="s{} dot" cx="{:.1f}" cy="{:.1f}" r="3"><title>{}: {}</title></circle>)",
                        s.color, across.at(p.x), up.at(p.y), html_text(where), html_text(fmt::format("{:.4f}", p.y)));
        if (p.low < p.high) marks += whisker(across.at(p.x), up.at(p.low), up.at(p.high), s.color);
      }
      ++drawn;
    }
    if ((lines || s.only_line) && drawn > 1) out += fmt::format(R"(<path class="s{} line" d="{}"/>)", s.color, path);
    out += marks;
  }
  return out + "</svg>";
}

}  // namespace

std::string html_text(std::string_view text) {
  std::string out;
  for (const char c : visible(text)) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

std::string line_chart(const Axis& x, const Axis& y, const std::vector<Series>& series) {
  return chart(x, y, series, true);
}

std::string dot_chart(const Axis& x, const Axis& y, const std::vector<Series>& series) {
  return chart(x, y, series, false);
}

std::string bar_chart(const std::vector<std::string>& names, const std::vector<std::string>& notes, const Axis& y,
                      const std::vector<Series>& series) {
  Range ys;
  ys.add(0);
  for (const Series& s : series) {
    for (const Point& p : s.points) {
      for (const double value : {p.y, p.low, p.high}) {
        if (std::isfinite(value)) ys.add(value);
      }
    }
  }
  Axis upright = y;
  upright.from_zero = true;
  const double floor = kHeight - kBottom - (notes.empty() ? 0 : kLine);
  const Scale up(upright, ys.low, ys.high, floor, kTop);
  std::string out = begin({.label = "group"}, y) + y_axis(up);
  const double group = (kWidth - kLeft - kRight) / static_cast<double>(std::max<std::size_t>(names.size(), 1));
  const double bar = group * 0.8 / static_cast<double>(std::max<std::size_t>(series.size(), 1));
  for (std::size_t g = 0; g < names.size(); ++g) {
    const double left = kLeft + group * static_cast<double>(g) + group * 0.1;
    const auto write_below = [&](std::string_view text, double down) {
      out += fmt::format(R"(<text x="{:.1f}" y="{}" text-anchor="middle">{}</text>)", left + group * 0.4, floor + down,
                         html_text(text));
    };
    write_below(names[g], kLine + 2);
    if (g < notes.size()) write_below(notes[g], 2 * kLine + 2);
    for (std::size_t s = 0; s < series.size(); ++s) {
      if (g >= series[s].points.size() || !std::isfinite(series[s].points[g].y)) continue;
      const Point& p = series[s].points[g];
      const double x = left + bar * static_cast<double>(s);
      out += fmt::format(
          R"(<rect class="s{} bar" x="{:.1f}" width="{:.1f}" y="{:.1f}" height="{:.1f}"><title>{}</title></rect>)",
          series[s].color, x + bar * 0.06, bar * 0.88, up.at(std::max(p.y, 0.0)), std::abs(up.at(0) - up.at(p.y)),
          html_text(fmt::format("{:.4f}", p.y)));
      if (p.low < p.high) out += whisker(x + bar / 2, up.at(p.low), up.at(p.high), series[s].color);
    }
  }
  return out + x_label({.label = y.label}) + "</svg>";
}

}  // namespace segue::cli
