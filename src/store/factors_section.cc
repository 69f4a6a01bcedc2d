#include "store/factors_section.h"

#include <bit>
#include <string>

namespace segue {
namespace {

/// Whether a row's values are finite and its padding is zero. The exponent of NaN and infinity is all ones; integers,
/// so that the compiler takes 4 or more at a time.
bool is_sound_row(const float* row, std::uint32_t factors, std::uint32_t stride) {
  constexpr std::uint32_t kExponent = 0x7F800000;
  std::uint32_t bad = 0;
  for (std::uint32_t f = 0; f < factors; ++f) {
    bad |= static_cast<std::uint32_t>((std::bit_cast<std::uint32_t>(row[f]) & kExponent) == kExponent);
  }
  for (std::uint32_t f = factors; f < stride; ++f) bad |= std::bit_cast<std::uint32_t>(row[f]);
  return bad == 0;
}

}  // namespace

Factors read_factors(const Container& container, std::string_view name, std::uint32_t rows, std::uint32_t factors,
                     Checks& checks) {
  Factors table =
      make_or_damaged(container, name, [&] { return Factors::create(rows, factors, container.array<float>(name, 2)); });
  const auto& shape = container.find(name)->shape;
  if (shape[0] != rows || shape[1] != table.stride()) container.damaged(name, "is not of the shape its counts say");
  checks.push_back([&container, name, table] {
    const float* values = table.values().data();
    for (std::uint32_t row = 0; row < table.rows(); ++row) {
      if (!is_sound_row(values + std::size_t{row} * table.stride(), table.factors(), table.stride())) {
        container.damaged(
            name, "holds values that are not finite, or padding that is not zero, in row " + std::to_string(row));
      }
    }
  });
  return table;
}

}  // namespace segue
