// The table of indexes: a kind is a pair of files and a line here.
#include <array>
#include <memory>
#include <string>
#include <utility>

#include "index/ivf.h"
#include "segue/annoy.h"
#include "segue/error.h"
#include "segue/index.h"

namespace segue {
namespace {

std::unique_ptr<Index> build_exact(Factors items, Metric metric, const IndexOptions& /*options*/, const Run& run) {
  return make_exact_index(std::move(items), metric, run);
}

std::unique_ptr<Index> build_brute(Factors items, Metric metric, const IndexOptions& /*options*/, const Run& run) {
  return make_brute_index(std::move(items), metric, run);
}

std::unique_ptr<Index> build_ivf(Factors items, Metric metric, const IndexOptions& options, const Run& run) {
  return std::make_unique<IvfIndex>(std::move(items), metric, options, run);
}

std::unique_ptr<Index> build_annoy(Factors items, Metric metric, const IndexOptions& options, const Run& run) {
  return make_annoy_index(std::move(items), metric, {.trees = options.trees}, options.search_k, run);
}

constexpr std::array kIndexes = {
    IndexInfo{"exact", "codes of eight bits rule out what cannot be among the best; the rest is scored", true,
              build_exact},
    IndexInfo{"ivf", "looks into the lists around a query: similar items, by cosine, a few missed", false, build_ivf},
    IndexInfo{"annoy", "scores what a forest of random-projection trees leads to: Annoy's way", false, build_annoy},
    IndexInfo{"brute", "scores every item: the reference", true, build_brute},
};

}  // namespace

std::span<const IndexInfo> indexes() { return kIndexes; }

std::unique_ptr<Index> make_index(Factors items, Metric metric, const IndexOptions& options, const Run& run) {
  std::string names;
  for (const IndexInfo& info : indexes()) {
    if (info.name == options.kind) return info.build(std::move(items), metric, options, run);
    names += (names.empty() ? "" : ", ") + std::string(info.name);
  }
  throw Error(ErrorCode::kInvalidArgument, "there is no index \"" + options.kind + "\"", "use one of " + names);
}

}  // namespace segue
