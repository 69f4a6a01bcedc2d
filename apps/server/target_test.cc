#include "target.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "segue/error.h"

namespace segue::server {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

std::string problem_of(std::string_view target) {
  try {
    parse_target(target);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kInvalidArgument);
    return error.problem();
  }
  return "no error";
}

TEST(ParseTarget, CutsAtSlashesBeforeItDecodes) {
  EXPECT_THAT(parse_target("/").path, IsEmpty());
  EXPECT_THAT(parse_target("/v1/items").path, ElementsAre("v1", "items"));
  EXPECT_THAT(parse_target("/v1/items/ac%2Fdc/similar").path, ElementsAre("v1", "items", "ac/dc", "similar"));
  EXPECT_THAT(parse_target("/a//b/").path, ElementsAre("a", "", "b", ""));
  EXPECT_THAT(parse_target("/%e5%9D%82+%25").path, ElementsAre("坂+%"));
  EXPECT_THAT(parse_target("/a%00b").path, ElementsAre(std::string("a\0b", 3)));
  EXPECT_THAT(parse_target("http://localhost:80/v1?q=1").path, ElementsAre("v1"));
  EXPECT_THAT(parse_target("http://localhost").path, IsEmpty());
}

TEST(ParseTarget, ReadsTheQueryAsFormsWriteIt) {
  EXPECT_THAT(parse_target("/?q=the+clash&n=5&q=a%26b%3Dc&flag&&x=").query,
              ElementsAre(Pair("q", "the clash"), Pair("n", "5"), Pair("q", "a&b=c"), Pair("flag", ""), Pair("x", "")));
  EXPECT_THAT(parse_target("/?a=b=c?d/e").query, ElementsAre(Pair("a", "b=c?d/e")));
  EXPECT_THAT(parse_target("/?").query, IsEmpty());
}

TEST(ParseTarget, RefusesWhatIsNoAddress) {
  EXPECT_EQ(problem_of(""), "the address does not begin with a slash");
  EXPECT_EQ(problem_of("*"), "the address does not begin with a slash");
  EXPECT_EQ(problem_of("/a#b"), "the address has a fragment");
  for (const char* half : {"/%", "/a%2", "/%zz", "/?q=%g1", "/?%=1", "/%%41"}) {
    EXPECT_EQ(problem_of(half), "the address has a % without two hexadecimal digits after it") << half;
  }
  EXPECT_EQ(problem_of(std::string(1001, '/')), "the address has more than 1,000 parts");
  EXPECT_EQ(problem_of("/?" + std::string(1000, '&')), "the address has more than 1,000 parts");
}

TEST(PercentEncode, MakesOnePartOfAnyBytes) {
  EXPECT_EQ(percent_encode("ac/dc"), "ac%2Fdc");
  EXPECT_EQ(percent_encode("Az09-._~"), "Az09-._~");
  std::string bytes;
  for (int byte = 0; byte < 256; ++byte) bytes += static_cast<char>(byte);
  EXPECT_THAT(parse_target("/" + percent_encode(bytes)).path, ElementsAre(bytes));
}

}  // namespace
}  // namespace segue::server
