// The report of evaluate: what a person asks of a model before it serves. How good is it, and for how sure? Better than
// the baselines, at which length of list? Had it learned all it could? For whom, and for which items, is it good? What
// does it show of the catalogue? And what do its lists look like?
#include "report.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <functional>
#include <numeric>

#include "data.h"
#include "page.h"
#include "report_pictures.h"
#include "segue/error.h"
#include "svg.h"
#include "text.h"

namespace segue::cli {
namespace {

constexpr std::size_t kExamples = 4;
constexpr std::size_t kExampleItems = 10;

std::string number(double value) { return value >= 10 ? fmt::format("{:.1f}", value) : fmt::format("{:.4f}", value); }

std::vector<std::string> names_of(const std::vector<Outcome>& outcomes) {
  std::vector<std::string> names;
  for (const Outcome& outcome : outcomes) names.push_back(outcome.model);
  return names;
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
    pictures.emplace_back(outcomes[o].model, loss_curve(outcomes[o], o));
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
