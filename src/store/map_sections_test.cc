// The map in a model file: what goes in comes out, and what is damaged is refused.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <vector>

#include "store/test_files.h"

namespace segue {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;
using namespace segue::testing;

class MapSections : public ::testing::Test {
 protected:
  MapSections() { golden_model().with_map(some_map()).save(path_); }
  std::string error_after(const std::vector<Edit>& edits) const {
    golden_model().with_map(some_map()).save(path_);
    rewrite(path_, edits);
    return error_of([&] { touch(Model::open(path_)); });
  }

  TempDir dir_;
  std::filesystem::path path_ = dir_.path() / "x.segue";
};

TEST_F(MapSections, AModelKeepsItsMapAndItsIndexesBesideIt) {
  const Model model = Model::open(path_);
  EXPECT_EQ(all(model.map().positions), all(some_map().positions));
  EXPECT_EQ(all(model.map().clusters), all(some_map().clusters));
  EXPECT_EQ(model.map().trustworthiness, 0.875);
  model.with_indexes({some_index(Metric::kCosine)}).save(dir_.path() / "both");
  EXPECT_FALSE(Model::open(dir_.path() / "both").map().empty());
  // Without it the file is that of a model that never had one.
  model.with_map({}).save(path_);
  golden_model().save(dir_.path() / "never");
  EXPECT_EQ(read_file(path_), read_file(dir_.path() / "never"));
}

TEST_F(MapSections, DamageIsFound) {
  const auto floats = [](std::vector<float> values) { return bytes_of(values); };
  const auto numbers = [](std::vector<std::uint32_t> values) { return bytes_of(values); };
  const auto expect_part = [&](const std::vector<Edit>& edits, const char* part) {
    EXPECT_THAT(error_after(edits), HasSubstr(part));
  };
  const float nan = std::numeric_limits<float>::quiet_NaN();
  expect_part({{"map.positions"}}, "map.positions is missing");
  expect_part({{"map.clusters"}}, "map.clusters is missing");
  expect_part({{"map.positions", floats({0, 0, 0, 0, 0, 0, 0, 1.5F})}}, "a place of the map is not from -1 to 1");
  expect_part({{"map.positions", floats({0, 0, 0, 0, 0, 0, 0, nan})}}, "a place of the map is not from -1 to 1");
  expect_part({{"map.positions", floats({0, 0}), std::nullopt, std::vector<std::uint64_t>{1, 2}}},
              "does not fit 4 items");
  expect_part({{"map.positions", std::nullopt, std::nullopt, std::vector<std::uint64_t>{2, 4}}},
              "does not have 2 columns");
  expect_part({{"map.clusters", numbers({0, 1, 2, 0})}}, "a cluster of the map is not below 2");
  expect_part({{"map.clusters", numbers({0, 1})}}, "does not fit 4 items");
  expect_part({{"map.clusters", numbers({0, 1, 0, 0}), DataType::kFloat32}}, "map.clusters is not of type uint32");
}

TEST_F(MapSections, EveryFlippedByteIsRefused) {
  const std::string bytes = read_file(path_);
  for (const FileSection& s : read_layout(path_).sections) {
    if (!s.name.starts_with("map.")) continue;
    for (std::uint64_t at = s.offset; at < s.offset + s.bytes; ++at) {
      std::string damaged = bytes;
      damaged[at] = static_cast<char>(damaged[at] ^ (1 << at % 8));
      dir_.write("x.segue", damaged);
      ASSERT_THAT(error_of([&] { touch(Model::open(path_)); }), StartsWith(path_.string() + ": "))
          << s.name << " " << at;
    }
  }
}

TEST_F(MapSections, MapsOfOtherItemsAreNotTaken) {
  ItemMap map = some_map();
  map.clusters = std::vector<std::uint32_t>{0, 0};
  EXPECT_THAT(error_of([&] { (void)golden_model().with_map(map); }, ErrorCode::kInvalidArgument),
              HasSubstr("does not fit 4 items"));
  map = some_map();
  map.clusters = std::vector<std::uint32_t>{0, 1, 2, 0};
  EXPECT_THAT(error_of([&] { (void)golden_model().with_map(map); }, ErrorCode::kInvalidArgument),
              HasSubstr("is not below 2"));
}

}  // namespace
}  // namespace segue
