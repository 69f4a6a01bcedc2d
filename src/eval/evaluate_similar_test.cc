#include "segue/evaluate_similar.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "segue/error.h"

namespace segue {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

CsrMatrix matrix_of(std::uint32_t cols, const std::vector<std::vector<std::uint32_t>>& rows) {
  std::vector<std::uint64_t> row_ptr{0};
  std::vector<std::uint32_t> columns;
  for (const auto& row : rows) {
    columns.insert(columns.end(), row.begin(), row.end());
    row_ptr.push_back(columns.size());
  }
  std::vector<float> values(columns.size(), 1);
  return CsrMatrix::create(cols, std::move(row_ptr), std::move(columns), std::move(values));
}

TEST(SimilarItems, CoListeningIsTheShareOfTheOthersThatIsListed) {
  // ann: 0 1 2, bob: 0 3, cat: 2.
  const CsrMatrix test = matrix_of(4, {{0, 1, 2}, {0, 3}, {2}});
  const ItemLists lists = {{1, 3}, {2}, {3, 0}, {}};
  const ItemScore got = co_listening(lists, test, 1, {.resamples = 0});
  EXPECT_THAT(got.items, ElementsAre(0U, 1U, 2U));  // 3 has no list
  // 0: others are 1 2 of ann and 3 of bob, of which 1 is found; 1: 0 2, of which 2; 2: 0 1, and cat has no other.
  EXPECT_THAT(got.per_item, ElementsAre(1.0 / 3, 0.5, 0.0));
  EXPECT_EQ(co_listening(lists, test, 2, {.resamples = 0}).per_item[0], 2.0 / 3);
  EXPECT_EQ(co_listening(lists, test, 2, {.resamples = 0}).per_item[2], 0.5);
}

TEST(SimilarItems, LabelsOverlapByJaccard) {
  const CsrMatrix labels = matrix_of(3, {{0, 1}, {1, 2}, {}, {0, 1}});
  const ItemLists lists = {{3, 1, 2}, {0}, {0}, {}};
  const ItemScore got = label_overlap(lists, labels, 10, {.resamples = 0});
  EXPECT_THAT(got.items, ElementsAre(0U, 1U));
  EXPECT_DOUBLE_EQ(got.per_item[0], (1 + 1.0 / 3 + 0) / 3);
  EXPECT_DOUBLE_EQ(got.per_item[1], 1.0 / 3);
  EXPECT_EQ(label_overlap(lists, labels, 1, {.resamples = 0}).per_item[0], 1);
}

TEST(SimilarItems, AgreementIsTheShareOfOneListInTheOther) {
  const ItemLists first = {{1, 2, 3}, {0}, {}};
  const ItemLists second = {{3, 1, 4}, {0}, {0}};
  const ItemScore got = list_agreement(first, second, 3, {.resamples = 0});
  EXPECT_THAT(got.items, ElementsAre(0U, 1U));
  EXPECT_THAT(got.per_item, ElementsAre(2.0 / 3, 1.0));
  EXPECT_EQ(list_agreement(first, second, 1, {.resamples = 0}).per_item[0], 0);
}

/// Against sets, on random lists; the same for any number of threads.
TEST(SimilarItems, AreWhatSetsSay) {
  std::mt19937 random(5);
  constexpr std::uint32_t kItems = 150;
  const auto some = [&](std::uint32_t bound, std::size_t most) {
    std::set<std::uint32_t> set;
    const std::size_t size = random() % (most + 1);
    while (set.size() < size) set.insert(static_cast<std::uint32_t>(random() % bound));
    return std::vector<std::uint32_t>(set.begin(), set.end());
  };
  std::vector<std::vector<std::uint32_t>> users(60);
  for (auto& user : users) user = some(kItems, 12);
  std::vector<std::vector<std::uint32_t>> tags(kItems);
  for (auto& row : tags) row = some(20, 5);
  ItemLists lists(kItems);
  ItemLists others(kItems);
  for (std::uint32_t i = 0; i < kItems; ++i) {
    for (ItemLists* all : {&lists, &others}) {
      (*all)[i] = some(kItems, 15);
      std::erase((*all)[i], i);
      std::shuffle((*all)[i].begin(), (*all)[i].end(), random);
    }
  }
  const CsrMatrix test = matrix_of(kItems, users);
  const CsrMatrix labels = matrix_of(20, tags);
  constexpr std::uint32_t kCut = 7;
  std::vector<double> listened;
  std::vector<double> overlap;
  std::vector<double> agreed;
  for (std::uint32_t i = 0; i < kItems; ++i) {
    const auto cut = [](const std::vector<std::uint32_t>& list) {
      return std::set<std::uint32_t>(list.begin(), list.begin() + std::min<std::ptrdiff_t>(kCut, std::ssize(list)));
    };
    const std::set<std::uint32_t> list = cut(lists[i]);
    if (list.empty()) continue;
    double found = 0;
    double all = 0;
    for (const auto& user : users) {
      if (!std::ranges::count(user, i)) continue;
      for (const std::uint32_t other : user) {
        if (other == i) continue;
        ++all;
        found += list.contains(other) ? 1 : 0;
      }
    }
    if (all > 0) listened.push_back(found / all);
    if (!tags[i].empty()) {
      double sum = 0;
      for (const std::uint32_t other : list) {
        std::set<std::uint32_t> either(tags[i].begin(), tags[i].end());
        either.insert(tags[other].begin(), tags[other].end());
        double both = 0;
        for (const std::uint32_t tag : tags[i]) both += std::ranges::count(tags[other], tag) > 0 ? 1 : 0;
        sum += both / static_cast<double>(either.size());
      }
      overlap.push_back(sum / static_cast<double>(list.size()));
    }
    const std::set<std::uint32_t> other = cut(others[i]);
    if (other.empty()) continue;
    double both = 0;
    for (const std::uint32_t item : list) both += other.contains(item) ? 1 : 0;
    agreed.push_back(both / static_cast<double>(list.size()));
  }
  const auto expect = [](const std::vector<double>& got, const std::vector<double>& wanted) {
    ASSERT_EQ(got.size(), wanted.size());
    for (std::size_t i = 0; i < got.size(); ++i) EXPECT_NEAR(got[i], wanted[i], 1e-12);  // sums of a few doubles
  };
  expect(co_listening(lists, test, kCut).per_item, listened);
  expect(label_overlap(lists, labels, kCut).per_item, overlap);
  expect(list_agreement(lists, others, kCut).per_item, agreed);
  const ItemScore whole = label_overlap(lists, labels, kCut);
  EXPECT_LT(whole.low, whole.mean);
  EXPECT_LT(whole.mean, whole.high);
  for (const int threads : {1, 2, 3, 8}) {
    segue::Run run;
    run.threads = threads;
    const ItemScore again = label_overlap(lists, labels, kCut, {}, run);
    EXPECT_EQ(again.mean, whole.mean);
    EXPECT_EQ(again.low, whole.low);
  }
}

TEST(SimilarItems, RefuseWhatCannotBeJudged) {
  const CsrMatrix test = matrix_of(2, {{0}, {1}});
  const auto problem = [](auto call) -> std::string {
    try {
      call();
    } catch (const Error& error) {
      return error.problem();
    }
    return "no error";
  };
  EXPECT_THAT(problem([&] { co_listening({{1}, {0}}, test, 5); }), HasSubstr("no item has what its list could be"));
  EXPECT_THAT(problem([&] { co_listening({{1}}, test, 5); }), HasSubstr("lists of 1 items where there are 2"));
  EXPECT_THAT(problem([&] { list_agreement({{1}, {0}}, {{1}, {0}}, 0); }), HasSubstr("the first 0"));
}

}  // namespace
}  // namespace segue
