// Trains on a matrix in the yardstick's own format, from the yardstick's own initial factors, and prints what it
// prints: the two can be run in turn and their losses compared sweep by sweep. bench/train.sh does.
//
// usage: train_sweep plays.csr FACTORS SWEEPS [KEY=VALUE…]
// keys: solver (auto), cg-steps (3), threads (0: all), seed (42), precision (auto), regularization (0.01),
// unobserved-weight (0), regularization-exponent (0), until (a loss after which to end, 0)
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <string>
#include <vector>

#include "base/buffer.h"
#include "base/checksum.h"
#include "read_csr.h"
#include "segue/error.h"
#include "segue/train.h"
#include "segue/weighting.h"
#include "simd/targets.h"

namespace {

segue::Factors uniform_factors(std::uint32_t rows, std::uint32_t factors, std::mt19937& rng) {
  std::uniform_real_distribution<float> uniform(0, 0.01F);
  const std::size_t stride = segue::Factors::stride_for(factors);
  segue::Buffer<float> values(rows * stride);
  for (std::size_t row = 0; row < rows; ++row) {
    for (std::size_t f = 0; f < factors; ++f) values[row * stride + f] = uniform(rng);
  }
  return segue::Factors::create(rows, factors, std::move(values).share());
}

std::string factors_checksum(const segue::Factors& factors) {
  segue::Checksum sum;
  for (std::uint32_t row = 0; row < factors.rows(); ++row) sum.add(std::as_bytes(factors[row]));
  return segue::to_hex(sum.value());
}

/// What comes after FACTORS and SWEEPS.
struct Args {
  segue::AlsOptions options;
  segue::Run job;
  double until = 0;

  void read(const std::string& argument) {
    const std::size_t equals = argument.find('=');
    const std::string key = argument.substr(0, equals);
    const std::string value = equals == std::string::npos ? "" : argument.substr(equals + 1);
    const auto number = [&] { return static_cast<float>(std::atof(value.c_str())); };
    if (key == "solver") {
      options.solver = segue::solver_from_name(value);
    } else if (key == "cg-steps") {
      options.cg_steps = static_cast<std::uint32_t>(number());
    } else if (key == "threads") {
      job.threads = static_cast<int>(number());
    } else if (key == "seed") {
      options.seed = static_cast<std::uint64_t>(number());
    } else if (key == "precision") {
      options.precision = segue::precision_from_name(value);
    } else if (key == "regularization") {
      options.regularization = number();
    } else if (key == "unobserved-weight") {
      options.unobserved_weight = number();
    } else if (key == "regularization-exponent") {
      options.regularization_exponent = number();
    } else if (key == "until") {
      until = std::atof(value.c_str());
    } else {
      throw segue::Error(segue::ErrorCode::kInvalidArgument, "there is no key \"" + key + "\"",
                         "see bench/train_sweep.cc");
    }
  }
};

int run(int argc, char** argv) {
  if (argc < 4) {
    std::fprintf(stderr, "usage: train_sweep plays.csr FACTORS SWEEPS [KEY=VALUE…]\n");
    return 2;
  }
  Args args;
  segue::AlsOptions& options = args.options;
  options.factors = static_cast<std::uint32_t>(std::atoi(argv[2]));
  options.iterations = static_cast<std::uint32_t>(std::atoi(argv[3]));
  options.regularization = 0.01F;  // the yardstick's, and its bm25
  for (int i = 4; i < argc; ++i) args.read(argv[i]);
  const segue::Run& job = args.job;
  segue::WeightingOptions notebook;
  notebook.bm25_k1 = 100;
  notebook.bm25_b = 0.8F;
  const auto weighed = segue::weigh(read_csr(argv[1]), notebook, job);
  std::mt19937 rng(static_cast<unsigned>(options.seed));
  segue::InitialFactors initial;
  initial.users = uniform_factors(weighed.confidence.users(), options.factors, rng);
  initial.items = uniform_factors(weighed.confidence.items(), options.factors, rng);
  double total = 0;
  const auto result = segue::train_als(
      weighed.confidence, options, job,
      [&](const segue::SweepRecord& sweep) {
        total += sweep.seconds;
        std::printf("sweep %u  %.3f s  total %.2f s  loss %.8f  threads %d\n", sweep.sweep, sweep.seconds, total,
                    sweep.loss, job.thread_count());
        std::fflush(stdout);
        return sweep.loss > args.until;
      },
      std::move(initial));
  std::printf("solver %s  simd %s  checksum %s %s\n", std::string(segue::name_of(result.solver)).c_str(),
              segue::simd::target_name().c_str(), factors_checksum(result.user_factors).c_str(),
              factors_checksum(result.item_factors).c_str());
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const segue::Error& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return segue::describe(error.code()).exit_status;
  }
}
