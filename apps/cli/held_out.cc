#include "held_out.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "data.h"
#include "segue/error.h"
#include "text.h"

namespace segue::cli {
namespace {

bool is_given(const EvaluateArgs& e) { return !e.train.empty() || !e.test.empty(); }

bool by_time(const EvaluateArgs& e) { return e.split == "time" || e.split == "leave-last"; }

Split split_log(const EvaluateArgs& e, const Interactions& data, const Run& run) {
  const CsrMatrix& plays = data.plays;
  if (e.split == "leave-last") return split_leave_last(plays, data.times.view(), e.leave, e.seed, run);
  if (e.split == "time") return split_time(plays, data.times.view(), e.share, run);
  if (e.split == "leave-out") return split_leave_out(plays, e.leave, e.seed, run);
  if (e.split == "folds") return split_fold(plays, e.folds, e.fold, e.seed, run);
  if (e.split == "users") return split_users(plays, e.share, e.held_out, e.seed, run);
  return split_random(plays, e.share, e.seed, run);
}

/// What a split goes by: options and their values.
std::vector<std::pair<std::string, std::string>> parameters_of(const EvaluateArgs& e) {
  std::vector<std::pair<std::string, std::string>> list;
  if (e.split == "random" || e.split == "time" || e.split == "users")
    list.emplace_back("share", fmt::to_string(e.share));
  if (e.split == "users") list.emplace_back("held-out", fmt::to_string(e.held_out));
  if (e.split == "leave-out" || e.split == "leave-last") list.emplace_back("leave", fmt::to_string(e.leave));
  if (e.split == "folds") {
    list.emplace_back("folds", fmt::to_string(e.folds));
    list.emplace_back("fold", fmt::to_string(e.fold));
  }
  if (e.negatives > 0) list.emplace_back("among", fmt::to_string(e.negatives));
  if (e.split != "time" || e.negatives > 0) list.emplace_back("split-seed", fmt::to_string(e.seed));
  return list;
}

/// Options that the split does not go by would be passed over in silence.
void refuse_unused_options(const EvaluateArgs& e) {
  const EvaluateArgs usual;
  const auto refuse = [&](bool given, std::string_view option, std::string_view split) {
    if (!given) return;
    throw Error(ErrorCode::kInvalidArgument, fmt::format("{} is given, and the split is {}", option, e.split),
                fmt::format("choose --split {}, or leave {} out", split, option));
  };
  refuse((e.folds != usual.folds || e.fold != usual.fold) && e.split != "folds",
         e.fold != usual.fold ? "--fold" : "--folds", "folds");
  refuse(e.leave != usual.leave && e.split != "leave-out" && e.split != "leave-last", "--leave", "leave-out");
  refuse(e.held_out != usual.held_out && e.split != "users", "--held-out", "users");
}

/// A split of one's own is what it is: nothing is left to be said of how to read a log or to split it.
void refuse_options_of_a_log(const EvaluateArgs& e, const Source& source) {
  const EvaluateArgs usual;
  const auto refuse = [](std::string_view option) {
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("{} is given, and --train and --test are read and split already", option),
                fmt::format("leave {} out, or give a log to be split", option));
  };
  if (e.split != usual.split) refuse("--split");
  if (e.share != usual.share) refuse("--share");
  if (e.held_out != usual.held_out) refuse("--held-out");
  if (e.leave != usual.leave) refuse("--leave");
  if (e.folds != usual.folds) refuse("--folds");
  if (e.fold != usual.fold) refuse("--fold");
  if (e.seed != usual.seed && e.negatives == 0) refuse("--split-seed");
  if (const std::string option = given_log_option(source); !option.empty()) refuse(option);
}

std::string_view words_of(SplitFormat format) {
  return format == SplitFormat::kLines ? "a user and all items a line" : "a user and an item a line";
}

/// What a person should know of files that were read as they are.
void say_given(Session& session, const EvaluateArgs& e, const GivenSplit& given) {
  session.log.say(given.train_format == given.test_format
                      ? fmt::format("{:<12}{} (--split-format)", "detected", words_of(given.train_format))
                      : fmt::format("{:<12}--train: {}; --test: {} (--split-format)", "detected",
                                    words_of(given.train_format), words_of(given.test_format)));
  const CsrMatrix& train = given.split.train;
  const CsrMatrix& test = given.split.test;
  std::vector<char> trained(train.cols());
  for (const std::uint32_t item : train.columns()) trained[item] = 1;
  std::vector<char> unknown(train.cols());
  std::uint64_t users = 0;
  std::uint64_t items = 0;
  std::uint64_t both = 0;
  for (std::uint32_t row = 0; row < test.rows(); ++row) {
    if (test.row_columns(row).empty()) continue;
    users += train.row_columns(row).empty() ? 1 : 0;
    for (const std::uint32_t item : test.row_columns(row)) {
      if (trained[item] == 0 && std::exchange(unknown[item], 1) == 0) ++items;
      both += train.at(row, item) != 0 ? 1 : 0;
    }
  }
  if (users > 0 || items > 0) {
    session.log.note(fmt::format("{} and {} of {} are not in {}", plural(users, "user"), plural(items, "item"),
                                 visible(e.test.string()), visible(e.train.string())));
  }
  if (both > 0) {
    session.log.note(
        fmt::format("{} of {} are in {} as well: what is known is not recommended, and so they count as missed",
                    plural(both, "pair"), visible(e.test.string()), visible(e.train.string())));
  }
}

bool same(const Interactions& a, const Interactions& b) {
  const auto equal = [](const auto& x, const auto& y) { return std::ranges::equal(x, y); };
  return equal(a.users.strings().bytes(), b.users.strings().bytes()) &&
         equal(a.users.strings().offsets(), b.users.strings().offsets()) &&
         equal(a.items.strings().bytes(), b.items.strings().bytes()) &&
         equal(a.items.strings().offsets(), b.items.strings().offsets()) &&
         equal(a.plays.row_ptr(), b.plays.row_ptr()) && equal(a.plays.columns(), b.plays.columns()) &&
         equal(a.plays.values(), b.plays.values());
}

}  // namespace

