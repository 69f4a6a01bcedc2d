// The Recommender: answers of a model. Opening one costs nothing: what a question needs besides the model (an index for
// its metric, the Gram matrix of the items for a fold-in, the table of titles for a name) is made by the first that
// asks, once.
//
// What may be returned is a filter: items that somebody played and that have a direction, less what the caller or the
// person's history rules out. The first part is the same for all questions of one min_listeners: it is worked out once
// and kept, a bit an item, or as a list where few are left, which are then scored alone. So a question costs what its
// index costs.
//
// A model without factors has no index: every item is scored for a history, which is a user's own row or what a
// stranger says, and the best are taken through the same filter.
#include "segue/recommender.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <iterator>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "base/buffer.h"
#include "base/parallel.h"
#include "index/top_list.h"
#include "segue/error.h"
#include "segue/models.h"
#include "serve/names.h"

namespace segue {
namespace {

constexpr std::size_t kSuggestions = 5;
// Up to this part of all items a list is faster than a mask: indexes score it alone.
constexpr std::uint32_t kShortList = 32;
// Sets kept at a time. A service asks with one or two different min_listeners; each takes a bit an item.
constexpr std::size_t kMostEligible = 8;
constexpr std::size_t kGrainQueries = 16;
constexpr std::string_view kAls = "als";

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

std::vector<std::uint32_t> joined(std::span<const std::uint32_t> a, std::span<const std::uint32_t> b) {
  std::vector<std::uint32_t> both;
  std::ranges::set_union(a, b, std::back_inserter(both));
  return both;
}

/// Items that may be returned to anybody: all of them, a mask, or a list where they are few.
struct Eligible {
  std::optional<ItemMask> mask;
  std::vector<std::uint32_t> list;
  bool has_list = false;
};

/// Whether an index has what is asked for. What was left to the index to choose is there, whatever it chose; and where
/// any kind will do, so does one that reaches the recall.
bool has(const StoredIndex& stored, const IndexOptions& wanted) {
  const IndexOptions& there = stored.options;
  const bool any = wanted.kind == "auto";
  const double recall = any && wanted.recall == 0 ? IndexOptions::kUsualRecall : wanted.recall;
  return (any || stored.kind == wanted.kind) && stored.recall.at_10 >= recall &&
         (wanted.lists == 0 || wanted.lists == there.lists) && (wanted.probes == 0 || wanted.probes == there.probes) &&
         (wanted.slack == 0 || std::abs(wanted.slack - there.slack) < 1e-6) &&
         (wanted.kind != "annoy" || wanted.trees == there.trees) &&
         (wanted.search_k == -1 || wanted.search_k == there.search_k);
}

bool is_zero(std::span<const float> vector) {
  return std::ranges::all_of(vector, [](float value) { return value == 0; });
}

bool passes(const ItemFilter& filter, std::uint32_t item) {
  return (!filter.has_allow || contains(filter.allow, item)) && !contains(filter.deny, item) &&
         (filter.mask == nullptr || filter.mask->has(item));
}

/// Of scored items in ascending order the best that pass. What has no score above 0 has nothing that speaks for it.
class Picker {
 public:
  Picker(std::uint32_t top, const ItemFilter& filter) : list_(top), filter_(filter) {}
  void offer(std::uint32_t item, float score) {
    if (score > 0 && score > list_.threshold() && passes(filter_, item)) list_.add({item, score});
  }
  std::vector<Neighbor> take() { return list_.take(); }

