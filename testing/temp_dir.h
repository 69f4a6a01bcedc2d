// TempDir: a folder that a test writes to, gone at its end; and where the real data sets are.
#ifndef SEGUE_TESTING_TEMP_DIR_H_
#define SEGUE_TESTING_TEMP_DIR_H_

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace segue::testing {

class TempDir {
 public:
  TempDir();
  ~TempDir();
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;

  const std::filesystem::path& path() const { return path_; }
  /// Writes a file of these bytes and returns its path.
  std::filesystem::path write(std::string_view name, std::string_view bytes) const;

 private:
  std::filesystem::path path_;
};

/// The bytes of a file.
std::string read_file(const std::filesystem::path& path);

/// The path of a real data set's file below $SEGUE_DATA (../shared/data where that is not set), or nothing where it is
/// not there: the test then says "skipped".
std::optional<std::filesystem::path> real_data(std::string_view relative);

}  // namespace segue::testing

#endif  // SEGUE_TESTING_TEMP_DIR_H_
