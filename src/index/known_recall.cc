// The sample is drawn by mixing item numbers, so that it is spread over all items, popular or not, in whatever order
// they stand. With 500 items and ten neighbors each, a recall of .99 has a standard error of .0014 if neighbors are
// found independently of each other.
#include "index/known_recall.h"

#include <algorithm>
#include <string>
#include <utility>

#include "base/buffer.h"
#include "base/mix.h"
#include "segue/error.h"

namespace segue {

double wanted_recall(const IndexOptions& options) {
  return options.recall == 0 ? IndexOptions::kUsualRecall : options.recall;
}

void check_recall(const IndexOptions& options) {
  if (options.recall >= 0 && options.recall <= 1) return;
  throw Error(ErrorCode::kInvalidArgument, "a recall of " + std::to_string(options.recall) + " was asked for",
              "ask for more than 0 and at most 1");
}

std::vector<std::uint32_t> sample_items(const ScoredItems& items) {
  std::vector<std::pair<std::uint64_t, std::uint32_t>> drawn;
  for (std::uint32_t item = 0; item < items.size(); ++item) {
    if (!items.is_zero(item)) drawn.emplace_back(mix(item), item);
  }
  if (drawn.size() > kRecallSample) {
    std::ranges::nth_element(drawn, drawn.begin() + kRecallSample);
    drawn.resize(kRecallSample);
  }
  std::vector<std::uint32_t> sample;
  for (const auto& [key, item] : drawn) sample.push_back(item);
  std::ranges::sort(sample);
  return sample;
}

Factors rows_of(const ScoredItems& items, std::span<const std::uint32_t> rows) {
  const std::uint32_t stride = Factors::stride_for(items.factors());
  Buffer<float> values(rows.size() * stride);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    std::ranges::copy(items.vector(rows[i]), values.begin() + i * stride);
  }
  return Factors::create(static_cast<std::uint32_t>(rows.size()), items.factors(), std::move(values).share());
}

KnownRecall measure_recall(const Index& approximate, const Index& exact, const ScoredItems& items, const Run& run) {
  const std::vector<std::uint32_t> sample = sample_items(items);
  const Factors queries = rows_of(items, sample);
  std::vector<ItemFilter> filters;
  for (const std::uint32_t& item : sample) filters.push_back({.deny = {&item, 1}});
  const auto recall = [&](std::uint32_t top) {
    const auto found = approximate.search(queries, top, filters, run);
    const auto truth = exact.search(queries, top, filters, run);
    std::size_t hits = 0;
    std::size_t all = 0;
    for (std::size_t q = 0; q < truth.size(); ++q) {
      all += truth[q].size();
      hits += static_cast<std::size_t>(std::ranges::count_if(truth[q], [&](const Neighbor& wanted) {
        return std::ranges::find(found[q], wanted.item, &Neighbor::item) != found[q].end();
      }));
    }
    return all == 0 ? 1.0 : static_cast<double>(hits) / static_cast<double>(all);
  };
  return {.at_10 = recall(10), .at_20 = recall(20), .sample = static_cast<std::uint32_t>(sample.size())};
}

}  // namespace segue
