// ExactIndex: what brute force answers, at a fraction of its work. docs/search.md has the certificate.
#ifndef SEGUE_INDEX_EXACT_H_
#define SEGUE_INDEX_EXACT_H_

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "index/brute.h"
#include "index/code_lists.h"
#include "index/code_search.h"
#include "index/list_reach.h"
#include "index/scored_items.h"
#include "segue/index.h"

namespace segue {

class ExactIndex final : public Index {
 public:
  /// @throws Error{kNumerical} naming the first item with a value that is not finite.
  ExactIndex(Factors items, Metric metric, const Run& run);

  ExactIndex(std::shared_ptr<const ScoredItems> items, const Run& run);

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
  struct Walker;  // a query
  struct Batch;   // what a thread searches at once

  /// By query its nearest center.
  std::vector<std::uint32_t> nearest_lists(const Factors& queries, const Run& run) const;
  void search_batch(const Factors& queries, std::uint32_t top, std::span<const ItemFilter> filters, const Run& run,
                    Batch& batch, std::vector<std::vector<Neighbor>>& results) const;
  void walk_by_length(Batch& batch, std::uint32_t top, const Run& run) const;
  void walk_lists(Batch& batch, std::uint32_t top, const Run& run) const;
  void walk_lists_alone(Batch& batch, const Run& run) const;
  void walk_list(std::uint32_t list, std::span<Walker* const> walkers, std::uint32_t top, Batch& batch) const;

  std::shared_ptr<const ScoredItems> items_;
  BruteIndex brute_;
  CodeLists lists_;  // of the inner product, and of what earlier versions stored, a single one without a center
  ListReach reach_;
};

}  // namespace segue

#endif  // SEGUE_INDEX_EXACT_H_
