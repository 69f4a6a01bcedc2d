// Buffer: aligned memory that is filled once and then shared as an Array.
#ifndef SEGUE_BASE_BUFFER_H_
#define SEGUE_BASE_BUFFER_H_

#include <cstddef>
#include <memory>
#include <span>
#include <type_traits>
#include <utility>

#include "segue/array.h"

namespace segue {

/// Zeroed memory, aligned to 64 bytes; from 2 MiB on aligned to 2 MiB and backed by huge pages where the system has
/// them (random rows of a big table then miss the TLB far less often). Zero pages cost nothing until they are touched.
/// @throws Error{kOutOfMemory} saying how much was asked for.
std::shared_ptr<void> allocate_zeroed(std::size_t bytes);

template <typename T>
class Buffer {
  static_assert(std::is_trivially_copyable_v<T>);

 public:
  Buffer() = default;
  explicit Buffer(std::size_t size) : owner_(allocate_zeroed(size * sizeof(T))), size_(size) {}

  std::size_t size() const { return size_; }
  T* data() { return static_cast<T*>(owner_.get()); }
  const T* data() const { return static_cast<const T*>(owner_.get()); }
  T& operator[](std::size_t i) { return data()[i]; }
  const T& operator[](std::size_t i) const { return data()[i]; }
  T* begin() { return data(); }
  T* end() { return data() + size_; }
  const T* begin() const { return data(); }
  const T* end() const { return data() + size_; }
  std::span<T> span() { return {data(), size_}; }
  std::span<const T> span() const { return {data(), size_}; }

  /// Gives the memory away; what is left is empty. `size` may be smaller than size().
  Array<T> share(std::size_t size) && {
    std::shared_ptr<const void> owner = std::move(owner_);
    size_ = 0;
    return Array<T>({static_cast<const T*>(owner.get()), size}, owner);
  }
  Array<T> share() && {
    const std::size_t size = size_;
    return std::move(*this).share(size);
  }

 private:
  std::shared_ptr<void> owner_;
  std::size_t size_ = 0;
};

}  // namespace segue

#endif  // SEGUE_BASE_BUFFER_H_
