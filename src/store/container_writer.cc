// The file is written in windows of 2 MiB, each by one call that begins at a multiple of 2 MiB and gathers whatever
// lies there: pieces of sections and the zeros between them. The kernel then keeps the window in one huge page, and so
// does who maps the file next: a model of 336 MB is opened five times as fast as after small writes. Each piece is
// summed just before it is written, so that a section comes from memory once and is never copied. XXH3 takes some 20
// GB/s and the copy into the page cache 2 to 4: a second thread gains nothing, as the kernel lets one at a time write
// to a file.
#include "store/container_writer.h"

#include <algorithm>
#include <array>
#include <deque>

#include "base/checksum.h"
#include "base/progress.h"
#include "store/output_file.h"

namespace segue {
namespace {

constexpr std::uint64_t kWindow = std::uint64_t{2} << 20;

using Bytes = std::span<const std::byte>;

/// What is left of the file: bytes, and the checksum that they count in, if any.
struct Part {
  Bytes bytes;
  Checksum* sum;
};

/// Lays the sections out. @return where each lies; checksums are not known yet.
std::vector<SectionRecord> make_table(std::span<const Section> sections) {
  std::vector<SectionRecord> table(sections.size());
  std::uint64_t end = sizeof(HeaderRecord) + sizeof(SectionRecord) * table.size();
  for (std::size_t i = 0; i < sections.size(); ++i) {
    SectionRecord& record = table[i];
    sections[i].name.copy(record.name.data(), record.name.size());
    record.type = static_cast<std::uint32_t>(sections[i].type);
    record.rank = static_cast<std::uint32_t>(sections[i].shape.size());
    std::ranges::copy(sections[i].shape, record.shape.begin());
    record.offset = align_section(end);
    record.bytes = sections[i].bytes.size();
    end = record.offset + record.bytes;
  }
  return table;
}

/// Takes up to `most` bytes off the front of the parts.
std::vector<Bytes> take(std::deque<Part>& parts, std::uint64_t most) {
  std::vector<Bytes> pieces;
  while (!parts.empty() && most > 0) {
    Part& part = parts.front();
    const Bytes piece = part.bytes.first(std::min<std::uint64_t>(most, part.bytes.size()));
    if (part.sum != nullptr) part.sum->add(piece);
    pieces.push_back(piece);
    most -= piece.size();
    part.bytes = part.bytes.subspan(piece.size());
    if (part.bytes.empty()) parts.pop_front();
  }
  return pieces;
}

}  // namespace

void write_container(const std::filesystem::path& path, std::string_view kind, std::span<const Section> sections,
                     const Run& run, std::uint32_t version) {
  static constexpr std::array<std::byte, kSectionAlignment> kZeros{};
  std::vector<SectionRecord> table = make_table(sections);
  HeaderRecord header{};
  const Bytes header_bytes = std::as_bytes(std::span(&header, 1));
  const Bytes table_bytes = std::as_bytes(std::span(table));

  // Header and table are written with the rest, and again once the checksums are known.
  std::vector<Checksum> sums(sections.size());
  std::deque<Part> parts = {{header_bytes, nullptr}, {table_bytes, nullptr}};
  std::uint64_t end = header_bytes.size() + table_bytes.size();
  for (std::size_t i = 0; i < sections.size(); ++i) {
    parts.push_back({Bytes(kZeros).first(table[i].offset - end), nullptr});
    parts.push_back({sections[i].bytes, &sums[i]});
    end = table[i].offset + table[i].bytes;
  }

  OutputFile file(path);
  ProgressMeter progress(run, "writing", end, "bytes");
  for (std::uint64_t offset = 0; offset < end; offset += kWindow) {
    run.check();
    const std::uint64_t size = std::min(kWindow, end - offset);
    file.write(offset, take(parts, size));
    progress.add(size);
  }

  for (std::size_t i = 0; i < table.size(); ++i) table[i].checksum = sums[i].value();
  header.magic = kMagic;
  header.version = version;
  header.sections = static_cast<std::uint32_t>(table.size());
  header.file_bytes = end;
  kind.copy(header.kind.data(), header.kind.size());
  seal(header, table);
  file.write(0, std::array{header_bytes, table_bytes});
  run.check();
  file.commit();
  progress.finish();
}

}  // namespace segue
