// Brute force. Items go by in blocks that stay in L2 while every query of a group meets them; a score is compared, 32
// at a time, with the worst that its query would still keep, and hardly any pass. Cost per query: items x factors FMAs.
//
// Cosine is the inner product of unit vectors: the query is divided by its norm once, items are multiplied by 1/|x| on
// their way through the registers. The order of operations is fixed (simd/score.h, index/scored_items.h), and the order
// of results is total (top_list.h). Hence results are the same bits however many queries come at once and threads take
// part: many queries are cut into groups, a group a task; few queries share the items out, and the lists are merged.
#include "index/brute.h"

#include <algorithm>
#include <utility>

#include "base/buffer.h"
#include "base/parallel.h"
#include "base/progress.h"
#include "simd/score.h"

namespace segue {
namespace {

constexpr std::size_t kBlockBytes = 128 << 10;   // of packed items: an eighth of a 1 MB L2, beside tiles and scores
constexpr std::size_t kMostBlockItems = 512;     // eight queries' scores of a block then take 16 KB of L1
constexpr std::size_t kMostGroupQueries = 256;   // packing a block, as much work as 8 queries, is then 3 % of the whole
constexpr std::size_t kWorkPerThread = 4 << 20;  // FMAs; a thread costs some 30 microseconds to start, these 40 or more
constexpr std::size_t kChunksPerThread = 4;      // when few queries share out the items

}  // namespace

/// Either all share one list of allowed items, or none has any.
struct BruteIndex::Group {
  std::span<const ItemFilter> filters;  // by query, or empty
  std::uint32_t first;                  // query
  std::uint32_t count;
  const std::uint32_t* ids;  // the items to score; null: all
  std::size_t items;
  std::vector<float> tiles;  // the queries as score_rows (one) or score_panels (several) take them
};

BruteIndex::BruteIndex(std::shared_ptr<const ScoredItems> items) : items_(std::move(items)) {}

std::vector<BruteIndex::Group> BruteIndex::group(std::uint32_t queries, std::span<const ItemFilter> filters,
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

std::size_t BruteIndex::block_items() const {
  const std::size_t fitting = kBlockBytes / (sizeof(float) * simd::round_to_quads(items_->factors()));
  return std::clamp(fitting / simd::kPanelItems * simd::kPanelItems, simd::kPanelItems, kMostBlockItems);
}

/// What a thread scores a group with.
struct BruteIndex::Scratch {
  Scratch(std::size_t block, std::size_t factors, bool packs)
      : panels(packs ? block * simd::round_to_quads(factors) : 0),
        scores(packs ? block * simd::kTileQueries : block),
        positions(block) {}

  Buffer<float> panels;
  Buffer<float> scores;
  std::vector<std::uint32_t> positions;
};

/// Scores items [begin, end) of the group's, for all its queries, into their lists.
void BruteIndex::scan(const Group& group, std::size_t begin, std::size_t end, const Run& run,
                      std::span<TopList> lists) const {
  const std::size_t factors = items_->factors();
  const float limit = items_->limit();
  const std::size_t block = block_items();
  Scratch scratch(block, factors, group.count > 1);

  const auto collect = [&](std::size_t q, const float* scores, std::size_t first, std::size_t count) {
    TopList& list = lists[q];
    const ItemFilter filter = group.filters.empty() ? ItemFilter{} : group.filters[group.first + q];
    const std::size_t found = simd::select_above(scores, count, list.threshold(), scratch.positions.data());
    for (const std::uint32_t position : std::span(scratch.positions).first(found)) {
      const std::size_t at = first + position;
      const std::uint32_t item = group.ids != nullptr ? group.ids[at] : static_cast<std::uint32_t>(at);
      if (filter.mask != nullptr && !filter.mask->has(item)) continue;
      if (!std::ranges::binary_search(filter.deny, item)) list.add({item, scores[position]});
    }
  };

  for (std::size_t first = begin; first < end; first += block) {
    run.check();
    const std::size_t count = std::min(block, end - first);
    const simd::ItemRows rows = items_->rows(group.ids != nullptr ? group.ids + first : nullptr, first, count);
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

std::vector<std::vector<Neighbor>> BruteIndex::search(const Factors& queries, std::uint32_t top,
                                                      std::span<const ItemFilter> filters, const Run& run) const {
  items_->check(queries, top, filters);
  run.check();
  std::vector<std::vector<Neighbor>> results(queries.rows());
  if (size() == 0 || queries.rows() == 0) return results;
  top = std::min(top, size());

  const std::size_t work = std::size_t{queries.rows()} * size() * items_->factors();
  const int threads = static_cast<int>(std::min<std::size_t>(run.thread_count(), 1 + work / kWorkPerThread));
  Run bounded = run;
  bounded.threads = threads;
  std::vector<Group> groups = group(queries.rows(), filters, threads);
  for (Group& g : groups) {
    const std::size_t quads = simd::round_to_quads(items_->factors());
    const std::size_t width = g.count == 1 ? 1 : simd::kTileQueries;
    g.tiles.resize((g.count + width - 1) / width * width * quads);
    for (std::uint32_t q = 0; q < g.count; ++q) {
      const std::vector<float> query = items_->prepared(queries[g.first + q], g.first + q);
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

void BruteIndex::search_part(const Factors& queries, std::uint32_t first, std::uint32_t count, std::uint32_t top,
                             std::span<const ItemFilter> filters, const Run& run,
                             std::vector<std::vector<Neighbor>>& results) const {
  // A query that has no score is refused by its own number, not by that in the part.
  for (std::uint32_t q = first; q < first + count; ++q) (void)items_->prepared(queries[q], q);
  Run alone = run;
  alone.threads = 1;
  alone.progress = nullptr;
  auto found =
      search(queries.slice(first, count), top, filters.empty() ? filters : filters.subspan(first, count), alone);
  std::ranges::move(found, results.begin() + first);
}

std::unique_ptr<Index> make_brute_index(Factors items, Metric metric, const Run& run) {
  return std::make_unique<BruteIndex>(std::make_shared<const ScoredItems>(std::move(items), metric, run));
}

}  // namespace segue
