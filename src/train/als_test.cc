#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <stop_token>
#include <tuple>
#include <vector>

#include "base/buffer.h"
#include "segue/error.h"
#include "segue/train.h"
#include "simd/targets.h"
#include "testing/reference_als.h"

namespace segue {
namespace {

using ::testing::Combine;
using ::testing::HasSubstr;
using testing::Rows;
using ::testing::Values;

constexpr float kRegularization = 0.1F;

AlsOptions options_of(std::uint32_t factors, Solver solver, std::uint32_t iterations = 1) {
  AlsOptions options;
  options.factors = factors;
  options.solver = solver;
  options.iterations = iterations;
  options.regularization = kRegularization;
  options.cg_steps = 200;  // to the end of float32
  return options;
}

/// Factors of about the size that trained ones have, so that pairs with c = 5e5 are neither hopeless nor already
/// solved.
InitialFactors plausible_factors(const CsrMatrix& user_items, std::uint32_t factors) {
  InitialFactors initial = initial_factors(user_items.rows(), user_items.cols(), factors, 7);
  Rows users = testing::to_rows(initial.users);
  Rows items = testing::to_rows(initial.items);
  for (auto* side : {&users, &items}) {
    for (auto& row : *side) {
      for (double& v : row) v = (v * 100 - 0.4) / std::sqrt(factors);
    }
  }
  return {testing::to_factors(users, factors), testing::to_factors(items, factors)};
}

double distance(const std::vector<double>& a, const std::vector<double>& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += (a[i] - b[i]) * (a[i] - b[i]);
  return std::sqrt(sum);
}

double norm(const std::vector<double>& a) { return distance(a, std::vector<double>(a.size(), 0.0)); }

TEST(Reference, DenseAndSparseFormsAgree) {
  const CsrMatrix c = testing::random_confidences(9, 14, 0.4, 3);
  const Rows y = testing::to_rows(plausible_factors(c, 5).items);
  const auto pairs = testing::all_pairs(c);
  for (std::uint32_t u = 0; u < c.rows(); ++u) {
    const auto dense = testing::solve_row_dense(y, pairs[u], kRegularization);
    const auto sparse = testing::solve_row_sparse(y, c, u, kRegularization);
    EXPECT_LE(distance(dense, sparse), 1e-9 * (1 + norm(dense)));
  }
}

/// A solver, and what it gathers.
struct Way {
  Solver solver;
  GatherPrecision precision;
  /// Of float32: see FindTheMinimumOfEveryRow. Of float16: vectors are wrong by 2^-12 of themselves.
  double excess() const { return precision == GatherPrecision::kFloat16 ? 3e-4 : 1e-5; }
  double loss_error() const { return precision == GatherPrecision::kFloat16 ? 2e-5 : 3e-7; }
};
constexpr Way kExact = {Solver::kCholesky, GatherPrecision::kFloat32};
constexpr Way kSteps = {Solver::kCg, GatherPrecision::kFloat32};
constexpr Way kHalfSteps = {Solver::kCg, GatherPrecision::kFloat16};

class AlsSolvers : public ::testing::TestWithParam<std::tuple<Way, std::uint32_t>> {
 protected:
  void TearDown() override { simd::force_target(""); }
};

// Each side is checked by itself: users against the reference's users from the same items, and items against the
// reference's items from the users that were trained, so that errors do not add up. What is compared is the row's
// objective, whose minimum the reference finds: it may exceed the minimum by the rounding of float32 in a system of
// condition kappa ~ 5e5 · |z|^2 only, which the objective feels squared. 1e-5 of the objective at zero is 100 times eps
// of float32.
TEST_P(AlsSolvers, FindTheMinimumOfEveryRow) {
  const auto [way, factors] = GetParam();
  AlsOptions options = options_of(factors, way.solver);
  options.precision = way.precision;
  const double excess = way.excess();
  for (const std::string& target : simd::available_targets()) {
    simd::force_target(target);
    const CsrMatrix user_items = testing::random_confidences(37, 53, 0.25, factors);
    const InitialFactors initial = plausible_factors(user_items, factors);
    const auto confidence = ConfidenceMatrix::from_confidences(user_items);
    const AlsResult result = train_als(confidence, options, {}, {}, initial);
    const auto check_side = [&](const CsrMatrix& matrix, const Rows& fixed, const Rows& solved, const char* side) {
      const auto pairs = testing::all_pairs(matrix);
      for (std::uint32_t row = 0; row < matrix.rows(); ++row) {
        if (matrix.row_columns(row).empty()) {
          EXPECT_EQ(norm(solved[row]), 0) << side << " " << row << " on " << target;
          continue;
        }
        const auto exact = testing::solve_row_dense(fixed, pairs[row], kRegularization);
        const double best = testing::row_objective(fixed, pairs[row], kRegularization, exact);
        const double ours = testing::row_objective(fixed, pairs[row], kRegularization, solved[row]);
        const double scale =
            testing::row_objective(fixed, pairs[row], kRegularization, std::vector<double>(factors, 0.0));
        EXPECT_LE(ours - best, excess * (scale + best)) << side << " " << row << " on " << target;
      }
    };
    const Rows x = testing::to_rows(result.user_factors);
    check_side(user_items, testing::to_rows(initial.items), x, "user");
    check_side(confidence.item_users(), x, testing::to_rows(result.item_factors), "item");
  }
}

TEST_P(AlsSolvers, SayTheLossThatBruteForceFinds) {
  const auto [way, factors] = GetParam();
  for (const std::string& target : simd::available_targets()) {
    simd::force_target(target);
    const CsrMatrix user_items = testing::random_confidences(31, 41, 0.3, factors + 100);
    const auto confidence = ConfidenceMatrix::from_confidences(user_items);
    AlsOptions options = options_of(factors, way.solver, 2);
    options.precision = way.precision;
    options.cg_steps = 3;  // far from the minimum: the loss must still be that of the factors as they are
    const AlsResult result = train_als(confidence, options, {}, {}, plausible_factors(user_items, factors));
    const double expected = testing::loss(user_items, kRegularization, testing::to_rows(result.user_factors),
                                          testing::to_rows(result.item_factors));
    // The loss is what is left of the loss of zero factors after dot products in float32 are taken off it: those are
    // wrong by a few eps (6e-8), and here, where c goes up to 5e5, that loss is 1e5 times what is left.
    const auto zeros = [&](std::size_t rows) { return Rows(rows, std::vector<double>(factors, 0.0)); };
    const double at_zero = testing::loss(user_items, kRegularization, zeros(31), zeros(41));
    EXPECT_NEAR(result.sweeps.back().loss, expected, way.loss_error() * at_zero) << target;
  }
}

INSTANTIATE_TEST_SUITE_P(All, AlsSolvers,
                         Combine(Values(kExact, kSteps, kHalfSteps),
                                 Values(1U, 2U, 3U, 15U, 16U, 17U, 33U, 50U, 64U, 65U, 100U, 130U)));

void expect_same_bits(Way way) {
  const CsrMatrix user_items = testing::random_confidences(1500, 1100, 0.03, 11);
  const auto confidence = ConfidenceMatrix::from_confidences(user_items);
  AlsOptions options = options_of(20, way.solver, 2);
  options.precision = way.precision;
  options.cg_steps = 3;
  std::vector<AlsResult> results;
  for (const int threads : {1, 2, 3, 8}) {
    segue::Run run;
    run.threads = threads;
    results.push_back(train_als(confidence, options, run));
  }
  const auto bits = [](const Factors& f) {
    const auto bytes = std::as_bytes(f.values().view());
    return std::vector<std::byte>(bytes.begin(), bytes.end());
  };
  for (const AlsResult& result : results) {
    EXPECT_EQ(bits(result.user_factors), bits(results[0].user_factors));
    EXPECT_EQ(bits(result.item_factors), bits(results[0].item_factors));
    EXPECT_EQ(result.sweeps.back().loss, results[0].sweeps.back().loss);
  }
}

class AlsThreads : public ::testing::TestWithParam<Way> {};

TEST_P(AlsThreads, GiveTheSameBits) {
  for (const std::string& target : simd::available_targets()) {
    simd::force_target(target);
    SCOPED_TRACE(target);
    expect_same_bits(GetParam());
  }
  simd::force_target("");
}
INSTANTIATE_TEST_SUITE_P(All, AlsThreads, Values(kExact, kSteps, kHalfSteps));

TEST(Als, FewStepsComeCloseToExactSweeps) {
  const CsrMatrix user_items = testing::random_confidences(400, 300, 0.05, 5);
  std::vector<float> likes(user_items.values().begin(), user_items.values().end());
  for (float& c : likes) c = std::min(std::abs(c), 20.0F);
  const auto confidence = ConfidenceMatrix::from_confidences(
      CsrMatrix::create(user_items.cols(), user_items.row_ptr(), user_items.columns(), likes));
  AlsOptions options = options_of(24, Solver::kCholesky, 10);
  const double exact = train_als(confidence, options).sweeps.back().loss;
  options.solver = Solver::kCg;
  options.cg_steps = 3;
  const double cg = train_als(confidence, options).sweeps.back().loss;
  EXPECT_NEAR(cg, exact, 0.001 * exact);
}

// A row's float16 vectors are kept for the steps: as floats, or as halves where there are many.
TEST(Als, LongRowsOfHalvesTrainAsFloatsDo) {
  struct Shape {
    std::uint32_t users;
    std::uint32_t factors;
  };
  // The items' rows: short; long, in registers and in tiles; solved together (18 MB).
  for (const auto& [users, factors] : {Shape{300, 40}, Shape{4000, 64}, Shape{1500, 130}, Shape{9000, 1000}}) {
    std::vector<std::uint64_t> row_ptr{0};
    std::vector<std::uint32_t> columns;
    std::vector<float> values;
    for (std::uint32_t user = 0; user < users; ++user) {
      for (std::uint32_t item = 0; item < 5; ++item) {
        if (item != 0 && (user * 7 + item * 13) % 11 < 5) continue;  // item 0 is everybody's
        columns.push_back(item);
        values.push_back(1 + static_cast<float>((user * 31 + item * 17) % 23) / 4);
      }
      row_ptr.push_back(columns.size());
    }
    const auto confidence =
        ConfidenceMatrix::from_confidences(CsrMatrix::create(5, std::move(row_ptr), std::move(columns), values));
    AlsOptions options = options_of(factors, Solver::kCg, 2);
    options.cg_steps = 3;
    options.precision = GatherPrecision::kFloat32;
    const double floats = train_als(confidence, options).sweeps.back().loss;
    options.precision = GatherPrecision::kFloat16;
    segue::Run run;
    run.threads = 1;
    const double halves = train_als(confidence, options, run).sweeps.back().loss;
    run.threads = 3;
    EXPECT_EQ(train_als(confidence, options, run).sweeps.back().loss, halves);
    EXPECT_NEAR(halves, floats, 1e-3 * floats) << users << " users, " << factors << " factors";
  }
}

TEST(Als, LossFallsFromSweepToSweep) {
  const auto confidence = ConfidenceMatrix::from_confidences(testing::random_confidences(200, 150, 0.1, 5));
  const auto sweeps = train_als(confidence, options_of(10, Solver::kCholesky, 6)).sweeps;
  ASSERT_EQ(sweeps.size(), 6U);
  for (std::size_t i = 1; i < sweeps.size(); ++i) {
    EXPECT_EQ(sweeps[i].sweep, i + 1);
    EXPECT_LT(sweeps[i].loss, sweeps[i - 1].loss);
  }
}

TEST(Als, EndsEarlyWhereTheLossStalls) {
  const auto confidence = ConfidenceMatrix::from_confidences(testing::random_confidences(200, 150, 0.1, 5));
  AlsOptions options = options_of(10, Solver::kCholesky, 50);
  const auto all = train_als(confidence, options).sweeps;
  ASSERT_EQ(all.size(), 50U);
  options.tolerance = 0.02F;
  const auto sweeps = train_als(confidence, options).sweeps;
  ASSERT_GE(sweeps.size(), 2U);
  ASSERT_LT(sweeps.size(), 50U);
  for (std::size_t i = 0; i < sweeps.size(); ++i) {
    EXPECT_EQ(sweeps[i].loss, all[i].loss);
    const bool stalls = i > 0 && sweeps[i - 1].loss - sweeps[i].loss < double{options.tolerance} * sweeps[i - 1].loss;
    EXPECT_EQ(stalls, i + 1 == sweeps.size()) << i;
  }
}

TEST(Als, AutoTakesFewerStepsToNearlyTheSameLoss) {
  // What a weighting gives, and extremes up to 5e5 with nothing to learn, far harder than any log.
  const CsrMatrix extreme = testing::random_confidences(1500, 1100, 0.03, 11);
  std::vector<float> values(extreme.values().begin(), extreme.values().end());
  for (float& value : values) value = std::clamp(value, -20.0F, 20.0F);
  const CsrMatrix usual = CsrMatrix::create(extreme.cols(), extreme.row_ptr(), extreme.columns(), std::move(values));
  for (const auto& [matrix, bound] : {std::pair(usual, 1e-3), std::pair(extreme, 1e-2)}) {
    const auto confidence = ConfidenceMatrix::from_confidences(matrix);
    const auto loss_after = [&](Solver solver, std::uint32_t sweeps) {
      AlsOptions options = options_of(40, solver, sweeps);
      options.cg_steps = 3;
      return train_als(confidence, options).sweeps.back().loss;
    };
    for (const std::uint32_t sweeps : {3U, 10U}) {
      const double all = loss_after(Solver::kCg, sweeps);
      const double few = loss_after(Solver::kAuto, sweeps);
      EXPECT_NEAR(few, all, bound * all) << sweeps;
      EXPECT_NE(few, all) << "takes every step";
    }
  }
}

TEST(Als, NoIterationsKeepTheInitialFactors) {
  const auto confidence = ConfidenceMatrix::from_confidences(testing::random_confidences(5, 6, 0.5, 1));
  const InitialFactors initial = initial_factors(5, 6, 4, 9);
  const AlsResult result = train_als(confidence, options_of(4, Solver::kAuto, 0), {}, {}, initial);
  EXPECT_EQ(testing::to_rows(result.user_factors), testing::to_rows(initial.users));
  EXPECT_EQ(testing::to_rows(result.item_factors), testing::to_rows(initial.items));
  EXPECT_TRUE(result.sweeps.empty());
}

TEST(Als, InitialFactorsDependOnTheSeedAlone) {
  const auto a = testing::to_rows(initial_factors(30, 20, 8, 1).users);
  EXPECT_EQ(a, testing::to_rows(initial_factors(30, 20, 8, 1).users));
  EXPECT_NE(a, testing::to_rows(initial_factors(30, 20, 8, 2).users));
  for (const auto& row : a) {
    for (const double v : row) {
      EXPECT_GE(v, 0);
      EXPECT_LT(v, 0.01);
    }
  }
}

TEST(Als, EmptyMatrixTrains) {
  const auto confidence = ConfidenceMatrix::from_confidences(testing::to_csr({{0, 0}, {0, 0}}, 2));
  const AlsResult result = train_als(confidence, options_of(3, Solver::kCg));
  EXPECT_EQ(testing::to_rows(result.item_factors), Rows(2, std::vector<double>(3, 0.0)));
}

TEST(Als, ConfidencesOfZeroTrainToZeroFactors) {
  const auto cells = CsrMatrix::create(2, std::vector<std::uint64_t>{0, 2, 4}, std::vector<std::uint32_t>{0, 1, 0, 1},
                                       std::vector<float>(4, 0.0F));
  for (const Solver solver : {Solver::kCg, Solver::kCholesky}) {
    const AlsResult result = train_als(ConfidenceMatrix::from_confidences(cells), options_of(3, solver, 20));
    EXPECT_EQ(result.sweeps.back().loss, 0);
    EXPECT_NEAR(norm(testing::to_rows(result.item_factors)[0]), 0, 1e-6);
  }
}

TEST(Als, CallbackEndsTraining) {
  const auto confidence = ConfidenceMatrix::from_confidences(testing::random_confidences(20, 20, 0.3, 1));
  const auto result = train_als(confidence, options_of(4, Solver::kCg, 50), {},
                                [](const SweepRecord& sweep) { return sweep.sweep < 3; });
  EXPECT_EQ(result.sweeps.size(), 3U);
}

TEST(Als, StopsWhenAsked) {
  const auto confidence = ConfidenceMatrix::from_confidences(testing::random_confidences(20, 20, 0.3, 1));
  std::stop_source source;
  segue::Run run;
  run.stop = source.get_token();
  try {
    train_als(confidence, options_of(4, Solver::kCg, 50), run, [&](const SweepRecord&) {
      source.request_stop();
      return true;
    });
    FAIL() << "went on";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kCancelled);
  }
}

TEST(Als, ProgressEndsAtItsTotalWithTheLoss) {
  const auto confidence = ConfidenceMatrix::from_confidences(testing::random_confidences(20, 20, 0.3, 1));
  Progress last;
  segue::Run run;
  run.progress = [&](const Progress& progress) { last = progress; };
  const auto result = train_als(confidence, options_of(4, Solver::kCg, 2), run);
  EXPECT_EQ(last.stage, "training");
  EXPECT_EQ(last.done, last.total);
  EXPECT_EQ(last.loss, result.sweeps.back().loss);
}

void expect_error(const AlsOptions& options, const char* problem, std::optional<InitialFactors> initial = {}) {
  const auto confidence = ConfidenceMatrix::from_confidences(testing::random_confidences(5, 6, 0.5, 1));
  try {
    train_als(confidence, options, {}, {}, std::move(initial));
    FAIL() << "trained";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kInvalidArgument);
    EXPECT_THAT(error.problem(), HasSubstr(problem));
    EXPECT_FALSE(error.fix().empty());
  }
}

