// Table: rows of text in columns that line up, whatever alphabet they are in.
#ifndef SEGUE_APPS_CLI_TABLE_H_
#define SEGUE_APPS_CLI_TABLE_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace segue::cli {

enum class Align { kLeft, kRight };

struct Column {
  std::string title;
  Align align = Align::kLeft;
};

class Table {
 public:
  explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}

  /// One cell per column. Cells are made visible(): a name cannot break the table.
  void add(std::vector<std::string> cells);

  bool empty() const { return rows_.empty(); }

  /// The lines, each ended by a newline, after a line of titles.
  /// @param width      columns of the terminal, 0 when the reader is not one: then nothing is cut. Too long a table
  /// gives way
  ///                   in its first left-aligned column.
  /// @param emphasis   written before the line of titles, and `plain` after it: a terminal's codes, or nothing
  std::string render(std::size_t width, std::string_view emphasis = {}, std::string_view plain = {}) const;

 private:
  std::vector<Column> columns_;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace segue::cli

#endif  // SEGUE_APPS_CLI_TABLE_H_
