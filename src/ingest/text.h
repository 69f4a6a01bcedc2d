// Text in the fields of a log: numbers, UTF-8, dates, and how to show broken bytes.
#ifndef SEGUE_INGEST_TEXT_H_
#define SEGUE_INGEST_TEXT_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace segue::ingest {

enum class NumberKind {
  kNumber,
  kNotANumber,
  kOutOfRange,  // finite as text, not finite as a float, or so small that it would become 0
};

/// A decimal number, such as "5", "-1", "+1.5", "1e3", with spaces around it at most. Not "inf", "nan", "0x10", "1,5",
/// "".
NumberKind parse_number(std::string_view text, double& value);

/// The same; takes a short way for up to 8 digits. Requires 8 readable bytes before the text.
NumberKind parse_padded_number(std::string_view text, double& value);

/// When something happened: a number, taken as it is, or a date as in ISO 8601, "2009-05-04", "2009-05-04T23:08:57Z",
/// "2009-05-04 23:08:57.5+02:00", in seconds since 1970. Without an offset it is in UTC.
std::optional<double> parse_time(std::string_view text);

/// Where the first byte is that is not valid UTF-8 (overlong forms, surrogates and what lies beyond U+10FFFF are not),
/// or text.size().
std::size_t utf8_prefix(std::string_view text);
inline bool is_utf8(std::string_view text) { return utf8_prefix(text) == text.size(); }

/// "sep 20, 2008"
bool is_date(std::string_view text);

std::string utf8_from_latin1(std::string_view text);

/// At most 200 bytes of a line for people: invalid and control bytes as \xNN, an ellipsis where it was cut.
std::string shown(std::string_view line);

/// "12,345,678"
std::string with_commas(std::uint64_t number);

}  // namespace segue::ingest

#endif  // SEGUE_INGEST_TEXT_H_
