// Made-up logs have the statistics that docs/logs.md promises, and hold what was planted in them.
#include "segue/synth.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <map>
#include <numeric>
#include <set>
#include <sstream>

#include "segue/error.h"
#include "synth/catalogue.h"
#include "testing/temp_dir.h"

namespace segue {
namespace {

SynthOptions small() {
  SynthOptions options;
  options.users = 6000;
  options.items = 4000;
  options.tastes = 16;
  return options;
}

TEST(Synth, EverybodyAndEveryItemIsThere) {
  const SynthOptions options = small();
  const Interactions made = synthesize(options);
  EXPECT_EQ(made.users.size(), options.users);
  EXPECT_EQ(made.items.size(), options.items);
  EXPECT_EQ(made.titles.size(), 0U);
  ASSERT_EQ(made.plays.rows(), options.users);
  ASSERT_EQ(made.plays.cols(), options.items);
  for (std::uint32_t user = 0; user < options.users; ++user) {
    ASSERT_FALSE(made.plays.row_columns(user).empty());
    ASSERT_EQ(made.users[user].size(), 40U);
    for (const float plays : made.plays.row_values(user)) {
      ASSERT_GE(plays, 1);
      ASSERT_EQ(plays, std::floor(plays));
    }
  }
  const Array<std::uint32_t> listeners = count_per_column(made.plays);
  EXPECT_GE(*std::min_element(listeners.begin(), listeners.end()), 1U);
}

TEST(Synth, CountsAndPopularityAreLikeLastFm) {
  const SynthOptions options = small();
  const Interactions made = synthesize(options);
  const double mean = static_cast<double>(made.plays.nnz()) / options.users;
  EXPECT_NEAR(mean, 49, 1.5);
  std::size_t near_fifty = 0;
  for (std::uint32_t user = 0; user < options.users; ++user) {
    const std::size_t count = made.plays.row_columns(user).size();
    EXPECT_LE(count, 200U);
    near_fifty += count == 49 || count == 50 ? 1 : 0;
  }
  EXPECT_NEAR(static_cast<double>(near_fifty) / options.users, 0.74, 0.05);
  // The best known item has 15 to 25 % of all as listeners (Last.fm-360K: 21.5 %), and the upper hundredth of the items
  // has more interactions than the lower half.
  const Array<std::uint32_t> per_item = count_per_column(made.plays);
  std::vector<std::uint32_t> listeners(per_item.begin(), per_item.end());
  std::sort(listeners.rbegin(), listeners.rend());
  EXPECT_GT(listeners[0], options.users / 7);
  EXPECT_GT(std::accumulate(listeners.begin(), listeners.begin() + 40, 0U),
            std::accumulate(listeners.begin() + 2000, listeners.end(), 0U));
}

TEST(Synth, IsTheSameForAnyNumberOfThreadsAndOfItsSeed) {
  SynthOptions options = small();
  segue::Run run;
  run.threads = 1;
  const Interactions one = synthesize(options, run);
  run.threads = 5;
  const Interactions five = synthesize(options, run);
  const auto same = [](const auto& a, const auto& b) { return std::equal(a.begin(), a.end(), b.begin(), b.end()); };
  EXPECT_TRUE(same(one.plays.columns(), five.plays.columns()));
  EXPECT_TRUE(same(one.plays.values(), five.plays.values()));
  EXPECT_TRUE(same(one.users.strings().bytes(), five.users.strings().bytes()));
  EXPECT_TRUE(same(one.items.strings().bytes(), five.items.strings().bytes()));
  options.seed = 361;
  const Interactions other = synthesize(options);
  EXPECT_FALSE(same(one.plays.values(), other.plays.values()));
  EXPECT_FALSE(same(one.items.strings().bytes(), other.items.strings().bytes()));
}

TEST(Synth, ItemsOfOneTasteAreLikedTogether) {
  const SynthOptions options = small();
  const Interactions made = synthesize(options);
  std::vector<std::uint32_t> taste;
  for (std::uint32_t item = 0; item < options.items; ++item) taste.push_back(planted_taste(options, made.items[item]));
  // Two items of one person, of those that are not everybody's: how often they are of one taste, and how often they
  // would be if all had been shuffled.
  const Array<std::uint32_t> listeners = count_per_column(made.plays);
  std::map<std::uint32_t, double> of_taste;
  double all = 0;
  double pairs = 0;
  double together = 0;
  for (std::uint32_t user = 0; user < options.users; ++user) {
    std::vector<std::uint32_t> row;
    for (const std::uint32_t item : made.plays.row_columns(user)) {
      if (listeners[item] < options.users / 50) row.push_back(taste[item]);
    }
    for (const std::uint32_t t : row) of_taste[t] += 1;
    all += static_cast<double>(row.size());
    for (std::size_t i = 0; i + 1 < row.size(); i += 2) {
      pairs += 1;
      together += row[i] == row[i + 1] ? 1 : 0;
    }
  }
  double by_chance = 0;
  for (const auto& [t, count] : of_taste) by_chance += (count / all) * (count / all);
  EXPECT_GT(together, 2 * by_chance * pairs);
}

TEST(Synth, NamesAreDifferentAndLeadBack) {
  SynthOptions options = small();
  options.items = 100000;
  std::set<std::string> seen;
  for (std::uint32_t rank = 0; rank < options.items; ++rank) {
    const std::string name = synth::name_of_rank(options, rank);
    ASSERT_TRUE(seen.insert(name).second) << name;
    ASSERT_EQ(synth::rank_of_name(options, name), rank) << name;
  }
  for (const char* name : {"", " ", "b", "baba", "the beatles", "ba ba", "baba bababababababa", "zyzy zyzyzyzyzy"}) {
    const std::uint32_t rank = synth::rank_of_name(options, name);
    EXPECT_TRUE(rank == options.items || seen.contains(name)) << name;
  }
  EXPECT_THROW(planted_taste(options, "the beatles"), Error);
}

TEST(Synth, TheLogReadsBackAsTheMatrix) {
  const SynthOptions options = small();
  const Interactions made = synthesize(options);
  const testing::TempDir dir;
  save_log(made, dir.path() / "log.tsv");
  std::ifstream in(dir.path() / "log.tsv");
  std::string line;
  std::uint64_t rows = 0;
  std::uint64_t without_mbid = 0;
  std::string last_user;
  float last_plays = 0;
  while (std::getline(in, line)) {
    ++rows;
    std::istringstream fields(line);
    std::string user;
    std::string mbid;
    std::string item;
    std::string plays;
    ASSERT_TRUE(std::getline(fields, user, '\t') && std::getline(fields, mbid, '\t') &&
                std::getline(fields, item, '\t') && std::getline(fields, plays))
        << line;
    const auto u = made.users.find(user);
    const auto i = made.items.find(item);
    ASSERT_TRUE(u && i) << line;
    ASSERT_EQ(made.plays.at(*u, *i), std::stof(plays)) << line;
    ASSERT_TRUE(mbid.empty() || mbid.size() == 36) << line;
    without_mbid += mbid.empty() ? 1 : 0;
    ASSERT_TRUE(user > last_user || (user == last_user && std::stof(plays) <= last_plays)) << line;
    last_user = user;
    last_plays = std::stof(plays);
  }
  EXPECT_EQ(rows, made.plays.nnz());
  EXPECT_GT(without_mbid, 0U);
}

TEST(Synth, RefusesWhatCannotBe) {
  const auto refused = [](std::uint32_t users, std::uint32_t items, std::uint32_t tastes) {
    SynthOptions options;
    options.users = users;
    options.items = items;
    options.tastes = tastes;
    try {
      synthesize(options);
    } catch (const Error& error) {
      return error.code() == ErrorCode::kInvalidArgument;
    }
    return false;
  };
  EXPECT_TRUE(refused(0, 1, 1));
  EXPECT_TRUE(refused(1, 0, 1));
  EXPECT_TRUE(refused(1, 21, 1));
  EXPECT_TRUE(refused(10, 10, 0));
  EXPECT_TRUE(refused(10, 10, 4097));
  EXPECT_FALSE(refused(1, 1, 1));
  EXPECT_FALSE(refused(1, 20, 4096));
}

TEST(Synth, StopsAndLeavesNoFile) {
  const Interactions made = synthesize(small());
  std::stop_source source;
  source.request_stop();
  segue::Run run;
  run.stop = source.get_token();
  EXPECT_THROW(synthesize(small(), run), Error);
  const testing::TempDir dir;
  EXPECT_THROW(save_log(made, dir.path() / "log.tsv", run), Error);
  EXPECT_TRUE(std::filesystem::is_empty(dir.path()));
}

}  // namespace
}  // namespace segue
