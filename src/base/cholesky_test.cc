#include "base/cholesky.h"

#include <gtest/gtest.h>

#include <limits>
#include <vector>

namespace segue {
namespace {

TEST(Cholesky, SolvesByHand) {
  // a = [4 2; 2 5] = U'U with U = [2 1; 0 2]; below the diagonal nothing is read.
  std::vector<double> a = {4, 2, -99, 5};
  ASSERT_TRUE(cholesky_factorize(a, 2));
  EXPECT_EQ(a, (std::vector<double>{2, 1, -99, 2}));
  std::vector<double> b = {8, 12};  // a · (1, 2)
  cholesky_solve(a, b);
  EXPECT_DOUBLE_EQ(b[0], 1);
  EXPECT_DOUBLE_EQ(b[1], 2);
}

TEST(Cholesky, RefusesWhatIsNotPositiveDefinite) {
  std::vector<double> indefinite = {1, 2, 2, 1};
  EXPECT_FALSE(cholesky_factorize(indefinite, 2));
  std::vector<double> singular = {1, 1, 1, 1};
  EXPECT_FALSE(cholesky_factorize(singular, 2));
  for (const double bad : {std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity()}) {
    std::vector<double> a = {bad};
    EXPECT_FALSE(cholesky_factorize(a, 1));
  }
}

TEST(Cholesky, AddsWhatRoundingTook) {
  // Of one vector in two dimensions, the least eigenvalue a little below 0.
  std::vector<double> rounded = {1, 1 + 1e-7, 0, 1};
  std::vector<double> strict = rounded;
  EXPECT_FALSE(cholesky_factorize(strict, 2));
  ASSERT_TRUE(cholesky_factorize_rounded(rounded, 2));
  std::vector<double> b = {2, 2};
  cholesky_solve(rounded, b);
  EXPECT_NEAR(b[0] + b[1], 2, 1e-5);
  // What is definite is factorized as it is.
  std::vector<double> definite = {4, 2, -99, 5};
  ASSERT_TRUE(cholesky_factorize_rounded(definite, 2));
  EXPECT_EQ(definite, (std::vector<double>{2, 1, -99, 2}));
  std::vector<double> indefinite = {1, 2, 2, 1};
  EXPECT_FALSE(cholesky_factorize_rounded(indefinite, 2));
  std::vector<double> infinite = {std::numeric_limits<double>::infinity()};
  EXPECT_FALSE(cholesky_factorize_rounded(infinite, 1));
}

}  // namespace
}  // namespace segue
