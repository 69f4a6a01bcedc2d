#include "names.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "segue/error.h"
#include "table.h"
#include "text.h"

namespace segue::cli {
namespace {

constexpr std::size_t kMostCandidates = 20;
constexpr std::size_t kMostSuggestions = 5;

}  // namespace

NameMatch ItemNames::match(std::string_view name) const {
  if (!by_id_) return find_(name);
  const auto item = interactions_.items.find(name);
  return item ? NameMatch{{*item}, {}} : NameMatch{};
}

bool ItemNames::known(std::string_view name) const { return !match(name).items.empty(); }

std::uint32_t ItemNames::resolve(std::string_view name) const {
  const NameMatch found = match(name);
  if (found.items.size() == 1) return found.items.front();

  if (found.items.empty()) {
    std::vector<std::string> near;
    for (const std::uint32_t item : found.suggestions) {
      if (near.size() < kMostSuggestions) near.push_back(fmt::format("\"{}\"", interactions_.title(item)));
    }
    const std::string list = fmt::format("{} lookup {} --items lists them all", session_.program, shell_path(file_));
    throw Error(ErrorCode::kNotFound,
                by_id_ ? fmt::format("there is no item with the id \"{}\"", short_name(name))
                       : fmt::format("there is no item called \"{}\"", short_name(name)),
                near.empty() ? list : fmt::format("did you mean {}? {}", fmt::join(near, ", "), list));
  }

  Table table({{"title"}, {"listeners", Align::kRight}, {"id"}});
  Json candidates = Json::array();
  for (const std::uint32_t item : found.items) {
    candidates.push_back(
        {{"id", interactions_.items[item]}, {"title", interactions_.title(item)}, {"listeners", listeners_[item]}});
    if (candidates.size() > kMostCandidates) continue;
    table.add({std::string(interactions_.title(item)), group_digits(listeners_[item]),
               std::string(interactions_.items[item])});
  }
  session_.log.event("candidates", {{"name", name}, {"items", candidates}});
  std::string lines = table.render(session_.log.terminal().width());
  lines.pop_back();  // say() ends the line
  session_.log.say(lines);
  throw Error(ErrorCode::kAmbiguous,
              fmt::format("\"{}\" stands for {}", short_name(name), plural(found.items.size(), "item")),
              fmt::format("give the id of the one you mean, and --id: for instance {} --id",
                          shell_quote(interactions_.items[found.items.front()])));
}

std::vector<std::uint32_t> ItemNames::resolve_all(std::span<const std::string> names) const {
  std::vector<std::uint32_t> items;
  items.reserve(names.size());
  for (const std::string& name : names) items.push_back(resolve(name));
  return items;
}

std::uint32_t resolve_user(const Session& session, const Interactions& interactions, std::string_view id,
                           const std::filesystem::path& file) {
  const IdMap& users = interactions.users;
  if (const auto user = users.find(id)) return *user;
  // Ids ascend, so those around the place where this one would stand begin alike.
  std::uint32_t low = 0;
  std::uint32_t high = users.size();
  while (low < high) {
    const std::uint32_t middle = low + (high - low) / 2;
    if (users[middle] < id) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  std::vector<std::string> near;
  for (std::uint32_t i = low == 0 ? 0 : low - 1; i < users.size() && near.size() < 3; ++i) {
    near.push_back(fmt::format("\"{}\"", users[i]));
  }
  throw Error(ErrorCode::kNotFound, fmt::format("there is no user \"{}\"", short_name(id)),
              fmt::format("ids are taken to the letter, such as {}; {} lookup {} --users lists them all",
                          fmt::join(near, ", "), session.program, shell_path(file)));
}

}  // namespace segue::cli
