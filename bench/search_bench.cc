// Brute force over as many items as Last.fm-360K has artists: one query, and batches. ./dev bench search
//
// And the kernels that rule items out by their codes, over blocks that stay in L2, where nothing passes: eight queries
// at once, and one.
//
// Limits to hold the figures against (../shared/bench/limits.cc): one query reads every item once, so memory's
// bandwidth; a batch of many does 2 · factors operations a score, so the FMA peak. The factors are made up: brute
// force takes the same time whatever they are, but for the few items that pass the threshold.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "base/buffer.h"
#include "segue/index.h"
#include "simd/codes.h"
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

void BM_Codes(benchmark::State& state) {
  constexpr std::size_t kBlocks = 400;
  const auto factors = static_cast<std::size_t>(state.range(0));
  const auto count = static_cast<std::size_t>(state.range(1));
  std::mt19937 random(3);
  segue::Buffer<std::uint8_t> upper(kBlocks * segue::simd::upper_block_bytes(factors));
  segue::Buffer<std::uint8_t> lower(kBlocks * segue::simd::lower_block_bytes(factors));
  std::ranges::generate(upper, [&] { return static_cast<std::uint8_t>(random()); });
  std::ranges::generate(lower, [&] { return static_cast<std::uint8_t>(random()); });
  for (std::size_t block = 0; block < kBlocks; ++block) {
    segue::simd::CodeHead head{.scales = {}, .coarse = 30, .errors = 3, .norm = 1, .unused = {}};
    std::ranges::fill(head.scales, std::uint16_t{0x3B00});
    std::memcpy(upper.data() + block * segue::simd::upper_block_bytes(factors), &head, sizeof(head));
  }
  std::vector<std::int8_t> codes(count * segue::simd::round_to_eights(factors));
  std::ranges::generate(codes, [&] { return static_cast<std::int8_t>(static_cast<int>(random() % 255) - 127); });
  std::vector<segue::simd::CodeQuery> queries;
  std::vector<std::vector<segue::simd::Candidate>> found(count);
  std::vector<segue::simd::Candidate*> rooms;
  for (std::size_t q = 0; q < count; ++q) {
    queries.push_back({.codes = codes.data() + q * segue::simd::round_to_eights(factors),
                       .scale = 0.002F,
                       .by_error = 1,
                       .by_norm = 1e-5F,
                       .threshold = 1e6F});
    found[q].resize(kBlocks * segue::simd::kCodeItems);
    rooms.push_back(found[q].data());
  }
  const segue::simd::CodeBlocks blocks{.upper = upper.data(), .lower = lower.data(), .factors = factors};
  for (auto _ : state) {
    benchmark::DoNotOptimize(segue::simd::select_codes(blocks, 0, kBlocks, queries.data(), count, rooms.data()));
  }
  const double pairs = static_cast<double>(state.iterations()) * static_cast<double>(kBlocks * count);
  state.SetLabel(segue::simd::target_name());
  state.counters["blocks/s"] = benchmark::Counter(pairs, benchmark::Counter::kIsRate);
  state.counters["Gproducts/s"] = benchmark::Counter(
      pairs * static_cast<double>(segue::simd::kCodeItems * factors) / 1e9, benchmark::Counter::kIsRate);
}

BENCHMARK(BM_Codes)->ArgNames({"factors", "queries"})->Args({64, 8})->Args({64, 1})->Args({128, 8})->UseRealTime();

BENCHMARK(BM_BuildIndex)->ArgName("threads")->Arg(1)->Arg(2)->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace
