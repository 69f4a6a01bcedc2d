#include "segue/recommender.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <thread>
#include <vector>

#include "segue/error.h"
#include "testing/reference_search.h"

namespace segue {
namespace {

using ::testing::ElementsAre;
using testing::factors_of;
using ::testing::IsEmpty;

/// Seven artists in two directions, and four listeners.
///   0 alpha (1, 0)    2 gamma (1, 3)                   4 echo (0, 2)                    6 nobody (1, 1): no listeners
///   1 beta  (3, 1)    3 delta (2, 0): like alpha       5 void (0, 0): no direction
Model small_model() {
  Interactions interactions;
  interactions.users = IdMap::create(StringTable::from({"ann", "bob", "cid", "dot"}));
  interactions.items =
      IdMap::create(StringTable::from({"a alpha", "b beta", "c gamma", "d delta", "e echo", "f void", "g nobody"}));
  // ann: alpha 5, beta 1; bob: alpha 2, gamma 7, echo 1; cid: beta 1, delta 4, echo 2, void 1; dot: nothing
  interactions.plays = CsrMatrix::create(7, std::vector<std::uint64_t>{0, 2, 5, 9, 9},
                                         std::vector<std::uint32_t>{0, 1, 0, 2, 4, 1, 3, 4, 5},
                                         std::vector<float>{5, 1, 2, 7, 1, 1, 4, 2, 1});
  WeightingState weighting;
  weighting.options.weighting = Weighting::kRaw;
  weighting.items = 7;
  ModelCard card;
  card.options.factors = 2;
  card.options.regularization = 0.5F;
  return Model::create(interactions, weighting, factors_of({{1, 0.5F}, {0, 1}, {1, 1}, {0, 0}}),
                       factors_of({{1, 0}, {3, 1}, {1, 3}, {2, 0}, {0, 2}, {0, 0}, {1, 1}}), card);
}

std::vector<std::uint32_t> ids_of(const std::vector<Neighbor>& neighbors) {
  std::vector<std::uint32_t> ids;
  for (const Neighbor& n : neighbors) ids.push_back(n.item);
  return ids;
}

template <typename F>
std::string problem_of(F&& call) {
  try {
    call();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kInvalidArgument);
    return error.problem();
  }
  return "no error";
}

TEST(RecommenderSimilar, PutsTheItemFirstAndLeavesOutWhatSaysNothing) {
  const Recommender recommender(small_model());
  const std::vector<Neighbor> found = recommender.similar(3, {});
  EXPECT_THAT(ids_of(found), ElementsAre(3, 0, 1, 2, 4));  // not void, not nobody; alpha ties with delta itself
  EXPECT_EQ(found[0].score, 1);
  EXPECT_EQ(found[1].score, 1);
  EXPECT_FLOAT_EQ(found[2].score, 3 / std::sqrt(10.0F));
  EXPECT_EQ(found[4].score, 0);
}

TEST(RecommenderSimilar, LeavesTheItemOutWhenAsked) {
  const Recommender recommender(small_model());
  EXPECT_THAT(ids_of(recommender.similar(3, {.include_self = false})), ElementsAre(0, 1, 2, 4));
  EXPECT_THAT(ids_of(recommender.similar(3, {.top = 2, .include_self = false})), ElementsAre(0, 1));
  EXPECT_THAT(ids_of(recommender.similar(3, {.top = 2})), ElementsAre(3, 0));
  EXPECT_THAT(ids_of(recommender.similar(3, {.top = 1})), ElementsAre(3));
}

TEST(RecommenderSimilar, HoldsTheItemToTheFiltersToo) {
  const Recommender recommender(small_model());
  EXPECT_THAT(ids_of(recommender.similar(3, {.exclude = {1, 3, 1}})), ElementsAre(0, 2, 4));
  EXPECT_THAT(ids_of(recommender.similar(3, {.only = {4, 0, 5, 6}})), ElementsAre(0, 4));
  EXPECT_THAT(ids_of(recommender.similar(3, {.exclude = {0}, .only = {3, 4, 0}})), ElementsAre(3, 4));
  EXPECT_THAT(ids_of(recommender.similar(3, {.min_listeners = 2})), ElementsAre(0, 1, 4));
  EXPECT_THAT(ids_of(recommender.similar(0, {.min_listeners = 2})), ElementsAre(0, 1, 4));
  EXPECT_THAT(recommender.similar(0, {.min_listeners = 100}), IsEmpty());
  EXPECT_THAT(recommender.similar(3, {.only = {5}}), IsEmpty());
}

TEST(RecommenderSimilar, AnswersManyAsItAnswersEach) {
  const Recommender recommender(small_model());
  const std::vector<std::uint32_t> items = {6, 3, 0, 5, 3};
  for (const AnswerOptions& options :
       {AnswerOptions{}, AnswerOptions{.top = 2}, AnswerOptions{.include_self = false},
        AnswerOptions{.exclude = {0}, .min_listeners = 2}, AnswerOptions{.only = {4, 0}}}) {
    const auto lists = recommender.similar_to_each(items, options, {});
    ASSERT_EQ(lists.size(), items.size());
    for (std::size_t i = 0; i < items.size(); ++i) {
      EXPECT_EQ(ids_of(lists[i]), ids_of(recommender.similar(items[i], options))) << i;
    }
  }
  EXPECT_THAT(recommender.similar_to_each({}, {}, {}), IsEmpty());
}

TEST(RecommenderSimilar, SearchesWithTheIndexAskedFor) {
  const Recommender exact(small_model());
  EXPECT_EQ(exact.similar_recall().sample, 0U);
  for (const char* kind : {"ivf", "annoy"}) {
    const Recommender recommender(small_model(), {.kind = kind}, {});
    EXPECT_EQ(ids_of(recommender.similar(3, {})), ids_of(exact.similar(3, {}))) << kind;
    EXPECT_EQ(recommender.similar_recall().sample, 6U) << kind;  // void has no direction
    EXPECT_EQ(recommender.recommend(0U, {})[0].score, 2.5F);
  }
  EXPECT_EQ(problem_of([] { const Recommender wrong(small_model(), {.kind = "magic"}, {}); }),
            "there is no index \"magic\"");
  EXPECT_EQ(problem_of([] { const Recommender wrong(small_model(), {.kind = "ivf", .recall = 2}, {}); }),
            "a recall of 2.000000 was asked for");
}

TEST(RecommenderSimilar, SearchesWithTheIndexOfTheModelWhereThatHasWhatIsAskedFor) {
  const Factors items = small_model().item_factors();
  const Model model =
      small_model().with_indexes({make_index(items, Metric::kCosine, {.kind = "annoy", .trees = 3})->store()});
  EXPECT_EQ(Recommender(model).similar_kind(), "annoy");
  const auto kind = [&](const IndexOptions& options) {
    return std::string(Recommender(model, options, {}).similar_kind());
  };
  EXPECT_EQ(kind({.kind = "annoy", .trees = 3}), "annoy");
  EXPECT_EQ(kind({.kind = "auto", .recall = 0.5}), "annoy");
  EXPECT_EQ(kind({.kind = "exact"}), "exact");
  EXPECT_EQ(ids_of(Recommender(model).similar(3, {})), ids_of(Recommender(small_model()).similar(3, {})));
  EXPECT_EQ(ids_of(Recommender(model).recommend(0U, {})), ids_of(Recommender(small_model()).recommend(0U, {})));
}

TEST(RecommenderSimilar, NamesThePartOfADamagedIndex) {
  StoredIndex stored = make_exact_index(small_model().item_factors(), Metric::kCosine)->store();
  stored.parts.pop_back();
  const Recommender recommender(small_model().with_indexes({stored}));
  try {
    (void)recommender.similar(0, {});
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kCorruptFile);
    EXPECT_EQ(error.problem(), "the part \"cosines\" of the stored index is missing");
  }
}

