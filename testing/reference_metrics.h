// Ranking measures on one plain list, each by its textbook sentence, and their mean over every order of items that tie.
#ifndef SEGUE_TESTING_REFERENCE_METRICS_H_
#define SEGUE_TESTING_REFERENCE_METRICS_H_

#include <cstddef>
#include <set>
#include <string>
#include <vector>

namespace segue::testing {

/// `list` is all that is ranked, best first; `relevant` what was held out; `items` the size of the catalogue.
double reference_metric(const std::string& name, std::size_t k, const std::vector<int>& list,
                        const std::set<int>& relevant, std::size_t items);

struct OverOrders {
  double worst;
  double mean;
  double best;
};
/// The same over all orders in which items of equal score can be listed. `scores` by item; for a handful of items only.
OverOrders over_tie_orders(const std::string& name, std::size_t k, const std::vector<float>& scores,
                           const std::set<int>& relevant, std::size_t items);

}  // namespace segue::testing

#endif  // SEGUE_TESTING_REFERENCE_METRICS_H_
