// What a file holds and whether its bytes are those that were written: header and table have checksums of their own,
// each section has one in the table, and the gaps between sections are zeros. So every byte of a file is covered.
#include <algorithm>

#include "base/parallel.h"
#include "base/progress.h"
#include "segue/error.h"
#include "segue/model.h"
#include "store/container.h"

namespace segue {

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
    container.check_checksum(i, [&](std::size_t bytes) {
      run.check();
      progress.add(bytes);
    });
  });
  progress.finish();
}

}  // namespace segue