TEST(Als, RejectsOptionsOutOfRange) {
  AlsOptions options = options_of(0, Solver::kAuto);
  expect_error(options, "factors is 0; it must be from 1 to 1024");
  options.factors = 1025;
  expect_error(options, "factors is 1025");
  options = options_of(4, Solver::kAuto);
  for (const float bad : {-1.0F, NAN, INFINITY}) {
    options.regularization = bad;
    expect_error(options, "regularization must be above 0");
  }
  options = options_of(4, Solver::kCg);
  options.cg_steps = 0;
  expect_error(options, "steps of conjugate gradient");
  expect_error(options_of(4, Solver::kCg), "initial factors have another shape", initial_factors(5, 6, 3, 1));
  expect_error(options_of(4, Solver::kCg), "initial factors have another shape", initial_factors(6, 6, 4, 1));
}

TEST(Als, RegularizationIsChosenInProportionToTheData) {
  // Users with confidences of 2 + 4 and 6; the third has none and does not count.
  const auto confidence = ConfidenceMatrix::from_confidences(testing::to_csr({{2, -4}, {0, 6}, {0, 0}}, 2));
  EXPECT_FLOAT_EQ(suggested_regularization(confidence), 0.12F * 6);
  AlsOptions options = options_of(2, Solver::kCg);
  options.regularization = 0;
  EXPECT_FLOAT_EQ(train_als(confidence, options).regularization, 0.12F * 6);
  options.regularization = 0.5F;
  EXPECT_FLOAT_EQ(train_als(confidence, options).regularization, 0.5F);
  EXPECT_GT(suggested_regularization(ConfidenceMatrix::from_confidences(CsrMatrix())), 0);
}

