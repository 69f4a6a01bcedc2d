#include <algorithm>
#include <array>
#include <limits>
#include <string>
#include <utility>

#include "base/buffer.h"
#include "segue/error.h"
#include "segue/ranker.h"
#include "simd/score.h"

namespace segue {
namespace {

constexpr std::uint32_t kBlock = 512;  // items scored at once: 2 KB of scores on the stack

class FactorRanker final : public Ranker {
 public:
  FactorRanker(Factors users, Factors items, const Run& run)
      : users_(std::move(users)),
        items_(std::move(items)),
        index_(make_exact_index(items_, Metric::kInnerProduct, run)) {}

  std::uint32_t rows() const override { return users_.rows(); }
  std::uint32_t items() const override { return items_.rows(); }

  /// Index::search() has its scores from the same kernel: the same bits (docs/search.md).
  void score(std::uint32_t row, std::span<float> scores) const override {
    std::vector<float> query(simd::round_to_quads(users_.factors()));
    std::copy(users_[row].begin(), users_[row].end(), query.begin());
    alignas(64) std::array<float, kBlock> block;
    for (std::uint32_t first = 0; first < items_.rows(); first += kBlock) {
      const std::uint32_t count = std::min(kBlock, items_.rows() - first);
      const simd::ItemRows part{.table = items_.values().data(),
                                .stride = items_.stride(),
                                .factors = items_.factors(),
                                .scale = nullptr,
                                .ids = nullptr,
                                .first = first,
                                .count = count};
      simd::score_rows(part, query.data(), std::numeric_limits<float>::infinity(), block.data());
      std::copy_n(block.begin(), count, scores.begin() + first);
    }
  }

  std::optional<std::vector<std::vector<Neighbor>>> search(std::span<const std::uint32_t> rows, std::uint32_t top,
                                                           std::span<const ItemFilter> filters,
                                                           const Run& run) const override {
    Buffer<float> queries(rows.size() * users_.stride());
    for (std::size_t i = 0; i < rows.size(); ++i) {
      std::copy(users_[rows[i]].begin(), users_[rows[i]].end(), queries.begin() + i * users_.stride());
    }
    return index_->search(
        Factors::create(static_cast<std::uint32_t>(rows.size()), users_.factors(), std::move(queries).share()), top,
        filters, run);
  }

 private:
  Factors users_;
  Factors items_;
  std::unique_ptr<Index> index_;
};

}  // namespace

std::unique_ptr<Ranker> make_factor_ranker(Factors user_factors, Factors item_factors, const Run& run) {
  if (user_factors.factors() != item_factors.factors()) {
    throw Error(ErrorCode::kInvalidArgument,
                "users have " + std::to_string(user_factors.factors()) + " factors and items " +
                    std::to_string(item_factors.factors()),
                "take both from one model");
  }
  return std::make_unique<FactorRanker>(std::move(user_factors), std::move(item_factors), run);
}

}  // namespace segue
