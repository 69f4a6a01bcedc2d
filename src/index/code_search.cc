// Codes bound a score from below as well as from above, so that the worst of the best lower bounds is a threshold
// before anything is scored. What passes waits, until the end where there is room: of what the threshold has not
// overtaken by then, few more than the best, rows are fetched from memory.
#include "index/code_search.h"

#include <algorithm>
#include <functional>
#include <utility>

#include "index/top_list.h"
#include "simd/score.h"

namespace segue {
namespace {

constexpr std::size_t kFloatsPerLine = 16;  // 64 bytes
constexpr std::size_t kFirstBlocks = 8;     // chosen: 2 to 16 do as well

}  // namespace

void mask_of(const ItemFilter& filter, std::uint32_t items, std::vector<std::uint64_t>& mask) {
  mask.assign((std::size_t{items} + 63) / 64, 0);
  for (const std::uint32_t item : filter.allow) {
    if (filter.mask == nullptr || filter.mask->has(item)) mask[item / 64] |= std::uint64_t{1} << (item % 64);
  }
}

CodeSearch::CodeSearch(const ScoredItems& items, const CodedItems& coded, CodedQuery query, std::uint32_t top,
                       std::span<const std::uint32_t> deny, const std::uint64_t* mask)
    : items_(&items), coded_(&coded), query_(std::move(query)), top_(top), deny_(deny), mask_(mask) {}

simd::CodeQuery CodeSearch::kernel() const {
  simd::CodeQuery kernel = query_.kernel;
  kernel.codes = query_.codes.data();  // the object may have moved
  kernel.threshold = threshold_;
  return kernel;
}

void CodeSearch::scan(CodeRange range, CodeRange next, CodeScratch& scratch) {
  const std::size_t end = range.first + range.count;
  scratch.found.resize(std::max(scratch.found.size(), range.count * simd::kCodeItems));
  for (std::size_t at = range.first; at < end;) {
    // Until something bounds, every item passes: few are asked for.
    const std::size_t blocks = std::min(full() ? range.count : top_ / simd::kCodeItems + kFirstBlocks, end - at);
    const CodeRange after = at + blocks == end ? next : CodeRange{at + blocks, end - at - blocks};
    const std::size_t passed = simd::select_codes(coded_->view(), at, blocks, kernel(), scratch.found.data(), after);
    scratch.cost.coded += blocks * simd::kCodeItems;
    take(std::span(scratch.found).first(passed), scratch);
    at += blocks;
  }
}

void CodeSearch::take(std::span<const simd::Candidate> found, CodeScratch& scratch) {
  for (const simd::Candidate& candidate : found) {
    if (candidate.bound < threshold_) continue;
    const std::uint32_t id = coded_->ids()[candidate.position];
    if (id == CodedItems::kNone || (mask_ != nullptr && (mask_[id / 64] >> (id % 64) & 1) == 0)) continue;
    if (std::ranges::binary_search(deny_, id)) continue;
    waiting_.push_back({id, candidate.bound});
    add_lower(coded_->lower_bound(query_, candidate));
    if (waiting_.size() == kMostWaiting) make_room(scratch);
  }
}

void CodeSearch::add_lower(float bound) {
  if (lower_.size() == top_) {
    if (!(bound > lower_.front())) return;
    std::ranges::pop_heap(lower_, std::greater{});
    lower_.back() = bound;
  } else {
    lower_.push_back(bound);
  }
  std::ranges::push_heap(lower_, std::greater{});
  if (full()) raise(lower_.front());
}

void CodeSearch::raise(float threshold) {
  // A cosine is cut to -1 at least: at that, a bound below it says nothing of a tie.
  if (threshold > -items_->limit()) threshold_ = std::max(threshold_, threshold);
}

void CodeSearch::make_room(CodeScratch& scratch) {
  std::erase_if(waiting_, [&](const simd::Candidate& candidate) { return candidate.bound < threshold_; });
  if (waiting_.size() > kMostWaiting / 2) score_waiting(scratch);
}

void CodeSearch::score_waiting(CodeScratch& scratch) {
  scratch.ids.clear();
  for (const simd::Candidate& candidate : waiting_) {
    if (candidate.bound < threshold_) continue;
    scratch.ids.push_back(candidate.position);
    const std::span<const float> x = items_->vector(candidate.position);
    for (std::size_t f = 0; f < x.size(); f += kFloatsPerLine) __builtin_prefetch(&x[f]);
  }
  waiting_.clear();
  if (scratch.ids.empty()) return;
  scratch.cost.scored += scratch.ids.size();
  simd::score_rows(items_->rows(scratch.ids.data(), 0, scratch.ids.size()), query_.values.data(), items_->limit(),
                   scratch.scores.data());
  for (std::size_t i = 0; i < scratch.ids.size(); ++i) add({scratch.ids[i], scratch.scores[i]});
}

void CodeSearch::add(Neighbor candidate) {
  // `better` as the order of the heap puts the worst in front.
  if (best_.size() == top_) {
    if (!better(candidate, best_.front())) return;
    std::ranges::pop_heap(best_, better);
    best_.back() = candidate;
  } else {
    best_.push_back(candidate);
  }
  std::ranges::push_heap(best_, better);
  if (best_.size() == top_) raise(best_.front().score);
}

std::vector<Neighbor> CodeSearch::finish(CodeScratch& scratch) {
  score_waiting(scratch);
  std::ranges::sort_heap(best_, better);
  return std::exchange(best_, {});
}

}  // namespace segue
