#include "eval/ranking.h"

#include <algorithm>

namespace segue {
namespace {

/// The order of lists: by score, ties by lower item.
bool better(const Neighbor& a, const Neighbor& b) {
  return a.score > b.score || (a.score == b.score && a.item < b.item);
}

}  // namespace

Ranking rank_sorted(std::span<const Neighbor> list, std::uint32_t depth, std::span<const std::uint32_t> test) {
  Ranking ranking;
  const std::size_t shown = std::min<std::size_t>(depth, list.size());
  for (std::size_t i = 0; i < shown; ++i) {
    if (i == 0 || list[i].score != list[i - 1].score) ranking.groups.push_back({});
    ++ranking.groups.back().size;
    ranking.groups.back().relevant += std::ranges::binary_search(test, list[i].item) ? 1 : 0;
    ranking.list.push_back(list[i].item);
  }
  return ranking;
}

Ranking rank(std::vector<Neighbor>& items, std::uint32_t depth, std::span<const std::uint32_t> test) {
  const std::size_t shown = std::min<std::size_t>(depth, items.size());
  const auto end = items.begin() + static_cast<std::ptrdiff_t>(shown);
  if (shown < items.size()) std::nth_element(items.begin(), end - 1, items.end(), better);
  std::sort(items.begin(), end, better);
  Ranking ranking = rank_sorted({items.data(), shown}, depth, test);
  if (shown == 0) return ranking;
  const float last = items[shown - 1].score;
  for (auto other = end; other != items.end(); ++other) {
    if (other->score != last) continue;
    ++ranking.groups.back().size;
    ranking.groups.back().relevant += std::ranges::binary_search(test, other->item) ? 1 : 0;
  }
  return ranking;
}

PairShare pair_share(std::span<const Neighbor> items, std::span<const std::uint32_t> test) {
  std::vector<float> held_out;
  for (const Neighbor& n : items) {
    if (std::ranges::binary_search(test, n.item)) held_out.push_back(n.score);
  }
  std::sort(held_out.begin(), held_out.end());
  double above = 0;
  double tied = 0;
  std::size_t others = 0;
  for (const Neighbor& n : items) {
    if (std::ranges::binary_search(test, n.item)) continue;
    ++others;
    const auto [first, last] = std::equal_range(held_out.begin(), held_out.end(), n.score);
    above += static_cast<double>(held_out.end() - last);
    tied += static_cast<double>(last - first);
  }
  // With nothing to be told apart from, no pair is in the wrong order.
  if (others == 0) return {1, 1, 1};
  const double pairs = static_cast<double>(others) * static_cast<double>(test.size());
  return {above / pairs, (above + tied / 2) / pairs, (above + tied) / pairs};
}

}  // namespace segue
