// The table of indexes: a kind is a pair of files and a line here.
#include <array>
#include <memory>
#include <string>
#include <utility>

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

constexpr std::array kIndexes = {
    IndexInfo{"exact", "codes of eight bits rule out what cannot be among the best; the rest is scored", true,
              build_exact},
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
