// Items that point the same way stand in a list, and a query looks into the lists whose centers are nearest to it. A
// list is a run of code blocks like those of the exact index, with the same certificate: of what is looked into nothing
// is missed and every score is the exact one. What can be missed is only what stands in a list that is not looked into,
// so that the recall for any number of probes follows from one exact answer: a neighbor is found if its list's rank is
// below the probes.
#include "index/ivf.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <mutex>
#include <numeric>
#include <string>
#include <utility>

#include "base/parallel.h"
#include "base/progress.h"
#include "index/index_parts.h"
#include "index/known_recall.h"
#include "index/spherical_kmeans.h"
#include "segue/error.h"

namespace segue {
namespace {

constexpr std::size_t kQueriesPerChunk = 16;
// As in the exact index: longer lists, this part of all items, go to brute force, and so do short lists of allowed
// items.
constexpr std::uint32_t kLongTop = 16;
constexpr std::uint32_t kShortAllow = 32;
// Twice the root of n, so that a query meets about as many centers as the items of some lists: docs/search.md.
std::uint32_t usual_lists(std::uint32_t items) {
  return static_cast<std::uint32_t>(std::lround(2 * std::sqrt(static_cast<double>(items))));
}

/// Numbers that ascend as scores fall: the bits of a float are in the order of its values where it is positive, and the
/// other way round where it is negative.
std::uint32_t falling(float score) {
  const auto bits = std::bit_cast<std::uint32_t>(score);
  return (bits >> 31) != 0 ? bits : ~(bits | 0x80000000U);
}

[[noreturn]] void refuse(const std::string& problem, const std::string& fix) {
  throw Error(ErrorCode::kInvalidArgument, problem, fix);
}

}  // namespace

struct IvfIndex::Scratch {
  CodeScratch codes;
  std::vector<simd::Candidate> centers;  // all, with their bounds
  std::vector<std::uint64_t> order;      // of lists: falling(score) above, the number of the list below
  std::vector<std::uint64_t> mask;

