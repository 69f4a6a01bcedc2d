// The sections of interactions: all of a .plays file, and the first part of a model file.
#ifndef SEGUE_STORE_PLAYS_FILE_H_
#define SEGUE_STORE_PLAYS_FILE_H_

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "segue/error.h"
#include "segue/interactions.h"
#include "store/container.h"
#include "store/container_writer.h"

namespace segue {

/// Views of ids, titles and plays, in the order of the file. They live as long as `interactions` does.
/// @throws Error{kInvalidArgument} when the parts do not fit each other.
std::vector<Section> interaction_sections(const Interactions& interactions);

/// What can be checked on its own; all of it together has read the file. Each throws Error{kCorruptFile}.
using Checks = std::vector<std::function<void()>>;

/// Takes the interactions out of a file, apart from the source, in a few independent steps that are added to `checks`;
/// `interactions` is complete once all of them have run. The largest comes first.
void read_interactions(const Container& container, Interactions& interactions, Checks& checks);

/// Runs the checks on all cores.
void run_checks(const Checks& checks);

/// Compares the checksum of every section, on all cores. Comes after run_checks(), which says more of what is wrong.
void check_checksums(const Container& container);

/// Runs a factory whose complaint is that the file is damaged.
template <typename Make>
auto make_or_damaged(const Container& container, std::string_view section, Make make) {
  try {
    return make();
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kInvalidArgument) throw;
    container.damaged(section, "does not hold: " + error.problem());
  }
}

}  // namespace segue

#endif  // SEGUE_STORE_PLAYS_FILE_H_
