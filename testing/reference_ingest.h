// The slow, obvious reader that ingest is held against: one thread, one line at a time, maps of strings.
#ifndef SEGUE_TESTING_REFERENCE_INGEST_H_
#define SEGUE_TESTING_REFERENCE_INGEST_H_

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace segue::testing {

/// How the reference is to read: nothing is detected.
struct ReferenceLog {
  std::string delimiter = "\t";
  bool quoted = false;
  int columns = 3;
  int user = 0;
  int item = 1;
  int value = 2;      // -1: every row counts 1
  int title = -1;     // -1: none
  int time = -1;      // -1: none; numbers only
  int fallback = -1;  // names the item where `item` is empty
  bool reject_dates = false;
  bool drop_zeros = true;
  bool drop_negatives = false;
  enum class Combine { kSum, kMax, kLast } combine = Combine::kSum;
};

struct ReferenceResult {
  std::map<std::string, std::map<std::string, double>> cells;  // by user, then item; not yet rounded
  std::map<std::string, std::map<std::string, double>> times;  // of the same cells, the newest
  std::map<std::string, std::string> titles;                   // the first of each item, empty ones included
  std::map<std::string, std::uint64_t> rejected;               // by reason
  std::map<std::string, std::vector<std::pair<std::int64_t, std::int64_t>>>
      places;  // line and column of the first three
  std::uint64_t rows = 0;
  std::uint64_t kept = 0;
  std::uint64_t blank = 0;
  std::uint64_t duplicates = 0;
};

ReferenceResult reference_ingest(std::string_view text, const ReferenceLog& log);

/// Leaves out users with fewer items and items with fewer users, again and again until none is left to leave out.
void reference_minimums(ReferenceResult& result, std::size_t min_user_items, std::size_t min_item_users);

}  // namespace segue::testing

#endif  // SEGUE_TESTING_REFERENCE_INGEST_H_
