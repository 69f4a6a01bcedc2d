#include "limiter.h"

#include <gtest/gtest.h>

#include <string>

namespace segue::server {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(Limiter, LetsAnAddressSendItsRateAndNoMore) {
  Limiter limiter(2);
  const Limiter::Clock::time_point begin(seconds(1000));
  EXPECT_TRUE(limiter.allow("a", begin));
  EXPECT_TRUE(limiter.allow("a", begin));
  EXPECT_FALSE(limiter.allow("a", begin));
  EXPECT_TRUE(limiter.allow("b", begin));
  EXPECT_FALSE(limiter.allow("a", begin + milliseconds(400)));
  EXPECT_TRUE(limiter.allow("a", begin + milliseconds(500)));
  EXPECT_FALSE(limiter.allow("a", begin + milliseconds(501)));
}

TEST(Limiter, ForgetsAddressesThatAskNoMore) {
  Limiter limiter(1);
  const Limiter::Clock::time_point begin(seconds(1000));
  for (int i = 0; i < 1000; ++i) limiter.allow(std::to_string(i), begin);
  EXPECT_EQ(limiter.size(), 1000);
  limiter.allow("a", begin + seconds(60));
  EXPECT_EQ(limiter.size(), 1);
}

TEST(Limiter, WithoutARateAllowsEverything) {
  Limiter limiter(0);
  for (int i = 0; i < 1000; ++i) EXPECT_TRUE(limiter.allow("a", {}));
  EXPECT_EQ(limiter.size(), 0);
}

}  // namespace
}  // namespace segue::server
