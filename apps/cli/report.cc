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
#include "figures.h"
#include "groups.h"
#include "page.h"
#include "report_pictures.h"
#include "segue/error.h"
#include "svg.h"
#include "text.h"

namespace segue::cli {
namespace {

constexpr std::size_t kExamples = 4;
constexpr std::size_t kExampleItems = 10;

std::vector<std::string> names_of(const std::vector<Outcome>& outcomes) {
  std::vector<std::string> names;
  for (const Outcome& outcome : outcomes) names.push_back(outcome.model);
  return names;
}

/// A table a measure, as on the terminal.
void add_measures(Page& page, const std::vector<Outcome>& outcomes, const std::vector<MeasureAt>& asked,
                  const Command& command) {
  EvaluateOptions options;
  options.resamples = command.resamples;
  for (const MeasureAt& at : asked) {
    const Measured* const first = find(outcomes.front(), at);
    if (first == nullptr) continue;
    const bool by_user = !first->per_user.empty();
    const bool resampled = by_user && options.resamples > 0;
    const bool compared = resampled && outcomes.size() > 1;
    std::vector<std::string> head = {"model", "mean"};
    if (resampled) head.push_back(fmt::format("{:g} % interval", options.confidence * 100));
    const bool ties =
        std::ranges::any_of(outcomes, [&](const Outcome& outcome) { return !show_ties(*find(outcome, at)).empty(); });
    if (ties) head.emplace_back("ties");
    if (compared) head.insert(head.end(), {"against " + outcomes.front().model, "p"});
    std::vector<std::vector<std::string>> rows;
    for (const Outcome& outcome : outcomes) {
      const Measured& m = *find(outcome, at);
      std::vector<std::string> row = {outcome.model, show_figure(m.mean)};
      if (resampled) row.push_back(fmt::format("{} to {}", show_figure(m.low), show_figure(m.high)));
      if (ties) row.push_back(show_ties(m));
      if (compared && &m != first) {
        const Comparison c = compare(*first, m, options, command.run);
        row.insert(row.end(), {show_difference(c), show_p(c.p_value, options.resamples)});
      }
      row.resize(head.size());
      rows.push_back(std::move(row));
    }
    page.table(head, rows, {.caption = name_of(at)});
  }
}

/// What was measured, so that it can be measured again.
void add_models(Page& page, const std::vector<Outcome>& outcomes, const Command& command) {
  std::vector<std::vector<std::string>> rows;
  for (const Outcome& outcome : outcomes) {
    std::string options;
    if (const auto own = command.options.find(outcome.model); own != command.options.end()) {
      for (const auto& [name, value] : own->second) {
        options += fmt::format("{}{} {}", options.empty() ? "" : ", ", name, value);
      }
    }
    rows.push_back({outcome.model, show_seconds(outcome.fit_seconds), options});
  }
  page.table({"model", "trained in", "options"}, rows, {.numbers = false});
}

void add_losses(Page& page, const std::vector<Outcome>& outcomes) {
  std::vector<std::pair<std::string, std::string>> pictures;
  for (std::size_t o = 0; o < outcomes.size(); ++o) {
    if (outcomes[o].sweeps.size() < 2) continue;
    pictures.emplace_back(outcomes[o].model, loss_curve(outcomes[o], o));
  }
  if (pictures.empty()) return;
  page.legend({});  // the pictures say of which model they are, and not all have one
  page.heading("Loss by iteration",
               "What each model lowers, in its own measure: not to be compared between models. A curve that still "
               "falls at its end would gain from more iterations, on the training data at least.");
  page.pictures(pictures);
  page.legend(names_of(outcomes));
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
      row.push_back(m == nullptr ? "" : show_figure(m->mean));
    }
    rows.push_back(std::move(row));
  }
  page.table({"model", "coverage", "gini", "novelty", "users of what is shown"}, rows, {});
}

/// Users spread over those with much and with little history.
void add_examples(Page& page, const HeldOut& job, const std::vector<Outcome>& outcomes) {
  const std::vector<std::uint32_t>& users = outcomes.front().evaluation.users;
  const std::vector<std::uint32_t> known_items = history_sizes(job, users);
  const std::vector<std::size_t> examples = spread(known_items, kExamples);
  const bool differ = known_items[examples.front()] != known_items[examples.back()];
  page.heading("Examples", fmt::format("{} Marked: what was held out and is found.",
                                       differ ? "Users from little to much history."
                                              : "Users, who all have histories of the same length."));
  for (const std::size_t u : examples) {
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

std::string measures_note(const std::vector<Outcome>& outcomes, const Command& command) {
  std::string note = "Means over users.";
  if (command.resamples > 0) {
    note =
        "Means over users, with 95 % intervals by bootstrap: what other users of the same kind might have given, not "
        "what another training would.";
    if (outcomes.size() > 1) {
      note += fmt::format(
          " Against {}: the mean difference of the same users, its interval, and the p of a randomization test.",
          outcomes.front().model);
    }
  }
  return note + " Ties: the means if items of the same score came in the worst order, and in the best.";
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
                  const std::vector<MeasureAt>& asked, const Command& command) {
  Page page("Evaluation by segue", fmt::format("{}; split {}. {}.", command.source, command.split,
                                               describe(job, outcomes.front().evaluation.users.size())));
  page.legend(names_of(outcomes));
  page.heading("How well what was held out is found", measures_note(outcomes, command));
  add_measures(page, outcomes, asked, command);
  page.pictures({{"NDCG by the length of the list", by_cut(outcomes, Measure::kNdcg, "NDCG@K")},
                 {"Recall by the length of the list", by_cut(outcomes, Measure::kRecall, "recall@K")}});
  page.heading(
      "For which items, and for whom",
      fmt::format(
          "Of lists of {}. Each group has about a fifth of what was held out, or of the users, as far as those that "
          "are alike let it: its share stands below.",
          kFoundCut));
  page.pictures({{"Held-out items that are found, by their popularity", found_by_popularity(job, outcomes)},
                 {"Recall, by the users' history", recall_by_activity(job, outcomes)}});
  add_losses(page, outcomes);
  add_lists(page, job, outcomes);
  page.legend({});
  add_examples(page, job, outcomes);
  page.heading("Made by");
  add_models(page, outcomes, command);
  page.command(command.line);
  page.save(path);
}

}  // namespace segue::cli
