#include "segue/evaluate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "eval/bootstrap.h"
#include "segue/error.h"
#include "testing/reference_metrics.h"
#include "testing/reference_search.h"

namespace segue {
namespace {

using ::testing::DoubleEq;
using ::testing::DoubleNear;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

CsrMatrix matrix(std::uint32_t cols, const std::vector<std::vector<std::uint32_t>>& rows) {
  std::vector<std::uint64_t> row_ptr{0};
  std::vector<std::uint32_t> columns;
  for (const auto& row : rows) {
    columns.insert(columns.end(), row.begin(), row.end());
    row_ptr.push_back(columns.size());
  }
  std::vector<float> ones(columns.size(), 1);
  return CsrMatrix::create(cols, std::move(row_ptr), std::move(columns), std::move(ones));
}

/// Scores from a table.
class TableRanker final : public Ranker {
 public:
  explicit TableRanker(std::vector<std::vector<float>> scores) : scores_(std::move(scores)) {}
  std::uint32_t rows() const override { return static_cast<std::uint32_t>(scores_.size()); }
  std::uint32_t items() const override { return static_cast<std::uint32_t>(scores_.front().size()); }
  void score(std::uint32_t row, std::span<float> scores) const override {
    std::copy(scores_[row].begin(), scores_[row].end(), scores.begin());
  }

