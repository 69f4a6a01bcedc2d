// BruteIndex: every item against every query in float32. What the other indexes are held against, and what they leave
// to it: a short list of allowed items, vectors of extreme length.
#ifndef SEGUE_INDEX_BRUTE_H_
#define SEGUE_INDEX_BRUTE_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "index/scored_items.h"
#include "index/top_list.h"
#include "segue/index.h"

namespace segue {

class BruteIndex final : public Index {
 public:
  explicit BruteIndex(std::shared_ptr<const ScoredItems> items);

  std::string_view kind() const override { return "brute"; }
  Metric metric() const override { return items_->metric(); }
  std::uint32_t size() const override { return items_->size(); }
  StoredIndex store() const override {
    return {.kind = "brute", .metric = metric(), .options = {.kind = "brute"}, .recall = {}, .parts = {}};
  }
  std::vector<std::vector<Neighbor>> search(const Factors& queries, std::uint32_t top,
                                            std::span<const ItemFilter> filters, const Run& run) const override;

  /// Answers queries [first, first + count) into their places among `results`; on one thread, without progress.
  void search_part(const Factors& queries, std::uint32_t first, std::uint32_t count, std::uint32_t top,
                   std::span<const ItemFilter> filters, const Run& run,
                   std::vector<std::vector<Neighbor>>& results) const;

 private:
  struct Group;    // queries that are scored together
  struct Scratch;  // what a thread scores with

  std::vector<Group> group(std::uint32_t queries, std::span<const ItemFilter> filters, int threads) const;
  std::size_t block_items() const;
  void scan(const Group& group, std::size_t begin, std::size_t end, const Run& run, std::span<TopList> lists) const;

  std::shared_ptr<const ScoredItems> items_;
};

}  // namespace segue

#endif  // SEGUE_INDEX_BRUTE_H_
