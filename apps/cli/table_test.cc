#include "table.h"

#include <gtest/gtest.h>

namespace segue::cli {
namespace {

Table artists() {
  Table table({{"#", Align::kRight}, {"title"}, {"listeners", Align::kRight}});
  table.add({"1", "Björk", "1,234"});
  table.add({"10", "坂本龍一", "56"});
  return table;
}

TEST(Table, LinesUpByColumnsOfATerminal) {
  EXPECT_EQ(artists().render(0),
            " #  title     listeners\n"
            " 1  Björk         1,234\n"
            "10  坂本龍一         56\n");
}

TEST(Table, CutsTheFirstTextColumnToFit) {
  Table table({{"#", Align::kRight}, {"title"}, {"listeners", Align::kRight}});
  table.add({"1", "The Brian Jonestown Massacre", "56"});
  EXPECT_EQ(table.render(26),
            "#  title         listeners\n"
            "1  The Brian J…         56\n");
}

TEST(Table, IsNotCutWhereNoTerminalReadsIt) {
  Table table({{"title"}});
  table.add({std::string(500, 'a')});
  EXPECT_EQ(table.render(0), "title\n" + std::string(500, 'a') + "\n");
}

TEST(Table, ANameCannotBreakIt) {
  Table table({{"title"}, {"plays", Align::kRight}});
  table.add({"one\ntwo\x1b[2J", "3"});
  EXPECT_EQ(table.render(0),
            "title            plays\n"
            "one\\ntwo\\x1b[2J      3\n");
}

TEST(Table, LeavesNoBlanksAtTheEndOfALine) {
  Table table({{"plays", Align::kRight}, {"title"}});
  table.add({"1", "a long title"});
  table.add({"2", "b"});
  EXPECT_EQ(table.render(0), "plays  title\n    1  a long title\n    2  b\n");
}

}  // namespace
}  // namespace segue::cli
