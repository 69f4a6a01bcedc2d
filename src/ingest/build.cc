// The matrix is built in the arrays that hold the rows. Where the log is in order of its users (Last.fm-360K is), a
// user's rows are where they belong already; otherwise they are gathered into new arrays first. Then each row is sorted
// by item.
#include "ingest/build.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <utility>
#include <vector>

#include "base/parallel.h"
#include "base/progress.h"
#include "ingest/row_sort.h"
#include "ingest/text.h"
#include "segue/error.h"

namespace segue::ingest {
namespace {

constexpr std::size_t kGrain = 1024;              // users a task sorts the rows of
constexpr std::uint64_t kStopEvery = 1ULL << 20;  // runs between looks at the stop request
constexpr std::size_t kRangesPerThread = 4;       // of users to gather: some are slower than others

class Builder {
 public:
  Builder(LogRows rows, const Ranking& users, const Ranking& items, Duplicates duplicates, const std::string& file,
          const Run& run)
      : rows_(std::move(rows)), users_(users), items_(items), duplicates_(duplicates), file_(file), run_(run) {}

  Built build() {
    ProgressMeter meter(run_, "building", users(), "users");
    if (!count_rows()) gather();
    row_size_ = Buffer<std::uint32_t>(users());
    parallel_chunks(users(), kGrain, run_, [&](std::size_t begin, std::size_t end, int) {
      combine(static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(end));
      meter.add(end - begin);
    });
    if (duplicates_ == Duplicates::kError && combined_.load() != 0) throw duplicate_error();
    Built built = pack();
    meter.finish();
    return built;
  }

 private:
  std::uint32_t users() const { return static_cast<std::uint32_t>(users_.order.size()); }
  std::span<const UserRun> runs() const { return {rows_.runs.data(), rows_.run_count}; }

  /// Finds where each user's rows begin; whether the log is in order.
  bool count_rows() {
    row_begin_ = Buffer<std::uint64_t>(std::size_t{users()} + 1);
    bool ordered = true;
    std::uint32_t last = 0;
    std::uint64_t count = 0;
    for (const UserRun& run : runs()) {
      if (++count % kStopEvery == 0) run_.check();
      const std::uint32_t user = users_.rank_of_number[run.user];
      ordered = ordered && user >= last;
      last = user;
      row_begin_[std::size_t{user} + 1] += run.rows;
    }
    for (std::uint32_t u = 0; u < users(); ++u) row_begin_[std::size_t{u} + 1] += row_begin_[u];
    return ordered;
  }

  /// Puts the rows of each user together, in the order of the log. Each task takes a range of users and looks at all
  /// runs: where a row goes depends on the log only.
  void gather() {
    Buffer<std::uint32_t> items(rows_.size);
    Buffer<float> values(rows_.size);
    Buffer<double> exact(rows_.exact.size() != 0 ? rows_.size : 0);
    Buffer<std::uint64_t> line_of(rows_.line_of.size() != 0 ? rows_.size : 0);
    Buffer<double> times(rows_.times.size() != 0 ? rows_.size : 0);
    const auto threads = static_cast<std::size_t>(run_.thread_count());
    const bool grouped = rows_.run_count < rows_.size / 8;
    const std::size_t ranges = std::min<std::size_t>(users(), grouped ? threads * kRangesPerThread : threads);
    const auto range_begin = [&](std::size_t range) {
      if (range == ranges) return users();
      const auto target = static_cast<std::uint64_t>(static_cast<double>(rows_.size) * static_cast<double>(range) /
                                                     static_cast<double>(ranges));
      return static_cast<std::uint32_t>(std::lower_bound(row_begin_.begin(), row_begin_.end() - 1, target) -
                                        row_begin_.begin());
    };
    parallel_chunks(ranges, 1, run_, [&](std::size_t range, std::size_t, int) {
      const std::uint32_t begin = range_begin(range);
      const std::uint32_t end = range_begin(range + 1);
      std::vector<std::uint64_t> next(row_begin_.begin() + begin, row_begin_.begin() + end);
      std::uint64_t at = 0;
      std::uint64_t count = 0;
      for (const UserRun& run : runs()) {
        if (++count % kStopEvery == 0) run_.check();
        const std::uint32_t user = users_.rank_of_number[run.user];
        if (user >= begin && user < end) {
          const std::uint64_t to = next[user - begin];
          next[user - begin] += run.rows;
          std::copy_n(rows_.items.data() + at, run.rows, items.data() + to);
          std::copy_n(rows_.values.data() + at, run.rows, values.data() + to);
          if (exact.size() != 0) std::copy_n(rows_.exact.data() + at, run.rows, exact.data() + to);
          if (line_of.size() != 0) std::copy_n(rows_.line_of.data() + at, run.rows, line_of.data() + to);
          if (times.size() != 0) std::copy_n(rows_.times.data() + at, run.rows, times.data() + to);
        }
        at += run.rows;
      }
    });
    rows_.items = std::move(items);
    rows_.values = std::move(values);
    rows_.exact = std::move(exact);
    rows_.line_of = std::move(line_of);
    rows_.times = std::move(times);
  }

