// The simulation behind the demo: who plays whom, and how often.
//
// A listener likes one to four scenes: the first by how popular scenes are, the next mostly near those already liked
// (two scenes are near when artists belong to both). An artist's pull on a listener is its popularity times how much of
// it lies in those scenes. The listener plays 20 to 60 artists: nearly all drawn by their pull without putting back, as
// those with the smallest E / pull, E exponential (Efraimidis & Spirakis 2006), and a few drawn from everywhere by
// popularity alone. Plays are log-normal, as play counts in the wild are, and higher where the pull is.
//
// Every listener has a random stream of its own, so that the first listeners do not depend on how many follow.
#include "demo_data.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <numbers>
#include <utility>
#include <vector>

#include "segue/error.h"

namespace segue::cli {
namespace {

constexpr std::uint32_t kMaxListeners = 99'999;  // five digits in their names

/// How often an artist of a tier is played by those who like its scene, against tier 1.
constexpr std::array kTierPopularity = {0.0, 1.0, 2.0, 4.0, 8.0};
/// How much of an artist lies in its first, second and third scene.
constexpr std::array kSceneShare = {1.0, 0.2, 0.15};
/// How much a listener cares for the first scene picked, the second, …
constexpr std::array kSceneLiking = {1.0, 0.8, 0.6, 0.5};
/// Listeners with at most 1, 2, 3, 4 scenes.
constexpr std::array kSceneCountShare = {0.25, 0.65, 0.90, 1.0};
/// Further scenes that are picked near those already liked; the others come from anywhere.
constexpr double kNearShare = 0.85;
/// Some know the hits of a scene, others dig: a listener's exponent of popularity, from least to most.
constexpr double kLeastFondOfHits = 0.4;
constexpr double kFondnessRange = 0.6;
/// Artists that a listener plays for no reason that the scenes know.
constexpr double kStrangerShare = 0.02;
/// Artists a listener plays: 20 and on average 5 more per scene liked, at most 60;
/// fewer where the scenes do not have as many.
constexpr std::size_t kMinArtists = 20;
constexpr std::size_t kMaxArtists = 60;
constexpr double kArtistsPerScene = 5;
/// Plays of some weeks: the median listener plays a favourite e^0.5 = 1.6 times; listeners and artists vary around
/// that.
constexpr double kLogPlays = 0.5;
constexpr double kLogPlaysBetweenListeners = 0.7;
constexpr double kLogPlaysBetweenArtists = 1.0;

/// SplitMix64 (Steele, Lea & Flood 2014): tiny, and the same on every machine, which <random>'s distributions are not.
class Random {
 public:
  Random(std::uint64_t seed, std::uint64_t stream) : state_(seed) {
    state_ = next() ^ (stream * 0xD1B54A32D192ED03ULL);
  }

  double uniform() { return static_cast<double>(next() >> 11) * 0x1p-53; }  // [0, 1)
  double exponential() { return -std::log1p(-uniform()); }
  double normal() {  // Box & Muller 1958
    const double radius = std::sqrt(2 * exponential());
    return radius * std::cos(2 * std::numbers::pi * uniform());
  }
  /// An index, drawn by weight. Requires a positive sum.
  std::size_t pick(std::span<const double> weights, double sum) {
    double left = uniform() * sum;
    for (std::size_t i = 0; i + 1 < weights.size(); ++i) {
      if (left < weights[i]) return i;
      left -= weights[i];
    }
    return weights.size() - 1;
  }

 private:
  std::uint64_t next() {
    std::uint64_t z = (state_ += 0x9E3779B97F4A7C15ULL);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
    return z ^ (z >> 31);
  }