/// More sets of allowed items than are kept, and few enough items that they become lists.
TEST(RecommenderSimilar, KeepsSetsOfItemsApart) {
  const Recommender recommender(small_model());
  for (int round = 0; round < 2; ++round) {
    for (std::uint32_t fewest = 20; fewest > 2; --fewest) {
      EXPECT_THAT(recommender.similar(0, {.min_listeners = fewest}), IsEmpty());
    }
    EXPECT_THAT(ids_of(recommender.similar(3, {.min_listeners = 2})), ElementsAre(0, 1, 4));
    EXPECT_THAT(ids_of(recommender.similar(3, {.only = {4, 0, 5, 6}})), ElementsAre(0, 4));
  }
}

TEST(RecommenderSimilar, HasNoAnswerForAnItemWithoutDirection) {
  const Recommender recommender(small_model());
  EXPECT_THAT(recommender.similar(5, {}), IsEmpty());
  // Nobody plays item 6: it is not in the list itself. Beta and gamma are equally near, but for rounding.
  EXPECT_THAT(ids_of(recommender.similar(6, {.exclude = {1}})), ElementsAre(2, 0, 3, 4));
}

TEST(RecommenderRecommend, AnswersManyAsItAnswersEach) {
  const Recommender recommender(small_model());
  const std::vector<std::uint32_t> users = {3, 0, 2, 1, 0};
  for (const AnswerOptions& options : {AnswerOptions{}, AnswerOptions{.top = 1}, AnswerOptions{.include_seen = true},
                                       AnswerOptions{.exclude = {4}}, AnswerOptions{.min_listeners = 2}}) {
    const auto lists = recommender.recommend_to_each(users, options, {});
    ASSERT_EQ(lists.size(), users.size());
    for (std::size_t i = 0; i < users.size(); ++i) {
      EXPECT_EQ(ids_of(lists[i]), ids_of(recommender.recommend(users[i], options))) << i;
    }
  }
  const std::vector<std::uint32_t> beyond = {1, 4};
  EXPECT_EQ(problem_of([&] { (void)recommender.recommend_to_each(beyond, {}, {}); }), "there is no user 4 among 4");
}