 private:
  TopList list_;
  const ItemFilter& filter_;
};

/// Offers the items that weigh for one.
void offer_weights(const ItemModel& model, std::uint32_t item, Picker& picker) {
  if (const auto* sparse = std::get_if<Neighborhood>(&model)) {
    const auto others = sparse->similar.row_columns(item);
    const auto weights = sparse->similar.row_values(item);
    for (std::size_t i = 0; i < others.size(); ++i) picker.offer(others[i], weights[i]);
  } else if (const auto* dense = std::get_if<EaseWeights>(&model)) {
    const auto at = std::ranges::lower_bound(dense->included, item);
    if (at == dense->included.end() || *at != item) return;
    const float* column = dense->weights.data() + (at - dense->included.begin());
    for (std::size_t p = 0; p < dense->included.size(); ++p) {
      picker.offer(dense->included[p], column[p * dense->stride]);
    }
  }
}

/// Items, each once and ascending, and their values.
struct History {
  std::span<const std::uint32_t> items;
  std::span<const float> values;
};

/// Some rows of a table.
Factors rows_of(const Factors& table, std::span<const std::uint32_t> rows) {
  Buffer<float> values(rows.size() * table.stride());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    std::ranges::copy(table[rows[i]], values.begin() + i * table.stride());
  }
  return Factors::create(static_cast<std::uint32_t>(rows.size()), table.factors(), std::move(values).share());
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
  State(Model m, std::optional<IndexOptions> similar_index, int threads)
      : model(std::move(m)), options(std::move(similar_index)) {
    run.threads = threads;
  }

  std::uint32_t items() const { return model.interactions().items.size(); }
  const Index& index(Metric metric) { return index(metric, run); }
  const Index& index(Metric metric, const Run& making) {
    Lazy<std::unique_ptr<Index>>& lazy = metric == Metric::kCosine ? cosine : product;
    return *lazy.get([&] {
      const std::optional<IndexOptions> wanted = metric == Metric::kCosine ? options : std::nullopt;
      for (const StoredIndex& stored : model.indexes()) {
        if (stored.metric != metric || (wanted && !has(stored, *wanted))) continue;
        return open_index(model.item_factors(), stored, making);
      }
      if (!wanted || wanted->kind == IndexOptions{}.kind)
        return make_exact_on_demand(model.item_factors(), metric, making);
      return make_index(model.item_factors(), metric, *wanted, making);
    });
  }
  /// By item, whether it is the zero vector: it says nothing of what is like it.
  const std::vector<bool>& zeros() {
    return zero_items.get([&] {
      std::vector<bool> zero(items());
      if (model.item_model()) return zero;
      for (std::uint32_t item = 0; item < items(); ++item) zero[item] = is_zero(model.item_factors()[item]);
      return zero;
    });
  }
  bool may_return(std::uint32_t item, std::uint32_t fewest) {
    return model.listeners()[item] >= std::max(1U, fewest) && !zeros()[item];
  }
  std::shared_ptr<const Eligible> eligible(std::uint32_t fewest);
  void check_item(std::uint32_t item) const { sorted({item}, items()); }
  void check_user(std::uint32_t user) const {
    const std::uint32_t users = model.interactions().users.size();
    if (user < users) return;
    refuse("there is no user " + std::to_string(user) + " among " + std::to_string(users),
           "number users from 0, or find them by id");
  }
  const std::vector<double>& gram_of_items() {
    return item_gram.get([&] { return gram(model.item_factors(), run); });
  }
  const Index& index_of_users() {
    return *user_index.get([&] { return make_exact_on_demand(model.user_factors(), Metric::kCosine, run); });
  }
  /// Users of whom training has learned something.
  const ItemMask& known_users() {
    return user_mask.get([&] {
      const Factors& factors = model.user_factors();
      return ItemMask(factors.rows(), [&](std::uint32_t user) { return !is_zero(factors[user]); });
    });
  }
  template <typename Find>
  void filtered(std::span<const std::span<const std::uint32_t>> known, const AnswerOptions& answer, Find&& find);
  std::vector<std::vector<Neighbor>> search(Metric metric, const Factors& queries,
                                            std::span<const std::span<const std::uint32_t>> known,
                                            const AnswerOptions& answer, std::uint32_t top, const Run& watch);
  template <typename Offer>
  std::vector<std::vector<Neighbor>> pick(std::span<const std::span<const std::uint32_t>> known,
                                          const AnswerOptions& answer, std::uint32_t top, const Run& watch,
                                          Offer&& offer);
  std::vector<std::vector<Neighbor>> rank(std::span<const History> histories,
                                          std::span<const std::span<const std::uint32_t>> known,
                                          const AnswerOptions& answer, const Run& watch);
  std::vector<float> folded(const History& history);

