// Items that point the same way stand in a list, and a query looks into the lists whose centers are nearest to it. A
// list is a run of code blocks like those of the exact index, with the same certificate: of what is looked into nothing
// is missed and every score is the exact one. What can be missed is only what stands in a list that is not looked into.
//
// A list is looked into while its center scores at most some slack below the worst answer so far. A query amid many
// near items thus ends early, and one that is far from everything goes on, which reaches a recall with fewer lists than
// a number of them would that is the same for all. One exact answer tells the slack that a neighbor takes:
// by how much its list's center scores less than the last neighbor. (While fewer are known the worst answer scores
// less, so more lists are looked into, never fewer; how much less slack thus does is found by asking.)
#include "index/ivf.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <functional>
#include <limits>
#include <mutex>
#include <numeric>
#include <string>
#include <utility>

#include "base/parallel.h"
#include "base/progress.h"
#include "index/index_parts.h"
#include "index/known_recall.h"
#include "segue/error.h"

namespace segue {
namespace {

constexpr std::size_t kQueriesPerChunk = 16;
// As in the exact index: longer lists, this part of all items, go to brute force, and so do short lists of allowed
// items.
constexpr std::uint32_t kLongTop = 16;
constexpr std::uint32_t kShortAllow = 32;
// The worst of fewer answers than this is too good to tell from where there is more to find: one neighbor would be
// found at .95 where ten are at .99.
constexpr std::uint32_t kLeastTop = 10;
// The sample that tells the recall: with four times as many as others take, half as much is spared for chance.
constexpr std::uint32_t kQuestions = 4 * kRecallSample;
// The slack that any recall takes, and that a file may say: scores are of -1 to 1. Among items that stand in tight
// groups almost none would do for themselves, and queries that are no items would find half of their neighbors.
constexpr float kLeastSlack = 0.1F;
constexpr float kMostSlack = 2;
constexpr float kSlackStep = 0.01F;
constexpr std::uint32_t kNeighbors = 10;  // of which a recall is asked for
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
  std::vector<float> scores;         // of the centers, [blocks of them x kCodeItems]
  std::vector<std::uint64_t> order;  // of lists: falling(score) above, the number of the list below
  std::vector<std::uint64_t> mask;

