// The Recommender: answers of a model. Opening one costs nothing: what a question needs besides the model (an index for
// its metric, the Gram matrix of the items for a fold-in, the table of titles for a name) is made by the first that
// asks, once.
//
// What may be returned is worked out per question as a filter: items that somebody played and that have a direction,
// less what the caller or the person's history rules out. A short list of what is left is scored alone; a long one is
// scored whole, and the few that are ruled out are left out.
#include "segue/recommender.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "base/buffer.h"
#include "index/exact.h"
#include "segue/error.h"
#include "serve/names.h"

namespace segue {
namespace {

constexpr std::size_t kSuggestions = 5;

/// Made once, by whoever needs it first. Thread-safe; if making fails, the next one tries again.
template <typename T>
class Lazy {
 public:
  template <typename Make>
  const T& get(Make&& make) {
    std::call_once(once_, [&] { value_.reset(new T(make())); });  // made in place: T need not move
    return *value_;
  }

 private:
  std::once_flag once_;
  std::unique_ptr<const T> value_;
};

[[noreturn]] void refuse(const std::string& problem, const std::string& fix) {
  throw Error(ErrorCode::kInvalidArgument, problem, fix);
}

/// Ascending, each once; all below `items`.
std::vector<std::uint32_t> sorted(std::vector<std::uint32_t> list, std::uint32_t items) {
  std::ranges::sort(list);
  list.erase(std::unique(list.begin(), list.end()), list.end());
  if (!list.empty() && list.back() >= items) {
    refuse("there is no item " + std::to_string(list.back()) + " among " + std::to_string(items),
           "number items from 0, or find them by name");
  }
  return list;
}

bool contains(std::span<const std::uint32_t> list, std::uint32_t item) {
  return std::ranges::binary_search(list, item);
}

/// One query.
Factors one_row(std::span<const float> values) {
  const auto factors = static_cast<std::uint32_t>(values.size());
  Buffer<float> row(Factors::stride_for(factors));
  std::ranges::copy(values, row.begin());
  return Factors::create(1, factors, std::move(row).share());
}

}  // namespace

struct Recommender::State {
  State(Model m, int threads) : model(std::move(m)) { run.threads = threads; }

  std::uint32_t items() const { return model.interactions().items.size(); }
  const ExactIndex& index(Metric metric) {
    Lazy<ExactIndex>& lazy = metric == Metric::kCosine ? cosine : product;
    return lazy.get([&] { return ExactIndex(model.item_factors(), metric, run); });
  }
  void check_item(std::uint32_t item) const { sorted({item}, items()); }
  std::vector<Neighbor> search(Metric metric, std::span<const float> query, std::vector<std::uint32_t> known,
                               const AnswerOptions& options, std::uint32_t top);

