// Names of solvers and of precisions.
#include <algorithm>
#include <array>
#include <span>
#include <string>

#include "segue/error.h"
#include "segue/train.h"
#include "simd/targets.h"

namespace segue {
namespace {

constexpr std::array kSolverNames = {std::string_view("auto"), std::string_view("cg"), std::string_view("cholesky")};

constexpr std::array kPrecisionNames = {std::string_view("auto"), std::string_view("float32"),
                                        std::string_view("float16")};

/// The place of `name` among `names`.
std::size_t place_of(std::string_view name, std::span<const std::string_view> names, const std::string& kind) {
  const auto found = std::ranges::find(names, name);
  if (found != names.end()) return static_cast<std::size_t>(found - names.begin());
  std::string list;
  for (const std::string_view each : names) list += (list.empty() ? "" : ", ") + std::string(each);
  throw Error(ErrorCode::kInvalidArgument, "there is no " + kind + " \"" + std::string(name) + "\"",
              "use one of " + list);
}

}  // namespace

Solver solver_from_name(std::string_view name) { return static_cast<Solver>(place_of(name, kSolverNames, "solver")); }

GatherPrecision precision_from_name(std::string_view name) {
  return static_cast<GatherPrecision>(place_of(name, kPrecisionNames, "precision"));
}

std::string simd_target() {
  simd::choose_target();
  return simd::target_name();
}

std::string_view name_of(Solver solver) { return kSolverNames.at(static_cast<std::size_t>(solver)); }

std::string_view name_of(GatherPrecision precision) { return kPrecisionNames.at(static_cast<std::size_t>(precision)); }

}  // namespace segue
