// StringTable and IdMap: names in one block of bytes, found by binary search.
#include <algorithm>
#include <limits>

#include "segue/error.h"
#include "segue/interactions.h"

namespace segue {

StringTable::StringTable() : offsets_(std::vector<std::uint64_t>{0}) {}

StringTable StringTable::create(Array<std::uint64_t> offsets, Array<char> bytes) {
  if (offsets.empty() || offsets[0] != 0 || offsets[offsets.size() - 1] != bytes.size() ||
      !std::is_sorted(offsets.begin(), offsets.end())) {
    throw Error(ErrorCode::kInvalidArgument, "the offsets of a string table do not fit its bytes", "");
  }
  if (offsets.size() - 1 > std::numeric_limits<std::uint32_t>::max()) {
    throw Error(ErrorCode::kInvalidArgument, "a string table holds more than 4,294,967,295 strings", "");
  }
  StringTable table;
  table.offsets_ = std::move(offsets);
  table.bytes_ = std::move(bytes);
  return table;
}

StringTable StringTable::from(const std::vector<std::string>& strings) {
  std::vector<std::uint64_t> offsets{0};
  std::vector<char> bytes;
  for (const std::string& s : strings) {
    bytes.insert(bytes.end(), s.begin(), s.end());
    offsets.push_back(bytes.size());
  }
  return create(std::move(offsets), std::move(bytes));
}

IdMap IdMap::create(StringTable ids) {
  for (std::uint32_t i = 1; i < ids.size(); ++i) {
    if (ids[i - 1] >= ids[i]) {
      throw Error(ErrorCode::kInvalidArgument,
                  "id " + std::to_string(i) + " does not come after the one before it in the order of bytes", "");
    }
  }
  IdMap map;
  map.ids_ = std::move(ids);
  return map;
}

std::optional<std::uint32_t> IdMap::find(std::string_view id) const {
  std::uint32_t low = 0;
  std::uint32_t high = size();
  while (low < high) {
    const std::uint32_t middle = low + (high - low) / 2;
    if (ids_[middle] < id) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  if (low < size() && ids_[low] == id) return low;
  return std::nullopt;
}

}  // namespace segue
