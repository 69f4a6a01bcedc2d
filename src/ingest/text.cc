#include "ingest/text.h"

#include <array>
#include <bit>
#include <charconv>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstring>

namespace segue::ingest {
namespace {

constexpr std::size_t kShownBytes = 200;
constexpr bool kLittleEndian = std::endian::native == std::endian::little;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

}  // namespace

NumberKind parse_number(std::string_view text, double& value) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  if (text.size() > 1 && text.front() == '+' && text[1] != '-') text.remove_prefix(1);
  const std::size_t sign = text.starts_with('-') ? 1 : 0;
  // "inf" and "nan" are numbers to from_chars: names of bands to us.
  if (text.size() == sign || (!is_digit(text[sign]) && text[sign] != '.')) return NumberKind::kNotANumber;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (end != text.data() + text.size() || error == std::errc::invalid_argument) return NumberKind::kNotANumber;
  if (error != std::errc()) return NumberKind::kOutOfRange;
  const auto rounded = static_cast<float>(value);
  if (!std::isfinite(rounded) || (rounded == 0 && value != 0)) return NumberKind::kOutOfRange;
  return NumberKind::kNumber;
}

NumberKind parse_padded_number(std::string_view text, double& value) {
  if (kLittleEndian && text.size() - 1 < 8) {
    // The digits as the upper bytes of a word, zeros ('0') below; then pairs, fours and eights are joined in parallel.
    std::uint64_t word = 0;
    std::memcpy(&word, text.data() + text.size() - 8, 8);
    const unsigned unused = 8 * (8 - static_cast<unsigned>(text.size()));
    constexpr std::uint64_t kZeros = 0x3030303030303030;
    word = (word >> unused << unused) | (unused == 0 ? 0 : kZeros >> (64 - unused));
    const std::uint64_t digits = word ^ kZeros;
    if (((digits | (digits + 0x0606060606060606)) & 0xF0F0F0F0F0F0F0F0) == 0) {
      std::uint64_t n = digits * 10 + (digits >> 8);
      n = (((n & 0x000000FF000000FF) * 0x000F424000000064) + (((n >> 16) & 0x000000FF000000FF) * 0x0000271000000001)) >>
          32;
      value = static_cast<double>(static_cast<std::uint32_t>(n));
      return NumberKind::kNumber;
    }
  }
  return parse_number(text, value);
}

std::optional<double> parse_time(std::string_view text) {
  double value = 0;
  if (parse_number(text, value) == NumberKind::kNumber) return value;
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  // Takes `digits` digits off the front, and before them the byte `before`, where there is one.
  const auto take = [&text](char before, std::size_t digits) -> std::optional<int> {
    std::string_view rest = text;
    if (before != 0) {
      if (!rest.starts_with(before)) return std::nullopt;
      rest.remove_prefix(1);
    }
    if (rest.size() < digits) return std::nullopt;
    int number = 0;
    for (std::size_t i = 0; i < digits; ++i) {
      if (!is_digit(rest[i])) return std::nullopt;
      number = 10 * number + (rest[i] - '0');
    }
    text = rest.substr(digits);
    return number;
  };
  const auto year = take(0, 4);
  const auto month = year ? take('-', 2) : std::nullopt;
  const auto day = month ? take('-', 2) : std::nullopt;
  if (!day) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(*year), std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day))};
  if (!date.ok()) return std::nullopt;
  double seconds = static_cast<double>(std::chrono::sys_days(date).time_since_epoch().count()) * 86400;
  if (text.empty()) return seconds;

  const auto hour = take(text.front() == 'T' ? 'T' : ' ', 2);
  const auto minute = hour ? take(':', 2) : std::nullopt;
  if (!minute || *hour > 23 || *minute > 59) return std::nullopt;
  seconds += 3600 * *hour + 60 * *minute;
  if (const auto second = take(':', 2)) {
    if (*second > 60) return std::nullopt;  // 60: a leap second
    seconds += *second;
    if (text.starts_with('.')) {
      text.remove_prefix(1);
      double unit = 0.1;
      if (text.empty() || !is_digit(text.front())) return std::nullopt;
      for (; !text.empty() && is_digit(text.front()); unit /= 10, text.remove_prefix(1))
        seconds += unit * (text.front() - '0');
    }
  }
  if (text.empty() || text == "Z" || text == " UTC") return seconds;
  const char sign = text.front();
  const auto offset_hour = sign == '+' || sign == '-' ? take(sign, 2) : std::nullopt;
  if (!offset_hour) return std::nullopt;
  const auto offset_minute = text.empty() ? std::optional<int>(0) : take(text.front() == ':' ? ':' : '\0', 2);
  if (!offset_minute || !text.empty() || *offset_hour > 23 || *offset_minute > 59) return std::nullopt;
  const int offset = 3600 * *offset_hour + 60 * *offset_minute;
  return sign == '+' ? seconds - offset : seconds + offset;
}

