#include "ingest/rejects.h"

#include <algorithm>
#include <numeric>

#include "ingest/text.h"

namespace segue::ingest {
namespace {

constexpr std::size_t kFieldShown = 60;

/// '#' stands for the field in an error; the report leaves it out.
struct ReasonText {
  std::string_view what;
  std::string_view fix;
};
constexpr std::array<ReasonText, kReasons> kTexts = {{
    {"line is longer than 1 MiB", "check that the file is a log and its lines end in line feeds"},
    {"too few columns", "check --delimiter"},
    {"too many columns", "check --delimiter; a field that holds the delimiter must be quoted, in CSV only"},
    {"quotes are not closed on their line or text follows them", "mend the quotes, or choose another --delimiter"},
    {"user is empty", "name the right column with --user-column"},
    {"user # is a date", "keep such users with --date-users=keep"},
    {"item is empty",
     "name the right column with --item-column; in Last.fm-360K --item-key=mbid keeps artists without a name"},
    {"value # is not a number", "name the right column with --value, or count rows with --value=none"},
    {"value # is out of the range of a float", "name the right column with --value"},
    {"value is 0", "keep such rows with --zero-values=keep"},
    {"value # is negative", "keep such rows as dislikes with --negative-values=keep"},
    {"time # is neither a number nor a date such as 2009-05-04T23:08:57Z",
     "name the right column with --time, or keep no times with --time=none"},
    {"name # holds a NUL byte", "mend the log: tr -d '\\000'"},
    {"name # is not valid UTF-8", "convert the log: iconv -f latin1 -t utf-8"},
}};

const ReasonText& text_of(Reason reason) { return kTexts[static_cast<std::size_t>(reason)]; }

std::string without_field(std::string_view what) {
  std::string text(what);
  if (const std::size_t at = text.find("# "); at != std::string::npos) text.erase(at, 2);
  return text;
}

}  // namespace

void Rejects::add(Reason reason, std::int64_t line_number, std::string_view line, std::string_view field) {
  if (++counts_[static_cast<std::size_t>(reason)] > kExamples) return;
  const std::int64_t column = field.data() - line.data() + 1;
  examples_.push_back({reason, {line_number, column, shown(line)}, shown(field.substr(0, kFieldShown))});
}

void Rejects::append(const Rejects& next, std::int64_t lines_before) {
  std::array<std::uint64_t, kReasons> had = counts_;
  for (const Example& example : next.examples_) {
    if (++had[static_cast<std::size_t>(example.reason)] > kExamples) continue;
    examples_.push_back(example);
    examples_.back().row.line += lines_before;
  }
  for (std::size_t i = 0; i < kReasons; ++i) counts_[i] += next.counts_[i];
}

std::uint64_t Rejects::total() const { return std::accumulate(counts_.begin(), counts_.end(), std::uint64_t{0}); }

std::vector<Rejection> Rejects::rejections(bool with_examples) const {
  std::vector<Rejection> all;
  for (std::size_t i = 0; i < kReasons; ++i) {
    if (counts_[i] == 0) continue;
    Rejection rejection;
    rejection.reason = without_field(kTexts[i].what);
    rejection.rows = counts_[i];
    rejection.fix = kTexts[i].fix;
    if (with_examples) {
      for (const Example& example : examples_) {
        if (static_cast<std::size_t>(example.reason) == i) rejection.examples.push_back(example.row);
      }
    }
    all.push_back(std::move(rejection));
  }
  return all;
}

Error Rejects::first_as_error(const std::string& file) const {
  const Example& first = *std::min_element(examples_.begin(), examples_.end(), [](const Example& a, const Example& b) {
    return a.row.line < b.row.line;  // a line has one reason
  });
  std::string problem(text_of(first.reason).what);
  if (const std::size_t at = problem.find('#'); at != std::string::npos)
    problem.replace(at, 1, "\"" + first.field + "\"");
  return {ErrorCode::kBadInput,
          {file, first.row.line, first.row.column},
          problem,
          std::string(text_of(first.reason).fix) + ", or leave bad rows out with --bad-rows=report"};
}

Error Rejects::none_kept_error(const std::string& file) const {
  const auto most = static_cast<std::size_t>(std::max_element(counts_.begin(), counts_.end()) - counts_.begin());
  const auto& first = *std::find_if(examples_.begin(), examples_.end(),
                                    [&](const Example& e) { return static_cast<std::size_t>(e.reason) == most; });
  const std::string rows = counts_[most] == total() ? "all " + with_commas(total())
                                                    : with_commas(counts_[most]) + " of " + with_commas(total());
  return {ErrorCode::kBadInput,
          {file, first.row.line, first.row.column},
          "no row can be kept: " + without_field(kTexts[most].what) + " in " + rows + " rows",
          std::string(kTexts[most].fix)};
}

}  // namespace segue::ingest
