// Session: what every subcommand is given.
#ifndef SEGUE_APPS_CLI_SESSION_H_
#define SEGUE_APPS_CLI_SESSION_H_

#include <stop_token>
#include <string>

#include "log.h"
#include "segue/run.h"

namespace segue::cli {

struct Session {
  Log& log;
  std::stop_token stop;
  std::string program;  // words for a shell that call this program: commands we suggest work as pasted
  int threads = 0;      // --threads
  LogFormat log_format = LogFormat::kText;  // --log-format, which `log` obeys already

  /// A Run that stops on Ctrl-C and shows its progress.
  Run run() const {
    return {.stop = stop, .progress = [this](const Progress& progress) { log.progress(progress); }, .threads = threads};
  }
};

/// The largest resident memory of this process so far, mapped files included.
std::uint64_t peak_memory_bytes();

}  // namespace segue::cli

#endif  // SEGUE_APPS_CLI_SESSION_H_
