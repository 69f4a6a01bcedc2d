#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
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

TEST(Splits, DependOnTheSeedAndNotOnTheThreads) {
  const CsrMatrix plays = some_plays();
  const Split split = split_random(plays, 0.3, 7);
  for (const int threads : {1, 2, 3, 8}) {
    segue::Run run;
    run.threads = threads;
    EXPECT_TRUE(same(split_random(plays, 0.3, 7, run).test, split.test));
    EXPECT_TRUE(same(split_users(plays, 0.3, 0.2, 7, run).test, split_users(plays, 0.3, 0.2, 7).test));
  }
  EXPECT_FALSE(same(split_random(plays, 0.3, 8).test, split.test));
}

TEST(Splits, RefuseWhatTheyCannotDo) {
  const CsrMatrix plays = some_plays();
  EXPECT_THAT(problem_of([&] { split_random(plays, 0, 1); }), HasSubstr("share is 0"));
  EXPECT_THAT(problem_of([&] { split_random(plays, 1, 1); }), HasSubstr("share is 1"));
  EXPECT_THAT(problem_of([&] { split_leave_out(plays, 0, 1); }), HasSubstr("0 items"));
  EXPECT_THAT(problem_of([&] { split_fold(plays, 1, 0, 1); }), HasSubstr("1 fold"));
  EXPECT_THAT(problem_of([&] { split_fold(plays, 5, 5, 1); }), HasSubstr("no fold 5 of 5"));
  EXPECT_THAT(problem_of([&] { split_users(plays, 0.5, 2, 1); }), HasSubstr("share of their items is 2"));
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
