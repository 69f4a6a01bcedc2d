// Made-up play logs, for trying and for measuring where no real one is at hand.
#ifndef SEGUE_SYNTH_H_
#define SEGUE_SYNTH_H_

#include <cstdint>
#include <filesystem>

#include "segue/interactions.h"
#include "segue/run.h"

namespace segue {

/// The size and the popularity curve of Last.fm-360K, with planted tastes. docs/synth.md has the statistics.
struct SynthOptions {
  std::uint32_t users = 358868;  // 1..2^32 - 2; 48 or 49 interactions each on average
  std::uint32_t items = 292365;  // 1..20 times users, at most 2^26
  std::uint32_t tastes = 64;     // 1..4096 groups of items that are liked together
  std::uint64_t seed = 360;
};

/// The interactions of a made-up log: everybody's ids, titles (which are the item ids), and plays. The same for any
/// number of threads.
/// @throws Error{kInvalidArgument} for options out of range; Error{kCancelled}.
/// O(interactions); 8 bytes an interaction, and about 100 an item.
Interactions synthesize(const SynthOptions& options, const Run& run = {});

/// The taste that an item of synthesize() belongs to first. Items of one taste are alike. @param item  its id
std::uint32_t planted_taste(const SynthOptions& options, std::string_view item);

/// Writes interactions in the form of Last.fm-360K: user, artist MBID (made up, for one item in 64 empty), artist name
/// and plays by tab; a user's rows by falling plays. The file appears whole or not at all.
/// @throws Error{kIo}, Error{kCancelled}; Error{kInvalidArgument} for plays that are not whole numbers of at least 1,
/// and for ids that hold a tab or a line end.
void save_log(const Interactions& interactions, const std::filesystem::path& path, const Run& run = {});

}  // namespace segue

#endif  // SEGUE_SYNTH_H_
