// Real data sets: their published counts, and titles that are not UTF-8.
#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

#include "segue/interactions.h"
#include "testing/temp_dir.h"

namespace segue {
namespace {

double sum_of(const CsrMatrix& plays) { return std::accumulate(plays.values().begin(), plays.values().end(), 0.0); }

TEST(RealData, HetrecHasItsPublishedCounts) {
  const auto log = testing::real_data("hetrec_lastfm2k/user_artists.dat");
  const auto titles = testing::real_data("hetrec_lastfm2k/artists.dat");
  if (!log || !titles) GTEST_SKIP() << "the data set is not there";
  IngestOptions options;
  options.titles = *titles;
  const IngestResult r = read_log(*log, options);
  EXPECT_EQ(r.report.detected,
            "hetrec: 3 columns by tab, a header; user = column 1 \"userID\", item = column 2 \"artistID\", value = "
            "column 3 \"weight\" "
            "(change with --format, --delimiter, --header, --user-column, --item-column, --title, --value)");
  EXPECT_EQ(r.interactions.users.size(), 1892U);
  EXPECT_EQ(r.interactions.items.size(), 17632U);
  EXPECT_EQ(r.report.rows_read, 92834U);
  EXPECT_EQ(r.report.rows_kept, 92834U);
  EXPECT_EQ(r.interactions.plays.nnz(), 92834U);
  EXPECT_EQ(sum_of(r.interactions.plays), 69183975);
  EXPECT_EQ(r.report.items_without_title, 0U);
  const auto item = r.interactions.items.find("51");
  ASSERT_TRUE(item.has_value());
  EXPECT_EQ(r.interactions.title(*item), "Duran Duran");
  EXPECT_EQ(r.interactions.plays.at(r.interactions.users.find("2").value(), *item), 13883);
}

TEST(RealData, Movielens100kHasItsPublishedCounts) {
  const auto log = testing::real_data("movielens_100k/u.data");
  const auto titles = testing::real_data("movielens_100k/u.item");
  if (!log || !titles) GTEST_SKIP() << "the data set is not there";
  IngestOptions options;
  options.titles = *titles;
  const IngestResult r = read_log(*log, options);
  EXPECT_EQ(r.report.detected.substr(0, 9), "movielens");
  EXPECT_NE(r.report.detected.find("titles read as ISO-8859-1"), std::string::npos);
  EXPECT_EQ(r.interactions.users.size(), 943U);
  EXPECT_EQ(r.interactions.items.size(), 1682U);
  EXPECT_EQ(r.interactions.plays.nnz(), 100000U);
  EXPECT_EQ(sum_of(r.interactions.plays), 6110.0 + 2 * 11370 + 3 * 27145 + 4 * 34174 + 5 * 21201);
  EXPECT_EQ(r.interactions.title(r.interactions.items.find("543").value()), "Mis\xC3\xA9rables, Les (1995)");
}

TEST(RealData, Movielens1mIsReadFromGzipWithoutValues) {
  const auto log = testing::real_data("movielens_1m/user_movie_pairs.tsv.gz");
  const auto titles = testing::real_data("movielens_1m/movies.dat");
  if (!log || !titles) GTEST_SKIP() << "the data set is not there";
  IngestOptions options;
  options.titles = *titles;
  const IngestResult r = read_log(*log, options);
  EXPECT_EQ(r.interactions.users.size(), 6040U);
  EXPECT_EQ(r.interactions.items.size(), 3706U);
  EXPECT_EQ(r.interactions.plays.nnz(), 1000209U);
  EXPECT_EQ(sum_of(r.interactions.plays), 1000209);
  EXPECT_EQ(r.report.items_without_title, 0U);
  EXPECT_EQ(r.interactions.title(r.interactions.items.find("1193").value()), "One Flew Over the Cuckoo's Nest (1975)");
}

TEST(RealData, AudioscrobblerHasItsPublishedCounts) {
  const auto log = testing::real_data("audioscrobbler_small/user_artist_data_small.txt");
  const auto titles = testing::real_data("audioscrobbler_small/artist_data_small.txt");
  if (!log || !titles) GTEST_SKIP() << "the data set is not there";
  IngestOptions options;
  options.titles = *titles;
  const IngestResult r = read_log(*log, options);
  EXPECT_EQ(r.report.rows_kept, 49481U);
  EXPECT_EQ(r.interactions.users.size(), 50U);
  EXPECT_EQ(r.interactions.items.size(), 30677U);
  EXPECT_EQ(r.report.duplicates, 0U);
  EXPECT_EQ(sum_of(r.interactions.plays), 6461021);
  EXPECT_EQ(*std::max_element(r.interactions.plays.values().begin(), r.interactions.plays.values().end()), 439771);
  EXPECT_EQ(r.report.items_without_title, 140U);
}

}  // namespace
}  // namespace segue