TEST(RecommenderRecommend, RanksByInnerProductWithoutWhatTheUserKnows) {
  const Recommender recommender(small_model());
  const std::vector<Neighbor> found = recommender.recommend(0U, {});
  // alpha 1, beta 3.5, gamma 2.5, delta 2, echo 1
  EXPECT_THAT(ids_of(found), ElementsAre(2, 3, 4));
  EXPECT_EQ(found[0].score, 2.5F);
  EXPECT_THAT(ids_of(recommender.recommend(0U, {.include_seen = true})), ElementsAre(1, 2, 3, 0, 4));
  EXPECT_THAT(ids_of(recommender.recommend(0U, {.top = 1})), ElementsAre(2));
  EXPECT_THAT(ids_of(recommender.recommend(0U, {.exclude = {2}})), ElementsAre(3, 4));
  EXPECT_THAT(ids_of(recommender.recommend(0U, {.only = {0, 4}})), ElementsAre(4));
  EXPECT_THAT(ids_of(recommender.recommend(0U, {.min_listeners = 2})), ElementsAre(4));
}

TEST(RecommenderRecommend, HasNoAnswerForAUserWithoutPlays) {
  EXPECT_THAT(Recommender(small_model()).recommend(3U, {}), IsEmpty());
}

TEST(RecommenderRecommend, FoldsAHistoryInExactly) {
  const Model model = small_model();
  const Recommender recommender(model);
  const std::vector<HistoryItem> history = {{4, 3}, {0, 2}};
  const std::vector<Neighbor> found = recommender.recommend(history, {});
  // (YtY + sum (c-1) y yt + reg I) x = sum c y, by hand: YtY = [[16, 7], [7, 15]], c(alpha) = 2, c(echo) = 3
  const double a = 16 + 1 * 1 + 0.5;
  const double b = 7;
  const double d = 15 + 2 * 4 + 0.5;
  const double p = 2;
  const double q = 3 * 2;
  const double x = (d * p - b * q) / (a * d - b * b);
  const double y = (a * q - b * p) / (a * d - b * b);
  EXPECT_THAT(ids_of(found), ElementsAre(2, 1, 3));
  EXPECT_NEAR(found[0].score, x + 3 * y, 1e-6);
  EXPECT_NEAR(found[1].score, 3 * x + y, 1e-6);
  EXPECT_NEAR(found[2].score, 2 * x, 1e-6);
  EXPECT_EQ(recommender.recommend(history, {.include_seen = true}).size(), 5);
}

