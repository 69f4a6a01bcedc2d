// Codes are rounded values over a scale that sends the largest to 127. What rounding leaves is measured in double and
// rounded up, so a bound never leans on how codes came about: any codes would do, worse ones let more items through.
#include "index/coded_items.h"

#include <algorithm>
#include <bit>
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

/// The least float32 number of an upper half alone that is not below `value`.
float half_up(float value) {
  return std::bit_cast<float>((std::bit_cast<std::uint32_t>(value) + 0xFFFFU) & 0xFFFF0000U);
}

/// The nearest whole number, of two the even one, of what is small: what std::nearbyint() gives, without a call.
float rounded(float value) {
  constexpr float kOnes = 0x1.8p23F;  // where float32 holds whole numbers only
  return value + kOnes - kOnes;
}

/// Writes the codes of `x`, which is kShortest long at least.
Coded encode(std::span<const float> x, std::int8_t* codes) {
  float largest = 0;
  for (const float value : x) largest = std::max(largest, std::abs(value));
  Coded coded;
  coded.scale = half_up(largest / kLargestCode);
  double error = 0;
  double coarse = 0;
  double length = 0;
  for (std::size_t f = 0; f < x.size(); ++f) {
    const float code = std::clamp(rounded(x[f] / coded.scale), -kLargestCode, kLargestCode);
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
  const std::size_t upper_bytes = simd::upper_block_bytes(factors_);
  const std::size_t lower_bytes = simd::lower_block_bytes(factors_);
  // The bound of an item without a scale is that of its block's length alone, times at least this: twice what lengths
  // would do with, for what rounding takes.
  const float short_norm = rounded_up(2 * kShortest / rounding_slack(factors_));
  Buffer<std::uint8_t> upper(block_count * upper_bytes);
  Buffer<std::uint8_t> lower(block_count * lower_bytes);
  parallel_chunks(block_count, kBlocksPerChunk, run, [&](std::size_t begin, std::size_t end, int) {
    std::vector<float> x(factors_);
    std::vector<std::int8_t> codes(factors_);
    for (std::size_t block = begin; block < end; ++block) {
      auto& head = *reinterpret_cast<simd::CodeHead*>(upper.data() + block * upper_bytes);
      std::uint8_t* const high = upper.data() + block * upper_bytes + sizeof(head);
      std::uint8_t* const low = lower.data() + block * lower_bytes;
      std::fill_n(high, lower_bytes, std::uint8_t{0x88});  // 128 twice
      head.norm = kShortest;
      for (std::size_t i = 0; i < simd::kCodeItems; ++i) {
        const std::uint32_t item = order[block * simd::kCodeItems + i];
        if (item == kNone) continue;  // the scale 0
        const float scale = items.scale(item);
        std::ranges::transform(items.vector(item), x.begin(), [&](float value) { return scale * value; });
        const double length = norm(x);
        if (length < kShortest) {
          head.norm = std::max(head.norm, short_norm);  // and the scale 0
          continue;
        }
        const Coded coded = encode(x, codes.data());
        for (std::size_t f = 0; f < factors_; ++f) {
          const auto [byte, shift] = simd::code_place(i, f);
          const int code = codes[f] + 128;
          high[byte] = static_cast<std::uint8_t>((high[byte] & (0xF0U >> shift)) | ((code >> 4U) << shift));
          low[byte] = static_cast<std::uint8_t>(low[byte] | ((code & 15U) << shift));
        }
        head.scales[i] = static_cast<std::uint16_t>(std::bit_cast<std::uint32_t>(coded.scale) >> 16);
        head.coarse = std::max(head.coarse, rounded_up(coded.coarse / double{coded.scale}));
        head.errors = std::max(head.errors, rounded_up(coded.error / double{coded.scale}));
        head.norm = std::max(head.norm, rounded_up(length));
      }
    }
  });
  ids_ = std::move(order);
  upper_ = std::move(upper).share();
  lower_ = std::move(lower).share();
}

CodedItems::CodedItems(const ScoredItems& items, const StoredIndex& stored)
    : factors_(items.factors()), ids_(part_of<std::uint32_t>(stored, "ids")) {
  if (ids_.size() % simd::kCodeItems != 0) damaged_part("ids", "is not of whole blocks");
  const std::size_t block_count = ids_.size() / simd::kCodeItems;
  check_ids(items);
  if (std::ranges::find(stored.parts, "upper", &IndexPart::name) == stored.parts.end()) {
    // Stored when codes were laid out otherwise: the order is worth keeping, the rest is made in no time.
    *this = CodedItems(items, std::vector<std::uint32_t>(ids_.begin(), ids_.end()), Run{});
    return;
  }
  upper_ = part_of<std::uint8_t>(stored, "upper", block_count * simd::upper_block_bytes(factors_));
  lower_ = part_of<std::uint8_t>(stored, "lower", block_count * simd::lower_block_bytes(factors_));
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

std::vector<IndexPart> CodedItems::parts() const { return {{"ids", ids_}, {"upper", upper_}, {"lower", lower_}}; }

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

}  // namespace segue
