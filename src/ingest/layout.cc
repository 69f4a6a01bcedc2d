#include "ingest/layout.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <optional>
#include <set>
#include <span>

#include "ingest/split.h"
#include "ingest/text.h"
#include "segue/error.h"

namespace segue::ingest {
namespace {

constexpr std::string_view kUtf8Bom = "\xEF\xBB\xBF";
constexpr std::size_t kSampleLines = 1000;
constexpr double kMost = 0.9;              // what most lines agree on is a fact about the log
constexpr double kMostControlBytes = 0.1;  // text has fewer
constexpr double kEarliestTime = 1e8;      // seconds since 1970: 1973. Ratings and counts stay below

/// In the order in which they are tried: what names are least likely to hold comes first.
constexpr std::array<std::string_view, 6> kDelimiters = {"\t", "::", ",", ";", "|", " "};

/// Names of columns, lower-case letters and digits only. Ids come before names: a log that has both means the id.
constexpr auto kUserNames = std::to_array<std::string_view>(
    {"userid", "user", "uid", "usersha1", "userkey", "username", "listenerid", "listener", "visitorid", "visitor",
     "customerid", "customer", "memberid", "member", "accountid", "account", "reviewerid", "reviewer", "sessionid"});
constexpr auto kItemNames = std::to_array<std::string_view>(
    {"itemid",  "artistid",  "movieid",    "trackid", "songid",  "albumid", "productid", "bookid", "gameid",
     "animeid", "articleid", "businessid", "iid",     "asin",    "isbn",    "sku",       "item",   "artist",
     "movie",   "track",     "song",       "album",   "product", "book",    "game",      "anime",  "article"});
constexpr auto kTitleNames = std::to_array<std::string_view>(
    {"title",   "itemtitle", "movietitle", "booktitle", "name",        "itemname", "artistname",
     "artname", "trackname", "songname",   "albumname", "productname", "gamename", "artist",
     "movie",   "track",     "song",       "album",     "item",        "product"});
constexpr auto kValueNames = std::to_array<std::string_view>(
    {"value", "plays", "playcount", "totalartistplays", "listens", "scrobbles", "count", "weight", "rating", "score",
     "stars", "overall", "quantity", "views", "clicks", "hours"});
constexpr auto kTimeNames =
    std::to_array<std::string_view>({"timestamp", "unixtime", "unixreviewtime", "datetime", "time", "date", "playedat",
                                     "listenedat", "createdat", "ts"});
constexpr auto kIdNames = std::to_array<std::string_view>({"id", "itemid", "artistid", "movieid", "trackid", "songid"});

struct Lines {
  std::vector<std::string_view> lines;  // not blank, without line ends
  std::vector<std::size_t> ends;        // offset in the sample after each one's line end
  std::vector<std::int64_t> numbers;    // from 1
};

Lines lines_of(std::string_view sample, std::size_t begin, bool all) {
  Lines found;
  std::int64_t number = 0;
  for (std::size_t at = begin; at < sample.size() && found.lines.size() < kSampleLines;) {
    const std::size_t end = sample.find('\n', at);
    if (end == std::string_view::npos && !all) break;  // the line goes on beyond the sample
    std::string_view line = sample.substr(at, end == std::string_view::npos ? end : end - at);
    at += line.size() + 1;
    if (line.ends_with('\r')) line.remove_suffix(1);
    ++number;
    if (line.empty()) continue;
    found.lines.push_back(line);
    found.ends.push_back(std::min(at, sample.size()));
    found.numbers.push_back(number);
  }
  return found;
}

/// Refuses what is not text. Returns the bytes of a byte order mark.
std::size_t check_text(std::string_view sample, const std::string& file) {
  const auto utf16 = [&] {
    return Error(ErrorCode::kBadInput, {file}, "is UTF-16 text", "convert it: iconv -f utf-16 -t utf-8");
  };
  if (sample.starts_with("\xFF\xFE") || sample.starts_with("\xFE\xFF")) throw utf16();
  const std::size_t begin = sample.starts_with(kUtf8Bom) ? kUtf8Bom.size() : 0;
  std::size_t zeros = 0;
  std::size_t controls = 0;
  for (const char c : sample) {
    zeros += c == 0 ? 1 : 0;
    controls += (static_cast<unsigned char>(c) < 0x20 && c != '\t' && c != '\n' && c != '\r') ? 1 : 0;
  }
  const auto size = static_cast<double>(sample.size());
  if (static_cast<double>(controls) > kMostControlBytes * size) {
    if (zeros * 3 > sample.size() && zeros * 3 < sample.size() * 2) throw utf16();
    throw Error(ErrorCode::kBadInput, {file}, "is not text", "give a log of lines: user, item, value");
  }
  return begin;
}

/// Refuses what has no lines, and says why.
void check_lines(const Lines& lines, std::string_view sample, bool all, const std::string& file) {
  if (!lines.lines.empty()) {
    const bool one_line = lines.lines.size() == 1 && sample.find('\n') == std::string_view::npos;
    if (one_line && lines.lines[0].find('\r') != std::string_view::npos) {
      throw Error(ErrorCode::kBadInput, {file}, "its lines end in carriage returns only", "convert it: tr '\\r' '\\n'");
    }
    return;
  }
  if (!all) {
    throw Error(ErrorCode::kBadInput, {file, 1}, "its first line is longer than 256 KiB",
                "check that the file is a log and its lines end in line feeds");
  }
  throw Error(ErrorCode::kBadInput, {file}, "the log is empty", "give a log of lines: user, item, value");
}

/// Lines cut into fields.
using Rows = std::vector<std::vector<std::string_view>>;

Rows rows_of(const Lines& lines, Splitter& splitter) {
  Rows rows;
  for (const std::string_view line : lines.lines) {
    std::vector<std::string_view> row;
    if (splitter.split(line)) {
      for (const Field& field : splitter.fields()) row.push_back(field.text);
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

/// The number of columns that most rows have, and their share of the rows.
std::pair<std::size_t, double> usual_columns(const Rows& rows) {
  std::map<std::size_t, std::size_t> counts;
  for (const auto& row : rows) {
    if (!row.empty()) ++counts[row.size()];  // empty: its quotes are broken
  }
  if (counts.empty()) return {0, 0};
  const auto most =
      std::max_element(counts.begin(), counts.end(), [](auto& a, auto& b) { return a.second < b.second; });
  return {most->first, static_cast<double>(most->second) / static_cast<double>(rows.size())};
}

bool may_quote(std::string_view delimiter) { return delimiter == "," || delimiter == ";"; }

std::string detect_delimiter(const Lines& lines, std::span<const std::string_view> candidates) {
  std::string best;
  double best_share = 0.5;
  for (const std::string_view candidate : candidates) {
    Splitter splitter{std::string(candidate), may_quote(candidate)};
    const auto [columns, share] = usual_columns(rows_of(lines, splitter));
    if (columns < 2) continue;
    if (share >= kMost) return std::string(candidate);
    if (share > best_share) {
      best_share = share;
      best = candidate;
    }
  }
  return best;
}

std::string checked_delimiter(const std::string& option) {
  if (option == "\\t") return "\t";
  if (option.size() > 4 || option.find_first_of(std::string_view("\r\n\"\0", 4)) != std::string::npos) {
    throw Error(ErrorCode::kInvalidArgument,
                "delimiter \"" + shown(option) + "\" is not 1 to 4 bytes without quotes and line ends",
                "such as --delimiter=, or --delimiter=::");
  }
  return option;
}

bool is_number(std::string_view text) {
  double value = 0;
  return parse_number(text, value) == NumberKind::kNumber;
}

std::string normalized(std::string_view name) {
  std::string out;
  for (const char c : name) {
    const char lower = c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
    if ((lower >= 'a' && lower <= 'z') || (lower >= '0' && lower <= '9')) out += lower;
  }
  return out;
}

/// The column whose name comes first in `known`, or kNoColumn.
template <typename Row>
int find_known(const Row& row, std::span<const std::string_view> known, const std::set<int>& taken = {}) {
  for (const std::string_view name : known) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      if (normalized(row[i]) == name && !taken.contains(static_cast<int>(i))) return static_cast<int>(i);
    }
  }
  return kNoColumn;
}

/// What the sample says of a column.
struct ColumnFacts {
  bool numeric = false;        // most rows hold a number
  double number_share = 0;     // of the rows
  bool first_numeric = false;  // so does the first row
  bool times = false;          // every row holds a time
  double largest = 0;
};

std::vector<ColumnFacts> facts_of(const Rows& rows, std::size_t columns) {
  std::vector<ColumnFacts> facts(columns);
  for (std::size_t c = 0; c < columns; ++c) {
    std::size_t numbers = 0;
    std::size_t times = 0;
    std::size_t seen = 0;
    for (std::size_t r = 0; r < rows.size(); ++r) {
      if (rows[r].size() != columns) continue;
      double value = 0;
      const bool number = parse_number(rows[r][c], value) == NumberKind::kNumber;
      if (r == 0) facts[c].first_numeric = number;
      if (r == 0 && rows.size() > 1) continue;  // it may be a header
      ++seen;
      numbers += number ? 1 : 0;
      times += parse_time(rows[r][c]) ? 1 : 0;
      if (number) facts[c].largest = std::max(facts[c].largest, value);
    }
    facts[c].times = seen != 0 && times == seen;
    facts[c].number_share = seen == 0 ? 0 : static_cast<double>(numbers) / static_cast<double>(seen);
    facts[c].numeric = seen != 0 && static_cast<double>(numbers) >= kMost * static_cast<double>(seen);
  }
  return facts;
}

/// Whether the first row names the columns: by known names, or because text stands above every column of numbers and
/// its first field does not come again (then it would be a user, and the row a broken one).
bool detect_header(const Rows& rows, const std::vector<ColumnFacts>& facts) {
  const auto& first = rows[0];
  if (first.size() != facts.size()) return false;
  std::set<int> taken;
  const int user = find_known(first, kUserNames);
  if (user != kNoColumn) taken.insert(user);
  const bool item =
      find_known(first, kItemNames, taken) != kNoColumn || find_known(first, kTitleNames, taken) != kNoColumn;
  if (user != kNoColumn && item && std::none_of(first.begin(), first.end(), is_number)) return true;
  bool above_numbers = false;
  for (std::size_t c = 0; c < facts.size(); ++c) {
    if (!facts[c].numeric) continue;
    if (facts[c].first_numeric || first[c].empty()) return false;
    above_numbers = true;
  }
  if (!above_numbers || rows.size() < 2) return false;
  return std::none_of(rows.begin() + 1, rows.end(),
                      [&](const auto& row) { return !row.empty() && row[0] == first[0]; });
}

bool is_mbid(std::string_view text) {
  return text.size() == 36 && text[8] == '-' && text[13] == '-' && text[18] == '-' && text[23] == '-';
}

bool is_sha1(std::string_view text) {
  return text.size() == 40 && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

bool is_lastfm_360k(const Rows& rows, const std::string& delimiter, const std::vector<ColumnFacts>& facts) {
  if (delimiter != "\t" || facts.size() != 4 || !facts[3].numeric) return false;
  std::size_t seen = 0;
  std::size_t keys = 0;
  std::size_t empty = 0;
  std::size_t users = 0;
  for (const auto& row : rows) {
    if (row.size() != 4) continue;
    ++seen;
    keys += is_mbid(row[1]) ? 1 : 0;
    empty += row[1].empty() ? 1 : 0;
    users += is_sha1(row[0]) ? 1 : 0;
  }
  const double most = kMost * static_cast<double>(seen);
  return static_cast<double>(keys + empty) >= most && (keys != 0 || static_cast<double>(users) >= most);
}

bool is_movielens(const std::string& delimiter, const std::vector<ColumnFacts>& facts) {
  const bool numbers = std::all_of(facts.begin(), facts.end(), [](const ColumnFacts& f) { return f.numeric; });
  if (!numbers || facts.size() < 3 || facts.size() > 4) return false;
  if (delimiter == "::") return true;
  return delimiter == "\t" && facts.size() == 4 && facts[3].largest >= kEarliestTime;
}

std::string names_list(const std::vector<std::string>& names) {
  constexpr std::size_t kNamesListed = 30;
  std::string list;
  for (std::size_t i = 0; i < std::min(names.size(), kNamesListed); ++i) list += (i == 0 ? "" : ", ") + shown(names[i]);
  return names.size() > kNamesListed ? list + ", …" : list;
}

/// Resolves the column options of a layout whose delimiter, header and number of columns are known.
class ColumnFinder {
 public:
  ColumnFinder(const Layout& layout, const std::string& file)
      : layout_(layout), where_{file, layout.header ? layout.lines_before : 0} {}

  /// The column that an option names, or nothing where it is empty. A name goes before a number.
  std::optional<int> named(std::string_view option, const std::string& spec) const {
    if (spec.empty()) return std::nullopt;
    const auto& names = layout_.names;
    if (const auto it = std::find(names.begin(), names.end(), spec); it != names.end())
      return static_cast<int>(it - names.begin());
    for (std::size_t i = 0; i < names.size(); ++i) {
      if (!normalized(spec).empty() && normalized(names[i]) == normalized(spec)) return static_cast<int>(i);
    }
    int number = 0;
    const auto [end, error] = std::from_chars(spec.data(), spec.data() + spec.size(), number);
    if (error == std::errc() && end == spec.data() + spec.size()) {
      if (number >= 1 && number <= layout_.columns) return number - 1;
      throw Error(ErrorCode::kBadInput, where_,
                  "there is no column " + spec + ": the log has " + std::to_string(layout_.columns),
                  "give --" + std::string(option) + " a number from 1 to " + std::to_string(layout_.columns));
    }
    if (!layout_.header) {
      throw Error(ErrorCode::kBadInput, where_, "there is no column \"" + shown(spec) + "\": the log has no header",
                  "give --" + std::string(option) + " the number of the column, from 1 to " +
                      std::to_string(layout_.columns) + ", or say --header=yes");
    }
    throw Error(ErrorCode::kBadInput, where_,
                "there is no column \"" + shown(spec) + "\": the header names " + names_list(names),
                "give --" + std::string(option) + " one of these names, or a number");
  }

  const Where& where() const { return where_; }

 private:
  const Layout& layout_;
  Where where_;
};

void check_options(const IngestOptions& options) {
  constexpr std::array<std::string_view, 5> kFormats = {"auto", "lastfm-360k", "hetrec", "movielens", "delimited"};
  if (std::find(kFormats.begin(), kFormats.end(), options.format) == kFormats.end()) {
    throw Error(ErrorCode::kInvalidArgument, "there is no format \"" + shown(options.format) + "\"",
                "choose --format=auto, lastfm-360k, hetrec, movielens or delimited");
  }
  if (options.header != "auto" && options.header != "yes" && options.header != "no") {
    throw Error(ErrorCode::kInvalidArgument, "header \"" + shown(options.header) + "\" is not auto, yes or no",
                "choose --header=auto, yes or no");
  }
}

/// Fills the columns that the options leave open, for text with no known format.
void choose_columns(Layout& layout, const IngestOptions& options, const std::vector<ColumnFacts>& facts,
                    const std::string& file) {
  const ColumnFinder finder(layout, file);
  std::set<int> taken;
  const auto take = [&](std::optional<int> column) {
    if (column) taken.insert(*column);
    return column;
  };
  std::optional<int> user = take(finder.named("user-column", options.user));
  std::optional<int> item = take(finder.named("item-column", options.item));
  std::optional<int> title = take(finder.named("title", options.title));
  std::optional<int> time = options.time == "none" ? std::nullopt : take(finder.named("time", options.time));
  const bool counts = options.value == "none";
  std::optional<int> value = counts ? std::nullopt : take(finder.named("value", options.value));
  const auto known = [&](std::optional<int>& column, std::span<const std::string_view> names) {
    if (column) return;
    const int found = find_known(layout.names, names, taken);
    if (found != kNoColumn) column = take(found);
  };
  if (layout.header) {
    known(user, kUserNames);
    known(item, kItemNames);
    known(title, kTitleNames);
    if (!item && title && options.title.empty()) item = std::exchange(title, std::nullopt);  // the name is all there is
    if (!counts) known(value, kValueNames);
    // What is called a time and is none in every row is left alone: nobody asked for it.
    const int called = find_known(layout.names, kTimeNames, taken);
    if (options.time.empty() && called != kNoColumn && facts[static_cast<std::size_t>(called)].times)
      time = take(called);
    if (!user || !item) {
      const char* missing = user ? "the item" : item ? "the user" : "the user and the item";
      throw Error(
          ErrorCode::kBadInput, finder.where(),
          std::string("cannot tell which column holds ") + missing + ": the header names " + names_list(layout.names),
          "name them with --user-column and --item-column");
    }
  } else {
    const auto next = [&](std::optional<int>& column) {
      for (int c = 0; !column && c < layout.columns; ++c) {
        if (!taken.contains(c)) column = take(c);
      }
    };
    next(user);
    next(item);
    for (int c = 0; !value && !counts && c < layout.columns; ++c) {
      if (!taken.contains(c) && facts[static_cast<std::size_t>(c)].numeric) value = take(c);
    }
    // Where no column is numbers almost throughout, a damaged log's is the one that holds numbers in every second row.
    double most = 0.5;
    std::optional<int> likely;
    for (int c = 0; !value && !counts && c < layout.columns; ++c) {
      const double share = facts[static_cast<std::size_t>(c)].number_share;
      if (taken.contains(c) || share < most) continue;
      most = share;
      likely = c;
    }
    if (likely) value = take(likely);
    if (!value && !counts && layout.columns > static_cast<int>(taken.size())) {
      throw Error(ErrorCode::kBadInput, finder.where(),
                  "cannot tell which column holds the value: no other one holds numbers",
                  "name it with --value, or count every row as 1 with --value=none");
    }
  }
  if (!user || !item) {
    throw Error(ErrorCode::kBadInput, finder.where(), "there are no columns left for the user and the item",
                "name other columns");
  }
  layout.user = *user;
  layout.item = *item;
  layout.title = title.value_or(kNoColumn);
  layout.value = value.value_or(kNoColumn);
  layout.time = time.value_or(kNoColumn);
}

/// A column that had two meanings would make each row nonsense that reads like data.
void check_meanings(const Layout& layout, const std::string& file) {
  const auto check = [&](int one, int other, const std::string& first, const std::string& second) {
    if (one != other || one == kNoColumn) return;
    throw Error(ErrorCode::kInvalidArgument, {file},
                first + " and " + second + " are both column " + std::to_string(one + 1),
                "name another column with " + first + " or " + second);
  };
  check(layout.user, layout.item, "--user-column", "--item-column");
  check(layout.user, layout.value, "--user-column", "--value");
  check(layout.item, layout.value, "--item-column", "--value");
  check(layout.user, layout.time, "--user-column", "--time");
  check(layout.item, layout.time, "--item-column", "--time");
  check(layout.value, layout.time, "--value", "--time");
}

std::string shown_delimiter(const std::string& delimiter) {
  if (delimiter == "\t") return "tab";
  if (delimiter == " ") return "space";
  if (delimiter == ",") return "comma";
  if (delimiter == ";") return "semicolon";
  return "\"" + shown(delimiter) + "\"";
}

}  // namespace

Layout detect_layout(std::string_view sample, bool all, const IngestOptions& options, const std::string& file) {
  check_options(options);
  const std::string delimiter_option = checked_delimiter(options.delimiter);
  const std::size_t begin = check_text(sample, file);
  const Lines lines = lines_of(sample, begin, all);
  check_lines(lines, sample, all, file);

  Layout layout;
  layout.delimiter = delimiter_option;
  if (layout.delimiter.empty()) {
    if (options.format == "lastfm-360k" || options.format == "hetrec") {
      layout.delimiter = "\t";
    } else if (options.format == "movielens") {
      constexpr std::array<std::string_view, 3> kMovieLens = {"::", "\t", ","};
      layout.delimiter = detect_delimiter(lines, kMovieLens);
    } else {
      layout.delimiter = detect_delimiter(lines, kDelimiters);
    }
  }
  const auto no_columns = [&] {
    return Error(ErrorCode::kBadInput, {file, lines.numbers[0]},
                 "cannot cut the lines into columns: neither tab, \"::\", comma, semicolon, \"|\" nor space does it "
                 "alike for most",
                 "give --delimiter");
  };
  if (layout.delimiter.empty()) throw no_columns();
  layout.quoted = may_quote(layout.delimiter);
  Splitter splitter(layout.delimiter, layout.quoted);
  const Rows rows = rows_of(lines, splitter);
  const std::size_t columns = usual_columns(rows).first;
  if (columns < 2) {
    if (delimiter_option.empty()) throw no_columns();
    throw Error(ErrorCode::kBadInput, {file, lines.numbers[0]},
                "the delimiter " + shown_delimiter(layout.delimiter) + " does not cut the lines into columns",
                "give another --delimiter");
  }
  layout.columns = static_cast<int>(columns);
  const std::vector<ColumnFacts> facts = facts_of(rows, columns);
  layout.header = options.header == "yes" || (options.header == "auto" && detect_header(rows, facts));
  layout.data_begin = begin;
  if (layout.header) {
    layout.names.assign(rows[0].begin(), rows[0].end());
    layout.data_begin = lines.ends[0];
    layout.lines_before = lines.numbers[0];
  }

  layout.format = options.format;
  if (layout.format == "auto") {
    const bool hetrec = layout.header && columns == 3 && layout.delimiter == "\t" && layout.names[0] == "userID" &&
                        layout.names[1] == "artistID";
    layout.format = is_lastfm_360k(rows, layout.delimiter, facts)             ? "lastfm-360k"
                    : hetrec                                                  ? "hetrec"
                    : !layout.header && is_movielens(layout.delimiter, facts) ? "movielens"
                                                                              : "delimited";
  }
  const bool named = !options.user.empty() || !options.item.empty() || !options.title.empty();
  if (layout.format == "delimited") {
    choose_columns(layout, options, facts, file);
  } else {
    const bool lastfm = layout.format == "lastfm-360k";
    const int needed = lastfm ? 4 : layout.format == "hetrec" ? 3 : 2;
    if (layout.columns < needed) {
      throw Error(
          ErrorCode::kBadInput, {file, lines.numbers[0]},
          "the log has " + std::to_string(columns) + " columns, " + layout.format + " needs " + std::to_string(needed),
          "choose another --format or --delimiter");
    }
    const ColumnFinder finder(layout, file);
    const int usual_value = lastfm ? 3 : layout.columns > 2 ? 2 : kNoColumn;
    layout.user = finder.named("user-column", options.user).value_or(0);
    layout.value = options.value == "none" ? kNoColumn : finder.named("value", options.value).value_or(usual_value);
    layout.title = finder.named("title", options.title).value_or(kNoColumn);
    const bool ends_in_time = layout.format == "movielens" && layout.columns > 3 && facts[3].times;
    layout.time =
        options.time == "none" ? kNoColumn : finder.named("time", options.time).value_or(ends_in_time ? 3 : kNoColumn);
    layout.item = finder.named("item-column", options.item).value_or(lastfm ? 2 : 1);
    if (lastfm && options.item.empty()) {
      if (options.item_key == ItemKey::kMbid) {
        layout.item = 1;
        layout.item_fallback = 2;
        if (options.title.empty()) layout.title = 2;
      } else {
        layout.item_alias = 1;
      }
    }
    layout.reject_date_users = lastfm && options.reject_date_users;
  }
  check_meanings(layout, file);
  if (options.item_key == ItemKey::kMbid && (layout.format != "lastfm-360k" || !options.item.empty())) {
    throw Error(ErrorCode::kInvalidArgument, {file},
                "the log is read as " + layout.format + (named ? " with columns of your choice" : "") +
                    ": it has no column of MBIDs",
                "leave out --item-key, or name the columns with --item-column and --title");
  }
  return layout;
}

std::string describe(const Layout& layout, const std::string& packing) {
  const auto column = [&](int c) {
    std::string text = "column " + std::to_string(c + 1);
    if (layout.header && static_cast<std::size_t>(c) < layout.names.size())
      text += " \"" + shown(layout.names[static_cast<std::size_t>(c)]) + "\"";
    return text;
  };
  std::string text = layout.format + ": " + (packing.empty() ? "" : packing + ", ") + std::to_string(layout.columns) +
                     " columns by " + shown_delimiter(layout.delimiter) + ", " +
                     (layout.header ? "a header" : "no header") + "; user = " + column(layout.user) +
                     ", item = " + column(layout.item);
  if (layout.item_fallback != kNoColumn) text += " or where that is empty " + column(layout.item_fallback);
  if (layout.title != kNoColumn) text += ", title = " + column(layout.title);
  text += layout.value == kNoColumn ? ", every row counts 1" : ", value = " + column(layout.value);
  if (layout.time != kNoColumn) text += ", time = " + column(layout.time);
  text += " (change with --format, --delimiter, --header, --user-column, --item-column, --title, --value";
  if (layout.time != kNoColumn) text += ", --time";
  if (layout.format == "lastfm-360k") text += ", --item-key";
  return text + ")";
}

TitleLayout detect_title_layout(std::string_view sample, bool all, const std::string& file) {
  const std::size_t begin = check_text(sample, file);
  const Lines lines = lines_of(sample, begin, all);
  check_lines(lines, sample, all, file);
  TitleLayout layout;
  layout.delimiter = detect_delimiter(lines, kDelimiters);
  if (layout.delimiter.empty()) {
    throw Error(ErrorCode::kBadInput, {file, lines.numbers[0]}, "cannot cut the lines into ids and titles",
                "give a file of two columns by tab: id, title");
  }
  layout.quoted = may_quote(layout.delimiter);
  Splitter splitter(layout.delimiter, layout.quoted);
  splitter.split(lines.lines[0]);
  std::vector<std::string_view> first;
  for (const Field& field : splitter.fields()) first.push_back(field.text);
  layout.data_begin = begin;
  const int id = find_known(first, kIdNames);
  const int title = find_known(first, kTitleNames, {id});
  if (id != kNoColumn && title != kNoColumn) {
    layout.id = id;
    layout.title = title;
    layout.data_begin = lines.ends[0];
    layout.lines_before = lines.numbers[0];
  }
  return layout;
}

}  // namespace segue::ingest
