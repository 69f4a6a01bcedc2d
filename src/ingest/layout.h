// Layout: how the lines of a log are cut into fields and which field means what, told by options or detected from the
// first lines.
#ifndef SEGUE_INGEST_LAYOUT_H_
#define SEGUE_INGEST_LAYOUT_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "segue/interactions.h"

namespace segue::ingest {

constexpr int kNoColumn = -1;

struct Layout {
  std::string format;     // lastfm-360k, hetrec, movielens or delimited
  std::string delimiter;  // 1 to 4 bytes
  bool quoted = false;    // fields may be quoted (RFC 4180): in comma- and semicolon-separated text only
  bool header = false;
  std::vector<std::string> names;  // of the header
  int columns = 0;                 // a row has exactly as many
  int user = 0;                    // columns from 0
  int item = 1;
  int title = kNoColumn;
  int value = kNoColumn;          // none: every row counts 1
  int time = kNoColumn;           // none: no times are kept
  int item_fallback = kNoColumn;  // what names the item where `item` is empty: the artist's name for its MBID
  int item_alias = kNoColumn;     // another key of the item: the MBID of the artist's name
  bool reject_date_users = false;
  std::size_t data_begin = 0;     // bytes of a byte order mark and the header
  std::int64_t lines_before = 0;  // lines in them
};

/// @param sample  the first bytes of the log
/// @param all     whether they are the whole log
/// @throws Error{kBadInput} when they are not text or do not fit the options, Error{kInvalidArgument} for bad options.
Layout detect_layout(std::string_view sample, bool all, const IngestOptions& options, const std::string& file);

/// One line for people: what was detected and which options change it.
std::string describe(const Layout& layout, const std::string& packing);

/// Where the ids and titles of a titles file are.
struct TitleLayout {
  std::string delimiter;
  bool quoted = false;
  int id = 0;
  int title = 1;
  std::size_t data_begin = 0;
  std::int64_t lines_before = 0;
};
TitleLayout detect_title_layout(std::string_view sample, bool all, const std::string& file);

}  // namespace segue::ingest

#endif  // SEGUE_INGEST_LAYOUT_H_
