// Finding items by name. All comparisons that forgive something share one key per title: its words (text/fold.h)
// without spaces and article. Titles of the same key are few, and how much they forgave is worked out on them alone.
//
// Suggestions weigh how much of the title was typed, how many typing errors that takes (typo.h), and how many listeners
// the title has: of two equally good guesses the famous one is meant. A title is read only if it has enough of the
// letters typed, which one word of bits per title tells.
#include "serve/names.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstddef>
#include <numeric>
#include <span>
#include <utility>

#include "base/checksum.h"
#include "serve/typo.h"
#include "text/fold.h"

namespace segue {
namespace {

constexpr std::size_t kLongestName = 4096;   // bytes; nobody types more, and no search should take longer for it
constexpr std::size_t kComparedBytes = 160;  // of a title: where suggestions look
constexpr std::size_t kComparedWords = 16;
constexpr std::string_view kArticle = "the";

// What a match is worth, by the part of the title it is; errors take their share of it away.
constexpr double kWholeTitle = 1;
constexpr double kFirstWords = 0.9;
constexpr double kInnerWords = 0.85;
constexpr double kBeginning = 0.85;  // ends within a word: still being typed
constexpr double kInnerBeginning = 0.7;
constexpr double kFame = 0.25;  // what the most listeners add: as much as an error in a word of four letters

/// Words without "the" in front or at the end ("Matrix, The"), unless that is all there is.
std::string_view without_article(std::string_view words) {
  if (words.size() <= kArticle.size() + 1) return words;
  if (words.starts_with(kArticle) && words[kArticle.size()] == ' ') return words.substr(kArticle.size() + 1);
  if (words.ends_with(kArticle) && words[words.size() - kArticle.size() - 1] == ' ') {
    return words.substr(0, words.size() - kArticle.size() - 1);
  }
  return words;
}

std::string without_spaces(std::string_view words) {
  std::string out(words);
  std::erase(out, ' ');
  return out;
}

std::uint64_t key_of(std::string_view words) {
  const std::string text = without_spaces(without_article(words));
  return checksum(std::as_bytes(std::span(text)));
}

/// A bit for each kind of byte that occurs: letters have one each, digits share theirs with some.
std::uint64_t letters_of(std::string_view text) {
  std::uint64_t letters = 0;
  for (const char c : text) letters |= std::uint64_t{1} << (static_cast<unsigned char>(c) % 64);
  return letters;
}

/// Typing errors that a name of this length may have: none below 3 bytes, 1 up to 5, 2 up to 9, …
std::size_t most_errors(std::size_t size) { return size < 3 ? 0 : (size + 2) / 4; }

/// How well a title matches the pattern; 0: not at all.
double likeness(const TypoPattern& pattern, std::string_view title) {
  const std::size_t limit = most_errors(pattern.size());
  const std::size_t article = title.size() - without_article(title).size();
  const bool article_first = article != 0 && title.starts_with(kArticle);
  double best = 0;
  std::size_t start = 0;
  for (std::size_t word = 0; word < kComparedWords; ++word) {
    const std::string_view rest = title.substr(start);
    const TypoMatch match = pattern.best_start(rest, limit);
    if (match.errors <= limit && match.end > 0) {
      const bool first = start == 0 || (article_first && start == article);
      const bool last = match.end == rest.size();
      const bool ends_word = last || rest[match.end] == ' ';
      const double part = first ? (last        ? kWholeTitle
                                   : ends_word ? kFirstWords
                                               : kBeginning)
                                : (ends_word ? kInnerWords : kInnerBeginning);
      const double right = 1 - static_cast<double>(match.errors) / static_cast<double>(pattern.size());
      best = std::max(best, part * right);
    }
    const std::size_t space = title.find(' ', start);
    if (space == std::string_view::npos) break;
    start = space + 1;
  }
  return best;
}

void most_listeners_first(std::vector<std::uint32_t>& items, std::span<const std::uint32_t> listeners) {
  const auto count = [&](std::uint32_t item) { return item < listeners.size() ? listeners[item] : 0; };
  std::ranges::stable_sort(items, [&](std::uint32_t a, std::uint32_t b) { return count(a) > count(b); });
}

}  // namespace

TitleTable::TitleTable(const Interactions& interactions, Array<std::uint32_t> listeners)
    : interactions_(interactions), listeners_(std::move(listeners)) {
  const std::uint32_t items = interactions_.items.size();
  words_.reserve(interactions_.titles.size() != 0 ? interactions_.titles.bytes().size()
                                                  : interactions_.items.strings().bytes().size());
  offsets_.reserve(items + std::size_t{1});
  keys_.reserve(items);
  letters_.reserve(items);
  offsets_.push_back(0);
  for (std::uint32_t item = 0; item < items; ++item) {
    append_words(interactions_.title(item), words_);
    const std::string_view words = std::string_view(words_).substr(offsets_.back());
    keys_.push_back(key_of(words));
    words_.resize(offsets_.back() + std::min(words.size(), kComparedBytes));
    letters_.push_back(letters_of(std::string_view(words_).substr(offsets_.back())));
    offsets_.push_back(words_.size());
  }
  by_fame_.resize(items);
  std::iota(by_fame_.begin(), by_fame_.end(), 0U);
  most_listeners_first(by_fame_, listeners_.view());
}

std::vector<std::uint32_t> TitleTable::find(std::string_view name) const {
  if (name.size() > kLongestName) return {};
  const std::string words = fold_words(name);
  if (words.empty()) return {};
  const std::string folded = fold(name);
  const std::string joined = without_spaces(words);
  const std::string bare = without_spaces(without_article(words));
  const std::uint64_t key = key_of(words);

  std::array<std::vector<std::uint32_t>, 3> found;  // by how much was forgiven
  for (std::uint32_t item = 0; item < keys_.size(); ++item) {
    if (keys_[item] != key) continue;
    const std::string_view title = interactions_.title(item);
    const std::string title_words = fold_words(title);
    if (fold(title) == folded) {
      found[0].push_back(item);
    } else if (without_spaces(title_words) == joined) {
      found[1].push_back(item);
    } else if (without_spaces(without_article(title_words)) == bare) {
      found[2].push_back(item);
    }
  }
  for (std::vector<std::uint32_t>& items : found) {
    if (items.empty()) continue;
    most_listeners_first(items, listeners_.view());
    return std::move(items);
  }
  return {};
}

std::vector<std::uint32_t> TitleTable::suggest(std::string_view name, std::size_t most) const {
  const std::string words = fold_words(name.substr(0, kLongestName));
  const std::string_view bare = without_article(words).substr(0, TypoPattern::kLongest);
  if (bare.empty()) return {};
  const TypoPattern pattern(bare);
  const std::uint64_t letters = letters_of(bare);
  const int limit = static_cast<int>(most_errors(bare.size()));
  std::uint32_t most_listeners = 1;
  for (const std::uint32_t count : listeners_) most_listeners = std::max(most_listeners, count);

  struct Guess {
    double worth;
    std::uint32_t item;
  };
  std::vector<Guess> guesses;
  for (std::uint32_t item = 0; item < keys_.size(); ++item) {
    // A letter that the title has not got is an error of its own.
    if (std::popcount(letters & ~letters_[item]) > limit) continue;
    const std::string_view title = std::string_view(words_).substr(offsets_[item], offsets_[item + 1] - offsets_[item]);
    const double like = likeness(pattern, title);
    if (like == 0) continue;
    const double count = item < listeners_.size() ? listeners_[item] : 0;
    guesses.push_back({like + kFame * std::log1p(count) / std::log1p(most_listeners), item});
  }
  const std::size_t count = std::min(most, guesses.size());
  std::partial_sort(
      guesses.begin(), guesses.begin() + static_cast<std::ptrdiff_t>(count), guesses.end(),
      [](const Guess& a, const Guess& b) { return a.worth != b.worth ? a.worth > b.worth : a.item < b.item; });
  std::vector<std::uint32_t> items;
  for (const Guess& guess : std::span(guesses).first(count)) items.push_back(guess.item);
  return items;
}

std::vector<std::uint32_t> TitleTable::complete(std::string_view typed, std::size_t most) const {
  const std::string folded = fold_words(typed.substr(0, kLongestName));
  std::vector<std::string_view> words;
  for (std::size_t start = 0; start < folded.size() && words.size() < kComparedWords;) {
    const std::size_t end = std::min(folded.find(' ', start), folded.size());
    words.push_back(std::string_view(folded).substr(start, end - start));
    start = end + 1;
  }
  const std::uint64_t letters = letters_of(folded) & ~letters_of(" ");
  const auto holds = [&](std::string_view title) {
    return std::ranges::all_of(words, [&](std::string_view word) {
      for (std::size_t at = title.find(word); at != std::string_view::npos; at = title.find(word, at + 1)) {
        if (at == 0 || title[at - 1] == ' ') return true;
      }
      return false;
    });
  };
  // The famous come first, so what many titles match is found after a look at a few.
  std::vector<std::uint32_t> items;
  for (const std::uint32_t item : by_fame_) {
    if (items.size() == most) break;
    if ((letters & ~letters_[item]) != 0) continue;
    const std::string_view title = std::string_view(words_).substr(offsets_[item], offsets_[item + 1] - offsets_[item]);
    if (holds(title)) items.push_back(item);
  }
  return items;
}

std::vector<std::uint32_t> find_exactly(const Interactions& interactions, std::span<const std::uint32_t> listeners,
                                        std::string_view name) {
  if (const auto item = interactions.items.find(name)) return {*item};
  std::vector<std::uint32_t> items;
  for (std::uint32_t item = 0; item < interactions.titles.size(); ++item) {
    if (interactions.titles[item] == name) items.push_back(item);
  }
  most_listeners_first(items, listeners);
  return items;
}

}  // namespace segue
