// Names: from what a person types to items and users, or to an error that helps to type it right.
#ifndef SEGUE_APPS_CLI_NAMES_H_
#define SEGUE_APPS_CLI_NAMES_H_

#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "segue/interactions.h"
#include "segue/recommender.h"
#include "session.h"

namespace segue::cli {

/// Finds items of one file by name.
class ItemNames {
 public:
  using Find = std::function<NameMatch(std::string_view)>;

  /// @param file   where the items come from, for commands that we suggest
  /// @param by_id  names are ids, to the letter (--id)
  /// All that is given must outlive this.
  ItemNames(Session& session, const std::filesystem::path& file, const Interactions& interactions,
            std::span<const std::uint32_t> listeners, bool by_id, Find find)
      : session_(session),
        file_(file),
        interactions_(interactions),
        listeners_(listeners),
        by_id_(by_id),
        find_(std::move(find)) {}

  /// The one item of this name.
  /// @throws Error{kNotFound} with names that are near; Error{kAmbiguous} after the candidates were listed.
  std::uint32_t resolve(std::string_view name) const;
  std::vector<std::uint32_t> resolve_all(std::span<const std::string> names) const;

  /// Whether the name stands for an item, or several.
  bool known(std::string_view name) const;

 private:
  NameMatch match(std::string_view name) const;

  Session& session_;
  const std::filesystem::path& file_;
  const Interactions& interactions_;
  std::span<const std::uint32_t> listeners_;
  bool by_id_;
  Find find_;
};

/// The user of this id. @throws Error{kNotFound} with ids that are near and a way to list them all.
std::uint32_t resolve_user(const Session& session, const Interactions& interactions, std::string_view id,
                           const std::filesystem::path& file);

}  // namespace segue::cli

#endif  // SEGUE_APPS_CLI_NAMES_H_
