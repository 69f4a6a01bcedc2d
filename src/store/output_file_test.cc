// Writing fails in many ways, and each must leave the folder as it was.
#include "store/output_file.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <stdexcept>
#include <stop_token>

#include "store/test_files.h"

namespace segue {
namespace {

using ::testing::HasSubstr;
using namespace segue::testing;

std::vector<std::string> names_in(const std::filesystem::path& folder) {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) names.push_back(entry.path().filename());
  std::ranges::sort(names);
  return names;
}

/// A limit of the process, for as long as this lives.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) : handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit now{bytes, before_.rlim_max};
    setrlimit(RLIMIT_FSIZE, &now);
  }
  ~FileSizeLimit() {
    setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_);
  }

 private:
  rlimit before_{};
  void (*handler_)(int);
};

/// The rights of an ordinary user, also where the tests run as root.
class OrdinaryUser {
 public:
  OrdinaryUser() : root_(geteuid() == 0) {
    if (root_ && seteuid(65534) != 0) throw std::runtime_error("cannot give up the rights of root");
  }
  ~OrdinaryUser() {
    if (root_ && seteuid(0) != 0) std::abort();
  }

 private:
  bool root_;
};

std::string save_error(const std::filesystem::path& path, const segue::Run& run = {}, ErrorCode code = ErrorCode::kIo) {
  return error_of([&] { golden_model().save(path, run); }, code);
}

TEST(OutputFile, HasTheModeOfTheUmask) {
  const TempDir dir;
  const mode_t before = umask(027);
  golden_model().save(dir.path() / "x");
  umask(before);
  struct stat status {};
  ASSERT_EQ(stat((dir.path() / "x").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0640U);
}

TEST(OutputFile, LeavesNothingButTheFile) {
  const TempDir dir;
  golden_model().save(dir.path() / "x");
  golden_model().save(dir.path() / "x");
  EXPECT_THAT(names_in(dir.path()), ::testing::ElementsAre("x"));
}

TEST(OutputFile, TakesANameInTheCurrentFolderAndALongOne) {
  const TempDir dir;
  const auto before = std::filesystem::current_path();
  std::filesystem::current_path(dir.path());
  golden_model().save("x");
  std::filesystem::current_path(before);
  EXPECT_TRUE(std::filesystem::exists(dir.path() / "x"));
  const std::string longest(255, 'n');
  golden_model().save(dir.path() / longest);
  EXPECT_TRUE(std::filesystem::exists(dir.path() / longest));
}

TEST(OutputFile, FollowsALinkAndKeepsIt) {
  const TempDir dir;
  std::filesystem::create_directory(dir.path() / "models");
  dir.write("models/today", "old");
  std::filesystem::create_symlink("models/today", dir.path() / "latest");
  golden_model().save(dir.path() / "latest");
  EXPECT_TRUE(std::filesystem::is_symlink(dir.path() / "latest"));
  EXPECT_NO_THROW(Model::open(dir.path() / "models/today"));
}

TEST(OutputFile, RefusesWhatIsNotAFile) {
  const TempDir dir;
  EXPECT_EQ(save_error(dir.path()), dir.path().string() + ": is a folder\n  fix: name a file to write");
  EXPECT_EQ(save_error("/dev/full"), "/dev/full: is not a regular file\n  fix: name a file to write");
  EXPECT_THAT(save_error(dir.path() / ""), HasSubstr("is a folder"));
  EXPECT_THAT(save_error(""), HasSubstr("is a folder"));
}

TEST(OutputFile, SaysWhichFolderIsMissing) {
  const TempDir dir;
  const auto path = dir.path() / "no" / "x.segue";
  EXPECT_EQ(save_error(path),
            path.string() + ": there is no folder " + (dir.path() / "no").string() + "\n  fix: make the folder first");
}

TEST(OutputFile, AFolderWithoutRightsLeavesTheOldFile) {
  const TempDir dir;
  const auto path = dir.write("x.segue", "old");
  std::filesystem::permissions(dir.path(), std::filesystem::perms{0555});
  {
    const OrdinaryUser user;
    EXPECT_EQ(save_error(path), path.string() + ": may not write in the folder " + dir.path().string() +
                                    ": Permission denied\n  fix: choose a folder that you may write to");
  }
  std::filesystem::permissions(dir.path(), std::filesystem::perms{0755});
  EXPECT_EQ(read_file(path), "old");
}

TEST(OutputFile, ALimitOfTheFileSizeLeavesTheOldFile) {
  const TempDir dir;
  const auto path = dir.write("x.segue", "old");
  {
    const FileSizeLimit limit(1000);
    EXPECT_EQ(save_error(path), path.string() +
                                    ": would be larger than files may be here\n"
                                    "  fix: raise the limit (ulimit -f), or write to another disk");
  }
  EXPECT_EQ(read_file(path), "old");
  EXPECT_THAT(names_in(dir.path()), ::testing::ElementsAre("x.segue"));
}

TEST(OutputFile, AFullDiskIsAnErrorOfTheSystem) {
  const int full = ::open("/dev/full", O_WRONLY | O_CLOEXEC);
  ASSERT_GE(full, 0);
  const std::array bytes{std::byte{1}};
  EXPECT_EQ(write_fully(full, 0, std::array{std::span<const std::byte>(bytes)}), ENOSPC);
  ::close(full);
}

TEST(OutputFile, WritesPiecesInOrderWhateverTheirNumber) {
  const TempDir dir;
  const std::string text = "abcdefghijklmnopqrstuvwxyz";
  std::vector<std::span<const std::byte>> pieces;
  std::string expected(10, '\0');
  for (std::size_t i = 0; i < 3000; ++i) {  // more than one call of the system takes
    pieces.push_back(std::as_bytes(std::span(text)).subspan(i % 26, i % 3 == 0 ? 0 : 1));
    expected += text.substr(i % 26, i % 3 == 0 ? 0 : 1);
  }
  OutputFile file(dir.path() / "x");
  file.write(10, pieces);
  file.commit();
  EXPECT_EQ(read_file(dir.path() / "x"), expected);
}

TEST(OutputFile, WithoutCommitNothingIsLeft) {
  const TempDir dir;
  {
    OutputFile file(dir.path() / "x");
    EXPECT_EQ(names_in(dir.path()).size(), 1U);
  }
  EXPECT_TRUE(names_in(dir.path()).empty());
}

TEST(OutputFile, CancellingLeavesTheOldFile) {
  const TempDir dir;
  const auto path = dir.write("x.segue", "old");
  std::stop_source stop;
  segue::Run run;
  run.stop = stop.get_token();
  std::uint64_t reports = 0;
  run.progress = [&](const Progress& progress) {
    EXPECT_EQ(progress.stage, "writing");
    ++reports;
    stop.request_stop();
  };
  EXPECT_THAT(save_error(path, run, ErrorCode::kCancelled), HasSubstr("stopped on request"));
  EXPECT_EQ(reports, 1U);
  EXPECT_EQ(read_file(path), "old");
  EXPECT_THAT(names_in(dir.path()), ::testing::ElementsAre("x.segue"));
}

TEST(OutputFile, AnExceptionOfTheCallbackLeavesTheOldFile) {
  const TempDir dir;
  const auto path = dir.write("x.segue", "old");
  segue::Run run;
  run.progress = [](const Progress&) { throw std::runtime_error("enough"); };
  EXPECT_THROW(golden_model().save(path, run), std::runtime_error);
  EXPECT_EQ(read_file(path), "old");
  EXPECT_THAT(names_in(dir.path()), ::testing::ElementsAre("x.segue"));
}

}  // namespace
}  // namespace segue
