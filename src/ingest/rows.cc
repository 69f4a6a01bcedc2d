#include "ingest/rows.h"

#include <algorithm>
#include <utility>

namespace segue::ingest {
namespace {

constexpr std::uint64_t kFirstRows = std::uint64_t{1} << 12;
constexpr double kSlack = 1.25;  // what the rest of a log may be denser than its first chunk before the arrays move

/// Moves the first `used` values to an array of `size`.
template <typename T>
void enlarge(Buffer<T>& buffer, std::uint64_t used, std::uint64_t size) {
  Buffer<T> larger(size);
  std::copy_n(buffer.data(), used, larger.data());
  buffer = std::move(larger);
}

}  // namespace

void ChunkRows::clear() {
  items.clear();
  values.clear();
  exact.clear();
  times.clear();
  line_of.clear();
  runs.clear();
  rejects = {};
  rows = 0;
  lines = 0;
}

RowCollector::RowCollector(std::uint64_t total_bytes, std::int64_t lines_before)
    : total_bytes_(total_bytes), bytes_left_(total_bytes) {
  log_.lines = lines_before;
}

void RowCollector::add(ChunkRows& rows, std::uint64_t bytes) {
  std::vector<Placed> placed;
  {
    const std::lock_guard lock(order_mutex_);
    bytes_left_ -= std::min(bytes_left_, bytes);
    if (rows.index == next_index_) {
      placed.push_back({std::exchange(rows, {}), 0, 0, 0});
    } else {
      const std::uint64_t index = rows.index;
      early_.emplace(index, std::exchange(rows, {}));
      return;
    }
    for (++next_index_; !early_.empty() && early_.begin()->first == next_index_; ++next_index_) {
      placed.push_back({std::move(early_.extract(early_.begin()).mapped()), 0, 0, 0});
    }
    for (Placed& p : placed) {
      p.first_row = log_.size;
      p.first_run = log_.run_count;
      p.lines_before = log_.lines;
      log_.size += p.rows.items.size();
      log_.run_count += p.rows.runs.size();
      log_.rows_read += p.rows.rows;
      log_.rejects.append(p.rows.rejects, log_.lines);
      log_.lines += p.rows.lines;
    }
    const bool exact = std::any_of(placed.begin(), placed.end(), [](const Placed& p) { return !p.rows.exact.empty(); });
    const bool line_of =
        std::any_of(placed.begin(), placed.end(), [](const Placed& p) { return !p.rows.line_of.empty(); });
    const bool timed = std::any_of(placed.begin(), placed.end(), [](const Placed& p) { return !p.rows.times.empty(); });
    if (log_.size > log_.items.size() || log_.run_count > log_.runs.size() || (exact && log_.exact.size() == 0) ||
        (line_of && log_.line_of.size() == 0) || (timed && log_.times.size() == 0)) {
      const std::unique_lock memory(memory_mutex_);
      // As many more as came of the bytes so far. Of a packed log many a chunk comes of none.
      const std::uint64_t bytes_read = total_bytes_ - bytes_left_;
      const auto ahead = [&](std::uint64_t there) {
        const double per_byte = bytes_read == 0 ? 0 : static_cast<double>(there) / static_cast<double>(bytes_read);
        return static_cast<std::uint64_t>(static_cast<double>(bytes_left_) * per_byte * kSlack);
      };
      if (log_.size > log_.items.size()) {
        const std::uint64_t used = placed[0].first_row;
        const std::uint64_t size = std::max({kFirstRows, log_.size + ahead(log_.size), log_.items.size() * 2});
        enlarge(log_.items, used, size);
        enlarge(log_.values, used, size);
        if (log_.exact.size() != 0) enlarge(log_.exact, used, size);
        if (log_.line_of.size() != 0) enlarge(log_.line_of, used, size);
        if (log_.times.size() != 0) enlarge(log_.times, used, size);
      }
      if (log_.run_count > log_.runs.size()) {
        enlarge(log_.runs, placed[0].first_run,
                std::max({kFirstRows, log_.run_count + ahead(log_.run_count), log_.runs.size() * 2}));
      }
      if (exact && log_.exact.size() == 0) {
        log_.exact = Buffer<double>(log_.items.size());
        std::copy_n(log_.values.data(), placed[0].first_row, log_.exact.data());
      }
      if (line_of && log_.line_of.size() == 0) log_.line_of = Buffer<std::uint64_t>(log_.items.size());
      if (timed && log_.times.size() == 0) log_.times = Buffer<double>(log_.items.size());  // a row has one or none has
    }
    memory_mutex_.lock_shared();  // before others may move the arrays
  }
  const std::shared_lock memory(memory_mutex_, std::adopt_lock);
  for (const Placed& p : placed) copy(p);
  rows = std::move(placed[0].rows);
  rows.clear();
}

void RowCollector::copy(const Placed& placed) {
  const ChunkRows& rows = placed.rows;
  std::copy(rows.items.begin(), rows.items.end(), log_.items.data() + placed.first_row);
  std::copy(rows.values.begin(), rows.values.end(), log_.values.data() + placed.first_row);
  std::copy(rows.runs.begin(), rows.runs.end(), log_.runs.data() + placed.first_run);
  if (!rows.exact.empty()) {
    std::copy(rows.exact.begin(), rows.exact.end(), log_.exact.data() + placed.first_row);
  } else if (log_.exact.size() != 0) {
    std::copy(rows.values.begin(), rows.values.end(), log_.exact.data() + placed.first_row);
  }
  std::copy(rows.times.begin(), rows.times.end(), log_.times.data() + placed.first_row);
  for (std::size_t i = 0; i < rows.line_of.size(); ++i) {
    log_.line_of[placed.first_row + i] = static_cast<std::uint64_t>(placed.lines_before) + rows.line_of[i];
  }
}

LogRows RowCollector::take() { return std::move(log_); }

}  // namespace segue::ingest