  Model model;
  std::optional<IndexOptions> options;  // of the index for similar items, where one was asked for
  Run run;                              // of every question: the threads that the Recommender was made with
  Lazy<std::unique_ptr<Index>> cosine;
  Lazy<std::unique_ptr<Index>> product;
  Lazy<std::vector<bool>> zero_items;
  std::mutex eligible_mutex;
  std::vector<std::pair<std::uint32_t, std::shared_ptr<const Eligible>>> eligible_sets;  // the last used first
  Lazy<std::vector<double>> item_gram;
  Lazy<FittedModel> fitted;                     // for a fold-in
  Lazy<std::unique_ptr<HistoryScorer>> scorer;  // of an item model
  Lazy<TitleTable> titles;
  Lazy<std::unique_ptr<Index>> user_index;
  Lazy<ItemMask> user_mask;
};

/// @param fewest  listeners
std::shared_ptr<const Eligible> Recommender::State::eligible(std::uint32_t fewest) {
  fewest = std::max(1U, fewest);
  const std::lock_guard lock(eligible_mutex);
  auto known = std::ranges::find(eligible_sets, fewest, [](const auto& set) { return set.first; });
  if (known == eligible_sets.end()) {
    auto made = std::make_shared<Eligible>();
    ItemMask mask(items(), [&](std::uint32_t item) { return may_return(item, fewest); });
    made->has_list = mask.count() <= items() / kShortList;
    for (std::uint32_t item = 0; made->has_list && item < items(); ++item) {
      if (mask.has(item)) made->list.push_back(item);
    }
    if (!made->has_list && mask.count() < items()) made->mask = std::move(mask);
    if (eligible_sets.size() == kMostEligible) eligible_sets.pop_back();
    eligible_sets.emplace_back(fewest, std::move(made));
    known = eligible_sets.end() - 1;
  }
  std::rotate(eligible_sets.begin(), known, known + 1);
  return eligible_sets.front().second;
}

/// Calls find(filters), one for each query.
/// @param known  by query: items that the answer is about, never returned; ascending
template <typename Find>
void Recommender::State::filtered(std::span<const std::span<const std::uint32_t>> known, const AnswerOptions& answer,
                                  Find&& find) {
  const std::vector<std::uint32_t> denied = sorted(answer.exclude, items());  // to all
  std::vector<std::uint32_t> only = sorted(answer.only, items());
  const bool has_only = !only.empty();
  std::erase_if(only, [&](std::uint32_t item) { return !may_return(item, answer.min_listeners); });
  const std::shared_ptr<const Eligible> set = has_only ? nullptr : eligible(answer.min_listeners);

  ItemFilter common{.deny = denied, .allow = only, .has_allow = has_only};
  if (set != nullptr) {
    common.allow = set->list;
    common.has_allow = set->has_list;
    common.mask = set->mask ? &*set->mask : nullptr;
  }
  std::vector<std::vector<std::uint32_t>> both(known.size());
  std::vector<ItemFilter> filters(known.size(), common);
  for (std::size_t q = 0; q < known.size(); ++q) {
    if (known[q].empty()) continue;
    if (!denied.empty()) both[q] = joined(denied, known[q]);
    filters[q].deny = denied.empty() ? known[q] : both[q];
  }
  find(std::span<const ItemFilter>(filters));
}

std::vector<std::vector<Neighbor>> Recommender::State::search(Metric metric, const Factors& queries,
                                                              std::span<const std::span<const std::uint32_t>> known,
                                                              const AnswerOptions& answer, std::uint32_t top,
                                                              const Run& watch) {
  std::vector<std::vector<Neighbor>> results(queries.rows());
  if (top == 0 || queries.rows() == 0) return results;
  filtered(known, answer,
           [&](std::span<const ItemFilter> filters) { results = index(metric).search(queries, top, filters, watch); });
  for (std::uint32_t q = 0; q < queries.rows(); ++q) {
    // A zero vector has no opinion: the first `top` items at score 0 would be no answer.
    if (is_zero(queries[q])) results[q].clear();
  }
  return results;
}

/// @param offer  called with the number of a query, its Picker and an array that a thread may use: [items]
template <typename Offer>
std::vector<std::vector<Neighbor>> Recommender::State::pick(std::span<const std::span<const std::uint32_t>> known,
                                                            const AnswerOptions& answer, std::uint32_t top,
                                                            const Run& watch, Offer&& offer) {
  std::vector<std::vector<Neighbor>> results(known.size());
  if (top == 0) return results;
  Run inner = watch;
  if (known.size() == 1) inner.threads = 1;
  filtered(known, answer, [&](std::span<const ItemFilter> filters) {
    std::vector<std::vector<float>> scores(static_cast<std::size_t>(inner.thread_count()));
    parallel_chunks(known.size(), kGrainQueries, inner, [&](std::size_t begin, std::size_t end, int worker) {
      std::vector<float>& own = scores[static_cast<std::size_t>(worker)];
      own.resize(items());
      for (std::size_t q = begin; q < end; ++q) {
        Picker picker(top, filters[q]);
        offer(q, picker, own);
        results[q] = picker.take();
      }
    });
  });
  return results;
}

/// By an item model.
std::vector<std::vector<Neighbor>> Recommender::State::rank(std::span<const History> histories,
                                                            std::span<const std::span<const std::uint32_t>> known,
                                                            const AnswerOptions& answer, const Run& watch) {
  const HistoryScorer& of = *scorer.get([&] { return make_history_scorer(*model.item_model(), run); });
  return pick(known, answer, answer.top, watch, [&](std::size_t q, Picker& picker, std::span<float> scores) {
    of.score(histories[q].items, histories[q].values, scores);
    for (std::uint32_t item = 0; item < items(); ++item) picker.offer(item, scores[item]);
  });
}

/// The vector of a person with this history.
std::vector<float> Recommender::State::folded(const History& history) {
  const Factors& vectors = model.item_factors();
  const FittedModel& learned = fitted.get([&] { return fitted_of(model); });
  if (const auto* bpr = std::get_if<FittedBpr>(&learned)) {
    std::vector<std::uint32_t> liked;
    for (std::size_t i = 0; i < history.items.size(); ++i) {
      if (history.values[i] > 0) liked.push_back(history.items[i]);
    }
    return fold_in(vectors, bpr->options, liked);
  }
  const std::vector<float> weights = weigh_history(model.weighting(), history.items, history.values);
  if (const auto* lmf = std::get_if<FittedLmf>(&learned)) {
    return fold_in(vectors, lmf->settings.lmf, history.items, weights);
  }
  return fold_in(vectors, gram_of_items(), model.card().options, history.items, weights);
}

Recommender::Recommender(Model model, const Run& run)
    : state_(std::make_unique<State>(std::move(model), std::nullopt, run.threads)) {}
Recommender::Recommender(Model model, const IndexOptions& similar_index, const Run& run)
    : state_(std::make_unique<State>(std::move(model), similar_index, run.threads)) {
  make_index(Factors(), Metric::kCosine, similar_index);  // of nothing: options out of range are told now
}
Recommender::~Recommender() = default;
Recommender::Recommender(Recommender&&) noexcept = default;
Recommender& Recommender::operator=(Recommender&&) noexcept = default;

const Model& Recommender::model() const { return state_->model; }

void Recommender::prepare(const Run& run) const {
  if (model().item_model()) return;
  for (const Metric metric : {Metric::kCosine, Metric::kInnerProduct}) state_->index(metric, run).prepare(run);
}

std::string_view Recommender::similar_measure() const { return model().item_model() ? "weight" : "cosine"; }

KnownRecall Recommender::similar_recall() const {
  return model().item_model() ? KnownRecall{} : state_->index(Metric::kCosine).known_recall();
}

std::string_view Recommender::similar_kind() const {
  return model().item_model() ? "exact" : state_->index(Metric::kCosine).kind();
}

bool Recommender::knows_user(std::uint32_t user) const {
  if (!model().item_model()) return !is_zero(model().user_factors()[user]);
  return std::holds_alternative<FittedPopularity>(*model().item_model()) ||
         !model().interactions().plays.row_columns(user).empty();
}

bool Recommender::knows_item(std::uint32_t item) const {
  if (!model().item_model()) return !is_zero(model().item_factors()[item]);
  const ItemModel& learned = *model().item_model();
  if (const auto* sparse = std::get_if<Neighborhood>(&learned)) return !sparse->similar.row_columns(item).empty();
  const auto* dense = std::get_if<EaseWeights>(&learned);
  return dense != nullptr && std::ranges::binary_search(dense->included, item);
}

KnownRecall Recommender::recommend_recall() const {
  return model().item_model() ? KnownRecall{} : state_->index(Metric::kInnerProduct).known_recall();
}

std::string_view Recommender::recommend_kind() const {
  return model().item_model() ? "exact" : state_->index(Metric::kInnerProduct).kind();
}

std::vector<Neighbor> Recommender::similar(std::uint32_t item, const AnswerOptions& options) const {
  return std::move(similar_to_each({&item, 1}, options, state_->run)[0]);
}

std::vector<std::vector<Neighbor>> Recommender::similar_to_each(std::span<const std::uint32_t> items,
                                                                const AnswerOptions& options, const Run& run) const {
  if (options.top == 0) refuse("0 results were asked for", "ask for at least one");
  for (const std::uint32_t item : items) state_->check_item(item);
  // An item is returned under the conditions that hold for all others.
  const std::vector<std::uint32_t> excluded = sorted(options.exclude, state_->items());
  const std::vector<std::uint32_t> only = sorted(options.only, state_->items());
  const auto with_self = [&](std::uint32_t item) {
    return options.include_self && state_->may_return(item, options.min_listeners) && !contains(excluded, item) &&
           (only.empty() || contains(only, item));
  };
  // Where all come first in their own lists, one neighbor fewer is wanted.
  const bool all_with_self = std::ranges::all_of(items, with_self);
  std::vector<std::span<const std::uint32_t>> known;
  for (const std::uint32_t& item : items) known.emplace_back(&item, 1);
  const std::uint32_t top = options.top - (all_with_self ? 1 : 0);
  const std::optional<ItemModel>& learned = state_->model.item_model();
  if (learned && std::holds_alternative<FittedPopularity>(*learned)) {
    refuse("model popularity does not tell which items are alike", "ask a model that does: segue fit --model knn");
  }
  std::vector<std::vector<Neighbor>> found =
      learned ? state_->pick(known, options, top, run,
                             [&](std::size_t q, Picker& picker, auto&) { offer_weights(*learned, items[q], picker); })
              : state_->search(Metric::kCosine, rows_of(state_->model.item_factors(), items), known, options, top, run);
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (!with_self(items[i])) continue;
    found[i].insert(found[i].begin(), {items[i], 1.0F});
    if (found[i].size() > options.top) found[i].resize(options.top);
  }
  return found;
}

