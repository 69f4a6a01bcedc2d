// With unit vectors q, x and c, the angle of q and x is at least the difference of the angles that they form with c. So
// an item that scores as much as cos t lies within t of the query's angle to the center: not nearer to the center than
// that, and not farther away. Items of a list stand by their angle, and what may pass is a run of its blocks. Nothing
// is worked out by angles but by their cosines: cos(a - t) = cos a cos t + sin a sin t.
#include "index/list_reach.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/buffer.h"
#include "base/parallel.h"
#include "index/index_parts.h"
#include "index/norms.h"
#include "simd/score.h"

namespace segue {
namespace {

constexpr std::size_t kListsPerChunk = 4;
/// What double rounds of the root of 1 - c² near c = 1, and of all else.
constexpr double kRounding = 0x1p-24;

/// More than what a score may be off from the cosine of its vectors, and the lengths of unit vectors from 1.
double slack(std::size_t factors) { return static_cast<double>(factors + 16) * 0x1p-23; }

double sine(double cosine) { return std::sqrt(std::max(0.0, 1 - cosine * cosine)); }

}  // namespace

ListReach::ListReach(const ScoredItems& items, const CodeLists& lists, const Run& run) {
  const std::size_t blocks = lists.coded.blocks();
  Buffer<float> cosines(2 * blocks);
  const std::span<float> least = cosines.span().first(blocks);
  const std::span<float> largest = cosines.span().subspan(blocks);
  parallel_chunks(lists.size(), kListsPerChunk, run, [&](std::size_t begin, std::size_t end, int) {
    std::vector<float> x(items.factors());
    for (auto list = static_cast<std::uint32_t>(begin); list < end; ++list) {
      const std::span<const float> center = lists.centers[list];
      const double length = norm(center);
      const simd::BlockRange range = lists.list(list);
      for (std::size_t block = range.first; block < range.first + range.count; ++block) {
        least[block] = 1;
        largest[block] = -1;
        for (std::size_t i = 0; i < simd::kCodeItems; ++i) {
          const std::uint32_t item = lists.coded.ids()[block * simd::kCodeItems + i];
          if (item == CodedItems::kNone || items.is_zero(item)) continue;  // zero vectors score 0
          const float scale = items.scale(item);
          std::ranges::transform(items.vector(item), x.begin(), [&](float value) { return scale * value; });
          double dot = 0;
          for (std::size_t f = 0; f < x.size(); ++f) dot += double{x[f]} * double{center[f]};
          const double cosine = dot / (norm(x) * length);
          least[block] = std::min(least[block], std::nextafter(static_cast<float>(cosine - kRounding), -2.0F));
          largest[block] = std::max(largest[block], std::nextafter(static_cast<float>(cosine + kRounding), 2.0F));
        }
      }
      // Items stand by what codes say of their cosines: what differs is made to fall.
      for (std::size_t i = 1; i < range.count; ++i) {
        const std::size_t from_end = range.first + range.count - 1 - i;
        least[range.first + i] = std::min(least[range.first + i], least[range.first + i - 1]);
        largest[from_end] = std::max(largest[from_end], largest[from_end + 1]);
      }
    }
  });
  cosines_ = std::move(cosines).share();
}

ListReach::ListReach(const CodeLists& lists, const StoredIndex& stored)
    : cosines_(part_of<float>(stored, "cosines", 2 * lists.coded.blocks())) {
  for (std::uint32_t list = 0; list < lists.size(); ++list) {
    const simd::BlockRange range = lists.list(list);
    if (std::abs(norm(lists.centers[list]) - 1) > slack(lists.centers.factors())) {
      damaged_part("centers", "holds a vector that is not of the length 1");
    }
    for (const std::span<const float> half : {least(), largest()}) {
      if (!std::ranges::is_sorted(half.subspan(range.first, range.count), std::greater{})) {
        damaged_part("cosines", "does not fall from block to block");
      }
    }
  }
}

void ListReach::ask_centers(const CodeLists& lists, std::span<const float> query, std::span<float> cosines) {
  simd::score_rows({.table = lists.centers.values().data(),
                    .stride = lists.centers.stride(),
                    .factors = lists.centers.factors(),
                    .scale = nullptr,
                    .ids = nullptr,
                    .first = 0,
                    .count = lists.size()},
                   query.data(), std::numeric_limits<float>::infinity(), cosines.data());
}

simd::BlockRange ListReach::within(const CodeLists& lists, std::uint32_t list, float cosine, float threshold) const {
  const simd::BlockRange all = lists.list(list);
  const double off = slack(lists.centers.factors());
  const double wanted = threshold - off;
  if (!(wanted > 0)) return all;  // zero vectors may be asked for
  const double nearer = std::min(1.0, cosine + off);
  const double farther = std::max(-1.0, cosine - off);
  std::size_t first = all.first;
  std::size_t last = all.first + all.count;
  if (nearer < wanted) {
    // Items nearer to the center than this are too far from the query.
    const double most = nearer * wanted + sine(nearer) * sine(wanted) + kRounding;
    const auto part = least().subspan(first, last - first);
    first +=
        static_cast<std::size_t>(std::ranges::partition_point(part, [&](float c) { return c > most; }) - part.begin());
  }
  if (farther > -wanted) {
    const double fewest = farther * wanted - sine(farther) * sine(wanted) - kRounding;
    const auto part = largest().subspan(first, last - first);
    last = first + static_cast<std::size_t>(std::ranges::partition_point(part, [&](float c) { return c >= fewest; }) -
                                            part.begin());
  }
  return {.first = first, .count = last - first};
}

}  // namespace segue
