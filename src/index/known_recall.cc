// The sample is drawn by mixing item numbers, so that it is spread over all items, popular or not, in whatever order
// they stand. It must be drawn by other numbers than k-means' first centers: an item that is a center itself has its
// neighbors around it, and a sample of such items found 91 % where all others found 85 %.
//
// What is chosen by a sample is judged by it as well. The neighbors of one item are found or missed together, so that
// the standard error comes from the questions, not from their tenfold neighbors: of 500 near .99 it is about .002, near
// .9 about .008. A recall that is asked for is reached by the sample less 1.645 of them.
#include "index/known_recall.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string>
#include <utility>

#include "base/buffer.h"
#include "base/mix.h"
#include "segue/error.h"

namespace segue {
namespace {

// Counters beyond all item numbers, which spherical_kmeans() draws by.
constexpr std::uint64_t kFirstCounter = std::uint64_t{1} << 32;

}  // namespace

double wanted_recall(const IndexOptions& options) {
  return options.recall == 0 ? IndexOptions::kUsualRecall : options.recall;
}

void check_recall(const IndexOptions& options) {
  if (options.recall >= 0 && options.recall <= 1) return;
  throw Error(ErrorCode::kInvalidArgument, "a recall of " + std::to_string(options.recall) + " was asked for",
              "ask for more than 0 and at most 1");
}

RecallSample sample_items(const ScoredItems& items, std::uint32_t count) {
  std::vector<std::pair<std::uint64_t, std::uint32_t>> drawn;
  for (std::uint32_t item = 0; item < items.size(); ++item) {
    if (!items.is_zero(item)) drawn.emplace_back(mix(kFirstCounter + item), item);
  }
  RecallSample sample{.items = {}, .population = static_cast<std::uint32_t>(drawn.size())};
  if (drawn.size() > count) {
    std::ranges::nth_element(drawn, drawn.begin() + count);
    drawn.resize(count);
  }
  for (const auto& [key, item] : drawn) sample.items.push_back(item);
  std::ranges::sort(sample.items);
  return sample;
}

double recall_margin(std::span<const std::uint32_t> found, std::span<const std::uint32_t> wanted,
                     std::uint32_t population) {
  const auto n = static_cast<double>(found.size());
  const double all = std::accumulate(wanted.begin(), wanted.end(), 0.0);
  if (found.size() < 2 || all == 0) return 0;
  const double recall = std::accumulate(found.begin(), found.end(), 0.0) / all;
  double squares = 0;  // of what a question finds more or less than its share
  for (std::size_t q = 0; q < found.size(); ++q) {
    const double more = found[q] - recall * wanted[q];
    squares += more * more;
  }
  const double unseen = 1 - n / std::max<double>(n, population);
  return kSureness * std::sqrt(n / (n - 1) * squares * unseen) / all;
}

Factors rows_of(const ScoredItems& items, std::span<const std::uint32_t> rows) {
  const std::uint32_t stride = Factors::stride_for(items.factors());
  Buffer<float> values(rows.size() * stride);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    std::ranges::copy(items.vector(rows[i]), values.begin() + i * stride);
  }
  return Factors::create(static_cast<std::uint32_t>(rows.size()), items.factors(), std::move(values).share());
}

MeasuredRecall measure_recall(const Index& approximate, const Index& exact, const ScoredItems& items, const Run& run) {
  const RecallSample sample = sample_items(items);
  const Factors queries = rows_of(items, sample.items);
  std::vector<ItemFilter> filters;
  for (const std::uint32_t& item : sample.items) filters.push_back({.deny = {&item, 1}});
  std::vector<std::uint32_t> found(sample.items.size());
  std::vector<std::uint32_t> wanted(sample.items.size());
  const auto recall = [&](std::uint32_t top) {
    const auto lists = approximate.search(queries, top, filters, run);
    const auto truth = exact.search(queries, top, filters, run);
    for (std::size_t q = 0; q < truth.size(); ++q) {
      wanted[q] = static_cast<std::uint32_t>(truth[q].size());
      found[q] = static_cast<std::uint32_t>(std::ranges::count_if(truth[q], [&](const Neighbor& neighbor) {
        return std::ranges::find(lists[q], neighbor.item, &Neighbor::item) != lists[q].end();
      }));
    }
    const double all = std::accumulate(wanted.begin(), wanted.end(), 0.0);
    return all == 0 ? 1.0 : std::accumulate(found.begin(), found.end(), 0.0) / all;
  };
  MeasuredRecall measured;
  measured.known.sample = static_cast<std::uint32_t>(sample.items.size());
  measured.known.at_20 = recall(20);
  measured.known.at_10 = recall(10);
  measured.low_at_10 = measured.known.at_10 - recall_margin(found, wanted, sample.population);
  return measured;
}

}  // namespace segue
