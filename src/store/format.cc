#include "store/format.h"

#include "base/checksum.h"

namespace segue {

std::uint64_t checksum_of(const HeaderRecord& header) {
  return checksum(std::as_bytes(std::span(&header, 1)).first(offsetof(HeaderRecord, header_checksum)));
}

std::uint64_t checksum_of(std::span<const SectionRecord> table) { return checksum(std::as_bytes(table)); }

void seal(HeaderRecord& header, std::span<const SectionRecord> table) {
  header.table_checksum = checksum_of(table);
  header.header_checksum = checksum_of(header);
}

}  // namespace segue
