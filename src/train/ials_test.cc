// The objectives besides the plain one: iALS (Rendle et al. 2021), ALS-WR (Zhou et al. 2008).
#include <gtest/gtest.h>

#include <cmath>
#include <tuple>
#include <vector>

#include "segue/error.h"
#include "segue/train.h"
#include "simd/targets.h"
#include "testing/reference_als.h"

namespace segue {
namespace {

using testing::Rows;

struct Objective {
  float w0;
  float exponent;

  double regularization(double factor, std::size_t count, std::size_t other) const {
    return factor * std::pow(static_cast<double>(count) + double{w0} * static_cast<double>(other), double{exponent});
  }
  /// Of a row, whatever the objective.
  double of(const Rows& y, const CsrMatrix& cells, std::uint32_t row, double factor,
            const std::vector<double>& x) const {
    const double reg = regularization(factor, cells.row_columns(row).size(), cells.cols());
    if (w0 > 0) return testing::ials_objective(y, cells, row, w0, reg, x);
    return testing::row_objective(y, testing::all_pairs(cells)[row], reg, x);
  }
  std::vector<double> solve(const Rows& y, const CsrMatrix& cells, std::uint32_t row, double factor) const {
    const double reg = regularization(factor, cells.row_columns(row).size(), cells.cols());
    if (w0 > 0) return testing::solve_row_ials(y, cells, row, w0, reg);
    return testing::solve_row_dense(y, testing::all_pairs(cells)[row], reg);
  }
};

constexpr float kRegularization = 0.02F;

class Objectives : public ::testing::TestWithParam<std::tuple<Objective, Solver, GatherPrecision, std::uint32_t>> {
 protected:
  void SetUp() override {
    std::tie(objective_, options_.solver, options_.precision, options_.factors) = GetParam();
    options_.iterations = 1;
    options_.regularization = kRegularization;
    options_.unobserved_weight = objective_.w0;
    options_.regularization_exponent = objective_.exponent;
    options_.cg_steps = 300;  // to the end of float32
    // Confidences that a weighting gives, and dislikes.
    const CsrMatrix random = testing::random_confidences(37, 53, 0.25, options_.factors);
    std::vector<float> values(random.values().begin(), random.values().end());
    for (float& value : values) value = std::clamp(value, -10.0F, 30.0F);
    cells_ = CsrMatrix::create(random.cols(), random.row_ptr(), random.columns(), std::move(values));
    initial_ = initial_factors(cells_.rows(), cells_.cols(), options_.factors, 7);
    for (Factors* side : {&initial_.users, &initial_.items}) {
      Rows rows = testing::to_rows(*side);
      for (auto& row : rows) {
        for (double& v : row) v = (v * 100 - 0.4) / std::sqrt(options_.factors);
      }
      *side = testing::to_factors(rows, options_.factors);
    }
  }
  void TearDown() override { simd::force_target(""); }

