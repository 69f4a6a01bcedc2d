// Rejects: why rows were not kept, how many, and the first of each reason.
#ifndef SEGUE_INGEST_REJECTS_H_
#define SEGUE_INGEST_REJECTS_H_

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "segue/error.h"
#include "segue/interactions.h"

namespace segue::ingest {

/// In the order of the report. A row has the first reason that it meets.
enum class Reason : std::uint8_t {
  kTooLong,
  kTooFewColumns,
  kTooManyColumns,
  kBrokenQuotes,
  kEmptyUser,
  kDateUser,
  kEmptyItem,
  kNotANumber,
  kOutOfRange,
  kZero,
  kNegative,
  kNotATime,
  kNulByte,
  kNotUtf8,
};
constexpr std::size_t kReasons = static_cast<std::size_t>(Reason::kNotUtf8) + 1;
constexpr std::size_t kExamples = 3;

/// The rejected rows of a chunk, lines counted from its first, or of a log.
class Rejects {
 public:
  struct Example {
    Reason reason;
    RejectedRow row;
    std::string field;  // the offending field, for an error
  };

  /// @param field  the offending field, which lies in `line`; its place tells the column. At the line's end: what is
  /// missing
  void add(Reason reason, std::int64_t line_number, std::string_view line, std::string_view field);

  /// Joins those of the next chunk, which begins after `lines_before` lines.
  void append(const Rejects& next, std::int64_t lines_before);

  std::uint64_t total() const;
  std::uint64_t count(Reason reason) const { return counts_[static_cast<std::size_t>(reason)]; }

  /// For the report; without examples where the user does not want to see them.
  std::vector<Rejection> rejections(bool with_examples) const;

  /// The first rejected row of the log as an error. Requires total() != 0.
  Error first_as_error(const std::string& file) const;

  /// What is wrong when every row was rejected. Requires total() != 0.
  Error none_kept_error(const std::string& file) const;

 private:
  std::array<std::uint64_t, kReasons> counts_{};
  std::vector<Example> examples_;
};

}  // namespace segue::ingest

#endif  // SEGUE_INGEST_REJECTS_H_
