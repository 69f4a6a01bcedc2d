// Folding names for search: Unicode full casefolding and compatibility decomposition (UAX #15) by utf8proc, then the
// marks that are accents dropped. The only file that knows utf8proc.
//
// Which marks are accents? Their combining class tells: from 200 on they sit on a letter wherever it is from (acute,
// cedilla, dot above), and 10 to 36 are the points of Hebrew, Arabic and Syriac, which their readers leave out. Below
// 10 are nuktas, viramas and kana voicing, and class 0 has the vowel signs of India: without them a word is another
// word.
//
// A few Latin letters have a stroke where others have an accent, and no decomposition in Unicode: kStrokes names them.
//
// Titles are mostly ASCII, so ASCII never reaches utf8proc: about 1 ns a byte instead of 20.
#include "text/fold.h"

#include <utf8proc.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>
#include <vector>

namespace segue {
namespace {

constexpr utf8proc_int32_t kReplacement = 0xFFFD;
constexpr auto kFoldOptions = static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT |
                                                             UTF8PROC_CASEFOLD | UTF8PROC_IGNORE);
constexpr std::size_t kLongestDecomposition = 32;  // U+FDFA has the longest: 18
constexpr std::size_t kMostMarks = 30;

struct Stroke {
  utf8proc_int32_t letter;  // casefolded
  std::string_view ascii;
};
constexpr std::array kStrokes = {
    Stroke{0xE6, "ae"}, Stroke{0xF0, "d"},  Stroke{0xF8, "o"},  Stroke{0xFE, "th"},  Stroke{0x111, "d"},
    Stroke{0x127, "h"}, Stroke{0x131, "i"}, Stroke{0x142, "l"}, Stroke{0x153, "oe"}, Stroke{0x167, "t"},
};

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }
bool is_ascii(char c) { return static_cast<unsigned char>(c) < 0x80; }

int combining_class(utf8proc_int32_t c) { return utf8proc_get_property(c)->combining_class; }
bool is_accent(utf8proc_int32_t c) {
  const int group = combining_class(c);
  return group >= 200 || (group >= 10 && group <= 36);
}

/// Adds a letter or a mark that stays. Marks come in the order of their class (canonical order, UAX #15), as far as a
/// text has no more than kMostMarks of them in a row: the limit of UAX #15's stream-safe format, and of the time this
/// takes.
void add(utf8proc_int32_t c, std::vector<utf8proc_int32_t>& out) {
  const int group = c < 0x80 ? 0 : combining_class(c);
  std::size_t at = out.size();
  if (group != 0) {
    const std::size_t first = at - std::min(at, kMostMarks);
    while (at > first && combining_class(out[at - 1]) > group) --at;
  }
  out.insert(out.begin() + static_cast<std::ptrdiff_t>(at), c);
}

/// Adds the folding of one character.
void fold_character(utf8proc_int32_t c, std::vector<utf8proc_int32_t>& out) {
  std::array<utf8proc_int32_t, kLongestDecomposition> parts{};
  int boundary = 0;
  const utf8proc_ssize_t count = utf8proc_decompose_char(c, parts.data(), parts.size(), kFoldOptions, &boundary);
  if (count < 0 || count > static_cast<utf8proc_ssize_t>(parts.size())) {
    out.push_back(kReplacement);
    return;
  }
  for (const utf8proc_int32_t part : std::span(parts).first(static_cast<std::size_t>(count))) {
    if (is_accent(part)) continue;
    const auto* stroke = std::ranges::find(kStrokes, part, &Stroke::letter);
    if (stroke == kStrokes.end()) {
      add(part, out);
    } else {
      out.insert(out.end(), stroke->ascii.begin(), stroke->ascii.end());
    }
  }
}

void append_utf8(utf8proc_int32_t c, std::string& out) {
  if (c < 0x80) {
    out += static_cast<char>(c);
    return;
  }
  std::array<utf8proc_uint8_t, 4> bytes{};
  const utf8proc_ssize_t count = utf8proc_encode_char(c, bytes.data());
  out.append(reinterpret_cast<const char*>(bytes.data()), static_cast<std::size_t>(count));
}

