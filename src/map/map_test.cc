#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <set>
#include <stop_token>
#include <vector>

#include "base/random.h"
#include "map/neighbor_graph.h"
#include "map/regions.h"
#include "segue/error.h"
#include "segue/item_map.h"
#include "testing/reference_search.h"

namespace segue {
namespace {

using testing::factors_of;

/// Items on a curve that winds through eight dimensions: neighbors are those of nearby numbers.
Factors curve(std::uint32_t count) {
  std::vector<std::vector<float>> rows;
  for (std::uint32_t i = 0; i < count; ++i) {
    const double t = 2 * std::numbers::pi * i / count;
    std::vector<float> row;
    for (int wave = 1; wave <= 4; ++wave) {
      row.push_back(static_cast<float>(std::cos(wave * t)));
      row.push_back(static_cast<float>(std::sin(wave * t)));
    }
    rows.push_back(row);
  }
  return factors_of(rows);
}

std::vector<std::uint32_t> ones(std::uint32_t count) { return std::vector<std::uint32_t>(count, 1); }

Run with_threads(int threads) { return {.stop = {}, .progress = {}, .threads = threads}; }

TEST(NeighborGraph, IsSymmetricAndWeighsTheNearestMost) {
  const Factors items = curve(50);
  const NeighborGraph graph = neighbor_graph(items, 4, with_threads(1));
  ASSERT_EQ(graph.begin.size(), 51U);
  const auto weight = [&](std::uint32_t from, std::uint32_t to) {
    for (std::uint64_t at = graph.begin[from]; at < graph.begin[from + 1]; ++at) {
      if (graph.to[at] == to) return graph.weight[at];
    }
    return 0.0F;
  };
  for (std::uint32_t from = 0; from < 50; ++from) {
    EXPECT_TRUE(std::is_sorted(graph.to.begin() + static_cast<std::ptrdiff_t>(graph.begin[from]),
                               graph.to.begin() + static_cast<std::ptrdiff_t>(graph.begin[from + 1])));
    for (std::uint64_t at = graph.begin[from]; at < graph.begin[from + 1]; ++at) {
      EXPECT_GE(graph.weight[at], 0);
      EXPECT_LE(graph.weight[at], 1);
      EXPECT_EQ(graph.weight[at], weight(graph.to[at], from));
    }
    EXPECT_EQ(weight(from, from), 0);
    EXPECT_GT(weight(from, (from + 1) % 50), weight(from, (from + 2) % 50));
  }
}

TEST(NeighborGraph, BearsManyCopiesOfOneItem) {
  const NeighborGraph graph =
      neighbor_graph(factors_of(std::vector<std::vector<float>>(20, {1, 2})), 5, with_threads(1));
  for (const float weight : graph.weight) EXPECT_TRUE(weight > 0 && weight <= 1) << weight;
}

TEST(Regions, FindsWhatLiesTogetherTheLargestFirst) {
  std::vector<Point> points;
  for (int i = 0; i < 5; ++i) points.push_back({static_cast<float>(i) * 0.01F, 0});
  for (int i = 0; i < 9; ++i) points.push_back({10, static_cast<float>(i) * 0.01F});
  const std::vector<std::uint32_t> found = regions(points, 2, 1);
  for (std::size_t i = 0; i < points.size(); ++i) EXPECT_EQ(found[i], i < 5 ? 1U : 0U);
  // Fewer places than regions.
  const std::vector<std::uint32_t> one = regions(std::vector<Point>(4, {1, 1}), 3, 1);
  EXPECT_EQ(std::set<std::uint32_t>(one.begin(), one.end()).size(), 1U);
}

TEST(Map, KeepsNeighborsTogether) {
  const Factors items = curve(300);
  const ItemMap map = make_map(items, ones(300), {}, with_threads(2));
  EXPECT_EQ(map.sample, 300U);
  EXPECT_GT(map.trustworthiness, 0.95);
  EXPECT_EQ(map.trustworthiness, trustworthiness(items, map, 1000).trustworthiness);
  for (const float place : map.positions) EXPECT_LE(std::abs(place), 1);
  EXPECT_EQ(*std::ranges::max_element(map.clusters), 15U);
}

TEST(Map, IsTheSameBitsForAnyNumberOfThreadsAndAnotherForAnotherSeed) {
  const Factors items = curve(3000);  // several chunks
  const MapOptions options{.epochs = 20};
  const ItemMap one = make_map(items, ones(3000), options, with_threads(1));
  const auto bits = [](const ItemMap& map) {
    return std::pair(std::vector<float>(map.positions.begin(), map.positions.end()),
                     std::vector<std::uint32_t>(map.clusters.begin(), map.clusters.end()));
  };
  for (const int threads : {2, 3, 8}) {
    const ItemMap other = make_map(items, ones(3000), options, with_threads(threads));
    EXPECT_EQ(bits(other), bits(one)) << threads;
    EXPECT_EQ(other.trustworthiness, one.trustworthiness) << threads;
  }
  MapOptions seeded = options;
  seeded.seed = 2;
  EXPECT_NE(bits(make_map(items, ones(3000), seeded, with_threads(2))).first, bits(one).first);
}

TEST(Map, ItemsOfWhichNothingIsKnownHaveNoPlace) {
  const Factors items = factors_of({{1, 0}, {1, 1}, {0, 0}, {0, 1}, {1, 2}});
  const std::vector<std::uint32_t> listeners = {1, 1, 5, 2, 0};
  const ItemMap map = make_map(items, listeners, {.epochs = 5, .clusters = 2});
  for (const std::uint32_t item : {2U, 4U}) {
    EXPECT_EQ(map.clusters[item], ItemMap::kNowhere);
    EXPECT_EQ(map.positions[2 * item], 0);
  }
  for (const std::uint32_t item : {0U, 1U, 3U}) EXPECT_LT(map.clusters[item], 2U);
  EXPECT_EQ(map.sample, 0U);  // too few to measure
}

TEST(Map, RefusesWhatMakesNone) {
  const auto problem = [](const Factors& items, const std::vector<std::uint32_t>& listeners,
                          const MapOptions& options) {
    try {
      (void)make_map(items, listeners, options);
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kInvalidArgument);
      return error.problem();
    }
    return std::string("none");
  };
  const Factors items = curve(10);
  EXPECT_EQ(problem(items, ones(10), {.neighbors = 1}), "1 neighbors are not from 2 to 100");
  EXPECT_EQ(problem(items, ones(10), {.epochs = 0}), "0 epochs are not from 1 to 10,000");
  EXPECT_EQ(problem(items, ones(10), {.clusters = 257}), "257 clusters are not from 1 to 256");
  EXPECT_EQ(problem(items, ones(9), {}), "9 numbers of listeners do not fit 10 items");
  EXPECT_EQ(problem(items, {1, 1, 0, 0, 0, 0, 0, 0, 0, 0}, {}), "2 items with listeners make no map");
}

TEST(Map, StopsWhenAsked) {
  std::stop_source source;
  source.request_stop();
  try {
    (void)make_map(curve(100), ones(100), {}, {.stop = source.get_token(), .progress = {}, .threads = 2});
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kCancelled);
  }
}

