// The table of models: each row fits, ranks and folds in through the same calls, and says truly what it takes.
#include "segue/models.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "segue/error.h"
#include "segue/evaluate.h"
#include "segue/recommender.h"
#include "testing/temp_dir.h"

namespace segue {
namespace {

using ::testing::HasSubstr;

constexpr std::uint32_t kTastes = 3;

/// Users play the items of one taste of three.
CsrMatrix planted(std::uint32_t users, std::uint32_t items) {
  std::mt19937 random(7);
  std::vector<std::uint64_t> row_ptr{0};
  std::vector<std::uint32_t> columns;
  std::vector<float> values;
  for (std::uint32_t u = 0; u < users; ++u) {
    for (std::uint32_t i = 0; i < items; ++i) {
      if (random() % (i % kTastes == u % kTastes ? 2 : 40) != 0) continue;
      columns.push_back(i);
      values.push_back(static_cast<float>(1 + random() % 9));
    }
    row_ptr.push_back(columns.size());
  }
  return CsrMatrix::create(items, std::move(row_ptr), std::move(columns), std::move(values));
}

segue::Run with_threads(int threads) {
  segue::Run run;
  run.threads = threads;
  return run;
}

double ndcg(const FittedModel& model, const Split& split) {
  EvaluateOptions options;
  options.measures = {{Measure::kNdcg, 10}};
  options.resamples = 0;
  return evaluate(*make_ranker(model, split), split, options).measured[0].mean;
}

template <typename F>
std::string error_of(F&& call) {
  try {
    call();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

class Models : public ::testing::TestWithParam<std::string> {
 protected:
  const ModelInfo& model() const { return model_from_name(GetParam()); }
  /// Who knows the taste and nothing else reaches 0.33 on either split, who knows nothing half of it.
  double least() const { return GetParam() == "popularity" ? 0.05 : 0.28; }
  /// Little training is enough here, and 1 is a small ridge for little data.
  ModelSettings small() const {
    ModelSettings settings;
    if (model().option("factors") != nullptr) settings["factors"] = "8";
    if (model().name == "ease") settings["l2"] = "10";
    if (model().name == "slim") settings["l2"] = "10";
    if (model().name == "lmf") settings["regularization"] = "1";
    return settings;
  }
};

TEST_P(Models, FindWhatWasHeldOut) {
  const CsrMatrix plays = planted(150, 90);
  const Split split = split_random(plays, 0.2, 1);
  const double got = ndcg(model().fit(split.train, small(), {}, {}), split);
  EXPECT_GT(got, least());
}

TEST_P(Models, ServePeopleTheyHaveNeverSeen) {
  const CsrMatrix plays = planted(150, 90);
  const Split split = split_users(plays, 0.2, 0.3, 1);
  const double got = ndcg(model().fit(split.train, small(), {}, {}), split);
  EXPECT_GT(got, least());
}

TEST_P(Models, ScoreTheSameForAnyNumberOfThreads) {
  const CsrMatrix plays = planted(100, 60);
  const Split split = split_random(plays, 0.2, 1);
  std::vector<std::vector<float>> first;
  for (const int threads : {1, 2, 3, 8}) {
    const auto ranker = make_ranker(model().fit(split.train, small(), with_threads(threads), {}), split);
    std::vector<std::vector<float>> scores(split.history.rows(), std::vector<float>(split.history.cols()));
    for (std::uint32_t u = 0; u < split.history.rows(); ++u) ranker->score(u, scores[u]);
    if (first.empty()) {
      first = scores;
    } else {
      EXPECT_EQ(scores, first) << threads;
    }
  }
}

TEST_P(Models, TakeTheirOwnDefaultsAndWhatTuningTries) {
  std::set<std::string> names;
  for (const ModelOption& option : model().options) {
    EXPECT_TRUE(names.insert(option.name).second) << option.name << " is there twice";
    EXPECT_FALSE(option.help.empty()) << option.name;
    EXPECT_NO_THROW(option.check(option.initial)) << option.name << " = " << option.initial;
    EXPECT_THROW(option.check("nonsense"), Error) << option.name;
    EXPECT_THROW(option.check(""), Error) << option.name;
    if (option.scale != SearchScale::kNone) {
      EXPECT_LT(option.search_low, option.search_high) << option.name;
      for (const double end : {option.search_low, option.search_high}) {
        const std::string text =
            option.kind == OptionKind::kWhole ? std::to_string(std::llround(end)) : std::to_string(end);
        EXPECT_NO_THROW(option.check(text)) << option.name << " = " << text;
      }
    }
    for (const std::string& word : option.search_words) EXPECT_NO_THROW(option.check(word)) << option.name;
  }
  if (!model().effort.empty()) {
    ASSERT_NE(model().option(model().effort), nullptr);
    EXPECT_NE(model().option(model().effort)->scale, SearchScale::kNone);
  }
  // Its defaults given by name are its defaults.
  const CsrMatrix plays = planted(60, 50);
  const Split split = split_random(plays, 0.2, 1);
  ModelSettings defaults;
  for (const ModelOption& option : model().options) defaults[option.name] = option.initial;
  EXPECT_EQ(ndcg(model().fit(split.train, defaults, {}, {}), split), ndcg(model().fit(split.train, {}, {}, {}), split));
}

TEST_P(Models, RefuseWhatTheyDoNotTake) {
  const CsrMatrix plays = planted(20, 20);
  EXPECT_THAT(error_of([&] {
                model().fit(plays, {{"colour", "red"}}, {}, {});
              }),
              HasSubstr("has no option \"colour\""));
  for (const ModelOption& option : model().options) {
    EXPECT_THAT(error_of([&] {
                  model().fit(plays, {{option.name, "-1"}}, {}, {});
                }),
                HasSubstr(option.name + " cannot be \"-1\""));
  }
}

/// Plays with ids.
Interactions named(CsrMatrix plays) {
  const auto ids = [](const char* prefix, std::uint32_t count) {
    std::vector<std::string> list;
    for (std::uint32_t i = 0; i < count; ++i) list.push_back(prefix + std::to_string(1000 + i));
    return IdMap::create(StringTable::from(list));
  };
  Interactions data;
  data.users = ids("u", plays.rows());
  data.items = ids("i", plays.cols());
  data.plays = std::move(plays);
  return data;
}

std::vector<std::uint32_t> ids_of(const std::vector<Neighbor>& list) {
  std::vector<std::uint32_t> ids;
  for (const Neighbor& n : list) ids.push_back(n.item);
  return ids;
}

TEST_P(Models, AnswerFromAFileAsTheyRankInMemory) {
  constexpr std::uint32_t kTop = 5;
  const CsrMatrix plays = planted(60, 50);
  const Split whole{plays, plays, plays};
  FittedModel fitted = model().fit(plays, small(), {}, {});
  const auto ranker = make_ranker(fitted, whole);
  ModelCard card = card_of(model(), small(), fitted);
  const testing::TempDir dir;
  const auto path = dir.path() / "model.segue";
  make_model(named(plays), std::move(fitted), std::move(card)).save(path);
  const Recommender recommender(Model::open(path));
  EXPECT_EQ(recommender.model().card().model, GetParam());
  const auto again = make_ranker(fitted_of(recommender.model()), whole);
  const auto refitted = make_ranker(model().fit(plays, trained_settings(recommender.model()), {}, {}), whole);

  std::vector<float> scores(plays.cols());
  std::vector<float> scores_again(plays.cols());
  for (std::uint32_t user = 0; user < plays.rows(); ++user) {
    ranker->score(user, scores);
    again->score(user, scores_again);
    ASSERT_EQ(scores, scores_again) << user;
    refitted->score(user, scores_again);
    ASSERT_EQ(scores, scores_again) << user << ": trained by the settings that the file says";
    std::vector<std::uint32_t> best(plays.cols());
    std::iota(best.begin(), best.end(), 0U);
    std::erase_if(best, [&](std::uint32_t item) { return plays.at(user, item) != 0; });
    std::ranges::stable_sort(best, std::greater{}, [&](std::uint32_t item) { return scores[item]; });
    best.resize(kTop);
    AnswerOptions options;
    options.top = kTop;
    ASSERT_EQ(ids_of(recommender.recommend(user, options)), best) << user;
    if (!recommender.model().item_model()) continue;
    // A stranger with the same history is the same to a model of items alone.
    std::vector<HistoryItem> history;
    for (std::size_t i = 0; i < plays.row_columns(user).size(); ++i) {
      history.push_back({plays.row_columns(user)[i], plays.row_values(user)[i]});
    }
    ASSERT_EQ(ids_of(recommender.recommend(history, options)), best) << user;
  }
}

TEST_P(Models, ServeStrangersAndTellWhatIsAlikeFromAFile) {
  const CsrMatrix plays = planted(150, 90);
  FittedModel fitted = model().fit(plays, small(), {}, {});
  ModelCard card = card_of(model(), small(), fitted);
  const Recommender recommender(make_model(named(plays), std::move(fitted), std::move(card)));
  AnswerOptions options;
  options.include_self = false;
  options.exclude = {3};
  options.min_listeners = 2;
  // Who likes two items of a taste gets others of it.
  const std::vector<HistoryItem> history = {{0, 3}, {9, 2}};
  std::size_t right = 0;
  for (const Neighbor& n : recommender.recommend(history, options)) {
    EXPECT_NE(n.item, 3U);
    right += n.item % kTastes == 0 ? 1 : 0;
  }
  if (GetParam() == "popularity") {
    EXPECT_THAT(error_of([&] { recommender.similar(0, options); }), HasSubstr("does not tell which items are alike"));
    return;
  }
  // Chance would have a third of ten right.
  EXPECT_GE(right, 6U);
  std::size_t alike = 0;
  for (const Neighbor& n : recommender.similar(0, options)) {
    EXPECT_NE(n.item, 3U);
    alike += n.item % kTastes == 0 ? 1 : 0;
  }
  EXPECT_GE(alike, 6U);
  const auto with_self = recommender.similar(0, {.top = 3});
  ASSERT_EQ(with_self.size(), 3U);
  EXPECT_EQ(with_self[0].item, 0U);
  EXPECT_TRUE(recommender.knows_item(0));
  EXPECT_TRUE(recommender.knows_user(0));
}

TEST(StoredModels, SettingsOfALaterSegueAreNoMatter) {
  const CsrMatrix plays = planted(40, 30);
  const ModelInfo& bpr = model_from_name("bpr");
  FittedModel fitted = bpr.fit(plays, {{"factors", "4"}, {"iterations", "2"}}, {}, {});
  ModelCard card = card_of(bpr, {{"factors", "4"}, {"iterations", "2"}}, fitted);
  card.settings["colour"] = "red";
  const Model model = make_model(named(plays), fitted, card);
  EXPECT_EQ(std::get<FittedBpr>(fitted_of(model)).options.factors, 4U);
  card.model = "from the future";
  EXPECT_THAT(error_of([&] { fitted_of(make_model(named(plays), fitted, card)); }), HasSubstr("there is no model"));
}

INSTANTIATE_TEST_SUITE_P(Table, Models, ::testing::ValuesIn([] {
                           std::vector<std::string> names;
                           for (const ModelInfo& model : models()) names.emplace_back(model.name);
                           return names;
                         }()),
                         [](const auto& test) { return test.param; });

TEST(ModelTable, ListsItsNamesWhereOneIsUnknown) {
  EXPECT_THAT(error_of([] { model_from_name("als2"); }),
              HasSubstr("choose among als, popularity, knn, ease, slim, bpr, lmf"));
}

TEST(ModelTable, HasTheDefaultsOfTheStructs) {
  EXPECT_EQ(model_from_name("als").option("factors")->initial, std::to_string(AlsOptions().factors));
  EXPECT_EQ(model_from_name("als").option("weighting")->initial, "bm25");
  EXPECT_EQ(model_from_name("bpr").option("learning_rate")->initial, "0.05");
  EXPECT_EQ(als_settings({{"factors", "7"}, {"weighting", "log"}, {"seed", "18446744073709551615"}}).als.seed,
            18446744073709551615U);
}

}  // namespace
}  // namespace segue
