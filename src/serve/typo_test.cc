#include "serve/typo.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

namespace segue {
namespace {

/// Optimal string alignment distances from `pattern` to each start of `text`, by the textbook's table.
std::vector<std::size_t> distances(const std::string& pattern, const std::string& text) {
  std::vector<std::vector<std::size_t>> d(pattern.size() + 1, std::vector<std::size_t>(text.size() + 1));
  for (std::size_t i = 0; i <= pattern.size(); ++i) {
    for (std::size_t j = 0; j <= text.size(); ++j) {
      if (i == 0 || j == 0) {
        d[i][j] = i + j;
        continue;
      }
      const bool same = pattern[i - 1] == text[j - 1];
      d[i][j] = std::min({d[i - 1][j] + 1, d[i][j - 1] + 1, d[i - 1][j - 1] + (same ? 0 : 1)});
      if (i > 1 && j > 1 && pattern[i - 1] == text[j - 2] && pattern[i - 2] == text[j - 1]) {
        d[i][j] = std::min(d[i][j], d[i - 2][j - 2] + 1);
      }
    }
  }
  return d.back();
}

TEST(TypoPattern, CountsEachKindOfError) {
  EXPECT_EQ(TypoPattern("radiohead").best_start("radiohead", 3).errors, 0);
  EXPECT_EQ(TypoPattern("radiohed").best_start("radiohead", 3).errors, 1);    // left out
  EXPECT_EQ(TypoPattern("raddiohead").best_start("radiohead", 3).errors, 1);  // too many
  EXPECT_EQ(TypoPattern("beetles").best_start("beatles", 3).errors, 1);       // another
  EXPECT_EQ(TypoPattern("smihts").best_start("smiths", 3).errors, 1);         // swapped
}

TEST(TypoPattern, PrefersTheEndOfAWord) {
  EXPECT_EQ(TypoPattern("pink").best_start("pink floyd", 1).end, 4);
  EXPECT_EQ(TypoPattern("radioh").best_start("radiohead", 2).end, 6);
  EXPECT_EQ(TypoPattern("smith").best_start("smyths", 2).end, 5);
  EXPECT_EQ(TypoPattern("smitsh").best_start("smiths", 2).end, 6);
}

TEST(TypoPattern, AgreesWithTheTable) {
  std::mt19937 random(3);
  const auto word = [&](std::size_t longest) {
    std::string text(1 + random() % longest, ' ');
    for (char& c : text) c = "abc "[random() % 4];
    return text;
  };
  for (int i = 0; i < 20'000; ++i) {
    const std::string pattern = word(i % 2 == 0 ? 8 : TypoPattern::kLongest);
    const std::string text = word(90);
    const std::size_t limit = random() % 20;
    const std::vector<std::size_t> expected = distances(pattern, text);
    const std::size_t read = std::min(text.size(), pattern.size() + limit);
    const std::size_t fewest = *std::min_element(expected.begin(), expected.begin() + static_cast<long>(read) + 1);
    const TypoMatch match = TypoPattern(pattern).best_start(text, limit);
    ASSERT_EQ(match.errors, fewest) << pattern << " | " << text;
    ASSERT_EQ(expected[match.end], fewest) << pattern << " | " << text;
  }
}

TEST(TypoPattern, CutsLongPatterns) {
  const std::string text(200, 'x');
  EXPECT_EQ(TypoPattern(text).size(), TypoPattern::kLongest);
  EXPECT_EQ(TypoPattern(text).best_start(text, 5).errors, 0);
}

TEST(TypoPattern, TakesAnyBytes) {
  EXPECT_EQ(TypoPattern("\xFF\x80").best_start("\x80\xFF", 2).errors, 1);
  EXPECT_EQ(TypoPattern("a").best_start("", 2).errors, 1);
}

}  // namespace
}  // namespace segue
