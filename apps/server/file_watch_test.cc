#include "file_watch.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "testing/temp_dir.h"

namespace segue::server {
namespace {

TEST(FileWatch, TellsAFileThatWasReplacedOnceItIsWhole) {
  const testing::TempDir folder;
  const std::filesystem::path file = folder.write("model", "one");
  FileWatch watch(file);
  EXPECT_FALSE(watch.changed());
  folder.write("model", "larger");
  EXPECT_FALSE(watch.changed());  // it may still be growing
  folder.write("model", "larger still");
  EXPECT_FALSE(watch.changed());
  EXPECT_TRUE(watch.changed());
  EXPECT_FALSE(watch.changed());
  std::filesystem::rename(folder.write("other", "larger still"), file);  // another inode
  EXPECT_FALSE(watch.changed());
  EXPECT_TRUE(watch.changed());
}

TEST(FileWatch, WaitsForAFileThatIsMissing) {
  const testing::TempDir folder;
  const std::filesystem::path file = folder.write("model", "one");
  FileWatch watch(file);
  std::filesystem::remove(file);
  EXPECT_FALSE(watch.changed());
  EXPECT_FALSE(watch.changed());
  folder.write("model", "again");
  EXPECT_FALSE(watch.changed());
  EXPECT_TRUE(watch.changed());
}

TEST(FileWatch, TellsOnceThatAFileIsGone) {
  const testing::TempDir folder;
  const std::filesystem::path file = folder.write("model", "one");
  FileWatch watch(file);
  const auto look = [&] {
    EXPECT_FALSE(watch.changed());
    return watch.gone();
  };
  EXPECT_FALSE(look());
  for (int time = 0; time < 2; ++time) {
    std::filesystem::rename(file, folder.path() / "away");
    EXPECT_FALSE(look());  // another one may be about to take its place
    EXPECT_TRUE(look());
    EXPECT_FALSE(look());
    EXPECT_FALSE(look());
    std::filesystem::rename(folder.path() / "away", file);
    EXPECT_FALSE(look());
  }
}

}  // namespace
}  // namespace segue::server