TEST(RecommenderRecommend, RefusesHistoriesThatMakeNoSense) {
  const Recommender recommender(small_model());
  const auto problem = [&](std::vector<HistoryItem> history) {
    return problem_of([&] { (void)recommender.recommend(history, {}); });
  };
  EXPECT_EQ(problem({}), "the history is empty");
  EXPECT_EQ(problem({{1, 1}, {0, 2}, {1, 3}}), "the history names \"b beta\" twice");
  EXPECT_EQ(problem({{1, std::numeric_limits<float>::infinity()}}), "the value of \"b beta\" is not finite");
  EXPECT_EQ(problem({{7, 1}}), "there is no item 7 among 7");
}

TEST(Recommender, RefusesNumbersThatDoNotExist) {
  const Recommender recommender(small_model());
  EXPECT_EQ(problem_of([&] { (void)recommender.similar(7, {}); }), "there is no item 7 among 7");
  EXPECT_EQ(problem_of([&] { (void)recommender.recommend(4U, {}); }), "there is no user 4 among 4");
  EXPECT_EQ(problem_of([&] { (void)recommender.similar(0, {.top = 0}); }), "0 results were asked for");
  EXPECT_EQ(problem_of([&] { (void)recommender.recommend(0U, {.top = 0}); }), "0 results were asked for");
  EXPECT_EQ(problem_of([&] { (void)recommender.similar(0, {.exclude = {9}}); }), "there is no item 9 among 7");
  EXPECT_EQ(problem_of([&] { (void)recommender.recommend(0U, {.only = {7}}); }), "there is no item 7 among 7");
}

TEST(Recommender, AnswersSeveralThreadsAtOnce) {
  const Recommender recommender(small_model());
  const std::vector<HistoryItem> history = {{4, 3}};
  std::vector<std::vector<std::uint32_t>> answers(8);
  {
    std::vector<std::jthread> threads;
    for (std::vector<std::uint32_t>& answer : answers) {
      threads.emplace_back([&] {
        answer = ids_of(recommender.similar(3, {}));
        for (const std::uint32_t item : ids_of(recommender.recommend(0U, {}))) answer.push_back(item);
        for (const std::uint32_t item : ids_of(recommender.recommend(history, {.top = 1}))) answer.push_back(item);
        for (const std::uint32_t item : recommender.find("B-BETA").items) answer.push_back(item);
      });
    }
  }
  for (const auto& answer : answers) EXPECT_THAT(answer, ElementsAre(3, 0, 1, 2, 4, 2, 3, 4, 2, 1));
}

TEST(RecommenderExplain, PartsAddUpToTheScoreOfTheFoldIn) {
  const Recommender recommender(small_model());
  const std::vector<HistoryItem> history = {{4, 3}, {1, 2}, {0, 1}};
  const std::vector<Neighbor> found = recommender.recommend(history, {.include_seen = true});
  std::vector<std::uint32_t> items = ids_of(found);
  const auto reasons = recommender.explain(history, items, 10);
  ASSERT_EQ(reasons.size(), items.size());
  for (std::size_t i = 0; i < items.size(); ++i) {
    // All factors are in the first quadrant and the system couples them little: whatever is left out is below zero.
    float sum = 0;
    for (const Reason& reason : reasons[i]) sum += reason.part;
    EXPECT_GE(sum, found[i].score - 1e-5F) << items[i];
  }
  // delta is alpha's direction: without dislikes and with one item in the history that item is the whole reason.
  const std::vector<HistoryItem> one = {{0, 4}};
  const std::vector<Neighbor> scored = recommender.recommend(one, {.only = {3}});
  const std::vector<std::uint32_t> delta = {3};
  const auto why = recommender.explain(one, delta, 3);
  ASSERT_EQ(why[0].size(), 1U);
  EXPECT_EQ(why[0][0].item, 0U);
  EXPECT_FLOAT_EQ(why[0][0].part, scored.at(0).score);
}

