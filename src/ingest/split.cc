#include "ingest/split.h"

#include "ingest/chunk_source.h"

namespace segue::ingest {

bool Splitter::split(std::string_view line) {
  fields_.clear();
  std::size_t at = 0;
  for (;;) {
    if (!quoted_ || at >= line.size() || line[at] != '"') {
      const std::size_t end = delimiter_.size() == 1 ? line.find(delimiter_[0], at) : line.find(delimiter_, at);
      const std::string_view field = line.substr(at, end == std::string_view::npos ? end : end - at);
      fields_.push_back({field, field});
      if (end == std::string_view::npos) return true;
      at = end + delimiter_.size();
      continue;
    }
    std::size_t close = at + 1;
    bool doubled = false;
    while (close < line.size()) {
      if (line[close] != '"') {
        ++close;
      } else if (close + 1 < line.size() && line[close + 1] == '"') {
        doubled = true;
        close += 2;
      } else {
        break;
      }
    }
    const bool closed = close < line.size();
    const std::size_t after = close + 1;
    if (!closed || (after != line.size() && line.substr(after, delimiter_.size()) != delimiter_)) {
      fields_.push_back({line.substr(at), {}});
      return false;
    }
    std::string_view text = line.substr(at + 1, close - at - 1);
    if (doubled) {
      std::string& made = texts_.emplace_back(kPadding, '\0');
      for (std::size_t i = 0; i < text.size(); ++i) {
        made += text[i];
        if (text[i] == '"') ++i;
      }
      made.append(kPadding, '\0');
      text = std::string_view(made).substr(kPadding, made.size() - 2 * kPadding);
    }
    fields_.push_back({line.substr(at, after - at), text});
    if (after == line.size()) return true;
    at = after + delimiter_.size();
  }
}

}  // namespace segue::ingest
