// A forest as an index: it says which items to look at, brute force scores those. So a score is the same bits
// whichever index gives it, and what a filter lets through is decided while candidates are met, not after.
//
// Where a recall is asked for, search_k is doubled until a sample of the items reaches it: candidates cost about their
// number, so that the last step costs as much as all before. It was found for lists of 10: longer ones take as many
// candidates more as Annoy's default, n · trees, does.
#include "index/annoy_index.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "base/parallel.h"
#include "base/progress.h"
#include "index/brute.h"
#include "index/index_parts.h"
#include "index/known_recall.h"
#include "segue/annoy.h"
#include "segue/error.h"

namespace segue {
namespace {

constexpr std::size_t kQueriesPerChunk = 16;
constexpr std::int64_t kLeastSearchK = 100;  // where the doubling begins
constexpr std::int64_t kMeasuredTop = 10;    // what IndexOptions::recall is of

AnnoyMetric forest_metric(Metric metric) {
  return metric == Metric::kCosine ? AnnoyMetric::kAngular : AnnoyMetric::kDot;
}

class AnnoyIndex final : public Index {
 public:
  AnnoyIndex(Factors items, Metric metric, const IndexOptions& options, const Run& run)
      : items_(std::make_shared<const ScoredItems>(items, metric, run)), brute_(items_), options_(options) {
    options_.kind = "annoy";
    check_recall(options);
    check_search_k();
    if (size() == 0) return;
    AnnoyBuilder builder(forest_metric(metric), items.factors());
    for (std::uint32_t item = 0; item < items.rows(); ++item) builder.add(item, items[item]);
    forest_ = builder.build({.trees = options.trees}, run);
    options_.trees = static_cast<int>(forest_->trees());
    if (options.recall == 0 || options.search_k != -1) {
      options_.recall = 0;  // it decides nothing
      known_ = measure_recall(*this, brute_, *items_, run).known;
      return;
    }
    // With as many candidates as there are items in all trees nothing is left out.
    const auto most = std::int64_t{size()} * options_.trees;
    for (options_.search_k = std::min(kLeastSearchK, most);;
         options_.search_k = std::min(2 * options_.search_k, most)) {
      const MeasuredRecall measured = measure_recall(*this, brute_, *items_, run);
      known_ = measured.known;
      if (measured.low_at_10 >= options.recall || options_.search_k == most) return;
    }
  }

  AnnoyIndex(Factors items, const StoredIndex& stored, const Run& run)
      : items_(std::make_shared<const ScoredItems>(std::move(items), stored.metric, run)),
        brute_(items_),
        options_(stored.options),
        known_(stored.recall) {
    check_search_k();
    if (size() == 0) return;
    forest_ =
        AnnoyForest::of_file(part_of<std::uint8_t>(stored, "ann"), forest_metric(stored.metric), items_->factors());
    if (forest_->items() != size()) {
      damaged_part("ann", "is of " + std::to_string(forest_->items()) + " items, not " + std::to_string(size()));
    }
  }

  std::string_view kind() const override { return "annoy"; }
  Metric metric() const override { return items_->metric(); }
  std::uint32_t size() const override { return items_->size(); }
  KnownRecall known_recall() const override { return known_; }
  StoredIndex store() const override {
    StoredIndex stored{.kind = "annoy", .metric = metric(), .options = options_, .recall = known_, .parts = {}};
    if (forest_) stored.parts.push_back({"ann", forest_->file()});
    return stored;
  }

  std::vector<std::vector<Neighbor>> search(const Factors& queries, std::uint32_t top,
                                            std::span<const ItemFilter> filters, const Run& run) const override {
    items_->check(queries, top, filters);
    run.check();
    std::vector<std::vector<Neighbor>> results(queries.rows());
    if (size() == 0) return results;
    ProgressMeter meter(run, "searching", queries.rows(), "queries");
    const std::uint32_t least = std::min(top, size());
    Run alone = run;
    alone.threads = 1;
    alone.progress = nullptr;
    parallel_chunks(queries.rows(), kQueriesPerChunk, run, [&](std::size_t begin, std::size_t end, int) {
      for (std::size_t q = begin; q < end; ++q) {
        const ItemFilter filter = filters.empty() ? ItemFilter{} : filters[q];
        const auto row = static_cast<std::uint32_t>(q);
        (void)items_->prepared(queries[row], row);  // refuses what has no score
        const std::vector<std::uint32_t> met =
            forest_->candidates(queries[row], search_k(least, filter), least, filter);
        const ItemFilter only{.deny = {}, .allow = met, .has_allow = true};
        results[q] = std::move(brute_.search(queries.slice(row, 1), top, {&only, 1}, alone)[0]);
      }
      meter.add(end - begin);
    });
    meter.finish();
    return results;
  }

 private:
  /// Candidates of a list of so many: as many more as the filter lets fewer through, so that it finds what it would of
  /// all items.
  std::int64_t search_k(std::uint32_t top, const ItemFilter& filter) const {
    std::uint64_t left = filter.mask != nullptr ? filter.mask->count() : size();
    if (filter.has_allow) left = std::min<std::uint64_t>(left, filter.allow.size());
    std::int64_t wanted = options_.search_k;
    if (options_.recall != 0 && wanted != -1) {
      wanted += std::max(std::int64_t{top} - kMeasuredTop, std::int64_t{0}) * options_.trees;
    }
    if (left == size()) return wanted;
    if (wanted == -1) wanted = std::int64_t{top} * forest_->trees();
    const double more = static_cast<double>(size()) / static_cast<double>(std::max<std::uint64_t>(1, left));
    const double most = static_cast<double>(size()) * std::max(1U, forest_->trees());
    return static_cast<std::int64_t>(std::min(most, static_cast<double>(wanted) * more));
  }
  void check_search_k() const {
    if (options_.search_k >= -1) return;
    throw Error(ErrorCode::kInvalidArgument, "a search_k of " + std::to_string(options_.search_k) + " was asked for",
                "ask for candidates a query, or for -1: results times trees");
  }

  std::shared_ptr<const ScoredItems> items_;
  BruteIndex brute_;
  std::optional<AnnoyForest> forest_;  // where there are items
  IndexOptions options_;
  KnownRecall known_;
};

}  // namespace

std::unique_ptr<Index> make_annoy_index(Factors items, Metric metric, const IndexOptions& options, const Run& run) {
  return std::make_unique<AnnoyIndex>(std::move(items), metric, options, run);
}

std::unique_ptr<Index> open_annoy_index(Factors items, const StoredIndex& stored, const Run& run) {
  return std::make_unique<AnnoyIndex>(std::move(items), stored, run);
}

}  // namespace segue
