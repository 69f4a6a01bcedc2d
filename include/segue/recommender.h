// Recommender: a model that answers questions by name.
#ifndef SEGUE_RECOMMENDER_H_
#define SEGUE_RECOMMENDER_H_

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "segue/index.h"
#include "segue/model.h"
#include "segue/run.h"

namespace segue {

/// What a name stands for.
struct NameMatch {
  /// The items of this very id or title; otherwise of this title without regard to case and accents; most listeners
  /// first.
  std::vector<std::uint32_t> items;
  /// When there are none: items with similar titles, best first.
  std::vector<std::uint32_t> suggestions;
};

struct AnswerOptions {
  std::uint32_t top = 10;                   // results, >= 1
  std::vector<std::uint32_t> exclude = {};  // items never to return
  std::vector<std::uint32_t> only = {};     // if not empty: no others
  std::uint32_t min_listeners = 0;          // leave out items with fewer
  bool include_self = true;                 // similar: the item itself first
  bool include_seen = false;                // recommend: also what the user knows
};

struct HistoryItem {
  std::uint32_t item;
  float value;  // plays
};

/// An item of somebody's history, as a reason for another one.
struct Reason {
  std::uint32_t item;
  float part;  // what it adds to the score
};

/// Thread-safe; immutable.
class Recommender {
 public:
  /// Searches by the indexes that the model holds, else exactly. They are opened, or made, by the first question, which
  /// throws what open_index() or make_index() throws; the exact one is made when it is worth it,
  /// make_exact_on_demand().
  explicit Recommender(Model model, const Run& run = {});
  /// @param similar_index  for similar items: the model's own if it is of that kind and has what is asked for, else one
  ///                       that is made. Recommendations are always exact, which is faster for them.
  Recommender(Model model, const IndexOptions& similar_index, const Run& run);
  ~Recommender();
  Recommender(Recommender&&) noexcept;
  Recommender& operator=(Recommender&&) noexcept;

  const Model& model() const;

  /// Opens or makes the indexes now rather than when questions need them: what takes long can then be stopped. Of a
  /// model without factors: does nothing.
  /// @throws as open_index() and make_index() do; Error{kCancelled}.
  void prepare(const Run& run) const;

  /// At most `top` items by cosine of their factors. Items without listeners or with zero factors are left out. Of a
  /// model without factors: those whose weight for the item is above 0, largest first.
  /// @throws Error{kInvalidArgument} where the model does not tell items apart: popularity.
  std::vector<Neighbor> similar(std::uint32_t item, const AnswerOptions& options) const;

  /// The same for many at once, at a fraction of the time. Lists are those of similar(), but for approximate indexes
  /// that search as far as they are asked for results (annoy without search_k).
  /// @throws also Error{kCancelled}.
  std::vector<std::vector<Neighbor>> similar_to_each(std::span<const std::uint32_t> items, const AnswerOptions& options,
                                                     const Run& run) const;

  /// What similar() scores by: "cosine", or "weight".
  std::string_view similar_measure() const;

  /// How many of the true neighbors similar() finds, without filters.
  KnownRecall similar_recall() const;
  /// The kind of index that similar() asks, a name of indexes(): where "auto" was wanted, the one chosen.
  std::string_view similar_kind() const;

  /// The same of the index that recommend() asks.
  KnownRecall recommend_recall() const;
  std::string_view recommend_kind() const;

  /// Whether training has learned anything of them: answers are empty where it has not.
  bool knows_user(std::uint32_t user) const;
  bool knows_item(std::uint32_t item) const;

  /// At most `top` items by inner product with the user's factors, what the user knows left out. Of a model without
  /// factors: by what the user's items say, items whose score is above 0.
  std::vector<Neighbor> recommend(std::uint32_t user, const AnswerOptions& options) const;

  /// The same lists for many at once. @throws also Error{kCancelled}.
  std::vector<std::vector<Neighbor>> recommend_to_each(std::span<const std::uint32_t> users,
                                                       const AnswerOptions& options, const Run& run) const;

  /// The same for a person the model has never seen, by a fold-in of their history, or by the history itself where
  /// there are no factors.
  /// @throws Error{kInvalidArgument} when the history is empty, names an item twice or holds a value that is not
  /// finite.
  std::vector<Neighbor> recommend(std::span<const HistoryItem> history, const AnswerOptions& options) const;

  /// Why these items suit a person: of each, the items of the history that add most to its score by the fold-in, the
  /// most first, those that add nothing left out (Hu, Koren & Volinsky 2008, section 5).
  /// @param most  reasons of an item
  /// @throws as recommend(history) does; Error{kInvalidArgument} for a model that is none of als.
  std::vector<std::vector<Reason>> explain(std::span<const HistoryItem> history, std::span<const std::uint32_t> items,
                                           std::uint32_t most) const;
  /// The same for a user of the model, whose history is what they played. Parts add up to the score of a fold-in, which
  /// differs from the trained one as far as training had not yet settled.
  std::vector<std::vector<Reason>> explain(std::uint32_t user, std::span<const std::uint32_t> items,
                                           std::uint32_t most) const;

  /// At most `top` other users by cosine of their factors, searched exactly; `item` of a neighbor is a user. Those of
  /// whom training has learned nothing are left out. The first question makes an index of all users.
  /// @throws Error{kInvalidArgument} for a model without factors.
  std::vector<Neighbor> similar_users(std::uint32_t user, std::uint32_t top) const;

  /// Finds items by id or title.
  NameMatch find(std::string_view name) const;

  /// Search as one types: items whose titles hold every word typed, or a word that begins so, without regard to case,
  /// accents and order; most listeners first, at most `top`. Nothing typed: the items with the most listeners.
  /// O(items) at worst, less where many match.
  std::vector<std::uint32_t> complete(std::string_view typed, std::uint32_t top) const;

 private:
  struct State;
  struct Ordered;
  Ordered order(std::span<const HistoryItem> history) const;

  std::unique_ptr<State> state_;
};

/// Finds items of plain interactions by id or title, as Recommender::find does. O(items).
NameMatch find_item(const Interactions& interactions, std::span<const std::uint32_t> listeners, std::string_view name);

}  // namespace segue

#endif  // SEGUE_RECOMMENDER_H_
