// Checksums: XXH3, 64 bits. The only place that knows xxHash.
#ifndef SEGUE_BASE_CHECKSUM_H_
#define SEGUE_BASE_CHECKSUM_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace segue {

std::uint64_t checksum(std::span<const std::byte> bytes);

/// Of several pieces, as if they were one.
class Checksum {
 public:
  Checksum();
  ~Checksum();
  Checksum(const Checksum&) = delete;
  Checksum& operator=(const Checksum&) = delete;
  void add(std::span<const std::byte> bytes);
  std::uint64_t value() const;

 private:
  void* state_;
};

/// 16 lower-case hexadecimal digits.
std::string to_hex(std::uint64_t value);

}  // namespace segue

#endif  // SEGUE_BASE_CHECKSUM_H_
