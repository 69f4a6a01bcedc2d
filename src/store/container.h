// Container: a mapped file of ours whose header and table have been checked.
#ifndef SEGUE_STORE_CONTAINER_H_
#define SEGUE_STORE_CONTAINER_H_

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/mapped_file.h"
#include "segue/array.h"
#include "segue/model.h"
#include "store/format.h"

namespace segue {

/// Once open, these hold for any bytes the file may have: every section lies inside the file, begins at a multiple of
/// 64 bytes behind the section before it, takes as many bytes as its shape says where its type is known, and has a name
/// that no other section has. What the sections hold has not been looked at.
class Container {
 public:
  /// @throws Error{kNotFound, kIo, kCorruptFile}.
  static Container open(const std::filesystem::path& path);

  const FileLayout& layout() const { return layout_; }

  /// To be called before all of the file is read.
  void populate() const { file_->populate(); }

  /// The section of this name, or nullptr.
  const FileSection* find(std::string_view name) const;

  /// Its values, sharing the mapping. @throws Error{kCorruptFile} when there is no such section, or when it is not of T
  /// and `rank` dimensions.
  template <typename T>
  Array<T> array(std::string_view name, std::size_t rank = 1) const {
    const auto bytes = typed_bytes(name, data_type_of<T>(), rank);
    return Array<T>({reinterpret_cast<const T*>(bytes.data()), bytes.size() / sizeof(T)}, file_);
  }

  /// The text of a JSON section. @throws Error{kCorruptFile} as array().
  std::string_view json(std::string_view name) const;

  /// The bytes of a section that find() gave.
  std::span<const std::byte> bytes(const FileSection& section) const;

  /// The bytes between the section of this number and the one before it (or the table): zeros in a file that is whole.
  std::span<const std::byte> gap_before(std::size_t section) const;

  /// Compares the checksum of a section with the one the file states.
  /// @param on_piece  told of every piece that has been read; may throw, to stop. May be empty.
  void check_checksum(std::size_t section, const std::function<void(std::size_t bytes)>& on_piece) const;

  [[noreturn]] void damaged(std::string_view section, const std::string& problem) const;

 private:
  Container() = default;
  std::span<const std::byte> typed_bytes(std::string_view name, DataType type, std::size_t rank) const;
  void read_header(const std::filesystem::path& path);
  void read_table();
  [[noreturn]] void damaged(const std::string& problem) const;

  std::string path_;
  std::shared_ptr<const MappedFile> file_;
  std::span<const SectionRecord> table_;
  FileLayout layout_;
};

}  // namespace segue

#endif  // SEGUE_STORE_CONTAINER_H_
