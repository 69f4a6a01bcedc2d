// Exact search. Items go by in blocks that stay in L2 while every query of a group meets them; a score is compared, 32
// at a time, with the worst that its query would still keep, and hardly any pass. Cost per query: items x factors FMAs.
//
// Cosine is the inner product of unit vectors: the query is divided by its norm once, items are multiplied by 1/|x| on
// their way through the registers. The order of operations is fixed (simd/score.h, index/norms.h), and the order of
// results is total (top_list.h). Hence results are the same bits however many queries come at once and threads take
// part: many queries are cut into groups, a group a task; few queries share the items out, and the lists are merged.
#include "index/exact.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <string>
#include <utility>

#include "base/buffer.h"
#include "base/parallel.h"
#include "base/progress.h"
#include "index/norms.h"
#include "segue/error.h"
#include "simd/score.h"

namespace segue {
namespace {

constexpr std::size_t kBlockBytes = 128 << 10;   // of packed items: an eighth of a 1 MB L2, beside tiles and scores
constexpr std::size_t kMostBlockItems = 512;     // eight queries' scores of a block then take 16 KB of L1
constexpr std::size_t kMostGroupQueries = 256;   // packing a block, as much work as 8 queries, is then 3 % of the whole
constexpr std::size_t kWorkPerThread = 4 << 20;  // FMAs; a thread costs some 30 microseconds to start, these 40 or more
constexpr std::size_t kChunksPerThread = 4;      // when few queries share out the items

// Norms outside of this range leave 1/|x| or the products of small factors without precision: such rows are scaled.
constexpr double kShortest = 0x1p-60;
constexpr double kLongest = 0x1p60;
// A dot product is at most |q||x|; half of float32's range is left to rounding.
constexpr double kLargestScore = 0x1p127;

/// The table with rows of extreme norms scaled by powers of two, which changes no direction.
Factors rescaled(const Factors& items, std::vector<double>& norms) {
  Buffer<float> values(items.values().size());
  std::ranges::copy(items.values(), values.begin());
  for (std::uint32_t row = 0; row < items.rows(); ++row) {
    if (norms[row] == 0 || (norms[row] >= kShortest && norms[row] <= kLongest)) continue;
    const std::span<float> x = values.span().subspan(std::size_t{row} * items.stride(), items.factors());
    const int exponent = std::ilogb(norms[row]);
    for (float& value : x) value = static_cast<float>(std::ldexp(double{value}, -exponent));
    norms[row] = norm(x);
  }
  return Factors::create(items.rows(), items.factors(), std::move(values).share());
}

std::string number_of(std::size_t i) { return std::to_string(i); }

[[noreturn]] void refuse(const std::string& problem, const std::string& fix) {
  throw Error(ErrorCode::kInvalidArgument, problem, fix);
}

}  // namespace

/// Either all share one list of allowed items, or none has any.
struct ExactIndex::Group {
  std::span<const ItemFilter> filters;  // by query, or empty
  std::uint32_t first;                  // query
  std::uint32_t count;
  const std::uint32_t* ids;  // the items to score; null: all
  std::size_t items;
  std::vector<float> tiles;  // the queries as score_rows (one) or score_panels (several) take them
};

ExactIndex::ExactIndex(Factors items, Metric metric, const Run& run) : items_(std::move(items)), metric_(metric) {
  std::vector<double> norms = row_norms(items_, run);
  zero_.reserve(norms.size());
  for (const double n : norms) zero_.push_back(n == 0);
  if (metric_ == Metric::kCosine) {
    if (std::ranges::any_of(norms, [](double n) { return n != 0 && (n < kShortest || n > kLongest); })) {
      items_ = rescaled(items_, norms);
    }
    scale_.resize(norms.size());
    std::ranges::transform(norms, scale_.begin(), [](double n) { return n == 0 ? 0.0F : static_cast<float>(1 / n); });
  }
  for (const double n : norms) longest_ = std::max(longest_, n);
}

void ExactIndex::check(const Factors& queries, std::uint32_t top, std::span<const ItemFilter> filters) const {
  if (queries.factors() != items_.factors()) {
    refuse("queries have " + number_of(queries.factors()) + " factors where items have " + number_of(items_.factors()),
           "ask with vectors of the model that the items come from");
  }
  if (top == 0) refuse("0 results were asked for", "ask for at least one");
  if (!filters.empty() && filters.size() != queries.rows()) {
    refuse(number_of(filters.size()) + " filters were given for " + number_of(queries.rows()) + " queries",
           "give one for each query, or none at all");
  }
  for (std::size_t q = 0; q < filters.size(); ++q) {
    const ItemFilter& filter = filters[q];
    if (!std::ranges::is_sorted(filter.deny)) refuse("deny of query " + number_of(q) + " does not ascend", "sort it");
    if (!filter.has_allow || filter.allow.empty()) continue;
    if (std::ranges::adjacent_find(filter.allow, std::greater_equal{}) != filter.allow.end()) {
      refuse("allow of query " + number_of(q) + " does not ascend strictly", "sort it and drop what comes twice");
    }
    if (filter.allow.back() >= size()) {
      refuse("allow of query " + number_of(q) + " names item " + number_of(filter.allow.back()) + " of " +
                 number_of(size()),
             "name items from 0 to " + number_of(size() - std::size_t{1}));
    }
  }
}

/// The query as it is scored. Checks what a score needs: finite values, and no overflow.
std::vector<float> ExactIndex::prepared(std::span<const float> query, std::uint32_t number) const {
  std::vector<float> q(simd::round_to_quads(query.size()));
  const double length = norm(query);
  if (!std::isfinite(length)) refuse("query " + number_of(number) + " holds a value that is not finite", "");
  if (metric_ == Metric::kInnerProduct) {
    if (length * longest_ > kLargestScore) {
      refuse("scores of query " + number_of(number) +
                 " do not fit float32: its length times that of the longest item is " +
                 std::to_string(length * longest_),
             "scale the vectors down");
    }
    std::ranges::copy(query, q.begin());
  } else if (length != 0) {
    std::ranges::transform(query, q.begin(), [&](float v) { return static_cast<float>(v / length); });
  }
  return q;
}

std::vector<ExactIndex::Group> ExactIndex::group(std::uint32_t queries, std::span<const ItemFilter> filters,
                                                 int threads) const {
  // As many groups as fill the threads evenly, of whole tiles.
  const std::size_t rounds = queries / (kMostGroupQueries * static_cast<std::size_t>(threads)) + 1;
  const std::size_t even = queries / (rounds * static_cast<std::size_t>(threads)) + 1;
  const std::size_t most =
      std::min(kMostGroupQueries, (even + simd::kTileQueries - 1) / simd::kTileQueries * simd::kTileQueries);
  std::vector<Group> groups;
  for (std::uint32_t q = 0; q < queries; ++q) {
    const ItemFilter* filter = filters.empty() ? nullptr : &filters[q];
    const bool has_allow = filter != nullptr && filter->has_allow;
    const std::uint32_t* ids = has_allow ? filter->allow.data() : nullptr;
    const std::size_t items = has_allow ? filter->allow.size() : size();
    if (items == 0) continue;
    if (groups.empty() || groups.back().count == most || groups.back().ids != ids || groups.back().items != items ||
        groups.back().first + groups.back().count != q) {
      groups.push_back({filters, q, 0, ids, items, {}});
    }
    ++groups.back().count;
  }
  return groups;
}

std::size_t ExactIndex::block_items() const {
  const std::size_t fitting = kBlockBytes / (sizeof(float) * simd::round_to_quads(items_.factors()));
  return std::clamp(fitting / simd::kPanelItems * simd::kPanelItems, simd::kPanelItems, kMostBlockItems);
}

/// What a thread scores a group with.
struct ExactIndex::Scratch {
  Scratch(std::size_t block, std::size_t factors, bool packs)
      : panels(packs ? block * simd::round_to_quads(factors) : 0),
        scores(packs ? block * simd::kTileQueries : block),
        positions(block) {}

