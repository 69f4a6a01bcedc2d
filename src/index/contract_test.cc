// What every index of the table promises. Those that are exact answer as sorting all scores does, to the last bit.
#include "index/exact.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <random>
#include <stop_token>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "base/checksum.h"
#include "segue/error.h"
#include "simd/targets.h"
#include "testing/reference_search.h"

namespace segue {

inline bool operator==(const Neighbor& a, const Neighbor& b) { return a.item == b.item && a.score == b.score; }
inline void PrintTo(const Neighbor& n, std::ostream* out) { *out << "(" << n.item << ", " << n.score << ")"; }

namespace {

using ::testing::ElementsAre;
using testing::factors_of;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::random_factors;
using testing::reference_search;
using Results = std::vector<std::vector<Neighbor>>;

constexpr float kLargest = std::numeric_limits<float>::max();
constexpr float kSmallest = std::numeric_limits<float>::denorm_min();

bool fused() { return simd::target_name() != "sse4" && simd::target_name() != "baseline"; }

Run with_threads(int threads) {
  Run run;
  run.threads = threads;
  return run;
}

std::vector<std::uint32_t> ids_of(const std::vector<Neighbor>& neighbors) {
  std::vector<std::uint32_t> ids;
  for (const Neighbor& n : neighbors) ids.push_back(n.item);
  return ids;
}

template <typename F>
std::string problem_of(F&& call, ErrorCode code) {
  try {
    call();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), code);
    return error.problem();
  }
  return "no error";
}

/// Items in a few directions only: scores tie all the time.
Factors tied_factors(std::uint32_t rows, std::uint32_t factors) {
  std::mt19937 random(9);
  std::vector<std::vector<float>> table(rows, std::vector<float>(factors));
  for (auto& row : table) {
    for (float& value : row) value = static_cast<float>(random() % 2);
  }
  return factors_of(table);
}

struct Kind {
  std::string_view name;
  Metric metric;
};

class EachIndex : public ::testing::TestWithParam<Kind> {
 protected:
  static Metric metric() { return GetParam().metric; }
  static std::unique_ptr<Index> build(Factors items) {
    return make_index(std::move(items), metric(), {.kind = std::string(GetParam().name)});
  }
};

/// What holds for approximate indexes, too.
class EveryIndex : public EachIndex {};

std::vector<Kind> kinds(bool approximate_too) {
  std::vector<Kind> kinds;
  for (const IndexInfo& info : indexes()) {
    if (!info.exact && !approximate_too) continue;
    for (const Metric metric : {Metric::kInnerProduct, Metric::kCosine}) {
      if (info.name != "ivf" || metric == Metric::kCosine) kinds.push_back({info.name, metric});
    }
  }
  return kinds;
}

TEST_P(EachIndex, ReturnsWhatSortingAllScoresReturns) {
  for (const std::uint32_t factors : {1U, 5U, 16U, 50U, 64U, 65U}) {
    const Factors items = random_factors(1500, factors, factors);
    const Factors queries = random_factors(21, factors, 100 + factors);
    const std::unique_ptr<Index> index = build(items);
    for (const std::uint32_t top : {1U, 10U, 777U, 1500U}) {
      const Results results = index->search(queries, top, {}, {});
      for (std::uint32_t q = 0; q < queries.rows(); ++q) {
        ASSERT_EQ(results[q], reference_search(items, metric(), queries[q], top, {}, fused()))
            << factors << " factors, top " << top << ", query " << q;
      }
    }
  }
}

TEST_P(EachIndex, BreaksTiesByLowerItem) {
  const Factors items = tied_factors(3000, 4);
  const Factors queries = tied_factors(17, 4);
  const std::unique_ptr<Index> index = build(items);
  for (const int threads : {1, 2}) {
    const Results results = index->search(queries, 40, {}, with_threads(threads));
    for (std::uint32_t q = 0; q < queries.rows(); ++q) {
      ASSERT_EQ(results[q], reference_search(items, metric(), queries[q], 40, {}, fused())) << q;
    }
  }
}

