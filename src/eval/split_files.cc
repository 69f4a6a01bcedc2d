// Splits from files that others made. Three notations, told apart by their lines: pairs ("user item …"), a user a line
// ("user item item …", as LightGCN writes) and NCF's "(user,item)" with candidates. Ids are text; what is numbers
// becomes rank of the bytes, as everywhere.
#include <algorithm>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "segue/error.h"
#include "segue/split.h"

namespace segue {
namespace {

namespace fs = std::filesystem;

/// Pairs as views into the file's text.
struct PairFile {
  std::unique_ptr<const std::string> text;  // stays where it is when the file is moved
  std::vector<std::pair<std::string_view, std::string_view>> pairs;
  std::vector<std::string_view> users;  // of every line, those without an item included
};

std::string read_text(const fs::path& path) {
  std::error_code error;
  if (!fs::exists(path, error)) {
    throw Error(ErrorCode::kNotFound, {path.string()}, "there is no such file", "check the path");
  }
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  if (fs::is_directory(path, error) || !in || !(text << in.rdbuf())) {
    if (!fs::is_directory(path, error) && in && fs::file_size(path, error) == 0) return {};
    throw Error(ErrorCode::kIo, {path.string()}, "cannot be read", "check that it is a file and its permissions");
  }
  return std::move(text).str();
}

bool parts(char c) { return c == ' ' || c == '\t' || c == ',' || c == ':' || c == '(' || c == ')' || c == '\r'; }

std::vector<std::string_view> fields_of(std::string_view line) {
  std::vector<std::string_view> fields;
  for (std::size_t at = 0; at < line.size();) {
    while (at < line.size() && parts(line[at])) ++at;
    const std::size_t begin = at;
    while (at < line.size() && !parts(line[at])) ++at;
    if (at > begin) fields.push_back(line.substr(begin, at - begin));
  }
  return fields;
}

template <typename Visit>
void for_each_line(std::string_view text, const Visit& visit) {
  std::int64_t number = 0;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    visit(text.substr(0, end), ++number);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

/// What the lines of a file tell.
struct Told {
  SplitFormat format = SplitFormat::kAuto;      // for sure; kAuto: they may be either
  SplitFormat otherwise = SplitFormat::kPairs;  // what they are where nothing else tells
};

/// Pairs have as many columns in every line, and users come again; a user a line has neither. Where each user has one
/// line and all lines are as long it may be either: with up to four columns (user, item, rating, time) rather pairs.
Told told_by(std::string_view text) {
  if (text.starts_with('(')) return {SplitFormat::kNegatives, SplitFormat::kNegatives};
  constexpr std::size_t kMostColumns = 4;
  std::size_t columns = 0;
  bool even = true;
  std::vector<std::string_view> users;
  for_each_line(text, [&](std::string_view line, std::int64_t) {
    const auto fields = fields_of(line);
    if (fields.empty()) return;
    if (columns == 0) columns = fields.size();
    even = even && fields.size() == columns;
    users.push_back(fields[0]);
  });
  if (!even) return {SplitFormat::kLines, SplitFormat::kLines};
  std::sort(users.begin(), users.end());
  const bool again = std::adjacent_find(users.begin(), users.end()) != users.end();
  if (again) return {SplitFormat::kPairs, SplitFormat::kPairs};
  return {SplitFormat::kAuto, columns >= 2 && columns <= kMostColumns ? SplitFormat::kPairs : SplitFormat::kLines};
}

std::unique_ptr<const std::string> open_text(const fs::path& path) {
  auto text = std::make_unique<const std::string>(read_text(path));
  if (text->find('\0') != std::string::npos) {
    throw Error(ErrorCode::kBadInput, {path.string()}, "is not text", "give \"user item\" pairs, or a user a line");
  }
  return text;
}

PairFile pairs_of(const fs::path& path, std::unique_ptr<const std::string> text, SplitFormat format) {
  PairFile file;
  file.text = std::move(text);
  for_each_line(*file.text, [&](std::string_view line, std::int64_t number) {
    const auto fields = fields_of(line);
    if (fields.empty()) return;
    file.users.push_back(fields[0]);
    if (format == SplitFormat::kPairs) {
      if (fields.size() < 2) {
        throw Error(ErrorCode::kBadInput, {path.string(), number, 1}, "has a user and no item",
                    "write \"user item\" in each line");
      }
      file.pairs.emplace_back(fields[0], fields[1]);
      return;
    }
    // "(user,item)" names the held-out item, which is ranked in any case.
    for (std::size_t i = 1; i < fields.size(); ++i) file.pairs.emplace_back(fields[0], fields[i]);
  });
  if (file.pairs.empty()) {
    throw Error(ErrorCode::kBadInput, {path.string()}, "holds no pair of a user and an item",
                "give \"user item\" pairs, or a user a line");
  }
  return file;
}

IdMap ids_of(std::vector<std::string_view> names) {
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return IdMap::create(StringTable::from(std::vector<std::string>(names.begin(), names.end())));
}

CsrMatrix matrix_of(const PairFile& file, const IdMap& users, const IdMap& items) {
  std::vector<std::pair<std::uint32_t, std::uint32_t>> cells;
  cells.reserve(file.pairs.size());
  for (const auto& [user, item] : file.pairs) cells.emplace_back(*users.find(user), *items.find(item));
  std::sort(cells.begin(), cells.end());
  cells.erase(std::unique(cells.begin(), cells.end()), cells.end());
  std::vector<std::uint64_t> row_ptr(users.size() + std::size_t{1});
  std::vector<std::uint32_t> columns;
  for (const auto& [user, item] : cells) {
    ++row_ptr[user + std::size_t{1}];
    columns.push_back(item);
  }
  for (std::size_t u = 1; u < row_ptr.size(); ++u) row_ptr[u] += row_ptr[u - 1];
  std::vector<float> ones(columns.size(), 1);
  return CsrMatrix::create(items.size(), std::move(row_ptr), std::move(columns), std::move(ones));
}

}  // namespace

GivenSplit read_split(const fs::path& train, const fs::path& test, const fs::path& candidates, SplitFormat format) {
  auto train_text = open_text(train);
  auto test_text = open_text(test);
  const Told of_train = told_by(*train_text);
  const Told of_test = told_by(*test_text);
  const auto format_of = [&](const Told& own, const Told& other, const fs::path& path) {
    if (own.format == SplitFormat::kNegatives) {
      throw Error(ErrorCode::kBadInput, {path.string(), 1, 1}, "holds candidates, as NCF's test.negative does",
                  "give it as the candidates");
    }
    if (format == SplitFormat::kPairs || format == SplitFormat::kLines) return format;
    if (own.format != SplitFormat::kAuto) return own.format;
    return other.format != SplitFormat::kAuto ? other.format : own.otherwise;
  };
  GivenSplit given;
  given.train_format = format_of(of_train, of_test, train);
  given.test_format = format_of(of_test, of_train, test);
  std::vector<PairFile> files;
  files.push_back(pairs_of(train, std::move(train_text), given.train_format));
  files.push_back(pairs_of(test, std::move(test_text), given.test_format));
  if (!candidates.empty()) {
    auto text = open_text(candidates);
    const Told told = told_by(*text);
    // NCF's notation is its own; where candidates are in it, the other files still have theirs.
    const bool is_own = told.format == SplitFormat::kNegatives || format == SplitFormat::kAuto;
    const SplitFormat own = told.format == SplitFormat::kAuto ? told.otherwise : told.format;
    files.push_back(pairs_of(candidates, std::move(text), is_own ? own : format));
  }
  std::vector<std::string_view> users;
  std::vector<std::string_view> items;
  for (const PairFile& file : files) {
    users.insert(users.end(), file.users.begin(), file.users.end());
    for (const auto& pair : file.pairs) items.push_back(pair.second);
  }
  given.users = ids_of(std::move(users));
  given.items = ids_of(std::move(items));
  given.split.train = matrix_of(files[0], given.users, given.items);
  given.split.history = given.split.train;
  given.split.test = matrix_of(files[1], given.users, given.items);
  if (!candidates.empty()) given.candidates = matrix_of(files[2], given.users, given.items);
  return given;
}

}  // namespace segue
