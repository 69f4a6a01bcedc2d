// segue synth: a made-up log, to try and to measure on.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "commands.h"
#include "data.h"
#include "options.h"
#include "segue/error.h"
#include "segue/synth.h"
#include "text.h"

namespace segue::cli {
namespace {

struct Args {
  SynthOptions options;
  std::uint32_t scale = 1;
  std::filesystem::path output;
};

constexpr const char* kSummary =
    "Make up a play log of the size and shape of Last.fm-360K\n"
    "For trying and measuring where no real log is at hand: users have tastes, items are as popular as artists are. It "
    "says "
    "nothing about quality on real data. A name that ends in .plays gets the matrix, any other the log as text.";

constexpr const char* kExamples = R"(Examples:
  segue synth -o plays.tsv                             358,868 users, 292,365 artists, 17 million rows, 1.6 GB
  segue synth --users 10000 --items 5000 -o small.tsv
  segue synth --scale 10 -o large.plays                ten times the users, without the text)";

/// Text never replaces a file: nothing says that a log was made up. Endings that mean something else are refused.
void check_output(const std::filesystem::path& output, bool as_matrix) {
  if (as_matrix) return require_writable(output, {}, "plays");
  const auto refuse = [&](const char* problem, const char* fix) {
    throw Error(ErrorCode::kInvalidArgument, {output.string()}, problem, fix);
  };
  for (const char* ending : {".segue", ".gz", ".zst", ".tar", ".PLAYS"}) {
    if (output.extension() == ending)
      refuse("would be text, which its ending does not say", "end it in .tsv, or in .plays for the matrix");
  }
  std::error_code error;
  if (std::filesystem::is_regular_file(output, error) && std::filesystem::file_size(output, error) != 0) {
    refuse("is there already, so it stays as it is", "name another file with -o, or remove this one");
  }
  require_writable(output, {}, "log");
}

void run(Session& session, const Args& args) {
  const auto begin = std::chrono::steady_clock::now();
  const auto seconds = [&] { return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count(); };
  const std::filesystem::path output = args.output.empty() ? "made-up.tsv" : args.output;
  const bool as_matrix = output.extension() == ".plays" || output.filename() == ".plays";
  check_output(output, as_matrix);
  SynthOptions options = args.options;
  const std::uint64_t users = std::uint64_t{options.users} * args.scale;
  if (users >= 0xFFFFFFFF) {
    throw Error(ErrorCode::kInvalidArgument, "--users times --scale is more than 4,294,967,294", "lower one of them");
  }
  options.users = static_cast<std::uint32_t>(users);

  const Interactions made = synthesize(options, session.run());
  session.log.event("made", {{"users", made.users.size()},
                             {"items", made.items.size()},
                             {"interactions", made.plays.nnz()},
                             {"seed", options.seed}});
  session.log.say(fmt::format("{:<12}{} users, {} items, {} interactions, seed {}", "made up",
                              group_digits(made.users.size()), group_digits(made.items.size()),
                              group_digits(made.plays.nnz()), options.seed));
  const double before_writing = seconds();
  if (as_matrix) {
    save_interactions(made, output, session.run());
  } else {
    save_log(made, output, session.run());
  }
  say_written(session, output, seconds() - before_writing);
  session.log.event("done", {{"command", "synth"},
                             {"output", output.string()},
                             {"output_bytes", std::filesystem::file_size(output)},
                             {"seconds", seconds()},
                             {"peak_memory_bytes", peak_memory_bytes()}});
}

}  // namespace

void add_synth(CLI::App& app, Session& session, Work& chosen) {
  const auto [command, args] = add_command<Args>(app, session, chosen, "synth", kSummary, kExamples, run);
  add_synth_options(*command, args->options, args->scale);
  add_output_option(*command, args->output,
                    "File to write: the matrix if it ends in .plays, otherwise text; made-up.tsv when left out");
  add_common_options(*command, session);
}

}  // namespace segue::cli
