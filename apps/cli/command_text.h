// Commands that are told: options as they are typed to do the same again.
#ifndef SEGUE_APPS_CLI_COMMAND_TEXT_H_
#define SEGUE_APPS_CLI_COMMAND_TEXT_H_

#include <string>
#include <string_view>

#include "options.h"

namespace segue::cli {

/// How the log is read: " --format delimited --user-column 1".
/// @param but  the name of an option that the command does not take; empty: none
std::string reading_flags(const Source& source, std::string_view but = {});

/// A split of one's own, by all that says what is judged by what: " --train a --test b --candidates c".
/// @param test  the file that is judged by, as a word of the shell
std::string given_split_flags(const EvaluateArgs& e, std::string_view test);

/// Whether it is what was piped in, which is gone.
bool is_standard_input(const Source& source);

}  // namespace segue::cli

#endif  // SEGUE_APPS_CLI_COMMAND_TEXT_H_