  Objective objective_;
  AlsOptions options_;
  CsrMatrix cells_;
  InitialFactors initial_;
};

// As AlsSolvers.FindTheMinimumOfEveryRow: the objective feels rounding in the solution squared only, 1e-5 of it with
// float32 and 3e-4 with vectors that are wrong by 2^-12.
TEST_P(Objectives, AreLeastInEveryRow) {
  const double excess = options_.precision == GatherPrecision::kFloat16 ? 3e-4 : 1e-5;
  const auto confidence = ConfidenceMatrix::from_confidences(cells_);
  for (const std::string& target : simd::available_targets()) {
    simd::force_target(target);
    const AlsResult result = train_als(confidence, options_, {}, {}, initial_);
    const auto check_side = [&](const CsrMatrix& cells, const Rows& fixed, const Rows& solved, const char* side) {
      for (std::uint32_t row = 0; row < cells.rows(); ++row) {
        if (cells.row_columns(row).empty()) continue;
        const auto exact = objective_.solve(fixed, cells, row, kRegularization);
        const double best = objective_.of(fixed, cells, row, kRegularization, exact);
        const double ours = objective_.of(fixed, cells, row, kRegularization, solved[row]);
        const double zero =
            objective_.of(fixed, cells, row, kRegularization, std::vector<double>(options_.factors, 0.0));
        EXPECT_LE(ours - best, excess * (zero + best)) << side << " " << row << " on " << target;
      }
    };
    const Rows x = testing::to_rows(result.user_factors);
    check_side(cells_, testing::to_rows(initial_.items), x, "user");
    check_side(confidence.item_users(), x, testing::to_rows(result.item_factors), "item");
  }
}

TEST_P(Objectives, AreTheLossThatIsSaid) {
  options_.cg_steps = 2;  // far from the minimum: the loss must still be that of the factors as they are
  options_.iterations = 2;
  const auto confidence = ConfidenceMatrix::from_confidences(cells_);
  const AlsResult result = train_als(confidence, options_, {}, {}, initial_);
  const Rows x = testing::to_rows(result.user_factors);
  const Rows y = testing::to_rows(result.item_factors);
  double sum = 0;
  for (std::uint32_t user = 0; user < cells_.rows(); ++user)
    sum += objective_.of(y, cells_, user, kRegularization, x[user]);
  const CsrMatrix& item_users = confidence.item_users();
  for (std::uint32_t item = 0; item < item_users.rows(); ++item) {
    double squares = 0;
    for (const double v : y[item]) squares += v * v;
    sum += squares * objective_.regularization(kRegularization, item_users.row_columns(item).size(), item_users.cols());
  }
  double weight = objective_.w0 > 0 ? double{objective_.w0} * cells_.rows() * cells_.cols()
                                    : double(cells_.rows()) * cells_.cols() - static_cast<double>(cells_.nnz());
  for (const float c : cells_.values()) weight += std::abs(c);
  const double error = options_.precision == GatherPrecision::kFloat16 ? 1e-3 : 1e-5;
  EXPECT_NEAR(result.sweeps.back().loss, sum / weight, error * sum / weight);
}

TEST_P(Objectives, HaveTheSameBitsForAnyNumberOfThreads) {
  const auto confidence = ConfidenceMatrix::from_confidences(cells_);
  segue::Run one;
  one.threads = 1;
  const Rows expected = testing::to_rows(train_als(confidence, options_, one, {}, initial_).item_factors);
  for (const int threads : {2, 3, 8}) {
    segue::Run run;
    run.threads = threads;
    EXPECT_EQ(testing::to_rows(train_als(confidence, options_, run, {}, initial_).item_factors), expected);
  }
}

INSTANTIATE_TEST_SUITE_P(All, Objectives,
                         ::testing::Combine(::testing::Values(Objective{1, 0}, Objective{0.05F, 0}, Objective{0.05F, 1},
                                                              Objective{3, 0.5F}, Objective{0, 1}, Objective{0, 2}),
                                            ::testing::Values(Solver::kCg, Solver::kCholesky),
                                            ::testing::Values(GatherPrecision::kFloat32, GatherPrecision::kFloat16),
                                            ::testing::Values(1U, 5U, 16U, 33U, 130U)));

TEST(Ials, FoldInWithWeightOneAndConfidencesOneLessHasThePlainMatrix) {
  AlsOptions options;
  options.factors = 3;
  options.regularization = 0.1F;
  const Factors items = initial_factors(3, 4, 3, 5).items;
  const std::vector<double> yty = gram(items);
  const std::vector<std::uint32_t> history = {0, 2};
  // x(C, b): the plain one has b = Y'C, iALS with C - 1 has b = Y'(C - 1); with C = 1 + c both matrices are the same.
  const std::vector<float> c = {3, 3};
  const std::vector<float> c_less = {2, 2};
  const auto x = fold_in(items, yty, options, history, c);
  options.unobserved_weight = 1;
  const auto ials = fold_in(items, yty, options, history, c_less);
  for (std::size_t f = 0; f < 3; ++f) EXPECT_NEAR(ials[f], x[f] * 2 / 3, 1e-6F);
}

TEST(Ials, FoldInIsTheExactRow) {
  const CsrMatrix c = testing::random_confidences(12, 60, 0.3, 21);
  AlsOptions options;
  options.factors = 19;
  options.regularization = kRegularization;
  options.unobserved_weight = 0.3F;
  options.regularization_exponent = 0.7F;
  Rows y = testing::to_rows(initial_factors(12, 60, 19, 7).items);
  for (auto& row : y) {
    for (double& v : row) v = v * 100 - 0.4;
  }
  const Factors items = testing::to_factors(y, 19);
  y = testing::to_rows(items);
  const auto yty = gram(items);
  const Objective objective{0.3F, 0.7F};
  for (std::uint32_t u = 0; u < c.rows(); ++u) {
    const auto x = fold_in(items, yty, options, c.row_columns(u), c.row_values(u));
    const auto exact = objective.solve(y, c, u, kRegularization);
    double error = 0;
    double length = 0;
    for (std::size_t f = 0; f < x.size(); ++f) {
      error += (x[f] - exact[f]) * (x[f] - exact[f]);
      length += exact[f] * exact[f];
    }
    EXPECT_LE(std::sqrt(error), 1e-3 * (1e-6 + std::sqrt(length)));
  }
}

TEST(Ials, RegularizationThatIsChosenHasTheMeanOfThePlainOne) {
  const auto confidence = ConfidenceMatrix::from_confidences(testing::to_csr({{2, 4}, {0, 6}, {0, 0}}, 2));
  AlsOptions options;
  options.regularization_exponent = 1;
  // Users of 2 and of 1 interactions.
  EXPECT_FLOAT_EQ(suggested_regularization(confidence, options), 0.12F * 12 / 3);
  options.unobserved_weight = 0.5F;  // 2 + 0.5 · 2 and 1 + 0.5 · 2
  EXPECT_FLOAT_EQ(suggested_regularization(confidence, options), 0.12F * 12 / 5);
}

TEST(Ials, RejectsOptionsOutOfRange) {
  const auto confidence = ConfidenceMatrix::from_confidences(testing::to_csr({{1, 2}}, 2));
  for (const float bad : {-0.1F, NAN, INFINITY}) {
    AlsOptions options;
    options.unobserved_weight = bad;
    EXPECT_THROW(train_als(confidence, options), Error) << bad;
    options = {};
    options.regularization_exponent = bad;
    EXPECT_THROW(train_als(confidence, options), Error) << bad;
  }
  AlsOptions options;
  options.regularization_exponent = 2.1F;
  EXPECT_THROW(train_als(confidence, options), Error);
}

}  // namespace
}  // namespace segue
