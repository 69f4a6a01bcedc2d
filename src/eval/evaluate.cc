// Evaluation. Rows are ranked in blocks: through the ranker's own search where it has one and the top is all that is
// asked for, otherwise by scoring every item. Ties are resolved by expectation (eval/tie_groups.h); where search ends
// in the middle of a tie, the row is scored in full. Each row writes its values to its own place and sums are made in
// the order of the rows: the same bits for any number of threads.
#include "segue/evaluate.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <string>
#include <utility>

#include "base/parallel.h"
#include "base/progress.h"
#include "eval/bootstrap.h"
#include "eval/ranking.h"
#include "eval/tie_groups.h"
#include "segue/error.h"

namespace segue {
namespace {

constexpr std::size_t kBlockRows = 2048;  // are searched at once: a group of queries for each of several threads
constexpr std::size_t kGrainRows = 16;    // are measured at once by a thread

[[noreturn]] void refuse(const std::string& problem, const std::string& fix) {
  throw Error(ErrorCode::kInvalidArgument, problem, fix);
}

const MeasureInfo& info_of(const MeasureAt& at) { return measures()[static_cast<std::size_t>(at.measure)]; }

bool counts_hits(Measure measure) { return measure <= Measure::kImplicitAuc; }

void check(const Ranker& ranker, const Split& split, const EvaluateOptions& options) {
  const CsrMatrix& test = split.test;
  const auto shape = [](const CsrMatrix& m) { return std::to_string(m.rows()) + " x " + std::to_string(m.cols()); };
  const auto same = [&](const CsrMatrix& other, const std::string& name) {
    if (other.rows() == test.rows() && other.cols() == test.cols()) return;
    refuse("test is " + shape(test) + " and " + name + " " + shape(other), "give matrices of the same users and items");
  };
  same(split.history, "history");
  same(split.train, "train");
  if (options.candidates != nullptr) same(*options.candidates, "candidates");
  if (ranker.rows() != test.rows() || ranker.items() != test.cols()) {
    refuse("the ranker knows " + std::to_string(ranker.rows()) + " rows and " + std::to_string(ranker.items()) +
               " items where the split has " + shape(test),
           "make it for the split's histories");
  }
  if (!(options.confidence > 0 && options.confidence < 1)) {
    refuse("confidence is " + std::to_string(options.confidence), "choose it between 0 and 1, such as 0.95");
  }
  if (options.measures.empty()) refuse("no measure was asked for", "name one, such as ndcg@10");
  for (const MeasureAt& at : options.measures) {
    if (at.k == 0) refuse(name_of(at) + " looks at no item", "cut lists at 1 or more");
    if (at.measure == Measure::kDiversity &&
        (options.item_factors == nullptr || options.item_factors->rows() != test.cols())) {
      refuse("diversity needs the factors of all items to tell them apart by", "give item_factors, or leave it out");
    }
  }
  for (const CsrMatrix* matrix : {&split.history, options.candidates}) {
    if (matrix == nullptr || matrix == &split.history) continue;
    for (std::uint32_t row = 0; row < test.rows(); ++row) {
      if (test.row_columns(row).empty() || !matrix->row_columns(row).empty()) continue;
      refuse("row " + std::to_string(row) + " has test items and no candidates",
             "give it some, or drop its test items");
    }
  }
}

/// The items of a row that are ranked, with their scores.
class Candidates {
 public:
  Candidates(const Ranker& ranker, const Split& split, const CsrMatrix* given)
      : ranker_(ranker), split_(split), given_(given), scores_(ranker.items()) {}

  std::vector<Neighbor>& of(std::uint32_t row) {
    ranker_.score(row, scores_);
    items_.clear();
    const auto test = split_.test.row_columns(row);
    if (given_ != nullptr) {
      ids_.clear();
      std::ranges::set_union(given_->row_columns(row), test, std::back_inserter(ids_));
      for (const std::uint32_t item : ids_) add(item, row);
    } else {
      const auto known = split_.history.row_columns(row);
      auto next = known.begin();
      for (std::uint32_t item = 0; item < ranker_.items(); ++item) {
        if (next != known.end() && *next == item) {
          ++next;
        } else {
          add(item, row);
        }
      }
    }
    return items_;
  }

