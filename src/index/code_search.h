// CodeSearch: one query's way through coded items. Whatever order blocks come in, what it ends with is the best of all
// that it was shown, to the last bit.
#ifndef SEGUE_INDEX_CODE_SEARCH_H_
#define SEGUE_INDEX_CODE_SEARCH_H_

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "index/coded_items.h"
#include "simd/score.h"

namespace segue {

/// What searches looked at, for those who measure.
struct SearchCost {
  std::uint64_t coded = 0;   // items whose codes were read, by half at least
  std::uint64_t scored = 0;  // items scored in float32

  void operator+=(const SearchCost& other) {
    coded += other.coded;
    scored += other.scored;
  }
};

/// Blocks of codes.
using CodeRange = simd::BlockRange;

/// Items that wait to be scored; whole panels.
constexpr std::size_t kMostWaiting = 256;
static_assert(kMostWaiting % simd::kPanelItems == 0);

/// What a thread needs besides: room for what a scan finds and for scores.
struct CodeScratch {
  std::vector<simd::Candidate> found;
  std::vector<std::uint32_t> ids;
  Buffer<float> scores{kMostWaiting};
  SearchCost cost;  // of all searches that used it
};

/// The list of allowed items as a bit an item, less what is not in the filter's mask. Requires: has_allow.
void mask_of(const ItemFilter& filter, std::uint32_t items, std::vector<std::uint64_t>& mask);

class CodeSearch {
 public:
  /// All must outlive the search.
  /// @param query  its codes
  /// @param top    >= 1
  /// @param mask   null, or a bit per item: only these may be returned
  CodeSearch(const ScoredItems& items, const CodedItems& coded, CodedQuery query, std::uint32_t top,
             std::span<const std::uint32_t> deny, const std::uint64_t* mask);

  /// Items whose bound is below this cannot enter.
  float threshold() const { return threshold_; }
  /// Whether an item of this length, or a shorter one, may still enter.
  bool reaches(float norm) const { return !(query_.reach * norm < threshold_); }
  /// As kernels take it, with the threshold of now.
  simd::CodeQuery kernel() const;

  /// Shows it all items of some blocks. The beginning of those that are scanned next is fetched meanwhile.
  void scan(CodeRange range, CodeRange next, CodeScratch& scratch);
  /// Takes what the kernel found for it in some blocks.
  void take(std::span<const simd::Candidate> found, CodeScratch& scratch);
  /// Whether it has found as many as it was asked for.
  bool full() const { return lower_.size() == top_; }
  /// Scores what waits, and gives the best, best first. What is left is empty.
  std::vector<Neighbor> finish(CodeScratch& scratch);

 private:
  /// Makes room among what waits, by scoring where it must.
  void make_room(CodeScratch& scratch);
  void score_waiting(CodeScratch& scratch);
  void add(Neighbor candidate);
  void add_lower(float bound);
  void raise(float threshold);

  const ScoredItems* items_;
  const CodedItems* coded_;
  CodedQuery query_;
  std::uint32_t top_;
  std::span<const std::uint32_t> deny_;
  const std::uint64_t* mask_;
  float threshold_ = -std::numeric_limits<float>::infinity();
  std::vector<simd::Candidate> waiting_;  // passed the bound, not scored yet: items, not positions
  std::vector<float> lower_;              // a heap, least first: the best lower bounds of scores
  std::vector<Neighbor> best_;            // a heap, worst first: of what was scored
};

}  // namespace segue

#endif  // SEGUE_INDEX_CODE_SEARCH_H_
