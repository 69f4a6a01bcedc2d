// Exact search by codes. For the inner product items stand in the order of their lengths, longest first: good scores
// come early, and once |q| times the length of what is left is below the worst score that a query would keep, the rest
// cannot matter. Factors of ALS differ in length by orders of magnitude, and seven in eight items are never looked at.
// Cosines have no such order. Their items stand in lists around centers, by their angle to the center: what is at
// another angle to it than the query cannot be near the query, and of two items in three not even a code is read.
//
// Queries walk in groups, for the cosine of queries amid the same items. Blocks are taken a slab or a list at a time,
// few at first since every item of the first passes; queries that are through leave the group, the others meet what is
// in L2 eight at a time. Results are those of brute force whatever the group, so nothing depends on threads.
#include "index/exact.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <mutex>
#include <numeric>
#include <string>
#include <utility>

#include "base/parallel.h"
#include "base/progress.h"
#include "index/index_parts.h"

namespace segue {
namespace {

constexpr std::size_t kSlabBytes = 256 << 10;      // of codes: a quarter of a 1 MB L2
constexpr std::size_t kMostGroupQueries = 256;     // what a list is shown to: more share its blocks no better
constexpr std::size_t kWorkPerThread = 128 << 20;  // products of codes: some milliseconds, a thread starts in 30 µs
// Lists as long as this part of the items leave a bound little to cut.
constexpr std::uint32_t kLongTop = 16;
// Allowed items are scored one by one up to this part of all: a row at random costs as much as some tens of codes. Many
// queries share the rows, once they have been gathered.
constexpr std::uint32_t kShortAllow = 32;
constexpr std::uint32_t kShortAllowOfMany = 8;
constexpr std::uint32_t kMany = 16;
constexpr std::size_t kQueriesPerChunk = 16;
// Better lists leave 4 % less, and take half as long again to make.
constexpr KmeansEffort kEffort{.rounds = 2, .sample_per_center = 32};
// Of the codes 1024 lists leave .28 where these leave .33, and take longer to make.
constexpr std::uint32_t kMostLists = 256;

/// Blocks that are shown at once at most: what is found among them takes memory, too.
std::size_t slab_blocks(std::size_t factors) {
  return std::max<std::size_t>(1, kSlabBytes / simd::upper_block_bytes(factors));
}

/// Whether both let the same items through but for those denied, told by where their lists lie.
bool same_allowed(const ItemFilter& a, const ItemFilter& b) {
  return a.has_allow == b.has_allow && a.mask == b.mask &&
         (!a.has_allow || (a.allow.data() == b.allow.data() && a.allow.size() == b.allow.size()));
}

/// Lists of a cosine: half the root of n, so that a query meets few centers beside the items; more cut off little more.
std::uint32_t list_count(std::uint32_t items) {
  return std::min(kMostLists, static_cast<std::uint32_t>(std::lround(std::sqrt(static_cast<double>(items)) / 2)));
}

}  // namespace

ExactIndex::ExactIndex(Factors items, Metric metric, const Run& run)
    : ExactIndex(std::make_shared<const ScoredItems>(std::move(items), metric, run), run) {}

ExactIndex::ExactIndex(std::shared_ptr<const ScoredItems> items, const Run& run)
    : items_(std::move(items)), brute_(items_) {
  if (!CodedItems::can_code(*items_)) return;
  if (metric() == Metric::kCosine) {
    lists_ = make_code_lists(*items_, list_count(size()), kEffort, run);
    reach_ = ListReach(*items_, lists_, run);
    return;
  }
  std::vector<std::uint32_t> order(size());
  std::iota(order.begin(), order.end(), 0);
  const std::span<const double> norms = items_->norms();
  std::ranges::stable_sort(order, [&](std::uint32_t a, std::uint32_t b) { return norms[a] > norms[b]; });
  lists_.coded = CodedItems(*items_, std::move(order), run);
}

ExactIndex::ExactIndex(Factors items, const StoredIndex& stored, const Run& run)
    : items_(std::make_shared<const ScoredItems>(std::move(items), stored.metric, run)), brute_(items_) {
  if (size() == 0 || stored.parts.empty() || !CodedItems::can_code(*items_)) return;
  if (std::ranges::find(stored.parts, "begin", &IndexPart::name) == stored.parts.end()) {
    lists_.coded = CodedItems(*items_, stored);
    return;
  }
  if (metric() != Metric::kCosine) damaged_part("begin", "is of an index that has no lists");
  lists_ = open_code_lists(*items_, stored);
  reach_ = ListReach(lists_, stored);
}

StoredIndex ExactIndex::store() const {
  StoredIndex stored{.kind = "exact", .metric = metric(), .options = {}, .recall = {}, .parts = {}};
  if (lists_.size() != 0) {
    stored.parts = lists_.parts();
    stored.parts.push_back(reach_.part());
  } else if (lists_.coded.blocks() != 0) {
    stored.parts = lists_.coded.parts();
  }
  return stored;
}

struct ExactIndex::Walker {
  CodeSearch search;
  std::uint32_t query = 0;  // its number
  std::uint32_t nearest = 0;
  Buffer<float> cosines;  // to the centers
};

struct ExactIndex::Batch {
  std::vector<std::uint32_t> queries;  // all let the same items through but for those denied
  std::vector<std::uint64_t> mask;     // of a long list of allowed items, and of the mask beside it
  std::vector<Walker> walkers;
  CodeScratch scratch;
  std::vector<simd::Candidate> found;

  /// Shows blocks to up to kCodeQueries searches at once.
  void show(const CodedItems& coded, CodeRange range, std::span<CodeSearch* const> searches) {
    if (searches.size() == 1) {
      searches[0]->scan(range, {}, scratch);
      return;
    }
    const std::size_t room = range.count * simd::kCodeItems;
    found.resize(std::max(found.size(), simd::kCodeQueries * room));
    std::array<simd::CodeQuery, simd::kCodeQueries> kernels;
    std::array<simd::Candidate*, simd::kCodeQueries> rooms;
    for (std::size_t i = 0; i < searches.size(); ++i) {
      kernels[i] = searches[i]->kernel();
      rooms[i] = found.data() + i * room;
    }
    const auto counts =
        simd::select_codes(coded.view(), range.first, range.count, kernels.data(), searches.size(), rooms.data());
    scratch.cost.coded += searches.size() * room;
    for (std::size_t i = 0; i < searches.size(); ++i) searches[i]->take({rooms[i], counts[i]}, scratch);
  }
};

void ExactIndex::search_batch(const Factors& queries, std::uint32_t top, std::span<const ItemFilter> filters,
                              const Run& run, Batch& batch, std::vector<std::vector<Neighbor>>& results) const {
  for (const std::uint32_t q : batch.queries) {
    const ItemFilter filter = filters.empty() ? ItemFilter{} : filters[q];
    CodedQuery coded;
    if (!CodedItems::code(items_->prepared(queries[q], q), coded)) {
      brute_.search_part(queries, q, 1, top, filters, run, results);
      continue;
    }
    const std::uint64_t* mask = filter.mask != nullptr ? filter.mask->words() : nullptr;
    if (filter.has_allow) {
      if (batch.mask.empty()) mask_of(filter, size(), batch.mask);
      mask = batch.mask.data();
    }
    Buffer<float> cosines(simd::round_to_panels(lists_.size()));
    std::uint32_t nearest = 0;
    if (lists_.size() != 0) {
      ListReach::ask_centers(lists_, coded.values, cosines.span());
      const auto of = cosines.span().first(lists_.size());
      nearest = static_cast<std::uint32_t>(std::ranges::max_element(of) - of.begin());
    }
    batch.walkers.push_back(
        {CodeSearch(*items_, lists_.coded, std::move(coded), top, filter.deny, mask), q, nearest, std::move(cosines)});
  }
  if (lists_.size() == 0) {
    walk_by_length(batch, top, run);
  } else if (batch.walkers.size() == 1) {
    walk_lists_alone(batch, run);
  } else {
    walk_lists(batch, top, run);
  }
  for (Walker& walker : batch.walkers) results[walker.query] = walker.search.finish(batch.scratch);
}

void ExactIndex::walk_by_length(Batch& batch, std::uint32_t top, const Run& run) const {
  const CodedItems& coded = lists_.coded;
  const std::size_t most = slab_blocks(items_->factors());
  std::vector<CodeSearch*> walking;
  for (Walker& walker : batch.walkers) walking.push_back(&walker.search);
  std::size_t slab = 2 + top / simd::kCodeItems;
  for (std::size_t first = 0; first < coded.blocks(); first += slab, slab = std::min(most, 2 * slab)) {
    std::erase_if(walking, [&](const CodeSearch* search) { return !search->reaches(coded.block_norm(first)); });
    if (walking.empty()) break;
    run.check();
    const std::size_t count = std::min(slab, coded.blocks() - first);
    if (walking.size() == 1) {
      walking[0]->scan({first, count}, {first + count, coded.blocks() - first - count}, batch.scratch);
      continue;
    }
    for (std::size_t i = 0; i < walking.size(); i += simd::kCodeQueries) {
      batch.show(coded, {first, count},
                 std::span(walking).subspan(i).first(std::min(simd::kCodeQueries, walking.size() - i)));
    }
  }
}

void ExactIndex::walk_lists_alone(Batch& batch, const Run& run) const {
  Walker& walker = batch.walkers[0];
  std::vector<std::uint32_t> order(lists_.size());
  std::iota(order.begin(), order.end(), 0);
  std::ranges::sort(order, std::greater{}, [&](std::uint32_t list) { return walker.cosines[list]; });
  std::size_t rank = 0;
  // The next one in which something may pass, as far as is known by now; lists may be empty, too.
  const auto following = [&] {
    CodeRange range{};
    for (; range.count == 0 && rank < order.size(); ++rank) {
      range = reach_.within(lists_, order[rank], walker.cosines[order[rank]], walker.search.threshold());
    }
    return range;
  };
  for (CodeRange range = following(); range.count != 0;) {
    run.check();
    const CodeRange next = following();
    walker.search.scan(range, next, batch.scratch);
    range = next;
  }
}

void ExactIndex::walk_lists(Batch& batch, std::uint32_t top, const Run& run) const {
  // The items around a query first: they tell what the others must reach.
  std::ranges::stable_sort(batch.walkers, {}, &Walker::nearest);
  std::vector<Walker*> walkers;
  for (std::size_t begin = 0, end = 0; begin < batch.walkers.size(); begin = end) {
    const std::uint32_t list = batch.walkers[begin].nearest;
    walkers.clear();
    for (; end < batch.walkers.size() && batch.walkers[end].nearest == list; ++end)
      walkers.push_back(&batch.walkers[end]);
    walk_list(list, walkers, top, batch);
  }
  std::vector<std::pair<float, std::uint32_t>> order;
  for (std::uint32_t list = 0; list < lists_.size(); ++list) {
    float best = -2;
    for (const Walker& walker : batch.walkers) best = std::max(best, walker.cosines[list]);
    order.emplace_back(-best, list);
  }
  std::ranges::sort(order);
  for (const auto& [key, list] : order) {
    run.check();
    walkers.clear();
    for (Walker& walker : batch.walkers) {
      if (walker.nearest != list) walkers.push_back(&walker);
    }
    walk_list(list, walkers, top, batch);
  }
}

void ExactIndex::walk_list(std::uint32_t list, std::span<Walker* const> walkers, std::uint32_t top,
                           Batch& batch) const {
  struct Part {
    CodeRange range;
    CodeSearch* search;
  };
  std::vector<Part> parts;
  for (Walker* walker : walkers) {
    const CodeRange range = reach_.within(lists_, list, walker->cosines[list], walker->search.threshold());
    if (range.count != 0) parts.push_back({range, &walker->search});
  }
  // Those that begin at about the same block together: what they share is read once.
  std::ranges::sort(parts, {}, [](const Part& part) { return part.range.first; });
  std::vector<CodeSearch*> searches;
  for (std::size_t begin = 0; begin < parts.size(); begin += simd::kCodeQueries) {
    searches.clear();
    std::size_t last = 0;
    bool full = true;
    for (std::size_t i = begin; i < std::min(begin + simd::kCodeQueries, parts.size()); ++i) {
      searches.push_back(parts[i].search);
      last = std::max(last, parts[i].range.first + parts[i].range.count);
      full &= parts[i].search->full();
    }
    const std::size_t most = slab_blocks(items_->factors());
    std::size_t step = full ? most : 2 + top / simd::kCodeItems;  // every item of the first passes
    for (std::size_t first = parts[begin].range.first; first < last; first += step, step = std::min(most, 2 * step)) {
      step = std::min(step, last - first);
      batch.show(lists_.coded, {first, step}, searches);
    }
  }
}

std::vector<std::uint32_t> ExactIndex::nearest_lists(const Factors& queries, const Run& run) const {
  std::vector<std::uint32_t> nearest(queries.rows());
  if (lists_.size() == 0) return nearest;
  parallel_chunks(queries.rows(), kQueriesPerChunk, run, [&](std::size_t begin, std::size_t end, int) {
    Buffer<float> cosines(simd::round_to_panels(lists_.size()));
    const auto of = cosines.span().first(lists_.size());
    for (auto q = static_cast<std::uint32_t>(begin); q < end; ++q) {
      ListReach::ask_centers(lists_, items_->prepared(queries[q], q), cosines.span());
      nearest[q] = static_cast<std::uint32_t>(std::ranges::max_element(of) - of.begin());
    }
  });
  return nearest;
}

std::vector<std::vector<Neighbor>> ExactIndex::search_counted(const Factors& queries, std::uint32_t top,
                                                              std::span<const ItemFilter> filters, const Run& run,
                                                              SearchCost* cost) const {
  items_->check(queries, top, filters);
  run.check();
  std::vector<std::vector<Neighbor>> results(queries.rows());
  if (size() == 0 || queries.rows() == 0) return results;
  // One query that needs brute force shares it among threads.
  if (lists_.coded.blocks() == 0 || top > size() / kLongTop) return brute_.search(queries, top, filters, run);

  const std::size_t work = std::size_t{queries.rows()} * size() * items_->factors();
  Run bounded = run;
  bounded.threads = static_cast<int>(std::min<std::size_t>(run.thread_count(), 1 + work / kWorkPerThread));
  bounded.progress = nullptr;
  const std::size_t even = (queries.rows() - 1) / static_cast<std::size_t>(bounded.threads) + 1;
  const std::size_t most = std::min(kMostGroupQueries, even);
  std::vector<std::uint32_t> order(queries.rows());
  std::iota(order.begin(), order.end(), 0);
  const std::vector<std::uint32_t> nearest =
      queries.rows() > most ? nearest_lists(queries, bounded) : std::vector<std::uint32_t>(queries.rows());
  const auto is_short = [&](std::uint32_t query, std::size_t count) {
    const std::uint32_t part = count < kMany ? kShortAllow : kShortAllowOfMany;
    return !filters.empty() && filters[query].has_allow && filters[query].allow.size() <= size() / part;
  };
  // Queries of one list of allowed items stay together: a group has one mask. Of these, those amid the same items.
  std::vector<std::span<const std::uint32_t>> groups;
  for (std::uint32_t first = 0, end = 0; first < queries.rows(); first = end) {
    for (end = first + 1; end < queries.rows(); ++end) {
      if (!filters.empty() && !same_allowed(filters[end], filters[first])) break;
    }
    const std::span<std::uint32_t> alike = std::span(order).subspan(first, end - first);
    const bool brute = is_short(first, std::min<std::size_t>(most, end - first));
    if (!brute) std::ranges::stable_sort(alike, {}, [&](std::uint32_t q) { return nearest[q]; });
    for (std::size_t at = 0; at < alike.size(); at += most) {
      groups.push_back(alike.subspan(at, std::min(most, alike.size() - at)));
    }
  }
  std::mutex counting;
  ProgressMeter meter(run, "searching", queries.rows(), "queries");
  parallel_chunks(groups.size(), 1, bounded, [&](std::size_t begin, std::size_t end, int) {
    for (std::size_t g = begin; g < end; ++g) {
      const auto count = static_cast<std::uint32_t>(groups[g].size());
      if (is_short(groups[g][0], count)) {
        brute_.search_part(queries, groups[g][0], count, top, filters, run, results);
      } else {
        Batch batch;
        batch.queries.assign(groups[g].begin(), groups[g].end());
        search_batch(queries, top, filters, run, batch, results);
        if (cost != nullptr) {
          const std::scoped_lock lock(counting);
          *cost += batch.scratch.cost;
        }
      }
      meter.add(count);
    }
  });
  meter.finish();
  return results;
}

std::unique_ptr<Index> make_exact_index(Factors items, Metric metric, const Run& run) {
  return std::make_unique<ExactIndex>(std::move(items), metric, run);
}

}  // namespace segue