 private:
  void add(std::uint32_t item, std::uint32_t row) {
    if (!std::isfinite(scores_[item])) {
      throw Error(ErrorCode::kNumerical,
                  "the score of item " + std::to_string(item) + " for row " + std::to_string(row) + " is not finite",
                  "train the model anew, with more regularization");
    }
    items_.push_back({item, scores_[item]});
  }

  const Ranker& ranker_;
  const Split& split_;
  const CsrMatrix* given_;
  std::vector<float> scores_;
  std::vector<Neighbor> items_;
  std::vector<std::uint32_t> ids_;
};

/// What lists are judged by beside hits.
class ListMeasures {
 public:
  ListMeasures(const Split& split, const Factors* factors) : counts_(count_per_column(split.train)), factors_(factors) {
    for (std::uint32_t row = 0; row < split.train.rows(); ++row) users_ += split.train.row_columns(row).empty() ? 0 : 1;
    if (factors_ == nullptr) return;
    norms_.reserve(factors_->rows());
    for (std::uint32_t item = 0; item < factors_->rows(); ++item) norms_.push_back(std::sqrt(dot(item, item)));
  }

  double value(Measure measure, std::span<const std::uint32_t> list) const {
    if (list.empty()) return 0;
    double sum = 0;
    const auto length = static_cast<double>(list.size());
    if (measure == Measure::kDiversity) {
      if (list.size() < 2) return 0;
      for (std::size_t i = 1; i < list.size(); ++i) {
        for (std::size_t j = 0; j < i; ++j) sum += cosine(list[i], list[j]);
      }
      return 1 - sum / (length * (length - 1) / 2);
    }
    for (const std::uint32_t item : list) {
      const double users = counts_[item];
      // An item that nobody has is as surprising as one that a single user has.
      sum += measure == Measure::kPopularity ? users : std::log2(std::max(1.0, users_) / std::max(1.0, users));
    }
    return sum / length;
  }

 private:
  double dot(std::uint32_t a, std::uint32_t b) const {
    double sum = 0;
    for (std::uint32_t f = 0; f < factors_->factors(); ++f) sum += double{(*factors_)[a][f]} * (*factors_)[b][f];
    return sum;
  }
  double cosine(std::uint32_t a, std::uint32_t b) const {
    const double norm = norms_[a] * norms_[b];
    return norm == 0 ? 0 : dot(a, b) / norm;
  }

  Array<std::uint32_t> counts_;
  double users_ = 0;  // who have anything in the training
  const Factors* factors_;
  std::vector<double> norms_;
};

double coverage(std::span<const std::uint64_t> exposures) {
  if (exposures.empty()) return 0;
  const auto shown = std::ranges::count_if(exposures, [](std::uint64_t n) { return n > 0; });
  return static_cast<double>(shown) / static_cast<double>(exposures.size());
}

double gini(std::vector<std::uint64_t> exposures) {
  std::sort(exposures.begin(), exposures.end());
  const auto n = static_cast<double>(exposures.size());
  double weighted = 0;
  double total = 0;
  for (std::size_t i = 0; i < exposures.size(); ++i) {
    const auto count = static_cast<double>(exposures[i]);
    weighted += (2 * static_cast<double>(i) + 1 - n) * count;
    total += count;
  }
  return total == 0 ? 0 : weighted / (n * total);
}

/// Values of one measure by user.
struct Values {
  std::vector<double> worst;
  std::vector<double> expected;
  std::vector<double> best;
};

class Evaluator {
 public:
  Evaluator(const Ranker& ranker, const Split& split, const EvaluateOptions& options, const Run& run)
      : ranker_(ranker), split_(split), options_(options), run_(run), lists_measures_(split, options.item_factors) {
    std::size_t longest = 1;
    for (std::uint32_t row = 0; row < split.test.rows(); ++row) {
      const std::size_t size = split.test.row_columns(row).size();
      if (size > 0) users_.push_back(row);
      longest = std::max(longest, size);
    }
    if (users_.empty()) refuse("no user has held-out items", "hold more out, or give a larger log");
    for (const MeasureAt& at : options.measures) {
      if (info_of(at).has_cut) depth_ = std::max(depth_, at.k);
      ranks_all_ = ranks_all_ || at.measure == Measure::kAuc;
    }
    discounts_ = Discounts(std::max<std::size_t>(longest, depth_));
    values_.resize(options.measures.size());
    for (std::size_t m = 0; m < values_.size(); ++m) {
      if (!info_of(options.measures[m]).per_user) continue;
      for (auto* v : {&values_[m].worst, &values_[m].expected, &values_[m].best}) v->resize(users_.size());
    }
    lists_.resize(users_.size());
  }

