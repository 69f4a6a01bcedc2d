// ExactIndex: what brute force answers, at a fraction of its work. docs/search.md has the certificate.
#ifndef SEGUE_INDEX_EXACT_H_
#define SEGUE_INDEX_EXACT_H_

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "index/brute.h"
#include "index/code_search.h"
#include "index/coded_items.h"
#include "index/scored_items.h"
#include "segue/index.h"

namespace segue {

class ExactIndex final : public Index {
 public:
  /// @throws Error{kNumerical} naming the first item with a value that is not finite.
  ExactIndex(Factors items, Metric metric, const Run& run);

  /// @throws Error{kCorruptFile} as open_index() says.
  ExactIndex(Factors items, const StoredIndex& stored, const Run& run);

  std::string_view kind() const override { return "exact"; }
  Metric metric() const override { return items_->metric(); }
  std::uint32_t size() const override { return items_->size(); }
  StoredIndex store() const override;
  std::vector<std::vector<Neighbor>> search(const Factors& queries, std::uint32_t top,
                                            std::span<const ItemFilter> filters, const Run& run) const override {
    return search_counted(queries, top, filters, run, nullptr);
  }
  /// search() that says what it took, but for what brute force answers. @param cost  null, or what is added to
  std::vector<std::vector<Neighbor>> search_counted(const Factors& queries, std::uint32_t top,
                                                    std::span<const ItemFilter> filters, const Run& run,
                                                    SearchCost* cost) const;

  const ScoredItems& items() const { return *items_; }
  /// Whether an item is the zero vector: it says nothing of what is like it.
  bool is_zero(std::uint32_t item) const { return items_->is_zero(item); }

 private:
  struct Batch;  // what a thread searches at once

  void search_batch(const Factors& queries, std::uint32_t top, std::span<const ItemFilter> filters, const Run& run,
                    Batch& batch, std::vector<std::vector<Neighbor>>& results) const;

  std::shared_ptr<const ScoredItems> items_;
  BruteIndex brute_;
  CodedItems coded_;
};

}  // namespace segue

#endif  // SEGUE_INDEX_EXACT_H_
