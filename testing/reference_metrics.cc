#include "testing/reference_metrics.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <stdexcept>

namespace segue::testing {

double reference_metric(const std::string& name, std::size_t k, const std::vector<int>& list,
                        const std::set<int>& relevant, std::size_t items) {
  const std::size_t length = std::min(k, list.size());
  const auto hit = [&](std::size_t position) { return relevant.count(list[position]) > 0; };
  double hits = 0;
  for (std::size_t p = 0; p < length; ++p) hits += hit(p) ? 1 : 0;
  const auto test = static_cast<double>(relevant.size());
  const double reachable = std::min(static_cast<double>(k), test);
  if (name == "precision") return hits / static_cast<double>(k);
  if (name == "recall") return hits / test;
  if (name == "recall_min" || name == "implicit_precision") return hits / reachable;
  if (name == "hit_rate") return hits > 0 ? 1 : 0;
  if (name == "mrr") {
    for (std::size_t p = 0; p < length; ++p) {
      if (hit(p)) return 1 / static_cast<double>(p + 1);
    }
    return 0;
  }
  if (name == "map" || name == "implicit_map") {
    double sum = 0;
    double found = 0;
    for (std::size_t p = 0; p < length; ++p) {
      if (hit(p)) sum += ++found / static_cast<double>(p + 1);
    }
    return sum / reachable;
  }
  if (name == "ndcg" || name == "ndcg_full" || name == "implicit_ndcg") {
    double dcg = 0;
    double ideal = 0;
    for (std::size_t p = 0; p < length; ++p) dcg += hit(p) ? 1 / std::log2(static_cast<double>(p) + 2) : 0;
    for (double p = 0; p < (name == "ndcg_full" ? test : reachable); ++p) ideal += 1 / std::log2(p + 2);
    return dcg / ideal;
  }
  if (name == "implicit_auc") {
    double found = 0;
    double missed = 0;
    double auc = 0;
    for (std::size_t p = 0; p < length; ++p) {
      if (hit(p)) {
        ++found;
      } else {
        ++missed;
        auc += found;
      }
    }
    const double negatives = static_cast<double>(items) - test;
    auc += (found + test) / 2 * (negatives - missed);
    return auc / (test * negatives);
  }
  if (name == "auc") {
    double right = 0;
    double others = 0;
    for (std::size_t o = 0; o < list.size(); ++o) {
      if (hit(o)) continue;
      ++others;
      for (std::size_t p = 0; p < o; ++p) right += hit(p) ? 1 : 0;
    }
    return right / (test * others);
  }
  throw std::invalid_argument("no metric " + name);
}

OverOrders over_tie_orders(const std::string& name, std::size_t k, const std::vector<float>& scores,
                           const std::set<int>& relevant, std::size_t items) {
  std::vector<int> order(scores.size());
  std::iota(order.begin(), order.end(), 0);
  OverOrders result{1e300, 0, -1e300};
  double orders = 0;
  do {
    if (!std::is_sorted(order.begin(), order.end(), [&](int a, int b) {
          return scores[static_cast<std::size_t>(a)] > scores[static_cast<std::size_t>(b)];
        })) {
      continue;
    }
    const double value = reference_metric(name, k, order, relevant, items);
    result.worst = std::min(result.worst, value);
    result.best = std::max(result.best, value);
    result.mean += value;
    ++orders;
  } while (std::next_permutation(order.begin(), order.end()));
  result.mean /= orders;
  return result;
}

}  // namespace segue::testing
