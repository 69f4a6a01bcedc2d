// Annoy's own headers and ours on each other's files. "Skipped" where its package (r-cran-rcppannoy) is not there.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "segue/annoy.h"
#include "testing/reference_search.h"
#include "testing/temp_dir.h"

#ifdef SEGUE_ANNOY_PEER
#include "simd/targets.h"
#include "testing/peers/annoy_peer.h"

namespace segue {
namespace {

using testing::AnnoyPeer;
using testing::AnnoyPeerSums;
using testing::TempDir;

struct Case {
  const char* metric;
  std::uint32_t size;
  std::uint32_t items;
  int trees;
};

void PrintTo(const Case& c, std::ostream* out) {
  *out << c.metric << " " << c.size << " values, " << c.items << " items, " << c.trees << " trees";
}

class AnnoyPeers : public ::testing::TestWithParam<Case> {
 protected:
  std::vector<float> vector(std::uint32_t seed) const {
    const Factors row = testing::random_factors(1, GetParam().size, seed);
    return {row[0].begin(), row[0].end()};
  }
  AnnoyMetric metric() const { return annoy_metric(GetParam().metric); }

  /// Whether our sums have the bits of theirs here: simd/pairs.h says when. What is left of a vector beyond whole
  /// registers is summed as the compiler likes: it fuses products and sums of up to three values, and not of more.
  static bool same_sums() {
    const std::string target = simd::target_name();
    if (GetParam().metric == std::string("hamming")) return true;
    if (GetParam().size % 16 > 3) return false;
    return (testing::annoy_peer_sums() == AnnoyPeerSums::kAvx512 && target == "avx512") ||
           (testing::annoy_peer_sums() == AnnoyPeerSums::kAvx2 && target == "avx2");
  }

  /// Both opened the same file: the same trees, the same neighbors.
  void compare(const AnnoyForest& ours, const AnnoyPeer& theirs) const {
    const Case& c = GetParam();
    ASSERT_EQ(ours.items(), static_cast<std::uint32_t>(theirs.items()));
    for (std::uint32_t query = 0; query < 30; ++query) {
      const std::uint32_t item = query * 31 % c.items;
      const std::vector<float> q = vector(100000 + query);
      for (const int search_k : {-1, 1, 50, 400, 100000}) {
        same(ours.nearest(q, 12, search_k), theirs.nearest(q, 12, search_k));
        same(ours.nearest(item, 12, search_k), theirs.nearest(static_cast<std::int32_t>(item), 12, search_k));
      }
      // Sums of a few hundred terms of at most 4, rounded to 24 bits; angles near 0 take the root of that.
      EXPECT_NEAR(ours.distance(item, 0), theirs.distance(static_cast<std::int32_t>(item), 0), same_sums() ? 0 : 2e-3);
    }
  }

  static void same(const std::vector<AnnoyNeighbor>& ours, const std::vector<std::pair<std::int32_t, float>>& theirs) {
    ASSERT_EQ(ours.size(), theirs.size());
    for (std::size_t i = 0; i < ours.size(); ++i) {
      if (same_sums()) {
        EXPECT_EQ(ours[i].item, static_cast<std::uint32_t>(theirs[i].first)) << i;
        EXPECT_EQ(ours[i].distance, theirs[i].second) << i;
      } else {
        // Near ties may stand the other way round.
        EXPECT_NEAR(ours[i].distance, theirs[i].second, 2e-3) << i;
      }
    }
  }
};

TEST_P(AnnoyPeers, WeFindInTheirFileWhatTheyFind) {
  const Case& c = GetParam();
  const TempDir folder;
  const std::string path = folder.path() / "theirs.ann";
  const auto theirs = AnnoyPeer::create(c.metric, static_cast<int>(c.size));
  for (std::uint32_t item = 0; item < c.items; ++item) theirs->add(static_cast<std::int32_t>(item), vector(item));
  ASSERT_TRUE(theirs->build(c.trees, 1));
  ASSERT_TRUE(theirs->save(path));  // and opens it
  const AnnoyForest ours = AnnoyForest::open(path, metric(), c.size);
  if (c.trees > 0) {
    EXPECT_EQ(ours.trees(), static_cast<std::uint32_t>(c.trees));
  } else {
    EXPECT_EQ(ours.trees(), static_cast<std::uint32_t>(theirs->trees()));
  }
  for (std::uint32_t item = 0; item < c.items; item += 97) {
    if (metric() != AnnoyMetric::kHamming) {
      EXPECT_EQ(ours.vector(item), vector(item));
    }
  }
  compare(ours, *theirs);
}

TEST_P(AnnoyPeers, TheyFindInOurFileWhatWeFind) {
  const Case& c = GetParam();
  const TempDir folder;
  const std::string path = folder.path() / "ours.ann";
  AnnoyBuilder builder(metric(), c.size);
  for (std::uint32_t item = 0; item < c.items; ++item) builder.add(item, vector(item));
  const AnnoyForest ours = builder.build_file(path, {.trees = c.trees});
  const auto theirs = AnnoyPeer::create(c.metric, static_cast<int>(c.size));
  ASSERT_TRUE(theirs->load(path));
  EXPECT_EQ(static_cast<std::uint32_t>(theirs->trees()), ours.trees());
  compare(ours, *theirs);
}

INSTANTIATE_TEST_SUITE_P(Files, AnnoyPeers,
                         ::testing::Values(Case{"angular", 50, 3000, 10}, Case{"angular", 64, 3000, -1},
                                           Case{"angular", 7, 500, 3}, Case{"angular", 20, 12, 4},
                                           Case{"euclidean", 50, 3000, 10}, Case{"euclidean", 64, 3000, 10},
                                           Case{"euclidean", 3, 1000, -1}, Case{"manhattan", 33, 2000, 10},
                                           Case{"hamming", 100, 3000, 10}, Case{"hamming", 64, 2000, -1},
                                           Case{"dot", 50, 3000, 10}, Case{"dot", 17, 1000, -1},
                                           Case{"dot", 20, 15, 3}));

TEST(AnnoyPeers, GapsInIdsMeanTheSame) {
  const TempDir folder;
  const std::string path = folder.path() / "gaps.ann";
  const auto theirs = AnnoyPeer::create("euclidean", 4);
  const Factors table = testing::random_factors(400, 4, 3);
  for (std::uint32_t i = 0; i < table.rows(); ++i) {
    theirs->add(static_cast<std::int32_t>(3 * i + 2), {table[i].begin(), table[i].end()});
  }
  ASSERT_TRUE(theirs->build(5, 1));
  ASSERT_TRUE(theirs->save(path));
  const AnnoyForest ours = AnnoyForest::open(path, AnnoyMetric::kEuclidean, 4);
  EXPECT_EQ(ours.items(), 1200);
  EXPECT_EQ(ours.trees(), 5);
  EXPECT_FALSE(ours.has(0));
  EXPECT_TRUE(ours.has(2));
  const auto a = ours.nearest(std::vector<float>{0, 0, 0, 0}, 20, 10000);
  const auto b = theirs->nearest(std::vector<float>{0, 0, 0, 0}, 20, 10000);
  ASSERT_EQ(a.size(), b.size());
  for (std::size_t i = 0; i < a.size(); ++i) EXPECT_NEAR(a[i].distance, b[i].second, 1e-5);
}

}  // namespace
}  // namespace segue
#else
TEST(AnnoyPeers, Skipped) { GTEST_SKIP() << "skipped: Annoy's headers are not there (Debian: r-cran-rcppannoy)"; }
#endif
