#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "segue/error.h"
#include "segue/matrix.h"

namespace segue {
namespace {

using Offsets = std::vector<std::uint64_t>;
using Columns = std::vector<std::uint32_t>;
using Values = std::vector<float>;

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr float kInfinity = std::numeric_limits<float>::infinity();

std::string problem_of(std::uint32_t cols, Offsets row_ptr, Columns columns, Values values) {
  try {
    CsrMatrix::create(cols, std::move(row_ptr), std::move(columns), std::move(values));
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kInvalidArgument);
    return error.problem();
  }
  return "none";
}

CsrMatrix random_matrix(std::uint32_t seed, std::uint32_t rows, std::uint32_t cols, double density) {
  std::mt19937 random(seed);
  std::bernoulli_distribution stored(density);
  std::uniform_real_distribution<float> value(-10, 10);
  Offsets row_ptr{0};
  Columns columns;
  Values values;
  for (std::uint32_t row = 0; row < rows; ++row) {
    const bool is_empty = random() % 4 == 0;
    for (std::uint32_t column = 0; column < cols && !is_empty; ++column) {
      if (!stored(random)) continue;
      columns.push_back(column);
      values.push_back(value(random));
    }
    row_ptr.push_back(columns.size());
  }
  return CsrMatrix::create(cols, std::move(row_ptr), std::move(columns), std::move(values));
}

/// (row, column) -> value: too simple to be wrong.
std::map<std::pair<std::uint32_t, std::uint32_t>, float> cells_of(const CsrMatrix& matrix, bool swapped) {
  std::map<std::pair<std::uint32_t, std::uint32_t>, float> cells;
  for (std::uint32_t row = 0; row < matrix.rows(); ++row) {
    for (std::uint64_t i = matrix.row_ptr()[row]; i < matrix.row_ptr()[row + 1]; ++i) {
      const std::uint32_t column = matrix.columns()[i];
      cells[swapped ? std::pair(column, row) : std::pair(row, column)] = matrix.values()[i];
    }
  }
  return cells;
}

TEST(CsrMatrix, AcceptsAndFindsCells) {
  const CsrMatrix matrix = CsrMatrix::create(4, Offsets{0, 2, 2, 3}, Columns{0, 3, 1}, Values{1, -2, 0.5F});
  EXPECT_EQ(matrix.rows(), 3U);
  EXPECT_EQ(matrix.nnz(), 3U);
  EXPECT_EQ(matrix.at(0, 3), -2.0F);
  EXPECT_EQ(matrix.at(0, 1), 0.0F);
  EXPECT_EQ(matrix.at(1, 0), 0.0F);
  EXPECT_EQ(matrix.at(2, 1), 0.5F);
  EXPECT_TRUE(matrix.row_columns(1).empty());
  EXPECT_EQ(matrix.bytes(), 4 * 8 + 3 * 8U);
}

TEST(CsrMatrix, AcceptsEmptyOnes) {
  EXPECT_EQ(CsrMatrix().rows(), 0U);
  EXPECT_EQ(CsrMatrix::create(0, Offsets{0}, Columns{}, Values{}).rows(), 0U);
  EXPECT_EQ(CsrMatrix::create(7, Offsets{0, 0, 0}, Columns{}, Values{}).rows(), 2U);
}

TEST(CsrMatrix, RejectsOffsetsThatDoNotFit) {
  const std::string problem = "the row offsets of a sparse matrix do not fit its cells";
  EXPECT_EQ(problem_of(4, {}, {}, {}), problem);
  EXPECT_EQ(problem_of(4, {1, 2}, {0, 1}, {1, 1}), problem);
  EXPECT_EQ(problem_of(4, {0, 1}, {0, 1}, {1, 1}), problem);
  EXPECT_EQ(problem_of(4, {0, 3}, {0, 1}, {1, 1}), problem);
  EXPECT_EQ(problem_of(4, {0, 2, 1, 2}, {0, 1}, {1, 1}), problem);
  EXPECT_EQ(problem_of(4, {0, 2}, {0, 1}, {1}), problem);
}

TEST(CsrMatrix, RejectsUnsortedColumns) {
  EXPECT_EQ(problem_of(4, {0, 1, 3}, {0, 2, 1}, {1, 1, 1}), "row 1 of a sparse matrix has columns that do not ascend");
}

TEST(CsrMatrix, RejectsAColumnTwiceInARow) {
  EXPECT_EQ(problem_of(4, {0, 3}, {0, 2, 2}, {1, 1, 1}), "row 0 of a sparse matrix has columns that do not ascend");
}

TEST(CsrMatrix, AcceptsTheSameColumnInTheNextRow) {
  EXPECT_EQ(problem_of(4, {0, 2, 2, 2, 4}, {0, 3, 3, 3}, {1, 1, 1, 1}),
            "row 3 of a sparse matrix has columns that do not ascend");
  EXPECT_EQ(problem_of(4, {0, 2, 2, 2, 3, 4}, {0, 3, 3, 3}, {1, 1, 1, 1}), "none");
}

TEST(CsrMatrix, AFallAtARowsStartDoesNotExcuseOneInsideARow) {
  // As many falls as rows begin with one, one of them in the wrong place.
  EXPECT_EQ(problem_of(9, {0, 2, 4}, {5, 4, 6, 7}, {1, 1, 1, 1}),
            "row 0 of a sparse matrix has columns that do not ascend");
  EXPECT_EQ(problem_of(9, {0, 0, 0, 2, 2, 4, 4}, {5, 6, 4, 3}, {1, 1, 1, 1}),
            "row 4 of a sparse matrix has columns that do not ascend");
}

TEST(CsrMatrix, RejectsColumnsBeyondTheLast) {
  EXPECT_EQ(problem_of(4, {0, 1, 2}, {0, 4}, {1, 1}), "row 1 of a sparse matrix has a column beyond its last");
  EXPECT_EQ(problem_of(0, {0, 1}, {0}, {1}), "row 0 of a sparse matrix has a column beyond its last");
  EXPECT_EQ(problem_of(0xFFFFFFFFU, {0, 1}, {0xFFFFFFFFU}, {1}),
            "row 0 of a sparse matrix has a column beyond its last");
  EXPECT_EQ(problem_of(0xFFFFFFFFU, {0, 1}, {0xFFFFFFFEU}, {1}), "none");
}

TEST(CsrMatrix, RejectsValuesThatAreNotFinite) {
  for (const float value : {kNan, -kNan, kInfinity, -kInfinity}) {
    EXPECT_EQ(problem_of(4, {0, 1, 2}, {0, 1}, {1, value}), "row 1 of a sparse matrix has a value that is not finite");
  }
  EXPECT_EQ(
      problem_of(4, {0, 2}, {0, 1}, {std::numeric_limits<float>::max(), -std::numeric_limits<float>::denorm_min()}),
      "none");
}

TEST(CsrMatrix, FindsASingleWrongCellWhereverItIs) {
  // Longer than a block of the check, so that both its sides and its edges are met.
  const CsrMatrix good = random_matrix(1, 400, 60, 0.6);
  ASSERT_GT(good.nnz(), 2 * 4096U);
  const Offsets row_ptr(good.row_ptr().begin(), good.row_ptr().end());
  for (std::uint64_t i = 0; i < good.nnz(); ++i) {
    if (i % 97 != 0 && i % 4096 > 2 && i % 4096 < 4094 && i + 1 != good.nnz()) continue;
    Columns columns(good.columns().begin(), good.columns().end());
    Values values(good.values().begin(), good.values().end());
    values[i] = kNan;
    ASSERT_NE(problem_of(60, row_ptr, columns, values), "none") << i;
    values[i] = 0;
    columns[i] = 60;
    ASSERT_NE(problem_of(60, row_ptr, columns, values), "none") << i;
    const bool begins_a_row = std::find(row_ptr.begin(), row_ptr.end(), i) != row_ptr.end();
    if (begins_a_row) continue;
    columns[i] = columns[i - 1];
    ASSERT_NE(problem_of(60, row_ptr, columns, values), "none") << i;
  }
}

TEST(CsrMatrix, CountsPerColumn) {
  const CsrMatrix matrix = CsrMatrix::create(4, Offsets{0, 2, 3}, Columns{0, 3, 3}, Values{1, 1, 1});
  const auto counts = count_per_column(matrix);
  EXPECT_EQ(std::vector(counts.begin(), counts.end()), (Columns{1, 0, 0, 2}));
}

TEST(Transpose, HasTheSameCellsTheOtherWayRound) {
  for (std::uint32_t seed = 0; seed < 30; ++seed) {
    const CsrMatrix matrix = random_matrix(seed, seed * 3 % 50, seed * 7 % 40, 0.05 + 0.03 * seed);
    const CsrMatrix other = transpose(matrix);
    EXPECT_EQ(other.rows(), matrix.cols());
    EXPECT_EQ(other.cols(), matrix.rows());
    EXPECT_EQ(cells_of(other, false), cells_of(matrix, true));
  }
}

TEST(Transpose, IsTheSameForAnyNumberOfThreads) {
  // Above the million cells from which several slices are filled at once.
  const CsrMatrix matrix = random_matrix(5, 3000, 1000, 0.6);
  ASSERT_GT(matrix.nnz(), 1'000'000U);
  segue::Run run;
  run.threads = 1;
  const CsrMatrix expected = transpose(matrix, run);
  const CsrMatrix back = transpose(expected, run);
  EXPECT_TRUE(std::ranges::equal(back.columns(), matrix.columns()));
  EXPECT_TRUE(std::ranges::equal(back.values(), matrix.values()));
  EXPECT_TRUE(std::ranges::equal(back.row_ptr(), matrix.row_ptr()));
  for (const int threads : {2, 3, 8}) {
    run.threads = threads;
    const CsrMatrix other = transpose(matrix, run);
    EXPECT_TRUE(std::ranges::equal(other.row_ptr(), expected.row_ptr())) << threads;
    EXPECT_TRUE(std::ranges::equal(other.columns(), expected.columns())) << threads;
    EXPECT_TRUE(std::ranges::equal(other.values(), expected.values())) << threads;
  }
}

}  // namespace
}  // namespace segue
