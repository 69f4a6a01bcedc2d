// Items that pass their bound wait until a panel of them is full, which is what the scoring kernel takes; their rows
// are fetched from memory meanwhile. The scan's loop thus never scores, and a row of 256 bytes is there when its turn
// comes.
#include "index/code_search.h"

#include <algorithm>
#include <utility>

#include "index/top_list.h"
#include "simd/score.h"

namespace segue {
namespace {

constexpr std::size_t kFloatsPerLine = 16;  // 64 bytes
constexpr std::size_t kFirstBlocks = 16;    // chosen, not tuned

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
  const std::size_t count = range.count;
  const std::size_t end = range.first + count;
  scratch.found.resize(std::max(scratch.found.size(), count * simd::kCodeItems));
  for (std::size_t at = range.first; at < end;) {
    // Until something bounds, every item passes: few are asked for, and of those the most promising bound the others.
    const bool bounded = best_.size() == top_;
    const std::size_t blocks = std::min(bounded ? count : top_ / simd::kCodeItems + kFirstBlocks, end - at);
    const CodeRange after = at + blocks == end ? next : CodeRange{at + blocks, end - at - blocks};
    const std::size_t passed = simd::select_codes(coded_->view(), at, blocks, kernel(), scratch.found.data(), after);
    scratch.cost.coded += blocks * simd::kCodeItems;
    std::span<simd::Candidate> found = std::span(scratch.found).first(passed);
    if (!bounded && found.size() > top_) {
      const auto more = [](const simd::Candidate& a, const simd::Candidate& b) { return a.bound > b.bound; };
      std::ranges::nth_element(found, found.begin() + top_, more);
      take(found.first(top_), scratch);
      score_waiting(scratch);
      found = found.subspan(top_);
    }
    take(found, scratch);
    if (!bounded) score_waiting(scratch);
    at += blocks;
  }
}

void CodeSearch::take(std::span<const simd::Candidate> found, CodeScratch& scratch) {
  for (const simd::Candidate& candidate : found) {
    if (candidate.bound < threshold_) continue;
    const std::uint32_t id = coded_->ids()[candidate.position];
    if (id == CodedItems::kNone || (mask_ != nullptr && (mask_[id / 64] >> (id % 64) & 1) == 0)) continue;
    const std::span<const float> x = items_->vector(id);
    for (std::size_t f = 0; f < x.size(); f += kFloatsPerLine) __builtin_prefetch(&x[f]);
    waiting_.push_back({id, candidate.bound});
    if (waiting_.size() == simd::kPanelItems) score_waiting(scratch);
  }
}

void CodeSearch::score_waiting(CodeScratch& scratch) {
  scratch.ids.clear();
  for (const simd::Candidate& candidate : waiting_) {
    if (candidate.bound < threshold_ || std::ranges::binary_search(deny_, candidate.position)) continue;
    scratch.ids.push_back(candidate.position);
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
  // A cosine is cut to -1 at least: at that, a bound below it says nothing of a tie.
  if (best_.size() == top_ && best_.front().score > -items_->limit()) threshold_ = best_.front().score;
}

std::size_t CodeSearch::scored(CodeScratch& scratch) {
  score_waiting(scratch);
  return best_.size();
}

std::vector<Neighbor> CodeSearch::finish(CodeScratch& scratch) {
  score_waiting(scratch);
  std::ranges::sort_heap(best_, better);
  return std::exchange(best_, {});
}

}  // namespace segue
