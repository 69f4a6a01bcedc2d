// Iterations of BPR or LMF on a matrix in the yardsticks' format. bench/gradient.sh prints them beside implicit's.
//
// usage: fit_gradient bpr|lmf plays.csr [FACTORS=100 for bpr, 30 for lmf] [THREADS=0: all] [ITERATIONS=3]
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "base/checksum.h"
#include "read_csr.h"
#include "segue/error.h"
#include "segue/gradient_models.h"

int main(int argc, char** argv) {
  if (argc < 3) {
    std::fprintf(stderr, "usage: fit_gradient bpr|lmf plays.csr [FACTORS] [THREADS] [ITERATIONS]\n");
    return 2;
  }
  try {
    const bool is_bpr = std::string_view(argv[1]) == "bpr";
    const auto number = [&](int at, int otherwise) { return argc > at ? std::atoi(argv[at]) : otherwise; };
    segue::Run job;
    job.threads = number(4, 0);
    const segue::CsrMatrix plays = read_csr(argv[2]);
    const auto say = [](const segue::SweepRecord& sweep) {
      std::printf("%.2f s  iteration %u  loss %.6f\n", sweep.seconds, sweep.sweep, sweep.loss);
      return true;
    };
    segue::GradientResult got;
    if (is_bpr) {
      segue::BprOptions options;
      options.factors = static_cast<std::uint32_t>(number(3, 100));
      options.iterations = static_cast<std::uint32_t>(number(5, 3));
      options.negatives = segue::Negatives::kPopularity;  // as implicit draws
      got = segue::train_bpr(plays, options, job, say);
    } else {
      segue::LmfOptions options;
      options.factors = static_cast<std::uint32_t>(number(3, 30));
      options.iterations = static_cast<std::uint32_t>(number(5, 3));
      options.negatives = segue::Negatives::kPopularity;
      got = segue::train_lmf(plays, options, job, say);
    }
    segue::Checksum sum;
    sum.add(std::as_bytes(got.user_factors.values().view()));
    sum.add(std::as_bytes(got.item_factors.values().view()));
    std::printf("threads %d  checksum %s\n", job.thread_count(), segue::to_hex(sum.value()).c_str());
    return 0;
  } catch (const segue::Error& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return segue::describe(error.code()).exit_status;
  }
}
