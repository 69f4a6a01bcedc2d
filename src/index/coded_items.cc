// Codes are rounded values over a scale that sends the largest to 127. What rounding leaves is measured in double and
// rounded up, so a bound never leans on how codes came about: any codes would do, worse ones let more items through.
#include "index/coded_items.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <utility>

#include "base/parallel.h"
#include "index/index_parts.h"
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
    : factors_(items.factors()) {
  order.resize((order.size() + simd::kCodeItems - 1) / simd::kCodeItems * simd::kCodeItems, kNone);
  const std::size_t block_count = order.size() / simd::kCodeItems;
  const std::size_t block_bytes = simd::code_block_bytes(factors_);
  Buffer<std::uint8_t> all_codes(block_count * block_bytes);
  Buffer<float> scales(order.size());
  Buffer<float> errors(order.size());
  Buffer<float> norms(block_count);
  parallel_chunks(block_count, kBlocksPerChunk, run, [&](std::size_t begin, std::size_t end, int) {
    std::vector<float> x(factors_);
    std::vector<std::int8_t> codes(factors_);
    for (std::size_t block = begin; block < end; ++block) {
      std::uint8_t* out = all_codes.data() + block * block_bytes;
      std::fill_n(out, block_bytes, std::uint8_t{128});
      norms[block] = kShortest;
      for (std::size_t i = 0; i < simd::kCodeItems; ++i) {
        const std::size_t at = block * simd::kCodeItems + i;
        errors[at] = -std::numeric_limits<float>::infinity();  // a free place: below every threshold
        if (order[at] == kNone) continue;
        const float scale = items.scale(order[at]);
        std::ranges::transform(items.vector(order[at]), x.begin(), [&](float value) { return scale * value; });
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
        scales[at] = coded.scale;
        errors[at] = rounded_up(coded.error);
        norms[block] = std::max(norms[block], rounded_up(length));
      }
    }
  });
  ids_ = std::move(order);
  codes_ = std::move(all_codes).share();
  scales_ = std::move(scales).share();
  errors_ = std::move(errors).share();
  norms_ = std::move(norms).share();
}

CodedItems::CodedItems(const ScoredItems& items, const StoredIndex& stored)
    : factors_(items.factors()), ids_(part_of<std::uint32_t>(stored, "ids")) {
  if (ids_.size() % simd::kCodeItems != 0) damaged_part("ids", "is not of whole blocks");
  const std::size_t block_count = ids_.size() / simd::kCodeItems;
  codes_ = part_of<std::uint8_t>(stored, "codes", block_count * simd::code_block_bytes(factors_));
  scales_ = part_of<float>(stored, "scales", ids_.size());
  errors_ = part_of<float>(stored, "errors", ids_.size());
  norms_ = part_of<float>(stored, "norms", block_count);
  std::vector<bool> there(items.size());
  std::size_t count = 0;
  for (const std::uint32_t id : ids_) {
    if (id == kNone) continue;
    if (id >= items.size())
      damaged_part("ids", "names item " + std::to_string(id) + " of " + std::to_string(items.size()));
    if (there[id]) damaged_part("ids", "names item " + std::to_string(id) + " twice");
    there[id] = true;
    ++count;
  }
  if (count != items.size()) {
    damaged_part("ids", "names " + std::to_string(count) + " items of " + std::to_string(items.size()));
  }
}

std::vector<IndexPart> CodedItems::parts() const {
  return {{"ids", ids_}, {"codes", codes_}, {"scales", scales_}, {"errors", errors_}, {"norms", norms_}};
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
