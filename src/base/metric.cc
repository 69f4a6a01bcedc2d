// The names of metrics, in files, on the command line and in messages.
#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "segue/error.h"
#include "segue/index.h"

namespace segue {
namespace {

constexpr std::array kMetrics = {std::pair(Metric::kInnerProduct, std::string_view("inner-product")),
                                 std::pair(Metric::kCosine, std::string_view("cosine"))};

}  // namespace

std::string_view name_of(Metric metric) {
  return std::ranges::find(kMetrics, metric, [](const auto& known) { return known.first; })->second;
}

Metric metric_of(std::string_view name) {
  std::string names;
  for (const auto& [metric, known] : kMetrics) {
    if (known == name) return metric;
    names += (names.empty() ? "" : ", ") + std::string(known);
  }
  throw Error(ErrorCode::kInvalidArgument, "there is no metric \"" + std::string(name) + "\"", "use one of " + names);
}

}  // namespace segue
