// The report of tune: was the search long enough, and what does each option do?
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <functional>
#include <limits>
#include <map>

#include "page.h"
#include "report.h"
#include "svg.h"
#include "text.h"

namespace segue::cli {
namespace {

constexpr std::size_t kShownTrials = 20;

double number_of(const std::string& text) {
  double value = std::numeric_limits<double>::quiet_NaN();
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

std::string setting_of(const Measurement& m, const ModelOption& option) {
  const auto given = m.settings.find(option.name);
  return given == m.settings.end() ? option.initial : given->second;
}

/// Each training, and the best so far.
std::string progress_of(const std::vector<Measurement>& trainings, const std::string& metric) {
  Series dots{.color = 0, .points = {}};
  Series best{.color = 1, .points = {}, .only_line = true};
  double so_far = -std::numeric_limits<double>::infinity();
  for (std::size_t t = 0; t < trainings.size(); ++t) {
    if (!trainings[t].value) continue;
    so_far = std::max(so_far, *trainings[t].value);
    const auto x = static_cast<double>(t + 1);
    dots.points.push_back({.x = x, .y = *trainings[t].value});
    best.points.push_back({.x = x, .y = so_far});
  }
  return dot_chart({.label = "training"}, {.label = metric}, {best, dots});
}

/// A trial's value by how long it was trained.
std::string efforts_of(const ModelInfo& model, const std::vector<Measurement>& trainings, const std::string& metric) {
  std::map<std::uint32_t, Series> lines;
  for (const Measurement& m : trainings) {
    if (!m.value) continue;
    Series& line = lines[m.trial];
    line.color = 0;
    line.points.push_back({.x = number_of(setting_of(m, *model.option(model.effort))), .y = *m.value});
  }
  std::vector<Series> series;
  for (auto& [trial, line] : lines) {
    std::ranges::sort(line.points, {}, &Point::x);
    series.push_back(std::move(line));
  }
  return line_chart({.label = std::string(model.effort), .logarithmic = true}, {.label = metric}, series);
}

/// What 0 means where an option is searched by its logarithm, which never comes to it: a default of its own.
std::string zero_of(const ModelInfo& model, const ModelOption& option) {
  if (option.scale != SearchScale::kLogarithmic) return "";
  return model.name == "als" && option.name == "regularization" ? "auto" : "off";
}

/// Words that are searched or were tried, in the order of the option's.
std::vector<std::string> words_of(const ModelOption& option, const TuneResult& result) {
  std::vector<std::string> words;
  for (const std::string& word : option.words) {
    if (std::ranges::find(option.search_words, word) != option.search_words.end() ||
        std::ranges::any_of(result.trials, [&](const Trial& t) { return setting_of(t.best, option) == word; })) {
      words.push_back(word);
    }
  }
  return words;
}

/// The best of each trial by one option.
std::string by_option(const ModelInfo& model, const ModelOption& option, const TuneResult& result,
                      const std::string& metric) {
  const Axis axis{.label = option.name,
                  .logarithmic = option.scale == SearchScale::kLogarithmic,
                  .zero = zero_of(model, option),
                  .words = words_of(option, result)};
  Series others{.color = 0, .points = {}};
  Series winner{.color = 1, .points = {}};
  for (std::size_t t = 0; t < result.trials.size(); ++t) {
    const Measurement& best = result.trials[t].best;
    if (!best.value) continue;
    const std::string setting = setting_of(best, option);
    const double x = axis.words.empty()
                         ? number_of(setting)
                         : static_cast<double>(std::ranges::find(axis.words, setting) - axis.words.begin());
    (t == result.best ? winner : others).points.push_back({.x = x, .y = *best.value});
  }
  return dot_chart(axis, {.label = metric}, {others, winner});
}

}  // namespace

void write_tune_report(const std::filesystem::path& path, const HeldOut& job, const ModelInfo& model,
                       const MeasureAt& metric, const TuneResult& result, const std::vector<Measurement>& trainings,
                       const std::string& command) {
  const std::string name = name_of(metric);
  const Measurement& best = result.trials[result.best].best;
  Page page(fmt::format("Tuning of {} by segue", model.name),
            fmt::format("{}, {}, on {} of {} items; best {} {:.4f}", plural(result.trials.size(), "trial"),
                        plural(trainings.size(), "training"), plural(job.split.test.rows(), "user"),
                        group_digits(job.split.test.cols()), name, best.value.value_or(0)));
  page.heading("Was the search long enough?",
               "The line is the best so far. Where it has long been level, more trials would hardly help.");
  std::vector<std::pair<std::string, std::string>> pictures = {{name + " by training", progress_of(trainings, name)}};
  if (!model.effort.empty()) {
    pictures.emplace_back(fmt::format("{} by {}", name, model.effort), efforts_of(model, trainings, name));
  }
  page.pictures(pictures);

  pictures.clear();
  for (const ModelOption& option : model.options) {
    const bool varies = std::ranges::any_of(result.trials, [&](const Trial& t) {
      return setting_of(t.best, option) != setting_of(result.trials.front().best, option);
    });
    if ((option.scale == SearchScale::kNone && option.search_words.empty()) || !varies) continue;
    const std::string setting = setting_of(best, option);
    const std::string zero = zero_of(model, option);
    pictures.emplace_back(
        fmt::format("{}, best {}", option.name, !zero.empty() && number_of(setting) == 0 ? zero : setting),
        by_option(model, option, result, name));
  }
  if (!pictures.empty()) {
    page.heading("What each option does",
                 "A dot a trial; the best in the second colour. A best at an edge asks for a wider search.");
    page.pictures(pictures);
  }

  std::vector<std::size_t> order(result.trials.size());
  for (std::size_t t = 0; t < order.size(); ++t) order[t] = t;
  std::ranges::stable_sort(order, std::greater{},
                           [&](std::size_t t) { return result.trials[t].best.value.value_or(-1); });
  std::vector<std::vector<std::string>> rows;
  for (std::size_t i = 0; i < std::min(kShownTrials, order.size()); ++i) {
    const Trial& trial = result.trials[order[i]];
    std::string settings;
    for (const auto& [option, value] : trial.best.settings) {
      settings += fmt::format("{}{} {}", settings.empty() ? "" : ", ", option, value);
    }
    rows.push_back({fmt::to_string(order[i]), trial.best.value ? fmt::format("{:.4f}", *trial.best.value) : "failed",
                    show_seconds(trial.seconds), settings.empty() ? "defaults" : settings});
  }
  page.heading("Trials", order.size() > kShownTrials ? fmt::format("The best {}.", kShownTrials) : "");
  page.table({"trial", name, "took", "settings"}, rows, {.numbers = false});
  page.heading("Next");
  page.command(command);
  page.save(path);
}

}  // namespace segue::cli
