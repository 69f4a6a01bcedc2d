// Of the model: how large it is, what it was made of and how, and how it is searched.
#include <algorithm>
#include <utility>

#include "answers.h"
#include "api.h"
#include "json_text.h"
#include "segue/models.h"
#include "snapshot.h"

namespace segue::server {
namespace {

/// "settings": what training was told, as the command line takes it. Of a model that a later segue made, what is known.
void put_settings(JsonText& json, const Model& model) {
  json.key("settings").open_object();
  const auto known = models();
  if (std::ranges::find(known, model.card().model, &ModelInfo::name) != known.end()) {
    for (const auto& [name, value] : trained_settings(model)) json.field(name, value);
  }
  json.close_object();
}

/// "evaluation": how well trainings alike found what was held out of the data.
void put_evaluation(JsonText& json, const CardEvaluation& evaluation) {
  if (evaluation.figures.empty()) return;
  json.key("evaluation").open_object();
  json.field("split", evaluation.split)
      .field("train", evaluation.train)
      .field("test", evaluation.test)
      .field("users", evaluation.users);
  json.key("figures").open_list();
  for (const CardFigure& figure : evaluation.figures) {
    json.open_object()
        .field("model", figure.model)
        .field("metric", figure.metric)
        .field("mean", figure.mean)
        .field("low", figure.low)
        .field("high", figure.high)
        .close_object();
  }
  json.close_list().close_object();
}

}  // namespace

Reply show_model(const Call& call) {
  const Snapshot& snapshot = call.snapshot();
  const Model& model = snapshot.model();
  const ModelCard& card = model.card();
  JsonText body = new_answer(snapshot);
  body.field("users", model.interactions().users.size())
      .field("items", model.interactions().items.size())
      .field("interactions", model.interactions().plays.nnz())
      .field("kind", card.model)
      .field("factors", model.item_factors().factors())
      .field("created", card.created)
      .field("note", card.note)
      .field("segue_version", card.segue_version)
      .field("data_checksum", card.data_checksum)
      .field("source", card.source)
      .field("rows_read", card.rows_read)
      .field("rows_kept", card.rows_kept);
  put_settings(body, model);
  body.field("fit_seconds", card.fit_seconds).field("threads", card.threads).field("simd_target", card.simd_target);
  body.key("loss").open_list();
  for (const SweepRecord& sweep : card.sweeps) body.value(sweep.loss);
  body.close_list();
  body.key("similar").open_object();
  put_index(body, snapshot.recommender().similar_kind(), snapshot.recommender().similar_recall());
  body.close_object();
  body.key("indexes").open_list();
  for (const std::string& kind : snapshot.index_kinds()) body.value(kind);
  body.close_list();
  if (const ItemMap& map = model.map(); !map.empty()) {
    body.key("map")
        .open_object()
        .field("trustworthiness", map.trustworthiness)
        .field("sample", map.sample)
        .field("neighbors", map.options.neighbors)
        .field("epochs", map.options.epochs)
        .field("clusters", map.options.clusters)
        .close_object();
  }
  put_evaluation(body, card.evaluation);
  return reply_of(std::move(body));
}

}  // namespace segue::server
