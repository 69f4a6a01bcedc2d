#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <random>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "segue/error.h"
#include "segue/split.h"
#include "testing/temp_dir.h"

namespace segue {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::TempDir;

/// 200 users with 0 to 29 of 60 items, and values that tell cells apart.
CsrMatrix some_plays() {
  std::mt19937 random(1);
  std::vector<std::uint64_t> row_ptr{0};
  std::vector<std::uint32_t> columns;
  std::vector<float> values;
  for (std::uint32_t u = 0; u < 200; ++u) {
    std::vector<std::uint32_t> items(60);
    for (std::uint32_t i = 0; i < 60; ++i) items[i] = i;
    std::shuffle(items.begin(), items.end(), random);
    items.resize(u % 30);
    std::sort(items.begin(), items.end());
    for (const std::uint32_t item : items) {
      columns.push_back(item);
      values.push_back(static_cast<float>(u * 60 + item + 1));
    }
    row_ptr.push_back(columns.size());
  }
  return CsrMatrix::create(60, std::move(row_ptr), std::move(columns), std::move(values));
}

std::vector<std::pair<std::uint64_t, float>> cells(const CsrMatrix& m) {
  std::vector<std::pair<std::uint64_t, float>> all;
  for (std::uint32_t u = 0; u < m.rows(); ++u) {
    for (std::size_t i = 0; i < m.row_columns(u).size(); ++i) {
      all.emplace_back(std::uint64_t{u} * m.cols() + m.row_columns(u)[i], m.row_values(u)[i]);
    }
  }
  return all;
}

/// Asserts that two matrices share no cell and are a third together.
void expect_parts(const CsrMatrix& a, const CsrMatrix& b, const CsrMatrix& whole) {
  auto both = cells(a);
  const auto more = cells(b);
  both.insert(both.end(), more.begin(), more.end());
  std::sort(both.begin(), both.end());
  EXPECT_EQ(both, cells(whole));
}

bool same(const CsrMatrix& a, const CsrMatrix& b) { return cells(a) == cells(b) && a.rows() == b.rows(); }

template <typename F>
std::string problem_of(F&& call) {
  try {
    call();
  } catch (const Error& error) {
    return error.where().file.empty() || error.where().line == 0
               ? error.problem()
               : std::to_string(error.where().line) + ": " + error.problem();
  }
  return "no error";
}

TEST(Splits, RandomHoldsOutTheShareOfEachUser) {
  const CsrMatrix plays = some_plays();
  const Split split = split_random(plays, 0.3, 7);
  expect_parts(split.train, split.test, plays);
  EXPECT_TRUE(same(split.history, split.train));
  for (std::uint32_t u = 0; u < plays.rows(); ++u) {
    const double n = static_cast<double>(plays.row_columns(u).size());
    EXPECT_NEAR(static_cast<double>(split.test.row_columns(u).size()), 0.3 * n, 0.5 + 1e-9);
  }
  // One always stays, however large the share.
  const Split most = split_random(plays, 0.99, 7);
  EXPECT_EQ(most.train.row_columns(29).size(), 1U);
  EXPECT_EQ(most.train.row_columns(1).size(), 1U);
}

TEST(Splits, LeaveOutTakesTheCountOfThoseWhoHaveMore) {
  const CsrMatrix plays = some_plays();
  const Split split = split_leave_out(plays, 3, 7);
  expect_parts(split.train, split.test, plays);
  for (std::uint32_t u = 0; u < plays.rows(); ++u) {
    EXPECT_EQ(split.test.row_columns(u).size(), plays.row_columns(u).size() > 3 ? 3U : 0U);
  }
}

TEST(Splits, FoldsHoldEachCellOutOnce) {
  const CsrMatrix plays = some_plays();
  std::vector<std::pair<std::uint64_t, float>> all;
  for (std::uint32_t fold = 0; fold < 4; ++fold) {
    const Split split = split_fold(plays, 4, fold, 7);
    expect_parts(split.train, split.test, plays);
    const auto test = cells(split.test);
    all.insert(all.end(), test.begin(), test.end());
    // A quarter of each fold, give or take one cell a user.
    EXPECT_NEAR(static_cast<double>(test.size()), static_cast<double>(plays.nnz()) / 4, 100);
  }
  std::sort(all.begin(), all.end());
  EXPECT_EQ(all, cells(plays));
}

/// A time for each cell; many are the same.
std::vector<double> some_times(const CsrMatrix& plays, std::uint32_t different) {
  std::mt19937 random(2);
  std::vector<double> times;
  for (std::uint64_t cell = 0; cell < plays.nnz(); ++cell)
    times.push_back(1e9 + static_cast<double>(random() % different));
  return times;
}

TEST(Splits, LeaveLastHoldsOutTheNewestOfEachUser) {
  const CsrMatrix plays = some_plays();
  for (const std::uint32_t different : {1000000U, 5U}) {
    const std::vector<double> times = some_times(plays, different);
    const Split split = split_leave_last(plays, times, 3, 7);
    expect_parts(split.train, split.test, plays);
    std::uint64_t cell = 0;
    for (std::uint32_t u = 0; u < plays.rows(); ++u) {
      // By the book: all of the user's cells newest first, the first three.
      std::vector<double> sorted;
      double oldest_out = 1e300;
      double newest_in = -1e300;
      for (const std::uint32_t item : plays.row_columns(u)) {
        const double time = times[cell++];
        sorted.push_back(time);
        const auto out = split.test.row_columns(u);
        if (std::find(out.begin(), out.end(), item) != out.end()) {
          oldest_out = std::min(oldest_out, time);
        } else {
          newest_in = std::max(newest_in, time);
        }
      }
      std::sort(sorted.begin(), sorted.end(), std::greater<>());
      if (sorted.size() <= 3) {
        EXPECT_TRUE(split.test.row_columns(u).empty());
        continue;
      }
      EXPECT_EQ(split.test.row_columns(u).size(), 3U);
      EXPECT_EQ(oldest_out, sorted[2]);
      EXPECT_EQ(newest_in, sorted[3]);
    }
  }
  // Where all times are the same the seed draws: as leave-out does.
  const std::vector<double> same_times(plays.nnz(), 5);
  EXPECT_TRUE(same(split_leave_last(plays, same_times, 3, 7).test, split_leave_out(plays, 3, 7).test));
  EXPECT_FALSE(same(split_leave_last(plays, same_times, 3, 8).test, split_leave_out(plays, 3, 7).test));
}

TEST(Splits, TimeHoldsOutTheNewestOfAll) {
  const CsrMatrix plays = some_plays();
  for (const std::uint32_t different : {1000000U, 1000U, 3U, 2U}) {
    const std::vector<double> times = some_times(plays, different);
    for (const double share : {0.001, 0.2, 0.5, 0.9, 0.999}) {
      SCOPED_TRACE(std::to_string(different) + " times, share " + std::to_string(share));
      const Split split = split_time(plays, times, share);
      EXPECT_TRUE(same(split.history, split.train));
      // By the book: of all times at which the test could begin, the one whose share is the nearest.
      std::vector<double> begins(times);
      std::sort(begins.begin(), begins.end());
      begins.erase(std::unique(begins.begin(), begins.end()), begins.end());
      const auto wanted = static_cast<double>(std::max(1L, std::lround(share * static_cast<double>(times.size()))));
      const auto later = [&](double begin) {
        return static_cast<double>(std::count_if(times.begin(), times.end(), [&](double t) { return t >= begin; }));
      };
      double best = 1e300;
      for (std::size_t b = 1; b < begins.size(); ++b) best = std::min(best, std::abs(later(begins[b]) - wanted));
      double newest_train = -1e300;
      std::uint64_t cell = 0;
      const auto whole = cells(plays);
      const auto trained = cells(split.train);
      for (const auto& entry : whole) {
        const double time = times[cell++];
        if (std::binary_search(trained.begin(), trained.end(), entry)) newest_train = std::max(newest_train, time);
      }
      const auto begin = std::upper_bound(begins.begin(), begins.end(), newest_train);
      ASSERT_NE(begin, begins.end());
      EXPECT_EQ(std::abs(later(*begin) - wanted), best);
      EXPECT_EQ(trained.size(), times.size() - static_cast<std::size_t>(later(*begin)));
      // The test is what is newer, but for users and items that the training does not have.
      std::vector<std::pair<std::uint64_t, float>> test;
      const auto counts = count_per_column(split.train);
      cell = 0;
      for (const auto& entry : whole) {
        const auto user = static_cast<std::uint32_t>(entry.first / plays.cols());
        const bool known = !split.train.row_columns(user).empty() && counts[entry.first % plays.cols()] > 0;
        if (times[cell++] >= *begin && known) test.push_back(entry);
      }
      EXPECT_EQ(cells(split.test), test);
    }
  }
}

TEST(Splits, UsersAreHeldOutAltogether) {
  const CsrMatrix plays = some_plays();
  const Split split = split_users(plays, 0.25, 0.2, 7);
  const auto trained = count_per_column(split.train);
  std::size_t apart = 0;
  std::size_t able = 0;
  for (std::uint32_t u = 0; u < plays.rows(); ++u) {
    able += plays.row_columns(u).size() > 1 ? 1 : 0;
    const bool held_out = !split.history.row_columns(u).empty();
    apart += held_out ? 1 : 0;
    if (!held_out) continue;
    EXPECT_TRUE(split.train.row_columns(u).empty());
    for (const std::uint32_t item : split.test.row_columns(u)) EXPECT_GT(trained[item], 0U);
  }
  EXPECT_NEAR(static_cast<double>(apart), 0.25 * static_cast<double>(able), 0.5);
}

TEST(Splits, CandidatesAreDrawnAmongWhatIsNotKnown) {
  const CsrMatrix plays = some_plays();
  const Split split = split_leave_out(plays, 1, 7);
  const CsrMatrix drawn = sample_candidates(split, 20, 3);
  std::vector<std::uint32_t> times(plays.cols());
  for (std::uint32_t u = 0; u < plays.rows(); ++u) {
    const auto row = drawn.row_columns(u);
    EXPECT_EQ(row.size(), split.test.row_columns(u).empty() ? 0U : 20U);
    for (const std::uint32_t item : row) {
      EXPECT_EQ(plays.at(u, item), 0);  // the values of what is there are not 0
      ++times[item];
    }
  }
  // Evenly: 186 users have 20 of 60 - n items each, so that an item is drawn about 80 times, deviation about 7.
  for (const std::uint32_t count : times) EXPECT_NEAR(count, static_cast<double>(drawn.nnz()) / plays.cols(), 45);
  EXPECT_TRUE(same(sample_candidates(split, 20, 3), drawn));
  EXPECT_FALSE(same(sample_candidates(split, 20, 4), drawn));
  segue::Run run;
  run.threads = 3;
  EXPECT_TRUE(same(sample_candidates(split, 20, 3, run), drawn));
  // Where there are fewer, all.
  const CsrMatrix all = sample_candidates(split, 1000, 3);
  EXPECT_EQ(all.row_columns(29).size(), 60U - 29U);
}

TEST(Splits, DependOnTheSeedAndNotOnTheThreads) {
  const CsrMatrix plays = some_plays();
  const Split split = split_random(plays, 0.3, 7);
  for (const int threads : {1, 2, 3, 8}) {
    segue::Run run;
    run.threads = threads;
    EXPECT_TRUE(same(split_random(plays, 0.3, 7, run).test, split.test));
    EXPECT_TRUE(same(split_users(plays, 0.3, 0.2, 7, run).test, split_users(plays, 0.3, 0.2, 7).test));
    const std::vector<double> times = some_times(plays, 5);
    EXPECT_TRUE(same(split_leave_last(plays, times, 2, 7, run).test, split_leave_last(plays, times, 2, 7).test));
  }
  EXPECT_FALSE(same(split_random(plays, 0.3, 8).test, split.test));
}

TEST(Splits, RefuseWhatTheyCannotDo) {
  const CsrMatrix plays = some_plays();
  EXPECT_THAT(problem_of([&] { split_random(plays, 0, 1); }), HasSubstr("share is 0"));
  EXPECT_THAT(problem_of([&] { split_random(plays, 1, 1); }), HasSubstr("share is 1"));
  EXPECT_THAT(problem_of([&] { split_random(plays, -1e-9, 1); }), HasSubstr("share is -1e-09"));
  EXPECT_THAT(problem_of([&] { split_leave_out(plays, 0, 1); }), HasSubstr("0 items"));
  EXPECT_THAT(problem_of([&] { split_fold(plays, 1, 0, 1); }), HasSubstr("1 fold"));
  EXPECT_THAT(problem_of([&] { split_fold(plays, 5, 5, 1); }), HasSubstr("no fold 5 of 5"));
  EXPECT_THAT(problem_of([&] { split_users(plays, 0.5, 2, 1); }), HasSubstr("share of their items is 2"));
  const std::vector<double> times(plays.nnz(), 3);
  EXPECT_THAT(problem_of([&] { split_leave_last(plays, {}, 1, 1); }), HasSubstr("there are 0 times for"));
  EXPECT_THAT(problem_of([&] { split_leave_last(plays, times, 0, 1); }), HasSubstr("0 items"));
  EXPECT_THAT(problem_of([&] { split_time(plays, std::span(times).first(5), 0.2); }),
              HasSubstr("there are 5 times for"));
  EXPECT_THAT(problem_of([&] { split_time(plays, times, 0.2); }), HasSubstr("all interactions have the same time"));
  EXPECT_THAT(problem_of([&] { split_time(plays, times, 1); }), HasSubstr("share is 1"));
}

TEST(GivenSplit, ReadsPairsLinesAndNegatives) {
  const TempDir dir;
  const auto train = dir.write("train", "ann::x::5\nann::y::3\r\nbob::x::1\n");
  const auto test = dir.write("test", "ann z\nbob y z w\ncat\n");
  const auto negative = dir.write("negative", "(ann,z)\tw\tv\n(bob,y)\tv\n");
  const GivenSplit given = read_split(train, test, negative);
  EXPECT_EQ(given.users.size(), 3U);  // cat has nothing, and is somebody all the same
  EXPECT_EQ(given.items.size(), 5U);  // v w x y z
  EXPECT_THAT(given.split.train.row_columns(0), ElementsAre(2U, 3U));
  EXPECT_THAT(given.split.test.row_columns(1), ElementsAre(1U, 3U, 4U));
  EXPECT_TRUE(given.split.test.row_columns(2).empty());
  ASSERT_TRUE(given.candidates);
  EXPECT_THAT(given.candidates->row_columns(0), ElementsAre(0U, 1U, 4U));
}

TEST(GivenSplit, TellsLinesFromPairs) {
  const TempDir dir;
  const auto pairs = dir.write("pairs", "1 2 5\n1 3 4\n");
  const auto lines = dir.write("lines", "1 2 5\n2 3\n");
  EXPECT_EQ(read_split(pairs, lines).split.train.nnz(), 2U);
  EXPECT_EQ(read_split(pairs, lines).split.test.nnz(), 3U);
  EXPECT_EQ(read_split(pairs, pairs, {}, SplitFormat::kLines).split.train.nnz(), 4U);  // 1: 2 3 4 5
}

TEST(GivenSplit, TellsWhatIsEvenByTheUsersAndByTheOtherFile) {
  const TempDir dir;
  const auto lines = dir.write("lines", "1 2 5\n2 3\n");
  const auto either = dir.write("either", "1 6 7\n2 8 9\n");  // two items of each, or an item and a rating
  const auto rated = dir.write("rated", "1 2 5\n1 3 4\n2 3 3\n");
  const auto wide = dir.write("wide", "1 6 5 9 8\n1 7 4 9 8\n2 7 4 9 8\n");  // users come again: pairs
  EXPECT_EQ(read_split(lines, either).split.test.nnz(), 4U);
  EXPECT_EQ(read_split(lines, either).test_format, SplitFormat::kLines);
  EXPECT_EQ(read_split(rated, either).split.test.nnz(), 2U);
  EXPECT_EQ(read_split(either, either).split.test.nnz(), 2U);
  EXPECT_EQ(read_split(wide, either).split.train.nnz(), 3U);
}

TEST(GivenSplit, SaysWhereAFileIsWrong) {
  const TempDir dir;
  const auto good = dir.write("good", "1 2\n");
  const auto empty = dir.write("empty", "");
  const auto binary = dir.write("binary", std::string("1 2\n\0", 5));
  const auto alone = dir.write("alone", "1 2\n3\n");
  const auto negative = dir.write("negative", "(1,2) 3\n");
  EXPECT_THAT(problem_of([&] { read_split(dir.path() / "none", good); }), HasSubstr("there is no such file"));
  EXPECT_THAT(problem_of([&] { read_split(dir.path(), good); }), HasSubstr("cannot be read"));
  EXPECT_THAT(problem_of([&] { read_split(good, empty); }), HasSubstr("holds no pair"));
  EXPECT_THAT(problem_of([&] { read_split(good, binary); }), HasSubstr("is not text"));
  EXPECT_THAT(problem_of([&] { read_split(alone, good, {}, SplitFormat::kPairs); }),
              HasSubstr("2: has a user and no item"));
  EXPECT_THAT(problem_of([&] { read_split(negative, good); }), HasSubstr("1: holds candidates"));
}

}  // namespace
}  // namespace segue
