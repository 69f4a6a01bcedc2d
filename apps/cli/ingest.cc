// segue ingest: a log becomes a file of interactions that fit and lookup open in no time.
#include <fmt/format.h>

#include <chrono>

#include "commands.h"
#include "data.h"
#include "segue/error.h"
#include "text.h"

namespace segue::cli {
namespace {

struct Args {
  Source source;
  std::filesystem::path output;
};

constexpr const char* kSummary =
    "Read a play log and keep it as a matrix of users and items\n"
    "Says what was read, what was rejected and why, and writes a .plays file that fit and lookup take in place of the "
    "log.";

constexpr const char* kExamples = R"(Examples:
  segue ingest usersha1-artmbid-artname-plays.tsv -o lastfm.plays
  segue ingest user_artists.dat --titles artists.dat -o lastfm2k.plays
  segue ingest ratings.csv --user userId --item movieId --value rating
  segue ingest clicks.csv --delimiter ';' --header no --user 1 --item 3 --value none)";

void run(Session& session, const Args& args) {
  const auto begin = std::chrono::steady_clock::now();
  const auto seconds = [&] { return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count(); };

  require_file(args.source.path);
  const std::filesystem::path output = args.output.empty() ? default_output(args.source.path, ".plays") : args.output;
  require_writable(output, args.source.path, "plays");

  const Data data = load_data(session, args.source, Detail::kFull);

  const double before_writing = seconds();
  save_interactions(data.interactions, output, session.run());
  say_written(session, output, seconds() - before_writing);
  warn_if_mostly_rejected(session, data);
  session.log.event("done", {{"command", "ingest"},
                             {"output", output.string()},
                             {"output_bytes", std::filesystem::file_size(output)},
                             {"seconds", seconds()},
                             {"peak_memory_bytes", peak_memory_bytes()}});
}

}  // namespace

void add_ingest(CLI::App& app, Session& session, Work& chosen) {
  const auto [command, args] = add_command<Args>(app, session, chosen, "ingest", kSummary, kExamples, run);
  add_source_options(*command, args->source, ColumnOptions::kShort);
  args->source.ingest.time.clear();
  add_time_option(*command, args->source);
  add_output_option(*command, args->output, "File to write; named after the log when left out");
  add_common_options(*command, session);
}

}  // namespace segue::cli
