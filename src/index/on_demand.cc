// Who asks a question or two is not made to wait for codes and lists, which take as long as some hundreds of answers by
// brute force; who goes on asking soon has them. Answers are the same.
#include <atomic>
#include <memory>
#include <mutex>
#include <utility>

#include "index/brute.h"
#include "index/exact.h"
#include "index/scored_items.h"
#include "segue/index.h"

namespace segue {
namespace {

// Questions that brute force answers in the time that the index takes to make, measured at 64 factors: one alone takes
// as long as several that come together.
constexpr std::uint64_t kWorthLists = 1024;
constexpr std::uint64_t kWorthLengths = 256;
constexpr std::uint64_t kAlone = 4;

class OnDemandIndex final : public Index {
 public:
  OnDemandIndex(Factors items, Metric metric, const Run& run)
      : items_(std::make_shared<const ScoredItems>(std::move(items), metric, run)), brute_(items_) {}

  std::string_view kind() const override { return "exact"; }
  Metric metric() const override { return items_->metric(); }
  std::uint32_t size() const override { return items_->size(); }
  StoredIndex store() const override {
    prepare({});
    return exact_->store();
  }
  void prepare(const Run& run) const override {
    const std::scoped_lock lock(making_);
    make(run);
  }

  std::vector<std::vector<Neighbor>> search(const Factors& queries, std::uint32_t top,
                                            std::span<const ItemFilter> filters, const Run& run) const override {
    return index_for(queries.rows(), run).search(queries, top, filters, run);
  }

 private:
  const Index& index_for(std::uint32_t queries, const Run& run) const {
    if (is_made_) return *exact_;
    const std::uint64_t worth = metric() == Metric::kCosine ? kWorthLists : kWorthLengths;
    const std::uint64_t more = queries == 1 ? kAlone : queries;
    if (asked_.fetch_add(more) + more <= worth) return brute_;
    // Others do not wait for who makes it, unless they ask for much.
    std::unique_lock lock(making_, std::defer_lock);
    if (queries >= worth) {
      lock.lock();
    } else if (!lock.try_lock()) {
      return brute_;
    }
    make(run);
    return *exact_;
  }
  /// Requires: the lock.
  void make(const Run& run) const {
    if (is_made_) return;
    Run quiet = run;
    quiet.progress = nullptr;
    exact_ = std::make_unique<const ExactIndex>(items_, quiet);
    is_made_ = true;
  }

  std::shared_ptr<const ScoredItems> items_;
  BruteIndex brute_;
  mutable std::atomic<std::uint64_t> asked_ = 0;
  mutable std::mutex making_;
  mutable std::unique_ptr<const ExactIndex> exact_;
  mutable std::atomic<bool> is_made_ = false;
};

}  // namespace

std::unique_ptr<Index> make_exact_on_demand(Factors items, Metric metric, const Run& run) {
  return std::make_unique<OnDemandIndex>(std::move(items), metric, run);
}

}  // namespace segue