  /// Sorts the rows of the users [begin, end) and combines duplicates: in double, rounded once.
  void combine(std::uint32_t begin, std::uint32_t end) {
    RowSorter sorter;
    std::vector<std::uint32_t> columns;
    std::vector<double> values;
    std::vector<double> times;
    const bool timed = rows_.times.size() != 0;
    std::uint64_t combined = 0;
    for (std::uint32_t user = begin; user < end; ++user) {
      const std::uint64_t first = row_begin_[user];
      const std::uint64_t size = row_begin_[std::size_t{user} + 1] - first;
      if (size >= kNoName) throw too_many_error(user);
      columns.resize(size);
      values.resize(size);
      for (std::size_t i = 0; i < size; ++i) {
        columns[i] = items_.rank_of_number[rows_.items[first + i]];
        values[i] = rows_.exact.size() != 0 ? rows_.exact[first + i] : static_cast<double>(rows_.values[first + i]);
      }
      if (timed) times.assign(rows_.times.data() + first, rows_.times.data() + first + size);
      const std::span<const std::uint32_t> order = sorter.order(columns);
      std::uint64_t to = first;
      for (std::size_t i = 0; i < size;) {
        const std::uint32_t column = columns[order[i]];
        double value = values[order[i]];
        const std::size_t begin_of_cell = i;
        for (++i; i < size && columns[order[i]] == column; ++i) {
          const double other = values[order[i]];
          if (duplicates_ == Duplicates::kError) note_duplicate(first + order[i], user, column);
          value = duplicates_ == Duplicates::kSum   ? value + other
                  : duplicates_ == Duplicates::kMax ? std::max(value, other)
                                                    : other;
        }
        const auto rounded = static_cast<float>(value);
        if (!std::isfinite(rounded)) throw overflow_error(user, column);
        rows_.items[to] = column;
        rows_.values[to] = rounded;
        if (timed) {
          rows_.times[to] = times[order[begin_of_cell]];
          for (std::size_t r = begin_of_cell + 1; r < i; ++r)
            rows_.times[to] = std::max(rows_.times[to], times[order[r]]);
        }
        ++to;
      }
      row_size_[user] = static_cast<std::uint32_t>(to - first);
      combined += first + size - to;
    }
    combined_.fetch_add(combined, std::memory_order_relaxed);
  }

  /// The matrix: the arrays as they are, or, after duplicates, copies without gaps.
  Built pack() {
    Built built;
    built.duplicates = combined_.load();
    const auto cols = static_cast<std::uint32_t>(items_.order.size());
    if (built.duplicates == 0) {
      built.plays = CsrMatrix::create(cols, std::move(row_begin_).share(), std::move(rows_.items).share(rows_.size),
                                      std::move(rows_.values).share(rows_.size));
      if (rows_.times.size() != 0) built.times = std::move(rows_.times).share(rows_.size);
      return built;
    }
    Buffer<std::uint64_t> row_ptr(std::size_t{users()} + 1);
    for (std::uint32_t u = 0; u < users(); ++u) row_ptr[std::size_t{u} + 1] = row_ptr[u] + row_size_[u];
    const auto packed = [&]<typename T>(Buffer<T>& from) {
      Buffer<T> to(rows_.size - built.duplicates);
      parallel_chunks(users(), kGrain, run_, [&](std::size_t begin, std::size_t end, int) {
        for (std::size_t u = begin; u < end; ++u)
          std::copy_n(from.data() + row_begin_[u], row_size_[u], to.data() + row_ptr[u]);
      });
      from = {};
      return std::move(to).share();
    };
    Array<std::uint32_t> columns = packed(rows_.items);
    Array<float> values = packed(rows_.values);
    if (rows_.times.size() != 0) built.times = packed(rows_.times);
    built.plays = CsrMatrix::create(cols, std::move(row_ptr).share(), std::move(columns), std::move(values));
    return built;
  }

  std::string pair_text(std::uint32_t user, std::uint32_t item) const {
    return "user \"" + shown(users_.order[user]->name()) + "\" and item \"" + shown(items_.order[item]->name()) + "\"";
  }

  Error too_many_error(std::uint32_t user) const {
    return {ErrorCode::kBadInput,
            {file_},
            "user \"" + shown(users_.order[user]->name()) + "\" has more than 4,294,967,294 rows",
            "check --user-column, or count rows before"};
  }

  Error overflow_error(std::uint32_t user, std::uint32_t item) const {
    return {ErrorCode::kBadInput,
            {file_},
            "the values of " + pair_text(user, item) + " add up to more than a float holds",
            "choose --duplicates=max or last, or check --value"};
  }

  /// Remembers the duplicate of the lowest line.
  void note_duplicate(std::uint64_t row, std::uint32_t user, std::uint32_t item) {
    const std::lock_guard lock(duplicate_mutex_);
    if (rows_.line_of[row] < duplicate_.line) duplicate_ = {rows_.line_of[row], user, item};
  }

  Error duplicate_error() const {
    return {ErrorCode::kBadInput,
            {file_, static_cast<std::int64_t>(duplicate_.line)},
            pair_text(duplicate_.user, duplicate_.item) + " come a second time",
            "choose --duplicates=sum, max or last"};
  }

  struct Duplicate {
    std::uint64_t line = ~std::uint64_t{0};
    std::uint32_t user = 0;
    std::uint32_t item = 0;
  };

  LogRows rows_;
  const Ranking& users_;
  const Ranking& items_;
  Duplicates duplicates_;
  const std::string& file_;
  const Run& run_;

  Buffer<std::uint64_t> row_begin_;  // [users + 1] of the rows before duplicates were combined
  Buffer<std::uint32_t> row_size_;   // [users] after
  std::atomic<std::uint64_t> combined_{0};
  std::mutex duplicate_mutex_;
  Duplicate duplicate_;
};

}  // namespace

Built build_matrix(LogRows rows, const Ranking& users, const Ranking& items, Duplicates duplicates,
                   const std::string& file, const Run& run) {
  return Builder(std::move(rows), users, items, duplicates, file, run).build();
}

}  // namespace segue::ingest