std::size_t utf8_prefix(std::string_view text) {
  const auto* bytes = reinterpret_cast<const unsigned char*>(text.data());
  const std::size_t size = text.size();
  std::size_t i = 0;
  while (i < size) {
    const unsigned char c = bytes[i];
    if (c < 0x80) {
      ++i;
      continue;
    }
    // Length of the sequence, and the bounds of its second byte that rule out overlong forms, surrogates and >
    // U+10FFFF.
    std::size_t length = 0;
    unsigned char low = 0x80;
    unsigned char high = 0xBF;
    if (c >= 0xC2 && c <= 0xDF) {
      length = 2;
    } else if (c >= 0xE0 && c <= 0xEF) {
      length = 3;
      if (c == 0xE0) low = 0xA0;
      if (c == 0xED) high = 0x9F;
    } else if (c >= 0xF0 && c <= 0xF4) {
      length = 4;
      if (c == 0xF0) low = 0x90;
      if (c == 0xF4) high = 0x8F;
    }
    if (length == 0 || size - i < length || bytes[i + 1] < low || bytes[i + 1] > high) return i;
    for (std::size_t k = 2; k < length; ++k) {
      if ((bytes[i + k] & 0xC0) != 0x80) return i;
    }
    i += length;
  }
  return size;
}

bool is_date(std::string_view text) {
  constexpr std::string_view kMonths = "jan feb mar apr may jun jul aug sep oct nov dec";
  if (text.size() != 11 && text.size() != 12) return false;  // cheap for the usual user
  std::array<char, 3> month{};
  for (std::size_t i = 0; i < 3; ++i) month[i] = static_cast<char>(text[i] | 0x20);
  const std::size_t at = kMonths.find({month.data(), 3});
  if (at == std::string_view::npos || at % 4 != 0 || text[3] != ' ') return false;
  const std::size_t comma = text.size() - 6;
  if (text[comma] != ',' || text[comma + 1] != ' ') return false;
  for (std::size_t i = 4; i < text.size(); ++i) {
    if (i != comma && i != comma + 1 && !is_digit(text[i])) return false;
  }
  return true;
}

std::string utf8_from_latin1(std::string_view text) {
  std::string out;
  out.reserve(text.size() + 8);
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80) {
      out += c;
    } else {
      out += static_cast<char>(0xC0 | byte >> 6);
      out += static_cast<char>(0x80 | (byte & 0x3F));
    }
  }
  return out;
}

std::string shown(std::string_view line) {
  std::string out;
  const auto escape = [&](char c) {
    std::array<char, 5> text{};
    std::snprintf(text.data(), text.size(), "\\x%02x", static_cast<unsigned char>(c));
    out += text.data();
  };
  std::size_t at = 0;
  while (at < line.size() && at < kShownBytes) {
    const std::string_view rest = line.substr(at);
    const auto c = static_cast<unsigned char>(rest[0]);
    const std::size_t length = c < 0x80 ? 1 : c < 0xE0 ? 2 : c < 0xF0 ? 3 : 4;
    if ((c < 0x20 && c != '\t') || c == 0x7F || !is_utf8(rest.substr(0, length))) {
      escape(rest[0]);
      ++at;
    } else {
      out += rest.substr(0, length);
      at += length;
    }
  }
  if (at < line.size()) out += "…";
  return out;
}

std::string with_commas(std::uint64_t number) {
  std::string text = std::to_string(number);
  for (auto at = static_cast<std::ptrdiff_t>(text.size()) - 3; at > 0; at -= 3)
    text.insert(static_cast<std::size_t>(at), 1, ',');
  return text;
}

}  // namespace segue::ingest
