// Console: the two streams a command talks through. Standard output carries results and nothing else; standard error
// carries everything that is said about the work.
#ifndef SEGUE_APPS_CLI_CONSOLE_H_
#define SEGUE_APPS_CLI_CONSOLE_H_

#include <cstddef>
#include <string_view>

namespace segue::cli {

/// Opens what is closed of standard input, output and error, so that no file of ours gets their numbers, and has writes
/// to a closed pipe fail instead of ending the program. Call first thing.
void secure_standard_streams();

/// Thrown when nobody reads standard output any more: the program ends quietly.
struct BrokenPipe {};

enum class Stream { kOutput, kError };

/// What is known of a stream that a person may be looking at.
struct Terminal {
  bool is_terminal = false;
  bool color = false;    // a terminal that is not "dumb", and NO_COLOR is unset or empty
  bool unicode = false;  // the locale says UTF-8

  static Terminal of(Stream stream);
  /// Columns now, 0 when it is no terminal.
  std::size_t width() const;

  // Codes to write, empty where there is no color.
  std::string_view bold() const { return color ? "\x1b[1m" : ""; }
  std::string_view red() const { return color ? "\x1b[1;31m" : ""; }
  std::string_view yellow() const { return color ? "\x1b[33m" : ""; }
  std::string_view dim() const { return color ? "\x1b[2m" : ""; }
  std::string_view plain() const { return color ? "\x1b[0m" : ""; }

 private:
  int descriptor_ = -1;
};

/// Writes to standard output, buffered. @throws BrokenPipe, Error{kIo} when the bytes cannot be written.
void print(std::string_view text);
/// Writes out what print() holds back. Call before saying that all went well. @throws as print().
void flush_output();

}  // namespace segue::cli

#endif  // SEGUE_APPS_CLI_CONSOLE_H_
