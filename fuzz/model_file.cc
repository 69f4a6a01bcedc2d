// Any bytes as a file of ours: opened as plays and as a model, verified, listed, and every value that opening let
// through is read. Whatever is not an Error is a fault.
//
// Checksums would stop nearly all mutations at the door, so the first byte of the input says whether they, the size
// and the magic are made right before the file is opened: then the checks behind them are what is tried.
// Begin with tests/golden as the corpus (each file with one byte in front).
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <span>
#include <string>
#include <vector>

#include "base/checksum.h"
#include "segue/error.h"
#include "segue/model.h"
#include "store/format.h"

namespace {

using namespace segue;

volatile double sink = 0;

void touch(const Interactions& interactions) {
  double sum = 0;
  for (std::uint32_t i = 0; i < interactions.users.size(); ++i) {
    if (interactions.users.find(interactions.users[i]) != i) std::abort();
  }
  for (std::uint32_t i = 0; i < interactions.items.size(); ++i) {
    for (const char c : interactions.title(i)) sum += c;
  }
  for (const std::uint32_t count : count_per_column(interactions.plays)) sum += count;
  for (const float value : interactions.plays.values()) sum += static_cast<double>(value);
  sink = sum;
}

void touch(const Model& model) {
  touch(model.interactions());
  double sum = 0;
  for (const Factors* table : {&model.user_factors(), &model.item_factors()}) {
    for (std::uint32_t row = 0; row < table->rows(); ++row) {
      for (const float value : (*table)[row]) sum += static_cast<double>(value);
    }
  }
  for (std::uint32_t item = 0; item < model.interactions().items.size(); ++item) sum += model.listeners()[item];
  for (const float scale : model.weighting().item_scale) sum += static_cast<double>(scale);
  sink = sum;
}

/// Makes header and checksums right, as far as the file is long enough for them.
void mend(std::vector<char>& bytes) {
  HeaderRecord header{};
  if (bytes.size() < sizeof header) return;
  std::memcpy(&header, bytes.data(), sizeof header);
  header.magic = kMagic;
  header.version = kFormatVersion;
  header.file_bytes = bytes.size();
  header.sections = static_cast<std::uint32_t>(
      std::min<std::size_t>(header.sections, (bytes.size() - sizeof header) / sizeof(SectionRecord)));
  std::vector<SectionRecord> table(header.sections);
  if (!table.empty()) std::memcpy(table.data(), bytes.data() + sizeof header, table.size() * sizeof(SectionRecord));
  for (SectionRecord& record : table) {
    if (record.bytes > bytes.size() || record.offset > bytes.size() - record.bytes) continue;
    record.checksum = checksum(std::as_bytes(std::span(bytes).subspan(record.offset, record.bytes)));
  }
  if (!table.empty()) std::memcpy(bytes.data() + sizeof header, table.data(), table.size() * sizeof(SectionRecord));
  seal(header, table);
  std::memcpy(bytes.data(), &header, sizeof header);
}

template <typename Action>
void attempt(Action action) {
  try {
    action();
  } catch (const Error&) {
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  std::vector<char> bytes(data + 1, data + size);
  if (data[0] % 2 == 0) mend(bytes);
  const int fd = memfd_create("model", MFD_CLOEXEC);
  if (fd < 0 || write(fd, bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size())) std::abort();
  const std::string path = "/proc/self/fd/" + std::to_string(fd);
  is_segue_file(path);
  attempt([&] { touch(open_interactions(path)); });
  attempt([&] { touch(Model::open(path)); });
  attempt([&] { verify_file(path); });
  attempt([&] { sink = static_cast<double>(read_layout(path).sections.size()); });
  close(fd);
  return 0;
}
