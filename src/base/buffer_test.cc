#include "base/buffer.h"

#include <gtest/gtest.h>

#include <cstdint>

#include "segue/error.h"
#include "segue/factors.h"

namespace segue {
namespace {

TEST(Buffer, IsZeroAndAlignedOnBothSidesOfAHugePage) {
  for (const std::size_t size :
       {std::size_t{1}, std::size_t{63}, std::size_t{524'287}, std::size_t{524'288}, std::size_t{700'001}}) {
    Buffer<float> buffer(size);
    const auto address = reinterpret_cast<std::uintptr_t>(buffer.data());
    EXPECT_EQ(address % (size * sizeof(float) >= (std::size_t{2} << 20) ? std::size_t{2} << 20 : 64), 0U);
    for (const float value : buffer) ASSERT_EQ(value, 0);
    buffer[0] = 1;
    buffer[size - 1] = 2;
  }
}

TEST(Buffer, GivesItsMemoryAway) {
  Buffer<int> buffer(3);
  buffer[1] = 7;
  const int* data = buffer.data();
  const Array<int> array = std::move(buffer).share(2);
  EXPECT_EQ(array.data(), data);
  EXPECT_EQ(array.size(), 2U);
  EXPECT_EQ(array[1], 7);
  EXPECT_EQ(buffer.size(), 0U);  // NOLINT(bugprone-use-after-move): the contract
}

TEST(Buffer, CanBeEmpty) {
  EXPECT_EQ(Buffer<int>(0).size(), 0U);
  EXPECT_TRUE(Buffer<int>(0).share().empty());
}

TEST(Buffer, SaysHowMuchMemoryIsMissing) {
  try {
    Buffer<char> buffer(std::size_t{1} << 62);
    FAIL() << "4 EiB were there";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kOutOfMemory);
    EXPECT_EQ(error.problem(), "cannot get 4398046511104 MiB of memory");
  }
}

TEST(Factors, RejectsValuesOfAnotherSize) {
  try {
    Factors::create(2, 3, Buffer<float>(16).share());
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.problem(), "a table of 2 x 3 factors has 16 values where its padded rows take 32");
  }
}

TEST(Factors, RejectsValuesThatAreNotAligned) {
  const Array<float> whole = Buffer<float>(48).share();
  const auto owner = std::make_shared<const Array<float>>(whole);
  EXPECT_THROW(Factors::create(2, 3, Array<float>(whole.subspan(1, 32), owner)), Error);
  EXPECT_NO_THROW(Factors::create(2, 3, Array<float>(whole.subspan(16, 32), owner)));
}

TEST(Factors, RejectsRowsWhoseStrideWouldWrapAround) {
  EXPECT_THROW(Factors::create(1, 0xFFFFFFFFU, {}), Error);
  EXPECT_NO_THROW(Factors::create(0, 0xFFFFFFF0U, {}));
}

TEST(Factors, ShowRowsWithoutTheirPadding) {
  Buffer<float> values(32);
  values[16] = 1;
  values[18] = 3;
  const Factors factors = Factors::create(2, 3, std::move(values).share());
  EXPECT_EQ(factors.stride(), 16U);
  EXPECT_EQ(factors[1].size(), 3U);
  EXPECT_EQ(factors[1][0], 1);
  EXPECT_EQ(factors[1][2], 3);
}

}  // namespace
}  // namespace segue
