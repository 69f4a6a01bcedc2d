// Help: what --help prints, and what is said about arguments that cannot be understood.
#ifndef SEGUE_APPS_CLI_HELP_H_
#define SEGUE_APPS_CLI_HELP_H_

#include <CLI/CLI.hpp>
#include <span>
#include <string>
#include <vector>

namespace segue::cli {

/// Lines end where the terminal does, defaults stand behind what they are the defaults of, examples (the footer) come
/// last.
class HelpFormatter : public CLI::Formatter {
 public:
  std::string make_usage(const CLI::App* app, std::string name) const override;
  std::string make_group(std::string group, bool is_positional, std::vector<const CLI::Option*> options) const override;
  std::string make_option(const CLI::Option* option, bool is_positional) const override;
  std::string make_subcommand(const CLI::App* command) const override;
};

/// CLI11's complaint as an error of ours, which names options as they were typed in `arguments`.
/// @throws Error{kInvalidArgument}.
[[noreturn]] void rethrow(const CLI::ParseError& error, const CLI::App& app, std::span<const std::string> arguments);

/// @throws Error{kInvalidArgument} naming the first argument that nobody took, and what was probably meant.
void refuse_leftovers(const CLI::App& app);

}  // namespace segue::cli

#endif  // SEGUE_APPS_CLI_HELP_H_