std::vector<Neighbor> Recommender::recommend(std::uint32_t user, const AnswerOptions& options) const {
  return std::move(recommend_to_each({&user, 1}, options, state_->run)[0]);
}

std::vector<std::vector<Neighbor>> Recommender::recommend_to_each(std::span<const std::uint32_t> users,
                                                                  const AnswerOptions& options, const Run& run) const {
  if (options.top == 0) refuse("0 results were asked for", "ask for at least one");
  const Interactions& interactions = state_->model.interactions();
  std::vector<std::span<const std::uint32_t>> seen(users.size());
  for (std::size_t i = 0; i < users.size(); ++i) {
    state_->check_user(users[i]);
    if (!options.include_seen) seen[i] = interactions.plays.row_columns(users[i]);
  }
  if (state_->model.item_model()) {
    std::vector<History> histories;
    for (const std::uint32_t user : users) {
      histories.push_back({interactions.plays.row_columns(user), interactions.plays.row_values(user)});
    }
    return state_->rank(histories, seen, options, run);
  }
  return state_->search(Metric::kInnerProduct, rows_of(state_->model.user_factors(), users), seen, options, options.top,
                        run);
}

/// A history by ascending items.
struct Recommender::Ordered {
  std::vector<std::uint32_t> items;
  std::vector<float> values;
};

