// Tuning by random search and successive halving. Trials are drawn by seed and number alone, and each rung takes
// the better half by values that are known: an interrupted search that is given its measurements takes the same way
// again, without training anew.
#include "segue/tune.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cmath>
#include <string>
#include <utility>

#include "base/random.h"
#include "segue/error.h"

namespace segue {
namespace {

constexpr std::uint64_t kStream = 0x74756e65;  // of the random numbers

/// Three digits: settings that are told apart by more are not worth it, and are read by people.
std::string short_number(double number) {
  constexpr int kDigits = 3;
  std::array<char, 64> text{};
  const auto end =
      std::to_chars(text.data(), text.data() + text.size(), number, std::chars_format::general, kDigits).ptr;
  return {text.data(), end};
}

/// Where in its space each setting of a trial lies.
ModelSettings draw(const ModelInfo& model, const TuneOptions& options, std::uint32_t trial) {
  ModelSettings settings = options.fixed;
  if (trial == 0) return settings;  // the defaults
  Random random(options.seed, kStream, trial);
  for (const ModelOption& option : model.options) {
    const double at = random.uniform();  // drawn for each, so that fixing one leaves the others as they were
    if (settings.contains(option.name) || option.name == model.effort) continue;
    if (!option.search_words.empty()) {
      settings[option.name] =
          option.search_words[static_cast<std::size_t>(at * static_cast<double>(option.search_words.size()))];
    } else if (option.scale != SearchScale::kNone) {
      const double low = option.search_low;
      const double high = option.search_high;
      const double value =
          option.scale == SearchScale::kLinear ? low + at * (high - low) : low * std::pow(high / low, at);
      settings[option.name] =
          option.kind == OptionKind::kWhole ? std::to_string(std::llround(value)) : short_number(value);
    }
  }
  return settings;
}

/// How long the rungs train, least first; one without a value where the model has no effort or it is fixed.
std::vector<std::string> rungs_of(const ModelInfo& model, const TuneOptions& options) {
  if (model.effort.empty() || options.fixed.contains(model.effort)) return {""};
  const ModelOption& effort = *model.option(model.effort);
  std::vector<std::string> rungs;
  for (double at = effort.search_high; at >= effort.search_low; at /= 2) {
    rungs.insert(rungs.begin(), std::to_string(std::llround(at)));
  }
  return rungs;
}

class Tuner {
 public:
  Tuner(const ModelInfo& model, const Split& split, const TuneOptions& options, std::span<const Measurement> known,
        const std::function<void(const Measurement&)>& on_measured, const Run& run)
      : model_(model),
        split_(split),
        options_(options),
        known_(known.begin(), known.end()),
        on_measured_(on_measured),
        run_(run) {}

  Measurement measure(std::uint32_t trial, ModelSettings settings) {
    for (const Measurement& m : known_) {
      if (m.settings == settings) {
        Measurement again = m;
        again.trial = trial;
        return again;
      }
    }
    const auto begin = std::chrono::steady_clock::now();
    Measurement made{trial, std::move(settings), std::nullopt, 0};
    try {
      EvaluateOptions evaluation;
      evaluation.measures = {options_.metric};
      evaluation.resamples = 0;
      evaluation.candidates = options_.candidates;
      const FittedModel fitted = model_.fit(split_.train, made.settings, run_, {});
      made.value = evaluate(*make_ranker(fitted, split_, run_), split_, evaluation, run_).measured[0].mean;
    } catch (const Error& error) {
      if (error.code() != ErrorCode::kNumerical) throw;
    }
    made.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    if (on_measured_) on_measured_(made);
    known_.push_back(made);
    return made;
  }

 private:
  const ModelInfo& model_;
  const Split& split_;
  const TuneOptions& options_;
  std::vector<Measurement> known_;
  const std::function<void(const Measurement&)>& on_measured_;
  const Run& run_;
};

}  // namespace

void check_tuning(const ModelInfo& model, const TuneOptions& options) {
  const auto require = [](bool good, const std::string& problem, const std::string& fix) {
    if (!good) throw Error(ErrorCode::kInvalidArgument, problem, fix);
  };
  require(options.trials >= 1, "0 trials are asked for", "make one or more, such as 20");
  const MeasureInfo& info = measures()[static_cast<std::size_t>(options.metric.measure)];
  require(info.higher_is_better && options.metric.measure != Measure::kDiversity,
          name_of(options.metric) + " is no measure to be raised", "tune by one such as ndcg@20");
  for (const auto& [name, text] : options.fixed) {
    const ModelOption* option = model.option(name);
    require(option != nullptr, "model " + std::string(model.name) + " has no option \"" + name + "\"",
            "fix only options of the model");
    option->check(text);
  }
}

TuneResult tune(const ModelInfo& model, const Split& split, const TuneOptions& options,
                std::span<const Measurement> known, const std::function<void(const Measurement&)>& on_measured,
                const Run& run) {
  check_tuning(model, options);
  Tuner tuner(model, split, options, known, on_measured, run);
  const std::vector<std::string> rungs = rungs_of(model, options);
  TuneResult result;
  std::vector<std::uint32_t> going;
  for (std::uint32_t t = 0; t < options.trials; ++t) {
    result.trials.push_back({{t, draw(model, options, t), std::nullopt, 0}, 0, 0, TrialEnd::kFinished});
    going.push_back(t);
  }
  for (std::size_t rung = 0; rung < rungs.size() && !going.empty(); ++rung) {
    std::vector<std::uint32_t> better;  // than they were with less
    for (const std::uint32_t t : going) {
      Trial& trial = result.trials[t];
      ModelSettings settings = trial.best.settings;
      if (!rungs[rung].empty()) settings[std::string(model.effort)] = rungs[rung];
      const Measurement made = tuner.measure(t, std::move(settings));
      ++trial.trainings;
      trial.seconds += made.seconds;
      if (!made.value) {
        trial.end = TrialEnd::kFailed;
      } else if (trial.best.value && *made.value <= *trial.best.value) {
        trial.end = TrialEnd::kStopped;
      } else {
        trial.best = made;
        better.push_back(t);
      }
    }
    std::stable_sort(better.begin(), better.end(), [&](std::uint32_t a, std::uint32_t b) {
      return *result.trials[a].best.value > *result.trials[b].best.value;
    });
    going = std::move(better);
    if (rung + 1 == rungs.size()) break;
    const std::size_t kept = (going.size() + 1) / 2;
    for (std::size_t i = kept; i < going.size(); ++i) result.trials[going[i]].end = TrialEnd::kDropped;
    going.resize(kept);
  }
  for (std::size_t t = 1; t < result.trials.size(); ++t) {
    const std::optional<double>& best = result.trials[result.best].best.value;
    const std::optional<double>& value = result.trials[t].best.value;
    if (value && (!best || *value > *best)) result.best = t;
  }
  return result;
}

}  // namespace segue
