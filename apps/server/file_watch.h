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

  /// Whether changed() has just found for the second time in a row that there is no file: one that is replaced by
  /// deleting and writing it is away for a moment. True once each time it goes missing.
  bool gone() const { return missing_ == kSure; }

 private:
  static constexpr int kSure = 2;
  /// Device, inode, size, and seconds and nanoseconds of the last change; zeros where there is no file.
  using State = std::array<std::uint64_t, 5>;
  State look() const;

  std::filesystem::path file_;
  State served_;
  State last_;
  int missing_ = 0;  // looks in a row, up to one more than kSure
};

}  // namespace segue::server

#endif  // SEGUE_APPS_SERVER_FILE_WATCH_H_
