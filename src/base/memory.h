// How much memory the machine has to give.
#ifndef SEGUE_BASE_MEMORY_H_
#define SEGUE_BASE_MEMORY_H_

#include <cstdint>
#include <optional>

namespace segue {

/// What the system says can be allocated without swapping, in bytes; nothing where it does not say.
std::optional<std::uint64_t> available_memory_bytes();

}  // namespace segue

#endif  // SEGUE_BASE_MEMORY_H_
