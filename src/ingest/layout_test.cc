// What is detected, and what is said where that cannot be.
#include "ingest/layout.h"

#include <gtest/gtest.h>

#include "segue/error.h"

namespace segue::ingest {
namespace {

Layout detect(std::string_view sample, const IngestOptions& options = {}) {
  return detect_layout(sample, true, options, "log");
}

std::string error_of(std::string_view sample, const IngestOptions& options = {}) {
  try {
    detect(sample, options);
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

constexpr std::string_view kLastfm =
    "00000c289a1829a808ac09c00daf10bc3c4e223b\t3bd73256-3905-4f3a-97e2-8b341527f805\tbetty blowtorch\t2137\n"
    "00000c289a1829a808ac09c00daf10bc3c4e223b\t\tdie Ärzte\t1099\n";

TEST(Layout, KnowsLastfm360k) {
  const Layout layout = detect(kLastfm);
  EXPECT_EQ(layout.format, "lastfm-360k");
  EXPECT_FALSE(layout.header);
  EXPECT_TRUE(layout.reject_date_users);
  EXPECT_EQ(describe(layout, ""),
            "lastfm-360k: 4 columns by tab, no header; user = column 1, item = column 3, value = column 4 (change with "
            "--format, "
            "--delimiter, --header, --user-column, --item-column, --title, --value, --item-key)");
}

TEST(Layout, TakesTheMbidAsKeyAndTheNameAsTitleWhereAsked) {
  IngestOptions options;
  options.item_key = ItemKey::kMbid;
  const Layout layout = detect(kLastfm, options);
  EXPECT_EQ(layout.item, 1);
  EXPECT_EQ(layout.item_fallback, 2);
  EXPECT_EQ(layout.title, 2);
  EXPECT_EQ(error_of("u\ta\t1\n", options),
            "log: the log is read as delimited: it has no column of MBIDs\n"
            "  fix: leave out --item-key, or name the columns with --item-column and --title");
}

TEST(Layout, KnowsHetrec) {
  const Layout layout = detect("userID\tartistID\tweight\r\n2\t51\t13883\r\n");
  EXPECT_EQ(layout.format, "hetrec");
  EXPECT_TRUE(layout.header);
  EXPECT_EQ(layout.lines_before, 1);
  EXPECT_EQ(layout.data_begin, 24U);
}

TEST(Layout, KnowsMovielens) {
  EXPECT_EQ(detect("1::1193::5::978300760\n1::661::3::978302109\n").format, "movielens");
  EXPECT_EQ(detect("196\t242\t3\t881250949\n186\t302\t3\t891717742\n").format, "movielens");
  EXPECT_EQ(detect("196\t242\t3\t881250949\n").value, 2);
  EXPECT_EQ(detect("196\t242\t3\t881250949\n").time, 3);
  EXPECT_EQ(detect("1::1193::5\n1::661::3\n").time, kNoColumn);
}

TEST(Layout, FindsColumnsByTheirNames) {
  Layout layout = detect("timestamp,rating,movieId,userId\n1,4.5,7,9\n");
  EXPECT_EQ(layout.format, "delimited");
  EXPECT_EQ(layout.user, 3);
  EXPECT_EQ(layout.item, 2);
  EXPECT_EQ(layout.value, 1);
  layout = detect("user\tartist_name\tplays\nu\ta\t1\n");
  EXPECT_EQ(layout.item, 1);
  EXPECT_EQ(layout.title, kNoColumn);
  layout = detect("user_id;artist_id;artist_name;play_count\nu;7;a;1\n");
  EXPECT_EQ(layout.item, 1);
  EXPECT_EQ(layout.title, 2);
  layout = detect("user|item\nu|a\n");
  EXPECT_EQ(layout.value, kNoColumn);
  EXPECT_NE(describe(layout, "gzip")
                .find("delimited: gzip, 2 columns by \"|\", a header; user = column 1 \"user\", item = column 2 "
                      "\"item\", every row counts 1"),
            std::string::npos);
}

TEST(Layout, FindsTheColumnOfTimesAndKeepsItApart) {
  const std::string_view csv = "userId,movieId,rating,timestamp\n1,31,2.5,1260759144\n1,1029,3.0,1260759179\n";
  EXPECT_EQ(detect(csv).time, 3);
  EXPECT_NE(describe(detect(csv), "").find("value = column 3 \"rating\", time = column 4 \"timestamp\" (change with"),
            std::string::npos);
  IngestOptions options;
  options.time = "none";
  EXPECT_EQ(detect(csv, options).time, kNoColumn);
  EXPECT_EQ(detect("user,item,date\nu,a,2009-05-04\nu,b,2009-05-05T01:02:03Z\n").time, 2);
  // What is called so and holds something else is nobody's loss, unless it is asked for by name.
  EXPECT_EQ(detect("user,item,date\nu,a,04/05/2009\n").time, kNoColumn);
  options.time = "date";
  EXPECT_EQ(detect("user,item,date\nu,a,04/05/2009\n", options).time, 2);
  // Given, it is not taken for the value.
  options.time = "3";
  EXPECT_EQ(detect("u\ta\t1260759144\t7\n", options).value, 3);
  options.value = "3";
  EXPECT_EQ(error_of("u\ta\t1260759144\t7\n", options),
            "log: --value and --time are both column 3\n  fix: name another column with --value or --time");
}

TEST(Layout, DetectsDelimiters) {
  EXPECT_EQ(detect("1000 7 55\n1000 8 1\n").delimiter, " ");
  EXPECT_EQ(detect("u\ta, b\t1\nu\tc, d\t2\n").delimiter, "\t");
  EXPECT_EQ(detect("u;a b;1\nu;c d;2\n").delimiter, ";");
  EXPECT_EQ(detect("u,\"a, b\",1\nu,c,2\n").columns, 3);
}

TEST(Layout, ARowWithABrokenValueIsNoHeader) {
  EXPECT_FALSE(detect("u\ta\thello\nu\tb\t1\nv\tb\t2\n").header);
  EXPECT_TRUE(detect("who\twhat\thow often\nu\tb\t1\nv\tb\t2\n",
                     [] {
                       IngestOptions options;
                       options.user = "who";
                       options.item = "what";
                       options.value = "how often";
                       return options;
                     }())
                  .header);
}

TEST(Layout, ColumnsAreGivenByNameOrNumber) {
  IngestOptions options;
  options.user = "2";
  const Layout layout = detect("a\tu\t1\nb\tu\t2\n", options);
  EXPECT_EQ(layout.user, 1);
  EXPECT_EQ(layout.item, 0);
  EXPECT_EQ(layout.value, 2);
}

TEST(Layout, ABadNameListsTheNamesThatAre) {
  IngestOptions options;
  options.item = "song";
  EXPECT_EQ(error_of("user,artist,plays\nu,a,1\n", options),
            "log:1: there is no column \"song\": the header names user, artist, plays\n"
            "  fix: give --item-column one of these names, or a number");
  EXPECT_EQ(error_of("u,a,1\n", options),
            "log: there is no column \"song\": the log has no header\n"
            "  fix: give --item-column the number of the column, from 1 to 3, or say --header=yes");
  options.item = "4";
  EXPECT_EQ(error_of("u,a,1\n", options),
            "log: there is no column 4: the log has 3\n  fix: give --item-column a number from 1 to 3");
}

TEST(Layout, AColumnHasOneMeaning) {
  IngestOptions options;
  options.user = options.item = "1";
  EXPECT_EQ(error_of("u\ta\t1\n", options),
            "log: --user-column and --item-column are both column 1\n"
            "  fix: name another column with --user-column or --item-column");
  options = {};
  options.user = options.value = "3";
  EXPECT_EQ(error_of("u\ta\t1\n", options),
            "log: --user-column and --value are both column 3\n"
            "  fix: name another column with --user-column or --value");
  options = {};
  options.value = "2";  // which is the item's in this format
  EXPECT_EQ(error_of("userID\tartistID\tweight\n1\t2\t3\n", options),
            "log: --item-column and --value are both column 2\n"
            "  fix: name another column with --item-column or --value");
  EXPECT_EQ(detect("a\t2\tu\n", options).item, 2);  // where all are free, another one is the item
  options = {};
  options.item = options.title = "2";
  EXPECT_EQ(detect("u\ta\t1\n", options).title, 1);
}

TEST(Layout, ColumnsThatCannotBeToldAreAnError) {
  EXPECT_EQ(error_of("alpha,beta,gamma\nu,a,1\nv,b,2\n"),
            "log:1: cannot tell which column holds the user and the item: the header names alpha, beta, gamma\n"
            "  fix: name them with --user-column and --item-column");
  EXPECT_EQ(error_of("u,a,x\nv,b,y\n"),
            "log: cannot tell which column holds the value: no other one holds numbers\n"
            "  fix: name it with --value, or count every row as 1 with --value=none");
}

TEST(Layout, OptionsOutOfTheirRangeAreErrors) {
  IngestOptions options;
  options.format = "csv";
  EXPECT_EQ(error_of("u,a,1\n", options),
            "there is no format \"csv\"\n  fix: choose --format=auto, lastfm-360k, hetrec, movielens or delimited");
  options = {};
  options.header = "maybe";
  EXPECT_EQ(error_of("u,a,1\n", options),
            "header \"maybe\" is not auto, yes or no\n  fix: choose --header=auto, yes or no");
  options = {};
  options.delimiter = "12345";
  EXPECT_EQ(error_of("u,a,1\n", options),
            "delimiter \"12345\" is not 1 to 4 bytes without quotes and line ends\n  fix: such as --delimiter=, or "
            "--delimiter=::");
  options = {};
  options.delimiter = ";";
  EXPECT_EQ(error_of("u,a,1\n", options),
            "log:1: the delimiter semicolon does not cut the lines into columns\n  fix: give another --delimiter");
}

}  // namespace
}  // namespace segue::ingest
