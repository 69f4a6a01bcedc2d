// Any bytes as an .ann file of each metric: opened, searched, and every vector read. Whatever is not an Error is a
// fault.
//
// The first byte chooses the metric, the second the size of the vectors and whether the file is cut to whole nodes,
// which nearly all inputs would fail at otherwise. Begin with small files of every metric as the corpus, two bytes in
// front.
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "index/annoy_nodes.h"
#include "segue/annoy.h"
#include "segue/error.h"

namespace {

using namespace segue;

constexpr std::uint32_t kMostItems = 20;  // asked about

volatile double sink = 0;

void touch(const AnnoyForest& forest) {
  double sum = forest.trees();
  const std::uint32_t items = std::min(forest.items(), kMostItems);
  for (std::uint32_t item = 0; item < items; ++item) {
    for (const float value : forest.vector(item)) sum += static_cast<double>(value);
    for (const std::int64_t search_k : {-1, 1000000}) {
      const auto found = forest.nearest(item, 10, search_k);
      if (found.size() > 10) std::abort();
      for (const AnnoyNeighbor& neighbor : found) {
        if (!forest.has(neighbor.item)) std::abort();
        sum += static_cast<double>(neighbor.distance);
      }
    }
    sum += static_cast<double>(forest.distance(item, 0));
  }
  sink = sum;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const auto metric = static_cast<AnnoyMetric>(data[0] % 5);
  const std::uint32_t vector_size = 1 + data[1] % 16;
  std::size_t bytes = size - 2;
  if (data[1] < 240) {
    const auto layout = static_cast<AnnoyDotLayout>(data[0] / 5 % 2);
    bytes -= bytes % AnnoyLayout::of(metric, vector_size, layout).node_bytes;
  }
  const int fd = memfd_create("ann", MFD_CLOEXEC);
  if (fd < 0 || write(fd, data + 2, bytes) != static_cast<ssize_t>(bytes)) std::abort();
  try {
    touch(AnnoyForest::open("/proc/self/fd/" + std::to_string(fd), metric, vector_size));
  } catch (const Error&) {
  }
  close(fd);
  return 0;
}