 private:
  std::vector<std::vector<float>> scores_;
};

EvaluateOptions measured_by(const std::vector<std::string>& names) {
  EvaluateOptions options;
  options.measures.clear();
  for (const std::string& name : names) options.measures.push_back(measure_from_name(name));
  return options;
}

Run with_threads(int threads) {
  Run run;
  run.threads = threads;
  return run;
}

template <typename F>
std::string problem_of(F&& call) {
  try {
    call();
  } catch (const Error& error) {
    return error.problem();
  }
  return "no error";
}

const std::vector<std::string> kOfHits = {"precision", "recall", "recall_min",   "hit_rate",      "map",         "ndcg",
                                          "ndcg_full", "mrr",    "implicit_map", "implicit_ndcg", "implicit_auc"};

TEST(Evaluate, IsTheMeanOverAllTieOrdersOfTheTextbookMeasure) {
  std::mt19937 random(3);
  for (int trial = 0; trial < 60; ++trial) {
    // Six items of three scores, one of which may be known: what is ranked are the others.
    const std::uint32_t items = 6;
    std::vector<float> scores(items);
    for (float& s : scores) s = static_cast<float>(random() % 3);
    std::set<int> relevant;
    while (relevant.empty()) {
      for (int i = 0; i < 5; ++i) {
        if (random() % 3 == 0) relevant.insert(i);
      }
    }
    const bool knows = trial % 2 == 0;  // item 5
    const std::vector<float> ranked(scores.begin(), scores.end() - (knows ? 1 : 0));
    const CsrMatrix history = matrix(items, {knows ? std::vector<std::uint32_t>{5} : std::vector<std::uint32_t>{}});
    const Split split{history, history, matrix(items, {{relevant.begin(), relevant.end()}})};
    for (const std::uint32_t k : {1U, 2U, 3U, 5U, 9U}) {
      std::vector<std::string> names;
      for (const std::string& name : kOfHits) names.push_back(name + "@" + std::to_string(k));
      const Evaluation got = evaluate(TableRanker({scores}), split, measured_by(names));
      for (std::size_t m = 0; m < names.size(); ++m) {
        const auto expected = testing::over_tie_orders(kOfHits[m], k, ranked, relevant, items);
        // Sums of a few terms of at most 1 in double.
        EXPECT_THAT(got.measured[m].mean, DoubleNear(expected.mean, 1e-13)) << names[m] << " trial " << trial;
        EXPECT_THAT(got.measured[m].worst, DoubleNear(expected.worst, 1e-13)) << names[m] << " trial " << trial;
        EXPECT_THAT(got.measured[m].best, DoubleNear(expected.best, 1e-13)) << names[m] << " trial " << trial;
      }
    }
    const auto expected = testing::over_tie_orders("auc", 1, ranked, relevant, items);
    if (relevant.size() == ranked.size()) continue;  // no pair
    const Evaluation auc = evaluate(TableRanker({scores}), split, measured_by({"auc"}));
    EXPECT_THAT(auc.measured[0].mean, DoubleNear(expected.mean, 1e-13));
    EXPECT_THAT(auc.measured[0].worst, DoubleNear(expected.worst, 1e-13));
    EXPECT_THAT(auc.measured[0].best, DoubleNear(expected.best, 1e-13));
  }
}

TEST(Evaluate, ReadsManyCutsFromOneRanking) {
  const CsrMatrix none = matrix(5, {{}});
  const Split split{none, none, matrix(5, {{1, 3}})};
  // Ranked 4 3 2 1 0: hits at ranks 2 and 4.
  const Evaluation got = evaluate(TableRanker({{0, 1, 2, 3, 4}}), split,
                                  measured_by({"recall@1", "recall@2", "recall@4", "map@4", "mrr@1", "mrr@3"}));
  std::vector<double> means;
  for (const Measured& m : got.measured) means.push_back(m.mean);
  EXPECT_THAT(means, ElementsAre(0, 0.5, 1, DoubleEq((1 / 2.0 + 2 / 4.0) / 2), 0, 0.5));
}

TEST(Evaluate, LeavesUsersWithoutTestItemsOut) {
  const CsrMatrix none = matrix(3, {{}, {}, {}});
  const Split split{none, none, matrix(3, {{0}, {}, {2}})};
  const Evaluation got = evaluate(TableRanker({{1, 0, 0}, {1, 0, 0}, {1, 0, 0}}), split, measured_by({"recall@1"}));
  EXPECT_THAT(got.users, ElementsAre(0U, 2U));
  EXPECT_THAT(got.measured[0].per_user, ElementsAre(1, 0));
  EXPECT_EQ(got.measured[0].mean, 0.5);
}

TEST(Evaluate, RanksGivenCandidatesAndTheTestItemOnly) {
  const CsrMatrix none = matrix(5, {{}});
  const Split split{none, none, matrix(5, {{2}})};
  const CsrMatrix candidates = matrix(5, {{0, 2}});  // names the test item, too: it is ranked once
  EvaluateOptions options = measured_by({"mrr@5"});
  options.candidates = &candidates;
  EXPECT_EQ(evaluate(TableRanker({{3, 9, 2, 9, 9}}), split, options).measured[0].mean, 0.5);
}

TEST(Evaluate, WeighsImplicitsPrecisionByWhatCanBeHit) {
  const CsrMatrix none = matrix(4, {{}, {}});
  const Split split{none, none, matrix(4, {{0}, {0, 1, 2}})};
  // One hit of one, one of two that fit.
  const Evaluation got =
      evaluate(TableRanker({{9, 8, 1, 2}, {9, 1, 2, 8}}), split, measured_by({"implicit_precision@2", "recall_min@2"}));
  EXPECT_THAT(got.measured[0].mean, DoubleEq(2.0 / 3));
  EXPECT_THAT(got.measured[1].mean, DoubleEq(0.75));
}

TEST(Evaluate, JudgesWhatIsListed) {
  // Item 0 has two users of two, item 1 one, items 2 and 3 none. Both lists are 0 1.
  const CsrMatrix train = matrix(4, {{0}, {0, 1}, {}});
  const CsrMatrix known = matrix(4, {{}, {}, {}});
  const Split split{train, known, matrix(4, {{3}, {3}, {}})};
  const Factors factors = testing::factors_of({{1, 0}, {0, 2}, {1, 1}, {1, 1}});
  EvaluateOptions options = measured_by({"popularity@2", "novelty@2", "diversity@2", "coverage@2", "gini@2", "gini@1"});
  options.item_factors = &factors;
  const Evaluation got = evaluate(TableRanker({{9, 8, 1, 1}, {9, 8, 1, 1}, {0, 0, 0, 0}}), split, options);
  EXPECT_EQ(got.measured[0].mean, 1.5);
  EXPECT_EQ(got.measured[1].mean, 0.5);  // -log2 of 2/2 and 1/2
  EXPECT_EQ(got.measured[2].mean, 1);    // at right angles
  EXPECT_EQ(got.measured[3].mean, 0.5);
  EXPECT_EQ(got.measured[4].mean, 0.5);   // two items of four share all
  EXPECT_EQ(got.measured[5].mean, 0.75);  // one has all
}

TEST(Evaluate, SearchAndFullScoresGiveTheSame) {
  const Factors items = testing::random_factors(300, 8, 1);
  const Factors users = testing::random_factors(40, 8, 2);
  std::mt19937 random(4);
  std::vector<std::vector<std::uint32_t>> known(40);
  std::vector<std::vector<std::uint32_t>> test(40);
  for (std::size_t u = 0; u < 40; ++u) {
    for (std::uint32_t i = 0; i < 300; ++i) {
      const auto draw = random() % 20;
      if (draw == 0) known[u].push_back(i);
      if (draw == 1) test[u].push_back(i);
    }
  }
  const CsrMatrix history = matrix(300, known);
  const Split split{history, history, matrix(300, test)};
  const auto ranker = make_factor_ranker(users, items);
  const EvaluateOptions searched = measured_by({"ndcg@10", "recall@20", "gini@10"});
  const EvaluateOptions scored = measured_by({"ndcg@10", "recall@20", "gini@10", "auc"});  // ranks everything
  for (const int threads : {1, 2, 3, 8}) {
    const Evaluation a = evaluate(*ranker, split, searched, with_threads(threads));
    const Evaluation b = evaluate(*ranker, split, scored, with_threads(1));
    for (std::size_t m = 0; m < 3; ++m) {
      EXPECT_EQ(a.measured[m].per_user, b.measured[m].per_user);
      EXPECT_EQ(a.measured[m].mean, b.measured[m].mean);
      EXPECT_EQ(a.measured[m].low, b.measured[m].low);
      EXPECT_EQ(a.measured[m].high, b.measured[m].high);
    }
  }
}

TEST(Evaluate, SeesTiesThatGoOnBeyondTheSearch) {
  // All items are one vector: everything ties, and search returns the lowest ids.
  const Factors items = testing::factors_of(std::vector<std::vector<float>>(10, {1, 1}));
  const CsrMatrix none = matrix(10, {{}});
  const Split split{none, none, matrix(10, {{9}})};
  const Measured got =
      evaluate(*make_factor_ranker(testing::factors_of({{1, 2}}), items), split, measured_by({"hit_rate@3"}))
          .measured[0];
  EXPECT_THAT(got.mean, DoubleEq(0.3));
  EXPECT_EQ(got.worst, 0);
  EXPECT_EQ(got.best, 1);
}

TEST(Evaluate, RefusesWhatDoesNotFit) {
  const CsrMatrix none = matrix(3, {{}});
  const Split split{none, none, matrix(3, {{1}})};
  const TableRanker ranker({{1, 2, 3}});
  EXPECT_THAT(problem_of([&] { evaluate(TableRanker({{1, 2}}), split); }), HasSubstr("1 rows and 2 items"));
  EXPECT_THAT(problem_of([&] { evaluate(ranker, {none, none, none}); }), HasSubstr("no user has held-out items"));
  EXPECT_THAT(problem_of([&] { evaluate(ranker, split, measured_by({"diversity@2"})); }),
              HasSubstr("needs the factors"));
  EvaluateOptions options;
  options.candidates = &none;
  EXPECT_THAT(problem_of([&] { evaluate(ranker, split, options); }),
              HasSubstr("row 0 has test items and no candidates"));
  options = {};
  options.confidence = 1;
  EXPECT_THAT(problem_of([&] { evaluate(ranker, split, options); }), HasSubstr("confidence is 1"));
  const TableRanker broken({{1, std::numeric_limits<float>::quiet_NaN(), 3}});
  EXPECT_THAT(problem_of([&] { evaluate(broken, split); }), HasSubstr("item 1 for row 0 is not finite"));
}

TEST(Measures, NamesComeBack) {
  for (const MeasureInfo& info : measures()) {
    EXPECT_EQ(&measures()[static_cast<std::size_t>(info.measure)], &info) << "the table has the order of the enum";
    const std::string name = std::string(info.name) + (info.has_cut ? "@7" : "");
    EXPECT_EQ(name_of(measure_from_name(name)), name);
  }
  for (const char* bad :
       {"ndgc@10", "ndcg", "ndcg@", "ndcg@0", "ndcg@-1", "ndcg@1x", "ndcg@4294967297", "auc@10", ""}) {
    EXPECT_THROW(measure_from_name(bad), Error) << bad;
  }
  EXPECT_THAT(problem_of([] { measure_from_name("ndcg"); }), HasSubstr("lacks its K, as in ndcg@10"));
}

TEST(Bootstrap, CoversTheMeanAsOftenAsItSays) {
  // 400 experiments of 60 values of mean 0.5: the 90 % interval misses in about 40, with a deviation of 6.
  std::mt19937 random(5);
  std::uniform_real_distribution<double> uniform(0, 1);
  int covered = 0;
  for (std::uint64_t experiment = 0; experiment < 400; ++experiment) {
    std::vector<double> values(60);
    for (double& v : values) v = uniform(random);
    const Sample sample{values};
    const Interval interval = bootstrap({&sample, 1}, 300, 0.9, experiment, {}).front();
    covered += interval.low <= 0.5 && 0.5 <= interval.high ? 1 : 0;
  }
  EXPECT_GT(covered, 330);
  EXPECT_LT(covered, 385);
}

Measured measured_values(std::vector<double> values) {
  Measured m;
  m.per_user = std::move(values);
  return m;
}

TEST(Compare, TellsADifferenceFromChance) {
  const Measured a = measured_values({0.1, 0.2, 0.3, 0.4, 0.5, 0.1, 0.2, 0.3, 0.4, 0.5});
  const Measured b = measured_values({0.2, 0.3, 0.4, 0.5, 0.6, 0.2, 0.3, 0.4, 0.5, 0.6});
  const Comparison better = compare(a, b);
  EXPECT_THAT(better.difference, DoubleNear(0.1, 1e-15));
  EXPECT_LT(better.p_value, 0.02);  // of 2^10 signs two are as far: 0.002
  EXPECT_EQ(better.higher, 10U);
  const Comparison same = compare(a, a);
  EXPECT_EQ(same.difference, 0);
  EXPECT_EQ(same.p_value, 1);
  EXPECT_EQ(same.equal, 10U);
  for (const int threads : {2, 3, 8}) EXPECT_EQ(compare(a, b, {}, with_threads(threads)).p_value, better.p_value);
  EXPECT_THAT(problem_of([&] { compare(a, measured_values({1})); }), HasSubstr("do not compare"));
}

}  // namespace
}  // namespace segue
