// Log: everything that is said about the work, on standard error: sentences and a progress line for people, or events,
// one JSON object a line, for programs (docs/logs.md).
#ifndef SEGUE_APPS_CLI_LOG_H_
#define SEGUE_APPS_CLI_LOG_H_

#include <chrono>
#include <mutex>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "console.h"
#include "segue/error.h"
#include "segue/run.h"

namespace segue::cli {

using Json = nlohmann::ordered_json;

/// A float as the shortest decimal that reads back the same: 0.93 and not 0.9300000071525574.
Json json_number(float value);
/// One line; bytes that are not UTF-8 become U+FFFD.
std::string dump(const Json& json);

enum class LogFormat { kText, kJson };

/// Thread-safe. A stream that cannot be written to any more is no reason to stop working: such lines are lost.
class Log {
 public:
  explicit Log(LogFormat format);
  /// Takes the progress line away.
  ~Log();
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;

  bool is_json() const { return format_ == LogFormat::kJson; }
  const Terminal& terminal() const { return terminal_; }

  /// A line for people; what is in it must be visible() already. Nothing in JSON.
  void say(std::string_view line);
  /// An event for programs: its name first, then `fields`. Nothing in text.
  void event(std::string_view name, const Json& fields);
  /// Something one should know: "note: …", or the event "note".
  void note(std::string_view text);
  /// "warning: …", for people only: programs find the facts in the events.
  void warning(std::string_view text);
  /// "error: where: problem" and "fix: …", or the event "error".
  void error(const Error& error);
  /// A line that is redrawn on a terminal; elsewhere a line, or the event "progress", every five seconds.
  void progress(const Progress& progress);

 private:
  void clear_progress_line();
  void write(std::string_view text);

  LogFormat format_;
  Terminal terminal_;
  std::mutex mutex_;
  bool line_is_drawn_ = false;
  std::chrono::steady_clock::time_point last_progress_ = std::chrono::steady_clock::now();
};

}  // namespace segue::cli

#endif  // SEGUE_APPS_CLI_LOG_H_
