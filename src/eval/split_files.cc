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

/// Pairs have the same two to four columns in every line; a user a line has not, unless all have as few items.
SplitFormat format_of(std::string_view text) {
  if (text.starts_with('(')) return SplitFormat::kNegatives;
  constexpr std::size_t kMostColumns = 4;  // user, item, rating, time
  std::size_t columns = 0;
  bool even = true;
  for_each_line(text, [&](std::string_view line, std::int64_t) {
    const std::size_t count = fields_of(line).size();
    if (count == 0) return;
    if (columns == 0) columns = count;
    even = even && count == columns;
  });
  return even && columns >= 2 && columns <= kMostColumns ? SplitFormat::kPairs : SplitFormat::kLines;
}

/// @param candidates  whether the file may be in the notation of candidates
PairFile read_pairs(const fs::path& path, SplitFormat format, bool candidates) {
  PairFile file;
  file.text = std::make_unique<const std::string>(read_text(path));
  if (file.text->find('\0') != std::string::npos) {
    throw Error(ErrorCode::kBadInput, {path.string()}, "is not text", "give \"user item\" pairs, or a user a line");
  }
  const SplitFormat found = format_of(*file.text);
  // NCF's notation is its own; where candidates are in it, the other files still have theirs.
  if (format == SplitFormat::kAuto || found == SplitFormat::kNegatives) format = found;
  if (format == SplitFormat::kNegatives && !candidates) {
    throw Error(ErrorCode::kBadInput, {path.string(), 1, 1}, "holds candidates, as NCF's test.negative does",
                "give it as the candidates");
  }
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
  std::vector<PairFile> files;
  files.push_back(read_pairs(train, format, false));
  files.push_back(read_pairs(test, format, false));
  if (!candidates.empty()) files.push_back(read_pairs(candidates, format, true));
  std::vector<std::string_view> users;
  std::vector<std::string_view> items;
  for (const PairFile& file : files) {
    users.insert(users.end(), file.users.begin(), file.users.end());
    for (const auto& pair : file.pairs) items.push_back(pair.second);
  }
  GivenSplit given;
  given.users = ids_of(std::move(users));
  given.items = ids_of(std::move(items));
  given.split.train = matrix_of(files[0], given.users, given.items);
  given.split.history = given.split.train;
  given.split.test = matrix_of(files[1], given.users, given.items);
  if (!candidates.empty()) given.candidates = matrix_of(files[2], given.users, given.items);
  return given;
}

}  // namespace segue
