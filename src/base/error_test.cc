#include "segue/error.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace segue {
namespace {

TEST(Error, ReadsPlaceProblemAndFix) {
  const Error error(ErrorCode::kBadInput, {"plays.tsv", 104, 52}, "plays \"hello\" is not a number",
                    "name the right column with --value");
  EXPECT_STREQ(error.what(),
               "plays.tsv:104:52: plays \"hello\" is not a number\n  fix: name the right column with --value");
}

TEST(Error, LeavesOutWhatIsNotKnown) {
  EXPECT_STREQ(Error(ErrorCode::kIo, "it broke", "").what(), "it broke");
  EXPECT_STREQ(Error(ErrorCode::kIo, {"x"}, "it broke", "mend it").what(), "x: it broke\n  fix: mend it");
  EXPECT_STREQ(Error(ErrorCode::kIo, {"x", 3}, "it broke", "").what(), "x:3: it broke");
  EXPECT_STREQ(Error(ErrorCode::kIo, {"", 3, 4}, "it broke", "").what(), "line 3:4: it broke");
}

TEST(Error, EachCodeHasARowOfItsOwn) {
  std::set<std::string_view> names;
  std::set<int> statuses;
  for (std::size_t i = 0; i < error_codes().size(); ++i) {
    const ErrorCodeInfo& info = error_codes()[i];
    EXPECT_EQ(static_cast<std::size_t>(info.code), i);
    EXPECT_EQ(describe(info.code).name, info.name);
    names.insert(info.name);
    statuses.insert(info.exit_status);
  }
  EXPECT_EQ(error_codes().size(), static_cast<std::size_t>(ErrorCode::kCancelled) + 1);
  EXPECT_EQ(names.size(), error_codes().size());
  EXPECT_EQ(statuses.size(), error_codes().size());
}

}  // namespace
}  // namespace segue
