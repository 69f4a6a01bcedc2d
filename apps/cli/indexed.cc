#include "indexed.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <system_error>
#include <utility>

#include "data.h"
#include "segue/error.h"
#include "segue/index_file.h"
#include "segue/interactions.h"
#include "text.h"

namespace segue::cli {
namespace {

std::string found_text(const KnownRecall& known) {
  return fmt::format("finds {} % of the true 10 nearest and {} % of 20", percent(known.at_10, 1),
                     percent(known.at_20, 1));
}

/// A file by whose name it should be ours, and is not.
[[noreturn]] void refuse_without_magic(const std::filesystem::path& path) {
  std::error_code error;
  const bool empty = std::filesystem::file_size(path, error) == 0 && !error;
  throw Error(ErrorCode::kBadInput, {path.string()},
              empty ? "is empty" : "is damaged, or was not written by segue: it does not begin as such files do",
              "copy it again from where it is whole, or make it anew: segue index build VECTORS");
}

}  // namespace

Indexed open_indexed(Session& session, const std::filesystem::path& path, const AnnFileOptions& ann) {
  require_file(path);
  Indexed opened;
  if (!is_segue_file(path)) {
    if (path.extension() == ".segue" || path.extension() == ".index") refuse_without_magic(path);
    opened.vectors = read_vectors(path, ann, session.run());
    return opened;
  }
  if (read_layout(path).kind == "index") {
    IndexFile file = IndexFile::open(path);
    opened.vectors = std::move(file.vectors);
    opened.indexes.push_back(std::move(file.index));
    return opened;
  }
  opened.model = load_model(session, path);
  if (opened.model->item_model()) {
    throw Error(ErrorCode::kInvalidArgument, {path.string()},
                fmt::format("is of model {}, which has no factors to search in", visible(opened.model->card().model)),
                "ask it by segue similar, or name a model of als, bpr or lmf");
  }
  opened.vectors = opened.model->item_factors();
  opened.indexes = opened.model->indexes();
  return opened;
}

std::unique_ptr<Index> index_of(const Session& session, const Indexed& file, Metric metric) {
  const auto stored = std::ranges::find(file.indexes, metric, &StoredIndex::metric);
  return stored == file.indexes.end() ? make_exact_on_demand(file.vectors, metric, session.run())
                                      : open_index(file.vectors, *stored, session.run());
}

StoredIndex build_index(Session& session, const Factors& vectors, Metric metric, const IndexOptions& options) {
  const auto begin = std::chrono::steady_clock::now();
  StoredIndex stored = make_index(vectors, metric, options, session.run())->store();
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  Json event = index_json(stored);
  event["seconds"] = seconds;
  session.log.event("index", event);
  session.log.say(fmt::format("{:<12}{}; built in {}", "index", describe_index(stored), show_seconds(seconds)));
  return stored;
}

Model add_indexes(Session& session, const Model& model, const IndexOptions& options) {
  return model.with_indexes({build_index(session, model.item_factors(), Metric::kCosine, options),
                             build_index(session, model.item_factors(), Metric::kInnerProduct, {})});
}

void say_recall(Session& session, std::string_view kind, const KnownRecall& known, std::uint32_t top, bool filtered) {
  constexpr std::uint32_t kMeasured = 20;
  if (known.sample == 0) return;
  session.log.event(
      "recall",
      {{"index", kind}, {"recall_at_10", known.at_10}, {"recall_at_20", known.at_20}, {"sample", known.sample}});
  std::string text = fmt::format("{} {}, of {} asked", kind, found_text(known), plural(known.sample, "item"));
  if (top > kMeasured) text += fmt::format("; of the {} nearest it may find fewer", group_digits(top));
  if (filtered) text += "; that is without filters, with them it may find fewer";
  session.log.say(text);
}

std::string percent(double share, int digits) {
  const std::string all = fmt::format("{:.{}f}", 100.0, digits);
  std::string text = fmt::format("{:.{}f}", 100 * share, digits);
  if (share < 1 && text == all) text = fmt::format("{:.{}f}", 100 - std::pow(10, -digits), digits);
  return text;
}

std::string describe_index(const StoredIndex& index) {
  std::string text = fmt::format("{} by {}", visible(index.kind), name_of(index.metric));
  const IndexOptions& options = index.options;
  if (index.kind == "ivf" && options.lists != 0) text += ": " + plural(options.lists, "list");
  if (options.probes != 0) text += fmt::format(", {} looked into", group_digits(options.probes));
  if (options.slack != 0) text += fmt::format(", a slack of {:.2f}", options.slack);
  if (index.kind == "annoy") {
    text += fmt::format(": {}", plural(static_cast<std::uint64_t>(std::max(options.trees, 0)), "tree"));
    if (options.search_k >= 0) {
      text += fmt::format(", search_k {}", group_digits(static_cast<std::uint64_t>(options.search_k)));
    }
  }
  return index.recall.sample == 0 ? text + "; finds all" : text + "; " + found_text(index.recall);
}

Json index_json(const StoredIndex& index) {
  const IndexOptions& options = index.options;
  Json json{{"kind", index.kind}, {"metric", name_of(index.metric)}};
  if (options.lists != 0) json["lists"] = options.lists;
  if (options.probes != 0) json["probes"] = options.probes;
  if (options.slack != 0) json["slack"] = options.slack;
  if (index.kind == "annoy") json["trees"] = options.trees;
  if (options.search_k >= 0) json["search_k"] = options.search_k;
  json["recall_at_10"] = index.recall.at_10;
  json["recall_at_20"] = index.recall.at_20;
  json["sample"] = index.recall.sample;
  return json;
}

}  // namespace segue::cli
