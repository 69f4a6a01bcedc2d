// The parts that ingest is made of, each against the obvious.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>
#include <thread>

#include "ingest/name_table.h"
#include "ingest/rank.h"
#include "ingest/row_sort.h"
#include "ingest/scan.h"
#include "ingest/split.h"
#include "ingest/text.h"

namespace segue::ingest {
namespace {

TEST(FindStructure, FindsEveryDelimiterAndLineEndAtEveryLength) {
  std::mt19937 random(1);
  for (std::size_t size = 0; size < 300; ++size) {
    for (const unsigned density : {1U, 2U, 9U, 60U}) {
      std::string text(size + kScanBlock, '\t');  // what follows the text must not count
      std::vector<std::uint32_t> expected;
      for (std::size_t i = 0; i < size; ++i) {
        const auto roll = static_cast<unsigned>(random() % density);
        text[i] = roll != 0 ? 'x' : random() % 2 == 0 ? '\t' : '\n';
        if (text[i] != 'x') expected.push_back(static_cast<std::uint32_t>(i));
      }
      std::vector<std::uint32_t> found(size + 8);
      found.resize(find_structure(text.data(), size, '\t', found.data()));
      EXPECT_EQ(found, expected) << size;
    }
  }
}

TEST(RowSorter, SortsStablyAtEveryLengthAndWidth) {
  std::mt19937 random(2);
  RowSorter sorter;
  for (const std::uint32_t widest : {1U, 5U, 300U, 300'000U, 0xFFFFFFFEU}) {
    for (std::size_t size = 0; size < 600; size += size < 280 ? 1 : 37) {
      std::vector<std::uint32_t> columns(size);
      for (auto& c : columns) c = static_cast<std::uint32_t>(random() % widest);
      std::vector<std::uint32_t> expected(size);
      for (std::size_t i = 0; i < size; ++i) expected[i] = static_cast<std::uint32_t>(i);
      std::stable_sort(expected.begin(), expected.end(), [&](auto a, auto b) { return columns[a] < columns[b]; });
      const auto got = sorter.order(columns);
      EXPECT_TRUE(std::equal(got.begin(), got.end(), expected.begin(), expected.end())) << size << " below " << widest;
    }
  }
}

TEST(Splitter, CutsAtDelimitersAndKeepsWhatIsQuotedTogether) {
  Splitter splitter("::", true);
  ASSERT_TRUE(splitter.split("a::\"b::c\"::::\"say \"\"hi\"\"\""));
  std::vector<std::string> texts;
  for (const Field& field : splitter.fields()) texts.emplace_back(field.text);
  EXPECT_EQ(texts, (std::vector<std::string>{"a", "b::c", "", "say \"hi\""}));
  EXPECT_FALSE(splitter.split("a::\"b"));
  EXPECT_FALSE(splitter.split("a::\"b\"c::d"));
  EXPECT_TRUE(splitter.split("a::b\"c"));
  EXPECT_EQ(splitter.fields().size(), 2U);
}

TEST(Numbers, TheShortWayAgreesWithTheLongOne) {
  const std::string alphabet = "0123456789.+-e :/;";
  std::mt19937 random(3);
  for (int i = 0; i < 200000; ++i) {
    std::string text = "12345678";  // readable before the number, and no part of it
    const std::size_t size = random() % 10;
    for (std::size_t k = 0; k < size; ++k)
      text += random() % 8 != 0 ? static_cast<char>('0' + random() % 10) : alphabet[random() % alphabet.size()];
    const std::string_view number = std::string_view(text).substr(8);
    double slow = -7;
    double fast = -7;
    const NumberKind kind = parse_number(number, slow);
    ASSERT_EQ(parse_padded_number(number, fast), kind) << number;
    if (kind == NumberKind::kNumber) {
      ASSERT_EQ(fast, slow) << number;
    }
  }
}

TEST(Times, AreNumbersOrDates) {
  EXPECT_EQ(parse_time("881250949"), 881250949);
  EXPECT_EQ(parse_time("1260759144123"), 1260759144123);
  EXPECT_EQ(parse_time("-1.5"), -1.5);
  EXPECT_EQ(parse_time("1970-01-01"), 0);
  EXPECT_EQ(parse_time("2009-05-04T23:08:57Z"), 1241478537);
  EXPECT_EQ(parse_time("2009-05-04 23:08:57"), 1241478537);
  EXPECT_EQ(parse_time("2009-05-04 23:08:57 UTC"), 1241478537);
  EXPECT_EQ(parse_time("2009-05-04T23:08"), 1241478480);
  EXPECT_EQ(parse_time("2009-05-05T01:08:57.25+02:00"), 1241478537.25);
  EXPECT_EQ(parse_time("2009-05-04T18:38:57-0430"), 1241478537);
  EXPECT_EQ(parse_time("2012-02-29"), 1330473600);
  EXPECT_EQ(parse_time("1969-12-31T23:59:59Z"), -1);
  for (const std::string_view bad :
       {"", "x", "2009-5-4", "2009-02-29", "2009-13-01", "2009-05-04T", "2009-05-04T24:00", "2009-05-04T23:61",
        "2009-05-04T23:08:57X", "2009-05-04T23:08:57.", "2009-05-04T23:08:57+2", "2009-05-04T23:08:57+02:0",
        "2009-05-04T23:08:57+02:00 ago", "04/05/2009", "May 4, 2009", "nan"}) {
    EXPECT_EQ(parse_time(bad), std::nullopt) << bad;
  }
}

TEST(Utf8, RefusesWhatUnicodeDoes) {
  for (const std::string_view good :
       {"", "a", "\xC3\xBC", "\xE2\x82\xAC", "\xF0\x9F\x8E\xB5", "\xF4\x8F\xBF\xBF", "\xED\x9F\xBF"})
    EXPECT_TRUE(is_utf8(good)) << good;
  for (const std::string_view bad : {"\x80", "\xC0\x80", "\xC1\xBF", "\xC3", "\xE0\x80\x80", "\xED\xA0\x80",
                                     "\xF0\x80\x80\x80", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xE2\x82"}) {
    EXPECT_FALSE(is_utf8(bad));
    EXPECT_EQ(utf8_prefix("ab" + std::string(bad)), 2U);
  }
}

TEST(Text, ShowsBrokenBytesAndCutsBetweenCharacters) {
  EXPECT_EQ(shown("a\tb\r\xFF\xC3\xBC"), "a\tb\\x0d\\xff\xC3\xBC");
  EXPECT_EQ(shown(std::string(300, 'x')), std::string(200, 'x') + "…");
  EXPECT_EQ(utf8_from_latin1("M\xF6tley"), "M\xC3\xB6tley");
  EXPECT_EQ(with_commas(0), "0");
  EXPECT_EQ(with_commas(123), "123");
  EXPECT_EQ(with_commas(17559530), "17,559,530");
}

/// Names as chunks hold them: followed by bytes that are no part of them.
std::vector<std::string> padded_names(std::size_t count, std::uint32_t seed) {
  std::mt19937 random(seed);
  std::set<std::string> names;
  while (names.size() < count) {
    std::string name = random() % 4 == 0 ? "a common beginning " : "";
    const std::size_t size = 1 + random() % 40;
    for (std::size_t i = 0; i < size; ++i) name += static_cast<char>('a' + random() % 26);
    names.insert(name);
  }
  std::vector<std::string> all(names.begin(), names.end());
  std::shuffle(all.begin(), all.end(), random);
  for (std::string& name : all) name += std::string(16, '#');
  return all;
}

std::string_view unpadded(const std::string& name) { return std::string_view(name).substr(0, name.size() - 16); }

TEST(NameTable, WorkersThatAddTheSameNamesAgreeOnTheirNumbers) {
  const std::vector<std::string> names = padded_names(30000, 4);
  NameTable table;
  std::vector<std::vector<std::uint32_t>> numbers(4, std::vector<std::uint32_t>(names.size()));
  {
    std::vector<std::jthread> workers;
    for (std::size_t w = 0; w < numbers.size(); ++w) {
      workers.emplace_back([&, w] {
        for (std::size_t k = 0; k < names.size(); ++k) {
          const std::size_t i = (k * 7919 + w * 12345) % names.size();
          const std::uint64_t hash = table.hash(unpadded(names[i]));
          NameRecord* record = table.find(unpadded(names[i]), hash, table.candidate(hash));
          if (record == nullptr) record = table.add(unpadded(names[i]), hash);
          numbers[w][i] = record->number();
        }
      });
    }
  }
  EXPECT_EQ(table.size(), names.size());
  for (std::size_t w = 1; w < numbers.size(); ++w) EXPECT_EQ(numbers[w], numbers[0]);

  const Ranking ranking = rank_names(table, {});
  std::vector<std::string> sorted;
  for (const std::string& name : names) sorted.emplace_back(unpadded(name));
  std::sort(sorted.begin(), sorted.end());
  for (std::size_t i = 0; i < names.size(); ++i) {
    ASSERT_EQ(ranking.order[i]->name(), sorted[i]);
    const std::uint32_t rank = ranking.rank_of_number[numbers[0][i]];
    ASSERT_EQ(sorted[rank], unpadded(names[i]));
  }
  EXPECT_EQ(ids_of(ranking.order.span(), {}).find(sorted[77]), 77U);
}

TEST(NameTable, NamesThatShareAllButTheirEndAreRankedByIt) {
  NameTable table;
  std::vector<std::string> names;
  for (int i = 0; i < 9000; ++i)
    names.push_back("a beginning of more than sixteen bytes " + std::to_string(i * 31 % 9000));
  for (const std::string& name : names) {
    const std::string padded = name + std::string(16, '#');
    table.add(unpadded(padded), table.hash(unpadded(padded)));
  }
  std::sort(names.begin(), names.end());
  const Ranking ranking = rank_names(table, {});
  for (std::size_t i = 0; i < names.size(); ++i) ASSERT_EQ(ranking.order[i]->name(), names[i]);
}

TEST(NameTable, NamesLongerThanABlockFindTheirPlace) {
  NameTable table;
  std::vector<std::string> names;
  for (const char c : {'a', 'b', 'c', 'd', 'e', 'f', 'g'})
    names.push_back(std::string(900'000, c) + std::string(16, '#'));
  for (const std::string& name : names) table.add(unpadded(name), table.hash(unpadded(name)));
  for (const std::string& name : names) {
    const std::uint64_t hash = table.hash(unpadded(name));
    ASSERT_NE(table.find(unpadded(name), hash, table.candidate(hash)), nullptr);
  }
  const Ranking ranking = rank_names(table, {});
  ASSERT_EQ(ranking.order.size(), 7U);
  EXPECT_EQ(ranking.order[6]->name(), unpadded(names[6]));
}

TEST(NameTable, NotesNamesWithSeveralKeys) {
  NameTable table;
  const auto key = [](std::string_view text) { return std::string(text) + std::string(16, '#'); };
  const std::string a = key("aaaaaaaa-0000-0000-0000-000000000001");
  const std::string b = key("aaaaaaaa-0000-0000-0000-000000000002");
  const std::string short_key = key("k");
  NameRecord* record = table.add(unpadded(a), table.hash(unpadded(a)));
  NameTable::note_key(*record, unpadded(a));
  NameTable::note_key(*record, unpadded(a));
  EXPECT_FALSE(NameTable::has_several_keys(*record));
  NameTable::note_key(*record, unpadded(b));
  EXPECT_TRUE(NameTable::has_several_keys(*record));
  NameRecord* other = table.add(unpadded(short_key), table.hash(unpadded(short_key)));
  NameTable::note_key(*other, unpadded(short_key));
  EXPECT_FALSE(NameTable::has_several_keys(*other));
}

}  // namespace
}  // namespace segue::ingest
