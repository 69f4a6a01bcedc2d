// CodedItems: vectors as codes of eight bits in an order of one's choice, and a bound of each score that holds for the
// float32 score as it is computed. docs/search.md derives the bound ("The certificate").
#ifndef SEGUE_INDEX_CODED_ITEMS_H_
#define SEGUE_INDEX_CODED_ITEMS_H_

#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "base/buffer.h"
#include "index/scored_items.h"
#include "simd/codes.h"

namespace segue {

/// A query with its codes.
struct CodedQuery {
  std::vector<float> values;       // as score_rows takes it
  std::vector<std::int8_t> codes;  // whole quads
  simd::CodeQuery kernel;          // points to codes; its threshold is the searcher's
  float reach;                     // no item scores above reach · |x|
};

/// Bytes do not depend on the machine or on threads. Thread-safe once built.
class CodedItems {
 public:
  /// A place of a block that no item takes.
  static constexpr std::uint32_t kNone = std::numeric_limits<std::uint32_t>::max();

  CodedItems() = default;

  /// @param order  items, each at most once; kNone where a place stays free. Filled up to whole blocks.
  CodedItems(const ScoredItems& items, std::vector<std::uint32_t> order, const Run& run);

  /// The codes that parts() gave. @throws Error{kCorruptFile} unless each item is there once.
  CodedItems(const ScoredItems& items, const StoredIndex& stored);
  /// Its arrays: "ids", "upper", "lower".
  std::vector<IndexPart> parts() const;

  /// Whether the bound holds: lengths and numbers of factors that float32 has room for.
  static bool can_code(const ScoredItems& items);
  /// @return false where the bound would not hold: the zero vector, and lengths beyond float32's comfortable range.
  static bool code(std::vector<float> prepared, CodedQuery& query);

  std::size_t blocks() const { return ids_.size() / simd::kCodeItems; }
  std::span<const std::uint32_t> ids() const { return ids_.view(); }  // by position
  float block_norm(std::size_t block) const { return view().head(block).norm; }
  simd::CodeBlocks view() const { return {.upper = upper_.data(), .lower = lower_.data(), .factors = factors_}; }
  /// What a score is at least that codes bound from above: the certificate's other side.
  float lower_bound(const CodedQuery& query, const simd::Candidate& candidate) const {
    const simd::CodeHead& head = view().head(candidate.position / simd::kCodeItems);
    const std::uint32_t scale = head.scales[candidate.position % simd::kCodeItems];
    const float error = query.kernel.by_error * head.errors * std::bit_cast<float>(scale << 16);
    return candidate.bound - 2 * (error + query.kernel.by_norm * head.norm);
  }

 private:
  /// @throws Error{kCorruptFile} unless each item is there once.
  void check_ids(const ScoredItems& items) const;

  std::size_t factors_ = 0;
  Array<std::uint32_t> ids_;
  Array<std::uint8_t> upper_;
  Array<std::uint8_t> lower_;
};

}  // namespace segue

#endif  // SEGUE_INDEX_CODED_ITEMS_H_
