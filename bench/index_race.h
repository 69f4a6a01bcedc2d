// A race of indexes: what is asked of which vectors, what is true, and every side's recall and speed. Ours and others'
// libraries alike are sides; index_sides.h makes them, index_curve.cc runs it.
#ifndef SEGUE_BENCH_INDEX_RACE_H_
#define SEGUE_BENCH_INDEX_RACE_H_

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <string>
#include <vector>

#include "index/norms.h"
#include "segue/factors.h"
#include "segue/index.h"

namespace segue::bench {

using Clock = std::chrono::steady_clock;
using Ids = std::vector<std::uint32_t>;
constexpr std::uint32_t kTop = 20;
constexpr double kPassSeconds = 0.25;
constexpr double kSameScore = 1e-6;  // relative: some float32 roundings

inline double seconds_since(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

/// One way to answer at one setting.
struct Side {
  std::string name;
  std::string setting;
  std::function<Ids(std::size_t query, std::uint32_t n)> ask;  // n of them, the query itself possibly among them
  std::function<void(std::uint32_t n)> ask_all = {};           // where it takes all at once: then this is timed
  double looked_at = 0;                                        // ours: items whose codes are read, of all
  double scored = 0;                                           // ours: items scored in float32, of all
  double build_seconds = 0;                                    // of processor time; 0: not measured in this run
  double bytes = 0;                                            // besides the vectors where an index keeps them apart
  double recall10 = 0, recall20 = 0, rate = 0;
  std::vector<double> rates = {};
};

/// What is asked.
struct Race {
  std::string data;  // a name for tables
  segue::Metric metric;
  segue::Factors items;
  segue::Factors queries;
  std::vector<segue::Factors> single;               // the queries, each alone
  Ids rows;                                         // the queries' rows
  std::vector<Ids> denied;                          // by query; empty: nothing is
  Ids allowed;                                      // of all queries; empty: all are
  std::vector<segue::ItemFilter> filters;           // these two as an index takes them, one per query
  std::vector<std::vector<segue::Neighbor>> truth;  // by brute force, kTop + 1
  std::string key;                                  // of the vectors, for names of files

  bool cosine() const { return metric == segue::Metric::kCosine; }
  std::span<const segue::ItemFilter> filter(std::size_t query) const {
    return filters.empty() ? std::span<const segue::ItemFilter>{} : std::span(filters).subspan(query, 1);
  }
  /// How many an index without filters has to be asked for, so that about n are left.
  std::size_t asked(std::size_t query, std::size_t n) const {
    if (!allowed.empty()) n = n * items.rows() / allowed.size();
    if (!denied.empty()) n += denied[query].size();
    return std::min<std::size_t>(n, items.rows());
  }
};

/// Without the query itself and what is not allowed, and no more than n.
inline Ids others(const Race& race, std::size_t query, Ids ids, std::size_t n) {
  if (race.cosine()) std::erase(ids, race.rows[query]);
  if (!race.denied.empty()) {
    std::erase_if(ids, [&](std::uint32_t id) { return std::ranges::binary_search(race.denied[query], id); });
  }
  if (!race.allowed.empty()) {
    std::erase_if(ids, [&](std::uint32_t id) { return !std::ranges::binary_search(race.allowed, id); });
  }
  ids.resize(std::min(n, ids.size()));
  return ids;
}

inline Ids ids_of(const std::vector<segue::Neighbor>& list) {
  Ids ids;
  for (const segue::Neighbor& n : list) ids.push_back(n.item);
  return ids;
}

inline double score(const Race& race, std::size_t query, std::uint32_t item) {
  const std::span<const float> q = race.queries[static_cast<std::uint32_t>(query)];
  const std::span<const float> x = race.items[item];
  double sum = 0;
  for (std::size_t f = 0; f < q.size(); ++f) sum += double{q[f]} * double{x[f]};
  return race.cosine() ? sum / (segue::norm(q) * segue::norm(x)) : sum;
}

/// Which item of several with the same score is found depends on how an index rounds: each counts that scores as the
/// last of the truth does, but for rounding.
inline double recall(const Race& race, std::size_t query, const Ids& found, std::size_t n) {
  const std::vector<segue::Neighbor>& truth = race.truth[query];
  const Ids want = others(race, query, ids_of(truth), n);
  if (want.empty()) return 1;
  const double last = std::ranges::find(truth, want.back(), &segue::Neighbor::item)->score;
  const double slack = kSameScore * std::abs(last);
  const Ids have = others(race, query, found, n);
  const auto hits =
      std::ranges::count_if(have, [&](std::uint32_t id) { return score(race, query, id) >= last - slack; });
  return static_cast<double>(hits) / static_cast<double>(want.size());
}

/// Ends the program where an exact index answers otherwise than brute force, to the last bit.
inline void require_truth(const Race& race, const std::vector<std::vector<segue::Neighbor>>& found) {
  const auto same = [](const segue::Neighbor& a, const segue::Neighbor& b) {
    return a.item == b.item && a.score == b.score;
  };
  for (std::size_t q = 0; q < found.size(); ++q) {
    if (!std::ranges::equal(found[q], race.truth[q], same)) {
      std::fprintf(stderr, "the list of query %zu is not that of brute force\n", q);
      std::exit(1);
    }
  }
}

/// Fills in recall and rate: every side's pass over the queries in turn, ended after kPassSeconds; medians.
inline void measure(const Race& race, int rounds, std::vector<Side>& sides) {
  const std::size_t count = race.rows.size();
  const std::uint32_t self = race.cosine() ? 1 : 0;
  for (Side& side : sides) {
    for (std::size_t q = 0; q < count; ++q) {
      // All settings are given, none follows from n: the first ten of twenty are the ten.
      const Ids found = side.ask(q, kTop + self);
      side.recall10 += recall(race, q, found, 10) / static_cast<double>(count);
      side.recall20 += recall(race, q, found, 20) / static_cast<double>(count);
    }
  }
  for (int round = 0; round < rounds; ++round) {
    for (Side& side : sides) {
      std::size_t asked = 0;
      const auto begin = Clock::now();
      do {
        if (side.ask_all) {
          side.ask_all(10 + self);
          asked += count;
        } else {
          (void)side.ask(asked++ % count, 10 + self);
        }
      } while (seconds_since(begin) < kPassSeconds);
      side.rates.push_back(static_cast<double>(asked) / seconds_since(begin));
    }
  }
  for (Side& side : sides) {
    std::ranges::sort(side.rates);
    side.rate = side.rates[side.rates.size() / 2];
  }
}

/// The fastest setting of a side that reaches a recall@10, or null.
inline const Side* fastest(const std::vector<Side>& sides, const std::string& name, double least) {
  const Side* best = nullptr;
  for (const Side& side : sides) {
    if (side.name == name && side.recall10 >= least - 1e-9 && (best == nullptr || side.rate > best->rate)) best = &side;
  }
  return best;
}

}  // namespace segue::bench

#endif  // SEGUE_BENCH_INDEX_RACE_H_
