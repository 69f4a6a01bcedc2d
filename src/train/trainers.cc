// The table of trainers and of solvers: what the command line, the help and the contract tests walk.
#include <array>
#include <string>

#include "segue/error.h"
#include "segue/train.h"
#include "simd/targets.h"

namespace segue {
namespace {

constexpr std::array kTrainers = {
    TrainerInfo{"als", "implicit alternating least squares (Hu, Koren & Volinsky 2008)"},
};

constexpr std::array kSolverNames = {std::string_view("auto"), std::string_view("cg"), std::string_view("cholesky")};

}  // namespace

std::span<const TrainerInfo> trainers() { return kTrainers; }

Solver solver_from_name(std::string_view name) {
  for (std::size_t i = 0; i < kSolverNames.size(); ++i) {
    if (kSolverNames[i] == name) return static_cast<Solver>(i);
  }
  throw Error(ErrorCode::kInvalidArgument, "there is no solver \"" + std::string(name) + "\"",
              "use one of auto, cg, cholesky");
}

std::string simd_target() {
  simd::choose_target();
  return simd::target_name();
}

std::string_view name_of(Solver solver) { return kSolverNames.at(static_cast<std::size_t>(solver)); }

}  // namespace segue
