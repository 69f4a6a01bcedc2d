#include "body.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "segue/error.h"

namespace segue::server {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

template <typename Parse>
std::string problem_of(std::string_view json, Parse parse) {
  try {
    parse(json);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kInvalidArgument);
    return error.problem();
  }
  return "no error";
}

std::string problem_of(std::string_view json) { return problem_of(json, parse_recommend_body); }

TEST(RecommendBody, ReadsEveryField) {
  const RecommendBody body = parse_recommend_body(
      R"({"history": [{"item": "The Smiths", "value": 12.5}, {"item": "Blur"}], "n": 3, "exclude": ["a"],
          "only": ["b", "c"], "min_listeners": 4, "include_seen": true, "explain": true})");
  ASSERT_EQ(body.history.size(), 2);
  EXPECT_EQ(body.history[0].item, "The Smiths");
  EXPECT_EQ(body.history[0].value, 12.5F);
  EXPECT_EQ(body.history[1].value, 1);
  EXPECT_EQ(body.n, 3);
  EXPECT_THAT(body.exclude, ElementsAre("a"));
  EXPECT_THAT(body.only, ElementsAre("b", "c"));
  EXPECT_EQ(body.min_listeners, 4);
  EXPECT_TRUE(body.include_seen);
  EXPECT_TRUE(body.explain);
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

TEST(Batch, ReadsEveryField) {
  const SimilarBatch similar =
      parse_similar_batch(R"({"items": ["a", "b"], "n": 3, "exclude": ["c"], "only": ["d"], "min_listeners": 4})");
  EXPECT_THAT(similar.items, ElementsAre("a", "b"));
  EXPECT_EQ(similar.n, 3);
  EXPECT_THAT(similar.exclude, ElementsAre("c"));
  const RecommendBatch users = parse_recommend_batch(R"({"users": ["ann"], "include_seen": true, "explain": true})");
  EXPECT_THAT(users.users, ElementsAre("ann"));
  EXPECT_TRUE(users.include_seen && users.explain);
  const RecommendBatch histories = parse_recommend_batch(R"({"histories": [[{"item": "a", "value": 2}], []]})");
  ASSERT_EQ(histories.histories.size(), 2);
  EXPECT_EQ(histories.histories[0][0].value, 2);
}

TEST(Batch, SaysWhichFieldIsWrongAndWhatIsTooMuch) {
  const auto similar = [](const std::string& json) { return problem_of(json, parse_similar_batch); };
  const auto people = [](const std::string& json) { return problem_of(json, parse_recommend_batch); };
  EXPECT_EQ(similar("{}"), "the batch asks nothing");
  EXPECT_EQ(similar(R"({"items": [1]})"), "items[0] is not a string");
  EXPECT_EQ(similar(R"({"users": []})"), R"(the body has an unknown field "users")");
  EXPECT_EQ(people("{}"), "the batch asks nothing");
  EXPECT_EQ(people(R"({"users": ["a"], "histories": [[]]})"), "the batch has users and histories");
  EXPECT_EQ(people(R"({"histories": [[], [{"item": 5}]]})"), "histories[1][0].item is not a string");
  EXPECT_EQ(people(R"({"histories": [7]})"), "histories[0] is not a list");
  std::string many = R"({"items": ["a")";
  for (int i = 0; i < 99; ++i) many += R"(,"a")";
  EXPECT_EQ(similar(many + R"(], "n": 100})"), "no error");
  EXPECT_EQ(similar(many + R"(], "n": 101})"), "the batch asks for 10100 results");
  EXPECT_EQ(similar(many + R"(, "a"]})"), "items has 101 entries");
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
