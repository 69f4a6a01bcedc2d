// OutputFile: a file that appears whole or not at all.
#ifndef SEGUE_STORE_OUTPUT_FILE_H_
#define SEGUE_STORE_OUTPUT_FILE_H_

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>

namespace segue {

/// Bytes go to a temporary file in the target's folder; commit() makes them durable and gives them the target's name.
/// Until then a file of that name stays as it is; without commit() the temporary file is removed. All functions throw
/// Error{kIo} that names the target and says what to do.
class OutputFile {
 public:
  /// Creates the temporary file, with the mode that the umask gives a new file. A link is followed, so that it stays a
  /// link.
  explicit OutputFile(const std::filesystem::path& target);
  ~OutputFile();
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;

  /// Writes pieces one after the other from `offset` on; in one call of the system, if there are not too many.
  void write(std::uint64_t offset, std::span<const std::span<const std::byte>> pieces);

  /// fsync, rename, fsync of the folder. Nothing may follow.
  void commit();

 private:
  [[noreturn]] void fail(int error) const;

  std::filesystem::path target_;
  std::filesystem::path folder_;
  std::filesystem::path temporary_;
  std::uint64_t handed_over_ = 0;  // bytes whose way to the disk has begun
  int fd_ = -1;
};

/// Writes all of the pieces. @return 0, or the errno of what went wrong.
int write_fully(int fd, std::uint64_t offset, std::span<const std::span<const std::byte>> pieces);

}  // namespace segue

#endif  // SEGUE_STORE_OUTPUT_FILE_H_
