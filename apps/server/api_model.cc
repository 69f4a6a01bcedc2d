// Of the model: how large it is, what it was made of and how, and how it is searched.
#include "answers.h"
#include "api.h"
#include "json.h"
#include "snapshot.h"

namespace segue::server {

Reply show_model(const Call& call) {
  const Snapshot& snapshot = call.snapshot();
  const Model& model = snapshot.model();
  const ModelCard& card = model.card();
  Json body = new_answer(snapshot);
  body["users"] = model.interactions().users.size();
  body["items"] = model.interactions().items.size();
  body["interactions"] = model.interactions().plays.nnz();
  body["kind"] = card.model;
  body["factors"] = model.item_factors().factors();
  body["created"] = card.created;
  body["note"] = card.note;
  body["segue_version"] = card.segue_version;
  body["data_checksum"] = card.data_checksum;
  body["source"] = card.source;
  body["rows_read"] = card.rows_read;
  body["rows_kept"] = card.rows_kept;
  body["weighting"] = name_of(model.weighting().options.weighting);
  body["alpha"] = json_number(model.weighting().options.alpha);
  body["regularization"] = json_number(card.options.regularization);
  body["iterations"] = card.options.iterations;
  body["seed"] = card.options.seed;
  body["fit_seconds"] = card.fit_seconds;
  body["threads"] = card.threads;
  body["simd_target"] = card.simd_target;
  Json losses = Json::array();
  for (const SweepRecord& sweep : card.sweeps) losses.push_back(sweep.loss);
  body["loss"] = std::move(losses);
  if (const CardEvaluation& evaluation = card.evaluation; !evaluation.figures.empty()) {
    Json figures = Json::array();
    for (const CardFigure& f : evaluation.figures) {
      figures.push_back({{"model", f.model}, {"metric", f.metric}, {"mean", f.mean}, {"low", f.low}, {"high", f.high}});
    }
    body["evaluation"] = {{"split", evaluation.split},
                          {"train", evaluation.train},
                          {"test", evaluation.test},
                          {"users", evaluation.users},
                          {"figures", std::move(figures)}};
  }
  Json similar = Json::object();
  put_index(similar, snapshot.recommender().similar_kind(), snapshot.recommender().similar_recall());
  body["similar"] = std::move(similar);
  body["indexes"] = snapshot.index_kinds();
  if (const ItemMap& map = model.map(); !map.empty()) {
    body["map"] = {{"trustworthiness", map.trustworthiness},
                   {"sample", map.sample},
                   {"neighbors", map.options.neighbors},
                   {"epochs", map.options.epochs},
                   {"clusters", map.options.clusters}};
  }
  return reply_of(body);
}

}  // namespace segue::server
