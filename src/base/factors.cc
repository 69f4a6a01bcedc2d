// Factors: the shape and the alignment are checked where a table is made; its values are its maker's business.
#include "segue/factors.h"

#include <cstdint>
#include <limits>
#include <string>
#include <utility>

#include "segue/error.h"

namespace segue {
namespace {

constexpr std::uintptr_t kAlignment = 64;
// The widest row whose stride still fits 32 bits.
constexpr std::uint32_t kMaxFactors = std::numeric_limits<std::uint32_t>::max() - 15;

}  // namespace

Factors Factors::create(std::uint32_t rows, std::uint32_t factors, Array<float> values) {
  if (factors > kMaxFactors) {
    throw Error(ErrorCode::kInvalidArgument, std::to_string(factors) + " factors are more than a row can hold", "");
  }
  // Both below 2^32: the product fits 64 bits.
  const std::uint64_t expected = std::uint64_t{rows} * stride_for(factors);
  if (values.size() != expected) {
    throw Error(ErrorCode::kInvalidArgument,
                "a table of " + std::to_string(rows) + " x " + std::to_string(factors) + " factors has " +
                    std::to_string(values.size()) + " values where its padded rows take " + std::to_string(expected),
                "pad each row with zeros to a multiple of 16 values");
  }
  if (reinterpret_cast<std::uintptr_t>(values.data()) % kAlignment != 0) {
    throw Error(ErrorCode::kInvalidArgument, "a table of factors does not begin at a multiple of 64 bytes",
                "keep its values in aligned memory");
  }
  Factors table;
  table.rows_ = rows;
  table.factors_ = factors;
  table.values_ = std::move(values);
  return table;
}

}  // namespace segue
