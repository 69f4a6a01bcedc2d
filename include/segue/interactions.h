// Interactions: who played what how often, with the names. What ingest makes of a log.
#ifndef SEGUE_INTERACTIONS_H_
#define SEGUE_INTERACTIONS_H_

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "segue/array.h"
#include "segue/matrix.h"
#include "segue/run.h"

namespace segue {

/// Strings by number: their bytes one after the other, and where each ends.
class StringTable {
 public:
  StringTable();

  /// @param offsets  [size + 1]: starts at 0, never falls, ends at bytes.size()
  /// @throws Error{kInvalidArgument} when the offsets break that.
  static StringTable create(Array<std::uint64_t> offsets, Array<char> bytes);
  static StringTable from(const std::vector<std::string>& strings);

  std::uint32_t size() const { return static_cast<std::uint32_t>(offsets_.size() - 1); }
  std::string_view operator[](std::uint32_t i) const {
    return {bytes_.data() + offsets_[i], static_cast<std::size_t>(offsets_[i + 1] - offsets_[i])};
  }

  const Array<std::uint64_t>& offsets() const { return offsets_; }
  const Array<char>& bytes() const { return bytes_; }

 private:
  Array<std::uint64_t> offsets_;
  Array<char> bytes_;
};

/// Ids in the order of their bytes, so that the number of an id is its rank (as pandas' categories number them), and
/// finding one is a binary search. Invariant: strictly ascending.
class IdMap {
 public:
  IdMap() = default;

  /// @throws Error{kInvalidArgument} when `ids` does not strictly ascend.
  static IdMap create(StringTable ids);

  std::uint32_t size() const { return ids_.size(); }
  std::string_view operator[](std::uint32_t i) const { return ids_[i]; }
  std::optional<std::uint32_t> find(std::string_view id) const;
  const StringTable& strings() const { return ids_; }

 private:
  StringTable ids_;
};

/// Invariants: plays is users.size() x items.size(); titles is empty or has a title for each item; times is empty or
/// has a finite one for each cell of plays.
struct Interactions {
  IdMap users;
  IdMap items;
  StringTable titles;  // empty: the ids are the titles
  CsrMatrix plays;     // users x items: the values of the log, duplicates combined
  std::string source;  // the name of the log
  /// By cell of plays, in its order: when it was last played, later is more (seconds since 1970 where the log said
  /// dates); empty where the log has no times, or they were not asked for. Models keep none.
  Array<double> times = {};

  /// What to show for an item: its title, or its id where there are no titles.
  std::string_view title(std::uint32_t item) const { return titles.size() != 0 ? titles[item] : items[item]; }
};

/// A row that was not kept.
struct RejectedRow {
  std::int64_t line = 0;    // 1-based
  std::int64_t column = 0;  // 1-based, in bytes: where the offending field begins
  std::string text;         // the line, cut to 200 bytes, invalid bytes escaped
};

/// Why rows were not kept, and the first of them.
struct Rejection {
  std::string reason;  // "value is not a number", "user is a date", …
  std::uint64_t rows = 0;
  std::vector<RejectedRow> examples;  // at most 3, the first in the file
  std::string fix;                    // the option that changes it
};

/// What ingest did, for people and for logs.
struct IngestReport {
  std::string detected;  // one line: format, columns, and the options that change them
  std::uint64_t bytes = 0;
  std::uint64_t rows_read = 0;                // lines but the header and blank_lines
  std::uint64_t rows_kept = 0;                // rows_read = rows_kept + all rejected rows
  std::uint64_t blank_lines = 0;              // lines without a byte; not rows
  std::vector<Rejection> rejections;          // in a fixed order of reasons
  std::uint64_t duplicates = 0;               // kept rows that were combined into an earlier row's cell
  std::uint64_t dropped_by_minimum = 0;       // cells dropped by min_user_items and min_item_users
  std::uint64_t items_with_several_keys = 0;  // names that came with more than one MBID
  std::uint64_t items_without_title = 0;      // where titles were asked for; such items show their id
  double seconds = 0;
};

enum class Duplicates { kSum, kMax, kLast, kError };
enum class BadRows { kReport, kSkip, kFail };
enum class ItemKey { kName, kMbid };
enum class ZeroValues { kDrop, kKeep };
enum class NegativeValues { kKeep, kDrop };  // negative values are dislikes

/// How to read a log. Columns are given by number from 1 ("2") or by a name in the header ("artist"); empty: detected.
struct IngestOptions {
  std::string format = "auto";           // auto, lastfm-360k, hetrec, movielens, delimited
  std::string delimiter;                 // empty: detected; otherwise 1 to 4 bytes: "\t", ",", "::"
  std::string header = "auto";           // auto, yes, no
  std::string user;                      // column of the user's id
  std::string item;                      // column of the item's id
  std::string title;                     // column of the item's title
  std::string value;                     // column of the value; "none": every row counts 1
  std::string time;                      // column of the time: numbers, or dates as in ISO 8601; "none": not kept
  std::filesystem::path titles;          // a file of item ids and titles, empty: none
  std::string titles_encoding = "auto";  // auto, utf-8, latin-1; auto: latin-1 where the file is not UTF-8
  ItemKey item_key = ItemKey::kName;     // lastfm-360k: what makes two artists the same
  Duplicates duplicates = Duplicates::kSum;
  BadRows bad_rows = BadRows::kReport;
  ZeroValues zero_values = ZeroValues::kDrop;
  NegativeValues negative_values = NegativeValues::kKeep;
  bool reject_date_users = true;     // lastfm-360k: users like "sep 20, 2008" are rows whose columns slipped
  std::uint32_t min_user_items = 0;  // users with fewer items are left out …
  std::uint32_t min_item_users = 0;  // … and items with fewer users; repeated until neither drops any
};

struct IngestResult {
  Interactions interactions;
  IngestReport report;
};

/// Reads a play log: a file or a pipe, plain, .gz, .zst or .tar.gz (told by its first bytes). One line is one row. All
/// cores; the same result for any number of threads: duplicates are combined in the order of the file, in double.
/// docs/ingest.md argues for each option's default.
/// @throws Error{kNotFound, kIo} for the file; Error{kInvalidArgument} for options that do not fit it; Error{kBadInput}
///         with line and column where the log cannot be read as asked (it is empty or not text, no row was kept, a
///         column is missing, a bad row under BadRows::kFail, a duplicate under Duplicates::kError); Error{kCancelled}.
IngestResult read_log(const std::filesystem::path& log, const IngestOptions& options = {}, const Run& run = {});

/// Writes interactions as a .plays file (docs/file-format.md). Complete or not at all.
void save_interactions(const Interactions& interactions, const std::filesystem::path& path, const Run& run = {});

/// Opens a .plays file, or the plays inside a model file, by mapping it. @throws Error{kNotFound, kIo, kCorruptFile}.
Interactions open_interactions(const std::filesystem::path& path);

/// Whether `path` begins as a file of ours does (.plays or .segue), as opposed to a log.
bool is_segue_file(const std::filesystem::path& path);

}  // namespace segue

#endif  // SEGUE_INTERACTIONS_H_
