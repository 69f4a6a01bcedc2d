// One question for similar items after the other, as the server's threads ask them: what a request costs without HTTP.
//
// usage: similar_calls MODEL CALLS
// prints processor time a call, of items drawn at random
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <numeric>
#include <random>
#include <vector>

#include "segue/error.h"
#include "segue/model.h"
#include "segue/recommender.h"

namespace {

int run(char** argv) {
  const segue::Run one_thread{.stop = {}, .progress = {}, .threads = 1};
  const segue::Recommender recommender(segue::Model::open(argv[1]), one_thread);
  const int calls = std::atoi(argv[2]);
  const std::uint32_t items = recommender.model().interactions().items.size();
  std::mt19937 random(7);
  std::vector<std::uint32_t> asked(2000);  // as many as the load script asks for
  for (std::uint32_t& item : asked) item = static_cast<std::uint32_t>(random() % items);

  segue::AnswerOptions options;
  options.include_self = false;
  recommender.similar(asked.front(), options);  // opens the index
  std::size_t found = 0;
  const std::clock_t begin = std::clock();
  for (int call = 0; call < calls; ++call) {
    found += recommender.similar(asked[static_cast<std::size_t>(call) % asked.size()], options).size();
  }
  const double micros = static_cast<double>(std::clock() - begin) * 1e6 / CLOCKS_PER_SEC / calls;
  std::printf("%.0f us a call, index %s, %.1f results\n", micros, recommender.similar_kind().data(),
              static_cast<double>(found) / calls);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fputs("usage: similar_calls MODEL CALLS\n", stderr);
    return 2;
  }
  try {
    return run(argv);
  } catch (const segue::Error& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
