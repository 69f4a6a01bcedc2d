#include "testing/reference_ingest.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <optional>
#include <regex>
#include <set>

namespace segue::testing {
namespace {

struct Cut {
  std::string text;
  std::size_t begin;  // in the line
};

/// The fields of a line, or where the field begins whose quotes are broken.
std::optional<std::vector<Cut>> cut(const std::string& line, const ReferenceLog& log, std::size_t& broken) {
  std::vector<Cut> fields;
  std::size_t at = 0;
  while (true) {
    Cut field{"", at};
    if (log.quoted && at < line.size() && line[at] == '"') {
      bool closed = false;
      ++at;
      while (at < line.size() && !closed) {
        if (line.compare(at, 2, "\"\"") == 0) {
          field.text += '"';
          at += 2;
        } else if (line[at] == '"') {
          closed = true;
          ++at;
        } else {
          field.text += line[at++];
        }
      }
      if (!closed || (at < line.size() && line.compare(at, log.delimiter.size(), log.delimiter) != 0)) {
        broken = field.begin;
        return std::nullopt;
      }
    } else {
      while (at < line.size() && line.compare(at, log.delimiter.size(), log.delimiter) != 0) field.text += line[at++];
    }
    fields.push_back(field);
    if (at >= line.size()) return fields;
    at += log.delimiter.size();
  }
}

/// By decoding each character and encoding it again.
bool is_utf8(const std::string& text) {
  for (std::size_t i = 0; i < text.size();) {
    const auto byte = [&](std::size_t k) { return k < text.size() ? static_cast<unsigned char>(text[k]) : 0U; };
    const unsigned c = byte(i);
    const int more = c < 0x80 ? 0 : c >> 5 == 6 ? 1 : c >> 4 == 14 ? 2 : c >> 3 == 30 ? 3 : -1;
    if (more < 0) return false;
    unsigned point = more == 0 ? c : c & (0x3FU >> more);
    for (int k = 1; k <= more; ++k) {
      if (byte(i + static_cast<std::size_t>(k)) >> 6 != 2) return false;
      point = point << 6 | (byte(i + static_cast<std::size_t>(k)) & 0x3F);
    }
    const unsigned least[] = {0, 0x80, 0x800, 0x10000};
    if (point < least[more] || point > 0x10FFFF || (point >= 0xD800 && point < 0xE000)) return false;
    i += static_cast<std::size_t>(more) + 1;
  }
  return true;
}

std::string name_problem(const std::string& name) {
  if (name.find('\0') != std::string::npos) return "name holds a NUL byte";
  return is_utf8(name) ? "" : "name is not valid UTF-8";
}

}  // namespace

ReferenceResult reference_ingest(std::string_view text, const ReferenceLog& log) {
  static const std::regex number(" *[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][+-]?[0-9]+)? *");
  static const std::regex date("[A-Za-z]{3} [0-9]{1,2}, [0-9]{4}");
  const std::set<std::string> months = {"jan", "feb", "mar", "apr", "may", "jun",
                                        "jul", "aug", "sep", "oct", "nov", "dec"};
  ReferenceResult result;
  std::int64_t line_number = 0;
  while (!text.empty()) {
    std::string line(text.substr(0, text.find('\n')));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    ++line_number;
    if (!line.empty() && line.back() == '\r') line.pop_back();
    if (line.empty()) {
      ++result.blank;
      continue;
    }
    ++result.rows;
    const auto reject = [&](const std::string& reason, std::size_t at) {
      if (++result.rejected[reason] <= 3)
        result.places[reason].emplace_back(line_number, static_cast<std::int64_t>(at) + 1);
    };
    std::size_t broken = 0;
    const auto fields = cut(line, log, broken);
    if (!fields) {
      reject("quotes are not closed on their line or text follows them", broken);
      continue;
    }
    const auto columns = static_cast<std::size_t>(log.columns);
    if (fields->size() < columns) {
      reject("too few columns", line.size());
      continue;
    }
    if (fields->size() > columns) {
      reject("too many columns", (*fields)[columns].begin);
      continue;
    }
    const auto field = [&](int column) { return (*fields)[static_cast<std::size_t>(column)]; };
    const Cut user = field(log.user);
    Cut item = field(log.item);
    if (item.text.empty() && log.fallback >= 0) item = field(log.fallback);
    if (user.text.empty()) {
      reject("user is empty", user.begin);
      continue;
    }
    std::string month = user.text.substr(0, 3);
    for (char& c : month) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    if (log.reject_dates && std::regex_match(user.text, date) && months.contains(month)) {
      reject("user is a date", user.begin);
      continue;
    }
    if (item.text.empty()) {
      reject("item is empty", item.begin);
      continue;
    }
    double value = 1;
    if (log.value >= 0) {
      const Cut given = field(log.value);
      if (!std::regex_match(given.text, number)) {
        reject("value is not a number", given.begin);
        continue;
      }
      value = std::strtod(given.text.c_str(), nullptr);
      if (!std::isfinite(static_cast<float>(value)) || (static_cast<float>(value) == 0 && value != 0)) {
        reject("value is out of the range of a float", given.begin);
        continue;
      }
      if (value == 0 && log.drop_zeros) {
        reject("value is 0", given.begin);
        continue;
      }
      if (value < 0 && log.drop_negatives) {
        reject("value is negative", given.begin);
        continue;
      }
    }
    double time = 0;
    if (log.time >= 0) {
      const Cut given = field(log.time);
      time = std::strtod(given.text.c_str(), nullptr);
      if (!std::regex_match(given.text, number) || !std::isfinite(static_cast<float>(time))) {
        reject("time is neither a number nor a date such as 2009-05-04T23:08:57Z", given.begin);
        continue;
      }
    }
    bool good = true;
    std::vector<Cut> names = {user, item};
    if (log.title >= 0) names.push_back(field(log.title));
    for (const Cut& name : names) {
      const std::string problem = name_problem(name.text);
      if (good && !problem.empty()) {
        reject(problem, name.begin);
        good = false;
      }
    }
    if (!good) continue;
    ++result.kept;
    if (log.title >= 0) result.titles.emplace(item.text, field(log.title).text);
    const auto [cell, is_new] = result.cells[user.text].emplace(item.text, value);
    const auto [cell_time, _] = result.times[user.text].emplace(item.text, time);
    cell_time->second = std::max(cell_time->second, time);
    if (is_new) continue;
    ++result.duplicates;
    using Combine = ReferenceLog::Combine;
    if (log.combine == Combine::kSum) cell->second += value;
    if (log.combine == Combine::kMax) cell->second = std::max(cell->second, value);
    if (log.combine == Combine::kLast) cell->second = value;
  }
  return result;
}

void reference_minimums(ReferenceResult& result, std::size_t min_user_items, std::size_t min_item_users) {
  for (bool dropped = true; dropped;) {
    dropped = std::erase_if(result.cells, [&](const auto& user) {
                return user.second.empty() || user.second.size() < min_user_items;
              }) != 0;
    std::map<std::string, std::size_t> users_of;
    for (const auto& [user, items] : result.cells) {
      for (const auto& [item, value] : items) ++users_of[item];
    }
    for (auto& [user, items] : result.cells) {
      dropped |= std::erase_if(items, [&](const auto& item) { return users_of[item.first] < min_item_users; }) != 0;
    }
  }
}

}  // namespace segue::testing
