#include "base/mapped_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>

#include "segue/error.h"

namespace segue {

std::shared_ptr<const MappedFile> MappedFile::open(const std::filesystem::path& path) {
  const auto fail = [&](const std::string& problem) {
    const bool missing = errno == ENOENT || errno == ENOTDIR;
    throw Error(missing ? ErrorCode::kNotFound : ErrorCode::kIo, {path.string()},
                missing ? "there is no such file" : problem + ": " + std::strerror(errno),
                missing ? "check the path" : "check the path and its permissions");
  };
  struct Descriptor {
    int fd;
    ~Descriptor() {
      if (fd >= 0) ::close(fd);
    }
  } file{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};  // a pipe is refused, not waited for
  if (file.fd < 0) fail("cannot open");
  struct stat status {};
  if (fstat(file.fd, &status) != 0) fail("cannot look at");
  if (!S_ISREG(status.st_mode)) {
    throw Error(ErrorCode::kIo, {path.string()}, "is not a regular file", "name a file");
  }
  std::shared_ptr<MappedFile> mapped(new MappedFile);
  mapped->size_ = static_cast<std::size_t>(status.st_size);
  if (mapped->size_ != 0) {
    void* data = mmap(nullptr, mapped->size_, PROT_READ, MAP_SHARED, file.fd, 0);
    if (data == MAP_FAILED) fail("cannot map");
    mapped->data_ = static_cast<const std::byte*>(data);
  }
  return mapped;
}

void MappedFile::populate() const {
  if (data_ == nullptr) return;
  // Wishes: a kernel that does not know them refuses, and small pages come as they are touched.
  madvise(const_cast<std::byte*>(data_), size_, MADV_HUGEPAGE);
#ifdef MADV_POPULATE_READ
  madvise(const_cast<std::byte*>(data_), size_, MADV_POPULATE_READ);
#endif
}

MappedFile::~MappedFile() {
  if (data_ != nullptr) munmap(const_cast<std::byte*>(data_), size_);
}

}  // namespace segue