  std::uint32_t list(std::size_t rank) const { return static_cast<std::uint32_t>(order[rank]); }
};

IvfIndex::IvfIndex(Factors items, Metric metric, const IndexOptions& options, const Run& run)
    : items_(std::make_shared<const ScoredItems>(std::move(items), metric, run)), brute_(items_) {
  if (metric != Metric::kCosine) {
    refuse("ivf answers by cosine, not by inner product", "use exact, which is faster for inner products");
  }
  check_recall(options);
  if (!(options.slack >= 0 && options.slack <= kMostSlack)) {
    refuse("a slack of " + std::to_string(options.slack) + " was asked for", "ask for more than 0 and at most 2");
  }
  std::vector<std::uint32_t> member;
  lists_ = make_code_lists(*items_, options.lists == 0 ? usual_lists(size()) : options.lists, {}, run, &member);
  if (lists() == 0) return;  // brute force answers
  if (!code_centers(run)) {
    lists_ = {};
    return;
  }
  probes_ = {.most = options.probes == 0 ? lists() : std::min(options.probes, lists())};
  if (options.slack > 0) probes_.slack = static_cast<float>(options.slack);
  learn_recall(options, member, run);
}

IvfIndex::IvfIndex(Factors items, const StoredIndex& stored, const Run& run)
    : items_(std::make_shared<const ScoredItems>(std::move(items), stored.metric, run)),
      brute_(items_),
      recall_(stored.options.recall),
      known_(stored.recall) {
  if (stored.metric != Metric::kCosine) damaged_part("ids", "is of an ivf that is not of the cosine");
  if (stored.parts.empty()) return;  // brute force answers
  lists_ = open_code_lists(*items_, stored);
  if (!code_centers(run)) damaged_part("centers", "holds vectors that have no codes");
  const IndexOptions& options = stored.options;
  if (options.probes > lists()) {
    damaged_part("begin", "is of " + std::to_string(lists()) + " lists where " + std::to_string(options.probes) +
                              " are looked into");
  }
  if (!(options.slack >= 0 && options.slack <= kMostSlack) || (options.slack == 0 && options.probes == 0)) {
    damaged_part("begin", "is of lists that are looked into by a slack of " + std::to_string(options.slack));
  }
  probes_ = {.most = options.probes == 0 ? lists() : options.probes};
  if (options.slack > 0) probes_.slack = static_cast<float>(options.slack);
}

StoredIndex IvfIndex::store() const {
  const bool by_slack = std::isfinite(probes_.slack);
  StoredIndex stored{.kind = "ivf",
                     .metric = Metric::kCosine,
                     .options = {.kind = "ivf",
                                 .recall = recall_,
                                 .lists = lists(),
                                 .probes = by_slack && probes_.most == lists() ? 0 : probes_.most,
                                 .slack = by_slack ? probes_.slack : 0},
                     .recall = known_,
                     .parts = {}};
  if (lists() != 0) stored.parts = lists_.parts();
  return stored;
}

void IvfIndex::learn_recall(const IndexOptions& options, std::span<const std::uint32_t> member, const Run& run) {
  constexpr std::uint32_t kMost = 20;
  const RecallSample sample = sample_items(*items_, kQuestions);
  const auto questions = static_cast<std::uint32_t>(sample.items.size());
  const Factors queries = rows_of(*items_, sample.items);
  std::vector<ItemFilter> filters;  // an item is no neighbor of itself
  for (const std::uint32_t& item : sample.items) filters.push_back({.deny = {&item, 1}});
  const auto truth = search_lists(queries, kMost, filters, {.most = lists()}, run);
  std::vector<std::uint32_t> wanted(questions);
  std::vector<std::uint32_t> found(questions);
  const auto ask = [&](std::uint32_t top, Probes probes, SearchCost* cost) {
    const auto lists = search_lists(queries, top, filters, probes, run, cost);
    for (std::uint32_t q = 0; q < questions; ++q) {
      wanted[q] = static_cast<std::uint32_t>(std::min<std::size_t>(top, truth[q].size()));
      found[q] = static_cast<std::uint32_t>(
          std::ranges::count_if(std::span(truth[q]).first(wanted[q]), [&](const Neighbor& neighbor) {
            return std::ranges::find(lists[q], neighbor.item, &Neighbor::item) != lists[q].end();
          }));
    }
    const double all = std::accumulate(wanted.begin(), wanted.end(), 0.0);
    return all == 0 ? 1.0 : std::accumulate(found.begin(), found.end(), 0.0) / all;
  };

  recall_ = wanted_recall(options);
  if (options.probes == 0 && options.slack == 0) {
    probes_.slack = slack_for(recall_, queries, truth, member, sample.population);
    for (Probes less = probes_; less.slack > kLeastSlack + kSlackStep; probes_ = less) {
      less.slack -= kSlackStep;
      if (ask(kNeighbors, less, nullptr) - recall_margin(found, wanted, sample.population) < recall_) break;
    }
  }
  known_.sample = questions;
  known_.at_20 = ask(kMost, probes_, nullptr);
  SearchCost cost;
  known_.at_10 = ask(kNeighbors, probes_, &cost);
  looked_at_ = static_cast<double>(cost.coded) / std::max(1.0, static_cast<double>(size()) * questions);
}

float IvfIndex::slack_for(double recall, const Factors& queries, const std::vector<std::vector<Neighbor>>& truth,
                          std::span<const std::uint32_t> member, std::uint32_t population) const {
  std::vector<std::pair<float, std::uint32_t>> takes;  // the slack that finds a neighbor, and whose it is
  std::vector<std::uint32_t> wanted(queries.rows());
  Scratch scratch;
  for (std::uint32_t q = 0; q < queries.rows(); ++q) {
    CodedQuery coded;
    if (truth[q].empty() || !CodedItems::code(items_->prepared(queries[q], q), coded)) continue;
    score_centers(coded, scratch);
    wanted[q] = static_cast<std::uint32_t>(std::min<std::size_t>(kNeighbors, truth[q].size()));
    const float worst = truth[q][wanted[q] - 1].score;
    for (std::size_t i = 0; i < wanted[q]; ++i) {
      takes.emplace_back(worst - scratch.scores[member[truth[q][i].item]], q);
    }
  }
  std::ranges::sort(takes);
  std::vector<std::uint32_t> found(queries.rows());
  float slack = kLeastSlack;
  for (std::size_t sum = 0; sum < takes.size();) {
    const auto [least, q] = takes[sum];
    ++found[q];
    ++sum;
    slack = std::clamp(std::nextafter(least, kMostSlack), slack, kMostSlack);
    const double reached = static_cast<double>(sum) / static_cast<double>(takes.size());
    // Other items than these shall reach it, too: what the sample leaves unsure is not counted.
    if (reached >= recall && reached - recall_margin(found, wanted, population) >= recall) break;
  }
  return slack;
}

bool IvfIndex::code_centers(const Run& run) {
  const ScoredItems centers(lists_.centers, Metric::kCosine, run);
  if (!CodedItems::can_code(centers)) return false;
  std::vector<std::uint32_t> order(lists());
  std::iota(order.begin(), order.end(), 0U);
  coded_centers_ = CodedItems(centers, std::move(order), run);
  return true;
}

void IvfIndex::score_centers(const CodedQuery& query, Scratch& scratch) const {
  simd::CodeQuery kernel = query.kernel;
  kernel.codes = query.codes.data();
  scratch.scores.resize(coded_centers_.blocks() * simd::kCodeItems);
  simd::coarse_scores(coded_centers_.view(), coded_centers_.blocks(), kernel, scratch.scores.data());
}

void IvfIndex::rank_lists(float least, std::uint32_t but, std::uint64_t most, Scratch& scratch) const {
  // Whole numbers in one place are sorted several times as fast as numbers of lists by their scores.
  scratch.order.resize(lists());
  std::size_t ranked = 0;
  for (std::uint32_t list = 0; list < lists(); ++list) {
    scratch.order[ranked] = std::uint64_t{falling(scratch.scores[list])} << 32 | list;
    ranked += list != but && !(scratch.scores[list] < least) ? 1 : 0;
  }
  scratch.order.resize(ranked);
  if (most < ranked) {
    std::ranges::partial_sort(scratch.order, scratch.order.begin() + static_cast<std::ptrdiff_t>(most));
  } else {
    std::ranges::sort(scratch.order);
  }
}

std::vector<Neighbor> IvfIndex::search_one(CodedQuery query, std::uint32_t top, const ItemFilter& filter, Probes probes,
                                           Scratch& scratch) const {
  const std::uint64_t* mask = filter.mask != nullptr ? filter.mask->words() : nullptr;
  std::uint64_t left = filter.mask != nullptr ? filter.mask->count() : size();
  if (filter.has_allow) {
    mask_of(filter, size(), scratch.mask);
    mask = scratch.mask.data();
    left = std::min<std::uint64_t>(left, filter.allow.size());
  }
  // The nearest of a part of the items lie farther away, in as many more lists.
  const std::uint64_t most = std::uint64_t{probes.most} * size() / std::max<std::uint64_t>(1, left);

  score_centers(query, scratch);
  const std::span<const float> scores = std::span(scratch.scores).first(lists());
  const auto nearest = static_cast<std::uint32_t>(std::ranges::max_element(scores) - scores.begin());
  const std::uint32_t kept = std::max(top, std::min(kLeastTop, size()));
  CodeSearch search(*items_, lists_.coded, std::move(query), kept, filter.deny, mask);
  search.scan(lists_.list(nearest), {}, scratch.codes);
  // What is out of the question by now is not ranked. Until there are enough answers, which filters can take long to
  // leave, there is no threshold, and every list counts.
  rank_lists(search.threshold() - probes.slack, nearest, most, scratch);
  for (std::uint64_t i = 0; i < scratch.order.size(); ++i) {
    const std::uint32_t list = scratch.list(i);
    if (scores[list] < search.threshold() - probes.slack) break;
    if (i + 1 >= most && search.full()) break;
    if (i == most) std::ranges::sort(scratch.order.begin() + static_cast<std::ptrdiff_t>(i), scratch.order.end());
    const CodeRange next = i + 1 < scratch.order.size() ? lists_.list(scratch.list(i + 1)) : CodeRange{};
    search.scan(lists_.list(list), next, scratch.codes);
  }
  std::vector<Neighbor> best = search.finish(scratch.codes);
  best.resize(std::min<std::size_t>(best.size(), top));
  return best;
}

std::vector<std::vector<Neighbor>> IvfIndex::search_lists(const Factors& queries, std::uint32_t top,
                                                          std::span<const ItemFilter> filters, Probes probes,
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
