// Indexes in files: what was stored comes back as it was, and what is damaged is refused, whatever the bytes.
#include "segue/index_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <variant>

#include "store/test_files.h"

namespace segue {
namespace {

using ::testing::AnyOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;
using namespace segue::testing;

void expect_same(const StoredIndex& a, const StoredIndex& b) {
  EXPECT_EQ(a.kind, b.kind);
  EXPECT_EQ(a.metric, b.metric);
  EXPECT_EQ(a.options.recall, b.options.recall);
  EXPECT_EQ(a.options.lists, b.options.lists);
  EXPECT_EQ(a.options.probes, b.options.probes);
  EXPECT_EQ(a.options.slack, b.options.slack);
  EXPECT_EQ(a.options.trees, b.options.trees);
  EXPECT_EQ(a.options.search_k, b.options.search_k);
  EXPECT_EQ(a.recall.at_10, b.recall.at_10);
  EXPECT_EQ(a.recall.at_20, b.recall.at_20);
  EXPECT_EQ(a.recall.sample, b.recall.sample);
  ASSERT_EQ(a.parts.size(), b.parts.size());
  for (std::size_t i = 0; i < a.parts.size(); ++i) {
    EXPECT_EQ(a.parts[i].name, b.parts[i].name);
    ASSERT_EQ(a.parts[i].values.index(), b.parts[i].values.index());
    std::visit(
        [&](const auto& values) {
          EXPECT_EQ(all(values), all(std::get<std::decay_t<decltype(values)>>(b.parts[i].values)));
        },
        a.parts[i].values);
  }
}

class IndexFiles : public ::testing::Test {
 protected:
  static IndexFile some_file() {
    float next = 0;
    return {make_factors(4, 3, [&] { return next += 0.5F; }), some_index(Metric::kCosine), "items.npy"};
  }
  TempDir dir_;
  std::filesystem::path path_ = dir_.path() / "x.index";
};

TEST_F(IndexFiles, AModelKeepsItsIndexes) {
  std::vector<StoredIndex> indexes = {some_index(Metric::kInnerProduct), some_index(Metric::kCosine)};
  indexes[1].options.slack = 0.25;
  golden_model().with_indexes(indexes).save(path_);
  const Model model = Model::open(path_);
  ASSERT_EQ(model.indexes().size(), 2);
  for (std::size_t i = 0; i < 2; ++i) expect_same(model.indexes()[i], indexes[i]);
  // Written again they are the same bytes, and without them the file is that of a model that never had any.
  const std::string bytes = read_file(path_);
  model.save(dir_.path() / "again");
  EXPECT_EQ(read_file(dir_.path() / "again"), bytes);
  model.with_indexes({}).save(path_);
  golden_model().save(dir_.path() / "again");
  EXPECT_EQ(read_file(path_), read_file(dir_.path() / "again"));
  EXPECT_THAT(Model::open(path_).indexes(), IsEmpty());
}

TEST_F(IndexFiles, VectorsAndTheirIndexAreAFile) {
  some_file().save(path_);
  const IndexFile file = IndexFile::open(path_);
  EXPECT_EQ(file.source, "items.npy");
  EXPECT_EQ(file.vectors.rows(), 4);
  EXPECT_THAT(all(file.vectors[3]), ElementsAre(5, 5.5F, 6));
  expect_same(file.index, some_index(Metric::kCosine));
  EXPECT_EQ(read_layout(path_).kind, "index");
}

TEST_F(IndexFiles, OtherKindsAreRefusedAsSuch) {
  golden_model().save(path_);
  EXPECT_EQ(error_of([&] { (void)IndexFile::open(path_); }, ErrorCode::kInvalidArgument),
            path_.string() + ": holds a model, not an index\n  fix: make an index of it: segue index build " +
                path_.string());
  some_file().save(path_);
  EXPECT_THAT(error_of([&] { (void)Model::open(path_); }, ErrorCode::kInvalidArgument),
              HasSubstr("holds vectors and an index, not a model"));
}

TEST_F(IndexFiles, WhatCannotBeReadBackIsNotWritten) {
  const auto problem = [](std::vector<StoredIndex> indexes) {
    return error_of([&] { (void)golden_model().with_indexes(std::move(indexes)); }, ErrorCode::kInvalidArgument);
  };
  EXPECT_THAT(problem({some_index(Metric::kCosine), some_index(Metric::kCosine)}),
              HasSubstr("there are two indexes for the metric cosine"));
  for (const std::string name : {"", "Ids", "a.b", "longerthantwelve"}) {
    StoredIndex index = some_index(Metric::kCosine);
    index.parts[0].name = name;
    EXPECT_THAT(problem({index}), HasSubstr("\"" + name + "\" is no name for a part of an index"));
  }
}

TEST_F(IndexFiles, EveryTruncationAndEveryFlippedByteIsRefused) {
  some_file().save(path_);
  const std::string bytes = read_file(path_);
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    dir_.write("x.index", bytes.substr(0, size));
    ASSERT_THAT(error_of([&] { (void)IndexFile::open(path_); }), StartsWith(path_.string() + ": is ")) << size;
  }
  dir_.write("x.index", bytes.substr(0, bytes.size() - 1));
  EXPECT_THAT(error_of([&] { (void)IndexFile::open(path_); }),
              ::testing::EndsWith("make it anew with `segue index build`"));
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    std::string flipped = bytes;
    flipped[at] = static_cast<char>(flipped[at] ^ (1 << at % 8));
    dir_.write("x.index", flipped);
    // Open compares checksums; the zeros between sections are looked at by verify only.
    ASSERT_THAT(error_of([&] { verify_file(path_); }), StartsWith(path_.string() + ": ")) << at;
    ASSERT_THAT(error_of([&] { (void)IndexFile::open(path_); }), AnyOf("nothing", StartsWith(path_.string() + ": ")));
  }
}

