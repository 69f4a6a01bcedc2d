// Files of vectors: read as written, whatever wrote them, and refused where their sizes do not fit their bytes.
#include "segue/vectors.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <string>
#include <utility>

#include "base/buffer.h"
#include "segue/error.h"
#include "testing/reference_search.h"
#include "testing/temp_dir.h"

namespace segue {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::random_factors;
using testing::TempDir;

template <typename T>
std::string raw(std::initializer_list<T> values) {
  std::string bytes;
  for (const T value : values) bytes.append(reinterpret_cast<const char*>(&value), sizeof value);
  return bytes;
}

std::string npy(const std::string& header, const std::string& values) {
  return std::string("\x93NUMPY\x01\x00", 8) + raw({static_cast<std::uint16_t>(header.size())}) + header + values;
}

class VectorFiles : public ::testing::Test {
 protected:
  std::string problem(const std::string& name, const std::string& bytes, ErrorCode code = ErrorCode::kBadInput) {
    const std::filesystem::path path = dir_.write(name, bytes);
    try {
      (void)read_vectors(path);
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), code) << error.what();
      EXPECT_EQ(error.where().file, path.string());
      return error.problem();
    }
    return "no error";
  }
  TempDir dir_;
};

TEST_F(VectorFiles, AreReadAsTheyWereWritten) {
  for (const VectorFormat& format : vector_formats()) {
    if (format.write == nullptr) continue;
    for (const std::uint32_t factors : {1U, 16U, 50U}) {
      const Factors vectors = random_factors(300, factors, factors);
      const std::filesystem::path path = dir_.path() / ("x" + std::string(format.extension));
      write_vectors(path, vectors);
      const Factors back = read_vectors(path);
      ASSERT_EQ(back.rows(), 300);
      ASSERT_EQ(back.factors(), factors);
      EXPECT_TRUE(std::ranges::equal(back.values(), vectors.values())) << format.extension;
    }
  }
}

TEST_F(VectorFiles, NpyIsWhatNumpyWrites) {
  // numpy.save of numpy.array([[1, 2], [3, 4], [5, 6]], dtype=...)
  const std::string header = "{'descr': '<f8', 'fortran_order': False, 'shape': (3, 2), }\n";
  const Factors doubles = read_vectors(dir_.write("d.npy", npy(header, raw<double>({1, 2, 3, 4, 5, 6}))));
  EXPECT_EQ(doubles.rows(), 3);
  EXPECT_THAT(std::vector<float>(doubles[2].begin(), doubles[2].end()), ElementsAre(5, 6));
  write_vectors(dir_.path() / "f.npy", testing::factors_of({{1, 2}, {3, 4}, {5, 6}}));
  const std::string written = testing::read_file(dir_.path() / "f.npy");
  EXPECT_EQ((written.size() - 24) % 64, 0);
  EXPECT_THAT(written, HasSubstr("{'descr': '<f4', 'fortran_order': False, 'shape': (3, 2), }"));
  EXPECT_TRUE(written.ends_with(raw<float>({1, 2, 3, 4, 5, 6})));
}

TEST_F(VectorFiles, NpyOfOtherShapesAndTypesIsRefused) {
  const auto of = [&](const std::string& type, const std::string& order, const std::string& shape) {
    return problem("x.npy", npy("{'descr': " + type + ", 'fortran_order': " + order + ", 'shape': " + shape + ", }\n",
                                raw<float>({1, 2, 3, 4, 5, 6})));
  };
  EXPECT_EQ(of("'<f4'", "False", "(3, 2)"), "no error");
  EXPECT_EQ(of("'<i4'", "False", "(3, 2)"), "holds values of the type '<i4'");
  EXPECT_EQ(of("'<f4'", "True", "(3, 2)"), "holds columns one after the other, not rows");
  EXPECT_EQ(of("'<f4'", "False", "(6,)"), "is not an array of two dimensions");
  EXPECT_EQ(of("'<f4'", "False", "(6, -1)"), "is of the shape (6, -1), which no array has");
  EXPECT_EQ(of("'<f4'", "False", "(6, 99999999999999999999)"),
            "is of the shape (6, 99999999999999999999), which no array has");
  EXPECT_EQ(of("'<f4'", "False", "(5000000000, 4)"), "is of 5000000000 vectors, more than can be numbered");
  EXPECT_EQ(of("'<f4'", "False", "(3, 3)"), "has 24 bytes of values where its shape takes 36");
  EXPECT_EQ(of("'<f4'", "False", "(3, 0)"), "is of 3 vectors of 0 values");
  EXPECT_EQ(of("'<f4'", "False", "(1, 0)"), "is of 1 vector of 0 values");
  EXPECT_EQ(of("'<f4'", "False", "(4294967296, 4294967296)"), "is of 4294967296 vectors of 4294967296 values");
  EXPECT_EQ(problem("x.npy", "PK"), "is not an .npy file");
}

