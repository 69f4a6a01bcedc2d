// Each quirk of real logs, on literals: what is kept, what is not, and what is said about it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <utility>

#include "ingest/read_source.h"
#include "segue/error.h"
#include "testing/temp_dir.h"

namespace segue::ingest {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

IngestResult read(std::string_view text, const IngestOptions& options = {}, int threads = 2,
                  std::size_t chunk_size = 16) {
  segue::Run run;
  run.threads = threads;
  const auto source = chunks_of_stream(read_memory(text), 0, chunk_size);
  return read_source(*source, "plays.tsv", "", options, run);
}

/// "user/item" to value.
std::map<std::string, float> cells(const Interactions& interactions) {
  std::map<std::string, float> all;
  for (std::uint32_t u = 0; u < interactions.users.size(); ++u) {
    for (const std::uint32_t i : interactions.plays.row_columns(u)) {
      all[std::string(interactions.users[u]) + "/" + std::string(interactions.items[i])] = interactions.plays.at(u, i);
    }
  }
  return all;
}

using Cells = std::map<std::string, float>;

/// What reading throws, as text.
std::string error_of(std::string_view text, const IngestOptions& options = {}) {
  try {
    read(text, options);
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

IngestOptions lastfm() {
  IngestOptions options;
  options.format = "lastfm-360k";
  return options;
}

constexpr std::string_view kMbidA = "aaaaaaaa-0000-0000-0000-000000000001";
constexpr std::string_view kMbidB = "bbbbbbbb-0000-0000-0000-000000000002";

std::string row(std::string_view user, std::string_view mbid, std::string_view name, std::string_view plays) {
  std::string line(user);
  line += '\t';
  line += mbid;
  line += '\t';
  line += name;
  line += '\t';
  line += plays;
  return line + "\n";
}

TEST(Quirks, QuotesInsideTabSeparatedNamesAreBytes) {
  const auto r = read(
      row("u", kMbidA, "\"weird al\" yankovic", "3") + row("u", kMbidB, "12\" remix", "4") + row("u", "", "\"", "5"),
      lastfm());
  EXPECT_EQ(cells(r.interactions), (Cells{{"u/\"weird al\" yankovic", 3}, {"u/12\" remix", 4}, {"u/\"", 5}}));
}

TEST(Quirks, WordsForNothingAreArtists) {
  const auto r = read(row("u", kMbidA, "nan", "1") + row("u", kMbidB, "null", "2") + row("u", "", "none", "3") +
                          row("u", "", "na", "4"),
                      lastfm());
  EXPECT_EQ(cells(r.interactions), (Cells{{"u/nan", 1}, {"u/null", 2}, {"u/none", 3}, {"u/na", 4}}));
}

TEST(Quirks, DatesAsUsersAreRejectedOrKept) {
  const std::string log =
      row("u", kMbidA, "a", "1") + row("sep 20, 2008", kMbidB, "b", "2") + row("Dec 7, 2008", "", "c", "2");
  auto options = lastfm();
  auto r = read(log, options);
  EXPECT_EQ(cells(r.interactions), (Cells{{"u/a", 1}}));
  ASSERT_EQ(r.report.rejections.size(), 1U);
  EXPECT_EQ(r.report.rejections[0].reason, "user is a date");
  EXPECT_EQ(r.report.rejections[0].rows, 2U);
  EXPECT_EQ(r.report.rejections[0].fix, "keep such users with --date-users=keep");
  ASSERT_EQ(r.report.rejections[0].examples.size(), 2U);
  EXPECT_EQ(r.report.rejections[0].examples[0].line, 2);
  EXPECT_EQ(r.report.rejections[0].examples[0].column, 1);
  EXPECT_EQ(r.report.rejections[0].examples[0].text, "sep 20, 2008\t" + std::string(kMbidB) + "\tb\t2");
  options.reject_date_users = false;
  r = read(log, options);
  EXPECT_EQ(r.interactions.users.size(), 3U);
  EXPECT_TRUE(r.report.rejections.empty());
}

TEST(Quirks, CarriageReturnsInsideNamesStayAndThoseBeforeLineFeedsGo) {
  const auto r = read("u\titem\rwith return\t5\r\nu\tother\t6\n");
  EXPECT_EQ(cells(r.interactions), (Cells{{"u/item\rwith return", 5}, {"u/other", 6}}));
}

TEST(Quirks, EmptyNamesAreRejectedUnlessTheMbidNamesTheArtist) {
  const std::string log =
      row("u", kMbidA, "", "1") + row("u", "", "", "2") + row("u", "", "only a name", "3") + row("u", kMbidB, "b", "4");
  auto options = lastfm();
  auto r = read(log, options);
  EXPECT_EQ(cells(r.interactions), (Cells{{"u/only a name", 3}, {"u/b", 4}}));
  ASSERT_EQ(r.report.rejections.size(), 1U);
  EXPECT_EQ(r.report.rejections[0].reason, "item is empty");
  EXPECT_EQ(r.report.rejections[0].rows, 2U);
  EXPECT_EQ(r.report.rejections[0].examples[0].column, 40);
  options.item_key = ItemKey::kMbid;
  r = read(log, options);
  EXPECT_EQ(cells(r.interactions),
            (Cells{{"u/" + std::string(kMbidA), 1}, {"u/only a name", 3}, {"u/" + std::string(kMbidB), 4}}));
  EXPECT_EQ(r.interactions.title(0), kMbidA);  // no name: the key is shown
  EXPECT_EQ(r.interactions.title(1), "b");
  EXPECT_EQ(r.interactions.title(2), "only a name");
  EXPECT_EQ(r.report.items_without_title, 1U);
}

TEST(Quirks, NamesWithSeveralMbidsAreOneArtistAndCounted) {
  const std::string log = row("u", kMbidA, "a", "1") + row("v", kMbidB, "a", "2") + row("v", "", "a", "4") +
                          row("v", kMbidB, "b", "3") + row("w", "", "b", "1");
  const auto r = read(log, lastfm());
  EXPECT_EQ(r.report.items_with_several_keys, 1U);  // an empty MBID is none
  EXPECT_EQ(cells(r.interactions), (Cells{{"u/a", 1}, {"v/a", 6}, {"v/b", 3}, {"w/b", 1}}));
}

TEST(Quirks, TheFirstNameOfAnMbidIsItsTitle) {
  auto options = lastfm();
  options.item_key = ItemKey::kMbid;
  const std::string log =
      row("u", kMbidA, "first", "1") + row("v", kMbidA, "second", "1") + row("w", kMbidA, "third", "1");
  for (const int threads : {1, 2, 3, 8}) {
    const auto r = read(log, options, threads, 1);
    ASSERT_EQ(r.interactions.items.size(), 1U);
    EXPECT_EQ(r.interactions.title(0), "first");
  }
}

TEST(Quirks, ZeroPlaysAreRejectedOrKept) {
  IngestOptions options;
  const std::string_view log = "u\ta\t0\nu\tb\t2\n";
  auto r = read(log, options);
  EXPECT_EQ(cells(r.interactions), (Cells{{"u/b", 2}}));
  EXPECT_EQ(r.report.rejections.at(0).reason, "value is 0");
  EXPECT_EQ(r.report.rejections.at(0).fix, "keep such rows with --zero-values=keep");
  EXPECT_EQ(r.report.rejections.at(0).examples.at(0).column, 5);
  options.zero_values = ZeroValues::kKeep;
  r = read(log, options);
  EXPECT_EQ(cells(r.interactions), (Cells{{"u/a", 0}, {"u/b", 2}}));
}

TEST(Quirks, NegativeValuesAreDislikesOrRejected) {
  IngestOptions options;
  const std::string_view log = "u\ta\t-1\nu\tb\t2\n";
  EXPECT_EQ(cells(read(log, options).interactions), (Cells{{"u/a", -1}, {"u/b", 2}}));
  options.negative_values = NegativeValues::kDrop;
  const auto r = read(log, options);
  EXPECT_EQ(cells(r.interactions), (Cells{{"u/b", 2}}));
  EXPECT_EQ(r.report.rejections.at(0).reason, "value is negative");
}

TEST(Quirks, DuplicatesAreCombinedInDoubleAndRoundedOnce) {
  // 2^24 + 1 + 1: floats added one by one would stay at 2^24.
  const std::string_view log = "u\ta\t16777216\nu\ta\t1\nu\ta\t1\nu\tb\t2\nv\ta\t5\nv\ta\t3\n";
  IngestOptions options;
  auto r = read(log, options);
  EXPECT_EQ(cells(r.interactions), (Cells{{"u/a", 16777218}, {"u/b", 2}, {"v/a", 8}}));
  EXPECT_EQ(r.report.duplicates, 3U);
  EXPECT_EQ(r.report.rows_kept, 6U);
  options.duplicates = Duplicates::kMax;
  EXPECT_EQ(cells(read(log, options).interactions), (Cells{{"u/a", 16777216}, {"u/b", 2}, {"v/a", 5}}));
  options.duplicates = Duplicates::kLast;
  EXPECT_EQ(cells(read(log, options).interactions), (Cells{{"u/a", 1}, {"u/b", 2}, {"v/a", 3}}));
  options.duplicates = Duplicates::kError;
  EXPECT_EQ(error_of(log, options),
            "plays.tsv:2: user \"u\" and item \"a\" come a second time\n  fix: choose --duplicates=sum, max or last");
}

TEST(Quirks, AnOddNumberBeyondFloatsIsRoundedOnceWithWhatIsAddedToIt) {
  // 2^24 + 1 is no float: rounding it before 1 is added would give 2^24.
  EXPECT_EQ(cells(read("u\ta\t16777217\nu\ta\t1\nu\tb\t1\n").interactions), (Cells{{"u/a", 16777218}, {"u/b", 1}}));
}

TEST(Quirks, SumsBeyondAFloatAreAnError) {
  EXPECT_EQ(error_of("u\ta\t3e38\nu\ta\t3e38\n"),
            "plays.tsv: the values of user \"u\" and item \"a\" add up to more than a float holds\n"
            "  fix: choose --duplicates=max or last, or check --value");
}

TEST(Quirks, MinimumsAreAppliedUntilNothingChanges) {
  // Without c, which one user has, u3 has one item; without u3, b has one user; without b, u2 has one item: nothing is
  // left of that chain but the square of u1, u4 with a, d.
  const std::string_view log = "u1\ta\t1\nu1\td\t1\nu4\ta\t1\nu4\td\t1\nu2\ta\t1\nu2\tb\t1\nu3\tb\t1\nu3\tc\t1\n";
  IngestOptions options;
  options.min_user_items = 2;
  options.min_item_users = 2;
  const auto r = read(log, options);
  EXPECT_EQ(cells(r.interactions), (Cells{{"u1/a", 1}, {"u1/d", 1}, {"u4/a", 1}, {"u4/d", 1}}));
  EXPECT_EQ(r.report.dropped_by_minimum, 4U);
  options.min_user_items = 9;
  EXPECT_EQ(error_of(log, options),
            "plays.tsv: no user and item are left by --min-user-items and --min-item-users\n  fix: lower them");
}

TEST(Quirks, BadRowsAreReportedSkippedOrFail) {
  const std::string_view log =
      "u\ta\t1\nu\tb\thello\nu\tc\nu\td\t2\textra\nu\te\tworld\nu\tf\t1\nu\tg\t1\nu\th\t1\nu\ti\t1\n";
  IngestOptions options;
  auto r = read(log, options);
  EXPECT_EQ(r.report.rows_read, 9U);
  EXPECT_EQ(r.report.rows_kept, 5U);
  ASSERT_EQ(r.report.rejections.size(), 3U);
  EXPECT_EQ(r.report.rejections[0].reason, "too few columns");
  EXPECT_EQ(r.report.rejections[0].examples.at(0).line, 3);
  EXPECT_EQ(r.report.rejections[0].examples.at(0).column, 4);
  EXPECT_EQ(r.report.rejections[1].reason, "too many columns");
  EXPECT_EQ(r.report.rejections[1].examples.at(0).line, 4);
  EXPECT_EQ(r.report.rejections[1].examples.at(0).column, 7);
  EXPECT_EQ(r.report.rejections[2].reason, "value is not a number");
  EXPECT_EQ(r.report.rejections[2].rows, 2U);
  EXPECT_EQ(r.report.rejections[2].examples.at(1).line, 5);
  EXPECT_EQ(r.report.rejections[2].examples.at(1).column, 5);
  options.bad_rows = BadRows::kSkip;
  r = read(log, options);
  EXPECT_EQ(r.report.rejections[2].rows, 2U);
  EXPECT_TRUE(r.report.rejections[2].examples.empty());
  options.bad_rows = BadRows::kFail;
  EXPECT_EQ(
      error_of(log, options),
      "plays.tsv:2:5: value \"hello\" is not a number\n  fix: name the right column with --value, or count rows with "
      "--value=none, or leave bad rows out with --bad-rows=report");
}

TEST(Quirks, OnlyTheFirstThreeRowsOfAReasonAreShownWhateverTheThreads) {
  std::string log = "u\ta\t1\n";
  for (int i = 0; i < 200; ++i) log += i % 3 == 2 ? "u\ta\tx\n" : "u\ta\t1\n";
  for (const int threads : {1, 2, 3, 8}) {
    const auto r = read(log, {}, threads, 10);
    ASSERT_EQ(r.report.rejections.at(0).examples.size(), 3U);
    EXPECT_EQ(r.report.rejections[0].rows, 66U);
    EXPECT_EQ(r.report.rejections[0].examples[0].line, 4);
    EXPECT_EQ(r.report.rejections[0].examples[2].line, 10);
  }
}

TEST(Quirks, ValuesAreDecimalNumbers) {
  std::string log;
  for (const char* value : {"1", "1e3", "1.5", "+2", " 7 ", ".5", "5.", "12345678", "123456789", "16777217"}) {
    log += "u\tgood " + std::string(value) + "\t" + value + "\n";
  }
  for (const char* value : {"inf", "nan", "1,5", "0x10", "5 5", "--1", "+-1", "", "-", "."}) {
    log += "u\tbad " + std::string(value) + "\t" + value + "\n";
  }
  log += "u\thuge\t1e39\nu\ttiny\t1e-60\nu\tbeyond\t1e999\n";
  IngestOptions options;
  options.user = "1";
  options.item = "2";
  options.value = "3";
  options.header = "no";
  const auto r = read(log, options);
  EXPECT_EQ(cells(r.interactions), (Cells{{"u/good 1", 1},
                                          {"u/good 1e3", 1000},
                                          {"u/good 1.5", 1.5F},
                                          {"u/good +2", 2},
                                          {"u/good  7 ", 7},
                                          {"u/good .5", .5F},
                                          {"u/good 5.", 5},
                                          {"u/good 12345678", 12345678},
                                          {"u/good 123456789", 123456792},
                                          {"u/good 16777217", 16777216}}));
  ASSERT_EQ(r.report.rejections.size(), 2U);
  EXPECT_EQ(r.report.rejections[0].rows, 10U);
  EXPECT_EQ(r.report.rejections[1].reason, "value is out of the range of a float");
  EXPECT_EQ(r.report.rejections[1].rows, 3U);
}

TEST(Quirks, EmptyUsersAreRejected) {
  const auto r = read("u\ta\t1\n\tb\t2\n");
  EXPECT_EQ(r.report.rejections.at(0).reason, "user is empty");
  EXPECT_EQ(r.report.rejections.at(0).examples.at(0).line, 2);
}

TEST(Quirks, BrokenBytesInNamesAreReasons) {
  const std::string_view log("u\ta\t1\nu\tM\xF6tley\t2\nu\tnul\0byte\t3\nu\tM\xC3\xB6tley\t4\n\xFF\tu\t5\n", 48);
  const auto r = read(log);
  EXPECT_EQ(cells(r.interactions), (Cells{{"u/a", 1}, {"u/M\xC3\xB6tley", 4}}));
  ASSERT_EQ(r.report.rejections.size(), 2U);
  EXPECT_EQ(r.report.rejections[0].reason, "name holds a NUL byte");
  EXPECT_EQ(r.report.rejections[0].examples.at(0).text, "u\tnul\\x00byte\t3");
  EXPECT_EQ(r.report.rejections[1].reason, "name is not valid UTF-8");
  ASSERT_EQ(r.report.rejections[1].rows, 2U);
  EXPECT_EQ(r.report.rejections[1].examples[0].line, 2);
  EXPECT_EQ(r.report.rejections[1].examples[0].column, 3);
  EXPECT_EQ(r.report.rejections[1].examples[0].text, "u\tM\\xf6tley\t2");
  EXPECT_EQ(r.report.rejections[1].examples[1].column, 1);
}

TEST(Quirks, SpacesAroundNamesAreKept) {
  EXPECT_EQ(cells(read("u\t a \t1\nu\ta\t1\n").interactions), (Cells{{"u/ a ", 1}, {"u/a", 1}}));
}

TEST(Quirks, BlankLinesAreNoRows) {
  const auto r = read("\nu\ta\t1\n\r\n\nu\tb\t1");
  EXPECT_EQ(r.report.blank_lines, 3U);
  EXPECT_EQ(r.report.rows_read, 2U);
}

TEST(Csv, QuotedFieldsMayHoldTheDelimiterAndDoubledQuotes) {
  const auto r =
      read("user,artist,plays\nu,\"Crosby, Stills & Nash\",3\nu,\"\"\"Weird Al\"\" Yankovic\",4\n\"v\",12\" remix,5\n");
  EXPECT_EQ(cells(r.interactions),
            (Cells{{"u/Crosby, Stills & Nash", 3}, {"u/\"Weird Al\" Yankovic", 4}, {"v/12\" remix", 5}}));
}

TEST(Csv, AStrayQuoteCostsOneRowNotTheFile) {
  const auto r = read("u,a,1\nu,\"b,2\nu,c,3\nu,\"d\"x,4\nu,e,5\n");
  EXPECT_EQ(cells(r.interactions), (Cells{{"u/a", 1}, {"u/c", 3}, {"u/e", 5}}));
  ASSERT_EQ(r.report.rejections.size(), 1U);
  EXPECT_EQ(r.report.rejections[0].reason, "quotes are not closed on their line or text follows them");
  ASSERT_EQ(r.report.rejections[0].rows, 2U);
  EXPECT_EQ(r.report.rejections[0].examples[0].line, 2);
  EXPECT_EQ(r.report.rejections[0].examples[0].column, 3);
}

TEST(Files, ALogMayLackItsLastLineEndAndBeginWithAByteOrderMark) {
  EXPECT_EQ(cells(read("\xEF\xBB\xBFu\ta\t1\nu\tb\t2").interactions), (Cells{{"u/a", 1}, {"u/b", 2}}));
}

TEST(Files, WhatIsNoLogIsSaidSo) {
  EXPECT_EQ(error_of(""), "plays.tsv: the log is empty\n  fix: give a log of lines: user, item, value");
  EXPECT_EQ(error_of("\n\r\n"), "plays.tsv: the log is empty\n  fix: give a log of lines: user, item, value");
  EXPECT_EQ(error_of("user\tartist\tplays\n"),
            "plays.tsv: the log has no rows below its header\n  fix: give a log of lines: user, item, value");
  EXPECT_EQ(error_of("\xFF\xFEu\0\t\0"), "plays.tsv: is UTF-16 text\n  fix: convert it: iconv -f utf-16 -t utf-8");
  EXPECT_EQ(error_of({"u\0\t\0a\0\t\0001\0\n\0", 12}),
            "plays.tsv: is UTF-16 text\n  fix: convert it: iconv -f utf-16 -t utf-8");
  EXPECT_EQ(error_of("\x01\x02\x03\x04\x05\x06\x07\x08"),
            "plays.tsv: is not text\n  fix: give a log of lines: user, item, value");
  EXPECT_EQ(error_of("u\ta\t1\rv\tb\t2\r"),
            "plays.tsv: its lines end in carriage returns only\n  fix: convert it: tr '\\r' '\\n'");
  EXPECT_EQ(error_of("word\nword\n"),
            "plays.tsv:1: cannot cut the lines into columns: neither tab, \"::\", comma, semicolon, \"|\" nor space "
            "does it alike "
            "for most\n  fix: give --delimiter");
}

TEST(Files, ALogWithoutAGoodRowIsAnErrorThatSaysWhy) {
  IngestOptions options;
  options.value = "2";
  EXPECT_EQ(error_of("u\ta\t1\nv\tb\t2\n", options),
            "plays.tsv:1:3: no row can be kept: value is not a number in all 2 rows\n"
            "  fix: name the right column with --value, or count rows with --value=none");
}

TEST(Files, OverlongLinesAreRejectedAndSkipped) {
  const std::string longest(kLongestLine + 1, 'x');
  const std::string longer(kLongestLine * 3 + 12345, 'y');
  const std::string log = "u\ta\t1\n" + longest + "\nu\tb\t2\n" + longer + "\nu\tc\t3\n" + longer;
  const testing::TempDir dir;
  const auto path = dir.write("log", log);
  IngestOptions options;
  options.header = "no";
  options.delimiter = "\t";
  for (const int threads : {1, 3}) {
    for (const std::size_t chunk_size : {std::size_t{1000}, kChunkSize, std::size_t{8} << 20}) {
      segue::Run run;
      run.threads = threads;
      const auto stream = chunks_of_stream(read_memory(log), 0, chunk_size);
      for (const auto& r :
           {read_source(*stream, "log", "", options, run), read_log_in_chunks(path, chunk_size, options, run)}) {
        EXPECT_EQ(cells(r.interactions), (Cells{{"u/a", 1}, {"u/b", 2}, {"u/c", 3}}));
        ASSERT_EQ(r.report.rejections.size(), 1U);
        EXPECT_EQ(r.report.rejections[0].reason, "line is longer than 1 MiB");
        EXPECT_EQ(r.report.rejections[0].rows, 3U);
        EXPECT_EQ(r.report.rejections[0].examples[2].line, 6);
        EXPECT_EQ(r.report.rejections[0].examples[0].text.size(), 200 + std::string("…").size());
      }
    }
  }
}

TEST(Run, AStopRequestEndsReading) {
  std::stop_source stop;
  segue::Run run;
  run.stop = stop.get_token();
  stop.request_stop();
  const auto source = chunks_of_stream(read_memory("u\ta\t1\n"), 0, 16);
  try {
    read_source(*source, "log", "", {}, run);
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kCancelled);
  }
}

TEST(Run, ProgressNamesTheStagesAndWhatItThrowsEndsReading) {
  std::vector<std::string> stages;
  segue::Run run;
  run.threads = 3;
  run.progress = [&](const Progress& p) {
    if (stages.empty() || stages.back() != p.stage) stages.emplace_back(p.stage);
  };
  std::string log;
  for (int i = 0; i < 1000; ++i) log += "u" + std::to_string(i) + "\ta\t1\n";
  const auto source = chunks_of_stream(read_memory(log), 0, 16);
  read_source(*source, "log", "", {}, run);
  EXPECT_EQ(stages, (std::vector<std::string>{"reading", "sorting", "building"}));

  run.progress = [](const Progress& p) {
    if (p.done != 0) throw std::runtime_error("enough");
  };
  const auto again = chunks_of_stream(read_memory(log), 0, 16);
  EXPECT_THROW(read_source(*again, "log", "", {}, run), std::runtime_error);
}

}  // namespace
}  // namespace segue::ingest