TEST(Trustworthiness, IsOneForWhatKeepsAllNeighborsAndAHalfForPlacesByLot) {
  // A quarter of a circle, of which the map is the angle.
  std::vector<std::vector<float>> rows;
  std::vector<float> places;
  for (int i = 0; i < 400; ++i) {
    const double t = std::numbers::pi / 2 * i / 400;
    rows.push_back({static_cast<float>(std::cos(t)), static_cast<float>(std::sin(t))});
    places.push_back(static_cast<float>(i) / 400);
    places.push_back(0);
  }
  ItemMap map;
  map.positions = places;
  map.clusters = std::vector<std::uint32_t>(400, 0);
  const Factors items = factors_of(rows);
  // Cosines of near items are equal to the last digits of a float, so a few ranks are lost to chance.
  EXPECT_GT(trustworthiness(items, map, 1000).trustworthiness, 0.999);
  Random random(1, 2, 3);
  for (std::size_t i = 0; i < 400; ++i) std::swap(places[2 * i], places[2 * random.below(400)]);
  map.positions = places;
  EXPECT_NEAR(trustworthiness(items, map, 1000).trustworthiness, 0.5, 0.03);
  EXPECT_EQ(trustworthiness(items, map, 50).sample, 50U);
}

}  // namespace
}  // namespace segue
