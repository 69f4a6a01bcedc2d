// segue evaluate --similar: how good lists of similar items are, by what held-out people played together, by labels,
// and by whether another seed would have said the same.
#include "evaluate_similar.h"

#include <fmt/format.h>

#include <numeric>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "segue/error.h"
#include "segue/evaluate_similar.h"
#include "segue/models.h"
#include "segue/recommender.h"
#include "table.h"
#include "text.h"

namespace segue::cli {
namespace {

struct Figure {
  std::string model;
  std::string metric;
  ItemScore score;
};

/// A log's words for its columns in those of --tag-columns.
std::string by_tag_columns(std::string text) {
  for (const auto& [option, meaning] :
       {std::pair<std::string_view, std::string_view>{"--user-column", "the first of --tag-columns"},
        {"--item-column", "the second of --tag-columns"}}) {
    for (std::size_t at = text.find(option); at != std::string::npos; at = text.find(option)) {
      text.replace(at, option.size(), meaning);
    }
  }
  return text;
}

/// As read_log(), where tags are columns of a log. @throws what it throws, with the option that is given.
Interactions read_tags(Session& session, const std::filesystem::path& path, const IngestOptions& options) {
  try {
    return read_log(path, options, session.run()).interactions;
  } catch (const Error& e) {
    throw Error(e.code(), e.where(), by_tag_columns(e.problem()), by_tag_columns(e.fix()));
  }
}

/// Items of the split x labels, from a file of (item, label) rows such as HetRec's user_taggedartists.dat.
CsrMatrix read_labels(Session& session, const EvaluateArgs& e, const HeldOut& job) {
  IngestOptions options;
  options.time = options.value = "none";
  const std::size_t comma = e.tag_columns.find(',');
  if (comma == std::string::npos || comma == 0 || comma + 1 == e.tag_columns.size()) {
    throw Error(ErrorCode::kInvalidArgument, fmt::format("--tag-columns \"{}\" are not two", short_name(e.tag_columns)),
                "name the columns of item and tag, such as --tag-columns artistID,tagID");
  }
  options.user = e.tag_columns.substr(0, comma);
  options.item = e.tag_columns.substr(comma + 1);
  // Names are of a header, which a file of nothing but words does not show.
  if (options.user.find_first_not_of("0123456789") != std::string::npos) options.header = "yes";
  const Interactions tags = read_tags(session, e.tags, options);
  std::vector<std::uint64_t> row_ptr{0};
  std::vector<std::uint32_t> columns;
  std::uint32_t labelled = 0;
  for (std::uint32_t item = 0; item < job.items.size(); ++item) {
    if (const auto row = tags.users.find(job.items[item])) {
      const auto own = tags.plays.row_columns(*row);
      columns.insert(columns.end(), own.begin(), own.end());
      ++labelled;
    }
    row_ptr.push_back(columns.size());
  }
  if (labelled == 0) {
    throw Error(ErrorCode::kBadInput, {e.tags.string()}, "has tags for none of the log's items",
                "name the columns of item and tag with --tag-columns; items go by their ids");
  }
  session.log.say(fmt::format("{:<12}{} for {} of {} items; item = column {}, tag = column {} (--tag-columns)", "tags",
                              plural(tags.items.size(), "tag"), group_digits(labelled), group_digits(job.items.size()),
                              options.user, options.item));
  std::vector<float> ones(columns.size(), 1);
  return CsrMatrix::create(tags.items.size(), std::move(row_ptr), std::move(columns), std::move(ones));
}

ItemLists lists_of(Session& session, const HeldOut& job, const ModelInfo& info, const ModelSettings& settings,
                   std::uint32_t top) {
  FittedModel fitted = info.fit(job.split.train, settings, session.run(), {});
  ModelCard card = card_of(info, settings, fitted, session.run());
  Interactions data{job.users, job.items, job.titles, job.split.train, ""};
  const Recommender recommender(make_model(std::move(data), std::move(fitted), std::move(card)), session.run());
  std::vector<std::uint32_t> items(job.items.size());
  std::iota(items.begin(), items.end(), 0U);
  const auto found = recommender.similar_to_each(items, {.top = top, .include_self = false}, session.run());
  ItemLists lists(items.size());
  for (std::size_t i = 0; i < items.size(); ++i) {
    for (const Neighbor& n : found[i]) lists[i].push_back(n.item);
  }
  return lists;
}

}  // namespace

void evaluate_similar(Session& session, const EvaluateArgs& e, const HeldOut& job,
                      const std::function<ModelSettings(const ModelInfo&)>& settings_for) {
  EvaluateOptions options;
  options.resamples = e.resamples;
  std::optional<CsrMatrix> labels;
  if (!e.tags.empty()) labels = read_labels(session, e, job);
  std::vector<std::string> metrics = {"co_listening", "stability"};
  if (labels) metrics.emplace_back("tag_overlap");
  std::vector<Figure> figures;
  for (const std::string& name : e.models) {
    const ModelInfo& info = model_from_name(name);
    ModelSettings settings = settings_for(info);
    const ItemLists lists = lists_of(session, job, info, settings, e.similar);
    const auto add = [&](const char* metric, ItemScore score) {
      figures.push_back({name, fmt::format("{}@{}", metric, e.similar), std::move(score)});
    };
    add("co_listening", co_listening(lists, job.split.test, e.similar, options, session.run()));
    if (labels) add("tag_overlap", label_overlap(lists, *labels, e.similar, options, session.run()));
    if (const ModelOption* seed = info.option("seed")) {
      const auto given = settings.find("seed");
      const std::uint64_t first = std::stoull(given == settings.end() ? seed->initial : given->second);
      settings["seed"] = std::to_string(first + 1);
      add("stability",
          list_agreement(lists, lists_of(session, job, info, settings, e.similar), e.similar, options, session.run()));
    }
    session.log.event("evaluated", {{"model", name}});
    session.log.say(fmt::format("{:<12}evaluated", name));
  }

  const bool resampled = options.resamples > 0;
  if (e.result.json) {
    for (const Figure& f : figures) {
      Json json{{"model", f.model}, {"metric", f.metric}, {"mean", f.score.mean}};
      if (resampled) json.update({{"low", f.score.low}, {"high", f.score.high}});
      json["items"] = f.score.items.size();
      print(dump(json) + "\n");
    }
    return;
  }
  if (e.result.tsv) {
    print("model\tmetric\tmean\tlow\thigh\titems\n");
    for (const Figure& f : figures) {
      print(fmt::format("{}\t{}\t{}\t{}\t{}\t{}\n", f.model, f.metric, f.score.mean,
                        resampled ? fmt::to_string(f.score.low) : "", resampled ? fmt::to_string(f.score.high) : "",
                        f.score.items.size()));
    }
    return;
  }
  const Terminal terminal = Terminal::of(Stream::kOutput);
  bool is_first = true;
  for (const std::string& metric : metrics) {
    const std::string title = fmt::format("{}@{}", metric, e.similar);
    std::vector<Column> columns = {{title}, {"mean", Align::kRight}};
    if (resampled) columns.push_back({fmt::format("{:g} % interval", options.confidence * 100), Align::kRight});
    columns.push_back({"items", Align::kRight});
    Table table(std::move(columns));
    std::size_t rows = 0;
    for (const Figure& f : figures) {
      if (f.metric != title) continue;
      std::vector<std::string> cells{f.model, fmt::format("{:.4f}", f.score.mean)};
      if (resampled) cells.push_back(fmt::format("{:.4f} to {:.4f}", f.score.low, f.score.high));
      cells.push_back(group_digits(f.score.items.size()));
      table.add(std::move(cells));
      ++rows;
    }
    if (rows == 0) continue;
    print((is_first ? "" : "\n") + table.render(terminal.width(), terminal.bold(), terminal.plain()));
    is_first = false;
  }
}

}  // namespace segue::cli
