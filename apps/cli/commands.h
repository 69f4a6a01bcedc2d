// The subcommands. Each adds itself to the command line; when it is the one that was asked for, `chosen` becomes its
// work.
#ifndef SEGUE_APPS_CLI_COMMANDS_H_
#define SEGUE_APPS_CLI_COMMANDS_H_

#include <CLI/CLI.hpp>
#include <functional>

#include "session.h"

namespace segue::cli {

using Work = std::function<void()>;

void add_ingest(CLI::App& app, Session& session, Work& chosen);
void add_fit(CLI::App& app, Session& session, Work& chosen);
void add_evaluate(CLI::App& app, Session& session, Work& chosen);
void add_tune(CLI::App& app, Session& session, Work& chosen);
void add_lookup(CLI::App& app, Session& session, Work& chosen);
void add_similar(CLI::App& app, Session& session, Work& chosen);
void add_recommend(CLI::App& app, Session& session, Work& chosen);
void add_serve(CLI::App& app, Session& session, Work& chosen);
void add_index(CLI::App& app, Session& session, Work& chosen);
void add_map(CLI::App& app, Session& session, Work& chosen);
void add_inspect(CLI::App& app, Session& session, Work& chosen);
void add_synth(CLI::App& app, Session& session, Work& chosen);
void add_demo(CLI::App& app, Session& session, Work& chosen);

/// Adds a subcommand whose options are kept in an Args, and which does `run(session, args)`.
/// @return the subcommand and its Args, to be filled with options.
template <typename Args>
std::pair<CLI::App*, Args*> add_command(CLI::App& app, Session& session, Work& chosen, const char* name,
                                        const char* summary, const char* examples, void (*run)(Session&, const Args&)) {
  CLI::App* command = app.add_subcommand(name, summary);
  command->footer(examples);
  const auto args = std::make_shared<Args>();
  command->callback([&session, &chosen, args, run] { chosen = [&session, args, run] { run(session, *args); }; });
  return {command, args.get()};
}

}  // namespace segue::cli

#endif  // SEGUE_APPS_CLI_COMMANDS_H_
