#include "signals.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <optional>
#include <string>
#include <utility>

#include "segue/error.h"

namespace segue::cli {
namespace {

// Not SIGQUIT: who presses Ctrl-\ wants an end at once, and a core to look at.
constexpr std::array kStopping{SIGINT, SIGTERM, SIGHUP};
// Ends the watcher; others that it reads are signals.
constexpr char kEnd = 0;
// A second signal within this time is the first one's echo: timeout(1) sends its signal to the program and to its
// group.
constexpr auto kEcho = std::chrono::milliseconds(200);

// A handler may call next to nothing, and request_stop() least of all: it takes a lock. So it writes a byte to a pipe,
// and a thread at the other end does the rest.
std::array<int, 2> pipe_ends{-1, -1};

extern "C" void on_signal(int signal) {
  const int before = errno;
  const char byte = static_cast<char>(signal);
  [[maybe_unused]] const ssize_t written = ::write(pipe_ends[1], &byte, 1);
  errno = before;
}

}  // namespace

Signals::Signals(std::function<void()> on_stop) : on_stop_(std::move(on_stop)) {
  std::signal(SIGXFSZ, SIG_IGN);  // a limit on file sizes is then an error of write, which says so and cleans up
  if (pipe2(pipe_ends.data(), O_CLOEXEC) != 0) {
    throw Error(ErrorCode::kIo, std::string("cannot make a pipe: ") + std::strerror(errno), "");
  }
  watcher_ = std::jthread([this] {
    char byte = kEnd;
    std::optional<std::chrono::steady_clock::time_point> stopped;
    while (true) {
      const ssize_t got = ::read(pipe_ends[0], &byte, 1);
      if (got < 0 && errno == EINTR) continue;
      if (got <= 0 || byte == kEnd) return;
      const auto now = std::chrono::steady_clock::now();
      if (!stopped) {
        stopped = now;
        stop_.request_stop();
        on_stop_();
      } else if (now - *stopped > kEcho) {  // the second one has its usual effect
        std::signal(byte, SIG_DFL);
        ::kill(::getpid(), byte);
      }
    }
  });
  for (const int signal : kStopping) {
    struct sigaction before {};
    sigaction(signal, nullptr, &before);
    if (before.sa_handler == SIG_IGN) continue;
    struct sigaction action {};
    action.sa_handler = on_signal;
    action.sa_flags = SA_RESTART;
    sigaction(signal, &action, nullptr);
  }
}

Signals::~Signals() {
  for (const int signal : kStopping) {
    struct sigaction now {};
    sigaction(signal, nullptr, &now);
    if (now.sa_handler == on_signal) std::signal(signal, SIG_DFL);
  }
  [[maybe_unused]] const ssize_t written = ::write(pipe_ends[1], &kEnd, 1);
  watcher_.join();
  for (int& end : pipe_ends) ::close(std::exchange(end, -1));
}

}  // namespace segue::cli
