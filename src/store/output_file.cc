// The order that survives a crash at any moment: write aside, fsync, rename, fsync the folder.
//
// Most of the time of a big file is the disk's, so its work begins early: every few MiB the kernel is asked to start
// writing what it has (sync_file_range, which does not wait), and the fsync at the end finds little left to do.
#include "store/output_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <climits>
#include <cstring>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "base/checksum.h"
#include "segue/error.h"

namespace segue {
namespace {

constexpr std::uint64_t kWriteBackBytes = std::uint64_t{8} << 20;
constexpr int kNameAttempts = 100;

/// A name that nobody else is likely to use; O_EXCL has the last word.
std::string temporary_name() {
  static std::atomic<std::uint64_t> calls{0};
  const auto now = static_cast<std::uint64_t>(std::chrono::steady_clock::now().time_since_epoch().count());
  const std::uint64_t parts[] = {now, calls.fetch_add(1), static_cast<std::uint64_t>(getpid())};
  return ".segue-" + to_hex(checksum(std::as_bytes(std::span(parts)))) + ".tmp";
}

std::filesystem::path resolve(const std::filesystem::path& path) {
  std::error_code ignored;
  if (!std::filesystem::is_symlink(path, ignored)) return path;
  std::filesystem::path target = std::filesystem::weakly_canonical(path, ignored);
  return ignored ? path : target;
}

}  // namespace

int write_fully(int fd, std::uint64_t offset, std::span<const std::span<const std::byte>> pieces) {
  std::vector<iovec> vectors;
  for (const auto& piece : pieces) {
    if (!piece.empty()) vectors.push_back({const_cast<std::byte*>(piece.data()), piece.size()});
  }
  for (std::span<iovec> rest = vectors; !rest.empty();) {
    const int count = static_cast<int>(std::min<std::size_t>(rest.size(), IOV_MAX));
    const ssize_t result = pwritev(fd, rest.data(), count, static_cast<off_t>(offset));
    if (result < 0 && errno == EINTR) continue;
    if (result < 0) return errno;
    if (result == 0) return EIO;
    auto written = static_cast<std::size_t>(result);
    offset += written;
    while (!rest.empty() && written >= rest.front().iov_len) {
      written -= rest.front().iov_len;
      rest = rest.subspan(1);
    }
    if (written != 0) {
      rest.front().iov_base = static_cast<std::byte*>(rest.front().iov_base) + written;
      rest.front().iov_len -= written;
    }
  }
  return 0;
}

OutputFile::OutputFile(const std::filesystem::path& target) : target_(resolve(target)), folder_(target_.parent_path()) {
  if (folder_.empty()) folder_ = ".";
  struct stat status {};
  const bool exists = stat(target_.c_str(), &status) == 0;
  if (exists && !S_ISREG(status.st_mode)) fail(S_ISDIR(status.st_mode) ? EISDIR : EEXIST);
  if (target_.filename().empty() || target_.filename() == "." || target_.filename() == "..") fail(EISDIR);
  for (int attempt = 0; attempt < kNameAttempts && fd_ < 0; ++attempt) {
    temporary_ = folder_ / temporary_name();
    fd_ = ::open(temporary_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (fd_ < 0 && errno != EEXIST) break;
  }
  if (fd_ < 0) fail(errno);
  // What replaces a file is for whom that was. Wishes: another's file may be replaced, but not made another's.
  if (!exists) return;
  [[maybe_unused]] const bool owned = fchown(fd_, status.st_uid, status.st_gid) == 0;
  [[maybe_unused]] const bool moded = fchmod(fd_, status.st_mode & 0777) == 0;
}

OutputFile::~OutputFile() {
  if (fd_ < 0) return;
  ::close(fd_);
  ::unlink(temporary_.c_str());
}

void OutputFile::write(std::uint64_t offset, std::span<const std::span<const std::byte>> pieces) {
  if (const int error = write_fully(fd_, offset, pieces); error != 0) fail(error);
  for (const auto& piece : pieces) offset += piece.size();
  if (offset >= handed_over_ + kWriteBackBytes) {
    // A wish: where it is refused, fsync does it all.
    sync_file_range(fd_, static_cast<off_t>(handed_over_), static_cast<off_t>(offset - handed_over_),
                    SYNC_FILE_RANGE_WRITE);
    handed_over_ = offset;
  }
}

void OutputFile::commit() {
  if (fsync(fd_) != 0) fail(errno);
  if (::rename(temporary_.c_str(), target_.c_str()) != 0) fail(errno);
  ::close(fd_);
  fd_ = -1;
  // The name is durable once the folder is. A folder that cannot be opened for reading, or a file system that has no
  // fsync for folders, leaves that to the system.
  const int folder = ::open(folder_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder < 0) return;
  const int error = fsync(folder) != 0 ? errno : 0;
  ::close(folder);
  if (error != 0 && error != EINVAL && error != ENOTSUP) fail(error);
}

void OutputFile::fail(int error) const {
  const std::string reason = std::strerror(error);
  const auto problem_and_fix = [&]() -> std::pair<std::string, const char*> {
    switch (error) {
      case EISDIR:
        return {"is a folder", "name a file to write"};
      case EEXIST:
        return {"is not a regular file", "name a file to write"};
      case ENOENT:
      case ENOTDIR:
        return {"there is no folder " + folder_.string(), "make the folder first"};
      case EACCES:
      case EPERM:
      case EROFS:
        return {"may not write in the folder " + folder_.string() + ": " + reason,
                "choose a folder that you may write to"};
      case ENOSPC:
      case EDQUOT:
        return {"cannot be written: " + reason, "free some space, or write to another disk"};
      case EFBIG:
        return {"would be larger than files may be here", "raise the limit (ulimit -f), or write to another disk"};
      default:
        return {"cannot be written: " + reason, "check the disk and try again"};
    }
  };
  auto [problem, fix] = problem_and_fix();
  throw Error(ErrorCode::kIo, {target_.string()}, std::move(problem), fix);
}

}  // namespace segue