TEST_F(VectorFiles, RowsOfFvecsMustBeOfOneLength) {
  EXPECT_EQ(problem("x.fvecs", raw<std::int32_t>({1, 7, 1, 8})), "no error");
  EXPECT_EQ(problem("x.fvecs", raw<std::int32_t>({1, 7, 2, 8, 9})), "has 2 values in row 1 and 1 in the first");
  EXPECT_EQ(problem("x.fvecs", raw<std::int32_t>({2, 7, 8, 1, 9})), "has 1 value in row 1 and 2 in the first");
  EXPECT_EQ(problem("x.fvecs", raw<std::int32_t>({1, 7, 3, 8})), "has a row 1 of 3 values, and 1 is left");
  EXPECT_EQ(problem("x.fvecs", raw<std::int32_t>({-1, 7})), "has a row 0 of -1 values, and 1 is left");
  EXPECT_EQ(problem("x.fvecs", ""), "is empty");
}

TEST_F(VectorFiles, OfValuesThatAreNotFiniteAreRefusedWithTheirRow) {
  constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  for (const float value : {kNan, kInfinity, -kInfinity}) {
    Buffer<float> rows(3 * std::size_t{Factors::stride_for(2)});
    std::ranges::fill(rows, 0.0F);
    rows[std::size_t{2} * Factors::stride_for(2) + 1] = value;
    const Factors vectors = Factors::create(3, 2, std::move(rows).share());
    for (const char* name : {"x.npy", "x.fvecs"}) {
      write_vectors(dir_.path() / name, vectors);
      EXPECT_EQ(problem(name, testing::read_file(dir_.path() / name)), "row 2 holds a value that is not finite");
    }
  }
}

TEST_F(VectorFiles, AreToldByTheirNamesInCapitalsToo) {
  write_vectors(dir_.path() / "UP.NPY", random_factors(3, 5, 1));
  EXPECT_EQ(read_vectors(dir_.path() / "UP.NPY").rows(), 3);
}

TEST_F(VectorFiles, OfNoVectorsAreWrittenWhereTheyCanBeRead) {
  const Factors none = Factors::create(0, 40, Buffer<float>(0).share());
  write_vectors(dir_.path() / "x.npy", none);
  EXPECT_EQ(read_vectors(dir_.path() / "x.npy").factors(), 40);
  try {
    write_vectors(dir_.path() / "x.fvecs", none);
    ADD_FAILURE() << "no error";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("x.fvecs: cannot hold 0 vectors"));
  }
}

/// Run under the address sanitizer: no crash is what this says.
TEST_F(VectorFiles, CutFilesAreRefused) {
  for (const char* name : {"x.npy", "x.fvecs"}) {
    write_vectors(dir_.path() / name, random_factors(3, 5, 1));
    const std::string bytes = testing::read_file(dir_.path() / name);
    for (std::size_t size = 0; size < bytes.size(); ++size) {
      // Whole rows are a whole .fvecs file.
      if (size != 0 && size % 24 == 0 && std::string(name) == "x.fvecs") continue;
      ASSERT_NE(problem(name, bytes.substr(0, size)), "no error") << name << " " << size;
    }
  }
}

TEST_F(VectorFiles, OfAnnoyNeedTheirSize) {
  const Factors vectors = random_factors(40, 6, 3);
  AnnoyBuilder builder(AnnoyMetric::kAngular, 6);
  for (std::uint32_t i = 0; i < 40; ++i) builder.add(i, vectors[i]);
  builder.build({.trees = 3}).save(dir_.path() / "x.ann");
  const Factors back = read_vectors(dir_.path() / "x.ann", {.vector_size = 6});
  EXPECT_TRUE(std::ranges::equal(back.values(), vectors.values()));
  EXPECT_THAT(problem("y.ann", "", ErrorCode::kInvalidArgument), HasSubstr("does not say how many values"));
  try {
    (void)read_vectors(dir_.write("zeros.ann", std::string(std::size_t{36} * 10, '\0')), {.vector_size = 6});
    ADD_FAILURE() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kBadInput);
    EXPECT_EQ(error.problem(), "is a forest of no items, or holds nothing but zeros");
  }
}

TEST_F(VectorFiles, IvecsAreRowsOfNumbers) {
  const std::vector<std::vector<Neighbor>> lists = {{{3, 1}, {1, 0.5F}}, {}, {{7, 2}}};
  const auto path = dir_.write("x.ivecs", ivecs_of(lists));
  EXPECT_THAT(read_ivecs(path), ElementsAre(ElementsAre(3, 1), ElementsAre(), ElementsAre(7)));
}

TEST_F(VectorFiles, OfOtherNamesAreRefused) {
  EXPECT_THAT(problem("x.txt", "", ErrorCode::kInvalidArgument), HasSubstr("no name that says"));
}

}  // namespace
}  // namespace segue
