#include "table.h"

#include <algorithm>

#include "text.h"

namespace segue::cli {
namespace {

constexpr std::size_t kGap = 2;        // spaces between columns
constexpr std::size_t kShortest = 10;  // a column is never cut below this

}  // namespace

void Table::add(std::vector<std::string> cells) {
  for (std::string& cell : cells) cell = visible(cell);
  cells.resize(columns_.size());
  rows_.push_back(std::move(cells));
}

std::string Table::render(std::size_t width, std::string_view emphasis, std::string_view plain) const {
  std::vector<std::size_t> widths;
  std::size_t total = 0;
  for (std::size_t c = 0; c < columns_.size(); ++c) {
    std::size_t widest = display_width(columns_[c].title);
    for (const auto& row : rows_) widest = std::max(widest, display_width(row[c]));
    widths.push_back(widest);
    total += widest + (c == 0 ? 0 : kGap);
  }
  if (width != 0 && total > width) {
    const auto gives_way = std::find_if(columns_.begin(), columns_.end(),
                                        [](const Column& column) { return column.align == Align::kLeft; });
    if (gives_way != columns_.end()) {
      std::size_t& cut = widths[static_cast<std::size_t>(gives_way - columns_.begin())];
      const std::size_t excess = total - width;
      cut = std::max(std::min(cut, kShortest), cut > excess ? cut - excess : 0);
    }
  }

  const auto line = [&](const auto& text_of) {
    std::string out;
    for (std::size_t c = 0; c < columns_.size(); ++c) {
      const std::string text = cut_to_width(text_of(c), widths[c]);
      const std::string padding(widths[c] - display_width(text), ' ');
      if (c != 0) out.append(kGap, ' ');
      out += columns_[c].align == Align::kRight ? padding + text : text + padding;
    }
    out.erase(out.find_last_not_of(' ') + 1);  // no blanks at the end of a line
    return out;
  };
  std::string out(emphasis);
  out += line([&](std::size_t c) -> const std::string& { return columns_[c].title; });
  out += plain;
  out += '\n';
  for (const auto& row : rows_) {
    out += line([&](std::size_t c) -> const std::string& { return row[c]; });
    out += '\n';
  }
  return out;
}

}  // namespace segue::cli