TEST_F(IndexFiles, MetadataAndSectionsAreChecked) {
  const auto error_after = [&](const std::vector<Edit>& edits) {
    some_file().save(path_);
    rewrite(path_, edits);
    return error_of([&] { (void)IndexFile::open(path_); });
  };
  const auto with_index = [&](const std::string& index) {
    return error_after({{"metadata", R"({"factors": 3, "indexes": [)" + index + "]}"}});
  };
  EXPECT_EQ(with_index(R"({"kind": "exact", "metric": "cosine"})"), "nothing");
  EXPECT_THAT(with_index(""), HasSubstr("does not tell of one index"));
  EXPECT_THAT(with_index("7"), HasSubstr("indexes holds what is not an object"));
  EXPECT_THAT(with_index(R"({"metric": "cosine"})"), HasSubstr("indexes.kind is missing"));
  EXPECT_THAT(with_index(R"({"kind": "exact", "metric": "euclid"})"), HasSubstr("there is no metric \"euclid\""));
  EXPECT_THAT(with_index(R"({"kind": "ivf", "metric": "cosine", "probes": -1})"), HasSubstr("indexes.probes is not"));
  EXPECT_THAT(with_index(R"({"kind": "ivf", "metric": "cosine", "recall_at_10": 1.5})"),
              HasSubstr("indexes.recall_at_10 is not from 0 to 1"));
  EXPECT_THAT(error_after({{"vectors"}}), HasSubstr("vectors is missing"));
  EXPECT_THAT(error_after({{"metadata", R"({"factors": 17, "indexes": [{"kind": "exact", "metric": "cosine"}]})"}}),
              HasSubstr("section vectors"));
  EXPECT_THAT(error_after({{"index.cosine.ids", std::string(8, 'x'), DataType::kFloat64, {{1}}}}),
              HasSubstr("index.cosine.ids is of a type that no index has"));
}

}  // namespace
}  // namespace segue
