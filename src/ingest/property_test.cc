// Random messy logs, read by the engine with every number of threads and with chunks so small that their borders fall
// everywhere, against the reference.
#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "ingest/read_source.h"
#include "testing/reference_ingest.h"
#include "testing/temp_dir.h"

namespace segue::ingest {
namespace {

using testing::ReferenceLog;
using testing::ReferenceResult;

struct Case {
  std::string text;
  IngestOptions options;
  ReferenceLog reference;
};

/// A log of a few users and items, so that duplicates are common, with some of everything that can be wrong.
Case random_case(std::uint32_t seed) {
  std::mt19937 random(seed);
  const auto below = [&](std::size_t n) { return static_cast<std::size_t>(random() % n); };
  const auto one_in = [&](std::size_t n) { return below(n) == 0; };
  const auto pick = [&](const std::vector<std::string>& from) { return from[below(from.size())]; };
  const std::vector<std::string> users = {
      "u1", "u2", "u3", "\xC3\xBC", "a user whose name has more than thirty-two bytes", "17 bytes long, yes"};
  const std::vector<std::string> items = {"nan",
                                          "null",
                                          "Pink Floyd",
                                          " blank before",
                                          "a\rb",
                                          "\xE6\x97\xA5\xE6\x9C\xAC",
                                          "sixteen bytes ok",
                                          "seventeen bytes!!",
                                          "x",
                                          "\"Weird Al\" Yankovic",
                                          "12\" remix",
                                          "aaaaaaaab",
                                          "aaaaaaaac",
                                          "8 bytes."};
  const std::vector<std::string> values = {"1",   "2",   "7",  "12345678", "123456789", "16777217",
                                           "0.1", "1e3", "-1", "+4",       " 5 ",       "2.5"};
  const std::vector<std::string> bad_values = {"hello", "",      "0",   "-0",   "inf", "nan", "1e40",
                                               "-1e39", "1e-60", "1,5", "0x10", "5 5", "--1", "."};
  const std::vector<std::string> keys = {"", "k1", "k2", "a key that is longer than 16 bytes"};
  const std::vector<std::string> bad_names = {
      "", "\xFF", "a\xC0\xAF", std::string("n\0l", 3), "\xED\xA0\x80", "sep 20, 2008", "Dec 7, 2008", "sep 20 2008"};

  Case c;
  const std::size_t kind = below(4);  // Last.fm-360K, comma, "::", space-free pipes with a title
  c.reference.columns = kind == 2 ? 3 : 4;
  c.options.header = "no";
  if (kind == 0) {
    c.options.format = "lastfm-360k";
    c.reference.item = 2;
    c.reference.value = 3;
    c.reference.reject_dates = true;
    if (one_in(2)) {
      c.options.item_key = ItemKey::kMbid;
      c.reference.item = 1;
      c.reference.fallback = 2;
      c.reference.title = 2;
    }
  } else {
    c.options.format = "delimited";
    c.reference.delimiter = kind == 1 ? (one_in(2) ? "," : ";") : kind == 2 ? "::" : "|";
    c.reference.quoted = kind == 1;
    c.options.delimiter = c.reference.delimiter;
    c.options.user = "1";
    c.options.item = "2";
    c.options.value = "3";
    if (kind != 2) {
      c.options.title = "4";
      c.reference.title = 3;
    }
    if (one_in(2)) {
      c.options.time = std::to_string(++c.reference.columns);
      c.reference.time = c.reference.columns - 1;
    }
  }
  c.options.zero_values = one_in(2) ? ZeroValues::kDrop : ZeroValues::kKeep;
  c.reference.drop_zeros = c.options.zero_values == ZeroValues::kDrop;
  c.options.negative_values = one_in(2) ? NegativeValues::kDrop : NegativeValues::kKeep;
  c.reference.drop_negatives = c.options.negative_values == NegativeValues::kDrop;
  const std::size_t combine = below(3);
  c.options.duplicates = combine == 0 ? Duplicates::kSum : combine == 1 ? Duplicates::kMax : Duplicates::kLast;
  c.reference.combine = combine == 0   ? ReferenceLog::Combine::kSum
                        : combine == 1 ? ReferenceLog::Combine::kMax
                                       : ReferenceLog::Combine::kLast;
  if (one_in(3)) {
    c.options.min_user_items = static_cast<std::uint32_t>(below(4));
    c.options.min_item_users = static_cast<std::uint32_t>(below(4));
  }

  const bool only_integers = one_in(2);
  const std::size_t rows = 8 + below(one_in(8) ? 900 : 60);
  std::string user = pick(users);
  for (std::size_t r = 0; r < rows; ++r) {
    if (one_in(4)) user = pick(users);
    std::vector<std::string> fields;
    const std::string value = one_in(12) ? pick(bad_values) : only_integers ? std::to_string(below(100)) : pick(values);
    const std::string item = one_in(15) ? pick(bad_names) : pick(items);
    const std::string who = one_in(15) ? pick(bad_names) : user;
    if (kind == 0) {
      fields = {who, pick(keys), item, value};
    } else {
      fields = {who, item, value};
      if (kind != 2) fields.push_back(one_in(15) ? pick(bad_names) : pick(items));
    }
    if (c.reference.time >= 0) fields.push_back(one_in(15) ? pick({"", "then", "1e40"}) : std::to_string(below(50)));
    if (one_in(20)) fields.pop_back();
    if (one_in(20)) fields.push_back("more");
    for (std::size_t f = 0; f < fields.size(); ++f) {
      std::string field = fields[f];
      if (kind == 1 && (one_in(4) || field.find(c.reference.delimiter) != std::string::npos)) {
        std::string quoted = "\"";
        for (const char byte : field) quoted += byte == '"' ? "\"\"" : std::string(1, byte);
        field = quoted + (one_in(30) ? "" : one_in(30) ? "\"x" : "\"");
      }
      c.text += (f == 0 ? "" : c.reference.delimiter) + field;
    }
    c.text += one_in(5) ? "\r\n" : "\n";
    if (one_in(20)) c.text += one_in(2) ? "\n" : "\r\n";
  }
  if (one_in(2)) c.text.pop_back();
  return c;
}

void expect_equal(const IngestResult& result, const ReferenceResult& expected, const ReferenceLog& log) {
  const Interactions& got = result.interactions;
  EXPECT_EQ(result.report.rows_read, expected.rows);
  EXPECT_EQ(result.report.rows_kept, expected.kept);
  EXPECT_EQ(result.report.blank_lines, expected.blank);
  EXPECT_EQ(result.report.duplicates, expected.duplicates);
  std::map<std::string, std::uint64_t> rejected;
  for (const Rejection& rejection : result.report.rejections) {
    rejected[rejection.reason] = rejection.rows;
    std::vector<std::pair<std::int64_t, std::int64_t>> places;
    for (const RejectedRow& row : rejection.examples) places.emplace_back(row.line, row.column);
    // A name whose quotes were doubled is shown at its line's beginning.
    const auto& where = expected.places.at(rejection.reason);
    ASSERT_EQ(places.size(), where.size()) << rejection.reason;
    for (std::size_t i = 0; i < places.size(); ++i) {
      EXPECT_EQ(places[i].first, where[i].first) << rejection.reason;
      if (!log.quoted) {
        EXPECT_EQ(places[i].second, where[i].second) << rejection.reason;
      }
    }
  }
  EXPECT_EQ(rejected, expected.rejected);

  std::map<std::string, std::uint32_t> items;
  for (const auto& [user, row] : expected.cells) {
    for (const auto& [item, value] : row) items[item] = 0;
  }
  ASSERT_EQ(got.users.size(), expected.cells.size());
  ASSERT_EQ(got.items.size(), items.size());
  std::uint32_t rank = 0;
  for (auto& [item, number] : items) {
    EXPECT_EQ(got.items[rank], item);
    if (log.title >= 0) {
      const std::string& title = expected.titles.at(item);
      EXPECT_EQ(got.title(rank), title.empty() ? item : title);
    }
    number = rank++;
  }
  ASSERT_EQ(got.times.size(), log.time >= 0 ? got.plays.nnz() : 0);
  std::uint32_t user_rank = 0;
  for (const auto& [user, row] : expected.cells) {
    EXPECT_EQ(got.users[user_rank], user);
    ASSERT_EQ(got.plays.row_columns(user_rank).size(), row.size());
    std::uint64_t cell = got.plays.row_ptr()[user_rank];
    for (const auto& [item, value] : row) {
      EXPECT_EQ(got.plays.at(user_rank, items[item]), static_cast<float>(value)) << user << " " << item;
      if (log.time < 0) continue;
      EXPECT_EQ(got.times[cell++], expected.times.at(user).at(item)) << user << " " << item;
    }
    ++user_rank;
  }
}

TEST(ReadSource, ReadsMessyLogsAsTheReferenceDoes) {
  const testing::TempDir dir;
  for (std::uint32_t seed = 0; seed < 120; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    const Case c = random_case(seed);
    ReferenceResult expected = testing::reference_ingest(c.text, c.reference);
    testing::reference_minimums(expected, c.options.min_user_items, c.options.min_item_users);
    if (expected.cells.empty()) continue;  // an error: told by other tests
    const std::filesystem::path path = dir.write("log", c.text);
    for (const int threads : {1, 2, 3, 8}) {
      for (const std::size_t chunk_size : {std::size_t{1}, std::size_t{37}, std::size_t{1000}, std::size_t{1} << 20}) {
        SCOPED_TRACE(std::to_string(threads) + " threads, chunks of " + std::to_string(chunk_size));
        segue::Run run;
        run.threads = threads;
        if ((seed + static_cast<std::uint32_t>(threads)) % 2 == 0) {
          expect_equal(read_log_in_chunks(path, chunk_size, c.options, run), expected, c.reference);
        } else {
          const auto source = chunks_of_stream(read_memory(c.text), 0, chunk_size);
          expect_equal(read_source(*source, "log", "", c.options, run), expected, c.reference);
        }
        if (::testing::Test::HasFailure()) FAIL() << c.text;
      }
    }
  }
}

}  // namespace
}  // namespace segue::ingest