  std::uint64_t state_;
};

using SceneWeights = std::array<double, kSceneCount>;

double sum_of(std::span<const double> values) {
  double sum = 0;
  for (const double value : values) sum += value;
  return sum;
}

/// An artist that pulls a listener, and by how much.
struct Candidate {
  std::uint32_t artist;
  double pull;
  double key = 0;
};

/// What the facts say of artists and scenes, as numbers. Artists are numbered in the order of their names.
class World {
 public:
  World() {
    for (const DemoArtist& artist : demo_artists()) artists_.push_back(&artist);
    std::sort(artists_.begin(), artists_.end(), [](const auto* a, const auto* b) { return a->name < b->name; });
    for (const DemoArtist* artist : artists_) {
      const double popularity = kTierPopularity.at(static_cast<std::size_t>(artist->tier));
      popularity_.push_back(popularity);
      for (std::size_t i = 0; i < artist->scenes.size(); ++i) {
        const auto a = static_cast<std::size_t>(artist->scenes[i]);
        if (a == 0) break;
        scene_popularity_[a] += popularity * kSceneShare[i];
        for (std::size_t j = 0; j < i; ++j) {
          const auto b = static_cast<std::size_t>(artist->scenes[j]);
          nearness_[a][b] += popularity * kSceneShare[i] * kSceneShare[j];
          nearness_[b][a] = nearness_[a][b];
        }
      }
    }
  }

  std::uint32_t size() const { return static_cast<std::uint32_t>(artists_.size()); }
  std::string_view name(std::uint32_t artist) const { return artists_[artist]->name; }
  std::span<const double> popularity() const { return popularity_; }

  /// How much a listener cares for each scene.
  SceneWeights draw_scenes(Random& random) const {
    SceneWeights liking{};
    const double draw = random.uniform();
    for (std::size_t picked = 0; picked < kSceneLiking.size(); ++picked) {
      if (picked != 0 && draw < kSceneCountShare[picked - 1]) break;
      SceneWeights weights = scene_popularity_;
      if (picked != 0 && random.uniform() < kNearShare) {
        const SceneWeights near = without(liking, near_to(liking));
        if (sum_of(near) > 0) weights = near;
      }
      weights = without(liking, weights);
      liking[random.pick(weights, sum_of(weights))] = kSceneLiking[picked];
    }
    return liking;
  }

  /// The artists of those scenes.
  std::vector<Candidate> candidates(const SceneWeights& liking, double fondness_of_hits) const {
    std::vector<Candidate> found;
    for (std::uint32_t artist = 0; artist < size(); ++artist) {
      double share = 0;
      for (std::size_t i = 0; i < kSceneShare.size(); ++i) {
        share += kSceneShare[i] * liking[static_cast<std::size_t>(artists_[artist]->scenes[i])];
      }
      if (share > 0) found.push_back({artist, share * std::pow(popularity_[artist], fondness_of_hits)});
    }
    return found;
  }

 private:
  SceneWeights near_to(const SceneWeights& liking) const {
    SceneWeights near{};
    for (std::size_t a = 0; a < kSceneCount; ++a) {
      if (liking[a] == 0) continue;
      for (std::size_t b = 0; b < kSceneCount; ++b) near[b] += liking[a] * nearness_[a][b];
    }
    return near;
  }

  static SceneWeights without(const SceneWeights& liking, SceneWeights weights) {
    for (std::size_t scene = 0; scene < kSceneCount; ++scene) {
      if (liking[scene] > 0) weights[scene] = 0;
    }
    return weights;
  }

