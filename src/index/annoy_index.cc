// A forest as an index: it says which items to look at, the exact index scores those. So a score is the same bits
// whichever index gives it, and what a filter lets through is decided while candidates are met, not after.
#include <algorithm>
#include <memory>
#include <utility>

#include "base/parallel.h"
#include "base/progress.h"
#include "index/exact.h"
#include "segue/annoy.h"

namespace segue {
namespace {

constexpr std::size_t kQueriesPerChunk = 16;

class AnnoyIndex final : public Index {
 public:
  AnnoyIndex(Factors items, Metric metric, const AnnoyOptions& options, std::int64_t search_k, const Run& run)
      : exact_(items, metric, run), forest_(plant(items, metric, options, run)), search_k_(search_k) {}

  std::string_view kind() const override { return "annoy"; }
  Metric metric() const override { return exact_.metric(); }
  std::uint32_t size() const override { return exact_.size(); }

  std::vector<std::vector<Neighbor>> search(const Factors& queries, std::uint32_t top,
                                            std::span<const ItemFilter> filters, const Run& run) const override {
    exact_.search(Factors::create(0, queries.factors(), {}), top, {}, run);  // refuses what it would refuse
    if (!filters.empty() && filters.size() != queries.rows()) return exact_.search(queries, top, filters, run);
    std::vector<std::vector<Neighbor>> results(queries.rows());
    ProgressMeter meter(run, "searching", queries.rows(), "queries");
    Run alone = run;
    alone.threads = 1;
    alone.progress = nullptr;
    parallel_chunks(queries.rows(), kQueriesPerChunk, run, [&](std::size_t begin, std::size_t end, int) {
      for (std::size_t q = begin; q < end; ++q) {
        const ItemFilter filter = filters.empty() ? ItemFilter{} : filters[q];
        const auto row = static_cast<std::uint32_t>(q);
        const std::vector<std::uint32_t> met =
            forest_.candidates(queries[row], search_k_, std::min(top, size()), filter);
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
  AnnoyForest forest_;
  std::int64_t search_k_;
};

}  // namespace

std::unique_ptr<Index> make_annoy_index(Factors items, Metric metric, const AnnoyOptions& options,
                                        std::int64_t search_k, const Run& run) {
  return std::make_unique<AnnoyIndex>(std::move(items), metric, options, search_k, run);
}

}  // namespace segue