TEST(Als, FoldInIsTheExactRow) {
  const CsrMatrix c = testing::random_confidences(12, 60, 0.3, 21);
  const Factors items = plausible_factors(c, 19).items;
  const Rows y = testing::to_rows(items);
  const auto yty = gram(items);
  for (std::uint32_t u = 0; u < c.rows(); ++u) {
    const auto x = fold_in(items, yty, options_of(19, Solver::kAuto), c.row_columns(u), c.row_values(u));
    // In double, from a gram matrix whose parts were summed in float32: eps of float32 · 60 rows, condition about 1e3.
    const auto exact = testing::solve_row_sparse(y, c, u, kRegularization);
    EXPECT_LE(distance({x.begin(), x.end()}, exact), 1e-3 * (1e-6 + norm(exact)));
  }
}

TEST(Als, FoldInPartsAddUpToTheScores) {
  const CsrMatrix c = testing::random_confidences(12, 60, 0.3, 21);  // some below zero
  const Factors items = plausible_factors(c, 19).items;
  const auto yty = gram(items);
  const std::vector<std::uint32_t> wanted = {59, 0, 17};
  for (std::uint32_t u = 0; u < c.rows(); ++u) {
    const auto history = c.row_columns(u);
    const auto confidences = c.row_values(u);
    const AlsOptions options = options_of(19, Solver::kAuto);
    const auto x = fold_in(items, yty, options, history, confidences);
    const auto parts = fold_in_parts(items, yty, options, history, confidences, wanted);
    ASSERT_EQ(parts.size(), wanted.size() * history.size());
    for (std::size_t w = 0; w < wanted.size(); ++w) {
      double sum = 0;
      double size = 0;
      for (std::size_t j = 0; j < history.size(); ++j) {
        const double part = parts[w * history.size() + j];
        sum += part;
        size += std::abs(part);
        if (confidences[j] <= 0) {
          EXPECT_EQ(part, 0);
        }
      }
      double score = 0;
      for (std::size_t f = 0; f < x.size(); ++f) score += double{x[f]} * items[wanted[w]][f];
      // x is rounded to float32, once a factor.
      EXPECT_NEAR(sum, score, 1e-6 * (size + 1));
    }
  }
}

TEST(Als, FoldInRejectsItemsBeyondTheModel) {
  const Factors items = initial_factors(2, 6, 4, 1).items;
  EXPECT_THROW(fold_in(items, gram(items), options_of(4, Solver::kAuto), std::vector<std::uint32_t>{6},
                       std::vector<float>{1.0F}),
               Error);
}

TEST(Als, SolversHaveNames) {
  for (const Solver solver : {Solver::kAuto, Solver::kCg, Solver::kCholesky}) {
    EXPECT_EQ(solver_from_name(name_of(solver)), solver);
  }
  EXPECT_THROW(solver_from_name("lu"), Error);
}

}  // namespace
}  // namespace segue
