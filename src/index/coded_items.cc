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

/// float32 roundings of a score (one or two a factor) and of the bounds themselves, relative to |q||x|: docs/search.md.
double rounding_slack(std::size_t factors) { return static_cast<double>(factors + 96) * 0x1p-24; }

float rounded_up(double value) {
  return std::nextafter(static_cast<float>(value * kDoubleSlack), std::numeric_limits<float>::infinity());
}

struct Coded {
  float scale = 0;
  double error = 0;   // |x - scale · codes|
  double coarse = 0;  // |x - scale · what their upper halves say|
  double length = 0;  // |scale · codes|
};

/// The upper half of a code plus 128, and what it says: the middle of the sixteen codes that share it, rounded up.
int upper_half(std::int8_t code) { return (code + 128) >> 4; }
double coarse_value(std::int8_t code) { return 16.0 * upper_half(code) + 8 - 128; }

/// Writes the codes of `x`.
Coded encode(std::span<const float> x, std::int8_t* codes) {
  float largest = 0;
  for (const float value : x) largest = std::max(largest, std::abs(value));
  Coded coded;
  // A subnormal scale has too few bits to divide by: all of such a vector is error.
  const float scale = largest / kLargestCode;
  coded.scale = scale < 0x1p-100F ? 0 : scale;
  double error = 0;
  double coarse = 0;
  double length = 0;
  for (std::size_t f = 0; f < x.size(); ++f) {
    const float code = coded.scale == 0 ? 0 : std::clamp(std::nearbyint(x[f] / scale), -kLargestCode, kLargestCode);
    codes[f] = static_cast<std::int8_t>(code);
    const double kept = double{coded.scale} * double{code};
    error += (double{x[f]} - kept) * (double{x[f]} - kept);
    const double coarsely = double{x[f]} - double{coded.scale} * coarse_value(codes[f]);
    coarse += coarsely * coarsely;
    length += kept * kept;
  }
  coded.error = std::sqrt(error);
  coded.coarse = std::sqrt(coarse);
  coded.length = std::sqrt(length);
  return coded;
}

}  // namespace

CodedItems::CodedItems(const ScoredItems& items, std::vector<std::uint32_t> order, const Run& run)
    : factors_(items.factors()) {
  order.resize((order.size() + simd::kCodeItems - 1) / simd::kCodeItems * simd::kCodeItems, kNone);
  const std::size_t block_count = order.size() / simd::kCodeItems;
  const std::size_t block_bytes = simd::code_block_bytes(factors_);
  Buffer<std::uint8_t> high(block_count * block_bytes);
  Buffer<std::uint8_t> low(block_count * block_bytes);
  Buffer<float> scales(order.size());
  Buffer<float> coarse(order.size());
  Buffer<float> errors(order.size());
  Buffer<float> norms(block_count);
  parallel_chunks(block_count, kBlocksPerChunk, run, [&](std::size_t begin, std::size_t end, int) {
    std::vector<float> x(factors_);
    std::vector<std::int8_t> codes(factors_);
    for (std::size_t block = begin; block < end; ++block) {
      std::uint8_t* const upper = high.data() + block * block_bytes;
      std::uint8_t* const lower = low.data() + block * block_bytes;
      std::fill_n(upper, block_bytes, std::uint8_t{0x88});  // 128 twice
      std::fill_n(lower, block_bytes, std::uint8_t{0});
      norms[block] = kShortest;
      for (std::size_t i = 0; i < simd::kCodeItems; ++i) {
        const std::size_t at = block * simd::kCodeItems + i;
        // A free place: below every threshold.
        errors[at] = coarse[at] = -std::numeric_limits<float>::infinity();
        if (order[at] == kNone) continue;
        const float scale = items.scale(order[at]);
        std::ranges::transform(items.vector(order[at]), x.begin(), [&](float value) { return scale * value; });
        const double length = norm(x);
        Coded coded;
        if (length >= kShortest) {
          coded = encode(x, codes.data());
        } else {
          std::ranges::fill(codes, std::int8_t{0});
          coded.error = coded.coarse = length == 0 ? 0 : kShortest;
        }
        for (std::size_t f = 0; f < factors_; ++f) {
          const auto [byte, shift] = simd::code_place(i, f);
          const int code = codes[f] + 128;
          upper[byte] = static_cast<std::uint8_t>((upper[byte] & (0xF0U >> shift)) | ((code >> 4U) << shift));
          lower[byte] = static_cast<std::uint8_t>(lower[byte] | ((code & 15U) << shift));
        }
        scales[at] = coded.scale;
        coarse[at] = rounded_up(coded.coarse);
        errors[at] = rounded_up(coded.error);
        norms[block] = std::max(norms[block], rounded_up(length));
      }
    }
  });
  ids_ = std::move(order);
  high_ = std::move(high).share();
  low_ = std::move(low).share();
  scales_ = std::move(scales).share();
  coarse_ = std::move(coarse).share();
  errors_ = std::move(errors).share();
  norms_ = std::move(norms).share();
}

CodedItems::CodedItems(const ScoredItems& items, const StoredIndex& stored)
    : factors_(items.factors()), ids_(part_of<std::uint32_t>(stored, "ids")) {
  if (ids_.size() % simd::kCodeItems != 0) damaged_part("ids", "is not of whole blocks");
  const std::size_t block_count = ids_.size() / simd::kCodeItems;
  check_ids(items);
  if (std::ranges::find(stored.parts, "codes", &IndexPart::name) != stored.parts.end()) {
    // Stored before codes had two halves: the order is worth keeping, the rest is made in no time.
    *this = CodedItems(items, std::vector<std::uint32_t>(ids_.begin(), ids_.end()), Run{});
    return;
  }
  high_ = part_of<std::uint8_t>(stored, "high", block_count * simd::code_block_bytes(factors_));
  low_ = part_of<std::uint8_t>(stored, "low", high_.size());
  scales_ = part_of<float>(stored, "scales", ids_.size());
  coarse_ = part_of<float>(stored, "coarse", ids_.size());
  errors_ = part_of<float>(stored, "errors", ids_.size());
  norms_ = part_of<float>(stored, "norms", block_count);
}

void CodedItems::check_ids(const ScoredItems& items) const {
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
  return {{"ids", ids_},       {"high", high_},     {"low", low_},    {"scales", scales_},
          {"coarse", coarse_}, {"errors", errors_}, {"norms", norms_}};
}

bool CodedItems::can_code(const ScoredItems& items) {
  if (items.factors() == 0 || items.factors() > simd::kMostCodeFactors) return false;
  return items.metric() == Metric::kCosine ||
         std::ranges::all_of(items.norms(), [](double n) { return n <= kLongest; });
}

bool CodedItems::code(std::vector<float> prepared, CodedQuery& query) {
  const double length = norm(prepared);
  if (!(length >= kShortest && length <= kLongest)) return false;
  query.codes.resize(simd::round_to_eights(prepared.size()));
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
  return {.high = high_.data(),
          .low = low_.data(),
          .scales = scales_.data(),
          .coarse = coarse_.data(),
          .errors = errors_.data(),
          .norms = norms_.data(),
          .factors = factors_};
}

}  // namespace segue
