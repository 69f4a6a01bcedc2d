// Answers: lists of items with scores, for people, as JSON, as TSV.
#ifndef SEGUE_APPS_CLI_ANSWERS_H_
#define SEGUE_APPS_CLI_ANSWERS_H_

#include <functional>
#include <span>
#include <string>

#include "log.h"
#include "names.h"
#include "options.h"
#include "segue/index.h"
#include "segue/model.h"
#include "segue/recommender.h"

namespace segue::cli {

/// What was asked.
struct Question {
  std::string heading;  // for people, above the table
  Json fields;          // of the JSON object, before "results"
};

/// The options of an answer with their names resolved.
AnswerOptions answer_options(const AnswerArgs& args, const ItemNames& names);
/// Whether only items of some kind may be answers.
bool is_filtered(const AnswerOptions& options);

/// Which of the options leaves nothing to answer with, if it is one alone: found by asking again without it.
/// @param finds_any  asks, and says whether there is an answer
std::string why_empty(const AnswerOptions& options, const std::function<bool(const AnswerOptions&)>& finds_any);

/// An item in JSON: id, title, listeners.
Json item_json(const Model& model, std::uint32_t item);

/// Prints one answer after another to standard output, in one format.
class AnswerPrinter {
 public:
  AnswerPrinter(const Model& model, ResultFormat format, Session& session)
      : model_(model), format_(format), session_(session) {}

  void add(const Question& question, std::span<const Neighbor> answer);

 private:
  void print_tsv(std::span<const Neighbor> answer);
  void print_table(const Question& question, std::span<const Neighbor> answer);

  const Model& model_;
  ResultFormat format_;
  Session& session_;
  int answers_ = 0;
};

}  // namespace segue::cli

#endif  // SEGUE_APPS_CLI_ANSWERS_H_
