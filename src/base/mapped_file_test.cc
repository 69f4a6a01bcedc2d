#include "base/mapped_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <string_view>

#include "segue/error.h"
#include "testing/temp_dir.h"

namespace segue {
namespace {

using testing::TempDir;

std::string_view text_of(const MappedFile& file) {
  return {reinterpret_cast<const char*>(file.bytes().data()), file.bytes().size()};
}

ErrorCode code_of(const std::filesystem::path& path) {
  try {
    MappedFile::open(path);
  } catch (const Error& error) {
    EXPECT_EQ(error.where().file, path.string());
    return error.code();
  }
  return ErrorCode::kCancelled;  // which opening never says
}

TEST(MappedFile, HoldsTheBytesEvenOnceTheFileIsGone) {
  const TempDir dir;
  const auto path = dir.write("x", "some bytes");
  const auto file = MappedFile::open(path);
  file->populate();
  std::filesystem::remove(path);
  EXPECT_EQ(text_of(*file), "some bytes");
}

TEST(MappedFile, CanBeEmpty) {
  const TempDir dir;
  const auto file = MappedFile::open(dir.write("x", ""));
  file->populate();
  EXPECT_TRUE(file->bytes().empty());
}

TEST(MappedFile, SaysWhatIsWrong) {
  const TempDir dir;
  dir.write("file", "x");
  EXPECT_EQ(code_of(dir.path() / "missing"), ErrorCode::kNotFound);
  EXPECT_EQ(code_of(dir.path() / "file" / "below"), ErrorCode::kNotFound);
  EXPECT_EQ(code_of(dir.path()), ErrorCode::kIo);
  EXPECT_EQ(code_of("/dev/null"), ErrorCode::kIo);
}

}  // namespace
}  // namespace segue
