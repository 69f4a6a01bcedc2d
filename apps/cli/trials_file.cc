#include "trials_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>

#include "segue/error.h"

namespace segue::cli {
namespace {

[[noreturn]] void fail(const std::filesystem::path& path) {
  throw Error(ErrorCode::kIo, {path.string()}, fmt::format("cannot be written: {}", std::strerror(errno)),
              "name another file with --trials-file");
}

Json to_json(const Measurement& m) {
  Json json{{"trial", m.trial}, {"settings", m.settings}, {"value", nullptr}, {"seconds", m.seconds}};
  if (m.value) json["value"] = *m.value;
  return json;
}

Measurement from_json(const Json& json) {
  Measurement m;
  m.trial = json.at("trial").get<std::uint32_t>();
  for (const auto& [name, text] : json.at("settings").items()) m.settings[name] = text.get<std::string>();
  if (!json.at("value").is_null()) m.value = json.at("value").get<double>();
  m.seconds = json.at("seconds").get<double>();
  return m;
}

}  // namespace

TrialsFile::TrialsFile(std::filesystem::path path) : path_(std::move(path)) {
  fd_ = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
  if (fd_ < 0) fail(path_);
  if (::flock(fd_, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK) return;
  ::close(std::exchange(fd_, -1));
  throw Error(ErrorCode::kInvalidArgument, {path_.string()}, "is being written by another segue tune",
              "wait for it to end, or name another file with --trials-file");
}

TrialsFile::TrialsFile(std::filesystem::path path, const Json& about) : TrialsFile(std::move(path)) {
  const Json header{{"segue_trials", 1}, {"about", about}};
  std::string text;
  if (std::ifstream in(path_, std::ios::binary); in) text.assign(std::istreambuf_iterator<char>(in), {});
  const std::size_t whole = text.rfind('\n') == std::string::npos ? 0 : text.rfind('\n') + 1;
  std::int64_t line = 0;
  for (std::size_t at = 0; at < whole;) {
    const std::size_t end = text.find('\n', at);
    const std::string_view row = std::string_view(text).substr(at, end - at);
    ++line;
    try {
      const Json json = Json::parse(row);
      if (line == 1) {
        json.at("segue_trials");
        if (json != header) {
          throw Error(ErrorCode::kInvalidArgument, {path_.string()},
                      "holds the trials of other data, another model, metric, split or seed",
                      "name another file with --trials-file, or delete this one");
        }
      } else {
        known_.push_back(from_json(json));
      }
    } catch (const nlohmann::json::exception&) {
      throw Error(ErrorCode::kBadInput, {path_.string(), line}, "is not a line of trials that segue tune wrote",
                  "name another file with --trials-file, or delete this one");
    }
    at = end + 1;
  }
  if (whole == 0 && !text.empty() && !text.starts_with("{\"segue_trials\"")) {
    throw Error(ErrorCode::kInvalidArgument, {path_.string()}, "was not written by segue tune",
                "name another file with --trials-file");
  }
  if (::ftruncate(fd_, static_cast<off_t>(whole)) != 0 || ::lseek(fd_, 0, SEEK_END) < 0) fail(path_);
  if (whole == 0) write_line(header);
}

TrialsFile::~TrialsFile() {
  if (fd_ >= 0) ::close(fd_);
}

void TrialsFile::add(const Measurement& measurement) { write_line(to_json(measurement)); }

void TrialsFile::write_line(const Json& json) {
  const std::string line = dump(json) + "\n";
  for (std::size_t done = 0; done < line.size();) {
    const ssize_t written = ::write(fd_, line.data() + done, line.size() - done);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) fail(path_);
    done += static_cast<std::size_t>(written);
  }
  if (::fsync(fd_) != 0 && errno != EINVAL) fail(path_);  // EINVAL: what cannot be synced, such as a pipe
}

}  // namespace segue::cli
