// Lists of similar items, judged item by item; each writes its value to its own place, and sums are made in the order
// of the items.
#include "segue/evaluate_similar.h"

#include <algorithm>
#include <functional>
#include <optional>
#include <string>
#include <utility>

#include "base/parallel.h"
#include "eval/bootstrap.h"
#include "segue/error.h"

namespace segue {
namespace {

constexpr std::size_t kGrainItems = 64;

/// The first k of a list, ascending.
std::vector<std::uint32_t> first_of(const std::vector<std::uint32_t>& list, std::uint32_t k) {
  std::vector<std::uint32_t> first(list.begin(), list.begin() + std::min<std::ptrdiff_t>(k, std::ssize(list)));
  std::ranges::sort(first);
  return first;
}

/// Both ascending.
template <typename A, typename B>
std::size_t common(const A& a, const B& b) {
  std::size_t count = 0;
  auto x = a.begin();
  auto y = b.begin();
  while (x != a.end() && y != b.end()) {
    if (*x == *y) ++count;
    const bool forward = *x <= *y;
    if (*y <= *x) ++y;
    if (forward) ++x;
  }
  return count;
}

ItemScore score(const ItemLists& lists, std::size_t items, std::uint32_t k, const EvaluateOptions& options,
                const Run& run, const std::function<std::optional<double>(std::uint32_t item)>& value) {
  const auto require = [](bool good, const std::string& problem, const std::string& fix) {
    if (!good) throw Error(ErrorCode::kInvalidArgument, problem, fix);
  };
  require(lists.size() == items,
          "there are lists of " + std::to_string(lists.size()) + " items where there are " + std::to_string(items),
          "give a list for each item, empty where there is none");
  require(k >= 1, "the first 0 of each list were asked for", "look at one or more, such as 10");
  std::vector<std::optional<double>> values(items);
  parallel_chunks(items, kGrainItems, run, [&](std::size_t begin, std::size_t end, int) {
    for (auto item = static_cast<std::uint32_t>(begin); item < end; ++item) {
      if (!lists[item].empty()) values[item] = value(item);
    }
  });
  ItemScore result;
  for (std::uint32_t item = 0; item < items; ++item) {
    if (!values[item]) continue;
    result.items.push_back(item);
    result.per_item.push_back(*values[item]);
  }
  require(!result.items.empty(), "no item has what its list could be judged by",
          "hold more out, or give labels of these items");
  const Sample sample{result.per_item};
  result.mean = result.low = result.high = weighted_mean(sample);
  if (options.resamples > 0) {
    const Interval interval = bootstrap({&sample, 1}, options.resamples, options.confidence, options.seed, run).front();
    result.low = interval.low;
    result.high = interval.high;
  }
  return result;
}

}  // namespace

ItemScore co_listening(const ItemLists& lists, const CsrMatrix& test, std::uint32_t k, const EvaluateOptions& options,
                       const Run& run) {
  const CsrMatrix listeners = transpose(test, run);
  return score(lists, test.cols(), k, options, run, [&](std::uint32_t item) -> std::optional<double> {
    const std::vector<std::uint32_t> similar = first_of(lists[item], k);
    std::size_t found = 0;
    std::size_t others = 0;
    for (const std::uint32_t user : listeners.row_columns(item)) {
      const auto theirs = test.row_columns(user);
      others += theirs.size() - 1;  // a list does not hold the item itself
      found += common(similar, theirs);
    }
    if (others == 0) return std::nullopt;
    return static_cast<double>(found) / static_cast<double>(others);
  });
}

ItemScore label_overlap(const ItemLists& lists, const CsrMatrix& labels, std::uint32_t k,
                        const EvaluateOptions& options, const Run& run) {
  return score(lists, labels.rows(), k, options, run, [&](std::uint32_t item) -> std::optional<double> {
    const auto own = labels.row_columns(item);
    if (own.empty()) return std::nullopt;
    double sum = 0;
    const std::vector<std::uint32_t> similar = first_of(lists[item], k);
    for (const std::uint32_t other : similar) {
      const auto theirs = labels.row_columns(other);
      const std::size_t both = common(own, theirs);
      sum += static_cast<double>(both) / static_cast<double>(own.size() + theirs.size() - both);
    }
    return sum / static_cast<double>(similar.size());
  });
}

ItemScore list_agreement(const ItemLists& first, const ItemLists& second, std::uint32_t k,
                         const EvaluateOptions& options, const Run& run) {
  return score(first, second.size(), k, options, run, [&](std::uint32_t item) -> std::optional<double> {
    if (second[item].empty()) return std::nullopt;
    const std::vector<std::uint32_t> a = first_of(first[item], k);
    return static_cast<double>(common(a, first_of(second[item], k))) / static_cast<double>(a.size());
  });
}

}  // namespace segue
