// IvfIndex: similar items by looking into the lists around a query only. docs/search.md ("Inverted lists").
#ifndef SEGUE_INDEX_IVF_H_
#define SEGUE_INDEX_IVF_H_

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

  std::uint32_t lists() const { return centers_.rows(); }
  std::uint32_t probes() const { return probes_; }

  /// search() with another number of probes, 1..lists(). With all lists the answer is that of brute force.
  /// @param cost  null, or what is added to: what it took, but for what brute force answers
  std::vector<std::vector<Neighbor>> search_lists(const Factors& queries, std::uint32_t top,
                                                  std::span<const ItemFilter> filters, std::uint32_t probes,
                                                  const Run& run, SearchCost* cost = nullptr) const;

 private:
  struct Scratch;  // what a thread searches with

  /// Codes the centers. @return false where they cannot be
  bool code_centers(const Run& run);
  /// Lists by the bounds of their centers' scores, best first: the best `probes` are in order.
  void rank_lists(const CodedQuery& query, std::size_t probes, Scratch& scratch) const;
  std::vector<Neighbor> search_one(CodedQuery query, std::uint32_t top, const ItemFilter& filter, std::uint32_t probes,
                                   Scratch& scratch) const;
  void choose_probes(const IndexOptions& options, std::span<const std::uint32_t> member, const Run& run);

  std::shared_ptr<const ScoredItems> items_;
  BruteIndex brute_;
  Factors centers_;
  CodedItems coded_centers_;
  CodedItems coded_;
  Array<std::uint64_t> begin_;  // by list: its first block; at the end all blocks
  double recall_ = 0;           // that was asked for
  std::uint32_t probes_ = 1;
  KnownRecall known_;
};

}  // namespace segue

#endif  // SEGUE_INDEX_IVF_H_
