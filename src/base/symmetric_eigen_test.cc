#include "base/symmetric_eigen.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>

#include "segue/error.h"

namespace segue {
namespace {

TEST(SymmetricEigen, TakesAMatrixApart) {
  for (const std::size_t size : {1U, 2U, 5U, 33U}) {
    std::mt19937 rng(static_cast<unsigned>(size));
    std::normal_distribution<double> normal;
    std::vector<double> a(size * size);
    for (std::size_t i = 0; i < size; ++i) {
      for (std::size_t j = 0; j <= i; ++j) a[i * size + j] = a[j * size + i] = normal(rng);
    }
    const SymmetricEigen eigen = symmetric_eigen(a, size);
    for (std::size_t i = 0; i < size; ++i) {
      if (i > 0) {
        EXPECT_LE(eigen.values[i - 1], eigen.values[i]);
      }
      for (std::size_t j = 0; j < size; ++j) {
        double product = 0;
        double dot = 0;
        for (std::size_t e = 0; e < size; ++e) {
          product += eigen.vectors[e * size + i] * eigen.values[e] * eigen.vectors[e * size + j];
          dot += eigen.vectors[i * size + e] * eigen.vectors[j * size + e];
        }
        EXPECT_NEAR(product, a[i * size + j], 1e-13 * static_cast<double>(size));
        EXPECT_NEAR(dot, i == j ? 1 : 0, 1e-13 * static_cast<double>(size));
      }
    }
  }
}

TEST(SymmetricEigen, NothingHasNone) { EXPECT_TRUE(symmetric_eigen({}, 0).values.empty()); }

TEST(SymmetricEigen, RefusesWhatIsNotFinite) {
  for (const double bad : {std::nan(""), std::numeric_limits<double>::infinity()}) {
    const std::vector<double> a = {1, bad, bad, 1};
    EXPECT_THROW(symmetric_eigen(a, 2), Error);
  }
}

}  // namespace
}  // namespace segue