TEST(RecommenderExplain, NamesTheStrongestFirstAndNoDislikes) {
  const Recommender recommender(small_model());
  const std::vector<std::uint32_t> delta = {3};
  const auto why = recommender.explain(std::vector<HistoryItem>{{0, 1}, {1, 5}, {4, -3}}, delta, 5);
  ASSERT_FALSE(why[0].empty());
  EXPECT_EQ(why[0][0].item, 1U);
  for (const Reason& reason : why[0]) EXPECT_NE(reason.item, 4U);
  EXPECT_EQ(recommender.explain(std::vector<HistoryItem>{{0, 1}, {1, 5}}, delta, 1)[0].size(), 1U);
}

TEST(RecommenderExplain, TakesAUsersOwnHistoryAndRefusesWhatIsNotThere) {
  const Recommender recommender(small_model());
  const std::vector<std::uint32_t> delta = {3};
  const auto as_user = recommender.explain(0U, delta, 5);
  const auto as_history = recommender.explain(std::vector<HistoryItem>{{0, 5}, {1, 1}}, delta, 5);
  ASSERT_EQ(as_user[0].size(), as_history[0].size());
  for (std::size_t i = 0; i < as_user[0].size(); ++i) {
    EXPECT_EQ(as_user[0][i].item, as_history[0][i].item);
    EXPECT_EQ(as_user[0][i].part, as_history[0][i].part);
  }
  EXPECT_THAT(recommender.explain(3U, delta, 5), ElementsAre(IsEmpty()));  // dot plays nothing
  EXPECT_EQ(problem_of([&] { (void)recommender.explain(4U, delta, 5); }), "there is no user 4 among 4");
  const std::vector<std::uint32_t> beyond = {7};
  EXPECT_EQ(problem_of([&] { (void)recommender.explain(0U, beyond, 5); }), "there is no item 7 among 7");
}

TEST(RecommenderSimilarUsers, RanksByCosineAndLeavesOutWhoIsUnknown) {
  const Recommender recommender(small_model());  // ann (1, .5), bob (0, 1), cid (1, 1), dot (0, 0)
  const std::vector<Neighbor> found = recommender.similar_users(0, 10);
  EXPECT_THAT(ids_of(found), ElementsAre(2, 1));
  EXPECT_FLOAT_EQ(found[0].score, 1.5F / std::sqrt(2.5F));
  EXPECT_THAT(ids_of(recommender.similar_users(0, 1)), ElementsAre(2));
  EXPECT_THAT(recommender.similar_users(3, 10), IsEmpty());
  EXPECT_EQ(problem_of([&] { (void)recommender.similar_users(4, 1); }), "there is no user 4 among 4");
  EXPECT_EQ(problem_of([&] { (void)recommender.similar_users(0, 0); }), "0 results were asked for");
}

TEST(Recommender, FindsItemsByName) {
  const Recommender recommender(small_model());
  EXPECT_THAT(recommender.find("c gamma").items, ElementsAre(2));
  EXPECT_THAT(recommender.find("C GAMMA").items, ElementsAre(2));
  EXPECT_THAT(recommender.find("c gamm").items, IsEmpty());
  EXPECT_EQ(recommender.find("c gamm").suggestions.at(0), 2);
}

TEST(Recommender, CompletesWhatIsTyped) {
  const Recommender recommender(small_model());
  EXPECT_THAT(recommender.complete("c g", 10), ElementsAre(2));
  EXPECT_THAT(recommender.complete("", 3), ElementsAre(0, 1, 4));  // two listeners each
}

}  // namespace
}  // namespace segue
