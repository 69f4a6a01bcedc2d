#include "index/code_lists.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <utility>

#include "index/index_parts.h"

namespace segue {

std::vector<IndexPart> CodeLists::parts() const {
  std::vector<IndexPart> parts = coded.parts();
  parts.push_back({"begin", begin});
  parts.push_back({"centers", centers.values()});
  return parts;
}

CodeLists make_code_lists(const ScoredItems& items, std::uint32_t count, const KmeansEffort& effort, const Run& run,
                          std::vector<std::uint32_t>* member) {
  std::uint32_t directed = 0;
  for (std::uint32_t item = 0; item < items.size(); ++item) directed += items.is_zero(item) ? 0 : 1;
  if (directed == 0 || !CodedItems::can_code(items)) return {};
  count = std::clamp(count, 1U, directed);
  Clusters clusters = spherical_kmeans(items, count, effort, run);

  std::vector<std::vector<std::uint32_t>> members(count);
  for (std::uint32_t item = 0; item < items.size(); ++item) {
    if (items.is_zero(item)) {  // would all be in the first list
      clusters.member[item] = item % count;
      clusters.cosine[item] = -2;
    }
    members[clusters.member[item]].push_back(item);
  }
  std::vector<std::uint32_t> order;
  std::vector<std::uint64_t> begin;
  for (std::vector<std::uint32_t>& list : members) {
    // Items near the center stand together, so that fewer blocks hold one that may pass.
    std::ranges::stable_sort(list, std::greater{}, [&](std::uint32_t item) { return clusters.cosine[item]; });
    begin.push_back(order.size() / simd::kCodeItems);
    order.insert(order.end(), list.begin(), list.end());
    order.resize((order.size() + simd::kCodeItems - 1) / simd::kCodeItems * simd::kCodeItems, CodedItems::kNone);
  }
  begin.push_back(order.size() / simd::kCodeItems);
  if (member != nullptr) *member = std::move(clusters.member);
  return {.centers = std::move(clusters.centers),
          .coded = CodedItems(items, std::move(order), run),
          .begin = std::move(begin)};
}

CodeLists open_code_lists(const ScoredItems& items, const StoredIndex& stored) {
  if (!CodedItems::can_code(items)) damaged_part("ids", "is of vectors that have no codes");
  CodeLists lists;
  lists.coded = CodedItems(items, stored);
  lists.begin = part_of<std::uint64_t>(stored, "begin");
  const std::size_t count = lists.begin.empty() ? 0 : lists.begin.size() - 1;
  if (count == 0 || count > items.size() || lists.begin[0] != 0 || lists.begin[count] != lists.coded.blocks() ||
      !std::ranges::is_sorted(lists.begin)) {
    damaged_part("begin", "does not cut the blocks into lists");
  }
  lists.centers = Factors::create(static_cast<std::uint32_t>(count), items.factors(),
                                  part_of<float>(stored, "centers", count * Factors::stride_for(items.factors())));
  if (!std::ranges::all_of(lists.centers.values(), [](float value) { return std::isfinite(value); })) {
    damaged_part("centers", "holds a value that is not finite");
  }
  return lists;
}

}  // namespace segue
