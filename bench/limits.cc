// What two kinds of work can reach at most on this machine: multiply-adds, reads from L2 and memory, rows read at
// random.
//
// usage: limits [THREADS=all] [ROW_BYTES…]        default: 128 256 512
// Prints a line each: "multiply_add GFLOP/s", "memory GB/s", "cache GB/s" (256 KiB a thread, which any L2 holds), and
// for each length of rows "gather ROW_BYTES GB/s" from a table of 292,365 rows, prefetched twelve rows ahead. All
// threads together, the best of five; float32 on the SIMD target that segue runs on (SEGUE_SIMD caps it).
// bench/floor.sh adds a sweep's floor up from them.
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <string>
#include <vector>

#include "base/buffer.h"
#include "base/parallel.h"
#include "simd/targets.h"

namespace {

constexpr std::size_t kMemoryFloats = std::size_t{1} << 27;  // 512 MB in all
constexpr std::size_t kCacheFloats = std::size_t{1} << 16;   // 256 KiB a thread
constexpr std::size_t kTableRows = 292'365;                  // as Last.fm-360K has artists
constexpr std::size_t kRowsRead = 4'000'000;
constexpr std::size_t kLead = 12;

/// The three kinds of work, on vectors of one width.
struct Kernels {
  /// @return what must not be optimised away
  float (*multiply_add)(std::size_t rounds);
  float (*read)(const float* from, std::size_t floats);
  float (*gather)(const float* table, std::size_t row_floats, const std::uint32_t* rows, std::size_t count);
  double flops_a_round;
};

// The compiler's own vectors rather than Highway's: a limit should not depend on the library whose use it judges. This
// file is compiled with contraction on, so that a * b + c is one instruction.
#define SEGUE_LIMITS(NAME, TARGET, BYTES, SUMS)                                                                   \
  namespace NAME {                                                                                                \
  using V [[gnu::vector_size(BYTES), gnu::may_alias]] = float;                                                    \
  TARGET inline float total(V v) {                                                                                \
    float sum = 0;                                                                                                \
    for (std::size_t i = 0; i < (BYTES) / sizeof(float); ++i) sum += v[i];                                        \
    return sum;                                                                                                   \
  }                                                                                                               \
  TARGET float multiply_add(std::size_t rounds) {                                                                 \
    V sum[SUMS];                                                                                                  \
    for (int i = 0; i < (SUMS); ++i) sum[i] = V{} + static_cast<float>(i);                                        \
    const V by = V{} + 0.999999F;                                                                                 \
    const V add = V{} + 1e-7F;                                                                                    \
    for (std::size_t r = 0; r < rounds; ++r) {                                                                    \
      _Pragma("GCC unroll 16") for (int i = 0; i < (SUMS); ++i) sum[i] = sum[i] * by + add;                       \
    }                                                                                                             \
    V all = sum[0];                                                                                               \
    for (int i = 1; i < (SUMS); ++i) all += sum[i];                                                               \
    return total(all);                                                                                            \
  }                                                                                                               \
  TARGET float read(const float* from, std::size_t floats) {                                                      \
    constexpr std::size_t kLanes = (BYTES) / sizeof(float);                                                       \
    V sum[8] = {};                                                                                                \
    for (std::size_t i = 0; i < floats; i += 8 * kLanes) {                                                        \
      _Pragma("GCC unroll 8") for (std::size_t j = 0; j < 8; ++j) {                                               \
        sum[j] += *reinterpret_cast<const V*>(from + i + j * kLanes);                                             \
      }                                                                                                           \
    }                                                                                                             \
    V all = {};                                                                                                   \
    for (const V& v : sum) all += v;                                                                              \
    return total(all);                                                                                            \
  }                                                                                                               \
  TARGET float gather(const float* table, std::size_t row_floats, const std::uint32_t* rows, std::size_t count) { \
    constexpr std::size_t kLanes = (BYTES) / sizeof(float);                                                       \
    V sum[4] = {};                                                                                                \
    for (std::size_t i = 0; i < count; ++i) {                                                                     \
      const float* next = table + rows[std::min(i + kLead, count - 1)] * row_floats;                              \
      for (std::size_t f = 0; f < row_floats; f += 16) __builtin_prefetch(next + f);                              \
      const float* row = table + rows[i] * row_floats;                                                            \
      for (std::size_t f = 0; f < row_floats; f += 4 * kLanes) {                                                  \
        _Pragma("GCC unroll 4") for (std::size_t j = 0; j < 4; ++j) {                                             \
          if (f + j * kLanes < row_floats) sum[j] += *reinterpret_cast<const V*>(row + f + j * kLanes);           \
        }                                                                                                         \
      }                                                                                                           \
    }                                                                                                             \
    return total(sum[0] + sum[1] + sum[2] + sum[3]);                                                              \
  }                                                                                                               \
  constexpr Kernels kKernels = {multiply_add, read, gather, 2.0 * (SUMS) * (BYTES) / sizeof(float)};              \
  }

#if defined(__x86_64__)
SEGUE_LIMITS(avx512, __attribute__((target("avx512f"))), 64, 16)
SEGUE_LIMITS(avx2, __attribute__((target("avx2,fma"))), 32, 12)
#endif
SEGUE_LIMITS(narrow, , 16, 12)

const Kernels& kernels_of(const std::string& target) {
#if defined(__x86_64__)
  if (target == "avx512") return avx512::kKernels;
  if (target == "avx2") return avx2::kKernels;
#endif
  return narrow::kKernels;
}

float sink = 0;  // what the compiler must believe is used

/// The least seconds of five runs of body(thread) on all threads.
template <class Body>
double least_seconds(const segue::Run& run, const Body& body) {
  const auto threads = static_cast<std::size_t>(run.thread_count());
  double least = 1e30;
  std::vector<float> sums(threads);
  for (int i = 0; i < 5; ++i) {
    const auto begin = std::chrono::steady_clock::now();
    segue::parallel_chunks(threads, 1, run, [&](std::size_t thread, std::size_t, int) { sums[thread] = body(thread); });
    least = std::min(least, std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
  }
  for (const float sum : sums) sink += sum;
  return least;
}

segue::Buffer<float> ones(std::size_t floats) {
  segue::Buffer<float> values(floats);
  std::fill(values.begin(), values.end(), 1.0F);
  return values;
}

}  // namespace

int main(int argc, char** argv) {
  segue::Run run;
  if (argc > 1) run.threads = std::atoi(argv[1]);
  std::vector<std::size_t> row_bytes;
  for (int i = 2; i < argc; ++i) row_bytes.push_back(static_cast<std::size_t>(std::atoi(argv[i])));
  if (row_bytes.empty()) row_bytes = {128, 256, 512};
  const auto threads = static_cast<std::size_t>(run.thread_count());
  const std::string target = segue::simd::target_name();
  const Kernels& kernels = kernels_of(target);
  std::printf("target %s, %zu threads\n", target.c_str(), threads);

  constexpr std::size_t kRounds = 20'000'000;
  double seconds = least_seconds(run, [&](std::size_t) { return kernels.multiply_add(kRounds); });
  std::printf("multiply_add %.1f\n", static_cast<double>(threads * kRounds) * kernels.flops_a_round / seconds / 1e9);

  const segue::Buffer<float> large = ones(kMemoryFloats);
  const std::size_t share = kMemoryFloats / threads / 128 * 128;
  seconds = least_seconds(run, [&](std::size_t t) { return kernels.read(large.data() + t * share, share); });
  std::printf("memory %.1f\n", static_cast<double>(threads * share * sizeof(float)) / seconds / 1e9);

  constexpr std::size_t kRepeats = 4000;
  seconds = least_seconds(run, [&](std::size_t t) {
    float sum = 0;
    for (std::size_t i = 0; i < kRepeats; ++i) {
      sum += kernels.read(large.data() + t * share, kCacheFloats);
      asm volatile("" : : : "memory");
    }
    return sum;
  });
  std::printf("cache %.1f\n", static_cast<double>(threads * kRepeats * kCacheFloats * sizeof(float)) / seconds / 1e9);

  std::mt19937 random(1);
  std::vector<std::uint32_t> rows(kRowsRead * threads);
  for (std::uint32_t& row : rows) row = static_cast<std::uint32_t>(random() % kTableRows);
  for (const std::size_t bytes : row_bytes) {
    const std::size_t floats = (bytes + 63) / 64 * 16;
    const segue::Buffer<float> table = ones(kTableRows * floats);
    seconds = least_seconds(run, [&](std::size_t t) {
      return kernels.gather(table.data(), floats, rows.data() + t * kRowsRead, kRowsRead);
    });
    std::printf("gather %zu %.1f\n", bytes, static_cast<double>(rows.size() * floats * sizeof(float)) / seconds / 1e9);
  }
  return sink == 0.5F ? 1 : 0;
}
