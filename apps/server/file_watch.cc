#include "file_watch.h"

#include <sys/stat.h>

#include <algorithm>
#include <utility>

namespace segue::server {

FileWatch::FileWatch(std::filesystem::path file) : file_(std::move(file)), served_(look()), last_(served_) {}

bool FileWatch::changed() {
  const State before = std::exchange(last_, look());
  missing_ = last_ == State{} ? std::min(missing_ + 1, kSure + 1) : 0;
  if (last_ == served_ || last_ != before || last_ == State{}) return false;
  served_ = last_;
  return true;
}

FileWatch::State FileWatch::look() const {
  struct stat info {};
  if (stat(file_.c_str(), &info) != 0) return {};
  return {static_cast<std::uint64_t>(info.st_dev), static_cast<std::uint64_t>(info.st_ino),
          static_cast<std::uint64_t>(info.st_size), static_cast<std::uint64_t>(info.st_mtim.tv_sec),
          static_cast<std::uint64_t>(info.st_mtim.tv_nsec)};
}

}  // namespace segue::server
