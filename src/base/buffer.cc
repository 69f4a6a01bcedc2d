#include "base/buffer.h"

#include <sys/mman.h>

#include <cstdlib>
#include <cstring>
#include <string>

#include "segue/error.h"

namespace segue {
namespace {

constexpr std::size_t kCacheLine = 64;
constexpr std::size_t kHugePage = std::size_t{2} << 20;

[[noreturn]] void out_of_memory(std::size_t bytes) {
  throw Error(ErrorCode::kOutOfMemory, "cannot get " + std::to_string(bytes >> 20) + " MiB of memory",
              "use fewer --factors, or a machine with more memory");
}

}  // namespace

std::shared_ptr<void> allocate_zeroed(std::size_t bytes) {
  if (bytes == 0) return nullptr;
  if (bytes > (std::size_t{1} << 62)) out_of_memory(bytes);
  if (bytes < kHugePage) {
    const std::size_t rounded = (bytes + kCacheLine - 1) / kCacheLine * kCacheLine;
    void* memory = std::aligned_alloc(kCacheLine, rounded);
    if (memory == nullptr) out_of_memory(bytes);
    std::memset(memory, 0, rounded);
    return {memory, std::free};
  }
  // Mapped by hand, with room to align: fresh pages are zero without being touched.
  const std::size_t rounded = (bytes + kHugePage - 1) / kHugePage * kHugePage;
  const std::size_t reserved = rounded + kHugePage;
  void* raw = mmap(nullptr, reserved, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (raw == MAP_FAILED) out_of_memory(bytes);
  const auto begin = reinterpret_cast<std::uintptr_t>(raw);
  const std::uintptr_t aligned = (begin + kHugePage - 1) / kHugePage * kHugePage;
  if (aligned > begin) munmap(raw, aligned - begin);
  const std::uintptr_t end = begin + reserved;
  if (end > aligned + rounded) munmap(reinterpret_cast<void*>(aligned + rounded), end - aligned - rounded);
  void* memory = reinterpret_cast<void*>(aligned);
  madvise(memory, rounded, MADV_HUGEPAGE);  // a wish: where it is refused, small pages do
  return {memory, [rounded](void* p) { munmap(p, rounded); }};
}

}  // namespace segue
