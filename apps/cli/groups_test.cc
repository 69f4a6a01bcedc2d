#include "groups.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace segue::cli {
namespace {

using ::testing::ElementsAre;

/// So many things of each key.
std::vector<std::uint32_t> keys_of(const std::vector<std::pair<std::uint32_t, std::size_t>>& counts) {
  std::vector<std::uint32_t> keys;
  for (const auto& [key, count] : counts) keys.insert(keys.end(), count, key);
  return keys;
}

Groups groups_of(const std::vector<std::uint32_t>& keys) {
  return make_groups(keys, std::vector<std::uint64_t>(keys.size(), 1));
}

TEST(Groups, AreFifthsWhereKeysDiffer) {
  const Groups groups = groups_of({9, 1, 2, 3, 4, 5, 6, 7, 8, 10});
  EXPECT_THAT(groups.names, ElementsAre("1–2", "3–4", "5–6", "7–8", "9–10"));
  EXPECT_THAT(groups.shares, ElementsAre("20 %", "20 %", "20 %", "20 %", "20 %"));
  EXPECT_THAT(groups.of_thing, ElementsAre(4, 0, 0, 1, 1, 2, 2, 3, 3, 4));
}

TEST(Groups, GoByWeight) {
  EXPECT_THAT(make_groups({1, 2, 3, 4, 5, 6}, {4, 4, 4, 4, 2, 2}).names, ElementsAre("1", "2", "3", "4", "5–6"));
  // One that ends a little early leaves no splinter before the next.
  EXPECT_THAT(make_groups({1, 2, 3, 4, 5, 6}, {19, 4, 17, 20, 20, 20}).names, ElementsAre("1", "2–3", "4", "5", "6"));
}

// Last.fm-2k: nearly all have 50 artists. One group of 2 to 40 would say nothing.
TEST(Groups, KeepApartThoseWhoAllHaveTheSame) {
  const Groups groups = groups_of(keys_of({{2, 10}, {20, 20}, {39, 20}, {40, 950}}));
  EXPECT_THAT(groups.names, ElementsAre("2–39", "40"));
  EXPECT_THAT(groups.shares, ElementsAre("5 %", "95 %"));
  EXPECT_THAT(groups_of(keys_of({{1, 600}, {2, 300}, {3, 99}, {4, 1}})).names, ElementsAre("1", "2", "3–4"));
}

TEST(Groups, AreOneWhereThereIsOneKey) {
  EXPECT_THAT(groups_of(keys_of({{7, 3}})).names, ElementsAre("7"));
  EXPECT_TRUE(groups_of({}).names.empty());
  EXPECT_THAT(groups_of(keys_of({{2, 1}, {40, 999}})).names, ElementsAre("2–40"));  // one in a thousand is no group
}

std::vector<std::uint32_t> spread_keys(const std::vector<std::uint32_t>& keys, std::size_t count) {
  std::vector<std::uint32_t> found;
  for (const std::size_t i : spread(keys, count)) found.push_back(keys[i]);
  return found;
}

TEST(Spread, ShowsDifferentOnesWhereMostAreTheSame) {
  EXPECT_THAT(spread_keys({8, 7, 6, 5, 4, 3, 2, 1}, 4), ElementsAre(2, 4, 6, 8));
  EXPECT_THAT(spread_keys(keys_of({{2, 1}, {9, 1}, {20, 1}, {40, 97}}), 4), ElementsAre(2, 9, 20, 40));
  EXPECT_THAT(spread_keys(keys_of({{2, 1}, {40, 99}}), 4), ElementsAre(2, 40, 40, 40));
  EXPECT_THAT(spread_keys({5, 5}, 4), ElementsAre(5, 5));
  EXPECT_TRUE(spread({}, 4).empty());
}

}  // namespace
}  // namespace segue::cli
