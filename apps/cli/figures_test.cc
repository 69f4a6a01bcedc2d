#include "figures.h"

#include <gtest/gtest.h>

namespace segue::cli {
namespace {

TEST(Figures, HaveFourDigitsUntilTheyAreCounts) {
  EXPECT_EQ(show_figure(0.29049), "0.2905");
  EXPECT_EQ(show_figure(118.24), "118.2");
}

TEST(Figures, SayWhereNoFlipWentAsFar) {
  EXPECT_EQ(show_p(1 / 1001.0, 1000), "<0.001");
  EXPECT_EQ(show_p(1 / 101.0, 100), "<0.01");
  EXPECT_EQ(show_p(2 / 1001.0, 1000), "0.002");
  EXPECT_EQ(show_p(2 / 10001.0, 10000), "0.0002");
  EXPECT_EQ(show_p(0.0336, 1000), "0.034");
  EXPECT_EQ(show_p(1, 1000), "1.000");
}

}  // namespace
}  // namespace segue::cli
