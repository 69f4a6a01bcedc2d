// Splits by hash: every cell gets a key from (seed, user, item), every user one from (seed, user), and what is held out
// are the cells with the smallest keys. No stream of random numbers is shared, so nothing depends on threads or on the
// order of the work, and a user's split depends on the user's own cells only. By time, the hash decides between cells
// of the same time alone. What is held out is what is to be found: values of 0 and below, dislikes, are not. They stay
// in the training part; by time, later ones are left out.
#include "segue/split.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "base/parallel.h"
#include "base/random.h"
#include "segue/error.h"

namespace segue {
namespace {

constexpr std::size_t kGrainRows = 4096;
// What keys are drawn for.
constexpr std::uint64_t kCells = 0x63656c6c;
constexpr std::uint64_t kUsers = 0x75736572;
constexpr std::uint64_t kNegatives = 0x6e656761;

std::uint64_t key_of(std::uint64_t seed, std::uint64_t stream, std::uint64_t number) {
  return Random(seed, stream, number).next();
}

[[noreturn]] void refuse(const std::string& problem, const std::string& fix) {
  throw Error(ErrorCode::kInvalidArgument, problem, fix);
}

void require_share(double share, const std::string& name) {
  if (share > 0 && share < 1) return;
  std::array<char, 32> text{};  // as it was written: std::to_string makes 0.000000 of what is small
  const auto end = std::to_chars(text.data(), text.data() + text.size(), share).ptr;
  refuse(name + " is " + std::string(text.data(), end), "choose it above 0 and below 1, such as 0.2");
}

/// Which cells are held out, by position in the matrix.
using Marks = std::vector<char>;

void require_times(const CsrMatrix& plays, std::span<const double> times) {
  if (times.size() == plays.nnz()) return;
  refuse("there are " + std::to_string(times.size()) + " times for " + std::to_string(plays.nnz()) + " interactions",
         "give a time for each: read the log with its column of times");
}

/// Marks in each row the cells that `choose(row, order)` says: order[i] is the position in the row of the cell with the
/// i-th smallest key among those above 0; it marks through the span it is given.
Marks mark(
    const CsrMatrix& plays, std::uint64_t seed, const Run& run,
    const std::function<void(std::uint32_t row, std::span<const std::uint32_t> order, std::span<char> marks)>& choose) {
  Marks marks(plays.nnz());
  parallel_chunks(plays.rows(), kGrainRows, run, [&](std::size_t begin, std::size_t end, int) {
    std::vector<std::uint64_t> keys;
    std::vector<std::uint32_t> order;
    for (auto row = static_cast<std::uint32_t>(begin); row < end; ++row) {
      const auto columns = plays.row_columns(row);
      const std::uint64_t row_seed = key_of(seed, kCells, row);
      const auto values = plays.row_values(row);
      keys.clear();
      order.clear();
      for (std::uint32_t i = 0; i < columns.size(); ++i) {
        keys.push_back(key_of(row_seed, kCells, columns[i]));
        if (values[i] > 0) order.push_back(i);
      }
      std::sort(order.begin(), order.end(),
                [&](std::uint32_t a, std::uint32_t b) { return keys[a] != keys[b] ? keys[a] < keys[b] : a < b; });
      choose(row, order, std::span(marks).subspan(plays.row_ptr()[row], columns.size()));
    }
  });
  return marks;
}

/// The cells that `keeps(row, position)`.
CsrMatrix filtered(const CsrMatrix& plays, const std::function<bool(std::uint32_t row, std::uint64_t cell)>& keeps) {
  std::vector<std::uint64_t> row_ptr{0};
  std::vector<std::uint32_t> columns;
  std::vector<float> values;
  row_ptr.reserve(plays.rows() + std::size_t{1});
  for (std::uint32_t row = 0; row < plays.rows(); ++row) {
    for (std::uint64_t cell = plays.row_ptr()[row]; cell < plays.row_ptr()[row + 1]; ++cell) {
      if (!keeps(row, cell)) continue;
      columns.push_back(plays.columns()[cell]);
      values.push_back(plays.values()[cell]);
    }
    row_ptr.push_back(columns.size());
  }
  return CsrMatrix::create(plays.cols(), std::move(row_ptr), std::move(columns), std::move(values));
}

Split weak(const CsrMatrix& plays, const Marks& held_out) {
  CsrMatrix train = filtered(plays, [&](std::uint32_t, std::uint64_t cell) { return held_out[cell] == 0; });
  CsrMatrix test = filtered(plays, [&](std::uint32_t, std::uint64_t cell) { return held_out[cell] != 0; });
  return {train, train, std::move(test)};
}

Marks mark_share(const CsrMatrix& plays, double share, std::uint64_t seed, const Run& run) {
  return mark(plays, seed, run, [&](std::uint32_t, std::span<const std::uint32_t> order, std::span<char> marks) {
    const auto wanted = static_cast<std::size_t>(std::lround(share * static_cast<double>(order.size())));
    const std::size_t count = std::min(wanted, order.size() - std::min<std::size_t>(1, order.size()));
    for (std::size_t i = 0; i < count; ++i) marks[order[i]] = 1;
  });
}

}  // namespace

Split split_random(const CsrMatrix& plays, double share, std::uint64_t seed, const Run& run) {
  require_share(share, "share");
  return weak(plays, mark_share(plays, share, seed, run));
}

Split split_leave_out(const CsrMatrix& plays, std::uint32_t count, std::uint64_t seed, const Run& run) {
  if (count == 0) refuse("0 items of each user are to be left out", "leave out one or more");
  return weak(plays,
              mark(plays, seed, run, [&](std::uint32_t, std::span<const std::uint32_t> order, std::span<char> marks) {
                if (order.size() <= count) return;
                for (std::size_t i = 0; i < count; ++i) marks[order[i]] = 1;
              }));
}

Split split_leave_last(const CsrMatrix& plays, std::span<const double> times, std::uint32_t count, std::uint64_t seed,
                       const Run& run) {
  if (count == 0) refuse("0 items of each user are to be left out", "leave out one or more");
  require_times(plays, times);
  return weak(plays, mark(plays, seed, run,
                          [&](std::uint32_t row, std::span<const std::uint32_t> order, std::span<char> marks) {
                            if (order.size() <= count) return;
                            const std::span<const double> own = times.subspan(plays.row_ptr()[row]);
                            std::vector<std::uint32_t> newest(order.begin(), order.end());
                            std::stable_sort(newest.begin(), newest.end(),
                                             [&](std::uint32_t a, std::uint32_t b) { return own[a] > own[b]; });
                            for (std::size_t i = 0; i < count; ++i) marks[newest[i]] = 1;
                          }));
}

Split split_time(const CsrMatrix& plays, std::span<const double> times, double share, const Run& run) {
  require_share(share, "share");
  require_times(plays, times);
  if (plays.nnz() == 0) return {plays, plays, plays};
  std::vector<double> sorted(times.begin(), times.end());
  std::sort(sorted.begin(), sorted.end());
  run.check();
  // The test begins at a time's first cell, `low` or `high`: the last such place up to the one that is asked for, and
  // the next.
  const auto test = std::lround(share * static_cast<double>(sorted.size()));
  const auto asked = sorted.end() - std::clamp(test, 1L, static_cast<long>(sorted.size()));
  const auto low = std::lower_bound(sorted.begin(), sorted.end(), *asked);
  const auto high = std::upper_bound(sorted.begin(), sorted.end(), *asked);
  const bool is_low = high == sorted.end() || (low != sorted.begin() && asked - low <= high - asked);
  const auto first = is_low ? low : high;
  if (first == sorted.begin()) {
    refuse("all interactions have the same time", "choose another split, or another column of times");
  }

  const double begin = *first;
  CsrMatrix train = filtered(plays, [&](std::uint32_t, std::uint64_t cell) { return times[cell] < begin; });
  const Array<std::uint32_t> trained = count_per_column(train);
  CsrMatrix later = filtered(plays, [&](std::uint32_t row, std::uint64_t cell) {
    return times[cell] >= begin && plays.values()[cell] > 0 && !train.row_columns(row).empty() &&
           trained[plays.columns()[cell]] > 0;
  });
  return {train, train, std::move(later)};
}

Split split_fold(const CsrMatrix& plays, std::uint32_t folds, std::uint32_t fold, std::uint64_t seed, const Run& run) {
  if (folds < 2) refuse("there is " + std::to_string(folds) + " fold", "cut into two or more, such as 5");
  if (fold >= folds) {
    refuse("there is no fold " + std::to_string(fold) + " of " + std::to_string(folds),
           "choose one from 0 to " + std::to_string(folds - 1));
  }
  return weak(plays, mark(plays, seed, run,
                          [&](std::uint32_t row, std::span<const std::uint32_t> order, std::span<char> marks) {
                            // Users begin at different folds, or the first would have all users of one item.
                            const std::uint64_t begin = key_of(seed, kUsers, row) % folds;
                            for (std::size_t i = 0; i < order.size(); ++i) {
                              marks[order[i]] = (begin + i) % folds == fold ? 1 : 0;
                            }
                          }));
}

Split split_users(const CsrMatrix& plays, double user_share, double held_out, std::uint64_t seed, const Run& run) {
  require_share(user_share, "share of the users");
  require_share(held_out, "share of their items");
  std::vector<std::uint32_t> users;
  for (std::uint32_t row = 0; row < plays.rows(); ++row) {
    if (plays.row_columns(row).size() > 1) users.push_back(row);  // one item cannot be history and test
  }
  std::vector<std::uint64_t> keys(plays.rows());
  for (std::uint32_t row = 0; row < plays.rows(); ++row) keys[row] = key_of(seed, kUsers, row);
  std::sort(users.begin(), users.end(),
            [&](std::uint32_t a, std::uint32_t b) { return keys[a] != keys[b] ? keys[a] < keys[b] : a < b; });
  users.resize(static_cast<std::size_t>(std::lround(user_share * static_cast<double>(users.size()))));
  std::vector<char> apart(plays.rows());
  for (const std::uint32_t user : users) apart[user] = 1;

  CsrMatrix train = filtered(plays, [&](std::uint32_t row, std::uint64_t) { return apart[row] == 0; });
  const Array<std::uint32_t> trained = count_per_column(train);
  const CsrMatrix others = filtered(plays, [&](std::uint32_t row, std::uint64_t cell) {
    return apart[row] != 0 && trained[plays.columns()[cell]] > 0;
  });
  Split parts = weak(others, mark_share(others, held_out, seed, run));
  return {std::move(train), std::move(parts.history), std::move(parts.test)};
}

CsrMatrix sample_candidates(const Split& split, std::uint32_t count, std::uint64_t seed, const Run& run) {
  const std::uint32_t items = split.test.cols();
  std::vector<std::vector<std::uint32_t>> drawn(split.test.rows());
  parallel_chunks(drawn.size(), kGrainRows, run, [&](std::size_t begin, std::size_t end, int) {
    std::vector<char> taken(items);
    for (auto row = static_cast<std::uint32_t>(begin); row < end; ++row) {
      const auto test = split.test.row_columns(row);
      const auto history = split.history.row_columns(row);
      if (test.empty()) continue;
      for (const std::uint32_t item : test) taken[item] = 1;
      for (const std::uint32_t item : history) taken[item] = 1;
      const auto free = static_cast<std::size_t>(std::ranges::count(taken, 0));
      std::vector<std::uint32_t>& list = drawn[row];
      if (free <= count) {
        for (std::uint32_t item = 0; item < items; ++item) {
          if (taken[item] == 0) list.push_back(item);
        }
      } else {
        Random random(seed, kNegatives, row);
        while (list.size() < count) {
          const auto item = random.below(items);
          if (std::exchange(taken[item], 1) == 0) list.push_back(item);
        }
        std::ranges::sort(list);
      }
      std::ranges::fill(taken, 0);
    }
  });
  std::vector<std::uint64_t> row_ptr{0};
  std::vector<std::uint32_t> columns;
  for (const std::vector<std::uint32_t>& list : drawn) {
    columns.insert(columns.end(), list.begin(), list.end());
    row_ptr.push_back(columns.size());
  }
  std::vector<float> ones(columns.size(), 1);
  return CsrMatrix::create(items, std::move(row_ptr), std::move(columns), std::move(ones));
}

}  // namespace segue
