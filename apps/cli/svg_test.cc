#include "svg.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace segue::cli {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

std::string dots(const Axis& x, const std::vector<double>& values) {
  Series series{.color = 1, .points = {}};
  for (const double value : values) series.points.push_back({.x = value, .y = 1});
  return dot_chart(x, {.label = "y"}, {series});
}

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
  return found;
}

TEST(Svg, GivesZeroAPlaceOnALogarithmicAxisThatNamesIt) {
  const std::string named = dots({.label = "x", .logarithmic = true, .zero = "off"}, {0, 0.01, 1});
  EXPECT_EQ(count(named, "<circle"), 3U);
  EXPECT_THAT(named, HasSubstr(">off</text>"));
  EXPECT_EQ(count(dots({.label = "x", .logarithmic = true}, {0, 0.01, 1}), "<circle"), 2U);
  const std::string only = dots({.label = "x", .logarithmic = true, .zero = "off"}, {0, 0});
  EXPECT_EQ(count(only, "<circle"), 2U);
  EXPECT_THAT(only, AllOf(Not(HasSubstr("nan")), Not(HasSubstr("inf"))));
}

TEST(Svg, SetsWordsSideBySide) {
  const std::string chart = dots({.label = "weighting", .words = {"log", "bm25"}}, {0, 1, 1});
  EXPECT_THAT(chart,
              AllOf(HasSubstr(">log</text>"), HasSubstr(">bm25</text>"), HasSubstr("<title>bm25: 1.0000</title>")));
}

// From 42 to 90 there is one power of 10 times 1, 2 or 5; from 0.16 to 76 there are two powers of 10.
TEST(Svg, HasThreeTicksOnALogarithmicAxisAtLeast) {
  const std::string narrow = dots({.label = "factors", .logarithmic = true}, {42, 90});
  for (const char* tick : {">50<", ">60<", ">80<"}) EXPECT_THAT(narrow, HasSubstr(tick));
  const std::string wide = dots({.label = "shrinkage", .logarithmic = true}, {0.16, 76});
  for (const char* tick : {">0.2<", ">1<", ">10<", ">50<"}) EXPECT_THAT(wide, HasSubstr(tick));
}

}  // namespace
}  // namespace segue::cli
