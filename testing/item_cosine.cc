#include "testing/item_cosine.h"

#include <algorithm>
#include <cmath>

namespace segue::testing {

std::vector<Neighbor> similar_columns(const CsrMatrix& user_items, std::uint32_t item) {
  std::vector<double> product(user_items.cols());
  std::vector<double> square(user_items.cols());
  for (std::uint32_t user = 0; user < user_items.rows(); ++user) {
    const double own = user_items.at(user, item);
    const auto columns = user_items.row_columns(user);
    const auto values = user_items.row_values(user);
    for (std::size_t i = 0; i < columns.size(); ++i) {
      product[columns[i]] += own * values[i];
      square[columns[i]] += double{values[i]} * values[i];
    }
  }
  std::vector<Neighbor> neighbors;
  for (std::uint32_t other = 0; other < user_items.cols(); ++other) {
    if (other == item || product[other] == 0) continue;
    neighbors.push_back({other, static_cast<float>(product[other] / std::sqrt(square[item] * square[other]))});
  }
  std::stable_sort(neighbors.begin(), neighbors.end(),
                   [](const Neighbor& a, const Neighbor& b) { return a.score > b.score; });
  return neighbors;
}

}  // namespace segue::testing
