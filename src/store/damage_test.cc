// Files that are cut, flipped or forged. Run these under the address sanitizer: "no crash" is half of what they say.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store/test_files.h"

namespace segue {
namespace {

using ::testing::AnyOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;
using namespace segue::testing;

/// A function, as each EXPECT_THAT costs the compiler as much as a page of code.
void expect_part(const std::string& error, const std::string& part) { EXPECT_THAT(error, HasSubstr(part)); }

class Damage : public ::testing::Test {
 protected:
  Damage() {
    golden_model().save(path_);
    bytes_ = read_file(path_);
    table_end_ = sizeof(HeaderRecord) + read_layout(path_).sections.size() * sizeof(SectionRecord);
  }
  void put(const std::string& bytes) const { dir_.write("x.segue", bytes); }
  std::string open_error() const {
    return error_of([&] { touch(Model::open(path_)); });
  }
  std::string verify_error() const {
    return error_of([&] { verify_file(path_); });
  }
  std::string error_after(const std::vector<Edit>& edits) const {
    put(bytes_);
    rewrite(path_, edits);
    return open_error();
  }

  TempDir dir_;
  std::filesystem::path path_ = dir_.path() / "x.segue";
  std::string bytes_;
  std::size_t table_end_ = 0;
};

TEST_F(Damage, EveryTruncationIsRefused) {
  for (std::size_t size = 0; size < bytes_.size(); ++size) {
    put(bytes_.substr(0, size));
    ASSERT_THAT(open_error(), StartsWith(path_.string() + ": is ")) << size;
  }
  put(bytes_.substr(0, 100));
  EXPECT_EQ(open_error(),
            path_.string() + ": is cut short: 100 bytes where its header states " + std::to_string(bytes_.size()) +
                "\n  fix: copy the file again from where it is whole, or make it anew with `segue fit` or "
                "`segue ingest`");
}

TEST_F(Damage, BytesBehindTheEndAreRefused) {
  put(bytes_ + "x");
  EXPECT_THAT(open_error(), HasSubstr("has bytes behind its end"));
}

/// The bytes with a bit or all bits of one of them changed; which bit turns with the place.
std::string flipped(std::string bytes, std::size_t at, bool all_bits = false) {
  bytes[at] = static_cast<char>(bytes[at] ^ (all_bits ? 0xFF : 1 << at % 8));
  return bytes;
}

TEST_F(Damage, EveryFlippedByteIsFoundByVerify) {
  for (std::size_t at = 0; at < bytes_.size(); ++at) {
    put(flipped(bytes_, at));
    ASSERT_THAT(verify_error(), StartsWith(path_.string() + ": ")) << at;
  }
}

TEST_F(Damage, EveryFlippedByteOfHeaderAndTableIsFoundByOpen) {
  for (std::size_t at = 0; at < table_end_; ++at) {
    put(flipped(bytes_, at));
    ASSERT_THAT(open_error(), StartsWith(path_.string() + ": ")) << at;
  }
}

TEST_F(Damage, AForgedHeaderOrTableDoesNotCrash) {
  for (const bool all_bits : {false, true}) {
    for (std::size_t at = 16; at < table_end_; ++at) {  // version and number of sections: below
      put(with_table(flipped(bytes_, at, all_bits), [](HeaderRecord&, std::span<SectionRecord>) {}));
      ASSERT_THAT(open_error(), AnyOf("nothing", StartsWith(path_.string() + ": "))) << at;
    }
  }
}

TEST_F(Damage, AForgedSectionDoesNotCrash) {
  for (std::size_t at = table_end_; at < bytes_.size(); ++at) {
    put(flipped(bytes_, at, at % 3 == 0));
    ASSERT_THAT(open_error(), AnyOf("nothing", StartsWith(path_.string() + ": "))) << at;
  }
}

TEST_F(Damage, FilesOfANewerStructureAreRefusedAsSuch) {
  put(with_table(bytes_, [](HeaderRecord& header, auto) { header.version = 3; }));
  EXPECT_EQ(open_error(), path_.string() +
                              ": is of version 3 of the file format, and this segue reads up to 2\n"
                              "  fix: update segue");
}

TEST_F(Damage, OtherFilesAreRefusedAsSuch) {
  put("ada\tThe Lamps\t691\n");
  EXPECT_THAT(open_error(), HasSubstr("is not a file of segue\n  fix: name a model or a .plays file"));
}

TEST_F(Damage, TheTableIsCheckedBeforeItIsUsed) {
  const auto error_with = [&](const std::function<void(HeaderRecord&, std::span<SectionRecord>)>& change) {
    put(with_table(bytes_, change));
    return open_error();
  };
  const auto record_error = [&](const std::function<void(SectionRecord&)>& change) {
    return error_with(
        [&](HeaderRecord&, std::span<SectionRecord> table) { change(find_record(table, section::kColumns)); });
  };
  constexpr std::uint64_t kHuge = ~std::uint64_t{0};
  expect_part(record_error([](auto& r) { r.offset = kHuge - 63; }), "plays.columns reaches beyond the end");
  expect_part(record_error([](auto& r) { r.bytes = kHuge; }), "plays.columns reaches beyond the end");
  expect_part(record_error([](auto& r) { r.offset = kHuge - 63, r.bytes = 64; }), "reaches beyond the end");
  expect_part(record_error([](auto& r) { r.offset += 4; }), "does not begin at a multiple of 64 bytes");
  expect_part(record_error([](auto& r) { r.offset = 64; }), "overlaps what comes before it");
  expect_part(record_error([](auto& r) { r.rank = 0; }), "has no shape");
  expect_part(record_error([](auto& r) { r.rank = 4; }), "has no shape");
  expect_part(record_error([](auto& r) { r.shape[0] += 1; }), "does not take the bytes that its shape says");
  // 2^62 · 4 · 5 wraps around to the 20 bytes that are there.
  expect_part(record_error([](auto& r) {
                r.rank = 2, r.shape = {(std::uint64_t{1} << 62) + 1, 5, 0};
              }),
              "does not take the bytes that its shape says");
  expect_part(record_error([](auto& r) { r.name = {'p', '\x1b', '['}; }), "has no proper name");
  expect_part(record_error([](auto& r) { r.name = {}; }), "has no proper name");
  expect_part(record_error([](auto& r) { r.name.back() = 'x'; }), "has no proper name");
  expect_part(record_error([](auto& r) { r.name = {'m', 'e', 't', 'a', 'd', 'a', 't', 'a'}; }),
              "metadata is there twice");
  expect_part(record_error([](auto& r) { r.type = 4; }), "plays.columns is not of type uint32");
  expect_part(error_with([](HeaderRecord& header, auto) { header.kind = {'\n'}; }), "states no kind");
  expect_part(error_with([](HeaderRecord& header, auto) { header.version = 0; }), "states version 0");
  std::string many = bytes_;
  std::fill_n(many.begin() + 12, 4, '\xFF');
  HeaderRecord header{};
  std::memcpy(&header, many.data(), sizeof header);
  header.header_checksum = checksum_of(header);
  std::memcpy(many.data(), &header, sizeof header);
  put(many);
  expect_part(open_error(), "more sections than the file can hold");
}

TEST_F(Damage, SectionsAreCheckedAgainstEachOther) {
  using U64 = std::vector<std::uint64_t>;
  using U32 = std::vector<std::uint32_t>;
  using F32 = std::vector<float>;
  const float nan = std::numeric_limits<float>::quiet_NaN();
  expect_part(error_after({{"users.offsets", bytes_of(U64{0, 6, 3, 9})}}), "users.offsets does not hold");
  expect_part(error_after({{"users.offsets", bytes_of(U64{0, 3, 6, 10})}}), "users.offsets does not hold");
  expect_part(error_after({{"users.offsets", bytes_of(U64{0, 3, 9})}}), "plays.row_ptr does not have a row");
  expect_part(error_after({{"users.bytes", "adabobann"}}), "users.bytes does not hold: id 2 does not come after");
  expect_part(error_after({{"items.offsets", ""}}), "items.offsets is empty");
  expect_part(error_after({{"titles.offsets", bytes_of(U64{0, 21})}}), "titles.offsets");
  expect_part(error_after({{"plays.row_ptr", bytes_of(U64{0, 4, 2, 5})}}), "row offsets");
  expect_part(error_after({{"plays.row_ptr", bytes_of(U64{0, 2, 2, ~std::uint64_t{0}})}}), "row offsets");
  expect_part(error_after({{"plays.columns", bytes_of(U32{0, 3, 0, 1, 4})}}),
              "row 2 of a sparse matrix has a "
              "column beyond its last");
  expect_part(error_after({{"plays.columns", bytes_of(U32{0, 3, 1, 1, 3})}}), "that do not ascend");
  expect_part(error_after({{"plays.columns", bytes_of(U32{0, 3})}}), "listeners does not fit the plays");
  expect_part(error_after({{"plays.values", bytes_of(F32{1, 1, 1, nan, 1})}}), "not finite");
  expect_part(error_after({{"listeners", bytes_of(U32{2, 1, 0, 1})}}), "listeners does not fit the plays");
  expect_part(error_after({{"listeners", bytes_of(U32{5, 0, 0, 0})}}), "listeners does not fit the plays");
  expect_part(error_after({{"listeners", bytes_of(U32{2, 1, 2})}}), "listeners does not fit the plays");
  expect_part(error_after({{"weighting.item_scale"}}), "0 item scales where it needs 4");
  expect_part(error_after({{"weighting.item_scale", bytes_of(F32{1, 1, 1, nan})}}), "is not finite");
  expect_part(error_after({{"sweeps", "", std::nullopt, U64{0, 2}}}), "sweeps does not have 3 columns");
  expect_part(error_after({{"sweeps", bytes_of(std::vector<double>{-1, 1, 1}), std::nullopt, U64{1, 3}}}),
              "sweeps has a number out of range");
  expect_part(error_after({{"factors.users", bytes_of(F32(64)), std::nullopt, U64{4, 16}}}),
              "factors.users does not hold: a table of 3 x 3 factors has 64 values");
  expect_part(error_after({{"factors.users", bytes_of(F32(48)), std::nullopt, U64{1, 48}}}),
              "factors.users is not of the shape its counts say");
  F32 values(64);
  values[16 + 1] = nan;
  expect_part(error_after({{"factors.items", bytes_of(values)}}), "factors.items holds values that are not");
  values[16 + 1] = 0;
  values[32 + 3] = 1;  // the first value of the padding
  expect_part(error_after({{"factors.items", bytes_of(values)}}), "padding that is not zero, in row 2");
  for (const char* name : {"metadata", "users.offsets", "users.bytes", "items.offsets", "items.bytes", "titles.bytes",
                           "plays.row_ptr", "plays.columns", "plays.values", "listeners", "factors.users"}) {
    expect_part(error_after({{name}}), "its section " + std::string(name) + " is missing");
  }
}

/// Of models that are none of als: every byte of what they learned, and what only such a file can get wrong.
TEST_F(Damage, OtherModelsAreCheckedToo) {
  using U64 = std::vector<std::uint64_t>;
  using U32 = std::vector<std::uint32_t>;
  using F32 = std::vector<float>;
  const float infinity = std::numeric_limits<float>::infinity();
  for (const std::string name : {"v2-knn", "v2-ease"}) {
    golden_model_of(name).save(path_);
    bytes_ = read_file(path_);
    for (const FileSection& section : read_layout(path_).sections) {
      if (!section.name.starts_with("weights.")) continue;
      for (std::size_t at = section.offset; at < section.offset + section.bytes; ++at) {
        put(flipped(bytes_, at, at % 3 == 0));
        ASSERT_THAT(open_error(), StartsWith(path_.string() + ": ")) << name << " " << at;
      }
    }
  }

  golden_model_of("v2-knn").save(path_);
  bytes_ = read_file(path_);
  expect_part(error_after({{"weights.row_ptr", bytes_of(U64{0, 2, 3, 5})}}), "weights.columns does not hold");
  expect_part(error_after({{"weights.row_ptr", bytes_of(U64{0, 2, 3, 3, 6})}}), "row offsets");
  expect_part(error_after({{"weights.columns", bytes_of(U32{1, 3, 0, 0, 4})}}), "column beyond its last");
  expect_part(error_after({{"weights.columns", bytes_of(U32{3, 1, 0, 0, 1})}}), "that do not ascend");
  expect_part(error_after({{"weights.values", bytes_of(F32{1, 1, infinity, 1, 1})}}), "not finite");
  expect_part(error_after({{"weighting.item_scale"}}), "0 item scales where it needs 4");
  for (const char* name : {"weights.row_ptr", "weights.columns", "weights.values"}) {
    expect_part(error_after({{name}}), "its section " + std::string(name) + " is missing");
  }
  const auto told = [&](const std::string& keys) {
    return error_after({{"metadata", R"({"weighting": {"name": "bm25"}, )" + keys + "}"}});
  };
  EXPECT_EQ(told(R"("model": "from the future", "holds": "sparse")"), "nothing");
  expect_part(told(R"("holds": "sparse")"), "als without factors");
  expect_part(told(R"("model": "knn", "holds": "cubes")"), "holds is not one that this segue knows");
  expect_part(told(R"("model": "knn", "holds": "dense")"), "its section weights.items is missing");
  expect_part(told(R"("model": "knn", "holds": "factors")"), "factors is missing");
  expect_part(told(R"("model": "knn", "holds": "sparse", "binary_history": 1)"), "is neither true nor false");
  expect_part(told(R"("model": 7, "holds": "sparse")"), "model is not a string");
  expect_part(told(R"("model": "knn", "holds": "sparse", "card": {"settings": {"l2": 5}})"),
              "card.settings holds what is not a string");
  expect_part(told(R"("model": "knn", "holds": "sparse", "card": {"settings": []})"), "card.settings is not an object");

  golden_model_of("v2-ease").save(path_);
  bytes_ = read_file(path_);
  expect_part(error_after({{"weights.items", bytes_of(U32{0, 3, 1})}}), "do not ascend below 4");
  expect_part(error_after({{"weights.items", bytes_of(U32{0, 1, 4})}}), "do not ascend below 4");
  expect_part(error_after({{"weights.items", bytes_of(U32{0, 1})}}), "weights.dense is not of the shape its items say");
  expect_part(error_after({{"weights.dense", bytes_of(F32(6)), std::nullopt, U64{3, 2}}}), "weights of 3 items have 6");
  expect_part(error_after({{"weights.dense", bytes_of(F32{0, 1, infinity, 0, 1, 0, 1, 0, 1, 1, 0, 0})}}),
              "row 0 of the weights has one that is not finite");
  expect_part(error_after({{"weights.dense"}}), "its section weights.dense is missing");
}

TEST_F(Damage, MetadataIsCheckedKeyByKey) {
  const auto error_with = [&](const std::string& json) { return error_after({{"metadata", json}}); };
  const std::string good = R"("factors": 3, "weighting": {"name": "bm25"})";
  EXPECT_EQ(error_with("{" + good + "}"), "nothing");
  EXPECT_EQ(error_with("{" + good + R"(, "from_the_future": {"deep": [1, {"x": null}]}, "card": {"colour": "red"}})"),
            "nothing");
  expect_part(error_with(""), "metadata is not JSON in UTF-8");
  expect_part(error_with("{" + good), "metadata is not JSON in UTF-8");
  expect_part(error_with("{" + good + ", \"source\": \"caf\xE9\"}"), "metadata is not JSON in UTF-8");
  expect_part(error_with("[]"), "metadata is not a JSON object");
  expect_part(error_with("{}"), "factors is missing");
  expect_part(error_with(R"({"factors": 3})"), "weighting is missing");
  expect_part(error_with(R"({"factors": 3, "weighting": 1})"), "weighting is not an object");
  expect_part(error_with(R"({"factors": 3, "weighting": {}})"), "weighting.name is missing");
  expect_part(error_with(R"({"factors": 3, "weighting": {"name": "bm26"}})"),
              "weighting.name is not one that this segue knows");
  for (const char* factors : {"-3", "3.0", "0", "4294967296", "1e300", "\"3\"", "null", "[3]"}) {
    expect_part(error_with(R"({"weighting": {"name": "bm25"}, "factors": )" + std::string(factors) + "}"),
                "factors is not a whole number from 1 to 4294967295");
  }
  expect_part(error_with(R"({"weighting": {"name": "bm25"}, "factors": 4294967295})"), "more than a row can hold");
  for (const char* alpha : {"0", "-1", "1e39", "null", "1e-300"}) {
    expect_part(error_with(R"({"factors": 3, "weighting": {"name": "bm25", "alpha": )" + std::string(alpha) + "}}"),
                "metadata");
  }
  expect_part(error_with("{" + good + R"(, "card": {"threads": 2147483648}})"),
              "card.threads is not a whole number from 0 to 2147483647");
  expect_part(error_with("{" + good + R"(, "card": {"note": 7}})"), "card.note is not a string");
  expect_part(error_with("{" + good + R"(, "card": {"options": {"solver": "magic"}}})"),
              "card.options.solver is not one that this segue knows");
  expect_part(error_with("{" + good + R"(, "card": {"fit_seconds": "1"}})"), "card.fit_seconds is not a number");
}

TEST_F(Damage, MissingKeysMeanWhatTheFormatSaysNotWhatTrainingDoes) {
  rewrite(path_, {{"metadata", R"({"factors": 3, "weighting": {"name": "bm25"}})"}});
  const Model model = Model::open(path_);
  EXPECT_EQ(model.weighting().options.bm25_k1, 100.0F);
  EXPECT_EQ(model.weighting().options.bm25_b, 0.8F);
  EXPECT_EQ(model.card().options.regularization, 0.01F);
  EXPECT_EQ(model.card().options.factors, 64U);
}

TEST_F(Damage, NestingDoesNotExhaustTheStack) {
  for (const std::string open : {"[", "{\"a\":"}) {
    std::string bomb;
    for (int i = 0; i < 1'000'000; ++i) bomb += open;
    expect_part(error_after({{"metadata", "{\"x\":" + bomb}}), "metadata is nested too deep");
  }
}

TEST_F(Damage, HugeMetadataIsNotParsed) {
  expect_part(error_after({{"metadata", std::string((16 << 20) + 1, ' ')}}), "metadata is longer than 16 MiB");
}

TEST_F(Damage, SectionsThatAreNotKnownAreSkipped) {
  EXPECT_EQ(error_after({{"index.graph", "something new", DataType::kBytes}}), "nothing");
  put(with_table(read_file(path_),
                 [](HeaderRecord&, std::span<SectionRecord> table) { find_record(table, "index.graph").type = 99; }));
  EXPECT_EQ(open_error(), "nothing");
  EXPECT_EQ(verify_error(), "nothing");
  EXPECT_EQ(read_layout(path_).sections.back().type, "type-99");
}

TEST_F(Damage, VerifyNamesTheSection) {
  const FileLayout layout = read_layout(path_);
  for (const FileSection& s : layout.sections) {
    std::string damaged = bytes_;
    damaged[s.offset + s.bytes / 2] = static_cast<char>(damaged[s.offset + s.bytes / 2] ^ 1);
    put(damaged);
    expect_part(verify_error(), "its section " + s.name + " is damaged: its checksum is ");
  }
}

}  // namespace
}  // namespace segue
