// Codes are rounded values over a scale that sends the largest to 127. What rounding leaves is measured in double and
// rounded up, so a bound never leans on how codes came about: any codes would do, worse ones let more items through.
#include "index/coded_items.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "base/parallel.h"
#include "index/norms.h"

namespace segue {
namespace {

constexpr std::size_t kBlocksPerChunk = 256;
constexpr float kLargestCode = 127;

// Lengths between which nothing that the bound multiplies leaves the normal float32 range, or loses to underflow what
// its slack could not cover. Shorter items count as this long; longer vectors are scored without codes.
constexpr double kShortest = 0x1p-40;
constexpr double kLongest = 0x1p40;

/// Sums of double are off by factors · 2⁻⁵³ at most, far less than this.
constexpr double kDoubleSlack = 1 + 0x1p-40;

/// float32 roundings of a score (one or two a factor) and of the bound itself, relative to |q||x|: docs/search.md.
double rounding_slack(std::size_t factors) { return static_cast<double>(factors + 32) * 0x1p-24; }

float rounded_up(double value) {
  return std::nextafter(static_cast<float>(value * kDoubleSlack), std::numeric_limits<float>::infinity());
}

struct Coded {
  float scale = 0;
  double error = 0;   // |x - scale · codes|
  double length = 0;  // |scale · codes|
};

/// Writes the codes of `x`.
Coded encode(std::span<const float> x, std::int8_t* codes) {
  float largest = 0;
  for (const float value : x) largest = std::max(largest, std::abs(value));
  Coded coded;
  // A subnormal scale has too few bits to divide by: all of such a vector is error.
  const float scale = largest / kLargestCode;
  coded.scale = scale < 0x1p-100F ? 0 : scale;
  double error = 0;
  double length = 0;
  for (std::size_t f = 0; f < x.size(); ++f) {
    const float code = coded.scale == 0 ? 0 : std::clamp(std::nearbyint(x[f] / scale), -kLargestCode, kLargestCode);
    codes[f] = static_cast<std::int8_t>(code);
    const double kept = double{coded.scale} * double{code};
    error += (double{x[f]} - kept) * (double{x[f]} - kept);
    length += kept * kept;
  }
  coded.error = std::sqrt(error);
  coded.length = std::sqrt(length);
  return coded;
}

}  // namespace

CodedItems::CodedItems(const ScoredItems& items, std::vector<std::uint32_t> order, const Run& run)
    : factors_(items.factors()), ids_(std::move(order)) {
  ids_.resize((ids_.size() + simd::kCodeItems - 1) / simd::kCodeItems * simd::kCodeItems, kNone);
  const std::size_t block_count = ids_.size() / simd::kCodeItems;
  const std::size_t block_bytes = simd::code_block_bytes(factors_);
  codes_ = Buffer<std::uint8_t>(block_count * block_bytes);
  scales_ = Buffer<float>(ids_.size());
  errors_ = Buffer<float>(ids_.size());
  norms_ = Buffer<float>(block_count);
  parallel_chunks(block_count, kBlocksPerChunk, run, [&](std::size_t begin, std::size_t end, int) {
    std::vector<float> x(factors_);
    std::vector<std::int8_t> codes(factors_);
    for (std::size_t block = begin; block < end; ++block) {
      std::uint8_t* out = codes_.data() + block * block_bytes;
      std::fill_n(out, block_bytes, std::uint8_t{128});
      norms_[block] = kShortest;
      for (std::size_t i = 0; i < simd::kCodeItems; ++i) {
        const std::size_t at = block * simd::kCodeItems + i;
        errors_[at] = -std::numeric_limits<float>::infinity();  // a free place: below every threshold
        if (ids_[at] == kNone) continue;
        const float scale = items.scale(ids_[at]);
        std::ranges::transform(items.vector(ids_[at]), x.begin(), [&](float value) { return scale * value; });
        const double length = norm(x);
        Coded coded;
        if (length >= kShortest) {
          coded = encode(x, codes.data());
        } else {
          std::ranges::fill(codes, std::int8_t{0});
          coded.error = length == 0 ? 0 : kShortest;
        }
        for (std::size_t f = 0; f < factors_; ++f) {
          out[f / 4 * 64 + i * 4 + f % 4] = static_cast<std::uint8_t>(codes[f] + 128);
        }
        scales_[at] = coded.scale;
        errors_[at] = rounded_up(coded.error);
        norms_[block] = std::max(norms_[block], rounded_up(length));
      }
    }
  });
}

bool CodedItems::can_code(const ScoredItems& items) {
  if (items.factors() == 0 || items.factors() > simd::kMostCodeFactors) return false;
  return items.metric() == Metric::kCosine ||
         std::ranges::all_of(items.norms(), [](double n) { return n <= kLongest; });
}

bool CodedItems::code(std::vector<float> prepared, CodedQuery& query) {
  const double length = norm(prepared);
  if (!(length >= kShortest && length <= kLongest)) return false;
  query.codes.resize(prepared.size());
  const Coded coded = encode(prepared, query.codes.data());
  const double slack = rounding_slack(prepared.size()) * length;
  query.kernel = {.codes = query.codes.data(),
                  .scale = coded.scale,
                  .by_error = rounded_up(coded.length),
                  .by_norm = rounded_up(coded.error + slack),
                  .threshold = -std::numeric_limits<float>::infinity()};
  query.reach = rounded_up(length + slack);
  query.values = std::move(prepared);
  return true;
}

simd::CodeBlocks CodedItems::view() const {
  return {.codes = codes_.data(),
          .scales = scales_.data(),
          .errors = errors_.data(),
          .norms = norms_.data(),
          .factors = factors_};
}

}  // namespace segue
