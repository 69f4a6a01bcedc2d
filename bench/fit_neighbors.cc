// Item-item neighbours of a matrix in the yardsticks' format, as implicit's BM25Recommender has them: sums of products
// of bm25 weights, not normalized. bench/neighbours.sh prints it beside that.
//
// usage: fit_neighbors plays.csr [NEIGHBORS=20] [THREADS=0: all]
#include <chrono>
#include <cstdio>
#include <cstdlib>

#include "base/checksum.h"
#include "read_csr.h"
#include "segue/error.h"
#include "segue/item_models.h"

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: fit_neighbors plays.csr [NEIGHBORS] [THREADS]\n");
    return 2;
  }
  try {
    segue::NeighborOptions options;
    options.neighbors = argc > 2 ? static_cast<std::uint32_t>(std::atoi(argv[2])) : 20;
    options.normalize = false;
    segue::Run job;
    job.threads = argc > 3 ? std::atoi(argv[3]) : 0;
    const segue::CsrMatrix plays = read_csr(argv[1]);
    const auto begin = std::chrono::steady_clock::now();
    const segue::Neighborhood got = segue::item_neighbors(plays, options, job);
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begin;
    segue::Checksum sum;
    sum.add(std::as_bytes(got.similar.columns().view()));
    sum.add(std::as_bytes(got.similar.values().view()));
    std::printf("%.2f s  threads %d  neighbours %zu  checksum %s\n", seconds.count(), job.thread_count(),
                static_cast<std::size_t>(got.similar.nnz()), segue::to_hex(sum.value()).c_str());
    return 0;
  } catch (const segue::Error& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return segue::describe(error.code()).exit_status;
  }
}
