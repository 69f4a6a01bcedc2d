#include "data.h"

#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <fstream>
#include <string>
#include <system_error>

#include "segue/error.h"
#include "text.h"

namespace segue::cli {
namespace {

namespace fs = std::filesystem;

constexpr int kLabel = 12;  // width of the labels in front of a report's lines

Json rejections_json(const IngestReport& report) {
  Json list = Json::array();
  for (const Rejection& rejection : report.rejections) {
    Json examples = Json::array();
    for (const RejectedRow& row : rejection.examples) {
      examples.push_back({{"line", row.line}, {"column", row.column}, {"text", row.text}});
    }
    list.push_back(
        {{"reason", rejection.reason}, {"rows", rejection.rows}, {"fix", rejection.fix}, {"examples", examples}});
  }
  return list;
}

std::uint64_t rejected_rows(const IngestReport& report) { return report.rows_read - report.rows_kept; }

bool mostly_rejected(const IngestReport& report) { return rejected_rows(report) > report.rows_kept; }

void say_labelled(Session& session, std::string_view label, const std::string& text) {
  session.log.say(fmt::format("{:<{}}{}", label, kLabel, text));
}

void say_rejections(Session& session, const std::string& file, const IngestReport& report) {
  const Terminal& terminal = session.log.terminal();
  say_labelled(session, "rejected", plural(rejected_rows(report), "row"));
  for (const Rejection& rejection : report.rejections) {
    if (rejection.rows == 0) continue;
    session.log.say(fmt::format("  {}{}{}: {}", terminal.bold(), visible(rejection.reason), terminal.plain(),
                                plural(rejection.rows, "row")));
    for (const RejectedRow& row : rejection.examples) {
      session.log.say(fmt::format("    {}:{}:{}: {}", visible(file), row.line, row.column, visible(row.text)));
    }
    if (!rejection.fix.empty()) session.log.say(fmt::format("    fix: {}", visible(rejection.fix)));
  }
}

void say_report(Session& session, const std::string& file, const Interactions& data, const IngestReport& report) {
  say_labelled(session, "read",
               fmt::format("{} from {} ({}) in {}, {}/s", plural(report.rows_read, "row"), visible(file),
                           show_bytes(report.bytes), show_seconds(report.seconds),
                           show_bytes(static_cast<std::uint64_t>(static_cast<double>(report.bytes) /
                                                                 std::max(report.seconds, 1e-9)))));
  if (!report.detected.empty()) say_labelled(session, "detected", visible(report.detected));
  say_labelled(session, "kept", plural(report.rows_kept, "row"));
  if (rejected_rows(report) > 0) say_rejections(session, file, report);
  if (report.duplicates > 0) {
    say_labelled(session, "duplicates",
                 fmt::format("{} combined with an earlier one of the same user and item (--duplicates)",
                             plural(report.duplicates, "row")));
  }
  if (report.items_with_several_keys > 0) {
    say_labelled(
        session, "keys",
        fmt::format("{} came under more than one MBID (--item-key)", plural(report.items_with_several_keys, "name")));
  }
  if (report.items_without_title > 0) {
    say_labelled(session, "titles",
                 fmt::format("{} not in the file of titles and shown by id (--titles)",
                             plural(report.items_without_title, "item")));
  }
  if (report.dropped_by_minimum > 0) {
    say_labelled(session, "left out",
                 fmt::format("{} of users or items with too few (--min-user-items, --min-item-users)",
                             plural(report.dropped_by_minimum, "interaction")));
  }
  say_labelled(session, "made",
               fmt::format("{}, {}, {}", plural(data.users.size(), "user"), plural(data.items.size(), "item"),
                           plural(data.plays.nnz(), "interaction")));
  say_labelled(session, "matrix", fmt::format("{} of memory", show_bytes(data.plays.bytes())));
}

/// "a model", "an index", "plays": a kind of file in a sentence.
std::string with_article(std::string_view kind) {
  return (kind == "model" ? "a " : kind == "index" ? "an " : "") + std::string(kind);
}

/// The file's name without what says how it is packed and written.
fs::path stem_of(const fs::path& input) {
  fs::path name = input.filename();
  constexpr std::array<std::string_view, 5> kPackings{".gz", ".zst", ".tgz", ".tar", ".bz2"};
  while (std::find(kPackings.begin(), kPackings.end(), name.extension().string()) != kPackings.end()) {
    name.replace_extension();
  }
  return name.replace_extension();
}

}  // namespace

std::uint64_t peak_memory_bytes() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<std::uint64_t>(usage.ru_maxrss) * 1024;  // Linux counts in KiB
}

void require_file(const fs::path& path) {
  std::error_code error;
  if (!fs::exists(path, error)) {
    throw Error(ErrorCode::kNotFound, {path.string()}, "there is no such file", "check the path");
  }
  if (fs::is_directory(path, error)) {
    throw Error(ErrorCode::kIo, {path.string()}, "is a folder", "name the file in it");
  }
}

