// An index that is made when it is worth it answers the same before, while and after it is made.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <stop_token>
#include <thread>
#include <vector>

#include "segue/error.h"
#include "segue/index.h"
#include "testing/reference_search.h"

namespace segue {

inline bool operator==(const Neighbor& a, const Neighbor& b) { return a.item == b.item && a.score == b.score; }

namespace {

using testing::random_factors;

class OnDemand : public ::testing::TestWithParam<Metric> {};

TEST_P(OnDemand, AnswersAsBruteForceFromAllThreadsWhileItIsMade) {
  const Factors items = random_factors(3000, 20, 1);
  const Factors queries = random_factors(400, 20, 2);
  const auto truth = make_brute_index(items, GetParam())->search(queries, 10, {}, {});
  const std::unique_ptr<Index> index = make_exact_on_demand(items, GetParam());
  EXPECT_EQ(index->kind(), "exact");
  EXPECT_EQ(index->metric(), GetParam());
  EXPECT_EQ(index->size(), 3000);
  std::atomic<int> wrong = 0;
  std::vector<std::thread> threads;
  for (std::uint32_t t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (std::uint32_t q = t; q < queries.rows(); q += 4) {
        if (index->search(queries.slice(q, 1), 10, {}, {})[0] != truth[q]) ++wrong;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
  EXPECT_EQ(index->search(queries, 10, {}, {}), truth);
}

TEST_P(OnDemand, IsMadeForManyAtOnceAndWhenItIsAskedFor) {
  const Factors items = random_factors(2000, 12, 3);
  const Factors many = random_factors(1500, 12, 4);
  const auto truth = make_brute_index(items, GetParam())->search(many, 5, {}, {});
  EXPECT_EQ(make_exact_on_demand(items, GetParam())->search(many, 5, {}, {}), truth);
  const std::unique_ptr<Index> prepared = make_exact_on_demand(items, GetParam());
  prepared->prepare({});
  EXPECT_EQ(prepared->search(many, 5, {}, {}), truth);
  const std::unique_ptr<Index> stored = make_exact_on_demand(items, GetParam());
  EXPECT_EQ(stored->store().parts.size(), make_exact_index(items, GetParam())->store().parts.size());
}

/// A stop while it is made leaves it to be made later.
TEST_P(OnDemand, CanBeStopped) {
  const Factors items = random_factors(2000, 12, 3);
  const std::unique_ptr<Index> index = make_exact_on_demand(items, GetParam());
  std::stop_source stop;
  stop.request_stop();
  segue::Run run;
  run.stop = stop.get_token();
  EXPECT_THROW(index->prepare(run), Error);
  EXPECT_EQ(index->search(items.slice(7, 1), 3, {}, {})[0].size(), 3);
  index->prepare({});
  EXPECT_EQ(index->search(items.slice(7, 1), 3, {}, {})[0].size(), 3);
}

INSTANTIATE_TEST_SUITE_P(Metrics, OnDemand, ::testing::Values(Metric::kCosine, Metric::kInnerProduct),
                         [](const auto& test) { return test.param == Metric::kCosine ? "Cosine" : "InnerProduct"; });

}  // namespace
}  // namespace segue
