#include "report_pictures.h"

#include <algorithm>
#include <cmath>
#include <functional>

#include "groups.h"
#include "svg.h"
#include "text.h"

namespace segue::cli {
namespace {

constexpr std::size_t kCurvePoints = 200;

/// The curve of a count by rank, thinned out evenly by logarithm.
Series curve_of(std::vector<double> counts, std::size_t color) {
  std::ranges::sort(counts, std::greater{});
  Series curve{.color = color, .points = {}};
  std::size_t last = 0;
  for (std::size_t i = 0; i < kCurvePoints; ++i) {
    const double at = std::pow(static_cast<double>(counts.size()), static_cast<double>(i) / (kCurvePoints - 1));
    const std::size_t rank = std::min(static_cast<std::size_t>(at), counts.size());
    if (rank == last || rank == 0) continue;
    last = rank;
    curve.points.push_back({.x = static_cast<double>(rank), .y = counts[rank - 1]});
  }
  return curve;
}

}  // namespace

const Measured* find(const Outcome& outcome, const MeasureAt& at) {
  const auto found = std::ranges::find(outcome.evaluation.measured, at, &Measured::measure);
  return found == outcome.evaluation.measured.end() ? nullptr : &*found;
}

std::vector<std::uint32_t> history_sizes(const HeldOut& job, const std::vector<std::uint32_t>& users) {
  std::vector<std::uint32_t> sizes;
  for (const std::uint32_t user : users) {
    sizes.push_back(static_cast<std::uint32_t>(job.split.history.row_columns(user).size()));
  }
  return sizes;
}

std::string by_cut(const std::vector<Outcome>& outcomes, Measure measure, const std::string& name) {
  std::vector<Series> series;
  for (std::size_t o = 0; o < outcomes.size(); ++o) {
    Series line{.color = o, .points = {}};
    for (const std::uint32_t k : kCuts) {
      if (const Measured* m = find(outcomes[o], {measure, k})) {
        line.points.push_back({static_cast<double>(k), m->mean, m->low, m->high});
      }
    }
    series.push_back(std::move(line));
  }
  return line_chart({.label = "length of the list, K", .logarithmic = true}, {.label = name, .from_zero = true},
                    series);
}

std::string found_by_popularity(const HeldOut& job, const std::vector<Outcome>& outcomes) {
  const Array<std::uint32_t> counts = count_per_column(job.split.train);
  const Array<std::uint32_t> held_out = count_per_column(job.split.test);
  std::vector<std::uint32_t> keys;
  std::vector<std::uint64_t> weights;
  std::vector<std::uint32_t> items;
  for (std::uint32_t item = 0; item < counts.size(); ++item) {
    if (held_out[item] == 0) continue;
    items.push_back(item);
    keys.push_back(counts[item]);
    weights.push_back(held_out[item]);
  }
  const Groups groups = make_groups(keys, weights);
  std::vector<std::size_t> group_of(counts.size(), 0);
  for (std::size_t i = 0; i < items.size(); ++i) group_of[items[i]] = groups.of_thing[i];
  std::vector<double> all(groups.names.size());
  for (std::size_t i = 0; i < items.size(); ++i) all[groups.of_thing[i]] += static_cast<double>(weights[i]);
  std::vector<Series> series;
  for (std::size_t o = 0; o < outcomes.size(); ++o) {
    const Evaluation& e = outcomes[o].evaluation;
    std::vector<double> found(all.size());
    for (std::size_t u = 0; u < e.users.size(); ++u) {
      const auto test = job.split.test.row_columns(e.users[u]);
      for (std::size_t i = 0; i < std::min<std::size_t>(kFoundCut, e.lists[u].size()); ++i) {
        if (std::ranges::binary_search(test, e.lists[u][i])) ++found[group_of[e.lists[u][i]]];
      }
    }
    Series bars{.color = o, .points = {}};
    for (std::size_t g = 0; g < all.size(); ++g) bars.points.push_back({.y = all[g] > 0 ? found[g] / all[g] : 0});
    series.push_back(std::move(bars));
  }
  return bar_chart(groups.names, groups.shares, {.label = "users who have the item"}, series);
}

std::string recall_by_activity(const HeldOut& job, const std::vector<Outcome>& outcomes) {
  const std::vector<std::uint32_t>& users = outcomes.front().evaluation.users;
  const Groups groups = make_groups(history_sizes(job, users), std::vector<std::uint64_t>(users.size(), 1));
  std::vector<Series> series;
  for (std::size_t o = 0; o < outcomes.size(); ++o) {
    const Measured* recall = find(outcomes[o], {Measure::kRecall, kFoundCut});
    if (recall == nullptr) continue;
    std::vector<double> sum(groups.names.size());
    std::vector<double> squares(sum.size());
    std::vector<double> count(sum.size());
    for (std::size_t u = 0; u < users.size(); ++u) {
      const std::size_t g = groups.of_thing[u];
      sum[g] += recall->per_user[u];
      squares[g] += recall->per_user[u] * recall->per_user[u];
      ++count[g];
    }
    Series bars{.color = o, .points = {}};
    for (std::size_t g = 0; g < sum.size(); ++g) {
      const double mean = sum[g] / count[g];
      constexpr double kTwoSided95 = 1.96;  // normal: groups have many users
      const double error = kTwoSided95 * std::sqrt(std::max(0.0, squares[g] / count[g] - mean * mean) / count[g]);
      // Where nearly all users reach 0 or 1 the normal interval would reach beyond.
      bars.points.push_back({.y = mean, .low = std::max(0.0, mean - error), .high = std::min(1.0, mean + error)});
    }
    series.push_back(std::move(bars));
  }
  return bar_chart(groups.names, groups.shares, {.label = "items in a user's history"}, series);
}

std::string popularity_curve(const HeldOut& job) {
  const Array<std::uint32_t> counts = count_per_column(job.split.train);
  return line_chart({.label = "items by rank", .logarithmic = true}, {.label = "users", .logarithmic = true},
                    {curve_of({counts.begin(), counts.end()}, 0)});
}

std::string exposure_curve(const HeldOut& job, const std::vector<Outcome>& outcomes) {
  std::vector<Series> series;
  for (std::size_t o = 0; o < outcomes.size(); ++o) {
    std::vector<double> shown(job.split.test.cols());
    for (const auto& list : outcomes[o].evaluation.lists) {
      for (std::size_t i = 0; i < std::min<std::size_t>(kListCut, list.size()); ++i) ++shown[list[i]];
    }
    series.push_back(curve_of(std::move(shown), o));
  }
  return line_chart({.label = "items by rank, each model's own", .logarithmic = true},
                    {.label = "lists that show it", .logarithmic = true}, series);
}

std::string loss_curve(const Outcome& outcome, std::size_t color) {
  Series line{.color = color, .points = {}};
  for (const SweepRecord& sweep : outcome.sweeps) {
    line.points.push_back({.x = static_cast<double>(sweep.sweep), .y = sweep.loss});
  }
  return line_chart({.label = "iteration"}, {.label = "loss"}, {line});
}

}  // namespace segue::cli
