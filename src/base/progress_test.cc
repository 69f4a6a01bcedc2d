#include "base/progress.h"

#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

namespace segue {
namespace {

struct Report {
  std::string stage;
  std::uint64_t done;
  std::uint64_t total;
  std::optional<double> loss;
};

TEST(ProgressMeter, ReportsBeginningAndEnd) {
  std::vector<Report> reports;
  segue::Run run;
  run.progress = [&](const Progress& p) { reports.push_back({std::string(p.stage), p.done, p.total, p.loss}); };
  ProgressMeter meter(run, "reading", 10, "rows");
  meter.add(4);
  meter.add(6);
  meter.finish();
  ASSERT_GE(reports.size(), 2U);
  EXPECT_EQ(reports.front().stage, "reading");
  EXPECT_EQ(reports.front().done, 0U);
  EXPECT_EQ(reports.back().done, 10U);
  EXPECT_EQ(reports.back().total, 10U);
  EXPECT_FALSE(reports.back().loss);
}

TEST(ProgressMeter, TellsTheLossAtOnce) {
  std::vector<Report> reports;
  segue::Run run;
  run.progress = [&](const Progress& p) { reports.push_back({std::string(p.stage), p.done, p.total, p.loss}); };
  ProgressMeter meter(run, "training", 3, "sweeps");
  meter.set_loss(0.5);
  EXPECT_EQ(reports.back().loss, 0.5);
}

TEST(ProgressMeter, ReportsSeldomAndOneAtATime) {
  std::atomic<int> inside{0};
  std::atomic<int> reports{0};
  segue::Run run;
  run.progress = [&](const Progress& p) {
    EXPECT_EQ(++inside, 1);
    ++reports;
    EXPECT_LE(p.done, p.total);
    --inside;
  };
  ProgressMeter meter(run, "reading", 800'000, "rows");
  const auto begin = std::chrono::steady_clock::now();
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 8; ++t) {
      threads.emplace_back([&meter] {
        for (int i = 0; i < 100'000; ++i) meter.add(1);
      });
    }
  }
  meter.finish();
  const auto elapsed = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - begin);
  EXPECT_LE(reports, 3 + elapsed.count() / 50);
}

TEST(ProgressMeter, NeedsNoCallback) {
  const segue::Run run;
  ProgressMeter meter(run, "reading", 1, "rows");
  meter.add(1);
  meter.finish();
}

}  // namespace
}  // namespace segue
