// Pictures of a report as inline SVG: colours and fonts come from the page's style, so that they follow its theme.
#ifndef SEGUE_APPS_CLI_SVG_H_
#define SEGUE_APPS_CLI_SVG_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace segue::cli {

/// `text` as it may stand in HTML, attributes included; control characters made visible.
std::string html_text(std::string_view text);

struct Point {
  double x = 0;
  double y = 0;
  double low = 0;  // of an interval; both y: there is none
  double high = 0;
};

/// A line of points, or bars side by side with those of other series.
struct Series {
  std::size_t color = 0;  // of the page's palette
  std::vector<Point> points;
  bool only_line = false;  // in any chart of points, without dots
};

struct Axis {
  std::string label;
  bool logarithmic = false;
  bool from_zero = false;
  std::string zero = {};  // what 0 is called: it then has a place on a logarithmic axis, left of all others
  std::vector<std::string> words = {};  // of an axis of words, whose x is the number of one
};

/// Lines over two axes; dots and the bars of intervals where points are few. Points that are not finite, or not above 0
/// on a logarithmic axis that does not say what 0 is called, are left out.
std::string line_chart(const Axis& x, const Axis& y, const std::vector<Series>& series);
/// The same without lines.
std::string dot_chart(const Axis& x, const Axis& y, const std::vector<Series>& series);
/// A group of bars for each name; series have a point a name.
/// @param notes  below the names, one each; empty: none
std::string bar_chart(const std::vector<std::string>& names, const std::vector<std::string>& notes, const Axis& y,
                      const std::vector<Series>& series);

}  // namespace segue::cli

#endif  // SEGUE_APPS_CLI_SVG_H_