  std::vector<const DemoArtist*> artists_;
  std::vector<double> popularity_;
  SceneWeights scene_popularity_{};
  std::array<SceneWeights, kSceneCount> nearness_{};
};

struct ArtistPlays {
  std::uint32_t artist;
  float plays;
};

/// What one listener plays, by artist.
std::vector<ArtistPlays> simulate_listener(const World& world, Random& random) {
  const SceneWeights liking = world.draw_scenes(random);
  const auto scenes = std::count_if(liking.begin(), liking.end(), [](double l) { return l > 0; });
  std::vector<Candidate> known = world.candidates(liking, kLeastFondOfHits + kFondnessRange * random.uniform());
  const double strongest =
      std::max_element(known.begin(), known.end(), [](const auto& a, const auto& b) { return a.pull < b.pull; })->pull;

  const double more = kArtistsPerScene * static_cast<double>(scenes) * random.exponential();
  const std::size_t wanted = std::min(kMaxArtists, kMinArtists + static_cast<std::size_t>(more));
  std::size_t strangers = 0;
  for (std::size_t i = 0; i < wanted; ++i) strangers += random.uniform() < kStrangerShare ? 1 : 0;
  const std::size_t familiar = std::min(wanted - strangers, known.size());
  for (Candidate& candidate : known) candidate.key = random.exponential() / candidate.pull;
  std::partial_sort(known.begin(), known.begin() + static_cast<std::ptrdiff_t>(familiar), known.end(),
                    [](const Candidate& a, const Candidate& b) { return a.key < b.key; });
  known.resize(familiar);
  const double popularity = sum_of(world.popularity());
  while (known.size() < familiar + strangers) {
    const auto artist = static_cast<std::uint32_t>(random.pick(world.popularity(), popularity));
    const bool is_new = std::none_of(known.begin(), known.end(), [&](const auto& c) { return c.artist == artist; });
    if (is_new) known.push_back({artist, 1});
  }
  std::sort(known.begin(), known.end(), [](const Candidate& a, const Candidate& b) { return a.artist < b.artist; });

  std::vector<ArtistPlays> history;
  const double level = kLogPlays + kLogPlaysBetweenListeners * random.normal();
  for (const Candidate& candidate : known) {
    const double attraction = std::log(std::min(1.0, candidate.pull / strongest)) / 2;
    const double plays = std::exp(level + attraction + kLogPlaysBetweenArtists * random.normal());
    history.push_back({candidate.artist, static_cast<float>(std::max(1.0, std::round(plays)))});
  }
  return history;
}

}  // namespace

const DemoArtist* find_demo_artist(std::string_view name) {
  for (const DemoArtist& artist : demo_artists()) {
    if (artist.name == name) return &artist;
  }
  return nullptr;
}

std::string scenes_of(const DemoArtist& artist) {
  std::string text;
  for (const Scene scene : artist.scenes) {
    if (scene == Scene::kNone) break;
    if (!text.empty()) text += ", ";
    text += name_of(scene);
  }
  return text;
}

Interactions simulate_listeners(std::uint64_t seed, std::uint32_t listeners) {
  if (listeners == 0 || listeners > kMaxListeners) {
    throw Error(ErrorCode::kInvalidArgument, "the demo cannot simulate " + std::to_string(listeners) + " listeners",
                "ask for 1 to " + std::to_string(kMaxListeners));
  }
  const World world;
  std::vector<std::string> artists;
  for (std::uint32_t i = 0; i < world.size(); ++i) artists.emplace_back(world.name(i));

  std::vector<std::string> users;
  std::vector<std::uint64_t> row_ptr{0};
  std::vector<std::uint32_t> columns;
  std::vector<float> plays;
  for (std::uint32_t listener = 1; listener <= listeners; ++listener) {
    std::array<char, 16> name{};
    std::snprintf(name.data(), name.size(), "listener-%05u", listener);
    users.emplace_back(name.data());
    Random random(seed, listener);
    for (const ArtistPlays& played : simulate_listener(world, random)) {
      columns.push_back(played.artist);
      plays.push_back(played.plays);
    }
    row_ptr.push_back(columns.size());
  }

  Interactions interactions;
  interactions.users = IdMap::create(StringTable::from(users));
  interactions.items = IdMap::create(StringTable::from(artists));
  interactions.plays = CsrMatrix::create(world.size(), std::move(row_ptr), std::move(columns), std::move(plays));
  interactions.source = "simulated listeners (segue demo)";
  return interactions;
}

}  // namespace segue::cli
