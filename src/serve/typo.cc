// A column of the table of distances is kept as its vertical differences, +1 and -1, in two words. Reading a byte of
// text moves on to the next column in some fifteen operations, whatever the pattern's length.
#include "serve/typo.h"

#include <algorithm>

namespace segue {

TypoPattern::TypoPattern(std::string_view pattern) : size_(std::min(pattern.size(), kLongest)) {
  for (std::size_t i = 0; i < size_; ++i) places_[static_cast<unsigned char>(pattern[i])] |= std::uint64_t{1} << i;
}

TypoMatch TypoPattern::best_start(std::string_view text, std::size_t limit) const {
  const std::uint64_t last = std::uint64_t{1} << (size_ - 1);
  std::uint64_t plus = ~std::uint64_t{0};  // distances of the empty text: 0, 1, 2, …
  std::uint64_t minus = 0;
  std::uint64_t diagonal = 0;  // where the distance is that of one byte less of both, a column before
  std::uint64_t before = 0;    // places of the byte before
  std::size_t distance = size_;
  TypoMatch best{size_, 0};
  const std::size_t end = std::min(text.size(), size_ + limit);
  for (std::size_t j = 0; j < end; ++j) {
    const std::uint64_t here = places_[static_cast<unsigned char>(text[j])];
    const std::uint64_t swap = ((~diagonal & here) << 1) & before;
    diagonal = (((here & plus) + plus) ^ plus) | here | minus | swap;
    std::uint64_t right_plus = minus | ~(diagonal | plus);
    std::uint64_t right_minus = plus & diagonal;
    if ((right_plus & last) != 0) ++distance;
    if ((right_minus & last) != 0) --distance;
    right_plus = (right_plus << 1) | 1;  // the empty pattern has the distance j
    right_minus <<= 1;
    plus = right_minus | ~(diagonal | right_plus);
    minus = right_plus & diagonal;
    before = here;

    const bool ends_word = j + 1 == text.size() || text[j + 1] == ' ';
    if (distance < best.errors || (distance == best.errors && ends_word)) best = {distance, j + 1};
  }
  return best;
}

}  // namespace segue
