// FileWatch: whether a file was replaced, told by what the system knows of it.
#ifndef SEGUE_APPS_SERVER_FILE_WATCH_H_
#define SEGUE_APPS_SERVER_FILE_WATCH_H_

#include <array>
#include <cstdint>
#include <filesystem>

namespace segue::server {

/// Used by one thread.
class FileWatch {
 public:
  explicit FileWatch(std::filesystem::path file);

  /// Whether the file is another one, or was written to, since this said so last. A file that is still being written,
  /// so that it differs from one call to the next, has not changed yet; nor has one that is missing.
  bool changed();

 private:
  /// Device, inode, size, and seconds and nanoseconds of the last change; zeros where there is no file.
  using State = std::array<std::uint64_t, 5>;
  State look() const;

  std::filesystem::path file_;
  State served_;
  State last_;
};

}  // namespace segue::server

#endif  // SEGUE_APPS_SERVER_FILE_WATCH_H_
