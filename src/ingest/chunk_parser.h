// ChunkParser: a worker's way from a chunk of text to numbers.
//
// Where delimiters are single bytes and nothing is quoted, one pass finds all of them (scan.h) and rows are cut from
// that list; otherwise each line is split on its own (split.h). Rows then go through in batches, so that the look-ups
// of a batch wait for memory together: cut, check and hash all; touch the slots of all; touch the records; compare
// names.
//
// Only a row that is kept adds names to the tables: a user or an item without a row does not exist. Names are checked
// for UTF-8 when they are new; a bad one never enters the table and so is checked, and rejected, each time.
#ifndef SEGUE_INGEST_CHUNK_PARSER_H_
#define SEGUE_INGEST_CHUNK_PARSER_H_

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "ingest/chunk_source.h"
#include "ingest/layout.h"
#include "ingest/name_table.h"
#include "ingest/rows.h"
#include "ingest/split.h"

namespace segue::ingest {

/// The first title of each item that a worker saw.
struct FirstTitles {
  struct Title {
    std::uint64_t position = ~std::uint64_t{0};  // in the log: chunk, then row
    std::uint64_t begin = 0;
    std::uint32_t size = 0;
  };
  std::vector<Title> titles;  // by number of the item
  std::vector<char> bytes;
};

class ChunkParser {
 public:
  /// All must outlive the parser.
  ChunkParser(const Layout& layout, const IngestOptions& options, NameTable& users, NameTable& items);

  /// Fills `rows`, which is empty before.
  void parse(const Chunk& chunk, ChunkRows& rows);

  const FirstTitles& first_titles() const { return first_titles_; }

 private:
  static constexpr std::size_t kBatch = 64;      // rows whose look-ups are under way at a time
  static constexpr std::size_t kWindow = 32768;  // bytes whose structure is listed at a time: it stays in L1 and L2
  struct Row {
    std::string_view line;
    std::string_view user;
    std::string_view item;
    std::string_view title;
    std::string_view alias;
    double value;
    double time;
    std::uint64_t user_hash;
    std::uint64_t item_hash;
    const NameRecord* user_candidate;
    const NameRecord* item_candidate;
    std::uint32_t line_number;  // from 1 in the chunk
    bool same_user;             // as the row's before
  };

  void parse_plain(std::string_view text);
  void parse_any(std::string_view text);
  template <typename FieldAt>
  void add_row(std::string_view line, FieldAt field_at);
  void reject_line(Reason reason, std::string_view line, std::size_t at);
  void resolve_batch();
  bool check_name(std::string_view name, const Row& row);
  void keep(const Row& row, NameRecord& item);

  const Layout& layout_;
  const IngestOptions& options_;
  NameTable& users_;
  NameTable& items_;
  Splitter splitter_;
  std::vector<std::uint32_t> structure_;

  std::array<Row, kBatch> batch_;
  std::size_t batch_size_ = 0;
  std::string_view last_user_;  // of the last row that entered a batch; empty: none in this chunk
  std::uint64_t last_user_hash_ = 0;
  const NameRecord* user_ = nullptr;  // the record of the user whose rows are being resolved
  std::uint32_t line_number_ = 0;

  ChunkRows* rows_ = nullptr;  // of the chunk at hand
  FirstTitles first_titles_;
};

}  // namespace segue::ingest

#endif  // SEGUE_INGEST_CHUNK_PARSER_H_
