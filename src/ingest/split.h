// Cutting a line into fields, quotes included: the way that takes any delimiter.
#ifndef SEGUE_INGEST_SPLIT_H_
#define SEGUE_INGEST_SPLIT_H_

#include <deque>
#include <string>
#include <string_view>
#include <vector>

namespace segue::ingest {

/// A field of a line.
struct Field {
  std::string_view raw;   // as it stands in the line, quotes included
  std::string_view text;  // what it says: in the line, or in the splitter's memory where quotes were doubled
};

class Splitter {
 public:
  /// `quoted`: a field that begins with a quote ends at the next single one; a doubled one stands for itself (RFC
  /// 4180). A quote elsewhere is a byte like any other. A quoted field ends on its line: one stray quote costs one row,
  /// not the rest of the file.
  Splitter(std::string delimiter, bool quoted) : delimiter_(std::move(delimiter)), quoted_(quoted) {}

  /// Cuts `line` (without its line end) into fields(). False when a quoted field is not closed, or text follows it:
  /// fields() then ends with it.
  bool split(std::string_view line);

  const std::vector<Field>& fields() const { return fields_; }

  /// Forgets the texts that split() made: they are valid until then.
  void clear_texts() { texts_.clear(); }

 private:
  std::string delimiter_;
  bool quoted_;
  std::vector<Field> fields_;
  std::deque<std::string> texts_;  // padded as chunks are
};

}  // namespace segue::ingest

#endif  // SEGUE_INGEST_SPLIT_H_
