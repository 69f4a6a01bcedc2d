// Published tables, reproduced on their own splits and protocols. Skipped where the data is not there; each data set's
// README has source and hyper-parameters.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "segue/evaluate.h"
#include "segue/item_models.h"
#include "segue/split.h"
#include "testing/temp_dir.h"

namespace segue {
namespace {

constexpr double kFourthDigit = 0.00005 + 1e-9;

Evaluation measure(const Ranker& ranker, const GivenSplit& given, const std::vector<std::string>& names) {
  EvaluateOptions options;
  options.measures.clear();
  for (const std::string& name : names) options.measures.push_back(measure_from_name(name));
  options.resamples = 0;
  options.candidates = given.candidates ? &*given.candidates : nullptr;
  return evaluate(ranker, given.split, options);
}

void expect_to_the_fourth_digit(const Evaluation& got, const std::vector<double>& published) {
  for (std::size_t m = 0; m < published.size(); ++m) {
    EXPECT_NEAR(got.measured[m].mean, published[m], kFourthDigit) << name_of(got.measured[m].measure);
  }
}

/// The published value broke its ties in one order: it lies between the worst and the best.
void expect_within_ties(const Evaluation& got, const std::vector<double>& published) {
  for (std::size_t m = 0; m < published.size(); ++m) {
    EXPECT_GE(published[m], got.measured[m].worst - kFourthDigit) << name_of(got.measured[m].measure);
    EXPECT_LE(published[m], got.measured[m].best + kFourthDigit) << name_of(got.measured[m].measure);
  }
}

/// Ferrari Dacrema et al. 2021, additional material, table 46.
TEST(Quality, MovieLens100kOfMcrec) {
  const auto train = testing::real_data("movielens_100k/mcrec_split/ml-100k.train.rating");
  const auto test = testing::real_data("movielens_100k/mcrec_split/ml-100k.test.rating");
  if (!train || !test) GTEST_SKIP() << "skipped: the MCRec split of MovieLens-100k is not there";
  const GivenSplit given = read_split(*train, *test);
  ASSERT_EQ(given.split.train.nnz(), 80000U);
  const std::vector<std::string> names = {"precision@10", "recall@10", "ndcg_full@10"};
  const auto ease = make_ease_ranker(train_ease(given.split.train, {.l2 = 458}), given.split.history);
  const Evaluation got = measure(*ease, given, names);
  EXPECT_EQ(got.users.size(), 942U);
  expect_to_the_fourth_digit(got, {.3739, .2430, .2905});
  const auto popular = make_popularity_ranker(given.split.train, given.split.train.rows());
  expect_within_ties(measure(*popular, given, names), {.1907, .1180, .1361});
}

/// The same for neighbours, whose histories are not weighed there: table 46 and the hyper-parameters of table 48.
TEST(Quality, NeighborsOfMcrec) {
  const auto train = testing::real_data("movielens_100k/mcrec_split/ml-100k.train.rating");
  const auto test = testing::real_data("movielens_100k/mcrec_split/ml-100k.test.rating");
  if (!train || !test) GTEST_SKIP() << "skipped: the MCRec split of MovieLens-100k is not there";
  const GivenSplit given = read_split(*train, *test);
  NeighborOptions options;
  options.neighbors = 886;
  options.shrinkage = 403;
  options.binary_history = true;
  const auto neighbors = make_neighbor_ranker(item_neighbors(given.split.train, options), given.split.history);
  expect_to_the_fourth_digit(measure(*neighbors, given, {"precision@10", "recall@10", "ndcg_full@10"}),
                             {.3293, .2152, .2571});
}

/// The same, table 55.
TEST(Quality, MovieLens1mOfNcf) {
  const auto train = testing::real_data("movielens_1m/ncf_split/ml-1m.train.pairs.tsv");
  const auto test = testing::real_data("movielens_1m/ncf_split/ml-1m.test.rating");
  const auto negative = testing::real_data("movielens_1m/ncf_split/ml-1m.test.negative");
  if (!train || !test || !negative) GTEST_SKIP() << "skipped: the NCF split of MovieLens-1M is not there";
#ifdef __SANITIZE_ADDRESS__
  GTEST_SKIP() << "skipped: minutes under a sanitizer";
#endif
  const GivenSplit given = read_split(*train, *test, *negative);
  ASSERT_EQ(given.split.train.nnz(), 994169U);
  const std::vector<std::string> names = {"hit_rate@1", "hit_rate@5", "hit_rate@10", "ndcg@10"};
  const auto ease = make_ease_ranker(train_ease(given.split.train, {.l2 = 1320}), given.split.history);
  expect_to_the_fourth_digit(measure(*ease, given, names), {.2225, .5629, .7192, .4494});
  const auto popular = make_popularity_ranker(given.split.train, given.split.train.rows());
  expect_within_ties(measure(*popular, given, {"hit_rate@10", "ndcg@10"}), {.4533, .2542});
}

/// SLIM, whose published hyper-parameters are alpha and l1_ratio of scikit-learn's elastic net, which divides the
/// squares by the number of users: l1 = alpha · l1_ratio · users, l2 = alpha (1 - l1_ratio) users. Tables 46 and 49.
TEST(Quality, SlimOfMcrec) {
  const auto train = testing::real_data("movielens_100k/mcrec_split/ml-100k.train.rating");
  const auto test = testing::real_data("movielens_100k/mcrec_split/ml-100k.test.rating");
  if (!train || !test) GTEST_SKIP() << "skipped: the MCRec split of MovieLens-100k is not there";
#ifdef __SANITIZE_ADDRESS__
  GTEST_SKIP() << "skipped: minutes under a sanitizer";
#endif
  const GivenSplit given = read_split(*train, *test);
  constexpr double kAlpha = 0.2225;
  constexpr double kL1Ratio = 1.13e-4;
  constexpr double kUsers = 943;
  SlimOptions options;
  options.l1 = static_cast<float>(kAlpha * kL1Ratio * kUsers);
  options.l2 = static_cast<float>(kAlpha * (1 - kL1Ratio) * kUsers);
  options.neighbors = 605;
  const auto slim = make_neighbor_ranker(train_slim(given.split.train, options), given.split.history);
  const Evaluation got = measure(*slim, given, {"precision@10", "recall@10", "ndcg_full@10"});
  const std::vector<double> published = {.3770, .2441, .2957};
  for (std::size_t m = 0; m < published.size(); ++m) EXPECT_NEAR(got.measured[m].mean, published[m], 0.003);
}

}  // namespace
}  // namespace segue
