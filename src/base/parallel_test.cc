#include "base/parallel.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <set>
#include <stdexcept>
#include <stop_token>
#include <vector>

#include "segue/error.h"

namespace segue {
namespace {

struct Shape {
  std::size_t count;
  std::size_t grain;
};

segue::Run with_threads(int threads) {
  segue::Run run;
  run.threads = threads;
  return run;
}

TEST(ParallelChunks, MeetsEveryNumberOnce) {
  for (const int threads : {1, 2, 3, 8}) {
    for (const auto& [count, grain] : {Shape{0, 1}, {1, 1}, {7, 3}, {9, 3}, {1000, 7}, {5, 100}, {6, 0}}) {
      std::vector<std::atomic<int>> met(count);
      parallel_chunks(count, grain, with_threads(threads), [&](std::size_t begin, std::size_t end, int worker) {
        EXPECT_LT(begin, end);
        EXPECT_LE(end - begin, std::max<std::size_t>(grain, 1));
        EXPECT_GE(worker, 0);
        EXPECT_LT(worker, threads);
        for (std::size_t i = begin; i < end; ++i) ++met[i];
      });
      for (const auto& times : met) EXPECT_EQ(times, 1);
    }
  }
}

TEST(ParallelChunks, ChunksDoNotDependOnTheThreads) {
  for (const int threads : {1, 2, 3, 8}) {
    std::set<std::size_t> begins;
    std::mutex mutex;
    parallel_chunks(10, 4, with_threads(threads), [&](std::size_t begin, std::size_t, int) {
      const std::lock_guard lock(mutex);
      begins.insert(begin);
    });
    EXPECT_EQ(begins, (std::set<std::size_t>{0, 4, 8}));
  }
}

TEST(ParallelChunks, RethrowsWhatABodyThrowsAndEndsEarly) {
  for (const int threads : {1, 2, 8}) {
    std::atomic<int> calls{0};
    EXPECT_THROW(parallel_chunks(1'000'000, 1, with_threads(threads),
                                 [&](std::size_t begin, std::size_t, int) {
                                   ++calls;
                                   if (begin == 3) throw std::runtime_error("three");
                                 }),
                 std::runtime_error);
    EXPECT_LT(calls, 1'000'000);
  }
}

TEST(ParallelChunks, StopsBetweenChunks) {
  for (const int threads : {1, 2, 8}) {
    std::stop_source stop;
    segue::Run run = with_threads(threads);
    run.stop = stop.get_token();
    std::atomic<int> calls{0};
    try {
      parallel_chunks(1'000'000, 1, run, [&](std::size_t, std::size_t, int) {
        if (++calls == 5) stop.request_stop();
      });
      ADD_FAILURE() << "was not stopped";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kCancelled);
    }
    EXPECT_LT(calls, 5 + 2 * threads);
  }
}

TEST(ParallelChunks, DoesNothingOnceStopped) {
  std::stop_source stop;
  stop.request_stop();
  segue::Run run;
  run.stop = stop.get_token();
  EXPECT_THROW(parallel_chunks(3, 1, run, [](std::size_t, std::size_t, int) { ADD_FAILURE(); }), Error);
}

TEST(Run, HasAtLeastOneThread) {
  EXPECT_GE(segue::Run().thread_count(), 1);
  EXPECT_EQ(with_threads(5).thread_count(), 5);
}

}  // namespace
}  // namespace segue