  Evaluation evaluate() {
    const auto begin = std::chrono::steady_clock::now();
    rank_all();
    Evaluation evaluation;
    evaluation.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    evaluation.measured = summary();
    evaluation.users = std::move(users_);
    if (options_.keep_lists) evaluation.lists = std::move(lists_);
    return evaluation;
  }

 private:
  void rank_all() {
    std::vector<std::unique_ptr<Candidates>> candidates(static_cast<std::size_t>(run_.thread_count()));
    ProgressMeter meter(run_, "evaluating", users_.size(), "users");
    Run quiet = run_;
    quiet.progress = {};
    for (std::size_t first = 0; first < users_.size(); first += kBlockRows) {
      const auto block = std::span(users_).subspan(first, std::min(kBlockRows, users_.size() - first));
      const auto found = search(block, quiet);
      parallel_chunks(block.size(), kGrainRows, quiet, [&](std::size_t b, std::size_t e, int worker) {
        auto& own = candidates[static_cast<std::size_t>(worker)];
        if (!own) own = std::make_unique<Candidates>(ranker_, split_, options_.candidates);
        for (std::size_t i = b; i < e; ++i) measure(first + i, found ? &(*found)[i] : nullptr, *own);
        meter.add(e - b);
      });
    }
    meter.finish();
  }

  /// One item more than is looked at, which tells whether a tie goes on beyond.
  std::optional<std::vector<std::vector<Neighbor>>> search(std::span<const std::uint32_t> rows, const Run& run) const {
    if (ranks_all_ || options_.candidates != nullptr) return std::nullopt;
    std::vector<ItemFilter> filters;
    for (const std::uint32_t row : rows) filters.push_back({.deny = split_.history.row_columns(row)});
    return ranker_.search(rows, std::min(depth_ + 1, ranker_.items()), filters, run);
  }

  void measure(std::size_t u, const std::vector<Neighbor>* found, Candidates& candidates) {
    const auto test = split_.test.row_columns(users_[u]);
    const bool ends_in_tie =
        found != nullptr && found->size() > depth_ && (*found)[depth_].score == (*found)[depth_ - 1].score;
    PairShare pairs;
    if (found != nullptr && !ends_in_tie) {
      write(u, rank_sorted(*found, depth_, test), pairs);
      return;
    }
    std::vector<Neighbor>& items = candidates.of(users_[u]);
    if (ranks_all_) pairs = pair_share(items, test);
    write(u, rank(items, depth_, test), pairs);
  }

  void write(std::size_t u, Ranking ranking, const PairShare& pairs) {
    const Counts counts{split_.test.row_columns(users_[u]).size(), split_.test.cols()};
    const bool ties =
        std::ranges::any_of(ranking.groups, [](const TieGroup& g) { return g.relevant > 0 && g.relevant < g.size; });
    const auto worst = ties ? worst_order(ranking.groups) : ranking.groups;
    const auto best = ties ? best_order(ranking.groups) : ranking.groups;
    for (std::size_t m = 0; m < values_.size(); ++m) {
      const MeasureAt& at = options_.measures[m];
      Values& values = values_[m];
      if (counts_hits(at.measure)) {
        values.expected[u] = expected_at(at.measure, at.k, ranking.groups, counts, discounts_);
        values.worst[u] = ties ? expected_at(at.measure, at.k, worst, counts, discounts_) : values.expected[u];
        values.best[u] = ties ? expected_at(at.measure, at.k, best, counts, discounts_) : values.expected[u];
      } else if (at.measure == Measure::kAuc) {
        values.worst[u] = pairs.worst;
        values.expected[u] = pairs.expected;
        values.best[u] = pairs.best;
      } else if (info_of(at).per_user) {
        const auto list = std::span(ranking.list).first(std::min<std::size_t>(at.k, ranking.list.size()));
        values.expected[u] = values.worst[u] = values.best[u] = lists_measures_.value(at.measure, list);
      }
    }
    lists_[u] = std::move(ranking.list);
  }

