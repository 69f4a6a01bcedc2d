#include "simd/targets.h"

#include <hwy/highway.h>
#include <hwy/targets.h>

#include <array>
#include <cstdint>
#include <cstdlib>

#include "segue/error.h"

namespace segue::simd {
namespace {

struct Target {
  std::string_view name;
  std::int64_t bits;  // the Highway targets that go by this name
};

// Best first, as Highway's bits are. AVX3_DL is AVX3 with VNNI and other late instructions.
#if HWY_ARCH_X86
constexpr std::array kTargets = {
    Target{"avx512", HWY_AVX3_DL | HWY_AVX3},
    Target{"avx2", HWY_AVX2},
    Target{"sse4", HWY_SSE4},
    Target{"baseline", HWY_STATIC_TARGET},
};
#elif HWY_ARCH_ARM
constexpr std::array kTargets = {Target{"neon", HWY_NEON}};
#else
constexpr std::array kTargets = {Target{"baseline", HWY_STATIC_TARGET}};
#endif

/// What may run. Highway 1.0.3 forgets what was disabled when it is asked: SupportedTargets() answers rightly, but
/// leaves the best target of the machine chosen for the kernels that run next. So its answer is chosen again.
std::int64_t supported() {
  const std::int64_t targets = hwy::SupportedTargets();
  hwy::GetChosenTarget().Update(targets);
  return targets & (HWY_TARGETS);
}

const Target& find(std::string_view name, std::string_view option) {
  for (const Target& target : kTargets) {
    if (target.name == name) return target;
  }
  std::string names;
  for (const Target& target : kTargets) names += (names.empty() ? "" : ", ") + std::string(target.name);
  throw Error(ErrorCode::kInvalidArgument,
              std::string(option) + "=" + std::string(name) + " is not a SIMD target of this machine's kind",
              "use one of " + names + ", or leave it unset");
}

/// All targets that are better than every bit of `bits`: a lower bit is a better target.
std::int64_t above(std::int64_t bits) { return (bits & -bits) - 1; }

}  // namespace

void choose_target() {
  static const bool chosen = [] {
    const char* cap = std::getenv("SEGUE_SIMD");
    if (cap != nullptr && *cap != '\0') hwy::DisableTargets(above(find(cap, "SEGUE_SIMD").bits));
    return true;
  }();
  static_cast<void>(chosen);
}

std::string target_name() {
  choose_target();
  const std::int64_t best = supported() & -supported();
  for (const Target& target : kTargets) {
    if ((target.bits & best) != 0) return std::string(target.name);
  }
  return hwy::TargetName(best);
}

std::vector<std::string> available_targets() {
  choose_target();
  std::vector<std::string> names;
  for (const Target& target : kTargets) {
    if ((target.bits & supported()) != 0) names.emplace_back(target.name);
  }
  return names;
}

void force_target(std::string_view name) {
  choose_target();
  hwy::SetSupportedTargetsForTest(0);  // back to what the machine has, below the cap
  if (!name.empty()) hwy::SetSupportedTargetsForTest(supported() & ~above(find(name, "target").bits));
}

}  // namespace segue::simd
