// Brute force over as many items as Last.fm-360K has artists: one query, and batches. ./dev bench search
//
// Limits to hold the figures against (../shared/bench/limits.cc): one query reads every item once, so memory's
// bandwidth; a batch of many does 2 · factors operations a score, so the FMA peak. The factors are made up: brute
// force takes the same time whatever they are, but for the few items that pass the threshold.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <random>
#include <string>
#include <utility>

#include "base/buffer.h"
#include "segue/index.h"
#include "simd/targets.h"

namespace {

constexpr std::uint32_t kItems = 292'365;
constexpr std::uint32_t kTop = 10;

segue::Factors made_up(std::uint32_t rows, std::uint32_t factors, std::uint32_t seed) {
  std::mt19937 random(seed);
  segue::Buffer<float> values(std::size_t{rows} * segue::Factors::stride_for(factors));
  for (std::uint32_t row = 0; row < rows; ++row) {
    for (std::uint32_t f = 0; f < factors; ++f) {
      values[std::size_t{row} * segue::Factors::stride_for(factors) + f] =
          static_cast<float>(random() % 2001) / 1000.0F - 1;
    }
  }
  return segue::Factors::create(rows, factors, std::move(values).share());
}

/// The nearest of query `q` by the definition; what the benchmark trusts before it measures.
bool verified(const segue::Factors& items, const segue::Factors& queries, std::uint32_t q,
              const segue::Neighbor& best) {
  double most = -1e30;
  for (std::uint32_t item = 0; item < items.rows(); ++item) {
    double sum = 0;
    for (std::uint32_t f = 0; f < items.factors(); ++f) sum += double{items[item][f]} * double{queries[q][f]};
    most = std::max(most, sum);
  }
  return std::abs(most - double{best.score}) < 1e-3;
}

void BM_Search(benchmark::State& state) {
  const auto factors = static_cast<std::uint32_t>(state.range(0));
  const auto count = static_cast<std::uint32_t>(state.range(1));
  segue::Run run;
  run.threads = static_cast<int>(state.range(2));
  const segue::Factors items = made_up(kItems, factors, 1);
  const segue::Factors queries = made_up(count, factors, 2);
  const auto index = segue::make_brute_index(items, segue::Metric::kInnerProduct, run);
  if (!verified(items, queries, count - 1, index->search(queries, kTop, {}, run).back().front())) {
    state.SkipWithError("the best item is not the best");
    return;
  }
  for (auto _ : state) benchmark::DoNotOptimize(index->search(queries, kTop, {}, run));
  const double scores = static_cast<double>(state.iterations()) * kItems * count;
  state.SetLabel(segue::simd::target_name());
  state.counters["queries/s"] =
      benchmark::Counter(static_cast<double>(state.iterations()) * count, benchmark::Counter::kIsRate);
  state.counters["GFLOP/s"] = benchmark::Counter(scores * 2 * factors / 1e9, benchmark::Counter::kIsRate);
  if (count == 1) {
    state.counters["GB/s"] = benchmark::Counter(scores * items.stride() * 4 / 1e9, benchmark::Counter::kIsRate);
  }
}

BENCHMARK(BM_Search)
    ->ArgNames({"factors", "queries", "threads"})
    ->Args({64, 1, 1})
    ->Args({64, 1, 2})
    ->Args({64, 8, 1})
    ->Args({64, 1024, 1})
    ->Args({64, 1024, 2})
    ->Args({50, 1024, 2})
    ->Args({128, 1, 1})
    ->Args({128, 1024, 2})
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();

void BM_BuildIndex(benchmark::State& state) {
  segue::Run run;
  run.threads = static_cast<int>(state.range(0));
  const segue::Factors items = made_up(kItems, 64, 1);
  for (auto _ : state) benchmark::DoNotOptimize(segue::make_brute_index(items, segue::Metric::kCosine, run));
}

BENCHMARK(BM_BuildIndex)->ArgName("threads")->Arg(1)->Arg(2)->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace
