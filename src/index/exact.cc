// Exact search by codes. For the inner product items stand in the order of their lengths, longest first: good scores
// come early, and once |q| times the length of what is left is below the worst score that a query would keep, the rest
// cannot matter. Factors of ALS differ in length by orders of magnitude, and seven in eight items are never looked at.
// Cosines have no such order: the upper half of every code is read, an eighth of the bytes that float32 would take.
//
// Queries walk in groups. Blocks are taken a slab at a time, small at first since every item of the first passes, then
// as large as L2 has room for beside the rest; queries that are through leave the group, the others meet the slab eight
// at a time. Results are those of brute force whatever the group, so nothing depends on threads.
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

namespace segue {
namespace {

constexpr std::size_t kSlabBytes = 256 << 10;      // of codes: a quarter of a 1 MB L2
constexpr std::size_t kMostGroupQueries = 128;     // their codes and heaps take 50 KB
constexpr std::size_t kWorkPerThread = 128 << 20;  // products of codes: some milliseconds, a thread starts in 30 µs
// Lists as long as this part of the items leave a bound little to cut.
constexpr std::uint32_t kLongTop = 16;
// Allowed items are scored one by one up to this part of all: a row at random costs as much as some tens of codes. Many
// queries share the rows, once they have been gathered.
constexpr std::uint32_t kShortAllow = 32;
constexpr std::uint32_t kShortAllowOfMany = 8;
constexpr std::uint32_t kMany = 16;

/// Whether both let the same items through but for those denied, told by where their lists lie.
bool same_allowed(const ItemFilter& a, const ItemFilter& b) {
  return a.has_allow == b.has_allow && a.mask == b.mask &&
         (!a.has_allow || (a.allow.data() == b.allow.data() && a.allow.size() == b.allow.size()));
}

}  // namespace

ExactIndex::ExactIndex(Factors items, Metric metric, const Run& run)
    : items_(std::make_shared<const ScoredItems>(std::move(items), metric, run)), brute_(items_) {
  if (!CodedItems::can_code(*items_)) return;
  std::vector<std::uint32_t> order(size());
  std::iota(order.begin(), order.end(), 0);
  if (metric == Metric::kInnerProduct) {
    const std::span<const double> norms = items_->norms();
    std::ranges::stable_sort(order, [&](std::uint32_t a, std::uint32_t b) { return norms[a] > norms[b]; });
  }
  coded_ = CodedItems(*items_, std::move(order), run);
}

ExactIndex::ExactIndex(Factors items, const StoredIndex& stored, const Run& run)
    : items_(std::make_shared<const ScoredItems>(std::move(items), stored.metric, run)), brute_(items_) {
  if (size() != 0 && CodedItems::can_code(*items_)) coded_ = CodedItems(*items_, stored);
}

StoredIndex ExactIndex::store() const {
  return {.kind = "exact",
          .metric = metric(),
          .options = {},
          .recall = {},
          .parts = coded_.blocks() == 0 ? std::vector<IndexPart>{} : coded_.parts()};
}

struct ExactIndex::Batch {
  std::uint32_t first = 0;  // of the queries; all let the same items through but for those denied
  std::uint32_t count = 0;
  std::vector<std::uint64_t> mask;  // of a long list of allowed items, and of the mask beside it
  CodeScratch scratch;
  std::vector<simd::Candidate> found;
};

void ExactIndex::search_batch(const Factors& queries, std::uint32_t top, std::span<const ItemFilter> filters,
                              const Run& run, Batch& batch, std::vector<std::vector<Neighbor>>& results) const {
  const std::uint32_t part = batch.count < kMany ? kShortAllow : kShortAllowOfMany;
  if (!filters.empty() && filters[batch.first].has_allow && filters[batch.first].allow.size() <= size() / part) {
    brute_.search_part(queries, batch.first, batch.count, top, filters, run, results);
    return;
  }

  std::vector<CodeSearch> searches;
  std::vector<std::uint32_t> numbers;
  for (std::uint32_t q = batch.first; q < batch.first + batch.count; ++q) {
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
    searches.emplace_back(*items_, coded_, std::move(coded), top, filter.deny, mask);
    numbers.push_back(q);
  }

  const std::size_t most = std::max<std::size_t>(1, kSlabBytes / simd::upper_block_bytes(items_->factors()));
  std::vector<CodeSearch*> walking;
  for (CodeSearch& search : searches) walking.push_back(&search);
  std::size_t slab = 2 + top / simd::kCodeItems;
  for (std::size_t first = 0; first < coded_.blocks(); first += slab, slab = std::min(most, 2 * slab)) {
    std::erase_if(walking, [&](const CodeSearch* search) { return !search->reaches(coded_.block_norm(first)); });
    if (walking.empty()) break;
    run.check();
    const std::size_t count = std::min(slab, coded_.blocks() - first);
    if (walking.size() == 1) {
      walking[0]->scan({first, count}, {first + count, coded_.blocks() - first - count}, batch.scratch);
      continue;
    }
    batch.found.resize(std::max(batch.found.size(), simd::kCodeQueries * count * simd::kCodeItems));
    for (std::size_t begin = 0; begin < walking.size(); begin += simd::kCodeQueries) {
      const std::size_t width = std::min(simd::kCodeQueries, walking.size() - begin);
      std::array<simd::CodeQuery, simd::kCodeQueries> kernels;
      std::array<simd::Candidate*, simd::kCodeQueries> found;
      for (std::size_t i = 0; i < width; ++i) {
        kernels[i] = walking[begin + i]->kernel();
        found[i] = batch.found.data() + i * count * simd::kCodeItems;
      }
      const auto counts = simd::select_codes(coded_.view(), first, count, kernels.data(), width, found.data());
      batch.scratch.cost.coded += width * count * simd::kCodeItems;
      for (std::size_t i = 0; i < width; ++i) walking[begin + i]->take({found[i], counts[i]}, batch.scratch);
    }
  }
  for (std::size_t i = 0; i < searches.size(); ++i) results[numbers[i]] = searches[i].finish(batch.scratch);
}

std::vector<std::vector<Neighbor>> ExactIndex::search_counted(const Factors& queries, std::uint32_t top,
                                                              std::span<const ItemFilter> filters, const Run& run,
                                                              SearchCost* cost) const {
  items_->check(queries, top, filters);
  run.check();
  std::vector<std::vector<Neighbor>> results(queries.rows());
  if (size() == 0 || queries.rows() == 0) return results;
  // One query that needs brute force shares it among threads.
  if (coded_.blocks() == 0 || top > size() / kLongTop) return brute_.search(queries, top, filters, run);

  // Queries of one list of allowed items stay together: a group has one mask.
  const std::size_t work = std::size_t{queries.rows()} * size() * items_->factors();
  Run bounded = run;
  bounded.threads = static_cast<int>(std::min<std::size_t>(run.thread_count(), 1 + work / kWorkPerThread));
  const std::size_t even = (queries.rows() - 1) / static_cast<std::size_t>(bounded.threads) + 1;
  const std::size_t most = std::min(kMostGroupQueries, even);
  std::vector<std::pair<std::uint32_t, std::uint32_t>> groups;  // first, past the last
  for (std::uint32_t q = 0; q < queries.rows(); ++q) {
    const auto same_as_before = [&] { return filters.empty() || same_allowed(filters[q], filters[q - 1]); };
    if (groups.empty() || q - groups.back().first == most || !same_as_before()) groups.emplace_back(q, q);
    groups.back().second = q + 1;
  }
  std::mutex counting;
  ProgressMeter meter(run, "searching", queries.rows(), "queries");
  parallel_chunks(groups.size(), 1, bounded, [&](std::size_t begin, std::size_t end, int) {
    for (std::size_t g = begin; g < end; ++g) {
      Batch batch;
      batch.first = groups[g].first;
      batch.count = groups[g].second - groups[g].first;
      search_batch(queries, top, filters, run, batch, results);
      if (cost != nullptr) {
        const std::scoped_lock lock(counting);
        *cost += batch.scratch.cost;
      }
      meter.add(groups[g].second - groups[g].first);
    }
  });
  meter.finish();
  return results;
}

std::unique_ptr<Index> make_exact_index(Factors items, Metric metric, const Run& run) {
  return std::make_unique<ExactIndex>(std::move(items), metric, run);
}

}  // namespace segue
