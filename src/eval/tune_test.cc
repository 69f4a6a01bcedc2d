#include "segue/tune.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "segue/error.h"

namespace segue {
namespace {

using ::testing::HasSubstr;

Split some_split() {
  std::mt19937 random(3);
  std::vector<std::uint64_t> row_ptr{0};
  std::vector<std::uint32_t> columns;
  for (std::uint32_t u = 0; u < 60; ++u) {
    for (std::uint32_t i = 0; i < 40; ++i) {
      if (random() % (i % 3 == u % 3 ? 2 : 20) == 0) columns.push_back(i);
    }
    row_ptr.push_back(columns.size());
  }
  std::vector<float> ones(columns.size(), 1.0F);
  return split_random(CsrMatrix::create(40, std::move(row_ptr), std::move(columns), std::move(ones)), 0.3, 1);
}

/// A model whose value is what its settings say: it ranks the test items first for so many of the users.
/// `quality` says how good it can get, `steps` how far it is there, `peak` after how many steps it gets worse.
ModelInfo fake_model(int& fits) {
  ModelInfo model;
  model.name = "fake";
  model.effort = "steps";
  ModelOption quality;
  quality.name = "quality";
  quality.kind = OptionKind::kReal;
  quality.high = 100;
  quality.initial = "1";
  quality.scale = SearchScale::kLinear;
  quality.search_low = 5;
  quality.search_high = 50;
  ModelOption steps;
  steps.name = "steps";
  steps.kind = OptionKind::kWhole;
  steps.most = 100;
  steps.initial = "8";
  steps.scale = SearchScale::kLogarithmic;
  steps.search_low = 2;
  steps.search_high = 8;
  model.options = {quality, steps};
  model.fit = [&fits](const CsrMatrix& train, const ModelSettings& settings, const Run&,
                      const SweepCallback&) -> FittedModel {
    ++fits;
    const auto given = settings.find("quality");
    const double good = given == settings.end() ? 1 : std::stod(given->second);
    const int length = std::stoi(settings.at("steps"));
    if (good > 45) throw Error(ErrorCode::kNumerical, "too good", "");
    // Popularity, but only so many items are in order.
    const Array<std::uint32_t> counts = count_per_column(train);
    const double in_order = good / 50 * (good > 30 && length > 4 ? 0.5 : length / 8.0);
    std::vector<std::uint32_t> scores(counts.size());
    for (std::size_t i = 0; i < counts.size(); ++i) {
      scores[i] = static_cast<double>(i) < in_order * static_cast<double>(counts.size()) ? 1000 + counts[i] : 0;
    }
    return FittedPopularity{std::move(scores)};
  };
  return model;
}

TuneOptions options_of(std::uint32_t trials) {
  TuneOptions options;
  options.trials = trials;
  options.metric = {Measure::kNdcg, 10};
  return options;
}

TEST(Tune, GivesMoreToTheBetterHalfAndStopsWhereLongerIsWorse) {
  const Split split = some_split();
  int fits = 0;
  const ModelInfo model = fake_model(fits);
  std::vector<Measurement> made;
  const TuneResult got = tune(model, split, options_of(16), {}, [&](const Measurement& m) { made.push_back(m); });
  ASSERT_EQ(got.trials.size(), 16U);
  EXPECT_EQ(made.size(), static_cast<std::size_t>(fits));
  std::map<std::string, int> by_steps;
  for (const Measurement& m : made) ++by_steps[m.settings.at("steps")];
  std::set<std::string> drawn;  // those that were drawn alike are measured once
  for (const Trial& trial : got.trials) {
    const auto quality = trial.best.settings.find("quality");
    drawn.insert(quality == trial.best.settings.end() ? "" : quality->second);
  }
  EXPECT_GE(drawn.size(), 12U);
  EXPECT_EQ(static_cast<std::size_t>(by_steps["2"]), drawn.size());
  EXPECT_LE(by_steps["4"], 8);
  EXPECT_LE(by_steps["8"], 4);
  EXPECT_GT(by_steps["8"], 0);
  std::map<TrialEnd, int> ends;
  for (const Trial& trial : got.trials) {
    ++ends[trial.end];
    if (trial.end == TrialEnd::kFailed) {
      EXPECT_GT(std::stod(trial.best.settings.at("quality")), 45);
      continue;
    }
    ASSERT_TRUE(trial.best.value.has_value());
    EXPECT_LE(*trial.best.value, *got.trials[got.best].best.value);
  }
  EXPECT_GT(ends[TrialEnd::kDropped], 0);
  EXPECT_GT(ends[TrialEnd::kFailed], 0);
  EXPECT_FALSE(got.trials[0].best.settings.contains("quality"));  // the defaults
}

TEST(Tune, TakesTheSameWayAgainFromWhatIsKnown) {
  const Split split = some_split();
  int fits = 0;
  const ModelInfo model = fake_model(fits);
  std::vector<Measurement> made;
  const TuneResult whole = tune(model, split, options_of(12), {}, [&](const Measurement& m) { made.push_back(m); });
  for (std::size_t known = 0; known <= made.size(); ++known) {  // interrupted after each
    fits = 0;
    const TuneResult again = tune(model, split, options_of(12), std::span(made).first(known));
    EXPECT_EQ(static_cast<std::size_t>(fits), made.size() - known);
    EXPECT_EQ(again.best, whole.best);
    for (std::size_t t = 0; t < 12; ++t) {
      EXPECT_EQ(again.trials[t].best.settings, whole.trials[t].best.settings);
      EXPECT_EQ(again.trials[t].best.value, whole.trials[t].best.value);
      EXPECT_EQ(again.trials[t].end, whole.trials[t].end);
    }
  }
}

TEST(Tune, DrawsWithinTheSpacesOfAllModels) {
  const Split split = some_split();
  for (const ModelInfo& model : models()) {
    TuneOptions options = options_of(3);
    if (!model.effort.empty()) options.fixed[std::string(model.effort)] = "1";
    if (model.option("factors") != nullptr) options.fixed["factors"] = "2";
    const TuneResult got = tune(model, split, options);
    std::set<ModelSettings> different;
    for (const Trial& trial : got.trials) {
      EXPECT_EQ(trial.trainings, 1U);
      EXPECT_EQ(trial.end, TrialEnd::kFinished) << model.name;
      different.insert(trial.best.settings);
      for (const auto& [name, text] : trial.best.settings) EXPECT_NO_THROW(model.option(name)->check(text)) << name;
    }
    EXPECT_EQ(different.size(), model.name == "popularity" ? 1U : 3U) << model.name;
  }
}

TEST(Tune, RanksTheCandidatesItIsGiven) {
  const Split split = some_split();
  const CsrMatrix candidates = sample_candidates(split, 2, 1);
  TuneOptions options = options_of(2);
  const ModelInfo& ease = model_from_name("ease");
  const double among_all = *tune(ease, split, options).trials[0].best.value;
  options.candidates = &candidates;
  EvaluateOptions evaluation;
  evaluation.measures = {options.metric};
  evaluation.resamples = 0;
  evaluation.candidates = &candidates;
  const double expected =
      evaluate(*make_ranker(ease.fit(split.train, {}, {}, {}), split), split, evaluation).measured[0].mean;
  EXPECT_EQ(*tune(ease, split, options).trials[0].best.value, expected);
  EXPECT_NE(among_all, expected);
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

TEST(Tune, RefusesWhatCannotBeRaised) {
  const Split split = some_split();
  const ModelInfo& ease = model_from_name("ease");
  TuneOptions options = options_of(0);
  EXPECT_THAT(error_of([&] { tune(ease, split, options); }), HasSubstr("0 trials"));
  options = options_of(2);
  options.metric = {Measure::kGini, 10};
  EXPECT_THAT(error_of([&] { tune(ease, split, options); }), HasSubstr("gini@10 is no measure to be raised"));
  options = options_of(2);
  options.fixed = {{"factors", "3"}};
  EXPECT_THAT(error_of([&] { tune(ease, split, options); }), HasSubstr("has no option \"factors\""));
}

}  // namespace
}  // namespace segue
