// How long it takes to open the indexes that a model file holds, beside what opening the model itself and building them
// takes. open.sh runs it.
//
// usage: open_index MODEL ROUNDS
// The file is in the page cache. Medians; one thread for building, all cores where files are opened, as programs do.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <functional>
#include <string>
#include <vector>

#include "segue/index.h"
#include "segue/model.h"

namespace {

double median_ms(int rounds, const std::function<void()>& work) {
  std::vector<double> took;
  for (int round = 0; round < rounds; ++round) {
    const auto begin = std::chrono::steady_clock::now();
    work();
    took.push_back(std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin).count());
  }
  std::ranges::sort(took);
  return took[took.size() / 2];
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: open_index MODEL ROUNDS\n");
    return 2;
  }
  try {
    const int rounds = std::atoi(argv[2]);
    const segue::Model model = segue::Model::open(argv[1]);
    const segue::Factors& items = model.item_factors();
    std::printf("%u items, %u factors, %zu indexes\n", items.rows(), items.factors(), model.indexes().size());
    std::printf("model, every checksum compared   %9.2f ms\n",
                median_ms(rounds, [&] { (void)segue::Model::open(argv[1]); }));
    for (const segue::StoredIndex& stored : model.indexes()) {
      const std::string name = stored.kind + " by " + std::string(segue::name_of(stored.metric));
      std::printf("%-32s %9.2f ms", name.c_str(), median_ms(rounds, [&] { (void)segue::open_index(items, stored); }));
      segue::IndexOptions options = stored.options;
      options.kind = stored.kind;
      segue::Run one;
      one.threads = 1;
      std::printf("  built on one thread in %9.2f ms\n",
                  median_ms(1, [&] { (void)segue::make_index(items, stored.metric, options, one); }));
    }
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
  return 0;
}