Recommender::Ordered Recommender::order(std::span<const HistoryItem> history) const {
  if (history.empty()) refuse("the history is empty", "name at least one item that the person likes");
  std::vector<HistoryItem> ordered(history.begin(), history.end());
  std::ranges::stable_sort(ordered, {}, &HistoryItem::item);
  Ordered result;
  for (const HistoryItem& entry : ordered) {
    state_->check_item(entry.item);
    const std::string title(state_->model.interactions().title(entry.item));
    if (!result.items.empty() && result.items.back() == entry.item) {
      refuse("the history names \"" + title + "\" twice", "name it once, with all its plays");
    }
    if (!std::isfinite(entry.value)) refuse("the value of \"" + title + "\" is not finite", "give a number of plays");
    result.items.push_back(entry.item);
    result.values.push_back(entry.value);
  }
  return result;
}

std::vector<Neighbor> Recommender::recommend(std::span<const HistoryItem> history, const AnswerOptions& options) const {
  if (options.top == 0) refuse("0 results were asked for", "ask for at least one");
  const Ordered ordered = order(history);
  const History asked{ordered.items, ordered.values};
  const std::span<const std::uint32_t> known =
      options.include_seen ? std::span<const std::uint32_t>() : std::span<const std::uint32_t>(ordered.items);
  if (state_->model.item_model()) {
    return std::move(state_->rank({&asked, 1}, {&known, 1}, options, state_->run)[0]);
  }
  const std::vector<float> query = state_->folded(asked);
  return std::move(
      state_->search(Metric::kInnerProduct, one_row(query), {&known, 1}, options, options.top, state_->run)[0]);
}

