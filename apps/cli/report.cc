// The report of evaluate: what a person asks of a model before it serves. How good is it, and for how sure? Better than
// the baselines, at which length of list? Had it learned all it could? For whom, and for which items, is it good? What
// does it show of the catalogue? And what do its lists look like?
#include "report.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <fstream>
#include <functional>
#include <numeric>

#include "data.h"
#include "page.h"
#include "segue/error.h"
#include "svg.h"
#include "text.h"

namespace segue::cli {
namespace {

constexpr std::array kCuts = {1U, 2U, 5U, 10U, 20U, 50U};
constexpr std::uint32_t kListCut = 10;   // what is said of lists
constexpr std::uint32_t kFoundCut = 20;  // held-out items are looked for so far
constexpr std::size_t kGroups = 5;
constexpr std::size_t kExamples = 4;
constexpr std::size_t kExampleItems = 10;
constexpr std::size_t kCurvePoints = 200;

const Measured* find(const Outcome& outcome, const MeasureAt& at) {
  const auto found = std::ranges::find(outcome.evaluation.measured, at, &Measured::measure);
  return found == outcome.evaluation.measured.end() ? nullptr : &*found;
}

std::string number(double value) { return value >= 10 ? fmt::format("{:.1f}", value) : fmt::format("{:.4f}", value); }

std::vector<std::string> names_of(const std::vector<Outcome>& outcomes) {
  std::vector<std::string> names;
  for (const Outcome& outcome : outcomes) names.push_back(outcome.model);
  return names;
}

/// A measure by the length of lists.
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

/// Groups of about the same weight each, of things in ascending order of a key; equal keys stay together.
struct Groups {
  std::vector<std::string> names;     // "1–12"
  std::vector<std::size_t> of_thing;  // by thing
};
Groups make_groups(const std::vector<std::uint32_t>& keys, const std::vector<std::uint64_t>& weights) {
  std::vector<std::size_t> order(keys.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, {}, [&](std::size_t i) { return keys[i]; });
  const std::uint64_t total = std::accumulate(weights.begin(), weights.end(), std::uint64_t{0});
  Groups groups{.names = {}, .of_thing = std::vector<std::size_t>(keys.size())};
  std::uint64_t before = 0;
  std::size_t begin = 0;
  for (std::size_t i = 0; i < order.size(); ++i) {
    before += weights[order[i]];
    groups.of_thing[order[i]] = groups.names.size();
    const bool last = i + 1 == order.size();
    const bool full = before * kGroups >= total * (groups.names.size() + 1);
    if (!last && (!full || keys[order[i + 1]] == keys[order[i]])) continue;
    const std::uint32_t low = keys[order[begin]];
    const std::uint32_t high = keys[order[i]];
    groups.names.push_back(low == high ? short_count(low) : short_count(low) + "–" + short_count(high));
    begin = i + 1;
  }
  return groups;
}

/// Of the held-out items of each group of items the share that is among the first of its user's list.
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
  return bar_chart(groups.names, {.label = "users who have the item"}, series);
}

/// Recall by how much is known of a user.
std::string recall_by_activity(const HeldOut& job, const std::vector<Outcome>& outcomes) {
  const std::vector<std::uint32_t>& users = outcomes.front().evaluation.users;
  std::vector<std::uint32_t> keys;
  for (const std::uint32_t user : users) {
    keys.push_back(static_cast<std::uint32_t>(job.split.history.row_columns(user).size()));
  }
  const Groups groups = make_groups(keys, std::vector<std::uint64_t>(keys.size(), 1));
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
      bars.points.push_back({.y = mean, .low = std::max(0.0, mean - error), .high = mean + error});
    }
    series.push_back(std::move(bars));
  }
  return bar_chart(groups.names, {.label = "items in a user's history"}, series);
}

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

std::string popularity_curve(const HeldOut& job) {
  const Array<std::uint32_t> counts = count_per_column(job.split.train);
  return line_chart({.label = "items by rank", .logarithmic = true}, {.label = "users", .logarithmic = true},
                    {curve_of({counts.begin(), counts.end()}, 0)});
}

