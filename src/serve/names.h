// Names: which items a person means by what they typed.
#ifndef SEGUE_SERVE_NAMES_H_
#define SEGUE_SERVE_NAMES_H_

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "segue/array.h"
#include "segue/interactions.h"
#include "segue/recommender.h"

namespace segue {

/// What search compares of a catalogue's titles. Immutable once built; thread-safe. O(bytes of the titles) to build:
/// about 100 ns a title, and as much memory as the titles and 28 bytes for each.
class TitleTable {
 public:
  /// Copies share their arrays with `interactions`. @param listeners  [items], or empty where they are not known
  TitleTable(const Interactions& interactions, Array<std::uint32_t> listeners);

  /// The items of this title without regard to case and accents; if there are none, without regard to punctuation and
  /// spaces either ("acdc" is "AC/DC"); if there are none, without regard to an article "the" before or after it.
  /// Most listeners first.
  std::vector<std::uint32_t> find(std::string_view name) const;

  /// Up to `most` items whose titles are like `name`: whole or in part, with as many typing errors as names of this
  /// length have. Best first.
  std::vector<std::uint32_t> suggest(std::string_view name, std::size_t most) const;

  /// Up to `most` items whose titles hold each word of `typed` as a word or as the beginning of one, in any order; most
  /// listeners first. Without words in `typed`: all items match.
  std::vector<std::uint32_t> complete(std::string_view typed, std::size_t most) const;

 private:
  Interactions interactions_;
  Array<std::uint32_t> listeners_;
  std::string words_;                   // fold_words of each title, cut to what suggestions look at
  std::vector<std::uint64_t> offsets_;  // [items + 1] into words_
  std::vector<std::uint64_t> letters_;  // which letters the words have
  std::vector<std::uint64_t> keys_;     // checksum of the whole title's words without spaces and article
  std::vector<std::uint32_t> by_fame_;  // items, most listeners first
};

/// Items whose id is `name`, or else whose title is: the searches that need no table.
std::vector<std::uint32_t> find_exactly(const Interactions& interactions, std::span<const std::uint32_t> listeners,
                                        std::string_view name);

}  // namespace segue

#endif  // SEGUE_SERVE_NAMES_H_
