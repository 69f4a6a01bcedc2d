#include "log.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

#include "progress_line.h"
#include "text.h"

namespace segue::cli {
namespace {

using std::chrono::steady_clock;

constexpr auto kRedraw = std::chrono::milliseconds(100);
constexpr auto kPlainLine = std::chrono::seconds(5);

}  // namespace

Json json_number(float value) { return std::strtod(fmt::format("{}", value).c_str(), nullptr); }

std::string dump(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

Log::Log(LogFormat format) : format_(format), terminal_(Terminal::of(Stream::kError)) {}

Log::~Log() {
  const std::lock_guard lock(mutex_);
  clear_progress_line();
}

void Log::say(std::string_view line) {
  if (is_json()) return;
  const std::lock_guard lock(mutex_);
  clear_progress_line();
  write(fmt::format("{}\n", line));
}

void Log::event(std::string_view name, const Json& fields) {
  if (!is_json()) return;
  Json line{{"event", name}};
  line.update(fields);
  const std::lock_guard lock(mutex_);
  write(dump(line) + "\n");
}

void Log::note(std::string_view text) {
  event("note", {{"text", text}});
  say(fmt::format("{}note:{} {}", terminal_.yellow(), terminal_.plain(), visible(text)));
}

void Log::warning(std::string_view text) {
  say(fmt::format("{}warning:{} {}", terminal_.red(), terminal_.plain(), visible(text)));
}

void Log::error(const Error& error) {
  const ErrorCodeInfo& info = describe(error.code());
  const Where& where = error.where();
  event("error", {{"code", info.name},
                  {"exit_status", info.exit_status},
                  {"where", {{"file", where.file}, {"line", where.line}, {"column", where.column}}},
                  {"problem", error.problem()},
                  {"fix", error.fix()}});
  std::string place = visible(where.file);
  if (where.line > 0) place += fmt::format("{}{}", place.empty() ? "line " : ":", where.line);
  if (where.column > 0) place += fmt::format(":{}", where.column);
  if (!place.empty()) place += ": ";
  std::string text =
      fmt::format("{}error:{} {}{}", terminal_.red(), terminal_.plain(), place, visible(error.problem()));
  if (!error.fix().empty()) {
    text += fmt::format("\n  {}fix:{} {}", terminal_.bold(), terminal_.plain(), visible(error.fix()));
  }
  say(text);
}

void Log::progress(const Progress& progress) {
  const std::lock_guard lock(mutex_);
  const auto now = steady_clock::now();
  const bool draws = !is_json() && terminal_.is_terminal;
  // The first line of a terminal waits as well: what is over in a moment needs no progress.
  if (now - last_progress_ < (draws ? steady_clock::duration(kRedraw) : steady_clock::duration(kPlainLine))) return;
  last_progress_ = now;
  if (is_json()) {
    Json event{{"event", "progress"},     {"stage", progress.stage}, {"done", progress.done},
               {"total", progress.total}, {"unit", progress.unit},   {"seconds", progress.seconds}};
    if (progress.loss) event["loss"] = *progress.loss;
    write(dump(event) + "\n");
  } else if (draws) {
    // Drawn over in place and then cut off behind: a line that is cleared first would flicker.
    write(fmt::format("\r{}\x1b[K", progress_line(progress, terminal_.width() - 1, terminal_.unicode)));
    line_is_drawn_ = true;
  } else {
    write(fmt::format("{}  {}\n", progress.stage, progress_text(progress)));
  }
}

void Log::clear_progress_line() {
  if (!line_is_drawn_) return;
  write("\r\x1b[K");
  line_is_drawn_ = false;
}

void Log::write(std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(STDERR_FILENO, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
}

}  // namespace segue::cli
