// Folding: names as search compares them, without case and accents.
#ifndef SEGUE_TEXT_FOLD_H_
#define SEGUE_TEXT_FOLD_H_

#include <string>
#include <string_view>

namespace segue {

/// The text casefolded and compatibility-decomposed (NFKD), without accents and invisible characters: "Björk" and
/// "BJÖRK" give "bjork", "ﬁn" gives "fin", "ß" gives "ss", "Ø" gives "o". Marks that make another letter (kana voicing,
/// vowel signs) stay. Each invalid byte becomes U+FFFD. Folding twice is folding once. O(bytes).
std::string fold(std::string_view utf8);

/// The words of a text: fold(), then letters, digits and symbols kept, everything between them one space, "&" and "+"
/// read as "and": "AC/DC" gives "ac dc", "  Simon &  Garfunkel" gives "simon and garfunkel". Apostrophes join ("don't"
/// gives "dont"). A text without words gives its fold, trimmed: "!!!" stays "!!!".
std::string fold_words(std::string_view utf8);

/// Appends what fold_words() gives: for tables of many titles.
void append_words(std::string_view utf8, std::string& out);

}  // namespace segue

#endif  // SEGUE_TEXT_FOLD_H_
