#include "snapshot.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "segue/error.h"
#include "segue/index.h"

namespace segue::server {
namespace {

/// An index of so few items is made in less than a second, so anybody may ask for any kind.
constexpr std::uint32_t kFewItems = 50'000;
constexpr std::size_t kShown = 60;  // bytes of a name in an error

// One thread a question: requests are what runs side by side.
const Run kOneThread{.stop = {}, .progress = {}, .threads = 1};

/// What else than factors, ids and plays decides answers: how items are searched, the map, and what was evaluated.
std::string state_of(const Model& model) {
  std::string text;
  for (const StoredIndex& index : model.indexes()) {
    const IndexOptions& options = index.options;
    text += "-" + index.kind + "." + std::to_string(options.lists) + "." + std::to_string(options.probes) + "." +
            std::to_string(options.slack) + "." + std::to_string(options.trees) + "." +
            std::to_string(options.search_k);
  }
  if (!model.map().empty()) {
    const MapOptions& map = model.map().options;
    text += "-map." + std::to_string(map.neighbors) + "." + std::to_string(map.epochs) + "." +
            std::to_string(map.clusters) + "." + std::to_string(map.seed);
  }
  if (const CardEvaluation& found = model.card().evaluation; !found.figures.empty()) {
    text += "-evaluated." + std::to_string(found.test);
    for (const CardFigure& figure : found.figures) text += "." + std::to_string(figure.mean);
  }
  return text;
}

}  // namespace

Snapshot::Snapshot(Model model)
    : recommender_(std::move(model), kOneThread),
      state_(SEGUE_VERSION "-" + version() + "-" + recommender_.model().card().data_checksum +
             state_of(recommender_.model())),
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

  const ItemMap& map = this->model().map();
  for (const std::uint32_t item : popular_) {
    if (!map.empty() && map.clusters[item] != ItemMap::kNowhere) points_.push_back(item);
  }
  const std::optional<ItemModel>& learned = this->model().item_model();
  kinds_.emplace_back("exact");
  for (const IndexInfo& index : indexes()) {
    const bool stored = std::ranges::any_of(this->model().indexes(), [&](const StoredIndex& other) {
      return other.metric == Metric::kCosine && other.kind == index.name;
    });
    const bool made = !learned && popular_.size() <= kFewItems && !index.exact && index.open != nullptr;
    if (index.name != "exact" && (stored || made)) kinds_.emplace_back(index.name);
  }

  recommender_.prepare(kOneThread);
  if (popular_.empty()) return;
  const std::uint32_t first = popular_.front();
  if (!learned || !std::holds_alternative<FittedPopularity>(*learned)) recommender_.similar(first, {});
  const HistoryItem liked{first, 1};
  recommender_.recommend(std::span(&liked, 1), {});
  recommender_.complete("", 1);
}

const Recommender& Snapshot::recommender(std::string_view kind) const {
  if (kind.empty() || popular_.empty() || kind == recommender_.similar_kind()) return recommender_;
  if (std::ranges::find(kinds_, kind) == kinds_.end()) {
    std::string known;
    for (const std::string& name : kinds_) known += (known.empty() ? "" : ", ") + name;
    throw Error(ErrorCode::kInvalidArgument, "there is no index \"" + std::string(kind.substr(0, kShown)) + "\" here",
                "known are " + known + "; `segue index build` adds one to the model");
  }
  const std::lock_guard lock(others_mutex_);
  const auto known = others_.find(kind);
  if (known != others_.end()) return known->second;
  IndexOptions options;
  options.kind = kind;
  const auto made = others_.try_emplace(std::string(kind), model(), options, kOneThread).first;
  made->second.prepare(kOneThread);  // under the lock: once
  return made->second;
}

std::span<const std::uint32_t> Snapshot::titled(std::string_view title) const {
  const Interactions& interactions = model().interactions();
  const auto range =
      std::ranges::equal_range(by_title_, title, {}, [&](std::uint32_t item) { return interactions.title(item); });
  return {range.begin(), range.end()};
}

}  // namespace segue::server
