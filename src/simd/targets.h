// Which SIMD instructions run: chosen at run time, capped by the environment.
//
// Kernels live in this folder alone. A kernel file kernel.cc holds, in this order: HWY_TARGET_INCLUDE and
// foreach_target.h, the code between HWY_BEFORE_NAMESPACE and HWY_AFTER_NAMESPACE (compiled once per target), and under
// HWY_ONCE the function that the rest of the engine calls, which dispatches once per block of work, never per vector.
//
// SEGUE_SIMD = avx512 | avx2 | sse4 | baseline (neon on Arm) caps the choice: the best target not above it runs.
#ifndef SEGUE_SIMD_TARGETS_H_
#define SEGUE_SIMD_TARGETS_H_

#include <string>
#include <string_view>
#include <vector>

namespace segue::simd {

/// Reads SEGUE_SIMD once. Each public kernel calls it first.
/// @throws Error{kInvalidArgument} for a name that does not exist.
void choose_target();

/// The target that runs, such as "avx512".
std::string target_name();

/// The targets that this machine can run, best first.
std::vector<std::string> available_targets();

/// Runs kernels on `name` until the next call; empty: back to the choice of the machine. For tests and benchmarks only:
/// no kernel may be running.
void force_target(std::string_view name);

}  // namespace segue::simd

#endif  // SEGUE_SIMD_TARGETS_H_
