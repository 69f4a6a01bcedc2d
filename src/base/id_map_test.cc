#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "segue/error.h"
#include "segue/interactions.h"

namespace segue {
namespace {

using Offsets = std::vector<std::uint64_t>;
using Chars = std::vector<char>;

TEST(StringTable, GivesBackItsStrings) {
  const std::vector<std::string> strings = {"", "b", std::string("a\0c", 3), "", "\xFF", ""};
  const StringTable table = StringTable::from(strings);
  ASSERT_EQ(table.size(), strings.size());
  for (std::uint32_t i = 0; i < table.size(); ++i) EXPECT_EQ(table[i], strings[i]);
  EXPECT_EQ(StringTable().size(), 0U);
}

TEST(StringTable, RejectsOffsetsThatDoNotFit) {
  const Chars bytes = {'a', 'b', 'c'};
  EXPECT_THROW(StringTable::create({}, bytes), Error);
  EXPECT_THROW(StringTable::create(Offsets{1, 3}, bytes), Error);
  EXPECT_THROW(StringTable::create(Offsets{0, 2}, bytes), Error);
  EXPECT_THROW(StringTable::create(Offsets{0, 4}, bytes), Error);
  EXPECT_THROW(StringTable::create(Offsets{0, 3, 2, 3}, bytes), Error);
  EXPECT_THROW(StringTable::create(Offsets{0, ~std::uint64_t{0}, 3}, bytes), Error);
  EXPECT_NO_THROW(StringTable::create(Offsets{0, 0, 3, 3}, bytes));
}

TEST(IdMap, NumbersIdsByTheOrderOfTheirBytes) {
  const IdMap ids = IdMap::create(StringTable::from({"", "Z", "a", "ab", "b", "\xC3\xA9"}));
  EXPECT_EQ(ids.find(""), 0U);
  EXPECT_EQ(ids.find("Z"), 1U);
  EXPECT_EQ(ids.find("ab"), 3U);
  EXPECT_EQ(ids.find("\xC3\xA9"), 5U);
  EXPECT_EQ(ids[2], "a");
}

TEST(IdMap, DoesNotFindWhatIsNotThere) {
  const IdMap ids = IdMap::create(StringTable::from({"a", "c"}));
  for (const char* id : {"", "A", "aa", "b", "d", "c "}) EXPECT_FALSE(ids.find(id)) << id;
  EXPECT_FALSE(IdMap().find("a"));
}

TEST(IdMap, RejectsIdsOutOfOrderAndTwice) {
  for (const char* second : {"a", "b"}) {
    try {
      IdMap::create(StringTable::from({"b", second, "c"}));
      FAIL() << second;
    } catch (const Error& error) {
      EXPECT_EQ(error.problem(), "id 1 does not come after the one before it in the order of bytes");
    }
  }
  // Bytes are compared without a sign.
  EXPECT_NO_THROW(IdMap::create(StringTable::from({"\x7F", "\x80"})));
  EXPECT_THROW(IdMap::create(StringTable::from({"\x80", "\x7F"})), Error);
}

}  // namespace
}  // namespace segue
