// Text for people: numbers with units, names that cannot harm a terminal, widths as a terminal counts them, words that
// survive a shell.
#ifndef SEGUE_APPS_CLI_TEXT_H_
#define SEGUE_APPS_CLI_TEXT_H_

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>

namespace segue::cli {

/// 1234567 → "1,234,567".
std::string group_digits(std::uint64_t number);

/// A value of a log: whole numbers as such, others with up to six digits. "691", "0.5".
std::string plain_value(float value);
/// The same with its digits grouped: "13,883".
std::string grouped_value(float value);

/// Decimal units: "512 B", "1.6 GB".
std::string show_bytes(std::uint64_t bytes);
/// "0.41 s", "12.3 s", "2 min 5 s", "1 h 2 min".
std::string show_seconds(double seconds);
/// "85.1 M", "810 k", "12": a count, shortened.
std::string short_count(double count);
/// "1 item", "2,000 items".
std::string plural(std::uint64_t count, std::string_view noun);

/// Columns a terminal needs: 0 for combining marks, 2 for wide letters. Bytes that are not UTF-8 count 1 each.
std::size_t display_width(std::string_view text);
/// `text` cut to `width` columns, the cut marked by "…".
std::string cut_to_width(std::string_view text, std::size_t width);

/// What an argument was, for an error: cut to what a person reads.
std::string short_name(std::string_view name);

/// `text` with what would move a terminal's cursor or turn its writing around made visible: control characters and
/// bytes that are not UTF-8 as \n, \t, \x1b; direction marks as \u202e.
std::string visible(std::string_view text);
/// One field of a TSV: backslash, tab, newline and carriage return as \\, \t, \n, \r; all else as it is.
std::string tsv_field(std::string_view text);
/// A word that a POSIX shell reads back as `text`: bare where that is safe, otherwise in single quotes.
std::string shell_quote(std::string_view text);
/// The same of a file: one whose name begins like an option gets "./" before it.
std::string shell_path(const std::filesystem::path& file);

/// The word of `words` that `word` was probably meant to be; empty when none is near. O(words · length^2).
std::string_view nearest_word(std::string_view word, std::span<const std::string> words);

}  // namespace segue::cli

#endif  // SEGUE_APPS_CLI_TEXT_H_
