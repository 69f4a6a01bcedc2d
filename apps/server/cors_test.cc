#include "cors.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>

#include "segue/error.h"

namespace segue::server {
namespace {

using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;

std::map<std::string, std::string> headers_of(const Reply& reply) {
  std::map<std::string, std::string> headers;
  for (const auto& [name, value] : reply.headers) headers.emplace(name, value);
  return headers;
}

std::map<std::string, std::string> allowed(const Cors& cors, std::string_view origin) {
  Reply reply;
  cors.allow(origin, reply);
  return headers_of(reply);
}

TEST(Cors, SaysNothingUnlessItWasAskedFor) {
  const Cors cors({});
  EXPECT_TRUE(cors.off());
  EXPECT_THAT(allowed(cors, "https://example.org"), IsEmpty());
}

TEST(Cors, LetsThoseReadThatWereNamed) {
  const Cors cors({"https://example.org", "http://localhost:3000"});
  EXPECT_THAT(allowed(cors, "http://localhost:3000"),
              UnorderedElementsAre(Pair("Vary", "Origin"), Pair("Access-Control-Allow-Origin", "http://localhost:3000"),
                                   Pair("Access-Control-Expose-Headers", "ETag, Retry-After, X-Request-Id")));
  for (const char* other : {"https://example.org.evil.net", "http://example.org", "https://example.or", "", "null"}) {
    EXPECT_THAT(allowed(cors, other), UnorderedElementsAre(Pair("Vary", "Origin"))) << other;
  }
}

TEST(Cors, AStarIsEverybody) {
  EXPECT_EQ(allowed(Cors({"*"}), "https://anywhere.net")["Access-Control-Allow-Origin"], "*");
  EXPECT_THAT(allowed(Cors({"*"}), ""), IsEmpty());
}

TEST(Cors, AnswersWhatBrowsersAskAhead) {
  const Cors cors({"https://example.org"});
  const Reply reply = cors.preflight("https://example.org");
  EXPECT_EQ(reply.status, 204U);
  EXPECT_EQ(headers_of(reply)["Access-Control-Allow-Methods"], "GET, HEAD, POST");
  EXPECT_THAT(headers_of(cors.preflight("https://other.org")), UnorderedElementsAre(Pair("Vary", "Origin")));
}

TEST(Cors, RefusesWhatIsNoOrigin) {
  for (const char* text :
       {"example.org", "https://example.org/", "https://", "ftp://a", "https://Example.org", "", "https://a b"}) {
    EXPECT_THROW(Cors({text}), Error) << text;
  }
}

}  // namespace
}  // namespace segue::server
