// Model: fit, open, save, and answers by number. Names are resolved by the package.
#include <pybind11/stl.h>
#include <pybind11/stl/filesystem.h>

#include <array>
#include <chrono>
#include <ctime>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "arrays.h"
#include "call.h"
#include "module.h"
#include "segue/error.h"
#include "segue/recommender.h"

namespace segue::python {
namespace {

std::string now_utc() {
  const std::time_t now = std::time(nullptr);
  std::tm utc{};
  gmtime_r(&now, &utc);
  std::array<char, 32> text{};
  std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &utc);
  return text.data();
}

WeightingOptions weighting_of(const py::dict& options) {
  WeightingOptions weighting;
  weighting.weighting = weighting_from_name(options["weighting"].cast<std::string>());
  weighting.alpha = options["alpha"].cast<float>();
  weighting.epsilon = options["epsilon"].cast<float>();
  weighting.bm25_k1 = options["k1"].cast<float>();
  weighting.bm25_b = options["b"].cast<float>();
  return weighting;
}

AlsOptions als_of(const py::dict& options) {
  AlsOptions als;
  als.factors = options["factors"].cast<std::uint32_t>();
  als.regularization = options["regularization"].cast<float>();
  als.iterations = options["iterations"].cast<std::uint32_t>();
  als.solver = solver_from_name(options["solver"].cast<std::string>());
  als.cg_steps = options["cg_steps"].cast<std::uint32_t>();
  als.seed = options["seed"].cast<std::uint64_t>();
  als.precision = precision_from_name(options["precision"].cast<std::string>());
  als.tolerance = options["tolerance"].cast<float>();
  als.unobserved_weight = options["unobserved_weight"].cast<float>();
  als.regularization_exponent = options["regularization_exponent"].cast<float>();
  return als;
}

/// @param counts  rows read and kept of the log, or zeros
std::unique_ptr<Recommender> fit(const Interactions& data, const py::dict& options, const Recommender* before,
                                 std::pair<std::uint64_t, std::uint64_t> counts, int threads,
                                 const py::object& progress, const py::object& on_sweep) {
  const WeightingOptions weighting = weighting_of(options);
  const AlsOptions als = als_of(options);
  if (before != nullptr && before->model().card().model != "als") {
    throw Error(ErrorCode::kInvalidArgument, "init is of model " + before->model().card().model,
                "only als goes on from an older model");
  }
  if (before != nullptr && before->model().item_factors().factors() != als.factors) {
    const std::string factors = std::to_string(before->model().item_factors().factors());
    throw Error(ErrorCode::kInvalidArgument,
                "init has " + factors + " factors, and " + std::to_string(als.factors) + " are asked for",
                "set factors=" + factors + ", or leave it out");
  }
  std::unique_ptr<Recommender> made;
  train(threads, progress, on_sweep, [&](const Run& inner, const SweepCallback& sweeps) {
    Weighed weighed = weigh(data.plays, weighting, inner);
    require_preferences(data.plays, weighed, {data.source.empty() ? "the matrix" : data.source});
    std::optional<InitialFactors> initial;
    if (before != nullptr) initial = initial_factors(before->model(), data, als.seed, inner);
    const auto begin = std::chrono::steady_clock::now();
    AlsResult trained = train_als(weighed.confidence, als, inner, sweeps, std::move(initial));
    ModelCard card = card_of(als, trained, inner);
    card.fit_seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    card.created = now_utc();
    card.source = data.source;
    card.rows_read = counts.first;
    card.rows_kept = counts.second;
    if (before != nullptr) {
      card.began_from = before->model().card().factors_checksum;
      card.note = "trained on from factors " + card.began_from;
    }
    made = std::make_unique<Recommender>(Model::create(data, std::move(weighed.state), std::move(trained.user_factors),
                                                       std::move(trained.item_factors), std::move(card)),
                                         Run{.stop = {}, .progress = {}, .threads = threads});
  });
  return made;
}

/// @param index   a kind, or nothing: what the file holds, else exact; where a recall is asked for, what reaches it
/// @param recall  0: the usual
/// An index that is asked for is made here, where it can be stopped and tells its progress, and not by the first
/// question.
std::unique_ptr<Recommender> open(const std::filesystem::path& path, int threads, const std::string& index,
                                  double recall, int trees, const py::object& progress) {
  std::unique_ptr<Recommender> opened;
  run(threads, progress, [&](const Run& inner) {
    Model model = Model::open(path);
    if (index.empty() && recall == 0) {
      opened = std::make_unique<Recommender>(std::move(model), inner);
    } else {
      if (model.item_model()) {
        throw Error(ErrorCode::kInvalidArgument, {path.string()},
                    "is of model " + model.card().model + ", which has no factors to make an index of",
                    "leave out index and recall: its answers are exact");
      }
      const IndexOptions options{.kind = index.empty() ? "auto" : index, .recall = recall, .trees = trees};
      opened = std::make_unique<Recommender>(std::move(model), options, inner);
      opened->prepare(inner);
    }
  });
  return opened;
}

py::dict card_of(const Recommender& recommender) {
  const Model& model = recommender.model();
  const ModelCard& card = model.card();
  const WeightingOptions& weighting = model.weighting().options;
  py::list sweeps;
  for (const SweepRecord& sweep : card.sweeps) {
    sweeps.append(py::make_tuple(sweep.sweep, sweep.seconds, sweep.loss));
  }
  py::dict dict;
  dict["model"] = text_of(card.model);
  dict["segue_version"] = card.segue_version;
  dict["created"] = card.created;
  dict["source"] = text_of(card.source);
  dict["note"] = text_of(card.note);
  dict["users"] = model.interactions().users.size();
  dict["items"] = model.interactions().items.size();
  dict["interactions"] = model.interactions().plays.nnz();
  dict["rows_read"] = card.rows_read;
  dict["rows_kept"] = card.rows_kept;
  dict["weighting"] = std::string(name_of(weighting.weighting));
  dict["alpha"] = weighting.alpha;
  dict["k1"] = weighting.bm25_k1;
  dict["b"] = weighting.bm25_b;
  if (card.model == "als") {
    dict["factors"] = card.options.factors;
    dict["regularization"] = card.options.regularization;
    dict["iterations"] = card.options.iterations;
    dict["unobserved_weight"] = card.options.unobserved_weight;
    dict["regularization_exponent"] = card.options.regularization_exponent;
    dict["solver"] = std::string(name_of(card.solver));
    dict["seed"] = card.options.seed;
  } else {
    py::dict settings;
    for (const auto& [name, value] : card.settings) settings[text_of(name)] = text_of(value);
    dict["settings"] = settings;
  }
  dict["threads"] = card.threads;
  dict["simd_target"] = card.simd_target;
  dict["fit_seconds"] = card.fit_seconds;
  dict["data_checksum"] = card.data_checksum;
  dict["factors_checksum"] = card.factors_checksum;
  dict["sweeps"] = sweeps;
  return dict;
}

using List = std::vector<std::uint32_t>;
using Only = std::optional<List>;  // nothing: all are allowed; the engine says so by an empty list

AnswerOptions answer_of(std::uint32_t top, List exclude, const Only& only, std::uint32_t min_listeners,
                        bool include_known) {
  return {top, std::move(exclude), only.value_or(List()), min_listeners, include_known, include_known};
}

/// One question, answered by [(title, score, listeners, id)], best first. It takes milliseconds, so a thread of its own
/// for it would cost more than it is worth.
template <typename Ask>
py::list ask(const Recommender& recommender, const Only& only, Ask&& question) {
  std::vector<Neighbor> found;
  if (!only || !only->empty()) {
    const py::gil_scoped_release release;
    found = question();
  }
  const Model& model = recommender.model();
  const Interactions& data = model.interactions();
  py::list rows(found.size());
  for (std::size_t i = 0; i < found.size(); ++i) {
    const std::uint32_t item = found[i].item;
    rows[i] =
        py::make_tuple(text_of(data.title(item)), found[i].score, model.listeners()[item], text_of(data.items[item]));
  }
  return rows;
}

/// (kind, recall at 10, at 20, sample) of an index, which the question may have to make first.
template <typename Ask>
py::tuple index_of(Ask&& question) {
  std::pair<KnownRecall, std::string> known;
  {
    const py::gil_scoped_release release;
    known = question();
  }
  return py::make_tuple(known.second, known.first.at_10, known.first.at_20, known.first.sample);
}

}  // namespace

