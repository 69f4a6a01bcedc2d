#include "ingest/minimums.h"

#include <algorithm>

#include "base/buffer.h"

namespace segue::ingest {

Selected apply_minimums(const CsrMatrix& plays, const Array<double>& times, std::uint32_t min_user_items,
                        std::uint32_t min_item_users, const Run& run) {
  // A user or an item without a cell does not exist.
  min_user_items = std::max(min_user_items, 1U);
  min_item_users = std::max(min_item_users, 1U);
  std::vector<char> user_stays(plays.rows(), 1);
  std::vector<char> item_stays(plays.cols(), 1);
  std::vector<std::uint32_t> item_users(plays.cols());
  std::uint64_t left = 0;
  for (bool stable = false; !stable;) {
    run.check();
    stable = true;
    left = 0;
    std::fill(item_users.begin(), item_users.end(), 0);
    for (std::uint32_t u = 0; u < plays.rows(); ++u) {
      if (!user_stays[u]) continue;
      std::uint32_t items = 0;
      for (const std::uint32_t item : plays.row_columns(u)) items += item_stays[item] ? 1 : 0;
      if (items < min_user_items) {
        user_stays[u] = 0;
        stable = false;
        continue;
      }
      left += items;
      for (const std::uint32_t item : plays.row_columns(u)) ++item_users[item];
    }
    for (std::uint32_t i = 0; i < plays.cols(); ++i) {
      if (!item_stays[i] || item_users[i] >= min_item_users) continue;
      item_stays[i] = 0;
      stable = false;
    }
  }

  Selected selected;
  std::vector<std::uint32_t> new_item(plays.cols());
  for (std::uint32_t i = 0; i < plays.cols(); ++i) {
    new_item[i] = static_cast<std::uint32_t>(selected.items.size());
    if (item_stays[i]) selected.items.push_back(i);
  }
  Buffer<std::uint32_t> columns(left);
  Buffer<float> values(left);
  Buffer<double> kept_times(times.size() != 0 ? left : 0);
  std::vector<std::uint64_t> row_ptr{0};
  std::uint64_t to = 0;
  for (std::uint32_t u = 0; u < plays.rows(); ++u) {
    if (!user_stays[u]) continue;
    const auto row_columns = plays.row_columns(u);
    const auto row_values = plays.row_values(u);
    for (std::size_t i = 0; i < row_columns.size(); ++i) {
      if (!item_stays[row_columns[i]]) continue;
      columns[to] = new_item[row_columns[i]];
      if (times.size() != 0) kept_times[to] = times[plays.row_ptr()[u] + i];
      values[to++] = row_values[i];
    }
    selected.users.push_back(u);
    row_ptr.push_back(to);
  }
  if (times.size() != 0) selected.times = std::move(kept_times).share();
  selected.plays = CsrMatrix::create(static_cast<std::uint32_t>(selected.items.size()), std::move(row_ptr),
                                     std::move(columns).share(), std::move(values).share());
  return selected;
}

}  // namespace segue::ingest