Data load_data(Session& session, const Source& source, Detail detail) {
  require_file(source.path);
  const std::string file = source.path.string();
  if (is_segue_file(source.path)) {
    if (const std::string option = given_log_option(source); !option.empty()) {
      throw Error(ErrorCode::kInvalidArgument, {file},
                  fmt::format("{} says how to read a log, but this file has been ingested already", option),
                  "give the log itself, or leave the option out");
    }
    Data data{open_interactions(source.path), std::nullopt};
    const Interactions& opened = data.interactions;
    session.log.event("open", {{"file", file},
                               {"users", opened.users.size()},
                               {"items", opened.items.size()},
                               {"interactions", opened.plays.nnz()}});
    if (detail == Detail::kFull) {
      say_labelled(session, "opened",
                   fmt::format("{}: {}, {}, {}", visible(file), plural(opened.users.size(), "user"),
                               plural(opened.items.size(), "item"), plural(opened.plays.nnz(), "interaction")));
    }
    return data;
  }

  IngestResult result = read_log(source.path, source.ingest, session.run());
  const Interactions& made = result.interactions;
  const IngestReport& report = result.report;
  session.log.event("ingest", {{"file", file},
                               {"detected", report.detected},
                               {"seconds", report.seconds},
                               {"bytes", report.bytes},
                               {"rows_read", report.rows_read},
                               {"rows_kept", report.rows_kept},
                               {"rows_rejected", rejected_rows(report)},
                               {"blank_lines", report.blank_lines},
                               {"mostly_rejected", mostly_rejected(report)},
                               {"rejections", rejections_json(report)},
                               {"duplicates", report.duplicates},
                               {"dropped_by_minimum", report.dropped_by_minimum},
                               {"items_with_several_keys", report.items_with_several_keys},
                               {"items_without_title", report.items_without_title},
                               {"users", made.users.size()},
                               {"items", made.items.size()},
                               {"interactions", made.plays.nnz()},
                               {"matrix_bytes", made.plays.bytes()}});
  if (detail == Detail::kDetected && !report.detected.empty()) {
    say_labelled(session, "detected", visible(report.detected));
  }
  if (detail == Detail::kFull) {
    say_report(session, file, made, report);
  } else if (rejected_rows(report) > 0) {
    session.log.say(fmt::format("{} of {} rejected; {} ingest shows which and why", group_digits(rejected_rows(report)),
                                plural(report.rows_read, "row"), session.program));
  }
  const bool titles_asked = !source.ingest.titles.empty();
  if (titles_asked && std::uint64_t{2} * report.items_without_title > made.items.size()) {
    session.log.warning(
        fmt::format("{} gives only {} of {} a title: is it the right file, its columns id and title (--titles)?",
                    source.ingest.titles.string(), group_digits(made.items.size() - report.items_without_title),
                    plural(made.items.size(), "item")));
  }
  return {std::move(result.interactions), std::move(result.report)};
}

void note_if_all_ones(Session& session, const CsrMatrix& plays, std::string_view model, const ModelSettings& given) {
  const auto say = [&](std::string_view option, std::string_view better) {
    if (given.contains(option) || plays.nnz() == 0) return;
    if (!std::ranges::all_of(plays.values(), [](float value) { return value == 1; })) return;
    session.log.note(fmt::format("every value is 1: {} {} ranks better then, as a rule (docs/defaults.md)",
                                 flag_of(option), better));
  };
  if (model == "als") say("weighting", "binary");
  if (model == "knn") say("similarity", "cosine");
}

void refuse_foreign_file(const fs::path& path, std::string_view kind, const std::string& fix_log,
                         const std::string& fix_other) {
  constexpr std::size_t kLooked = 4096;
  std::string begin(kLooked, '\0');
  std::ifstream file(path, std::ios::binary);
  begin.resize(static_cast<std::size_t>(file.read(begin.data(), kLooked).gcount()));
  const bool text = std::none_of(begin.begin(), begin.end(),
                                 [](unsigned char c) { return c < ' ' && c != '\t' && c != '\n' && c != '\r'; });
  const bool log = text && !begin.empty();
  throw Error(ErrorCode::kBadInput, {path.string()},
              begin.empty() ? "is empty" : fmt::format("is not {}{}", kind, log ? "; it looks like a log" : ""),
              log ? fix_log : fix_other);
}

void warn_if_mostly_rejected(Session& session, const Data& data) {
  if (!data.report || !mostly_rejected(*data.report)) return;
  const IngestReport& report = *data.report;
  const Rejection& most = *std::max_element(report.rejections.begin(), report.rejections.end(),
                                            [](const Rejection& a, const Rejection& b) { return a.rows < b.rows; });
  session.log.warning(
      fmt::format("{} of {} were rejected, most because {}. Are these the right columns? Set them with --user-column, "
                  "--item-column, "
                  "--value, --delimiter and --header",
                  group_digits(rejected_rows(report)), plural(report.rows_read, "row"), most.reason));
}

