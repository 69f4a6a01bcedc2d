// Popularity: what a model must beat to know anything of anybody.
#include <algorithm>

#include "segue/item_models.h"

namespace segue {
namespace {

class PopularityRanker final : public Ranker {
 public:
  PopularityRanker(const CsrMatrix& train, std::uint32_t rows) : rows_(rows) {
    const Array<std::uint32_t> counts = count_per_column(train);
    scores_.assign(counts.begin(), counts.end());  // exact in float32 up to 2^24 users
  }
  std::uint32_t rows() const override { return rows_; }
  std::uint32_t items() const override { return static_cast<std::uint32_t>(scores_.size()); }
  void score(std::uint32_t, std::span<float> scores) const override { std::ranges::copy(scores_, scores.begin()); }

 private:
  std::uint32_t rows_;
  std::vector<float> scores_;
};

}  // namespace

std::unique_ptr<Ranker> make_popularity_ranker(const CsrMatrix& train, std::uint32_t rows) {
  return std::make_unique<PopularityRanker>(train, rows);
}

}  // namespace segue