/// How often each item is in a list.
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

void add_measures(Page& page, const std::vector<Outcome>& outcomes, const std::vector<MeasureAt>& asked) {
  std::vector<std::string> head = {"model"};
  for (const MeasureAt& at : asked) head.push_back(name_of(at));
  head.push_back("trained in");
  std::vector<std::vector<std::string>> rows;
  for (const Outcome& outcome : outcomes) {
    std::vector<std::string> row = {outcome.model};
    for (const MeasureAt& at : asked) {
      const Measured* m = find(outcome, at);
      row.push_back(m == nullptr       ? ""
                    : m->low < m->high ? fmt::format("{} ({} to {})", number(m->mean), number(m->low), number(m->high))
                                       : number(m->mean));
    }
    row.push_back(show_seconds(outcome.fit_seconds));
    rows.push_back(std::move(row));
  }
  page.table(head, rows);
}

void add_losses(Page& page, const std::vector<Outcome>& outcomes) {
  std::vector<std::pair<std::string, std::string>> pictures;
  for (std::size_t o = 0; o < outcomes.size(); ++o) {
    if (outcomes[o].sweeps.size() < 2) continue;
    Series line{.color = o, .points = {}};
    for (const SweepRecord& sweep : outcomes[o].sweeps) {
      line.points.push_back({.x = static_cast<double>(sweep.sweep), .y = sweep.loss});
    }
    pictures.emplace_back(outcomes[o].model, line_chart({.label = "iteration"}, {.label = "loss"}, {line}));
  }
  if (pictures.empty()) return;
  page.heading("Loss by iteration",
               "What each model lowers, in its own measure: not to be compared between models. A curve that still "
               "falls at its end would gain from more iterations, on the training data at least.");
  page.pictures(pictures);
}

void add_lists(Page& page, const HeldOut& job, const std::vector<Outcome>& outcomes) {
  page.heading("What of the catalogue is shown",
               fmt::format("Of lists of {}. Coverage: the share of all items that is in any list. Gini: 0 where all "
                           "items are shown alike, near 1 where few are. Novelty: how surprising an item is, in bits.",
                           kListCut));
  page.pictures(
      {{"Users by item, in the training", popularity_curve(job)}, {"Lists by item", exposure_curve(job, outcomes)}});
  std::vector<std::vector<std::string>> rows;
  for (const Outcome& outcome : outcomes) {
    std::vector<std::string> row = {outcome.model};
    for (const Measure measure : {Measure::kCoverage, Measure::kGini, Measure::kNovelty, Measure::kPopularity}) {
      const Measured* m = find(outcome, {measure, kListCut});
      row.push_back(m == nullptr ? "" : number(m->mean));
    }
    rows.push_back(std::move(row));
  }
  page.table({"model", "coverage", "gini", "novelty", "users of what is shown"}, rows);
}