void bind_model(py::module_& module) {
  py::class_<Recommender>(module, "Model")
      .def("interactions", [](const Recommender& model) { return model.model().interactions(); })
      .def("user_factors", [](const Recommender& model) { return view_of(model.model().user_factors()); })
      .def("item_factors", [](const Recommender& model) { return view_of(model.model().item_factors()); })
      .def("card", &card_of)
      .def("save",
           [](const Recommender& model, const std::filesystem::path& path) {
             run(0, py::none(), [&](const Run& inner) { model.model().save(path, inner); });
           })
      .def("find",
           [](const Recommender& model, const std::string& name) {
             NameMatch match;
             {
               const py::gil_scoped_release release;
               match = model.find(name);
             }
             return py::make_tuple(match.items, match.suggestions);
           })
      .def("similar",
           [](const Recommender& model, std::uint32_t item, std::uint32_t top, List exclude, const Only& only,
              std::uint32_t min_listeners, bool include_self) {
             const AnswerOptions options = answer_of(top, std::move(exclude), only, min_listeners, include_self);
             return ask(model, only, [&] { return model.similar(item, options); });
           })
      .def("similar_index",
           [](const Recommender& model) {
             return index_of([&] { return std::pair(model.similar_recall(), std::string(model.similar_kind())); });
           })
      .def("recommend_index",
           [](const Recommender& model) {
             return index_of([&] { return std::pair(model.recommend_recall(), std::string(model.recommend_kind())); });
           })
      .def("recommend",
           [](const Recommender& model, std::uint32_t user, std::uint32_t top, List exclude, const Only& only,
              std::uint32_t min_listeners, bool include_seen) {
             const AnswerOptions options = answer_of(top, std::move(exclude), only, min_listeners, include_seen);
             return ask(model, only, [&] { return model.recommend(user, options); });
           })
      .def("recommend_history",
           [](const Recommender& model, const std::vector<std::pair<std::uint32_t, float>>& likes, std::uint32_t top,
              List exclude, const Only& only, std::uint32_t min_listeners, bool include_seen) {
             const AnswerOptions options = answer_of(top, std::move(exclude), only, min_listeners, include_seen);
             std::vector<HistoryItem> history;
             for (const auto& [item, value] : likes) history.push_back({item, value});
             return ask(model, only, [&] { return model.recommend(std::span<const HistoryItem>(history), options); });
           });
  module.def("fit", &fit, py::arg("data"), py::arg("options"), py::arg("init").none(true), py::arg("counts"),
             py::arg("threads"), py::arg("progress"), py::arg("on_sweep"));
  module.def("open", &open, py::arg("path"), py::arg("threads"), py::arg("index"), py::arg("recall"), py::arg("trees"),
             py::arg("progress"));
}

}  // namespace segue::python
