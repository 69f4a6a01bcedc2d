#include "body.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "segue/error.h"

namespace segue::server {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::string problem_of(std::string_view json) {
  try {
    parse_recommend_body(json);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kInvalidArgument);
    return error.problem();
  }
  return "no error";
}

TEST(RecommendBody, ReadsEveryField) {
  const RecommendBody body = parse_recommend_body(
      R"({"history": [{"item": "The Smiths", "value": 12.5}, {"item": "Blur"}], "n": 3, "exclude": ["a"],
          "only": ["b", "c"], "min_listeners": 4, "include_seen": true})");
  ASSERT_EQ(body.history.size(), 2);
  EXPECT_EQ(body.history[0].item, "The Smiths");
  EXPECT_EQ(body.history[0].value, 12.5F);
  EXPECT_EQ(body.history[1].value, 1);
  EXPECT_EQ(body.n, 3);
  EXPECT_THAT(body.exclude, ElementsAre("a"));
  EXPECT_THAT(body.only, ElementsAre("b", "c"));
  EXPECT_EQ(body.min_listeners, 4);
  EXPECT_TRUE(body.include_seen);
}

TEST(RecommendBody, NeedsAHistoryOnly) {
  const RecommendBody body = parse_recommend_body(R"({"history": []})");
  EXPECT_THAT(body.history, IsEmpty());
  EXPECT_EQ(body.n, 10);
  EXPECT_EQ(problem_of("{}"), "the body has no history");
}

TEST(RecommendBody, SaysWhichFieldIsWrong) {
  EXPECT_EQ(problem_of("[]"), "the body is not a JSON object");
  EXPECT_EQ(problem_of(""), "the body is not JSON; it goes wrong at byte 1");
  EXPECT_EQ(problem_of(R"({"history": [})"), "the body is not JSON; it goes wrong at byte 14");
  EXPECT_EQ(problem_of("{\"history\": [{\"item\": \"\xff\"}]}"), "the body is not JSON; it goes wrong at byte 24");
  EXPECT_EQ(problem_of(R"({"histroy": []})"), R"(the body has an unknown field "histroy")");
  EXPECT_EQ(problem_of(R"({"history": {}})"), "history is not a list");
  EXPECT_EQ(problem_of(R"({"history": ["Blur"]})"), "history[0] is not an object");
  EXPECT_EQ(problem_of(R"({"history": [{"value": 1}]})"), "history[0] names no item");
  EXPECT_EQ(problem_of(R"({"history": [{"item": "a"}, {"item": 5}]})"), "history[1].item is not a string");
  EXPECT_EQ(problem_of(R"({"history": [{"item": "a", "plays": 5}]})"), R"(history[0] has an unknown field "plays")");
  for (const char* value : {"\"1\"", "null", "1e39", "-1e39"}) {
    EXPECT_EQ(problem_of(R"({"history": [{"item": "a", "value": )" + std::string(value) + "}]}"),
              "history[0].value is not a number that fits float32");
  }
  EXPECT_EQ(problem_of(R"({"history": [{"item": "a", "value": 1e999}]})"), "the body holds a number that is too large");
  for (const char* n : {"0", "1001", "-1", "1.5", "\"3\"", "18446744073709551615", "99999999999999999999"}) {
    EXPECT_EQ(problem_of(R"({"history": [], "n": )" + std::string(n) + "}"), "n is not a whole number from 1 to 1000");
  }
  EXPECT_EQ(problem_of(R"({"history": [], "only": [1]})"), "only[0] is not a string");
  EXPECT_EQ(problem_of(R"({"history": [], "include_seen": 1})"), "include_seen is not true or false");
}

TEST(RecommendBody, BearsDepthAndLength) {
  EXPECT_NE(problem_of(std::string(500'000, '[')), "no error");
  EXPECT_EQ(problem_of(std::string(100'000, '[') + std::string(100'000, ']')), "the body is not a JSON object");
  std::string many = R"({"history": [])";
  many += R"(, "only": ["a")";
  for (int i = 0; i < 1000; ++i) many += R"(,"a")";
  EXPECT_EQ(problem_of(many + "]}"), "only has 1001 entries");
}

}  // namespace
}  // namespace segue::server