/// Users spread over those with much and with little history.
void add_examples(Page& page, const HeldOut& job, const std::vector<Outcome>& outcomes) {
  const std::vector<std::uint32_t>& users = outcomes.front().evaluation.users;
  std::vector<std::size_t> order(users.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, {}, [&](std::size_t u) { return job.split.history.row_columns(users[u]).size(); });
  page.heading("Examples", "Users from little to much history. Marked: what was held out and is found.");
  const std::size_t shown = std::min(kExamples, order.size());
  for (std::size_t e = 0; e < shown; ++e) {
    const std::size_t u = order[(2 * e + 1) * order.size() / (2 * shown)];
    const std::uint32_t user = users[u];
    const auto items = job.split.history.row_columns(user);
    const auto values = job.split.history.row_values(user);
    std::vector<std::size_t> best(items.size());
    std::iota(best.begin(), best.end(), std::size_t{0});
    std::ranges::stable_sort(best, std::greater{}, [&](std::size_t i) { return values[i]; });
    std::string known;
    for (std::size_t i = 0; i < std::min(kExampleItems, best.size()); ++i) {
      known += (i == 0 ? "" : ", ") + html_text(job.title(items[best[i]]));
    }
    if (best.size() > kExampleItems) known += ", …";
    page.html(fmt::format("<p><strong>{}</strong> knows {}: {}</p>\n<div class=\"grid-of\">\n",
                          html_text(job.users[user]), html_text(plural(items.size(), "item")), known));
    const auto test = job.split.test.row_columns(user);
    for (const Outcome& outcome : outcomes) {
      std::string list;
      const std::vector<std::uint32_t>& found = outcome.evaluation.lists[u];
      for (std::size_t i = 0; i < std::min(kExampleItems, found.size()); ++i) {
        list += fmt::format("<li{}>{}</li>", std::ranges::binary_search(test, found[i]) ? " class=\"hit\"" : "",
                            html_text(job.title(found[i])));
      }
      page.html(
          fmt::format("<figure><figcaption>{}</figcaption><ol>{}</ol></figure>\n", html_text(outcome.model), list));
    }
    page.html("</div>\n");
  }
}

std::string describe(const HeldOut& job, std::size_t users) {
  return fmt::format("{} of {} items: {} to train on, {} held out of {}", plural(job.split.test.rows(), "user"),
                     group_digits(job.split.test.cols()), plural(job.split.train.nnz(), "interaction"),
                     group_digits(job.split.test.nnz()), plural(users, "user"));
}

}  // namespace

std::vector<MeasureAt> report_measures(std::uint32_t items) {
  std::vector<MeasureAt> list;
  for (const std::uint32_t k : kCuts) {
    if (k > items) continue;
    list.push_back({Measure::kNdcg, k});
    list.push_back({Measure::kRecall, k});
  }
  for (const Measure measure : {Measure::kCoverage, Measure::kGini, Measure::kNovelty, Measure::kPopularity}) {
    list.push_back({measure, kListCut});
  }
  return list;
}

void require_report_writable(const std::filesystem::path& output, const std::filesystem::path& input) {
  constexpr std::string_view kBegin =
      "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n<meta name=\"viewport\"";
  if (!is_plain_file(output)) return require_writable(output, input, "report");
  std::ifstream file(output, std::ios::binary);
  std::string begin(kBegin.size(), '\0');
  begin.resize(static_cast<std::size_t>(file.read(begin.data(), static_cast<std::streamsize>(begin.size())).gcount()));
  if (begin != kBegin) require_writable(output, input, "report");
}

void write_report(const std::filesystem::path& path, const HeldOut& job, const std::vector<Outcome>& outcomes,
                  const std::vector<MeasureAt>& asked, const std::string& command) {
  Page page("Evaluation by segue", describe(job, outcomes.front().evaluation.users.size()));
  page.legend(names_of(outcomes));
  page.heading(
      "How well what was held out is found",
      "Means over users, with 95 % intervals by bootstrap: what other users of the same kind might have given, not "
      "what another training would.");
  add_measures(page, outcomes, asked);
  page.pictures({{"NDCG by the length of the list", by_cut(outcomes, Measure::kNdcg, "NDCG@K")},
                 {"Recall by the length of the list", by_cut(outcomes, Measure::kRecall, "recall@K")}});
  page.heading(
      "For which items, and for whom",
      fmt::format(
          "Of lists of {}. A fifth of what was held out is in each group of items, a fifth of the users in each "
          "group of users.",
          kFoundCut));
  page.pictures({{"Held-out items that are found, by their popularity", found_by_popularity(job, outcomes)},
                 {"Recall, by the users' history", recall_by_activity(job, outcomes)}});
  add_losses(page, outcomes);
  add_lists(page, job, outcomes);
  page.legend({});
  add_examples(page, job, outcomes);
  page.heading("Made by");
  page.command(command);
  page.save(path);
}

}  // namespace segue::cli
