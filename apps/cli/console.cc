#include "console.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include "segue/error.h"

namespace segue::cli {
namespace {

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

bool locale_is_utf8() {
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    std::string value = environment(name);
    if (value.empty()) continue;
    std::transform(value.begin(), value.end(), value.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return value.find("utf-8") != std::string::npos || value.find("utf8") != std::string::npos;
  }
  return false;
}

[[noreturn]] void output_failed(int reason) {
  if (reason == EPIPE) throw BrokenPipe{};
  throw Error(ErrorCode::kIo, {"standard output"}, std::string("cannot write: ") + std::strerror(reason),
              "check where the output is sent");
}

}  // namespace

void secure_standard_streams() {
  for (const int descriptor : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    // Read-only for all three: what is written there then fails as it would have, instead of landing in a file.
    if (fcntl(descriptor, F_GETFD) == -1 && errno == EBADF && open("/dev/null", O_RDONLY) != descriptor) std::abort();
  }
  std::signal(SIGPIPE, SIG_IGN);
}

Terminal Terminal::of(Stream stream) {
  Terminal terminal;
  terminal.descriptor_ = stream == Stream::kOutput ? STDOUT_FILENO : STDERR_FILENO;
  terminal.is_terminal = isatty(terminal.descriptor_) == 1;
  terminal.color = terminal.is_terminal && environment("NO_COLOR").empty() && environment("TERM") != "dumb";
  terminal.unicode = locale_is_utf8();
  return terminal;
}

std::size_t Terminal::width() const {
  if (!is_terminal) return 0;
  winsize size{};
  if (ioctl(descriptor_, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
  constexpr std::size_t kUsual = 80;
  return kUsual;
}

void print(std::string_view text) {
  errno = 0;
  if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size()) output_failed(errno);
}

void flush_output() {
  errno = 0;
  if (std::fflush(stdout) != 0) output_failed(errno);
}

}  // namespace segue::cli
