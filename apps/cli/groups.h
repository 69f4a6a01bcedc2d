// Groups of users or items for a report: by how much they have, of about the same weight each.
#ifndef SEGUE_APPS_CLI_GROUPS_H_
#define SEGUE_APPS_CLI_GROUPS_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace segue::cli {

struct Groups {
  std::vector<std::string> names;     // "1–12"
  std::vector<std::string> shares;    // of all weight, "20 %"
  std::vector<std::size_t> of_thing;  // by thing
};

/// Five groups of things in ascending order of a key, as near to a fifth of the weight as equal keys, which stay
/// together, let them be: where most have the same, it is a large group of its own. None has less than a hundredth.
/// @param weights  of the things, as many as keys
Groups make_groups(const std::vector<std::uint32_t>& keys, const std::vector<std::uint64_t>& weights);

/// Positions of `count` things, at most all, from a small key to a large one: spread over the things, or where so many
/// have the same that this would show few different ones, over the keys.
std::vector<std::size_t> spread(const std::vector<std::uint32_t>& keys, std::size_t count);

}  // namespace segue::cli

#endif  // SEGUE_APPS_CLI_GROUPS_H_