  double of_all_lists(const MeasureAt& at) const {
    std::vector<std::uint64_t> exposures(split_.test.cols());
    for (const auto& list : lists_) {
      for (std::size_t i = 0; i < std::min<std::size_t>(at.k, list.size()); ++i) ++exposures[list[i]];
    }
    return at.measure == Measure::kCoverage ? coverage(exposures) : gini(std::move(exposures));
  }

  std::vector<Measured> summary() {
    std::vector<Measured> measured(options_.measures.size());
    std::vector<Sample> samples;
    std::vector<std::size_t> sampled;
    for (std::size_t m = 0; m < measured.size(); ++m) {
      Measured& result = measured[m];
      result.measure = options_.measures[m];
      if (!info_of(result.measure).per_user) {
        result.mean = result.low = result.high = result.worst = result.best = of_all_lists(result.measure);
        continue;
      }
      if (result.measure.measure == Measure::kImplicitPrecision) {
        for (const std::uint32_t user : users_) {
          result.weights.push_back(
              static_cast<double>(std::min<std::size_t>(result.measure.k, split_.test.row_columns(user).size())));
        }
      }
      result.worst = weighted_mean({values_[m].worst, result.weights});
      result.best = weighted_mean({values_[m].best, result.weights});
      result.per_user = std::move(values_[m].expected);
      result.mean = result.low = result.high = weighted_mean({result.per_user, result.weights});
      samples.push_back({result.per_user, result.weights});
      sampled.push_back(m);
    }
    if (options_.resamples > 0) {
      const auto intervals = bootstrap(samples, options_.resamples, options_.confidence, options_.seed, run_);
      for (std::size_t s = 0; s < sampled.size(); ++s) {
        measured[sampled[s]].low = intervals[s].low;
        measured[sampled[s]].high = intervals[s].high;
      }
    }
    return measured;
  }

  const Ranker& ranker_;
  const Split& split_;
  const EvaluateOptions& options_;
  const Run& run_;
  ListMeasures lists_measures_;
  std::vector<std::uint32_t> users_;
  std::uint32_t depth_ = 1;
  bool ranks_all_ = false;
  Discounts discounts_{0};
  std::vector<Values> values_;                     // by measure
  std::vector<std::vector<std::uint32_t>> lists_;  // by user
};

}  // namespace

Evaluation evaluate(const Ranker& ranker, const Split& split, const EvaluateOptions& options, const Run& run) {
  check(ranker, split, options);
  run.check();
  return Evaluator(ranker, split, options, run).evaluate();
}

Comparison compare(const Measured& first, const Measured& second, const EvaluateOptions& options, const Run& run) {
  if (first.measure != second.measure || first.per_user.empty() || first.per_user.size() != second.per_user.size()) {
    refuse(name_of(first.measure) + " of " + std::to_string(first.per_user.size()) + " users and " +
               name_of(second.measure) + " of " + std::to_string(second.per_user.size()) + " do not compare",
           "evaluate both models on one split by the same measure, one that has a value for each user");
  }
  if (options.resamples == 0) refuse("a comparison was asked for with 0 resamples", "take 1000");
  Comparison result;
  std::vector<double> differences(first.per_user.size());
  for (std::size_t u = 0; u < differences.size(); ++u) {
    differences[u] = second.per_user[u] - first.per_user[u];
    ++(differences[u] > 0 ? result.higher : differences[u] < 0 ? result.lower : result.equal);
  }
  const Sample sample{differences, first.weights};
  result.difference = weighted_mean(sample);
  const Interval interval = bootstrap({&sample, 1}, options.resamples, options.confidence, options.seed, run).front();
  result.low = interval.low;
  result.high = interval.high;
  result.p_value = sign_flip_p(sample, options.resamples, options.seed, run);
  return result;
}

}  // namespace segue
