#include "text/fold.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace segue {
namespace {

std::string utf8_of(char32_t c) {
  std::string out;
  if (c < 0x80) {
    out += static_cast<char>(c);
  } else if (c < 0x800) {
    out += static_cast<char>(0xC0 | (c >> 6));
    out += static_cast<char>(0x80 | (c & 0x3F));
  } else if (c < 0x10000) {
    out += static_cast<char>(0xE0 | (c >> 12));
    out += static_cast<char>(0x80 | ((c >> 6) & 0x3F));
    out += static_cast<char>(0x80 | (c & 0x3F));
  } else {
    out += static_cast<char>(0xF0 | (c >> 18));
    out += static_cast<char>(0x80 | ((c >> 12) & 0x3F));
    out += static_cast<char>(0x80 | ((c >> 6) & 0x3F));
    out += static_cast<char>(0x80 | (c & 0x3F));
  }
  return out;
}

TEST(Fold, LowersAsciiAndKeepsItsPunctuation) {
  EXPECT_EQ(fold(""), "");
  EXPECT_EQ(fold("AC/DC"), "ac/dc");
  EXPECT_EQ(fold("@[`{ AZaz09"), "@[`{ azaz09");
  EXPECT_EQ(fold(std::string_view("A\0B", 3)), std::string_view("a\0b", 3));
}

TEST(Fold, DropsAccentsWhetherComposedOrNot) {
  EXPECT_EQ(fold("Björk"), "bjork");
  EXPECT_EQ(fold("BJO\u0308RK"), "bjork");
  EXPECT_EQ(fold("Motörhead"), "motorhead");
  EXPECT_EQ(fold("Sigur Rós"), "sigur ros");
  EXPECT_EQ(fold("Beyoncé"), "beyonce");
  EXPECT_EQ(fold("Čechomor"), "cechomor");
  EXPECT_EQ(fold("Ầ"), "a");  // two marks on one letter
}

TEST(Fold, FoldsLettersThatCasefoldToSeveral) {
  EXPECT_EQ(fold("Straße"), "strasse");
  EXPECT_EQ(fold("STRAẞE"), "strasse");
  EXPECT_EQ(fold("İstanbul"), "istanbul");
  EXPECT_EQ(fold("ıssız"), "issiz");
  EXPECT_EQ(fold("ﬁn ﬄ"), "fin ffl");
  EXPECT_EQ(fold("Ǆ"), "dz");
}

TEST(Fold, WritesStrokesAsTheirLetter) {
  EXPECT_EQ(fold("Røyksopp"), "royksopp");
  EXPECT_EQ(fold("MØ"), "mo");
  EXPECT_EQ(fold("Łona"), "lona");
  EXPECT_EQ(fold("Đorđe"), "dorde");
  EXPECT_EQ(fold("Æther Œuvre Þór"), "aether oeuvre thor");
}

TEST(Fold, KnowsOtherScripts) {
  EXPECT_EQ(fold("КИНО"), "кино");
  EXPECT_EQ(fold("Σίσυφος"), fold("ΣΊΣΥΦΟΣ"));  // final sigma
  EXPECT_EQ(fold("שָׁלוֹם"), fold("שלום"));
  EXPECT_EQ(fold("坂本龍一"), "坂本龍一");
  EXPECT_EQ(fold("Ｐｅｒｆｕｍｅ"), "perfume");  // full width
  EXPECT_EQ(fold("ﾊﾟ"), fold("パ"));             // half width
}

TEST(Fold, KeepsMarksThatMakeAnotherLetter) {
  EXPECT_NE(fold("か"), fold("が"));
  EXPECT_EQ(fold("か\u3099"), fold("が"));
  EXPECT_NE(fold("कि"), fold("क"));
}

TEST(Fold, DropsInvisibleCharacters) {
  EXPECT_EQ(fold("so\u00ADft"), "soft");
  EXPECT_EQ(fold("\u200Bzero\uFEFF"), "zero");
  EXPECT_EQ(fold("♥\uFE0F"), "♥");
}

TEST(Fold, KeepsEmoji) { EXPECT_EQ(fold("👩‍🎤 X"), "👩🎤 x"); }

TEST(Fold, PutsAReplacementForEachInvalidByte) {
  EXPECT_EQ(fold("a\xFF"), "a\uFFFD");
  EXPECT_EQ(fold("\xC3"), "\uFFFD");                                // cut short
  EXPECT_EQ(fold("\xC3X"), "\uFFFDx");                              // a lead without its follower
  EXPECT_EQ(fold("\x80\x80"), "\uFFFD\uFFFD");                      // followers without a lead
  EXPECT_EQ(fold("\xED\xA0\x80"), "\uFFFD\uFFFD\uFFFD");            // a surrogate
  EXPECT_EQ(fold("\xC0\xAF"), "\uFFFD\uFFFD");                      // an overlong slash
  EXPECT_EQ(fold("\xF4\x90\x80\x80"), "\uFFFD\uFFFD\uFFFD\uFFFD");  // beyond Unicode
}

TEST(Fold, IsDoneAfterOnceForEveryCharacter) {
  for (char32_t c = 0; c <= 0x10FFFF; ++c) {
    if (c == 0xD800) c = 0xE000;
    std::string text = "x";
    text.append(utf8_of(c)).append("y");
    const std::string once = fold(text);
    ASSERT_EQ(fold(once), once) << std::hex << static_cast<std::uint32_t>(c);
  }
}

TEST(Fold, TakesLongRunsOfMarks) {
  std::string text = "e";
  for (int i = 0; i < 100'000; ++i) text += "\u0301";
  EXPECT_EQ(fold(text), "e");
  std::string kept;
  for (int i = 0; i < 100'000; ++i) kept += i % 2 == 0 ? "\u3099" : "\u093C";  // of classes 8 and 7
  EXPECT_EQ(fold(kept).size(), kept.size());
}

TEST(FoldWords, CollapsesPunctuationAndSpace) {
  EXPECT_EQ(fold_words("AC/DC"), "ac dc");
  EXPECT_EQ(fold_words("  Godspeed\tYou!  Black\r\nEmperor "), "godspeed you black emperor");
  EXPECT_EQ(fold_words("Sunn O)))"), "sunn o");
  EXPECT_EQ(fold_words("“Weird Al” Yankovic"), "weird al yankovic");
  EXPECT_EQ(fold_words("...And You"), "and you");
}

TEST(FoldWords, JoinsAtApostrophes) {
  EXPECT_EQ(fold_words("Guns N' Roses"), "guns n roses");
  EXPECT_EQ(fold_words("Destiny’s Child"), "destinys child");
  EXPECT_EQ(fold_words("Destiny's Child"), "destinys child");
}

TEST(FoldWords, ReadsAmpersandAndPlusAsAnd) {
  EXPECT_EQ(fold_words("Simon & Garfunkel"), "simon and garfunkel");
  EXPECT_EQ(fold_words("Simon&Garfunkel"), "simon and garfunkel");
  EXPECT_EQ(fold_words("Florence + the Machine"), "florence and the machine");
}

TEST(FoldWords, KeepsWhatHasNoWords) {
  EXPECT_EQ(fold_words(" !!! "), "!!!");
  EXPECT_EQ(fold_words("???"), "???");
  EXPECT_EQ(fold_words(" \t "), "");
  EXPECT_EQ(fold_words(""), "");
}

TEST(FoldWords, KeepsSymbolsAndOtherScripts) {
  EXPECT_EQ(fold_words("I ♥ You"), "i ♥ you");
  EXPECT_EQ(fold_words("「坂本」龍一"), "坂本 龍一");
  EXPECT_EQ(fold_words("a\xFF\xFF"
                       "b"),
            "a\uFFFD\uFFFDb");
}

}  // namespace
}  // namespace segue
