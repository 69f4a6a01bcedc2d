#include "progress_line.h"

#include <gtest/gtest.h>

#include "text.h"

namespace segue::cli {
namespace {

Progress reading() {
  return {.stage = "reading", .done = 800'000'000, .total = 1'600'000'000, .unit = "bytes", .loss = {}, .seconds = 1};
}

TEST(ProgressLine, SaysShareRateAndTimeLeft) {
  EXPECT_EQ(progress_line(reading(), 80, false),
            "reading   [##############--------------]  50%  800 MB/1.6 GB  800 MB/s  1 s left");
}

TEST(ProgressLine, DrawsEighthsOfABlock) {
  Progress progress = reading();
  progress.done = progress.total / 32;  // 30 columns: 7.5 eighths
  const std::string line = progress_line(progress, 200, true);
  EXPECT_EQ(line.substr(0, line.find("░")), "reading   ▉");
}

TEST(ProgressLine, FitsAnyTerminal) {
  Progress progress = reading();
  progress.loss = 0.00952;
  for (std::size_t width = 1; width <= 120; ++width) {
    EXPECT_LE(display_width(progress_line(progress, width, true)), width);
    EXPECT_LE(display_width(progress_line(progress, width, false)), width);
  }
}

TEST(ProgressLine, HasNoBarAndNoEndWhereTheTotalIsUnknown) {
  Progress progress = reading();
  progress.total = 0;
  EXPECT_EQ(progress_line(progress, 80, true), "reading    800 MB  800 MB/s");
  EXPECT_FALSE(seconds_left(progress));
}

TEST(ProgressLine, StaysWithinItsTotal) {
  Progress progress = reading();
  progress.done = 2 * progress.total;
  EXPECT_NE(progress_line(progress, 120, false).find("100%"), std::string::npos);
  EXPECT_FALSE(seconds_left(progress));
}

TEST(ProgressLine, DoesNotGuessBeforeHalfASecond) {
  Progress progress = reading();
  progress.seconds = 0.4;
  EXPECT_FALSE(seconds_left(progress));
  progress.seconds = 2;
  EXPECT_DOUBLE_EQ(*seconds_left(progress), 2);
}

TEST(ProgressText, ShowsLossAndRateOfTraining) {
  const Progress training{.stage = "training",
                          .done = 104'600'000,
                          .total = 523'000'000,
                          .unit = "interactions",
                          .loss = 0.0095216,
                          .seconds = 1.23};
  EXPECT_EQ(progress_text(training), "105 M/523 M interactions  loss 0.0095216  85.0 M/s  5 s left");
}

}  // namespace
}  // namespace segue::cli
