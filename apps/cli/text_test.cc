#include "text.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace segue::cli {
namespace {

TEST(Text, GroupsDigitsByThousands) {
  EXPECT_EQ(group_digits(0), "0");
  EXPECT_EQ(group_digits(999), "999");
  EXPECT_EQ(group_digits(1000), "1,000");
  EXPECT_EQ(group_digits(17559530), "17,559,530");
}

TEST(Text, ShowsWholeValuesWithoutAPoint) {
  EXPECT_EQ(plain_value(691), "691");
  EXPECT_EQ(plain_value(0), "0");
  EXPECT_EQ(plain_value(-3), "-3");
  EXPECT_EQ(plain_value(0.5F), "0.5");
  EXPECT_EQ(plain_value(352698), "352698");
  EXPECT_EQ(grouped_value(352698), "352,698");
  EXPECT_EQ(grouped_value(-13883), "-13,883");
  EXPECT_EQ(grouped_value(0.25F), "0.25");
}

TEST(Text, ShowsBytesInDecimalUnits) {
  EXPECT_EQ(show_bytes(0), "0 B");
  EXPECT_EQ(show_bytes(999), "999 B");
  EXPECT_EQ(show_bytes(1000), "1.0 kB");
  EXPECT_EQ(show_bytes(999'999), "1.0 MB");
  EXPECT_EQ(show_bytes(1'622'863'542), "1.6 GB");
  EXPECT_EQ(show_bytes(140'000'000), "140 MB");
}

TEST(Text, ShowsSecondsInTheUnitThatFits) {
  EXPECT_EQ(show_seconds(0.412), "0.41 s");
  EXPECT_EQ(show_seconds(9.999), "10.0 s");
  EXPECT_EQ(show_seconds(59.99), "1 min 0 s");
  EXPECT_EQ(show_seconds(125), "2 min 5 s");
  EXPECT_EQ(show_seconds(3720), "1 h 2 min");
}

TEST(Text, CountsColumnsAsATerminalDoes) {
  EXPECT_EQ(display_width("Blur"), 4U);
  EXPECT_EQ(display_width("Björk"), 5U);
  EXPECT_EQ(display_width("Bjo\xCC\x88rk"), 5U);  // o and a combining diaeresis
  EXPECT_EQ(display_width("坂本龍一"), 8U);
  EXPECT_EQ(display_width("\xFF\xFE"), 2U);  // not UTF-8
}

TEST(Text, CutsToColumnsAndNeverWithinALetter) {
  EXPECT_EQ(cut_to_width("Sigur Rós", 9), "Sigur Rós");
  EXPECT_EQ(cut_to_width("Sigur Rós", 8), "Sigur R…");
  EXPECT_EQ(cut_to_width("坂本龍一", 6), "坂本…");  // 5 columns: the third letter would need 7 with the mark
  EXPECT_EQ(cut_to_width("abc", 0), "");
  EXPECT_EQ(short_name(std::string(5000, 'a')), std::string(79, 'a').append("…"));
}

TEST(Text, MakesControlCharactersVisible) {
  EXPECT_EQ(visible("AC/DC"), "AC/DC");
  EXPECT_EQ(visible("a\nb\tc\rd"), "a\\nb\\tc\\rd");
  EXPECT_EQ(visible("\x1b[31mred"), "\\x1b[31mred");
  EXPECT_EQ(visible("\xC2\x9B"
                    "2J"),
            "\\x9b2J");  // the one-letter form of ESC [
  EXPECT_EQ(visible("a\xE2\x80\xAE"
                    "b"),
            "a\\u202eb");                                            // turns the writing around
  EXPECT_EQ(visible("\xC3(\xED\xA0\x80"), "\\xc3(\\xed\\xa0\\x80");  // a cut sequence, a surrogate
  EXPECT_EQ(visible("\xC0\xAF"), "\\xc0\\xaf");                      // overlong
}

TEST(Text, EscapesFieldsOfATsv) { EXPECT_EQ(tsv_field("a\tb\nc\\d\re,\"f\""), "a\\tb\\nc\\\\d\\re,\"f\""); }

TEST(Text, QuotesWordsForAShell) {
  EXPECT_EQ(shell_quote("Radiohead"), "Radiohead");
  EXPECT_EQ(shell_quote("AC/DC"), "AC/DC");
  EXPECT_EQ(shell_quote("The Clash"), "\"The Clash\"");
  EXPECT_EQ(shell_quote("Guns N' Roses"), "'Guns N'\\'' Roses'");
  EXPECT_EQ(shell_quote("A$AP Rocky"), "'A$AP Rocky'");
  EXPECT_EQ(shell_quote("Wham!"), "'Wham!'");
  EXPECT_EQ(shell_quote(""), "\"\"");
  EXPECT_EQ(shell_path("--my log.tsv"), "\"./--my log.tsv\"");
  EXPECT_EQ(shell_path("plays/-.tsv"), "plays/-.tsv");
}

TEST(Text, FindsTheWordThatWasMeant) {
  const std::vector<std::string> words{"--factors", "--iterations", "--seed"};
  EXPECT_EQ(nearest_word("--factor", words), "--factors");
  EXPECT_EQ(nearest_word("--iteratoins", words), "--iterations");
  EXPECT_EQ(nearest_word("--facotrs", words), "--factors");
  EXPECT_EQ(nearest_word("--zebra-stripes", words), "");
  EXPECT_EQ(nearest_word("", words), "");
}

}  // namespace
}  // namespace segue::cli
