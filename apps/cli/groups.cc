#include "groups.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "text.h"

namespace segue::cli {
namespace {

constexpr std::uint64_t kGroups = 5;
constexpr std::uint64_t kLeastPart = 100;  // of a group, one in so many: fewer say nothing

/// Things of the same key.
struct Tie {
  std::uint32_t key = 0;
  std::uint64_t weight = 0;
  std::size_t begin = 0;  // in the order by keys
};

std::vector<std::size_t> order_by(const std::vector<std::uint32_t>& keys) {
  std::vector<std::size_t> order(keys.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, {}, [&](std::size_t i) { return keys[i]; });
  return order;
}

std::vector<Tie> ties_of(const std::vector<std::size_t>& order, const std::vector<std::uint32_t>& keys,
                         const std::vector<std::uint64_t>& weights) {
  std::vector<Tie> ties;
  for (std::size_t i = 0; i < order.size(); ++i) {
    if (ties.empty() || ties.back().key != keys[order[i]]) ties.push_back({keys[order[i]], 0, i});
    ties.back().weight += weights[order[i]];
  }
  return ties;
}

/// The ties that groups begin with.
std::vector<std::size_t> begins_of(const std::vector<Tie>& ties, std::uint64_t total) {
  std::vector<std::size_t> begins;
  std::uint64_t before = 0;        // all ties so far
  std::uint64_t group_before = 0;  // when the group began
  for (std::size_t t = 0; t < ties.size(); ++t) {
    // One fifth after that which the group's beginning is next to.
    const std::uint64_t fifth = (2 * group_before * kGroups + total) / std::max<std::uint64_t>(2 * total, 1) + 1;
    const std::uint64_t wanted = fifth * total;
    const std::uint64_t now = before * kGroups;
    const std::uint64_t then = (before + ties[t].weight) * kGroups;
    const bool is_enough = (before - group_before) * kLeastPart >= total;
    const bool ends_here = now >= wanted || (then > wanted && then - wanted > wanted - now);
    if (t == 0 || (is_enough && ends_here && (total - before) * kLeastPart >= total)) {
      begins.push_back(t);
      group_before = before;
    }
    before += ties[t].weight;
  }
  return begins;
}

}  // namespace

Groups make_groups(const std::vector<std::uint32_t>& keys, const std::vector<std::uint64_t>& weights) {
  const std::vector<std::size_t> order = order_by(keys);
  const std::vector<Tie> ties = ties_of(order, keys, weights);
  const std::uint64_t total = std::accumulate(weights.begin(), weights.end(), std::uint64_t{0});
  const std::vector<std::size_t> begins = begins_of(ties, total);
  Groups groups{.names = {}, .shares = {}, .of_thing = std::vector<std::size_t>(keys.size())};
  for (std::size_t g = 0; g < begins.size(); ++g) {
    const std::size_t end = g + 1 < begins.size() ? begins[g + 1] : ties.size();
    const std::size_t last = end < ties.size() ? ties[end].begin : order.size();
    std::uint64_t weight = 0;
    for (std::size_t t = begins[g]; t < end; ++t) weight += ties[t].weight;
    for (std::size_t i = ties[begins[g]].begin; i < last; ++i) groups.of_thing[order[i]] = g;
    const std::uint32_t low = ties[begins[g]].key;
    const std::uint32_t high = ties[end - 1].key;
    groups.names.push_back(low == high ? short_count(low) : short_count(low) + "–" + short_count(high));
    groups.shares.push_back(fmt::format("{:.0f} %", 100 * static_cast<double>(weight) / static_cast<double>(total)));
  }
  return groups;
}

std::vector<std::size_t> spread(const std::vector<std::uint32_t>& keys, std::size_t count) {
  const std::vector<std::size_t> order = order_by(keys);
  const std::vector<Tie> ties = ties_of(order, keys, std::vector<std::uint64_t>(keys.size(), 1));
  count = std::min(count, keys.size());
  // The middles of as many parts of the same size.
  std::vector<std::size_t> chosen;
  for (std::size_t c = 0; c < count; ++c) chosen.push_back(order[(2 * c + 1) * order.size() / (2 * count)]);
  std::size_t different = 0;
  for (std::size_t c = 0; c < count; ++c) different += c == 0 || keys[chosen[c]] != keys[chosen[c - 1]] ? 1 : 0;
  if (different >= std::min(count, ties.size())) return chosen;
  chosen.clear();
  for (std::size_t c = 1; c <= count; ++c) {
    const Tie& tie = ties[std::max<std::size_t>(c * ties.size() / count, 1) - 1];  // the largest key at last
    std::size_t at = tie.begin + tie.weight / 2;
    // Few keys: the next of the same.
    while (std::ranges::find(chosen, order[at]) != chosen.end()) at = (at + 1) % order.size();
    chosen.push_back(order[at]);
  }
  std::ranges::stable_sort(chosen, {}, [&](std::size_t i) { return keys[i]; });
  return chosen;
}

}  // namespace segue::cli
