// Names: which item or user a request means.
#ifndef SEGUE_APPS_SERVER_NAMES_H_
#define SEGUE_APPS_SERVER_NAMES_H_

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "snapshot.h"

namespace segue::server {

/// The items that one request names. An id or an exact title is found in O(log items). Any other spelling ("the clash"
/// for "The Clash") takes O(items), so a request may have a few of those only.
class ItemNames {
 public:
  /// @param soon  a name that takes a search throws TakesLonger
  ItemNames(const Snapshot& snapshot, bool soon) : snapshot_(snapshot), soon_(soon) {}

  /// @throws Error{kNotFound} with titles that may be meant, Error{kAmbiguous} with the ids that it stands for.
  std::uint32_t resolve(std::string_view name);
  std::vector<std::uint32_t> resolve_all(std::span<const std::string> names);

 private:
  const Snapshot& snapshot_;
  bool soon_;
  int searched_ = 0;
};

/// @throws Error{kNotFound}.
std::uint32_t resolve_user(const Snapshot& snapshot, std::string_view id);

}  // namespace segue::server

#endif  // SEGUE_APPS_SERVER_NAMES_H_
