// Catalogue: the items of a made-up log: their names, how popular they are, and which tastes like them.
#ifndef SEGUE_SYNTH_CATALOGUE_H_
#define SEGUE_SYNTH_CATALOGUE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "base/random.h"
#include "segue/synth.h"

namespace segue::synth {

/// Draws a number in proportion to its weight in O(1) (Vose 1991, "A linear algorithm for generating random numbers
/// with a given distribution").
class AliasTable {
 public:
  AliasTable() = default;
  /// @param weights  >= 0, not all 0
  AliasTable(std::vector<std::uint32_t> values, const std::vector<double>& weights);

  bool empty() const { return values_.empty(); }
  std::uint32_t draw(Random& random) const {
    const std::uint32_t i = random.below(static_cast<std::uint32_t>(values_.size()));
    return values_[random.uniform() < chance_[i] ? i : other_[i]];
  }

 private:
  std::vector<std::uint32_t> values_;
  std::vector<float> chance_;         // that i is taken when it is drawn …
  std::vector<std::uint32_t> other_;  // … and what is taken else
};

struct Catalogue {
  std::vector<std::string> names;  // by rank of popularity, all different
  std::vector<AliasTable> of_taste;
  AliasTable of_all;

  explicit Catalogue(const SynthOptions& options);
};

/// The taste that an item belongs to first. @param rank  of its popularity, from 0
std::uint32_t first_taste(const SynthOptions& options, std::uint32_t rank);

/// A name for each rank that can be pronounced, and the rank of a name; items.size() if it is none.
std::string name_of_rank(const SynthOptions& options, std::uint32_t rank);
std::uint32_t rank_of_name(const SynthOptions& options, std::string_view name);

}  // namespace segue::synth

#endif  // SEGUE_SYNTH_CATALOGUE_H_
