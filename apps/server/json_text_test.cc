#include "json_text.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <random>
#include <string>

#include "json.h"

namespace segue::server {
namespace {

std::string as_value(std::string_view text) { return JsonText().value(text).take(); }

TEST(JsonText, PutsCommasBetweenAndNotBefore) {
  JsonText json;
  json.open_object().field("a", 1).key("b").open_list().value("x").value("y:").open_object().close_object();
  json.close_list().field("c", true).key("d").open_list().close_list().close_object();
  EXPECT_EQ(json.take(), R"({"a":1,"b":["x","y:",{}],"c":true,"d":[]})");
}

TEST(JsonText, WritesNumbersThatReadBackTheSame) {
  EXPECT_EQ(JsonText().value(0.93F).take(), "0.93");
  EXPECT_EQ(JsonText().value(0.1).take(), "0.1");
  EXPECT_EQ(JsonText().value(std::numeric_limits<std::uint64_t>::max()).take(), "18446744073709551615");
  EXPECT_EQ(JsonText().value(-3).take(), "-3");
  EXPECT_EQ(JsonText().value(std::numeric_limits<double>::quiet_NaN()).take(), "null");
  EXPECT_EQ(JsonText().value(-std::numeric_limits<float>::infinity()).take(), "null");
}

TEST(JsonText, EscapesWhatJsonForbids) {
  EXPECT_EQ(as_value("a\"b\\c\n\x01\x1f\x7f"), "\"a\\\"b\\\\c\\u000a\\u0001\\u001f\x7f\"");
  EXPECT_EQ(JsonText().open_object().key("a\"").value("b").close_object().take(), R"({"a\"":"b"})");
}

TEST(JsonText, KeepsUtf8AndReplacesWhatIsNot) {
  for (const std::string text : {"Sigur Rós", "坂本龍一", "😀", "\xED\x9F\xBF", "\xEE\x80\x80", "\xF4\x8F\xBF\xBF"}) {
    EXPECT_EQ(as_value(text), '"' + text + '"');
  }
  const std::string sign = "\xEF\xBF\xBD";
  // Too long, half a pair, beyond Unicode, cut short, a stray end, never a beginning.
  EXPECT_EQ(as_value("\xC0\x80"), '"' + sign + sign + '"');
  EXPECT_EQ(as_value("\xE0\x80\x80"), '"' + sign + sign + sign + '"');
  EXPECT_EQ(as_value("\xED\xA0\x80"), '"' + sign + sign + sign + '"');
  EXPECT_EQ(as_value("\xF4\x90\x80\x80"), '"' + sign + sign + sign + sign + '"');
  EXPECT_EQ(as_value("a\xE5\x9D"), "\"a" + sign + sign + '"');
  EXPECT_EQ(as_value("\x80x\xFF"), '"' + sign + "x" + sign + '"');
}

TEST(JsonText, IsReadByOthersWhateverTheBytes) {
  std::mt19937 random(3);
  for (int round = 0; round < 2000; ++round) {
    std::string text(random() % 12, '\0');
    for (char& c : text) c = static_cast<char>(random() % 3 == 0 ? random() % 256 : 0x78 + random() % 16);
    const auto read = Json::parse(as_value(text)).get<std::string>();               // throws what is not JSON in UTF-8
    const bool is_utf8 = Json::parse(dump(Json(text))).get<std::string>() == text;  // nothing had to be replaced
    if (is_utf8) {
      EXPECT_EQ(read, text);
    }
  }
}

}  // namespace
}  // namespace segue::server
