#include "synth/catalogue.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>

namespace segue::synth {
namespace {

enum Stream : std::uint64_t { kTaste = 1, kMembership, kName };

/// Listeners by rank, read off Last.fm-360K's curve; between the points the logarithms are interpolated.
struct Point {
  double rank;
  double listeners;
};
constexpr std::array<Point, 7> kCurve = {
    {{1, 77254}, {10, 40000}, {100, 17000}, {1000, 3200}, {10000, 200}, {100000, 3}, {292365, 1}}};

double popularity(double rank) {
  std::size_t i = 1;
  while (i + 1 < kCurve.size() && rank > kCurve[i].rank) ++i;
  const Point& a = kCurve[i - 1];
  const Point& b = kCurve[i];
  const double t = (std::log(rank) - std::log(a.rank)) / (std::log(b.rank) - std::log(a.rank));
  return std::exp(std::log(a.listeners) * (1 - t) + std::log(b.listeners) * t);
}

constexpr std::uint32_t kWellKnown = 300;  // items that belong to three more tastes
constexpr std::uint32_t kKnown = 3000;     // and to one more; of the rest, one in four does

/// Tastes are of uneven size: the first has about fifteen times the items of the last.
std::uint32_t draw_taste(Random& random, std::uint32_t tastes) {
  const double u = random.uniform();
  return static_cast<std::uint32_t>(u * (0.125 + 0.875 * u) * tastes);
}

constexpr std::string_view kConsonants = "bcdfghjklmnprstvwz";
constexpr std::string_view kVowels = "aeiouy";
constexpr std::uint32_t kSyllables = 18 * 6;
constexpr unsigned kNameBits = 26;
constexpr std::uint32_t kNameMask = (1U << kNameBits) - 1;
constexpr std::uint32_t kFactor = 0x2545F49 | 1U;  // odd: a product with it can be undone

/// The inverse of an odd number modulo 2^32, by Newton's iteration.
constexpr std::uint32_t inverse_of(std::uint32_t a) {
  std::uint32_t x = a;
  for (int i = 0; i < 5; ++i) x *= 2 - a * x;
  return x;
}

std::uint32_t name_shift(const SynthOptions& options) {
  return static_cast<std::uint32_t>(mix(options.seed ^ mix(kName))) & kNameMask;
}

}  // namespace

AliasTable::AliasTable(std::vector<std::uint32_t> values, const std::vector<double>& weights)
    : values_(std::move(values)), chance_(values_.size(), 1.0F), other_(values_.size(), 0) {
  double sum = 0;
  for (const double w : weights) sum += w;
  std::vector<double> share(weights.size());
  std::vector<std::uint32_t> small;
  std::vector<std::uint32_t> large;
  for (std::uint32_t i = 0; i < share.size(); ++i) {
    share[i] = weights[i] * static_cast<double>(weights.size()) / sum;
    (share[i] < 1 ? small : large).push_back(i);
  }
  while (!small.empty() && !large.empty()) {
    const std::uint32_t s = small.back();
    const std::uint32_t l = large.back();
    small.pop_back();
    chance_[s] = static_cast<float>(share[s]);
    other_[s] = l;
    share[l] -= 1 - share[s];
    if (share[l] < 1) {
      large.pop_back();
      small.push_back(l);
    }
  }
}

Catalogue::Catalogue(const SynthOptions& options) {
  const double ranks_apart = kCurve.back().rank / static_cast<double>(options.items);
  std::vector<std::vector<std::uint32_t>> items(options.tastes);
  std::vector<std::vector<double>> weights(options.tastes);
  std::vector<std::uint32_t> all;
  std::vector<double> all_weights;
  for (std::uint32_t rank = 0; rank < options.items; ++rank) {
    const double weight = popularity(1 + rank * ranks_apart);
    names.push_back(name_of_rank(options, rank));
    all.push_back(rank);
    all_weights.push_back(weight);
    const auto join = [&](std::uint32_t taste, double share) {
      items[taste].push_back(rank);
      weights[taste].push_back(weight * share);
    };
    join(first_taste(options, rank), 1);
    Random random(options.seed, kMembership, rank);
    const int more = rank < kWellKnown ? 3 : rank < kKnown || random.below(4) == 0 ? 1 : 0;
    for (int i = 0; i < more; ++i) join(draw_taste(random, options.tastes), 0.15 + 0.5 * random.uniform());
  }
  of_all = AliasTable(std::move(all), all_weights);
  for (std::uint32_t t = 0; t < options.tastes; ++t) {
    of_taste.push_back(items[t].empty() ? AliasTable() : AliasTable(std::move(items[t]), weights[t]));
  }
}

std::uint32_t first_taste(const SynthOptions& options, std::uint32_t rank) {
  Random random(options.seed, kTaste, rank);
  return draw_taste(random, options.tastes);
}

std::string name_of_rank(const SynthOptions& options, std::uint32_t rank) {
  // Ranks are scattered over 2^26 codes, so that neighbours in popularity share no letters; a code is written in
  // syllables, the lowest digit first, at least two of them.
  std::uint32_t code = (rank * kFactor + name_shift(options)) & kNameMask;
  std::string name;
  for (int digits = 0; code != 0 || digits < 2; ++digits) {
    if (digits == 2) name += ' ';
    const std::uint32_t digit = code % kSyllables;
    name += kConsonants[digit / kVowels.size()];
    name += kVowels[digit % kVowels.size()];
    code /= kSyllables;
  }
  return name;
}

std::uint32_t rank_of_name(const SynthOptions& options, std::string_view name) {
  std::uint64_t code = 0;
  std::uint64_t place = 1;
  for (std::size_t i = 0; i + 1 < name.size(); i += 2) {
    if (i == 4 && name[i] == ' ') ++i;
    if (i + 1 >= name.size()) return options.items;
    const auto consonant = kConsonants.find(name[i]);
    const auto vowel = kVowels.find(name[i + 1]);
    if (consonant == std::string_view::npos || vowel == std::string_view::npos || place > kNameMask)
      return options.items;
    code += place * (consonant * kVowels.size() + vowel);
    place *= kSyllables;
  }
  if (code > kNameMask) return options.items;
  const std::uint32_t rank =
      ((static_cast<std::uint32_t>(code) - name_shift(options)) * inverse_of(kFactor)) & kNameMask;
  return rank < options.items && name_of_rank(options, rank) == name ? rank : options.items;
}

}  // namespace segue::synth
