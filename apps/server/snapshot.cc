#include "snapshot.h"

#include <algorithm>
#include <numeric>
#include <utility>

namespace segue::server {

Snapshot::Snapshot(Model model)
    // One thread a question: requests are what runs side by side.
    : recommender_(std::move(model), Run{.stop = {}, .progress = {}, .threads = 1}),
      etag_("\"" SEGUE_VERSION "-" + version() + "-" + recommender_.model().card().data_checksum + "\""),
      popular_(this->model().interactions().items.size()),
      opened_(std::chrono::system_clock::now()) {
  const Interactions& interactions = this->model().interactions();
  std::iota(popular_.begin(), popular_.end(), 0U);
  if (interactions.titles.size() != 0) {
    by_title_ = popular_;
    std::ranges::stable_sort(by_title_, {}, [&](std::uint32_t item) { return interactions.title(item); });
  }
  const auto listeners = this->model().listeners().view();
  std::ranges::stable_sort(popular_, std::greater{}, [&](std::uint32_t item) { return listeners[item]; });

  if (popular_.empty()) return;
  const std::uint32_t first = popular_.front();
  recommender_.similar(first, {});
  const HistoryItem liked{first, 1};
  recommender_.recommend(std::span(&liked, 1), {});
  recommender_.complete("", 1);
}

std::span<const std::uint32_t> Snapshot::titled(std::string_view title) const {
  const Interactions& interactions = model().interactions();
  const auto range =
      std::ranges::equal_range(by_title_, title, {}, [&](std::uint32_t item) { return interactions.title(item); });
  return {range.begin(), range.end()};
}

}  // namespace segue::server