/// What a character of folded text is to fold_words.
enum class Kind { kWord, kGap, kJoin, kAnd };

Kind kind_of(utf8proc_int32_t c) {
  if (c < 0x80) {
    if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z')) return Kind::kWord;
    if (c == '&' || c == '+') return Kind::kAnd;
    return c == '\'' ? Kind::kJoin : Kind::kGap;
  }
  if (c == 0x2018 || c == 0x2019) return Kind::kJoin;  // the typographer's apostrophes
  const utf8proc_category_t category = utf8proc_category(c);
  const bool gap = category == UTF8PROC_CATEGORY_CN || category >= UTF8PROC_CATEGORY_ZS ||
                   (category >= UTF8PROC_CATEGORY_PC && category <= UTF8PROC_CATEGORY_PO);
  return gap ? Kind::kGap : Kind::kWord;
}

std::string trimmed(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  const std::size_t begin = text.find_first_not_of(kSpace);
  if (begin == std::string_view::npos) return {};
  return std::string(text.substr(begin, text.find_last_not_of(kSpace) - begin + 1));
}

}  // namespace

std::string fold(std::string_view utf8) {
  std::string out(utf8);
  std::size_t ascii = 0;
  for (; ascii < out.size() && is_ascii(out[ascii]); ++ascii) out[ascii] = lower(out[ascii]);
  if (ascii == out.size()) return out;

  // Not a single byte of folded ASCII changes by what follows it, but a mark may: from here on, characters.
  std::vector<utf8proc_int32_t> characters;
  characters.reserve(utf8.size() - ascii);
  for (std::size_t i = ascii; i < utf8.size();) {
    if (is_ascii(utf8[i])) {
      characters.push_back(lower(utf8[i++]));
      continue;
    }
    utf8proc_int32_t c = 0;
    const auto* bytes = reinterpret_cast<const utf8proc_uint8_t*>(utf8.data());
    const utf8proc_ssize_t taken = utf8proc_iterate(bytes + i, static_cast<utf8proc_ssize_t>(utf8.size() - i), &c);
    if (taken <= 0) {
      characters.push_back(kReplacement);
      ++i;
      continue;
    }
    fold_character(c, characters);
    i += static_cast<std::size_t>(taken);
  }
  out.resize(ascii);
  for (const utf8proc_int32_t c : characters) append_utf8(c, out);
  return out;
}

void append_words(std::string_view utf8, std::string& out) {
  // ASCII is folded byte by byte as it is read: no copy.
  const std::string folded_text = std::ranges::all_of(utf8, is_ascii) ? std::string() : fold(utf8);
  const std::string_view text = folded_text.empty() ? utf8 : std::string_view(folded_text);
  const std::size_t begin = out.size();
  bool gap = false;  // a space is due before the next word
  const auto begin_word = [&] {
    if (gap && out.size() != begin) out += ' ';
    gap = false;
  };
  for (std::size_t i = 0; i < text.size();) {
    utf8proc_int32_t c = static_cast<unsigned char>(text[i]);
    utf8proc_ssize_t taken = 1;
    if (c >= 0x80) {
      const auto* bytes = reinterpret_cast<const utf8proc_uint8_t*>(text.data());
      taken = utf8proc_iterate(bytes + i, static_cast<utf8proc_ssize_t>(text.size() - i), &c);
    }
    switch (kind_of(c)) {
      case Kind::kWord:
        begin_word();
        if (c < 0x80) {
          out += lower(static_cast<char>(c));
        } else {
          out.append(text, i, static_cast<std::size_t>(taken));
        }
        break;
      case Kind::kAnd:
        gap = true;
        begin_word();
        out += "and";
        gap = true;
        break;
      case Kind::kGap:
        gap = true;
        break;
      case Kind::kJoin:
        break;
    }
    i += static_cast<std::size_t>(taken);
  }
  if (out.size() == begin) out += trimmed(text);
}

std::string fold_words(std::string_view utf8) {
  std::string out;
  append_words(utf8, out);
  return out;
}

}  // namespace segue
