// A forest as an index: it says which items to look at, the exact index scores those. So a score is the same bits
// whichever index gives it, and what a filter lets through is decided while candidates are met, not after.
#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "base/parallel.h"
#include "base/progress.h"
#include "index/exact.h"
#include "index/known_recall.h"
#include "segue/annoy.h"
#include "segue/error.h"

namespace segue {
namespace {

constexpr std::size_t kQueriesPerChunk = 16;

class AnnoyIndex final : public Index {
 public:
  AnnoyIndex(Factors items, Metric metric, const AnnoyOptions& options, std::int64_t search_k, const Run& run)
      : exact_(items, metric, run), search_k_(search_k) {
    if (search_k < -1) {
      throw Error(ErrorCode::kInvalidArgument, "a search_k of " + std::to_string(search_k) + " was asked for",
                  "ask for candidates a query, or for -1: results times trees");
    }
    if (size() == 0) return;
    forest_ = plant(items, metric, options, run);
    known_ = measure_recall(*this, exact_, exact_.items(), run);
  }

  std::string_view kind() const override { return "annoy"; }
  Metric metric() const override { return exact_.metric(); }
  std::uint32_t size() const override { return exact_.size(); }
  KnownRecall known_recall() const override { return known_; }

  std::vector<std::vector<Neighbor>> search(const Factors& queries, std::uint32_t top,
                                            std::span<const ItemFilter> filters, const Run& run) const override {
    exact_.items().check(queries, top, filters);
    run.check();
    std::vector<std::vector<Neighbor>> results(queries.rows());
    if (size() == 0) return results;
    ProgressMeter meter(run, "searching", queries.rows(), "queries");
    Run alone = run;
    alone.threads = 1;
    alone.progress = nullptr;
    parallel_chunks(queries.rows(), kQueriesPerChunk, run, [&](std::size_t begin, std::size_t end, int) {
      for (std::size_t q = begin; q < end; ++q) {
        const ItemFilter filter = filters.empty() ? ItemFilter{} : filters[q];
        const auto row = static_cast<std::uint32_t>(q);
        (void)exact_.items().prepared(queries[row], row);  // refuses what has no score
        const std::vector<std::uint32_t> met =
            forest_->candidates(queries[row], search_k_, std::min(top, size()), filter);
        const ItemFilter only{.deny = {}, .allow = met, .has_allow = true};
        const Factors query =
            Factors::create(1, queries.factors(),
                            Array<float>(queries.values().subspan(q * queries.stride(), queries.stride()), nullptr));
        results[q] = std::move(exact_.search(query, top, {&only, 1}, alone)[0]);
      }
      meter.add(end - begin);
    });
    meter.finish();
    return results;
  }

 private:
  static AnnoyForest plant(const Factors& items, Metric metric, const AnnoyOptions& options, const Run& run) {
    AnnoyBuilder builder(metric == Metric::kCosine ? AnnoyMetric::kAngular : AnnoyMetric::kDot, items.factors());
    for (std::uint32_t item = 0; item < items.rows(); ++item) builder.add(item, items[item]);
    return builder.build(options, run);
  }

  ExactIndex exact_;
  std::optional<AnnoyForest> forest_;  // where there are items
  std::int64_t search_k_;
  KnownRecall known_;
};

}  // namespace

std::unique_ptr<Index> make_annoy_index(Factors items, Metric metric, const AnnoyOptions& options,
                                        std::int64_t search_k, const Run& run) {
  return std::make_unique<AnnoyIndex>(std::move(items), metric, options, search_k, run);
}

}  // namespace segue
