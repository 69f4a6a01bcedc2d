// Signals: Ctrl-C, or a terminal that is closed, asks the work to stop; a second one ends it at once.
#ifndef SEGUE_APPS_CLI_SIGNALS_H_
#define SEGUE_APPS_CLI_SIGNALS_H_

#include <functional>
#include <stop_token>
#include <thread>

namespace segue::cli {

/// While it lives, the first SIGINT, SIGTERM or SIGHUP requests a stop; each then gets back its usual effect. A signal
/// that the parent told us to ignore (nohup, a shell's background) stays ignored. At most one at a time.
class Signals {
 public:
  /// @param on_stop  called once, from another thread, when a stop was requested
  explicit Signals(std::function<void()> on_stop);
  ~Signals();
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;

  std::stop_token token() const { return stop_.get_token(); }

 private:
  std::stop_source stop_;
  std::function<void()> on_stop_;
  std::jthread watcher_;
};

}  // namespace segue::cli

#endif  // SEGUE_APPS_CLI_SIGNALS_H_
