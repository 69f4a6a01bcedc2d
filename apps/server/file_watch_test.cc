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

}  // namespace
}  // namespace segue::server
