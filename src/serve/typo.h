// Typos: how many typing errors lie between what was typed and a title, or a part of it.
#ifndef SEGUE_SERVE_TYPO_H_
#define SEGUE_SERVE_TYPO_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace segue {

/// Where and how well a pattern matches a text.
struct TypoMatch {
  std::size_t errors;
  std::size_t end;  // in the text
};

/// Optimal string alignment distance: insertions, deletions, substitutions and swaps of neighbours, a part of the text
/// at most once swapped. Bit-parallel, a machine word a byte of text (H. Hyyrö, A bit-vector algorithm for computing
/// Levenshtein and Damerau edit distances, 2003). Works on bytes: a letter beyond ASCII counts as the bytes that
/// differ.
class TypoPattern {
 public:
  static constexpr std::size_t kLongest = 64;

  /// @param pattern  1 to kLongest bytes
  explicit TypoPattern(std::string_view pattern);

  /// The start of `text` with the fewest errors to the pattern; of several the longest that ends a word, or else the
  /// shortest. At most size() + limit bytes of text can be within `limit` errors: no more are read.
  TypoMatch best_start(std::string_view text, std::size_t limit) const;

  std::size_t size() const { return size_; }

 private:
  std::array<std::uint64_t, 256> places_{};  // by byte: where it is in the pattern
  std::size_t size_;
};

}  // namespace segue

#endif  // SEGUE_SERVE_TYPO_H_
