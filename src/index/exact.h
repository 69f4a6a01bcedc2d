// ExactIndex: every item against every query in float32. docs/search.md says what the scores mean.
#ifndef SEGUE_INDEX_EXACT_H_
#define SEGUE_INDEX_EXACT_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "index/top_list.h"
#include "segue/index.h"

namespace segue {

class ExactIndex final : public Index {
 public:
  /// @throws Error{kNumerical} naming the first item with a value that is not finite.
  ExactIndex(Factors items, Metric metric, const Run& run);

  std::string_view kind() const override { return "exact"; }
  Metric metric() const override { return metric_; }
  std::uint32_t size() const override { return items_.rows(); }
  std::vector<std::vector<Neighbor>> search(const Factors& queries, std::uint32_t top,
                                            std::span<const ItemFilter> filters, const Run& run) const override;

  /// Whether an item is the zero vector: it says nothing of what is like it.
  bool is_zero(std::uint32_t item) const { return zero_[item]; }

 private:
  struct Group;    // queries that are scored together
  struct Scratch;  // what a thread scores with

  void check(const Factors& queries, std::uint32_t top, std::span<const ItemFilter> filters) const;
  std::vector<Group> group(std::uint32_t queries, std::span<const ItemFilter> filters, int threads) const;
  std::size_t block_items() const;
  void scan(const Group& group, std::size_t begin, std::size_t end, const Run& run, std::span<TopList> lists) const;
  std::vector<float> prepared(std::span<const float> query, std::uint32_t number) const;

  Factors items_;
  Metric metric_;
  double longest_ = 0;        // the norm of the longest item
  std::vector<bool> zero_;    // by item
  std::vector<float> scale_;  // cosine: 1/|x| by item, 0 for zero vectors; inner product: empty
};

}  // namespace segue

#endif  // SEGUE_INDEX_EXACT_H_
