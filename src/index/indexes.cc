// The table of indexes: a kind is a pair of files and a line here.
#include <algorithm>
#include <array>
#include <memory>
#include <string>
#include <utility>

#include "index/annoy_index.h"
#include "index/brute.h"
#include "index/exact.h"
#include "index/ivf.h"
#include "index/known_recall.h"
#include "segue/annoy.h"
#include "segue/error.h"
#include "segue/index.h"

namespace segue {
namespace {

// Of so few items all codes are read in the time that ranking lists takes.
constexpr std::uint32_t kFewItems = 10'000;
// Reading all codes in order costs no more than this part of them list by list: docs/search.md.
constexpr double kMostLookedAt = 0.25;

std::unique_ptr<Index> build_exact(Factors items, Metric metric, const IndexOptions& /*options*/, const Run& run) {
  return make_exact_index(std::move(items), metric, run);
}

std::unique_ptr<Index> build_brute(Factors items, Metric metric, const IndexOptions& /*options*/, const Run& run) {
  return make_brute_index(std::move(items), metric, run);
}

std::unique_ptr<Index> build_ivf(Factors items, Metric metric, const IndexOptions& options, const Run& run) {
  return std::make_unique<IvfIndex>(std::move(items), metric, options, run);
}

/// docs/search.md ("auto") says why.
std::unique_ptr<Index> build_auto(Factors items, Metric metric, const IndexOptions& options, const Run& run) {
  check_recall(options);
  if (metric == Metric::kCosine && items.rows() > kFewItems && options.recall < 1) {
    auto ivf = std::make_unique<IvfIndex>(items, metric, options, run);
    if (ivf->looked_at() <= kMostLookedAt) return ivf;
  }
  return make_exact_index(std::move(items), metric, run);
}

std::unique_ptr<Index> open_exact(Factors items, const StoredIndex& stored, const Run& run) {
  return std::make_unique<ExactIndex>(std::move(items), stored, run);
}

std::unique_ptr<Index> open_brute(Factors items, const StoredIndex& stored, const Run& run) {
  return make_brute_index(std::move(items), stored.metric, run);
}

std::unique_ptr<Index> open_ivf(Factors items, const StoredIndex& stored, const Run& run) {
  return std::make_unique<IvfIndex>(std::move(items), stored, run);
}

constexpr std::array kIndexes = {
    IndexInfo{"exact", "codes of eight bits rule out what cannot be among the best; the rest is scored", true,
              build_exact, open_exact},
    IndexInfo{"ivf", "looks into the lists around a query: similar items, by cosine, a few missed", false, build_ivf,
              open_ivf},
    IndexInfo{"annoy", "scores what a forest of random-projection trees leads to: Annoy's way", false, make_annoy_index,
              open_annoy_index},
    IndexInfo{"auto", "the fastest that reaches the recall: exact or ivf", false, build_auto, nullptr},
    IndexInfo{"brute", "scores every item: the reference", true, build_brute, open_brute},
};

const IndexInfo* find_kind(std::string_view name) {
  const auto* found = std::ranges::find(kIndexes, name, &IndexInfo::name);
  return found == kIndexes.end() ? nullptr : found;
}

}  // namespace

std::span<const IndexInfo> indexes() { return kIndexes; }

std::unique_ptr<Index> make_index(Factors items, Metric metric, const IndexOptions& options, const Run& run) {
  if (const IndexInfo* info = find_kind(options.kind)) return info->build(std::move(items), metric, options, run);
  std::string names;
  for (const IndexInfo& info : indexes()) names += (names.empty() ? "" : ", ") + std::string(info.name);
  throw Error(ErrorCode::kInvalidArgument, "there is no index \"" + options.kind + "\"", "use one of " + names);
}

std::unique_ptr<Index> open_index(Factors items, const StoredIndex& stored, const Run& run) {
  const IndexInfo* info = find_kind(stored.kind);
  if (info == nullptr || info->open == nullptr) {
    throw Error(ErrorCode::kCorruptFile, "the stored index is of the kind \"" + stored.kind + "\", which is not known",
                "update segue, or make the index anew: segue index build");
  }
  return info->open(std::move(items), stored, run);
}

}  // namespace segue