std::vector<std::vector<Reason>> Recommender::explain(std::span<const HistoryItem> history,
                                                      std::span<const std::uint32_t> items, std::uint32_t most) const {
  const Ordered ordered = order(history);
  for (const std::uint32_t item : items) state_->check_item(item);
  const Model& model = state_->model;
  if (model.card().model != kAls) {
    refuse("model " + model.card().model + " cannot be explained", "ask a model of als, or leave the explanation out");
  }
  const std::vector<float> confidences = weigh_history(model.weighting(), ordered.items, ordered.values);
  const std::vector<double> parts = fold_in_parts(model.item_factors(), state_->gram_of_items(), model.card().options,
                                                  ordered.items, confidences, items);
  std::vector<std::vector<Reason>> reasons(items.size());
  auto part = parts.begin();
  for (std::vector<Reason>& list : reasons) {
    for (const std::uint32_t item : ordered.items) {
      if (*part > 0) list.push_back({item, static_cast<float>(*part)});
      ++part;
    }
    std::ranges::stable_sort(list, std::greater{}, &Reason::part);
    if (list.size() > most) list.resize(most);
  }
  return reasons;
}

std::vector<std::vector<Reason>> Recommender::explain(std::uint32_t user, std::span<const std::uint32_t> items,
                                                      std::uint32_t most) const {
  state_->check_user(user);
  const CsrMatrix& plays = state_->model.interactions().plays;
  const std::span<const std::uint32_t> columns = plays.row_columns(user);
  const std::span<const float> values = plays.row_values(user);
  std::vector<HistoryItem> history;
  for (std::size_t i = 0; i < columns.size(); ++i) history.push_back({columns[i], values[i]});
  if (history.empty()) return std::vector<std::vector<Reason>>(items.size());
  return explain(history, items, most);
}

std::vector<Neighbor> Recommender::similar_users(std::uint32_t user, std::uint32_t top) const {
  if (top == 0) refuse("0 results were asked for", "ask for at least one");
  state_->check_user(user);
  if (state_->model.item_model()) {
    refuse("model " + state_->model.card().model + " has no factors to compare users by",
           "ask a model of als, bpr or lmf");
  }
  const Factors& factors = state_->model.user_factors();
  if (is_zero(factors[user])) return {};
  const ItemFilter filter{.deny = {&user, 1}, .mask = &state_->known_users()};
  return std::move(state_->index_of_users().search(factors.slice(user, 1), std::min(top, factors.rows()), {&filter, 1},
                                                   state_->run)[0]);
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
