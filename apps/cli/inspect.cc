// segue inspect: where a file comes from, how its training went, and what is in it.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "commands.h"
#include "data.h"
#include "indexed.h"
#include "progress_line.h"
#include "segue/error.h"
#include "segue/model.h"
#include "table.h"
#include "text.h"

namespace segue::cli {
namespace {

struct Args {
  std::filesystem::path file;
  bool verify = false;
  bool json = false;
};

constexpr const char* kSummary =
    "Show what a model or .plays file holds\n"
    "The card: data, counts, options, seed, loss by sweep, time, memory; the sections of the file and their checksums. "
    "The "
    "checksum of the factors does not depend on the number of threads.";

constexpr const char* kExamples = R"(Examples:
  segue inspect lastfm.segue
  segue inspect lastfm.segue --verify
  segue inspect lastfm.segue --json | jq .card.options)";

constexpr std::size_t kChartRows = 12;   // of the loss chart
constexpr std::size_t kChartWidth = 40;  // of its longest bar

std::string line(std::string_view label, std::string_view text) { return fmt::format("{:<16}{}\n", label, text); }

/// "15 iterations", or "5 of 15 iterations (tolerance 0.01)" where the loss stalled.
std::string describe_iterations(const ModelCard& card) {
  const std::string all = plural(card.options.iterations, "iteration");
  if (card.sweeps.size() >= card.options.iterations) return all;
  return fmt::format("{} of {} (tolerance {})", card.sweeps.size(), all, card.options.tolerance);
}

std::string describe_objective(const AlsOptions& options) {
  return options.unobserved_weight == 0 ? "als" : fmt::format("ials, unobserved weight {}", options.unobserved_weight);
}

/// The options of a weighting that it makes use of.
std::string describe_weighting(const WeightingOptions& options) {
  std::string out = fmt::format("{}, alpha {}", name_of(options.weighting), options.alpha);
  if (options.weighting == Weighting::kLog) out += fmt::format(", epsilon {}", options.epsilon);
  if (options.weighting == Weighting::kBm25) out += fmt::format(", k1 {}, b {}", options.bm25_k1, options.bm25_b);
  return out;
}

/// "factors 64, learning_rate 0.05, …", or "nothing to set".
std::string describe_settings(const ModelCard& card) {
  std::string out;
  for (const auto& [name, value] : card.settings) {
    out += fmt::format("{}{} {}", out.empty() ? "" : ", ", visible(name), visible(value));
  }
  return out.empty() ? "nothing to set" : out;
}

/// Bars from 0, so that their lengths are as the losses are; of long trainings evenly chosen sweeps, first and last
/// included.
std::string loss_chart(const std::vector<SweepRecord>& sweeps, bool unicode) {
  double largest = 0;
  for (const SweepRecord& sweep : sweeps) {
    if (std::isfinite(sweep.loss)) largest = std::max(largest, sweep.loss);
  }
  const std::size_t rows = std::min(kChartRows, sweeps.size());
  std::string out = "\nloss by sweep";
  if (rows < sweeps.size()) out += fmt::format(", {} of {} shown", rows, group_digits(sweeps.size()));
  out += "\n";
  for (std::size_t row = 0; row < rows; ++row) {
    const SweepRecord& sweep = sweeps[rows == 1 ? 0 : row * (sweeps.size() - 1) / (rows - 1)];
    const bool drawn = largest > 0 && std::isfinite(sweep.loss) && sweep.loss > 0;
    const auto length =
        static_cast<std::size_t>(drawn ? std::lround(sweep.loss / largest * static_cast<double>(kChartWidth)) : 0);
    std::string bar;
    for (std::size_t i = 0; i < length; ++i) bar += unicode ? "█" : "#";
    out += fmt::format("  {:>4}  {:>10}  {:>8}  {}\n", sweep.sweep, show_loss(sweep.loss), show_seconds(sweep.seconds),
                       bar);
  }
  return out;
}

/// What als was told; the other models say their settings by name.
Json options_json(const Model& model) {
  const ModelCard& card = model.card();
  if (card.model != "als") return card.settings;
  const WeightingOptions& weighting = model.weighting().options;
  return {{"factors", card.options.factors},
          {"regularization", json_number(card.options.regularization)},
          {"iterations", card.options.iterations},
          {"solver", name_of(card.options.solver)},
          {"cg_steps", card.options.cg_steps},
          {"seed", card.options.seed},
          {"precision", name_of(card.options.precision)},
          {"tolerance", json_number(card.options.tolerance)},
          {"unobserved_weight", json_number(card.options.unobserved_weight)},
          {"regularization_exponent", json_number(card.options.regularization_exponent)},
          {"weighting", name_of(weighting.weighting)},
          {"alpha", json_number(weighting.alpha)},
          {"epsilon", json_number(weighting.epsilon)},
          {"k1", json_number(weighting.bm25_k1)},
          {"b", json_number(weighting.bm25_b)}};
}

/// Null where there was none.
Json evaluation_json(const CardEvaluation& evaluation) {
  if (evaluation.figures.empty()) return nullptr;
  Json figures = Json::array();
  for (const CardFigure& f : evaluation.figures) {
    figures.push_back({{"model", f.model}, {"metric", f.metric}, {"mean", f.mean}, {"low", f.low}, {"high", f.high}});
  }
  return {{"split", evaluation.split},
          {"train", evaluation.train},
          {"test", evaluation.test},
          {"users", evaluation.users},
          {"figures", std::move(figures)}};
}

/// A line a figure, those of a model together.
std::string evaluation_text(const CardEvaluation& evaluation, std::size_t width) {
  Table table({{"model"}, {"metric"}, {"mean", Align::kRight}, {"interval", Align::kRight}});
  for (const CardFigure& f : evaluation.figures) {
    table.add({visible(f.model), visible(f.metric), fmt::format("{:.4f}", f.mean),
               f.low < f.high ? fmt::format("{:.4f} to {:.4f}", f.low, f.high) : ""});
  }
  return fmt::format("\nevaluated: {}; {} to train on, {} held out of {}\n", visible(evaluation.split),
                     plural(evaluation.train, "interaction"), group_digits(evaluation.test),
                     plural(evaluation.users, "user")) +
         table.render(width);
}

Json card_json(const Model& model) {
  const ModelCard& card = model.card();
  Json sweeps = Json::array();
  for (const SweepRecord& sweep : card.sweeps) {
    sweeps.push_back({{"n", sweep.sweep}, {"seconds", sweep.seconds}, {"loss", sweep.loss}});
  }
  return {{"segue_version", card.segue_version},
          {"created", card.created},
          {"source", card.source},
          {"note", card.note},
          {"rows_read", card.rows_read},
          {"rows_kept", card.rows_kept},
          {"data_checksum", card.data_checksum},
          {"model", card.model},
          {"options", options_json(model)},
          {"solver", card.model == "als" ? Json(name_of(card.solver)) : Json(nullptr)},
          {"sweeps", sweeps},
          {"fit_seconds", card.fit_seconds},
          {"peak_memory_bytes", card.peak_memory_bytes},
          {"threads", card.threads},
          {"simd_target", card.simd_target},
          {"factors_checksum", card.factors_checksum},
          {"evaluation", evaluation_json(card.evaluation)}};
}

Json sections_json(const FileLayout& layout) {
  Json sections = Json::array();
  for (const FileSection& section : layout.sections) {
    sections.push_back({{"name", section.name},
                        {"type", section.type},
                        {"shape", section.shape},
                        {"offset", section.offset},
                        {"bytes", section.bytes},
                        {"checksum", section.checksum}});
  }
  return sections;
}

std::string card_text(const Model& model, bool unicode) {
  const ModelCard& card = model.card();
  std::string out;
  out += line("source", visible(card.source));
  if (!card.note.empty()) out += line("note", visible(card.note));
  if (card.rows_read > 0) {
    out += line("rows", fmt::format("{} read, {} kept", group_digits(card.rows_read), group_digits(card.rows_kept)));
  }
  out += line("created", fmt::format("{} by segue {}", visible(card.created), visible(card.segue_version)));
  out += line("data checksum", visible(card.data_checksum));
  out += "\n";
  if (card.model != "als") {
    out += line("model", visible(card.model));
    out += line("training", describe_settings(card));
  } else {
    out += line("weighting", describe_weighting(model.weighting().options));
    out += line("training",
                fmt::format("{}, {}, regularization {}{}, {}, solver {}{}, seed {}", describe_objective(card.options),
                            plural(card.options.factors, "factor"), card.options.regularization,
                            card.options.regularization_exponent == 0
                                ? ""
                                : fmt::format(" to the exponent {}", card.options.regularization_exponent),
                            describe_iterations(card), name_of(card.solver),
                            card.solver != Solver::kCg
                                ? ""
                                : fmt::format(" of {}{}", card.options.solver == Solver::kAuto ? "up to " : "",
                                              plural(card.options.cg_steps, "step")),
                            card.options.seed));
  }
  out += line("fit", fmt::format("{} on {}{}", show_seconds(card.fit_seconds),
                                 plural(static_cast<std::uint64_t>(std::max(card.threads, 0)), "thread"),
                                 card.simd_target.empty() ? "" : ", " + visible(card.simd_target)));
  out += line("peak memory", show_bytes(card.peak_memory_bytes));
  out += line(model.item_model() ? "weights" : "factors", fmt::format("checksum {}", visible(card.factors_checksum)));
  for (const StoredIndex& index : model.indexes()) out += line("index", describe_index(index));
  if (!card.sweeps.empty()) out += loss_chart(card.sweeps, unicode);
  return out;
}

std::string sections_text(const FileLayout& layout, std::size_t width) {
  Table table({{"section"}, {"type"}, {"shape", Align::kRight}, {"bytes", Align::kRight}, {"checksum"}});
  for (const FileSection& section : layout.sections) {
    std::vector<std::string> shape;
    for (const std::uint64_t extent : section.shape) shape.push_back(group_digits(extent));
    table.add({section.name, section.type, fmt::format("{}", fmt::join(shape, " x ")), group_digits(section.bytes),
               section.checksum});
  }
  return "\n" + table.render(width);
}

void run(Session& session, const Args& args) {
  require_file(args.file);
  if (!is_segue_file(args.file)) {
    refuse_foreign_file(args.file, "a file of segue",
                        fmt::format("see what is in it: {} ingest {}", session.program, shell_path(args.file)),
                        "name a model or a .plays file");
  }
  const FileLayout layout = read_layout(args.file);
  if (layout.kind == "index") {
    throw Error(ErrorCode::kBadInput, {args.file.string()}, "holds vectors and an index, no model",
                fmt::format("{} index info {}", session.program, shell_path(args.file)));
  }
  if (args.verify) verify_file(args.file, session.run());
  const std::optional<Model> model = layout.kind == "model" ? std::optional(Model::open(args.file)) : std::nullopt;
  const Interactions data = model ? model->interactions() : open_interactions(args.file);

  if (args.json) {
    Json object{{"file", args.file.string()},       {"kind", layout.kind},
                {"version", layout.version},        {"bytes", layout.bytes},
                {"users", data.users.size()},       {"items", data.items.size()},
                {"interactions", data.plays.nnz()}, {"matrix_bytes", data.plays.bytes()}};
    if (model) {
      object["card"] = card_json(*model);
      object["indexes"] = Json::array();
      for (const StoredIndex& index : model->indexes()) object["indexes"].push_back(index_json(index));
    }
    object["sections"] = sections_json(layout);
    if (args.verify) object["verified"] = true;
    print(dump(object) + "\n");
    return;
  }
  const Terminal terminal = Terminal::of(Stream::kOutput);
  print(fmt::format("{}{}{}\n", terminal.bold(), visible(args.file.string()), terminal.plain()));
  print(line("kind", fmt::format("{}, format version {}, {}", layout.kind, layout.version, show_bytes(layout.bytes))));
  print(line("holds", fmt::format("{}, {}, {}", plural(data.users.size(), "user"), plural(data.items.size(), "item"),
                                  plural(data.plays.nnz(), "interaction"))));
  print(line("matrix", fmt::format("{} of memory, mapped from the file", show_bytes(data.plays.bytes()))));
  if (model) {
    print(card_text(*model, terminal.unicode));
    const CardEvaluation& evaluation = model->card().evaluation;
    if (!evaluation.figures.empty()) print(evaluation_text(evaluation, terminal.width()));
  } else {
    print(line("source", visible(data.source)));
  }
  print(sections_text(layout, terminal.width()));
  if (args.verify)
    print(fmt::format("\nverified: all {} match their checksums\n", plural(layout.sections.size(), "section")));
}

}  // namespace

void add_inspect(CLI::App& app, Session& session, Work& chosen) {
  const auto [command, args] = add_command<Args>(app, session, chosen, "inspect", kSummary, kExamples, run);
  command->add_option("FILE", args->file, "A model or a .plays file")->type_name("")->required();
  command->add_flag("--verify", args->verify, "Read everything and compare all checksums")->group("Output");
  command->add_flag("--json", args->json, "Print one JSON object")->group("Output");
  add_common_options(*command, session);
}

}  // namespace segue::cli
