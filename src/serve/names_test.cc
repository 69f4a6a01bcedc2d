#include "serve/names.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "testing/temp_dir.h"

namespace segue {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

/// A catalogue of titles with their listeners; ids are the titles in another order.
struct Catalogue {
  Interactions interactions;
  std::vector<std::uint32_t> listeners;

  std::vector<std::string> titles(const std::vector<std::uint32_t>& items) const {
    std::vector<std::string> out;
    for (const std::uint32_t item : items) out.emplace_back(interactions.title(item));
    return out;
  }
  std::vector<std::string> found(std::string_view name) const {
    return titles(find_item(interactions, listeners, name).items);
  }
  std::vector<std::string> suggested(std::string_view name) const {
    return titles(find_item(interactions, listeners, name).suggestions);
  }
};

Catalogue catalogue(const std::vector<std::pair<std::string, std::uint32_t>>& entries) {
  Catalogue c;
  std::vector<std::string> ids;
  std::vector<std::string> titles;
  for (const auto& [title, listeners] : entries) {
    ids.push_back("id" + std::to_string(100'000 + ids.size()));
    titles.push_back(title);
    c.listeners.push_back(listeners);
  }
  c.interactions.items = IdMap::create(StringTable::from(ids));
  c.interactions.titles = StringTable::from(titles);
  return c;
}

Catalogue artists() {
  return catalogue({{"The Beatles", 480},
                    {"beatles", 3},
                    {"Pink Floyd", 258},
                    {"Dert Floyd", 1},
                    {"Radiohead", 393},
                    {"The Smiths", 162},
                    {"Elliott Smith", 75},
                    {"AC/DC", 180},
                    {"Björk", 172},
                    {"Beyoncé", 397},
                    {"Guns N' Roses", 161},
                    {"Florence + the Machine", 159},
                    {"Simon & Garfunkel", 90},
                    {"!!!", 20},
                    {"The The", 12},
                    {"Sigur Rós", 153},
                    {"BJORK", 2},
                    {"bjork", 5},
                    {"坂本龍一", 30},
                    {"Кино", 25},
                    {"nan", 4},
                    {"Crosby, Stills, Nash & Young", 40},
                    {"\"Weird Al\" Yankovic", 33},
                    {"", 9},
                    {"bad \xFF bytes", 1}});
}

TEST(FindItem, TakesTheIdBeforeAnyTitle) {
  Catalogue c = catalogue({{"id100001", 50}, {"other", 1}});
  EXPECT_THAT(find_item(c.interactions, c.listeners, "id100001").items, ElementsAre(1));
}

TEST(FindItem, TakesIdsForTitlesWhereThereAreNone) {
  Interactions interactions;
  interactions.items = IdMap::create(StringTable::from({"Blur", "blur", "yes"}));
  const std::vector<std::uint32_t> listeners = {5, 9, 1};
  EXPECT_THAT(find_item(interactions, listeners, "blur").items, ElementsAre(1));
  EXPECT_THAT(find_item(interactions, listeners, "BLUR").items, ElementsAre(1, 0));
}

TEST(FindItem, TakesTheExactTitleBeforeOthers) {
  EXPECT_THAT(artists().found("BJORK"), ElementsAre("BJORK"));
  EXPECT_THAT(artists().found("Björk"), ElementsAre("Björk"));
  EXPECT_THAT(artists().found("beatles"), ElementsAre("beatles"));
}

TEST(FindItem, ForgivesCaseAndAccentsMostListenersFirst) {
  EXPECT_THAT(artists().found("bJöRK"), ElementsAre("Björk", "bjork", "BJORK"));
  EXPECT_THAT(artists().found("BEYONCE"), ElementsAre("Beyoncé"));
  EXPECT_THAT(artists().found("sigur ros"), ElementsAre("Sigur Rós"));
  EXPECT_THAT(artists().found("КИНО"), ElementsAre("Кино"));
  EXPECT_THAT(artists().found("Beatles"), ElementsAre("beatles"));
}

TEST(FindItem, ForgivesPunctuationAndSpaces) {
  EXPECT_THAT(artists().found("acdc"), ElementsAre("AC/DC"));
  EXPECT_THAT(artists().found(" ac dc "), ElementsAre("AC/DC"));
  EXPECT_THAT(artists().found("guns n roses"), ElementsAre("Guns N' Roses"));
  EXPECT_THAT(artists().found("simon and garfunkel"), ElementsAre("Simon & Garfunkel"));
  EXPECT_THAT(artists().found("florence & the machine"), ElementsAre("Florence + the Machine"));
  EXPECT_THAT(artists().found("crosby stills nash and young"), ElementsAre("Crosby, Stills, Nash & Young"));
  EXPECT_THAT(artists().found("weird al yankovic"), ElementsAre("\"Weird Al\" Yankovic"));
}

TEST(FindItem, ForgivesTheArticleLast) {
  EXPECT_THAT(artists().found("smiths"), ElementsAre("The Smiths"));
  EXPECT_THAT(artists().found("Smiths, The"), ElementsAre("The Smiths"));
  EXPECT_THAT(artists().found("the radiohead"), ElementsAre("Radiohead"));
  EXPECT_THAT(artists().found("the the"), ElementsAre("The The"));
  EXPECT_THAT(artists().found("the"), ElementsAre("The The"));
}

TEST(FindItem, KnowsTitlesWithoutLettersAndOddOnes) {
  EXPECT_THAT(artists().found("!!!"), ElementsAre("!!!"));
  EXPECT_THAT(artists().found("坂本龍一"), ElementsAre("坂本龍一"));
  EXPECT_THAT(artists().found("NAN"), ElementsAre("nan"));
  EXPECT_THAT(artists().found("bad \xFE bytes"), ElementsAre("bad \xFF bytes"));
}

TEST(FindItem, SuggestsWhatWasMeantByATypo) {
  EXPECT_EQ(artists().suggested("the smihts").at(0), "The Smiths");
  EXPECT_EQ(artists().suggested("radiohed").at(0), "Radiohead");
  EXPECT_EQ(artists().suggested("beetles").at(0), "The Beatles");  // 480 listeners, not the "beatles" of 3
  EXPECT_EQ(artists().suggested("gnus n roses").at(0), "Guns N' Roses");
  EXPECT_EQ(artists().suggested("theradiohead").at(0), "Radiohead");
}

TEST(FindItem, SuggestsFromWordsAndBeginnings) {
  EXPECT_THAT(artists().suggested("floyd"), ElementsAre("Pink Floyd", "Dert Floyd"));
  EXPECT_EQ(artists().suggested("floid").at(0), "Pink Floyd");
  EXPECT_EQ(artists().suggested("radioh").at(0), "Radiohead");
  EXPECT_EQ(artists().suggested("garfunk").at(0), "Simon & Garfunkel");
  EXPECT_EQ(artists().suggested("坂本").at(0), "坂本龍一");
}

TEST(FindItem, SuggestsNothingForWhatIsNothingAlike) {
  EXPECT_THAT(artists().suggested("xqzwv"), IsEmpty());
  EXPECT_THAT(artists().suggested(" "), IsEmpty());
  EXPECT_THAT(artists().suggested("u9"), IsEmpty());
  EXPECT_THAT(catalogue({}).suggested("yes"), IsEmpty());
}

TEST(FindItem, SuggestsFiveAtMostAndNothingBesideAMatch) {
  std::vector<std::pair<std::string, std::uint32_t>> entries;
  for (std::uint32_t i = 0; i < 50; ++i) entries.emplace_back("band number " + std::to_string(i), i);
  EXPECT_THAT(catalogue(entries).suggested("band numbre"), SizeIs(5));
  EXPECT_EQ(catalogue(entries).suggested("band").at(0), "band number 49");
  EXPECT_THAT(artists().suggested("smiths"), IsEmpty());
}

TEST(FindItem, BearsWhatIsHostile) {
  Catalogue c = artists();
  const std::string megabytes(std::size_t{4} << 20, 'a');
  EXPECT_THAT(c.found(megabytes), IsEmpty());
  EXPECT_THAT(c.suggested(megabytes), IsEmpty());
  std::string words;
  for (int i = 0; i < 100'000; ++i) words += "the ";
  EXPECT_THAT(c.found(words), IsEmpty());
  for (int byte = 0; byte < 256; ++byte) {
    const std::string name(1 + static_cast<std::size_t>(byte) % 70, static_cast<char>(byte));
    (void)find_item(c.interactions, c.listeners, name);
  }
  const Catalogue long_titles = catalogue({{megabytes + " floyd", 1}, {words, 2}, {"Pink Floyd", 3}});
  EXPECT_THAT(long_titles.suggested("flloyd"), ElementsAre("Pink Floyd"));
  EXPECT_THAT(long_titles.found(" " + words.substr(0, 400)), IsEmpty());
}

TEST(TitleTable, CompletesWhatIsTypedTheFamousFirst) {
  const Catalogue c = catalogue({{"The Clash", 3},
                                 {"Clashing Plates", 9},
                                 {"Clash of the Titans", 5},
                                 {"Björk", 7},
                                 {"Guns N' Roses", 8},
                                 {"AC/DC", 6},
                                 {"Eclash", 20}});
  const TitleTable table(c.interactions, c.listeners);
  const auto completed = [&](std::string_view typed, std::size_t most = 10) {
    return c.titles(table.complete(typed, most));
  };
  EXPECT_THAT(completed("clash"), ElementsAre("Clashing Plates", "Clash of the Titans", "The Clash"));
  EXPECT_THAT(completed("clash", 2), ElementsAre("Clashing Plates", "Clash of the Titans"));
  EXPECT_THAT(completed("CLASH th"), ElementsAre("Clash of the Titans", "The Clash"));
  EXPECT_THAT(completed("bjo"), ElementsAre("Björk"));
  EXPECT_THAT(completed("roses"), ElementsAre("Guns N' Roses"));
  EXPECT_THAT(completed("ac/d"), ElementsAre("AC/DC"));
  EXPECT_THAT(completed("lash"), IsEmpty());
  EXPECT_THAT(completed("clash clash clashy"), IsEmpty());
  EXPECT_THAT(completed("  ", 3), ElementsAre("Eclash", "Clashing Plates", "Guns N' Roses"));
  EXPECT_THAT(completed("clash", 0), IsEmpty());
}

TEST(FindItem, FindsWhatPeopleTypeAmongRealArtists) {
  const auto path = testing::real_data("hetrec_lastfm2k/artists.dat");
  const auto plays = testing::real_data("hetrec_lastfm2k/user_artists.dat");
  if (!path || !plays) GTEST_SKIP() << "the Last.fm-2k data set is not there";
  std::map<std::string, std::uint32_t> listeners;
  std::ifstream user_artists(*plays);
  for (std::string user, artist, weight; user_artists >> user >> artist >> weight;) ++listeners[artist];
  std::vector<std::pair<std::string, std::uint32_t>> entries;
  std::ifstream lines(*path);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream fields(line);
    std::string id;
    std::string name;
    std::getline(fields, id, '\t');
    std::getline(fields, name, '\t');
    entries.emplace_back(name, listeners[id]);
  }
  const Catalogue c = catalogue(entries);
  const std::pair<const char*, const char*> typed[] = {{"led zepelin", "Led Zeppelin"},
                                                       {"metalica", "Metallica"},
                                                       {"smashing pumkins", "The Smashing Pumpkins"},
                                                       {"red hot chilli pepers", "Red Hot Chili Peppers"},
                                                       {"kesha", "Ke$ha"},
                                                       {"guns and roses", "Guns N' Roses"},
                                                       {"ninch inch nails", "Nine Inch Nails"},
                                                       {"theclash", "The Clash"},
                                                       {"floyd", "Pink Floyd"},
                                                       {"the smihts", "The Smiths"},
                                                       {"radiohed", "Radiohead"},
                                                       {"beetles", "The Beatles"}};
  for (const auto& [name, meant] : typed) {
    const std::vector<std::string> suggested = c.suggested(name);
    ASSERT_THAT(suggested, Contains(meant)) << name;
    EXPECT_EQ(suggested[0], meant) << name;
  }
}

}  // namespace
}  // namespace segue
