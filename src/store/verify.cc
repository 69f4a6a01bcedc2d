// What a file holds and whether its bytes are those that were written: header and table have checksums of their own,
// each section has one in the table, and the gaps between sections are zeros. So every byte of a file is covered.
#include <algorithm>

#include "base/checksum.h"
#include "base/parallel.h"
#include "base/progress.h"
#include "segue/error.h"
#include "segue/model.h"
#include "store/container.h"

namespace segue {
namespace {

/// Between two looks at the stop token.
constexpr std::size_t kPiece = std::size_t{4} << 20;

}  // namespace

FileLayout read_layout(const std::filesystem::path& path) { return Container::open(path).layout(); }

void verify_file(const std::filesystem::path& path, const Run& run) {
  const Container container = Container::open(path);
  const auto& sections = container.layout().sections;
  ProgressMeter progress(run, "verifying", container.layout().bytes, "bytes");
  parallel_chunks(sections.size(), 1, run, [&](std::size_t i, std::size_t, int) {
    const auto gap = container.gap_before(i);
    if (!std::ranges::all_of(gap, [](std::byte b) { return b == std::byte{0}; })) {
      container.damaged(sections[i].name, "has bytes before it that are not zero");
    }
    Checksum sum;
    for (auto rest = container.bytes(sections[i]); !rest.empty();) {
      run.check();
      const auto piece = rest.first(std::min(kPiece, rest.size()));
      sum.add(piece);
      progress.add(piece.size());
      rest = rest.subspan(piece.size());
    }
    if (sum.value() != container.stated_checksum(i)) {
      container.damaged(sections[i].name, "is damaged: its checksum is " + to_hex(sum.value()) + " where " +
                                              sections[i].checksum + " was written");
    }
  });
  progress.finish();
}

}  // namespace segue
