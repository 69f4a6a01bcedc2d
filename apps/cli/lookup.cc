// segue lookup: one cell of the matrix, a row, a column, or the names of its rows and columns.
#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <vector>

#include "commands.h"
#include "data.h"
#include "names.h"
#include "segue/error.h"
#include "segue/recommender.h"
#include "table.h"
#include "text.h"

namespace segue::cli {
namespace {

struct Args {
  Source source;
  std::string user;
  std::string item;
  bool list_users = false;
  bool list_items = false;
  bool by_id = false;
  ResultFormat format;
  const CLI::Option* user_option = nullptr;
  const CLI::Option* item_option = nullptr;
};

constexpr const char* kSummary =
    "Look up how often a user played an item\n"
    "With --user and --item, prints the value alone, 0 where there is none. With one of them, the whole row or column, "
    "highest "
    "first. FILE is a log, a .plays file or a model; of a log, name its columns by --user-column and so on.";

constexpr const char* kExamples = R"(Examples:
  segue lookup lastfm.plays --user 00000c289a1829a808ac09c00daf10bc3c4e223b --item "red hot chili peppers"
  segue lookup lastfm.segue --user 2
  segue lookup lastfm.segue --item Blur --tsv | head
  segue lookup lastfm.segue --users | less)";

struct Entry {
  std::uint32_t id;
  float value;
};

void sort_highest_first(std::vector<Entry>& entries) {
  std::stable_sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) { return a.value > b.value; });
}

/// What stands for an item in all three formats.
Json item_json(const Interactions& data, std::uint32_t item) {
  return {{"id", data.items[item]}, {"title", data.title(item)}};
}

void print_cell(const Interactions& data, std::uint32_t user, std::uint32_t item, ResultFormat format,
                Session& session) {
  const auto columns = data.plays.row_columns(user);
  const bool stored = std::binary_search(columns.begin(), columns.end(), item);
  const float value = data.plays.at(user, item);
  if (format.json) {
    print(dump({{"user", data.users[user]}, {"item", item_json(data, item)}, {"value", json_number(value)}}) + "\n");
  } else if (format.tsv) {
    print(fmt::format("user\tid\ttitle\tvalue\n{}\t{}\t{}\t{}\n", tsv_field(data.users[user]),
                      tsv_field(data.items[item]), tsv_field(data.title(item)), plain_value(value)));
  } else {
    print(plain_value(value) + "\n");
  }
  if (!stored) {
    session.log.note(fmt::format("user \"{}\" has no interaction with \"{}\"", data.users[user], data.title(item)));
  }
}

void print_row(const Interactions& data, std::uint32_t user, ResultFormat format) {
  const auto columns = data.plays.row_columns(user);
  const auto values = data.plays.row_values(user);
  std::vector<Entry> entries;
  for (std::size_t i = 0; i < columns.size(); ++i) entries.push_back({columns[i], values[i]});
  sort_highest_first(entries);

  if (format.json) {
    Json items = Json::array();
    for (const Entry& entry : entries) {
      items.push_back(item_json(data, entry.id));
      items.back()["value"] = json_number(entry.value);
    }
    print(dump({{"user", data.users[user]}, {"items", std::move(items)}}) + "\n");
    return;
  }
  if (format.tsv) print("id\ttitle\tvalue\n");
  Table table({{"title"}, {"value", Align::kRight}, {"id"}});
  for (const Entry& entry : entries) {
    if (format.tsv) {
      print(fmt::format("{}\t{}\t{}\n", tsv_field(data.items[entry.id]), tsv_field(data.title(entry.id)),
                        plain_value(entry.value)));
    } else {
      table.add({std::string(data.title(entry.id)), grouped_value(entry.value), std::string(data.items[entry.id])});
    }
  }
  if (!format.tsv) print(table.render(Terminal::of(Stream::kOutput).width()));
}

void print_column(const Interactions& data, std::uint32_t item, ResultFormat format) {
  std::vector<Entry> entries;
  for (std::uint32_t user = 0; user < data.users.size(); ++user) {
    const auto columns = data.plays.row_columns(user);
    const auto found = std::lower_bound(columns.begin(), columns.end(), item);
    if (found == columns.end() || *found != item) continue;
    entries.push_back({user, data.plays.row_values(user)[static_cast<std::size_t>(found - columns.begin())]});
  }
  sort_highest_first(entries);

  if (format.json) {
    Json users = Json::array();
    for (const Entry& entry : entries)
      users.push_back({{"user", data.users[entry.id]}, {"value", json_number(entry.value)}});
    print(dump({{"item", item_json(data, item)}, {"users", std::move(users)}}) + "\n");
    return;
  }
  if (format.tsv) print("user\tvalue\n");
  Table table({{"user"}, {"value", Align::kRight}});
  for (const Entry& entry : entries) {
    if (format.tsv) {
      print(fmt::format("{}\t{}\n", tsv_field(data.users[entry.id]), plain_value(entry.value)));
    } else {
      table.add({std::string(data.users[entry.id]), grouped_value(entry.value)});
    }
  }
  if (!format.tsv) print(table.render(Terminal::of(Stream::kOutput).width()));
}

