#include "json_text.h"

#include <array>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdint>

namespace segue::server {
namespace {

constexpr std::string_view kHexadecimal = "0123456789abcdef";
constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD

/// How many bytes the UTF-8 character at the beginning of `text` has; 0 where there is none (RFC 3629: neither longer
/// than need be, nor half of a surrogate pair, nor beyond U+10FFFF).
std::size_t character_at(std::string_view text) {
  const auto byte = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U; };
  const auto follows = [&](std::size_t i) { return (byte(i) & 0xC0U) == 0x80U; };
  const unsigned first = byte(0);
  if (first < 0x80U) return 1;
  if (first >= 0xC2U && first <= 0xDFU) return follows(1) ? 2 : 0;
  if (first >= 0xE0U && first <= 0xEFU) {
    const bool fits = (first != 0xE0U || byte(1) >= 0xA0U) && (first != 0xEDU || byte(1) < 0xA0U);
    return fits && follows(1) && follows(2) ? 3 : 0;
  }
  if (first >= 0xF0U && first <= 0xF4U) {
    const bool fits = (first != 0xF0U || byte(1) >= 0x90U) && (first != 0xF4U || byte(1) < 0x90U);
    return fits && follows(1) && follows(2) && follows(3) ? 4 : 0;
  }
  return 0;
}

bool is_plain(char c) { return static_cast<signed char>(c) >= 0x20 && c != '"' && c != '\\'; }

template <typename T>
std::string_view shortest(T number, std::array<char, 32>& digits) {  // a double has at most 24
  if (!std::isfinite(number)) return "null";
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  return {digits.data(), static_cast<std::size_t>(end - digits.data())};
}

}  // namespace

void JsonText::separate() {
  if (!text_.empty() && text_.back() != '{' && text_.back() != '[' && text_.back() != ':') text_ += ',';
}

JsonText& JsonText::open(char mark) {
  separate();
  text_ += mark;
  return *this;
}

JsonText& JsonText::close(char mark) {
  text_ += mark;
  return *this;
}

JsonText& JsonText::raw(std::string_view text) {
  separate();
  text_ += text;
  return *this;
}

JsonText& JsonText::key(std::string_view name) {
  value(name);
  text_ += ':';
  return *this;
}

JsonText& JsonText::value(std::string_view text) {
  separate();
  text_ += '"';
  while (!text.empty()) {
    std::size_t plain = 0;
    while (plain < text.size() && is_plain(text[plain])) ++plain;
    text_ += text.substr(0, plain);
    text.remove_prefix(plain);
    if (text.empty()) break;
    const auto byte = static_cast<unsigned char>(text.front());
    std::size_t used = 1;
    if (byte >= 0x80U) {
      used = character_at(text);
      text_ += used == 0 ? kReplacement : text.substr(0, used);
      if (used == 0) used = 1;
    } else if (byte < 0x20U) {
      text_ += "\\u00";
      text_ += kHexadecimal[byte / 16];
      text_ += kHexadecimal[byte % 16];
    } else {
      text_ += '\\';
      text_ += text.front();
    }
    text.remove_prefix(used);
  }
  text_ += '"';
  return *this;
}

JsonText& JsonText::value(float number) {
  std::array<char, 32> digits{};
  return raw(shortest(number, digits));
}

JsonText& JsonText::value(double number) {
  std::array<char, 32> digits{};
  return raw(shortest(number, digits));
}

}  // namespace segue::server
