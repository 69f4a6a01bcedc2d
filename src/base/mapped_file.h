// MappedFile: a file's bytes in memory, read-only, shared.
#ifndef SEGUE_BASE_MAPPED_FILE_H_
#define SEGUE_BASE_MAPPED_FILE_H_

#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>

namespace segue {

class MappedFile {
 public:
  /// @throws Error{kNotFound} when there is no such file, Error{kIo} when it is a folder or cannot be read.
  static std::shared_ptr<const MappedFile> open(const std::filesystem::path& path);

  ~MappedFile();
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  std::span<const std::byte> bytes() const { return {data_, size_}; }

  /// Maps all pages at once, in huge pages where the system can, and reads what is not in the page cache: for a caller
  /// who is about to read everything.
  void populate() const;

 private:
  MappedFile() = default;
  const std::byte* data_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace segue

#endif  // SEGUE_BASE_MAPPED_FILE_H_
