// IvfIndex: similar items by looking into the lists around a query only. docs/search.md ("Inverted lists").
#ifndef SEGUE_INDEX_IVF_H_
#define SEGUE_INDEX_IVF_H_

#include <cstdint>
#include <limits>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "index/brute.h"
#include "index/code_lists.h"
#include "index/code_search.h"
#include "index/coded_items.h"
#include "index/scored_items.h"
#include "segue/index.h"

namespace segue {

/// Which lists a query looks into: the best, `most` at most, and of them only those whose centers score no more than
/// `slack` below the worst answer so far. As long as there are fewer answers than were asked for, all.
struct Probes {
  std::uint32_t most;
  float slack = std::numeric_limits<float>::infinity();
};

class IvfIndex final : public Index {
 public:
  /// @throws as make_index() does for kind "ivf".
  IvfIndex(Factors items, Metric metric, const IndexOptions& options, const Run& run);

  /// @throws Error{kCorruptFile} as open_index() says.
  IvfIndex(Factors items, const StoredIndex& stored, const Run& run);

  std::string_view kind() const override { return "ivf"; }
  Metric metric() const override { return Metric::kCosine; }
  std::uint32_t size() const override { return items_->size(); }
  KnownRecall known_recall() const override { return known_; }
  StoredIndex store() const override;
  std::vector<std::vector<Neighbor>> search(const Factors& queries, std::uint32_t top,
                                            std::span<const ItemFilter> filters, const Run& run) const override {
    return search_lists(queries, top, filters, probes_, run);
  }

  std::uint32_t lists() const { return lists_.size(); }
  Probes probes() const { return probes_; }
  /// The part of all items that stands in the lists that the sample looked into, on average; 0 where the index was not
  /// built but opened.
  double looked_at() const { return looked_at_; }

  /// search() with other probes, `most` of 1..lists(). With all lists the answer is that of brute force.
  /// @param cost  null, or what is added to: what it took, but for what brute force answers
  std::vector<std::vector<Neighbor>> search_lists(const Factors& queries, std::uint32_t top,
                                                  std::span<const ItemFilter> filters, Probes probes, const Run& run,
                                                  SearchCost* cost = nullptr) const;

 private:
  struct Scratch;  // what a thread searches with

  /// Codes the centers. @return false where they cannot be
  bool code_centers(const Run& run);
  /// Writes what the coarse codes of the centers say of their scores.
  void score_centers(const CodedQuery& query, Scratch& scratch) const;
  /// Takes the lists whose centers score `least` or more, but for one, and puts the best `most` in order, best first.
  void rank_lists(float least, std::uint32_t but, std::uint64_t most, Scratch& scratch) const;
  std::vector<Neighbor> search_one(CodedQuery query, std::uint32_t top, const ItemFilter& filter, Probes probes,
                                   Scratch& scratch) const;
  /// Asks a sample: sets the slack that the recall takes, where nothing else says it, and the recall that is known.
  void learn_recall(const IndexOptions& options, std::span<const std::uint32_t> member, const Run& run);
  /// A slack that reaches a recall, if not the least.
  float slack_for(double recall, const Factors& queries, const std::vector<std::vector<Neighbor>>& truth,
                  std::span<const std::uint32_t> member, std::uint32_t population) const;

  std::shared_ptr<const ScoredItems> items_;
  BruteIndex brute_;
  CodeLists lists_;
  CodedItems coded_centers_;
  double recall_ = 0;  // that was asked for
  Probes probes_{.most = 1};
  double looked_at_ = 0;
  KnownRecall known_;
};

}  // namespace segue

#endif  // SEGUE_INDEX_IVF_H_
