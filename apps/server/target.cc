#include "target.h"

#include <algorithm>
#include <cstddef>

#include "segue/error.h"

namespace segue::server {
namespace {

constexpr std::size_t kMostParts = 1000;
constexpr std::string_view kHexadecimal = "0123456789ABCDEF";

[[noreturn]] void refuse(const std::string& problem, const std::string& fix) {
  throw Error(ErrorCode::kInvalidArgument, problem, fix);
}

int digit_of(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

enum class Plus { kStays, kIsSpace };

std::string decode(std::string_view text, Plus plus) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+' && plus == Plus::kIsSpace) {
      out += ' ';
    } else if (text[i] == '%') {
      const int high = i + 2 < text.size() ? digit_of(text[i + 1]) : -1;
      const int low = i + 2 < text.size() ? digit_of(text[i + 2]) : -1;
      if (high < 0 || low < 0) {
        refuse("the address has a % without two hexadecimal digits after it", "write % itself as %25");
      }
      out += static_cast<char>(high * 16 + low);
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

/// Calls `take` with each piece of `text` between separators.
template <typename Take>
void split(std::string_view text, char separator, Take take) {
  for (std::size_t pieces = 1;; ++pieces) {
    if (pieces > kMostParts) refuse("the address has more than 1,000 parts", "ask for less at once");
    const std::size_t end = text.find(separator);
    take(text.substr(0, end));
    if (end == std::string_view::npos) return;
    text.remove_prefix(end + 1);
  }
}

}  // namespace

Target parse_target(std::string_view target) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (!target.starts_with(scheme)) continue;
    target.remove_prefix(std::min(target.find_first_of("/?", scheme.size()), target.size()));
    if (target.empty()) target = "/";
  }
  if (!target.starts_with('/')) refuse("the address does not begin with a slash", "ask for a path such as /v1/items");
  if (target.find('#') != std::string_view::npos) refuse("the address has a fragment", "write # itself as %23");

  Target out;
  const std::size_t mark = target.find('?');
  const std::string_view path = target.substr(1, mark == std::string_view::npos ? mark : mark - 1);
  if (!path.empty()) {
    split(path, '/', [&](std::string_view part) { out.path.push_back(decode(part, Plus::kStays)); });
  }
  if (mark == std::string_view::npos) return out;
  split(target.substr(mark + 1), '&', [&](std::string_view pair) {
    if (pair.empty()) return;
    const std::size_t equals = pair.find('=');
    const std::string_view value = equals == std::string_view::npos ? "" : pair.substr(equals + 1);
    out.query.emplace_back(decode(pair.substr(0, equals), Plus::kIsSpace), decode(value, Plus::kIsSpace));
  });
  return out;
}

std::string percent_encode(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool plain = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
                       std::string_view("-._~").find(c) != std::string_view::npos;
    if (plain) {
      out += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    out += '%';
    out += kHexadecimal[byte / 16];
    out += kHexadecimal[byte % 16];
  }
  return out;
}

}  // namespace segue::server