  Model model;
  Run run;  // of every question: the threads that the Recommender was made with
  Lazy<ExactIndex> cosine;
  Lazy<ExactIndex> product;
  Lazy<std::vector<double>> item_gram;
  Lazy<TitleTable> titles;
};

/// @param known  items that the answer is about, never returned; ascending
std::vector<Neighbor> Recommender::State::search(Metric metric, std::span<const float> query,
                                                 std::vector<std::uint32_t> known, const AnswerOptions& options,
                                                 std::uint32_t top) {
  // A zero vector has no opinion: the first `top` items at score 0 would be no answer.
  if (top == 0 || std::ranges::all_of(query, [](float value) { return value == 0; })) return {};
  const ExactIndex& searched = index(metric);
  const Array<std::uint32_t>& listeners = model.listeners();
  const std::uint32_t fewest = std::max(1U, options.min_listeners);
  const auto may_return = [&](std::uint32_t item) { return listeners[item] >= fewest && !searched.is_zero(item); };

  const std::vector<std::uint32_t> excluded = sorted(options.exclude, items());
  std::vector<std::uint32_t> denied;
  std::ranges::set_union(excluded, known, std::back_inserter(denied));
  std::vector<std::uint32_t> allowed = sorted(options.only, items());
  ItemFilter filter;
  if (!allowed.empty()) {
    std::erase_if(allowed, [&](std::uint32_t item) { return !may_return(item); });
    filter.has_allow = true;
  } else {
    std::vector<std::uint32_t> others;  // that may not be returned
    for (std::uint32_t item = 0; item < items(); ++item) (may_return(item) ? allowed : others).push_back(item);
    // Rows at random cost about twice as much as rows in order.
    filter.has_allow = allowed.size() < items() / 2;
    if (!filter.has_allow) {
      std::vector<std::uint32_t> both;
      std::ranges::set_union(denied, others, std::back_inserter(both));
      denied = std::move(both);
    }
  }
  filter.deny = denied;
  if (filter.has_allow) filter.allow = allowed;
  return std::move(searched.search(one_row(query), top, std::span(&filter, 1), run)[0]);
}

Recommender::Recommender(Model model, const Run& run)
    : state_(std::make_unique<State>(std::move(model), run.threads)) {}
Recommender::~Recommender() = default;
Recommender::Recommender(Recommender&&) noexcept = default;
Recommender& Recommender::operator=(Recommender&&) noexcept = default;

const Model& Recommender::model() const { return state_->model; }

std::vector<Neighbor> Recommender::similar(std::uint32_t item, const AnswerOptions& options) const {
  if (options.top == 0) refuse("0 results were asked for", "ask for at least one");
  state_->check_item(item);
  const std::span<const float> query = state_->model.item_factors()[item];
  // An item is returned under the conditions that hold for all others.
  const std::vector<std::uint32_t> excluded = sorted(options.exclude, state_->items());
  const std::vector<std::uint32_t> only = sorted(options.only, state_->items());
  const std::uint32_t fewest = std::max(1U, options.min_listeners);
  const bool zero = std::ranges::all_of(query, [](float value) { return value == 0; });
  const bool with_self = options.include_self && !zero && !contains(excluded, item) &&
                         (only.empty() || contains(only, item)) && state_->model.listeners()[item] >= fewest;

  std::vector<Neighbor> found =
      state_->search(Metric::kCosine, query, {item}, options, options.top - (with_self ? 1 : 0));
  if (with_self) found.insert(found.begin(), {item, 1.0F});
  return found;
}

std::vector<Neighbor> Recommender::recommend(std::uint32_t user, const AnswerOptions& options) const {
  if (options.top == 0) refuse("0 results were asked for", "ask for at least one");
  const Interactions& interactions = state_->model.interactions();
  if (user >= interactions.users.size()) {
    refuse("there is no user " + std::to_string(user) + " among " + std::to_string(interactions.users.size()),
           "number users from 0, or find them by id");
  }
  std::vector<std::uint32_t> seen;
  if (!options.include_seen) {
    const std::span<const std::uint32_t> columns = interactions.plays.row_columns(user);
    seen.assign(columns.begin(), columns.end());
  }
  return state_->search(Metric::kInnerProduct, state_->model.user_factors()[user], std::move(seen), options,
                        options.top);
}

std::vector<Neighbor> Recommender::recommend(std::span<const HistoryItem> history, const AnswerOptions& options) const {
  if (options.top == 0) refuse("0 results were asked for", "ask for at least one");
  if (history.empty()) refuse("the history is empty", "name at least one item that the person likes");
  std::vector<HistoryItem> ordered(history.begin(), history.end());
  std::ranges::stable_sort(ordered, {}, &HistoryItem::item);
  std::vector<std::uint32_t> items;
  std::vector<float> values;
  for (const HistoryItem& entry : ordered) {
    state_->check_item(entry.item);
    const std::string title(state_->model.interactions().title(entry.item));
    if (!items.empty() && items.back() == entry.item) {
      refuse("the history names \"" + title + "\" twice", "name it once, with all its plays");
    }
    if (!std::isfinite(entry.value)) refuse("the value of \"" + title + "\" is not finite", "give a number of plays");
    items.push_back(entry.item);
    values.push_back(entry.value);
  }
  const Model& model = state_->model;
  const std::vector<float> confidences = weigh_history(model.weighting(), items, values);
  const std::vector<double>& item_gram = state_->item_gram.get([&] { return gram(model.item_factors(), state_->run); });
  const std::vector<float> query = fold_in(model.item_factors(), item_gram, model.card().options, items, confidences);
  if (options.include_seen) items.clear();
  return state_->search(Metric::kInnerProduct, query, std::move(items), options, options.top);
}

NameMatch Recommender::find(std::string_view name) const {
  const Interactions& interactions = state_->model.interactions();
  const Array<std::uint32_t>& listeners = state_->model.listeners();
  NameMatch match{find_exactly(interactions, listeners.view(), name), {}};
  if (!match.items.empty()) return match;
  const TitleTable& titles = state_->titles.get([&] { return TitleTable(interactions, listeners); });
  match.items = titles.find(name);
  if (match.items.empty()) match.suggestions = titles.suggest(name, kSuggestions);
  return match;
}

std::vector<std::uint32_t> Recommender::complete(std::string_view typed, std::uint32_t top) const {
  const auto make = [&] { return TitleTable(state_->model.interactions(), state_->model.listeners()); };
  return state_->titles.get(make).complete(typed, top);
}

NameMatch find_item(const Interactions& interactions, std::span<const std::uint32_t> listeners, std::string_view name) {
  NameMatch match{find_exactly(interactions, listeners, name), {}};
  if (!match.items.empty()) return match;
  const TitleTable titles(interactions, std::vector<std::uint32_t>(listeners.begin(), listeners.end()));
  match.items = titles.find(name);
  if (match.items.empty()) match.suggestions = titles.suggest(name, kSuggestions);
  return match;
}

}  // namespace segue