/// Users in the order of their ids, line by line: there may be millions, and what reads them may stop early.
void print_users(const Interactions& data, ResultFormat format) {
  const bool plain = !format.json && !format.tsv;
  if (!format.json) print(plain ? "user  (items)\n" : "user\titems\n");
  for (std::uint32_t user = 0; user < data.users.size(); ++user) {
    const std::size_t items = data.plays.row_columns(user).size();
    if (format.json) {
      print(dump({{"user", data.users[user]}, {"items", items}}) + "\n");
    } else if (format.tsv) {
      print(fmt::format("{}\t{}\n", tsv_field(data.users[user]), items));
    } else {
      print(fmt::format("{}  ({})\n", visible(data.users[user]), group_digits(items)));
    }
  }
}

/// Items by falling number of listeners.
void print_items(const Interactions& data, std::span<const std::uint32_t> listeners, ResultFormat format) {
  std::vector<std::uint32_t> order(data.items.size());
  std::iota(order.begin(), order.end(), 0U);
  std::stable_sort(order.begin(), order.end(),
                   [&](std::uint32_t a, std::uint32_t b) { return listeners[a] > listeners[b]; });
  if (format.tsv) print("id\ttitle\tlisteners\n");
  Table table({{"title"}, {"listeners", Align::kRight}, {"id"}});
  for (const std::uint32_t item : order) {
    if (format.json) {
      Json object = item_json(data, item);
      object["listeners"] = listeners[item];
      print(dump(object) + "\n");
    } else if (format.tsv) {
      print(fmt::format("{}\t{}\t{}\n", tsv_field(data.items[item]), tsv_field(data.title(item)), listeners[item]));
    } else {
      table.add({std::string(data.title(item)), group_digits(listeners[item]), std::string(data.items[item])});
    }
  }
  if (!format.json && !format.tsv) print(table.render(Terminal::of(Stream::kOutput).width()));
}

void run(Session& session, const Args& args) {
  const bool has_user = args.user_option->count() > 0;
  const bool has_item = args.item_option->count() > 0;
  if (!has_user && !has_item && !args.list_users && !args.list_items) {
    throw Error(ErrorCode::kInvalidArgument, "what shall be looked up?",
                "name --user ID, --item NAME or both; --users and --items list what there is");
  }
  const Data read = load_data(session, args.source, Detail::kBrief);
  warn_if_mostly_rejected(session, read);
  const Interactions& data = read.interactions;
  const Array<std::uint32_t> listeners = count_per_column(data.plays);
  const ItemNames names(session, args.source.path, data, listeners.view(), args.by_id,
                        [&](std::string_view name) { return find_item(data, listeners.view(), name); });

  if (args.list_users) return print_users(data, args.format);
  if (args.list_items) return print_items(data, listeners.view(), args.format);
  const std::uint32_t user = has_user ? resolve_user(session, data, args.user, args.source.path) : 0;
  const std::uint32_t item = has_item ? names.resolve(args.item) : 0;
  if (has_user && has_item) return print_cell(data, user, item, args.format, session);
  if (has_user) return print_row(data, user, args.format);
  print_column(data, item, args.format);
}

}  // namespace

void add_lookup(CLI::App& app, Session& session, Work& chosen) {
  const auto [command, args] = add_command<Args>(app, session, chosen, "lookup", kSummary, kExamples, run);
  const std::string group = "What to look up";
  args->user_option = command->add_option("--user", args->user, "A user, by id")->type_name("ID")->group(group);
  args->item_option =
      command->add_option("--item", args->item, "An item, by title or id")->type_name("NAME")->group(group);
  CLI::Option* users = command->add_flag("--users", args->list_users, "List all users instead, by id")->group(group);
  CLI::Option* items =
      command->add_flag("--items", args->list_items, "List all items instead, most listeners first")->group(group);
  users->excludes(items);
  for (CLI::Option* list : {users, items}) {
    list->excludes(command->get_option("--user"));
    list->excludes(command->get_option("--item"));
  }
  command->add_flag("--id", args->by_id, "The item's name is an id, to the letter")->group(group);
  add_result_format(*command, args->format);
  add_source_options(*command, args->source, ColumnOptions::kLong);
  add_common_options(*command, session);
}

}  // namespace segue::cli
