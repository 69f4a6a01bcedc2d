// A well-mixed number for each counter: random numbers that do not depend on who asks for them first.
#ifndef SEGUE_BASE_MIX_H_
#define SEGUE_BASE_MIX_H_

#include <cstdint>

namespace segue {

/// The finalizer of Steele, Lea & Flood 2014, "SplitMix".
inline std::uint64_t mix(std::uint64_t counter) {
  std::uint64_t z = counter + 0x9e3779b97f4a7c15ULL;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
  return z ^ (z >> 31);
}

}  // namespace segue

#endif  // SEGUE_BASE_MIX_H_