TEST_P(EachIndex, IsAsCloseToTheTrueScoreAsFloatAllows) {
  const std::uint32_t factors = 200;
  const Factors items = random_factors(300, factors, 3);
  const Factors queries = random_factors(3, factors, 4);
  const Results results = build(items)->search(queries, 300, {}, {});
  for (std::uint32_t q = 0; q < queries.rows(); ++q) {
    for (const Neighbor& n : results[q]) {
      // A sum of n rounded terms is off by n eps sum|q x| at most; unit vectors add three roundings a term.
      double magnitude = 0;
      for (std::uint32_t f = 0; f < factors; ++f)
        magnitude += std::abs(double{queries[q][f]} * double{items[n.item][f]});
      if (metric() == Metric::kCosine) {
        double qq = 0;
        double xx = 0;
        for (std::uint32_t f = 0; f < factors; ++f) {
          qq += double{queries[q][f]} * double{queries[q][f]};
          xx += double{items[n.item][f]} * double{items[n.item][f]};
        }
        magnitude /= std::sqrt(qq * xx);
      }
      const double bound = (factors + 3) * 0x1p-24 * magnitude;
      ASSERT_NEAR(n.score, testing::exact_score(queries[q], items[n.item], metric()), bound);
    }
  }
}

TEST_P(EveryIndex, IsTheSameForAnyNumberOfThreadsAndAnyBatch) {
  // Large enough that several threads do take part, in one query too.
  const Factors items = random_factors(70'000, 64, 5);
  const Factors queries = random_factors(260, 64, 6);
  const std::unique_ptr<Index> index = build(items);
  const Results expected = index->search(queries, 25, {}, with_threads(1));
  for (const int threads : {2, 3, 8})
    EXPECT_EQ(index->search(queries, 25, {}, with_threads(threads)), expected) << threads;
  for (const std::uint32_t count : {1U, 2U, 7U, 8U, 9U, 16U, 17U, 255U, 257U}) {
    const Factors some = Factors::create(count, 64, Array<float>(queries.values().subspan(0, count * 64), {}));
    const Results results = index->search(some, 25, {}, with_threads(static_cast<int>(count % 3 + 1)));
    EXPECT_TRUE(std::equal(results.begin(), results.end(), expected.begin())) << count << " queries";
  }
}

TEST_P(EachIndex, AppliesFiltersOfEachQuery) {
  const Factors items = random_factors(2000, 20, 7);
  const Factors queries = random_factors(40, 20, 8);
  std::vector<std::vector<std::uint32_t>> lists(queries.rows());
  std::mt19937 random(1);
  for (std::uint32_t q = 0; q < queries.rows(); ++q) {
    const std::uint32_t step = q % 5 + 1;
    for (std::uint32_t i = static_cast<std::uint32_t>(random()) % step; i < items.rows(); i += step)
      lists[q].push_back(i);
  }
  const std::unique_ptr<Index> index = build(items);
  const ItemMask mask(items.rows(), [](std::uint32_t item) { return item % 7 < 3; });
  std::vector<ItemFilter> filters(queries.rows());
  for (std::uint32_t q = 0; q < queries.rows(); ++q) {
    if (q % 3 != 0) filters[q].deny = lists[q];
    if (q % 5 >= 3) filters[q].mask = &mask;
    if (q % 4 >= 2) {  // two at a time share a list
      filters[q].allow = lists[q / 4 * 4 + 3];
      filters[q].has_allow = true;
    }
  }
  for (const int threads : {1, 3}) {
    const Results results = index->search(queries, 30, filters, with_threads(threads));
    for (std::uint32_t q = 0; q < queries.rows(); ++q) {
      ASSERT_EQ(results[q], reference_search(items, metric(), queries[q], 30, filters[q], fused())) << q;
    }
  }
}

// Lists of the lengths at which an index searches in another way, each shared by many queries and by a single one.
TEST_P(EachIndex, SharesAListOfAllowedItems) {
  const Factors items = random_factors(2000, 20, 7);
  const Factors queries = random_factors(45, 20, 8);
  const std::unique_ptr<Index> index = build(items);
  const ItemMask mask(items.rows(), [](std::uint32_t item) { return item % 7 < 3; });
  for (const std::uint32_t step : {2U, 7U, 8U, 9U, 31U, 33U, 500U}) {
    std::vector<std::uint32_t> allow;
    for (std::uint32_t item = 1; item < items.rows(); item += step) allow.push_back(item);
    std::vector<ItemFilter> filters(queries.rows(), {.allow = allow, .has_allow = true});
    for (std::uint32_t q = 0; q < 40; ++q) {
      filters[q].deny = std::span(allow).subspan(q % allow.size(), 1);
      if (q >= 20) filters[q].mask = &mask;
    }
    filters[42] = {};  // so that the last two stand alone
    const Results results = index->search(queries, 12, filters, with_threads(2));
    for (std::uint32_t q = 0; q < queries.rows(); ++q) {
      ASSERT_EQ(results[q], reference_search(items, metric(), queries[q], 12, filters[q], fused()))
          << "a " << step << "th allowed, query " << q;
    }
  }
}

TEST_P(EveryIndex, ReturnsFewerWhenFewerAreLeft) {
  const Factors items = random_factors(50, 8, 9);
  const Factors queries = random_factors(1, 8, 10);
  const std::unique_ptr<Index> index = build(items);
  std::vector<std::uint32_t> all(50);
  for (std::uint32_t i = 0; i < 50; ++i) all[i] = i;
  const auto count = [&](const ItemFilter& filter, std::uint32_t top) {
    return index->search(queries, top, std::span(&filter, 1), {})[0].size();
  };
  EXPECT_EQ(count({}, 1000), 50);
  EXPECT_EQ(count({.deny = std::span(all).first(45), .allow = {}}, 10), 5);
  EXPECT_EQ(count({.deny = all, .allow = {}}, 10), 0);
  EXPECT_EQ(count({.deny = {}, .allow = {}, .has_allow = true}, 10), 0);
  EXPECT_EQ(count({.deny = {}, .allow = std::span(all).first(3), .has_allow = true}, 10), 3);
  EXPECT_EQ(count({.deny = all, .allow = all, .has_allow = true}, 10), 0);
}

TEST_P(EveryIndex, ReturnsAllOfAMaskWhereItIsSmall) {
  const Factors items = random_factors(3000, 8, 9);
  const std::unique_ptr<Index> index = build(items);
  const ItemMask mask(items.rows(), [](std::uint32_t item) { return item % 500 == 3; });
  const ItemFilter filter{.mask = &mask};
  const Results results = index->search(random_factors(1, 8, 10), 10, {&filter, 1}, {});
  std::vector<std::uint32_t> found = ids_of(results[0]);
  std::ranges::sort(found);
  EXPECT_THAT(found, ElementsAre(3, 503, 1003, 1503, 2003, 2503));
}

TEST_P(EveryIndex, ZeroVectorsScoreZero) {
  const Factors items = factors_of({{1, 2}, {0, 0}, {-3, 1}, {0, 0}});
  const std::unique_ptr<Index> index = build(items);
  EXPECT_THAT(index->search(factors_of({{0, 0}}), 4, {}, {})[0],
              ElementsAre(Neighbor{0, 0}, Neighbor{1, 0}, Neighbor{2, 0}, Neighbor{3, 0}));
  EXPECT_THAT(ids_of(index->search(factors_of({{0, 1}}), 4, {}, {})[0]), ElementsAre(0, 2, 1, 3));
}

TEST_P(EveryIndex, NamesTheItemThatIsNotFinite) {
  Factors items = factors_of({{1, 2}, {3, std::numeric_limits<float>::quiet_NaN()}});
  EXPECT_EQ(problem_of([&] { build(items); }, ErrorCode::kNumerical),
            "the factors of item 1 hold a value that is not finite");
  items = factors_of({{-std::numeric_limits<float>::infinity(), 2}});
  EXPECT_EQ(problem_of([&] { build(items); }, ErrorCode::kNumerical),
            "the factors of item 0 hold a value that is not finite");
}

TEST_P(EveryIndex, RefusesWhatDoesNotFit) {
  const std::unique_ptr<Index> index = build(random_factors(5, 4, 1));
  const Factors query = random_factors(2, 4, 2);
  const auto problem = [&](const Factors& queries, std::uint32_t top, const std::vector<ItemFilter>& filters) {
    return problem_of([&] { (void)index->search(queries, top, filters, {}); }, ErrorCode::kInvalidArgument);
  };
  EXPECT_EQ(problem(random_factors(1, 3, 2), 1, {}), "queries have 3 factors where items have 4");
  EXPECT_EQ(problem(query, 0, {}), "0 results were asked for");
  EXPECT_EQ(problem(query, 1, {ItemFilter{}}), "1 filters were given for 2 queries");
  const std::vector<std::uint32_t> falling = {2, 1};
  const std::vector<std::uint32_t> twice = {1, 1};
  const std::vector<std::uint32_t> beyond = {1, 5};
  EXPECT_EQ(problem(query, 1, {{}, {falling, {}, false}}), "deny of query 1 does not ascend");
  EXPECT_EQ(problem(query, 1, {{{}, twice, true}, {}}), "allow of query 0 does not ascend strictly");
  EXPECT_EQ(problem(query, 1, {{{}, beyond, true}, {}}), "allow of query 0 names item 5 of 5");
  const ItemMask other(6, [](std::uint32_t) { return true; });
  EXPECT_EQ(problem(query, 1, {{}, {.mask = &other}}), "the mask of query 1 is of 6 items, not 5");
  EXPECT_EQ(problem(factors_of({{1, 2, std::nanf(""), 3}}), 1, {}), "query 0 holds a value that is not finite");
}

TEST_P(EveryIndex, NamesTheQueryThatItRefusesAmongManyOfAShortList) {
  const std::unique_ptr<Index> index = build(random_factors(200, 4, 1));
  const std::vector<std::uint32_t> few = {3, 7};
  const std::vector<ItemFilter> filters(3, {.deny = {}, .allow = few, .has_allow = true});
  const Factors queries = factors_of({{1, 2, 3, 4}, {4, 3, 2, 1}, {1, 2, std::nanf(""), 3}});
  EXPECT_EQ(problem_of([&] { (void)index->search(queries, 1, filters, {}); }, ErrorCode::kInvalidArgument),
            "query 2 holds a value that is not finite");
}

TEST_P(EveryIndex, AnswersWithNothingWhereThereIsNothing) {
  const std::unique_ptr<Index> empty = build(Factors::create(0, 4, {}));
  EXPECT_THAT(empty->search(random_factors(2, 4, 1), 3, {}, {}), ElementsAre(IsEmpty(), IsEmpty()));
  const std::unique_ptr<Index> index = build(random_factors(5, 4, 1));
  EXPECT_THAT(index->search(Factors::create(0, 4, {}), 3, {}, {}), IsEmpty());
}

TEST_P(EveryIndex, StopsOnRequest) {
  const std::unique_ptr<Index> index = build(random_factors(100, 4, 1));
  std::stop_source source;
  source.request_stop();
  segue::Run run;
  run.stop = source.get_token();
  EXPECT_EQ(problem_of([&] { (void)index->search(random_factors(3, 4, 2), 3, {}, run); }, ErrorCode::kCancelled),
            "stopped on request; nothing was written");
}

TEST_P(EveryIndex, GivesTheExactScoreOfWhatItFinds) {
  const Factors items = random_factors(3000, 30, 11);
  const Factors queries = random_factors(40, 30, 12);
  const std::unique_ptr<Index> index = build(items);
  const Results results = index->search(queries, 10, {}, {});
  const Results all = make_brute_index(items, metric())->search(queries, 3000, {}, {});
  for (std::uint32_t q = 0; q < queries.rows(); ++q) {
    ASSERT_EQ(results[q].size(), 10);
    EXPECT_TRUE(std::is_sorted(results[q].begin(), results[q].end(), better));
    for (const Neighbor& n : results[q]) EXPECT_THAT(all[q], ::testing::Contains(n));
  }
}

TEST_P(EveryIndex, KnowsItsRecall) {
  const Factors items = random_factors(3000, 16, 13);
  const std::unique_ptr<Index> index = build(items);
  const KnownRecall known = index->known_recall();
  // Asked anew with all items, each left out of its own list: more items than the sample, so it may differ by its
  // noise.
  std::vector<std::uint32_t> self(items.rows());
  std::vector<ItemFilter> filters(items.rows());
  for (std::uint32_t i = 0; i < items.rows(); ++i) {
    self[i] = i;
    filters[i].deny = std::span(self).subspan(i, 1);
  }
  const Results found = index->search(items, 20, filters, {});
  const Results truth = make_brute_index(items, metric())->search(items, 20, filters, {});
  double hits = 0;
  for (std::uint32_t q = 0; q < items.rows(); ++q) {
    for (const Neighbor& n : truth[q]) {
      hits += std::ranges::find(found[q], n) != found[q].end() ? 1 : 0;
    }
  }
  // A list's recall has a deviation of half at most, 500 of them are a sample: four standard errors.
  EXPECT_NEAR(known.at_20, hits / (20.0 * items.rows()), known.sample == 0 ? 0 : 4 * 0.5 / std::sqrt(500.0));
}

TEST_P(EveryIndex, OfNothingIsStoredAndAnswersWithNothing) {
  const Factors none = Factors::create(0, 40, Array<float>());
  const std::unique_ptr<Index> opened = open_index(none, build(none)->store());
  EXPECT_THAT(opened->search(random_factors(3, 40, 1), 5, {}, {}), ElementsAre(IsEmpty(), IsEmpty(), IsEmpty()));
}

TEST_P(EveryIndex, OpensAgainAsItWas) {
  const Factors items = random_factors(3000, 30, 11);
  const Factors queries = random_factors(40, 30, 12);
  const std::unique_ptr<Index> built = build(items);
  const StoredIndex stored = built->store();
  EXPECT_EQ(stored.kind, built->kind());
  const std::unique_ptr<Index> opened = open_index(items, stored);
  EXPECT_EQ(opened->kind(), built->kind());
  EXPECT_EQ(opened->metric(), metric());
  EXPECT_EQ(opened->known_recall().at_20, built->known_recall().at_20);
  EXPECT_EQ(opened->search(queries, 10, {}, {}), built->search(queries, 10, {}, {}));
  // What it stores does not change on the way.
  const StoredIndex again = opened->store();
  ASSERT_EQ(again.parts.size(), stored.parts.size());
  for (std::size_t i = 0; i < stored.parts.size(); ++i) {
    EXPECT_EQ(again.parts[i].name, stored.parts[i].name);
    std::visit(
        [&](const auto& values) {
          const auto& other = std::get<std::decay_t<decltype(values)>>(again.parts[i].values);
          EXPECT_TRUE(std::equal(values.begin(), values.end(), other.begin(), other.end())) << stored.parts[i].name;
        },
        stored.parts[i].values);
  }
}

/// A part that is missing, cut short or of other items leads to an error, never outside of memory (the sanitizers
/// watch).
TEST_P(EveryIndex, RefusesDamagedParts) {
  const Factors items = random_factors(300, 12, 11);
  const StoredIndex stored = build(items)->store();
  const auto problem = [&](const StoredIndex& damaged) {
    return problem_of([&] { (void)open_index(items, damaged); }, ErrorCode::kCorruptFile);
  };
  for (std::size_t i = 0; i < stored.parts.size(); ++i) {
    StoredIndex damaged = stored;
    damaged.parts[i].name = "other";
    // Without "upper", or exact without "begin", it is one that an earlier version stored.
    const bool earlier = stored.parts[i].name == "upper" || (stored.kind == "exact" && stored.parts[i].name == "begin");
    EXPECT_THAT(problem(damaged), HasSubstr(earlier ? "no error" : "is missing"));
    damaged.parts[i].name = stored.parts[i].name;
    std::visit(
        [&](const auto& values) {
          damaged.parts[i].values = std::decay_t<decltype(values)>(values.subspan(0, values.size() - 1), nullptr);
        },
        stored.parts[i].values);
    EXPECT_NE(problem(damaged), "no error") << stored.parts[i].name;
    damaged.parts[i].values = Array<std::uint64_t>(std::vector<std::uint64_t>(5));
    EXPECT_NE(problem(damaged), "no error") << stored.parts[i].name;
  }
  const auto ids = std::ranges::find(stored.parts, "ids", &IndexPart::name);
  if (ids == stored.parts.end()) return;
  const auto at = static_cast<std::size_t>(ids - stored.parts.begin());
  for (const auto& [position, id, text] : {std::tuple{0, 300U, "names item 300 of 300"},
                                           std::tuple{1, std::get<Array<std::uint32_t>>(ids->values)[0], "twice"},
                                           std::tuple{0, CodedItems::kNone, "names 299 items of 300"}}) {
    StoredIndex damaged = stored;
    const auto& values = std::get<Array<std::uint32_t>>(ids->values);
    std::vector<std::uint32_t> other(values.begin(), values.end());
    other[static_cast<std::size_t>(position)] = id;
    damaged.parts[at].values = Array<std::uint32_t>(std::move(other));
    EXPECT_THAT(problem(damaged), HasSubstr(text));
  }
}

/// Parts that codes were once stored in are known by their names: the order is kept, the rest made anew.
TEST_P(EveryIndex, OpensWhatEarlierVersionsStored) {
  const Factors items = random_factors(700, 12, 11);
  const Factors queries = random_factors(10, 12, 12);
  const std::unique_ptr<Index> built = build(items);
  StoredIndex old = built->store();
  if (std::ranges::find(old.parts, "upper", &IndexPart::name) == old.parts.end()) return;
  std::erase_if(old.parts, [](const IndexPart& part) { return part.name == "lower" || part.name == "coarse"; });
  std::ranges::find(old.parts, "upper", &IndexPart::name)->name = "codes";
  const std::unique_ptr<Index> opened = open_index(items, old);
  EXPECT_EQ(opened->search(queries, 10, {}, {}), built->search(queries, 10, {}, {}));
  EXPECT_EQ(opened->store().parts.size(), built->store().parts.size());
  if (old.kind != "exact") return;
  // Without lists, as cosines once were: all of the blocks are looked at.
  std::erase_if(old.parts, [](const IndexPart& part) { return part.name == "begin"; });
  EXPECT_EQ(open_index(items, old)->search(queries, 10, {}, {}), built->search(queries, 10, {}, {}));
}

const auto kName = [](const ::testing::TestParamInfo<Kind>& test) {
  return std::string(test.param.name) + (test.param.metric == Metric::kCosine ? "Cosine" : "InnerProduct");
};
INSTANTIATE_TEST_SUITE_P(Kinds, EachIndex, ::testing::ValuesIn(kinds(false)), kName);
INSTANTIATE_TEST_SUITE_P(Kinds, EveryIndex, ::testing::ValuesIn(kinds(true)), kName);

TEST(Indexes, RefusesKindsThatDoNotExist) {
  EXPECT_EQ(problem_of([&] { make_index(random_factors(3, 2, 1), Metric::kCosine, {.kind = "magic"}); },
                       ErrorCode::kInvalidArgument),
            "there is no index \"magic\"");
}

TEST(Indexes, RefusesStoredKindsThatDoNotExist) {
  for (const std::string kind : {"magic", "auto"}) {
    StoredIndex stored;
    stored.kind = kind;
    EXPECT_EQ(problem_of([&] { (void)open_index(random_factors(3, 2, 1), stored); }, ErrorCode::kCorruptFile),
              "the stored index is of the kind \"" + kind + "\", which is not known");
  }
}

TEST(Indexes, KnowsMetricsByName) {
  for (const Metric metric : {Metric::kInnerProduct, Metric::kCosine}) EXPECT_EQ(metric_of(name_of(metric)), metric);
  EXPECT_EQ(problem_of([&] { (void)metric_of("euclid"); }, ErrorCode::kInvalidArgument),
            "there is no metric \"euclid\"");
}

TEST(Indexes, AutoLooksIntoListsWhereThatPays) {
  const IndexOptions automatic{.kind = "auto"};
  EXPECT_EQ(make_index(random_factors(500, 4, 1), Metric::kCosine, automatic)->kind(), "exact");
  const Factors many = random_factors(20'000, 4, 1);  // four dimensions gather neighbors in few lists
  EXPECT_EQ(make_index(many, Metric::kCosine, automatic)->kind(), "ivf");
  EXPECT_EQ(make_index(many, Metric::kInnerProduct, automatic)->kind(), "exact");
  EXPECT_EQ(make_index(many, Metric::kCosine, {.kind = "auto", .recall = 1})->kind(), "exact");
  EXPECT_EQ(make_index(random_factors(12'000, 100, 1), Metric::kCosine, automatic)->kind(), "exact");  // no structure
}

TEST(Indexes, ReachTheRecallThatIsAskedFor) {
  const Factors items = random_factors(4000, 12, 1);
  for (const std::string kind : {"ivf", "annoy"}) {
    for (const double recall : {0.5, 0.9, 0.99}) {
      const KnownRecall known =
          make_index(items, Metric::kCosine, {.kind = kind, .recall = recall, .trees = 5})->known_recall();
      EXPECT_GE(known.at_10, recall) << kind;
      EXPECT_EQ(known.sample, kind == "ivf" ? 2000 : 500) << kind;
    }
  }
}

TEST(ExactIndex, FindsTheNearestOfAFew) {
  const ExactIndex index(factors_of({{2, 0}, {0, 3}, {-1, 0}, {5, 5}}), Metric::kCosine, {});
  const std::vector<Neighbor> found = index.search(factors_of({{1, 0}}), 4, {}, {})[0];
  EXPECT_THAT(ids_of(found), ElementsAre(0, 3, 1, 2));
  EXPECT_FLOAT_EQ(found[0].score, 1);
  EXPECT_FLOAT_EQ(found[1].score, std::sqrt(0.5F));
  EXPECT_FLOAT_EQ(found[3].score, -1);
  EXPECT_EQ(index.kind(), "exact");
  EXPECT_FALSE(index.is_zero(1));
  EXPECT_EQ(index.size(), 4);
}

TEST(ExactIndex, CosinesOfParallelVectorsAreAtMostOne) {
  std::vector<std::vector<float>> rows;
  for (int i = 1; i <= 500; ++i) {
    rows.push_back({0.1F * static_cast<float>(i), 0.7F * static_cast<float>(i), -0.3F * static_cast<float>(i)});
  }
  const ExactIndex index(factors_of(rows), Metric::kCosine, {});
  const Results results = index.search(factors_of({{0.1F, 0.7F, -0.3F}}), 500, {}, {});
  for (const Neighbor& n : results[0]) {
    ASSERT_LE(n.score, 1);
    ASSERT_GT(n.score, 0.999999F);
  }
}

TEST(ExactIndex, CosinesHoldFromTheSmallestToTheLargestFloats) {
  const ExactIndex index(factors_of({{kLargest, kLargest}, {kSmallest, 0}, {1, 1}, {1e-30F, -1e-30F}, {0, kLargest}}),
                         Metric::kCosine, {});
  const Factors queries = factors_of({{kLargest, kLargest}, {kSmallest, kSmallest}, {1, 1}});
  for (const std::vector<Neighbor>& found : index.search(queries, 5, {}, {})) {
    EXPECT_THAT(ids_of(found), ElementsAre(0, 2, 1, 4, 3));
    EXPECT_FLOAT_EQ(found[0].score, 1);
    EXPECT_FLOAT_EQ(found[2].score, std::sqrt(0.5F));
    EXPECT_NEAR(found[4].score, 0, 1e-7);
  }
}

TEST(ExactIndex, RefusesProductsThatOverflow) {
  const ExactIndex index(factors_of({{kLargest, 0}, {1, 1}}), Metric::kInnerProduct, {});
  EXPECT_THAT(problem_of(
                  [&] {
                    (void)index.search(factors_of({{2, 0}}), 1, {}, {});
                  },
                  ErrorCode::kInvalidArgument),
              HasSubstr("scores of query 0 do not fit float32"));
  EXPECT_THAT(ids_of(index.search(factors_of({{0.25F, 0}}), 2, {}, {})[0]), ElementsAre(0, 1));
}

TEST(ExactIndex, SumsInTheDefinedOrderOnEveryTarget) {
  const Factors items = random_factors(700, 50, 21);
  const Factors queries = random_factors(12, 50, 22);
  const ExactIndex index(items, Metric::kCosine, {});
  for (const std::string& target : simd::available_targets()) {
    simd::force_target(target);
    const Results results = index.search(queries, 20, {}, {});
    for (std::uint32_t q = 0; q < queries.rows(); ++q) {
      EXPECT_EQ(results[q], reference_search(items, Metric::kCosine, queries[q], 20, {}, fused())) << target;
    }
  }
  simd::force_target({});
}

/// What files hold must not depend on the processor that built it: these sums are of every machine's codes.
TEST(ExactIndex, StoresTheSameBytesOnEveryTarget) {
  const Factors items = random_factors(300, 30, 5);
  for (const auto& [metric, expected] :
       {std::pair(Metric::kCosine, "a6d7008e5a0e7d60"), std::pair(Metric::kInnerProduct, "58f73f286739124f")}) {
    simd::force_target({});  // it caps the list, too
    for (const std::string& target : simd::available_targets()) {
      simd::force_target(target);
      Checksum sum;
      for (const IndexPart& part : make_exact_index(items, metric)->store().parts) {
        std::visit([&](const auto& values) { sum.add(std::as_bytes(values.view())); }, part.values);
      }
      EXPECT_EQ(to_hex(sum.value()), expected) << target;
    }
  }
  simd::force_target({});
}

TEST(TopList, KeepsTheBestOfRisingAndFallingScores) {
  for (const int sign : {1, -1}) {
    for (const std::uint32_t top : {1U, 3U, 100U, 2000U}) {
      TopList list(top);
      for (std::uint32_t i = 0; i < 1000; ++i) list.add({i, static_cast<float>(sign * static_cast<int>(i / 2))});
      const std::vector<Neighbor> best = list.take();
      ASSERT_EQ(best.size(), std::min(top, 1000U));
      EXPECT_EQ(best[0].item, sign > 0 ? 998U : 0U);  // of two equal ones the lower
      EXPECT_TRUE(std::is_sorted(best.begin(), best.end(), better));
      EXPECT_THAT(list.take(), IsEmpty());
    }
  }
}

}  // namespace
}  // namespace segue