Model load_model(const Session& session, const fs::path& path) {
  require_file(path);
  if (!is_plain_file(path)) throw Error(ErrorCode::kIo, {path.string()}, "is not a regular file", "name a file");
  const std::string fix = fmt::format("make a model of it: {} fit {}", session.program, shell_path(path));
  if (!is_segue_file(path)) refuse_foreign_file(path, "a model", fix, "name a model: a file that segue fit wrote");
  const std::string kind = read_layout(path).kind;
  if (kind == "index") {
    throw Error(ErrorCode::kBadInput, {path.string()}, "holds vectors and an index, not a model",
                fmt::format("ask it by {} index query, or name a model", session.program));
  }
  if (kind != "model") {
    throw Error(ErrorCode::kBadInput, {path.string()}, "is not a model; it holds interactions only", fix);
  }
  return Model::open(path);
}

fs::path default_output(const fs::path& input, std::string_view extension) {
  if (!fs::is_regular_file(input) || input.string().starts_with("/dev/")) {
    throw Error(ErrorCode::kInvalidArgument, {input.string()}, "has no name to call the output by", "name it with -o");
  }
  fs::path name = stem_of(input);
  name += extension;
  return name;
}

bool is_plain_file(const fs::path& path) {
  std::error_code error;
  return fs::is_regular_file(path, error);
}

void require_writable(const fs::path& output, const fs::path& input, std::string_view kind) {
  const auto refuse = [&](ErrorCode code, std::string problem, std::string fix) {
    throw Error(code, {output.string()}, std::move(problem), std::move(fix));
  };
  std::error_code error;
  const fs::path folder = output.has_parent_path() ? output.parent_path() : fs::path(".");
  if (!fs::is_directory(folder, error)) {
    refuse(ErrorCode::kNotFound, "its folder does not exist", fmt::format("mkdir -p {}", shell_path(folder)));
  }
  if (!output.has_filename()) refuse(ErrorCode::kInvalidArgument, "is a folder", "name a file");
  if (access(folder.c_str(), W_OK | X_OK) != 0) {
    refuse(ErrorCode::kIo, std::string("cannot write to its folder: ") + std::strerror(errno), "name another place");
  }
  if (!fs::exists(output, error)) return;
  if (fs::equivalent(output, input, error)) {
    refuse(ErrorCode::kInvalidArgument, "is the input, too", "name another file");
  }
  if (!fs::is_regular_file(output, error)) {
    refuse(ErrorCode::kInvalidArgument, "exists and is not a regular file", "name a file");
  }
  if (fs::file_size(output, error) == 0) return;  // as mktemp makes them
  if (!is_segue_file(output)) {
    refuse(ErrorCode::kInvalidArgument, "exists and was not written by segue, so it stays as it is",
           "name another file, or remove this one");
  }
  std::string there;
  try {
    there = read_layout(output).kind;
  } catch (const Error&) {
    return;  // one of ours, damaged: nothing is lost by replacing it
  }
  if (there != kind) {
    refuse(ErrorCode::kInvalidArgument,
           fmt::format("exists and holds {}, not {}", with_article(there), with_article(kind)),
           "name another file, or remove this one");
  }
}

bool same_place(const std::filesystem::path& a, const std::filesystem::path& b) {
  const auto whole = [](const auto& path) {
    return std::filesystem::weakly_canonical(std::filesystem::absolute(path));
  };
  return whole(a) == whole(b);
}

FileStamp::FileStamp(std::filesystem::path path) : path_(std::move(path)), state_(state_of(path_)) {}

void FileStamp::require_same() const {
  if (state_of(path_) == state_) return;
  throw Error(ErrorCode::kIo, {path_.string()}, "was written by another program meanwhile, so it stays as it is",
              "run this again, which begins with what is there now");
}

FileStamp::State FileStamp::state_of(const std::filesystem::path& path) {
  struct stat now {};
  if (::stat(path.c_str(), &now) != 0) return {};
  return {static_cast<std::int64_t>(now.st_dev), static_cast<std::int64_t>(now.st_ino), now.st_size, now.st_mtim.tv_sec,
          now.st_mtim.tv_nsec};
}

void say_written(Session& session, const fs::path& output, double seconds) {
  std::error_code error;
  const std::uint64_t bytes = fs::file_size(output, error);
  session.log.say(fmt::format("{:<{}}{} ({}) in {}", "wrote", kLabel, visible(output.string()),
                              show_bytes(error ? 0 : bytes), show_seconds(seconds)));
}

}  // namespace segue::cli
