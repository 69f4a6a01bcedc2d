// What the Python package asks of the library, asked in C++: the times that bench/python_calls.py is held against.
//
// usage: python_calls MODEL SWEEPS USERS QUERIES
// prints: "fit SECONDS", "recommend SECONDS", "similar MICROSECONDS": medians
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <utility>
#include <vector>

#include "segue/error.h"
#include "segue/index.h"
#include "segue/model.h"
#include "segue/train.h"
#include "segue/weighting.h"

namespace {

constexpr std::uint32_t kTop = 10;
constexpr int kRounds = 3;

class Watch {
 public:
  double seconds() const { return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin_).count(); }

 private:
  std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
};

double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::ranges::nth_element(values, middle);
  return *middle;
}

segue::Factors rows_of(const segue::Factors& factors, std::uint32_t first, std::uint32_t count) {
  return segue::Factors::create(
      count, factors.factors(),
      segue::Array<float>(factors.values().subspan(first * factors.stride(), count * factors.stride()), nullptr));
}

int run(char** argv) {
  const segue::Model model = segue::Model::open(argv[1]);
  const auto sweeps = static_cast<std::uint32_t>(std::atoi(argv[2]));
  const auto users = static_cast<std::uint32_t>(std::atoi(argv[3]));
  const auto queries = static_cast<std::uint32_t>(std::atoi(argv[4]));
  const segue::CsrMatrix& plays = model.interactions().plays;
  const segue::Factors& items = model.item_factors();

  segue::AlsOptions options;
  options.factors = items.factors();
  options.iterations = sweeps;
  options.regularization = 0.01F;
  options.solver = segue::Solver::kCg;
  std::vector<double> fits;
  for (int round = 0; round < kRounds; ++round) {
    const Watch fit;
    segue::InitialFactors start = segue::initial_factors(plays.rows(), plays.cols(), options.factors, options.seed);
    const auto confidence = segue::ConfidenceMatrix::from_confidences(plays);
    segue::train_als(confidence, options, {}, {}, std::move(start));
    fits.push_back(fit.seconds());
  }
  std::printf("fit %.3f\n", median(fits));

  const auto best = segue::make_exact_index(items, segue::Metric::kInnerProduct);
  std::vector<double> rankings;
  for (int round = 0; round < kRounds; ++round) {
    const Watch ranking;
    std::vector<segue::ItemFilter> filters(users);
    for (std::uint32_t user = 0; user < users; ++user) filters[user].deny = plays.row_columns(user);
    best->search(rows_of(model.user_factors(), 0, users), kTop, filters, {});
    rankings.push_back(ranking.seconds());
  }
  std::printf("recommend %.3f\n", median(rankings));

  const auto near = segue::make_exact_index(items, segue::Metric::kCosine);
  std::vector<double> times;
  for (std::uint32_t item = 0; item < queries; ++item) {
    const Watch one;
    near->search(rows_of(items, item, 1), kTop, {}, {});
    times.push_back(one.seconds());
  }
  std::printf("similar %.1f\n", 1e6 * median(times));
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) {
    std::fprintf(stderr, "usage: python_calls MODEL SWEEPS USERS QUERIES\n");
    return 2;
  }
  try {
    return run(argv);
  } catch (const segue::Error& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return segue::describe(error.code()).exit_status;
  }
}
