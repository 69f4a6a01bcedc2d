// segue: from a play log to "similar artists" and "for you".
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdlib>
#include <exception>
#include <new>
#include <string>
#include <vector>

#include "commands.h"
#include "console.h"
#include "help.h"
#include "log.h"
#include "options.h"
#include "segue/error.h"
#include "session.h"
#include "signals.h"
#include "text.h"

namespace segue::cli {
namespace {

constexpr int kUnexpected = 1;           // a fault of ours
constexpr int kOutputClosed = 128 + 13;  // as a shell reports a program that SIGPIPE ended

constexpr const char* kSummary = "segue turns a log of who played what into \"similar artists\" and \"for you\".";

constexpr const char* kExamples = R"(Start here:
  segue demo                                       see what it does, without any data
  segue fit plays.tsv                              user, item and plays in columns: writes plays.segue
  segue similar plays.segue "the clash" -n 20      what is like an artist
  segue recommend plays.segue --user ID            what somebody would like next
  segue COMMAND --help                             options and examples of a command)";

constexpr const char* kShortHelp = R"(segue turns a log of who played what into "similar artists" and "for you".

  segue demo                                       see what it does, without any data
  segue fit plays.tsv                              user, item and plays in columns: writes plays.segue
  segue similar plays.segue "the clash" -n 20      what is like an artist
  segue recommend plays.segue --user ID            what somebody would like next

segue --help lists all commands.)";

/// How the commands that we suggest begin: as `dev` says that it was called, or as this program was.
std::string program_words(const char* called) {
  const char* words = std::getenv("SEGUE_PROGRAM");
  return words != nullptr && *words != 0 ? std::string(words) : shell_quote(called);
}

/// What all commands have in common, and the commands of commands.
void finish(CLI::App& app) {
  for (CLI::App* command : app.get_subcommands({})) {
    command->allow_extras();
    command->set_help_flag("-h,--help", "Print this help")->group("Running");
    unguard_brackets(*command);
    finish(*command);
  }
}

/// Understands the arguments and does what they ask for. @return the exit status.
int serve(std::vector<std::string> arguments, Session& session) {
  CLI::App app(kSummary, "segue");
  app.formatter(std::make_shared<HelpFormatter>());
  app.set_version_flag("--version", "segue " SEGUE_VERSION, "Print the version");
  app.footer(kExamples);
  app.require_subcommand(0, 1);
  app.allow_extras();  // refused below, in better words

  Work chosen;
  for (const auto add : {add_demo, add_ingest, add_fit, add_similar, add_recommend, add_lookup, add_evaluate, add_tune,
                         add_inspect, add_index, add_map, add_serve, add_synth}) {
    add(app, session, chosen);
  }
  finish(app);

  const std::vector<std::string> as_typed = arguments;
  std::transform(arguments.begin(), arguments.end(), arguments.begin(), guard_brackets);
  std::reverse(arguments.begin(), arguments.end());  // as CLI11 wants them
  try {
    app.parse(std::move(arguments));
  } catch (const CLI::CallForHelp&) {
    print(app.help());
    flush_output();
    return EXIT_SUCCESS;
  } catch (const CLI::CallForVersion&) {
    print(app.version() + "\n");
    flush_output();
    return EXIT_SUCCESS;
  } catch (const CLI::ParseError& error) {
    refuse_leftovers(app);
    rethrow(error, app, as_typed);
  }
  refuse_leftovers(app);
  if (!chosen) {
    session.log.say(kShortHelp);
    if (session.log.is_json())
      throw Error(ErrorCode::kInvalidArgument, "a command is missing", "segue --help lists them");
    return describe(ErrorCode::kInvalidArgument).exit_status;
  }
  chosen();
  flush_output();
  return EXIT_SUCCESS;
}

int report(Log& log, const Error& error) {
  log.error(error);
  return describe(error.code()).exit_status;
}

/// serve(), with every way to fail turned into an exit status.
int run(std::vector<std::string> arguments, std::string program) {
  Log log(log_format_of(arguments));
  try {
    const Signals signals([&log] { log.say("stopping; press Ctrl-C again to end at once"); });
    Session session{log, signals.token(), std::move(program)};
    return serve(std::move(arguments), session);
  } catch (const Error& error) {
    return report(log, error);
  } catch (const BrokenPipe&) {
    return kOutputClosed;
  } catch (const std::bad_alloc&) {
    return report(log, Error(ErrorCode::kOutOfMemory, "there is not enough memory",
                             "use fewer --factors, or a machine with more memory"));
  } catch (const std::exception& error) {
    log.say(fmt::format("error: unexpected: {}", visible(error.what())));
    log.event("error", {{"code", "unexpected"}, {"exit_status", kUnexpected}, {"problem", error.what()}});
    return kUnexpected;
  }
}

}  // namespace
}  // namespace segue::cli

int main(int argc, char** argv) {
  segue::cli::secure_standard_streams();
  const int status =
      segue::cli::run({argv + std::min(argc, 1), argv + argc}, segue::cli::program_words(argc > 0 ? argv[0] : "segue"));
  // After a failure nobody wants what is left in the buffer of standard output: exit() would try to write it once more.
  if (status != EXIT_SUCCESS) std::_Exit(status);
  return status;
}
