// The table of measures, and their names as people write them.
#include <algorithm>
#include <array>
#include <charconv>

#include "segue/error.h"
#include "segue/evaluate.h"

namespace segue {
namespace {

constexpr std::uint32_t kMostK = 100000;  // longer lists are a slip of the finger

using M = Measure;
constexpr std::array kMeasures = {
    MeasureInfo{M::kPrecision, "precision", "hits / K"},
    MeasureInfo{M::kRecall, "recall", "hits / held-out items"},
    MeasureInfo{M::kRecallMin, "recall_min", "hits / min(K, held-out items)"},
    MeasureInfo{M::kHitRate, "hit_rate", "1 where there is a hit"},
    MeasureInfo{M::kMap, "map", "mean of the precisions at the hits, over min(K, held-out items)"},
    MeasureInfo{M::kNdcg, "ndcg", "discounted hits over those of the best list of K"},
    MeasureInfo{M::kNdcgFull, "ndcg_full", "discounted hits over those of all held-out items first"},
    MeasureInfo{M::kMrr, "mrr", "1 / rank of the first hit"},
    MeasureInfo{M::kImplicitPrecision, "implicit_precision", "hits of all users / sum of min(K, held-out items)"},
    MeasureInfo{M::kImplicitMap, "implicit_map", "as map"},
    MeasureInfo{M::kImplicitNdcg, "implicit_ndcg", "as ndcg"},
    MeasureInfo{M::kImplicitAuc, "implicit_auc", "auc of the list of K, what is beyond it left to chance"},
    MeasureInfo{M::kAuc, "auc", "share of pairs of a held-out and another item in the right order", false},
    MeasureInfo{M::kNovelty, "novelty", "mean of -log2(share of users who have the item)"},
    MeasureInfo{M::kPopularity, "popularity", "mean number of users who have the item", true, true, false},
    MeasureInfo{M::kDiversity, "diversity", "1 - mean cosine of the list's pairs"},
    MeasureInfo{M::kCoverage, "coverage", "share of the items that are in any list", true, false},
    MeasureInfo{M::kGini, "gini", "inequality of how often items are listed, 0 even, 1 all the same", true, false,
                false},
};

[[noreturn]] void refuse(std::string_view name, const std::string& why) {
  std::string list;
  for (const MeasureInfo& info : kMeasures) {
    list += (list.empty() ? "" : ", ") + std::string(info.name) + (info.has_cut ? "@K" : "");
  }
  throw Error(ErrorCode::kInvalidArgument, "\"" + std::string(name) + "\" " + why, "use one of " + list);
}

}  // namespace

std::span<const MeasureInfo> measures() { return kMeasures; }

MeasureAt measure_from_name(std::string_view name) {
  const std::size_t at = name.find('@');
  const auto found = std::ranges::find(kMeasures, name.substr(0, at), &MeasureInfo::name);
  if (found == kMeasures.end()) refuse(name, "is no measure");
  if (!found->has_cut) {
    if (at != std::string_view::npos) refuse(name, "looks at the whole ranking and takes no K");
    return {found->measure, 1};
  }
  if (at == std::string_view::npos) refuse(name, "lacks its K, as in " + std::string(found->name) + "@10");
  const std::string_view digits = name.substr(at + 1);
  std::uint32_t k = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), k);
  if (error != std::errc() || end != digits.data() + digits.size() || k == 0 || k > kMostK) {
    refuse(name, "has a K that is no whole number from 1 to " + std::to_string(kMostK));
  }
  return {found->measure, k};
}

std::string name_of(const MeasureAt& measure) {
  const MeasureInfo& info = kMeasures.at(static_cast<std::size_t>(measure.measure));
  std::string name(info.name);
  if (info.has_cut) name.append("@").append(std::to_string(measure.k));
  return name;
}

}  // namespace segue
