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

}  // namespace
}  // namespace segue