void check_held_out(const EvaluateArgs& e, const Source& source) {
  if (is_given(e)) {
    if (!source.path.empty()) {
      throw Error(ErrorCode::kInvalidArgument, "a log and --train or --test are given",
                  "give a log to be split, or both files of a split");
    }
    if (!e.candidates.empty() && e.negatives > 0) {
      throw Error(ErrorCode::kInvalidArgument, "--candidates and --among are both given",
                  "rank those of a file, or those that are drawn");
    }
    if (e.train.empty() || e.test.empty()) {
      throw Error(ErrorCode::kInvalidArgument, e.train.empty() ? "--train is missing" : "--test is missing",
                  "a split of one's own is two files");
    }
    refuse_options_of_a_log(e, source);
    return;
  }
  if (e.format != SplitFormat::kAuto) {
    throw Error(ErrorCode::kInvalidArgument, "--split-format belongs to a split of one's own",
                "give --train and --test, or leave it out");
  }
  if (!e.candidates.empty()) {
    throw Error(ErrorCode::kInvalidArgument, "--candidates belongs to a split of one's own", "give --train and --test");
  }
  if (source.path.empty()) {
    throw Error(ErrorCode::kInvalidArgument, "LOG is missing", "segue evaluate --help shows examples");
  }
  if (by_time(e) && source.ingest.time == "none" && log_option_given(source, "--time")) {
    throw Error(ErrorCode::kInvalidArgument, fmt::format("--time none is given, and --split {} goes by times", e.split),
                "name their column, or choose another --split");
  }
  refuse_unused_options(e);
}

std::string split_text(const EvaluateArgs& e) {
  std::string text = e.split;
  for (const auto& [name, value] : parameters_of(e)) text += fmt::format(", {} {}", name, value);
  return text;
}

std::string split_flags(const EvaluateArgs& e) {
  std::string text = " --split " + e.split;
  for (const auto& [name, value] : parameters_of(e)) text += fmt::format(" --{} {}", name, value);
  return text;
}

HeldOut hold_out(Session& session, const EvaluateArgs& e, const Source& source, const Interactions* expected) {
  HeldOut job;
  if (is_given(e)) {
    GivenSplit given = read_split(e.train, e.test, e.candidates, e.format);
    say_given(session, e, given);
    job.split = std::move(given.split);
    job.candidates = std::move(given.candidates);
    job.users = std::move(given.users);
    job.items = std::move(given.items);
    job.about = {{"split", "given"}};
  } else {
    Source read = source;
    const bool timed = by_time(e);
    if (!timed) {
      read.ingest.time = "none";
    } else if (read.ingest.time == "none") {
      read.ingest.time.clear();
    }
    Data data = load_data(session, read, Detail::kDetected);
    warn_if_mostly_rejected(session, data);
    if (timed && data.interactions.times.size() == 0) {
      throw Error(ErrorCode::kInvalidArgument, {source.path.string()},
                  fmt::format("has no times, and --split {} goes by them", e.split),
                  data.report ? "name their column with --time, or choose another --split"
                              : "ingest the log again with --time, or choose another --split");
    }
    if (expected != nullptr && !same(data.interactions, *expected)) {
      throw Error(ErrorCode::kInvalidArgument, {source.path.string()}, "holds other data than the model of --card",
                  "give the log that it was made of, read as it was then, or leave LOG out");
    }
    job.split = split_log(e, data.interactions, session.run());
    job.about = {{"split", e.split}, {"split_seed", e.seed}};
    job.users = std::move(data.interactions.users);
    job.items = std::move(data.interactions.items);
    job.titles = std::move(data.interactions.titles);
  }
  if (e.negatives > 0) {
    job.candidates = sample_candidates(job.split, e.negatives, e.seed, session.run());
    job.about["among"] = e.negatives;
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