  Buffer<float> panels;
  Buffer<float> scores;
  std::vector<std::uint32_t> positions;
};

/// Scores items [begin, end) of the group's, for all its queries, into their lists.
void ExactIndex::scan(const Group& group, std::size_t begin, std::size_t end, const Run& run,
                      std::span<TopList> lists) const {
  const std::size_t factors = items_.factors();
  const float limit = metric_ == Metric::kCosine ? 1.0F : std::numeric_limits<float>::infinity();
  const std::size_t block = block_items();
  Scratch scratch(block, factors, group.count > 1);

  const auto collect = [&](std::size_t q, const float* scores, std::size_t first, std::size_t count) {
    TopList& list = lists[q];
    const std::span<const std::uint32_t> deny =
        group.filters.empty() ? std::span<const std::uint32_t>{} : group.filters[group.first + q].deny;
    const std::size_t found = simd::select_above(scores, count, list.threshold(), scratch.positions.data());
    for (const std::uint32_t position : std::span(scratch.positions).first(found)) {
      const std::size_t at = first + position;
      const std::uint32_t item = group.ids != nullptr ? group.ids[at] : static_cast<std::uint32_t>(at);
      if (!std::ranges::binary_search(deny, item)) list.add({item, scores[position]});
    }
  };

  for (std::size_t first = begin; first < end; first += block) {
    run.check();
    const std::size_t count = std::min(block, end - first);
    const simd::ItemRows rows{.table = items_.values().data(),
                              .stride = items_.stride(),
                              .factors = factors,
                              .scale = scale_.empty() ? nullptr : scale_.data(),
                              .ids = group.ids != nullptr ? group.ids + first : nullptr,
                              .first = first,
                              .count = count};
    if (group.count == 1) {
      simd::score_rows(rows, group.tiles.data(), limit, scratch.scores.data());
      collect(0, scratch.scores.data(), first, count);
      continue;
    }
    simd::pack_items(rows, scratch.panels.data());
    const float* tile = group.tiles.data();
    for (std::size_t q = 0; q < group.count; q += simd::kTileQueries) {
      simd::score_panels(scratch.panels.data(), count, factors, tile, limit, scratch.scores.data(), block);
      for (std::size_t i = 0; i < std::min<std::size_t>(simd::kTileQueries, group.count - q); ++i) {
        collect(q + i, scratch.scores.data() + i * block, first, count);
      }
      tile += simd::round_to_quads(factors) * simd::kTileQueries;
    }
  }
}

std::vector<std::vector<Neighbor>> ExactIndex::search(const Factors& queries, std::uint32_t top,
                                                      std::span<const ItemFilter> filters, const Run& run) const {
  check(queries, top, filters);
  run.check();
  std::vector<std::vector<Neighbor>> results(queries.rows());
  if (size() == 0 || queries.rows() == 0) return results;
  top = std::min(top, size());

  const std::size_t work = std::size_t{queries.rows()} * size() * items_.factors();
  const int threads = static_cast<int>(std::min<std::size_t>(run.thread_count(), 1 + work / kWorkPerThread));
  Run bounded = run;
  bounded.threads = threads;
  std::vector<Group> groups = group(queries.rows(), filters, threads);
  for (Group& g : groups) {
    const std::size_t quads = simd::round_to_quads(items_.factors());
    const std::size_t width = g.count == 1 ? 1 : simd::kTileQueries;
    g.tiles.resize((g.count + width - 1) / width * width * quads);
    for (std::uint32_t q = 0; q < g.count; ++q) {
      const std::vector<float> query = prepared(queries[g.first + q], g.first + q);
      float* tile = g.tiles.data() + q / width * width * quads + q % width;
      for (std::size_t f = 0; f < quads; ++f) tile[f * width] = query[f];
    }
  }

  ProgressMeter meter(run, "searching", queries.rows(), "queries");
  if (groups.size() >= static_cast<std::size_t>(threads)) {
    parallel_chunks(groups.size(), 1, bounded, [&](std::size_t begin, std::size_t, int) {
      const Group& g = groups[begin];
      std::vector<TopList> lists(g.count, TopList(top));
      scan(g, 0, g.items, run, lists);
      for (std::uint32_t q = 0; q < g.count; ++q) results[g.first + q] = lists[q].take();
      meter.add(g.count);
    });
  } else {
    for (const Group& g : groups) {
      // Chunks come to a thread in ascending order, as its lists require.
      std::vector<std::vector<TopList>> lists(threads, std::vector<TopList>(g.count, TopList(top)));
      const std::size_t blocks = (g.items + block_items() - 1) / block_items();
      const std::size_t grain = blocks / (kChunksPerThread * static_cast<std::size_t>(threads)) + 1;
      parallel_chunks(g.items, grain * block_items(), bounded, [&](std::size_t begin, std::size_t end, int worker) {
        scan(g, begin, end, run, lists[static_cast<std::size_t>(worker)]);
      });
      for (std::uint32_t q = 0; q < g.count; ++q) {
        for (std::size_t t = 1; t < lists.size(); ++t) lists[0][q].merge(std::move(lists[t][q]));
        results[g.first + q] = lists[0][q].take();
      }
      meter.add(g.count);
    }
  }
  meter.finish();
  return results;
}

std::unique_ptr<Index> make_exact_index(Factors items, Metric metric, const Run& run) {
  return std::make_unique<ExactIndex>(std::move(items), metric, run);
}

}  // namespace segue
