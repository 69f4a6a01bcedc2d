#include "ingest/chunk_parser.h"

#include <algorithm>
#include <cstring>
#include <optional>
#include <utility>

#include "ingest/scan.h"
#include "ingest/text.h"

namespace segue::ingest {

ChunkParser::ChunkParser(const Layout& layout, const IngestOptions& options, NameTable& users, NameTable& items)
    : layout_(layout), options_(options), users_(users), items_(items), splitter_(layout.delimiter, layout.quoted) {}

void ChunkParser::parse(const Chunk& chunk, ChunkRows& rows) {
  const std::string_view text(chunk.text.data(), chunk.text.size());
  rows_ = &rows;
  rows.index = chunk.index;
  last_user_ = {};
  user_ = nullptr;
  line_number_ = 0;
  const bool quotes = layout_.quoted && text.find('"') != std::string_view::npos;
  if (layout_.delimiter.size() == 1 && !quotes) {
    parse_plain(text);
  } else {
    parse_any(text);
  }
  resolve_batch();
  rows.lines = line_number_;
}

void ChunkParser::parse_plain(std::string_view text) {
  const auto columns = static_cast<std::size_t>(layout_.columns);
  const char* const text_end = text.data() + text.size();
  std::size_t window = kWindow;
  for (const char* base = text.data(); base != text_end;) {
    const std::size_t size = std::min(window, static_cast<std::size_t>(text_end - base));
    if (structure_.size() < size + 8) structure_.resize(size + 8);
    const std::size_t count = find_structure(base, size, layout_.delimiter[0], structure_.data());
    const std::uint32_t* marks = structure_.data();  // of the line at `begin`
    const std::uint32_t* const marks_end = marks + count;
    const char* begin = base;
    for (;;) {
      bool regular = static_cast<std::size_t>(marks_end - marks) >= columns && base[marks[columns - 1]] == '\n';
      for (std::size_t c = 0; regular && c + 1 < columns; ++c) regular = base[marks[c]] != '\n';
      std::size_t found = columns;
      if (!regular) {
        const std::uint32_t* mark = std::find_if(marks, marks_end, [&](std::uint32_t at) { return base[at] == '\n'; });
        if (mark == marks_end) break;  // the line goes on beyond the window
        found = static_cast<std::size_t>(mark - marks) + 1;
      }
      const char* end = base + marks[found - 1];
      std::string_view line(begin, static_cast<std::size_t>(end - begin));
      const bool too_long = line.size() > kLongestLine;
      if (line.ends_with('\r')) line.remove_suffix(1);
      ++line_number_;
      if (too_long) {
        reject_line(Reason::kTooLong, line, 0);
      } else if (regular) {
        add_row(line, [&](int column) {
          const char* from = column == 0 ? line.data() : base + marks[column - 1] + 1;
          const char* to = column + 1 == layout_.columns ? line.data() + line.size() : base + marks[column];
          return std::string_view(from, static_cast<std::size_t>(to - from));
        });
      } else if (!line.empty()) {
        if (found < columns) {
          reject_line(Reason::kTooFewColumns, line, line.size());
        } else {
          reject_line(Reason::kTooManyColumns, line, static_cast<std::size_t>(base + marks[columns - 1] + 1 - begin));
        }
      }
      marks += found;
      begin = end + 1;
    }
    window = begin == base ? window * 2 : kWindow;
    base = begin;
  }
}

void ChunkParser::parse_any(std::string_view text) {
  const auto columns = static_cast<std::size_t>(layout_.columns);
  while (!text.empty()) {
    std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(line.size() + 1);
    const bool too_long = line.size() > kLongestLine;
    if (line.ends_with('\r')) line.remove_suffix(1);
    ++line_number_;
    if (line.empty()) continue;
    if (too_long) {
      reject_line(Reason::kTooLong, line, 0);
      continue;
    }
    const bool closed = splitter_.split(line);
    const std::vector<Field>& fields = splitter_.fields();
    if (!closed) {
      reject_line(Reason::kBrokenQuotes, line, static_cast<std::size_t>(fields.back().raw.data() - line.data()));
    } else if (fields.size() < columns) {
      reject_line(Reason::kTooFewColumns, line, line.size());
    } else if (fields.size() > columns) {
      reject_line(Reason::kTooManyColumns, line, static_cast<std::size_t>(fields[columns].raw.data() - line.data()));
    } else {
      add_row(line, [&](int column) { return fields[static_cast<std::size_t>(column)].text; });
    }
  }
}

/// @param at  offset in the line of what is wrong
void ChunkParser::reject_line(Reason reason, std::string_view line, std::size_t at) {
  ++rows_->rows;
  rows_->rejects.add(reason, line_number_, line, line.substr(at));
}

/// Checks a row as far as that goes without its names, and puts it into the batch.
template <typename FieldAt>
void ChunkParser::add_row(std::string_view line, FieldAt field_at) {
  ++rows_->rows;
  Row& row = batch_[batch_size_];
  row.line = line;
  row.line_number = line_number_;
  row.user = field_at(layout_.user);
  row.item = field_at(layout_.item);
  if (row.item.empty() && layout_.item_fallback != kNoColumn) row.item = field_at(layout_.item_fallback);
  if (layout_.title != kNoColumn) row.title = field_at(layout_.title);
  if (layout_.item_alias != kNoColumn) row.alias = field_at(layout_.item_alias);

  const auto reject = [&](Reason reason, std::string_view field) {
    rows_->rejects.add(reason, line_number_, line, field);
  };
  if (row.user.empty()) return reject(Reason::kEmptyUser, row.user);
  row.same_user = row.user == last_user_;
  if (layout_.reject_date_users && is_date(row.user)) return reject(Reason::kDateUser, row.user);
  if (row.item.empty()) return reject(Reason::kEmptyItem, row.item);
  row.value = 1;
  if (layout_.value != kNoColumn) {
    const std::string_view field = field_at(layout_.value);
    const NumberKind kind = parse_padded_number(field, row.value);
    if (kind == NumberKind::kNotANumber) return reject(Reason::kNotANumber, field);
    if (kind == NumberKind::kOutOfRange) return reject(Reason::kOutOfRange, field);
    if (row.value == 0 && options_.zero_values == ZeroValues::kDrop) return reject(Reason::kZero, field);
    if (row.value < 0 && options_.negative_values == NegativeValues::kDrop) return reject(Reason::kNegative, field);
  }
  if (layout_.time != kNoColumn) {
    const std::string_view field = field_at(layout_.time);
    const std::optional<double> time = parse_time(field);
    if (!time) return reject(Reason::kNotATime, field);
    row.time = *time;
  }
  if (!row.same_user) {
    last_user_ = row.user;
    last_user_hash_ = users_.hash(row.user);
    users_.prefetch(last_user_hash_);
  }
  row.user_hash = last_user_hash_;
  row.item_hash = items_.hash(row.item);
  items_.prefetch(row.item_hash);
  if (++batch_size_ == kBatch) resolve_batch();
}

/// Looks the batch's names up and keeps its rows.
void ChunkParser::resolve_batch() {
  const std::span<Row> batch(batch_.data(), std::exchange(batch_size_, 0));
  for (Row& row : batch) {
    row.item_candidate = items_.candidate(row.item_hash);
    row.user_candidate = row.same_user ? nullptr : users_.candidate(row.user_hash);
  }
  for (Row& row : batch) {
    if (!row.same_user) user_ = users_.find(row.user, row.user_hash, row.user_candidate);
    NameRecord* item = items_.find(row.item, row.item_hash, row.item_candidate);
    if (user_ == nullptr && !check_name(row.user, row)) continue;
    if (item == nullptr && !check_name(row.item, row)) continue;
    if (layout_.title != kNoColumn && !check_name(row.title, row)) continue;
    if (user_ == nullptr) user_ = users_.add(row.user, row.user_hash);
    if (item == nullptr) item = items_.add(row.item, row.item_hash);
    keep(row, *item);
  }
  // The texts of quoted fields end here; the next batch must not compare with them.
  if (layout_.quoted) {
    last_user_ = {};
    splitter_.clear_texts();
  }
}

bool ChunkParser::check_name(std::string_view name, const Row& row) {
  const bool zero = std::memchr(name.data(), 0, name.size()) != nullptr;
  if (!zero && is_utf8(name)) return true;
  // A name whose quotes were doubled lies outside its line: it is shown where the line begins.
  const bool inside = name.data() >= row.line.data() && name.data() <= row.line.data() + row.line.size();
  rows_->rejects.add(zero ? Reason::kNulByte : Reason::kNotUtf8, row.line_number, row.line,
                     inside ? name : row.line.substr(0, 0));
  return false;
}

void ChunkParser::keep(const Row& row, NameRecord& item) {
  if (!row.alias.empty()) NameTable::note_key(item, row.alias);
  const std::uint32_t number = item.number();
  if (layout_.title != kNoColumn) {
    auto& titles = first_titles_.titles;
    if (number >= titles.size()) titles.resize(number + std::size_t{1} + number / 2);
    if (titles[number].position == ~std::uint64_t{0}) {
      titles[number] = {rows_->index << 32 | row.line_number, first_titles_.bytes.size(),
                        static_cast<std::uint32_t>(row.title.size())};
      first_titles_.bytes.insert(first_titles_.bytes.end(), row.title.begin(), row.title.end());
    }
  }
  const auto rounded = static_cast<float>(row.value);
  std::vector<double>& exact = rows_->exact;
  if (exact.empty() && static_cast<double>(rounded) != row.value)
    exact.assign(rows_->values.begin(), rows_->values.end());
  if (!exact.empty() || static_cast<double>(rounded) != row.value) exact.push_back(row.value);
  rows_->items.push_back(number);
  rows_->values.push_back(rounded);
  if (layout_.time != kNoColumn) rows_->times.push_back(row.time);
  std::vector<UserRun>& runs = rows_->runs;
  if (runs.empty() || runs.back().user != user_->number()) runs.push_back({user_->number(), 0});
  ++runs.back().rows;
  if (options_.duplicates == Duplicates::kError) rows_->line_of.push_back(row.line_number);
}

}  // namespace segue::ingest