  std::uint32_t list(std::size_t rank) const { return static_cast<std::uint32_t>(order[rank]); }
};

IvfIndex::IvfIndex(Factors items, Metric metric, const IndexOptions& options, const Run& run)
    : items_(std::make_shared<const ScoredItems>(std::move(items), metric, run)), brute_(items_) {
  if (metric != Metric::kCosine) {
    refuse("ivf answers by cosine, not by inner product", "use exact, which is faster for inner products");
  }
  check_recall(options);
  std::uint32_t directed = 0;  // items that have a direction
  for (std::uint32_t item = 0; item < size(); ++item) directed += items_->is_zero(item) ? 0 : 1;
  if (directed == 0 || !CodedItems::can_code(*items_)) return;  // brute force answers
  const std::uint32_t lists = std::clamp(options.lists == 0 ? usual_lists(size()) : options.lists, 1U, directed);
  Clusters clusters = spherical_kmeans(*items_, lists, run);
  centers_ = std::move(clusters.centers);
  if (!code_centers(run)) {
    centers_ = {};
    return;  // brute force answers
  }

  std::vector<std::vector<std::uint32_t>> members(lists);
  for (std::uint32_t item = 0; item < size(); ++item) {
    // What has no direction would all be in the first list.
    if (items_->is_zero(item)) clusters.member[item] = item % lists;
    members[clusters.member[item]].push_back(item);
  }
  std::vector<std::uint32_t> order;
  std::vector<std::uint64_t> begins;
  for (const std::vector<std::uint32_t>& list : members) {
    begins.push_back(order.size() / simd::kCodeItems);
    order.insert(order.end(), list.begin(), list.end());
    order.resize((order.size() + simd::kCodeItems - 1) / simd::kCodeItems * simd::kCodeItems, CodedItems::kNone);
  }
  begins.push_back(order.size() / simd::kCodeItems);
  begin_ = std::move(begins);
  coded_ = CodedItems(*items_, std::move(order), run);
  choose_probes(options, clusters.member, run);
}

IvfIndex::IvfIndex(Factors items, const StoredIndex& stored, const Run& run)
    : items_(std::make_shared<const ScoredItems>(std::move(items), stored.metric, run)),
      brute_(items_),
      recall_(stored.options.recall),
      known_(stored.recall) {
  if (stored.metric != Metric::kCosine) damaged_part("ids", "is of an ivf that is not of the cosine");
  if (stored.parts.empty()) return;  // brute force answers
  if (!CodedItems::can_code(*items_)) damaged_part("codes", "is of vectors that have no codes");
  coded_ = CodedItems(*items_, stored);
  begin_ = part_of<std::uint64_t>(stored, "begin");
  const std::size_t count = begin_.empty() ? 0 : begin_.size() - 1;
  if (count == 0 || count > size() || begin_[0] != 0 || begin_[count] != coded_.blocks() ||
      !std::ranges::is_sorted(begin_)) {
    damaged_part("begin", "does not cut the blocks into lists");
  }
  const auto rows = static_cast<std::uint32_t>(count);
  centers_ = Factors::create(rows, items_->factors(),
                             part_of<float>(stored, "centers", count * Factors::stride_for(items_->factors())));
  if (!std::ranges::all_of(centers_.values(), [](float value) { return std::isfinite(value); })) {
    damaged_part("centers", "holds a value that is not finite");
  }
  if (!code_centers(run)) damaged_part("centers", "holds vectors that have no codes");
  probes_ = stored.options.probes;
  if (probes_ == 0 || probes_ > rows) {
    damaged_part("begin",
                 "is of " + std::to_string(rows) + " lists where " + std::to_string(probes_) + " are looked into");
  }
}

StoredIndex IvfIndex::store() const {
  StoredIndex stored{.kind = "ivf",
                     .metric = Metric::kCosine,
                     .options = {.kind = "ivf", .recall = recall_, .lists = lists(), .probes = probes_},
                     .recall = known_,
                     .parts = {}};
  if (lists() == 0) return stored;
  stored.parts = coded_.parts();
  stored.parts.push_back({"begin", begin_});
  stored.parts.push_back({"centers", centers_.values()});
  return stored;
}

void IvfIndex::choose_probes(const IndexOptions& options, std::span<const std::uint32_t> member, const Run& run) {
  constexpr std::uint32_t kMost = 20;
  const RecallSample sample = sample_items(*items_);
  const auto questions = static_cast<std::uint32_t>(sample.items.size());
  const Factors queries = rows_of(*items_, sample.items);
  std::vector<ItemFilter> filters;  // an item is no neighbor of itself
  for (const std::uint32_t& item : sample.items) filters.push_back({.deny = {&item, 1}});
  const auto truth = brute_.search(queries, kMost, filters, run);

  // By rank of a list: whose neighbors it adds, among the first 10, and how many among 20.
  std::vector<std::vector<std::uint32_t>> found10(lists());
  std::vector<std::uint64_t> found20(lists());
  std::vector<std::uint32_t> wanted(questions);
  Scratch scratch;
  std::vector<std::uint32_t> rank(lists());
  for (std::uint32_t q = 0; q < questions; ++q) {
    CodedQuery coded;
    if (!CodedItems::code(items_->prepared(queries[q], q), coded)) continue;
    rank_lists(coded, lists(), scratch);
    for (std::uint32_t r = 0; r < lists(); ++r) rank[scratch.list(r)] = r;
    for (std::size_t i = 0; i < truth[q].size(); ++i) {
      const std::uint32_t r = rank[member[truth[q][i].item]];
      ++found20[r];
      if (i >= 10) continue;
      found10[r].push_back(q);
      ++wanted[q];
    }
  }
  const double all10 = std::accumulate(wanted.begin(), wanted.end(), 0.0);
  recall_ = wanted_recall(options);
  const auto all20 = static_cast<double>(std::accumulate(found20.begin(), found20.end(), std::uint64_t{0}));
  std::uint64_t sum10 = 0;
  std::uint64_t sum20 = 0;
  std::vector<std::uint32_t> found(questions);
  // Other items than these shall reach it, too: what the sample leaves unsure is not counted.
  const auto reached = [&] {
    const double recall = all10 == 0 ? 1 : static_cast<double>(sum10) / all10;
    return recall >= recall_ && recall - recall_margin(found, wanted, sample.population) >= recall_;
  };
  probes_ = 0;
  do {
    for (const std::uint32_t q : found10[probes_]) ++found[q];
    sum10 += found10[probes_].size();
    sum20 += found20[probes_];
    ++probes_;
  } while (probes_ < lists() && (options.probes != 0 ? probes_ < options.probes : !reached()));
  known_ = {.at_10 = all10 == 0 ? 1 : static_cast<double>(sum10) / all10,
            .at_20 = all20 == 0 ? 1 : static_cast<double>(sum20) / all20,
            .sample = questions};
}

bool IvfIndex::code_centers(const Run& run) {
  const ScoredItems centers(centers_, Metric::kCosine, run);
  if (!CodedItems::can_code(centers)) return false;
  std::vector<std::uint32_t> order(lists());
  std::iota(order.begin(), order.end(), 0U);
  coded_centers_ = CodedItems(centers, std::move(order), run);
  return true;
}

void IvfIndex::rank_lists(const CodedQuery& query, std::size_t probes, Scratch& scratch) const {
  simd::CodeQuery kernel = query.kernel;
  kernel.codes = query.codes.data();
  kernel.threshold = -std::numeric_limits<float>::infinity();
  scratch.centers.resize(coded_centers_.blocks() * simd::kCodeItems);
  simd::select_codes(coded_centers_.view(), 0, coded_centers_.blocks(), kernel, scratch.centers.data());
  // Whole numbers in one place are sorted several times as fast as numbers of lists by their scores.
  scratch.order.resize(lists());
  for (std::uint32_t list = 0; list < lists(); ++list) {
    scratch.order[list] = std::uint64_t{falling(scratch.centers[list].bound)} << 32 | list;
  }
  const auto last = scratch.order.begin() + static_cast<std::ptrdiff_t>(probes);
  std::partial_sort(scratch.order.begin(), last, scratch.order.end());
}

std::vector<Neighbor> IvfIndex::search_one(CodedQuery query, std::uint32_t top, const ItemFilter& filter,
                                           std::uint32_t probes, Scratch& scratch) const {
  const std::uint64_t* mask = filter.mask != nullptr ? filter.mask->words() : nullptr;
  std::uint64_t left = filter.mask != nullptr ? filter.mask->count() : size();
  if (filter.has_allow) {
    mask_of(filter, size(), scratch.mask);
    mask = scratch.mask.data();
    left = std::min<std::uint64_t>(left, filter.allow.size());
  }
  // The nearest of a part of the items lie farther away, in as many more lists.
  const std::uint64_t more = std::uint64_t{probes} * size() / std::max<std::uint64_t>(1, left);
  probes = static_cast<std::uint32_t>(std::min<std::uint64_t>(more, lists()));
  rank_lists(query, probes, scratch);
  CodeSearch search(*items_, coded_, std::move(query), top, filter.deny, mask);
  const auto range = [&](std::uint32_t list) { return CodeRange{begin_[list], begin_[list + 1] - begin_[list]}; };
  for (std::uint32_t i = 0; i < probes; ++i) {
    search.scan(range(scratch.list(i)), i + 1 < probes ? range(scratch.list(i + 1)) : CodeRange{}, scratch.codes);
  }
  // Where filters leave too few, the other lists follow until there are enough.
  if (probes < lists() && search.scored(scratch.codes) < top) {
    rank_lists(search.query(), lists(), scratch);
    for (std::uint32_t i = probes; i < lists() && search.scored(scratch.codes) < top; ++i) {
      search.scan(range(scratch.list(i)), {}, scratch.codes);
    }
  }
  return search.finish(scratch.codes);
}

std::vector<std::vector<Neighbor>> IvfIndex::search_lists(const Factors& queries, std::uint32_t top,
                                                          std::span<const ItemFilter> filters, std::uint32_t probes,
                                                          const Run& run, SearchCost* cost) const {
  if (lists() == 0 || top > size() / kLongTop) return brute_.search(queries, top, filters, run);
  items_->check(queries, top, filters);
  run.check();
  std::vector<std::vector<Neighbor>> results(queries.rows());
  ProgressMeter meter(run, "searching", queries.rows(), "queries");
  std::mutex counting;
  parallel_chunks(queries.rows(), kQueriesPerChunk, run, [&](std::size_t begin, std::size_t end, int) {
    Scratch scratch;
    const auto filter_of = [&](std::uint32_t q) { return filters.empty() ? ItemFilter{} : filters[q]; };
    const auto is_short = [&](std::uint32_t q) {
      return filter_of(q).has_allow && filter_of(q).allow.size() <= size() / kShortAllow;
    };
    const auto last = static_cast<std::uint32_t>(end);
    for (auto q = static_cast<std::uint32_t>(begin); q < last;) {
      std::uint32_t next = q;
      while (next < last && is_short(next)) ++next;
      if (next > q) {
        // Together: it reads a list that they share once.
        brute_.search_part(queries, q, next - q, top, filters, run, results);
        q = next;
        continue;
      }
      CodedQuery coded;
      if (CodedItems::code(items_->prepared(queries[q], q), coded)) {
        results[q] = search_one(std::move(coded), top, filter_of(q), probes, scratch);
      } else {
        brute_.search_part(queries, q, 1, top, filters, run, results);
      }
      ++q;
    }
    meter.add(end - begin);
    if (cost != nullptr) {
      const std::scoped_lock lock(counting);
      *cost += scratch.codes.cost;
    }
  });
  meter.finish();
  return results;
}

}  // namespace segue
