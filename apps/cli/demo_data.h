// The demo's data: a simulation of listeners over real artists, so that the engine can be tried without a download.
//
// What is real: the names, the scenes an artist belongs to and how widely it is known, written down by hand from
// general knowledge (demo_artists.cc). What is made up: every listener and every play. Nothing that comes out of it
// says how good the engine is: the scenes that the answers show are the scenes that the simulation put in.
#ifndef SEGUE_APPS_CLI_DEMO_DATA_H_
#define SEGUE_APPS_CLI_DEMO_DATA_H_

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "segue/interactions.h"

namespace segue::cli {

/// A group of artists that the same people tend to play.
enum class Scene : std::uint8_t {
  kNone,  // an artist with fewer than three scenes
  kClassicRock,
  kProgRock,
  kHardRock,
  kHeavyMetal,
  kExtremeMetal,
  kSymphonicMetal,
  kAlternativeMetal,
  kPunk,
  kPostPunk,
  kIndie80s,
  kBritpop,
  kShoegaze,
  kIndieRock,
  kGrunge,
  kPopPunk,
  kPostRock,
  kSynthPop,
  kPop,
  kDisco,
  kSoul,
  kRnb,
  kGoldenAgeRap,
  kRap,
  kHouse,
  kIdm,
  kTripHop,
  kAmbient,
  kJazz,
  kVocalJazz,
  kClassical,
  kBlues,
  kRockNRoll,
  kFolk,
  kIndieFolk,
  kCountry,
  kReggae,
  kLatin,
  kBrazil,
  kAfrica,
  kKPop,
  kJapan,
  kIndia,
  kChanson,
  kSchlager,
};
inline constexpr std::size_t kSceneCount = static_cast<std::size_t>(Scene::kSchlager) + 1;  // kNone included

/// "prog rock", …; empty for kNone.
std::string_view name_of(Scene scene);

struct DemoArtist {
  std::string_view name;        // UTF-8
  int tier = 1;                 // 1 known in its scene … 4 known to everybody
  std::array<Scene, 3> scenes;  // the most typical first; kNone at the end
};

/// All artists, each once, grouped by first scene.
std::span<const DemoArtist> demo_artists();

/// The artist of that very name, or nullptr.
const DemoArtist* find_demo_artist(std::string_view name);

/// "indie of the 80s, post-punk".
std::string scenes_of(const DemoArtist& artist);

inline constexpr std::uint64_t kDemoSeed = 1984;
inline constexpr std::uint32_t kDemoListeners = 10'000;

/// Listeners "listener-00001", … with the artists they play and how often. The ids of the items are the names.
/// @param listeners  1..99,999
/// @throws Error{kInvalidArgument} when `listeners` is out of range.
/// The same seed gives the same interactions; the first listeners do not depend on how many follow.
Interactions simulate_listeners(std::uint64_t seed = kDemoSeed, std::uint32_t listeners = kDemoListeners);

}  // namespace segue::cli

#endif  // SEGUE_APPS_CLI_DEMO_DATA_H_
