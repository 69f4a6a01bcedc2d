#include "held_out.h"

#include <fmt/format.h>

#include <utility>

#include "data.h"
#include "segue/error.h"
#include "text.h"

namespace segue::cli {
namespace {

bool is_given(const EvaluateArgs& e) { return !e.train.empty() || !e.test.empty(); }

Split split_log(const EvaluateArgs& e, const CsrMatrix& plays, const Run& run) {
  if (e.split == "leave-out") return split_leave_out(plays, e.leave, e.seed, run);
  if (e.split == "folds") return split_fold(plays, e.folds, e.fold, e.seed, run);
  if (e.split == "users") return split_users(plays, e.share, e.held_out, e.seed, run);
  return split_random(plays, e.share, e.seed, run);
}

}  // namespace

void check_held_out(const EvaluateArgs& e, const Source& source) {
  if (is_given(e)) {
    if (!source.path.empty()) {
      throw Error(ErrorCode::kInvalidArgument, "a log and --train or --test are given",
                  "give a log to be split, or both files of a split");
    }
    if (e.train.empty() || e.test.empty()) {
      throw Error(ErrorCode::kInvalidArgument, e.train.empty() ? "--train is missing" : "--test is missing",
                  "a split of one's own is two files");
    }
    return;
  }
  if (!e.candidates.empty()) {
    throw Error(ErrorCode::kInvalidArgument, "--candidates belongs to a split of one's own", "give --train and --test");
  }
  if (source.path.empty()) {
    throw Error(ErrorCode::kInvalidArgument, "LOG is missing", "segue evaluate --help shows examples");
  }
}

HeldOut hold_out(Session& session, const EvaluateArgs& e, const Source& source) {
  HeldOut job;
  if (is_given(e)) {
    GivenSplit given = read_split(e.train, e.test, e.candidates, e.format);
    job.split = std::move(given.split);
    job.candidates = std::move(given.candidates);
    job.users = std::move(given.users);
    job.items = std::move(given.items);
    job.about = {{"split", "given"}};
  } else {
    Data data = load_data(session, source, Detail::kBrief);
    warn_if_mostly_rejected(session, data);
    job.split = split_log(e, data.interactions.plays, session.run());
    job.about = {{"split", e.split}, {"split_seed", e.seed}};
    job.users = std::move(data.interactions.users);
    job.items = std::move(data.interactions.items);
    job.titles = std::move(data.interactions.titles);
  }
  std::uint64_t users = 0;
  for (std::uint32_t row = 0; row < job.split.test.rows(); ++row)
    users += job.split.test.row_columns(row).empty() ? 0 : 1;
  job.about.update({{"train", job.split.train.nnz()},
                    {"test", job.split.test.nnz()},
                    {"users", job.split.test.rows()},
                    {"items", job.split.test.cols()},
                    {"test_users", users}});
  session.log.event("split", job.about);
  session.log.say(fmt::format("{:<12}{} of {} items: {} to train on, {} held out of {}", "split",
                              plural(job.split.test.rows(), "user"), group_digits(job.split.test.cols()),
                              plural(job.split.train.nnz(), "interaction"), group_digits(job.split.test.nnz()),
                              plural(users, "user")));
  return job;
}

}  // namespace segue::cli
