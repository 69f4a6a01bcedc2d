// The public face of forests: arguments are checked here, and nowhere below.
#include "segue/annoy.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <string>
#include <utility>

#include "base/buffer.h"
#include "base/mapped_file.h"
#include "base/parallel.h"
#include "index/annoy_build.h"
#include "index/annoy_nodes.h"
#include "index/annoy_points.h"
#include "index/annoy_search.h"
#include "segue/error.h"
#include "store/output_file.h"

namespace segue {
namespace {

// In the order of the enum; Annoy's names.
constexpr std::array<std::string_view, 5> kNames = {"angular", "euclidean", "manhattan", "hamming", "dot"};
constexpr std::uint32_t kMostValues = 1 << 24;  // a node of 64 MiB
constexpr std::uint32_t kMostId = std::numeric_limits<std::int32_t>::max() - 1;
constexpr std::size_t kRowsPerChunk = 8192;

void check_vector_size(std::uint32_t vector_size) {
  if (vector_size != 0 && vector_size <= kMostValues) return;
  throw Error(ErrorCode::kInvalidArgument, "vectors of " + std::to_string(vector_size) + " values were asked for",
              "give the number of values a vector, 1 to " + std::to_string(kMostValues));
}

void check_vector(std::span<const float> vector, std::uint32_t expected) {
  if (vector.size() == expected) return;
  throw Error(ErrorCode::kInvalidArgument,
              "the vector has " + std::to_string(vector.size()) + (vector.size() == 1 ? " value" : " values") +
                  " where " + std::to_string(expected) + (expected == 1 ? " is expected" : " are expected"),
              "give a vector of the size that the forest was made for");
}

[[noreturn]] void no_item(std::uint32_t item, std::uint32_t items) {
  throw Error(ErrorCode::kNotFound, "there is no item " + std::to_string(item) + " among " + std::to_string(items),
              items == 0 ? "add items first" : "name an item from 0 to " + std::to_string(items - 1));
}

void check_search(std::int64_t search_k) {
  if (search_k >= -1) return;
  throw Error(ErrorCode::kInvalidArgument, "search_k is " + std::to_string(search_k),
              "give the number of candidates, or -1 for n times the number of trees");
}

}  // namespace

std::string_view name_of(AnnoyMetric metric) { return kNames[static_cast<std::size_t>(metric)]; }

AnnoyMetric annoy_metric(std::string_view name) {
  const auto found = std::ranges::find(kNames, name);
  if (found != kNames.end()) return static_cast<AnnoyMetric>(found - kNames.begin());
  std::string names;
  for (const std::string_view known : kNames) names += (names.empty() ? "" : ", ") + std::string(known);
  throw Error(ErrorCode::kInvalidArgument, "there is no metric \"" + std::string(name) + "\"", "use one of " + names);
}

class AnnoyForest::Core : public AnnoySearch {
 public:
  using AnnoySearch::AnnoySearch;

  void check_item(std::uint32_t item) const {
    if (item >= nodes().items()) no_item(item, nodes().items());
  }
  /// The vector of an item as a query: a copy that is aligned as kernels like it.
  StoredVector stored(std::uint32_t item) const {
    return {nodes().layout(), user_vector(nodes().layout(), nodes().vector(item))};
  }
};

AnnoyForest AnnoyForest::open(const std::filesystem::path& path, AnnoyMetric metric, std::uint32_t vector_size,
                              bool prefault) {
  check_vector_size(vector_size);
  const std::shared_ptr<const MappedFile> file = MappedFile::open(path);
  if (prefault) file->populate();
  return read(file->bytes(), file, metric, vector_size, path.string());
}

AnnoyForest AnnoyForest::of_file(Array<std::uint8_t> file, AnnoyMetric metric, std::uint32_t vector_size) {
  check_vector_size(vector_size);
  const auto owner = std::make_shared<const Array<std::uint8_t>>(std::move(file));
  return read(std::as_bytes(owner->view()), owner, metric, vector_size, "a forest");
}

AnnoyForest AnnoyForest::read(std::span<const std::byte> bytes, const std::shared_ptr<const void>& owner,
                              AnnoyMetric metric, std::uint32_t vector_size, const std::string& name) {
  const auto read = [&](AnnoyDotLayout dot_layout) {
    return AnnoyForest(std::make_shared<const Core>(
        AnnoyNodes::read(AnnoyLayout::of(metric, vector_size, dot_layout), bytes, owner, name)));
  };
  if (metric != AnnoyMetric::kDot) return read(AnnoyDotLayout::kRelease);
  // The size alone nearly always tells the layouts of the dot metric apart, and the items and roots do where it does
  // not.
  try {
    return read(AnnoyDotLayout::kRelease);
  } catch (const Error& first) {
    try {
      return read(AnnoyDotLayout::kNorms);
    } catch (const Error&) {
      throw first;
    }
  }
}

AnnoyMetric AnnoyForest::metric() const { return core_->nodes().layout().metric; }
std::uint32_t AnnoyForest::vector_size() const { return core_->nodes().layout().vector_size; }
AnnoyDotLayout AnnoyForest::dot_layout() const { return core_->nodes().layout().dot_layout; }
std::uint32_t AnnoyForest::items() const { return core_->nodes().items(); }
std::uint32_t AnnoyForest::trees() const { return static_cast<std::uint32_t>(core_->nodes().roots().size()); }
std::uint64_t AnnoyForest::bytes() const { return core_->nodes().bytes().size(); }
bool AnnoyForest::has(std::uint32_t item) const { return item < items() && core_->nodes().is_item(item); }

std::vector<AnnoyNeighbor> AnnoyForest::nearest(std::span<const float> vector, std::uint32_t n,
                                                std::int64_t search_k) const {
  check_vector(vector, vector_size());
  check_search(search_k);
  return core_->nearest({core_->nodes().layout(), vector}, n, search_k);
}

std::vector<AnnoyNeighbor> AnnoyForest::nearest(std::uint32_t item, std::uint32_t n, std::int64_t search_k) const {
  core_->check_item(item);
  check_search(search_k);
  return core_->nearest(core_->stored(item), n, search_k);
}

std::vector<float> AnnoyForest::vector(std::uint32_t item) const {
  core_->check_item(item);
  return user_vector(core_->nodes().layout(), core_->nodes().vector(item));
}

float AnnoyForest::distance(std::uint32_t a, std::uint32_t b) const {
  core_->check_item(a);
  core_->check_item(b);
  const AnnoyNodes& nodes = core_->nodes();
  return annoy_distance(
      metric(), annoy_order(nodes.layout(), nodes.vector(a), nodes.vector(b), nodes.float_at(a, AnnoyLayout::kNorm),
                            nodes.float_at(b, AnnoyLayout::kNorm)));
}

Factors AnnoyForest::vectors(const Run& run) const {
  const std::uint32_t stride = Factors::stride_for(vector_size());
  Buffer<float> values(std::size_t{items()} * stride);
  parallel_chunks(items(), kRowsPerChunk, run, [&](std::size_t begin, std::size_t end, int) {
    for (std::size_t item = begin; item < end; ++item) {
      std::ranges::copy(vector(static_cast<std::uint32_t>(item)), values.begin() + item * stride);
    }
  });
  return Factors::create(items(), vector_size(), std::move(values).share());
}

void AnnoyForest::save(const std::filesystem::path& path) const {
  OutputFile file(path);
  const std::span<const std::byte> bytes = core_->nodes().bytes();
  file.write(0, std::array{bytes});
  file.commit();
}

Array<std::uint8_t> AnnoyForest::file() const {
  const std::span<const std::byte> bytes = core_->nodes().bytes();
  return {{reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()}, core_->nodes().owner()};
}

std::vector<std::uint32_t> AnnoyForest::candidates(std::span<const float> vector, std::int64_t search_k,
                                                   std::uint32_t least, const ItemFilter& filter) const {
  check_vector(vector, vector_size());
  check_search(search_k);
  return core_->candidates({core_->nodes().layout(), vector}, search_k, least, [&](std::uint32_t item) {
    return !std::ranges::binary_search(filter.deny, item) &&
           (!filter.has_allow || std::ranges::binary_search(filter.allow, item)) &&
           (filter.mask == nullptr || filter.mask->has(item));
  });
}

class AnnoyBuilder::Core : public AnnoyPoints {
 public:
  using AnnoyPoints::AnnoyPoints;

  std::uint32_t found(std::uint32_t item) const {
    const std::optional<std::uint32_t> row = find(item);
    if (!row) no_item(item, items());
    return *row;
  }
  AnnoyLayout layout(AnnoyDotLayout dot_layout = AnnoyDotLayout::kRelease) const {
    return AnnoyLayout::of(metric(), vector_size(), dot_layout);
  }
};

AnnoyBuilder::AnnoyBuilder(AnnoyMetric metric, std::uint32_t vector_size) {
  check_vector_size(vector_size);
  core_ = std::make_unique<Core>(metric, vector_size);
}
AnnoyBuilder::~AnnoyBuilder() = default;
AnnoyBuilder::AnnoyBuilder(AnnoyBuilder&&) noexcept = default;
AnnoyBuilder& AnnoyBuilder::operator=(AnnoyBuilder&&) noexcept = default;

void AnnoyBuilder::add(std::uint32_t item, std::span<const float> vector) {
  check_vector(vector, core_->vector_size());
  if (item > kMostId) {
    throw Error(ErrorCode::kInvalidArgument, "the id " + std::to_string(item) + " is beyond " + std::to_string(kMostId),
                "number the items from 0 on");
  }
  if (!std::ranges::all_of(vector, [](float value) { return std::isfinite(value); })) {
    throw Error(ErrorCode::kInvalidArgument,
                "the vector of item " + std::to_string(item) + " holds a value that is not finite",
                "leave the item out");
  }
  core_->put(item, StoredVector(core_->layout(), vector));
}

std::uint32_t AnnoyBuilder::items() const { return core_->items(); }
std::uint32_t AnnoyBuilder::count() const { return core_->count(); }

std::vector<float> AnnoyBuilder::vector(std::uint32_t item) const {
  return user_vector(core_->layout(), core_->row(core_->found(item)));
}

float AnnoyBuilder::distance(std::uint32_t a, std::uint32_t b) const {
  const std::byte* x = core_->row(core_->found(a));
  const std::byte* y = core_->row(core_->found(b));
  return annoy_distance(core_->metric(), annoy_order(core_->layout(), x, y, 0, 0));
}

AnnoyForest AnnoyBuilder::build(const AnnoyOptions& options, const Run& run) const {
  const AnnoyLayout layout = core_->layout(options.dot_layout);
  std::vector<std::vector<std::byte>> pieces;
  std::size_t size = 0;
  build_forest(*core_, layout, options, run, [&](std::span<const std::byte> bytes) {
    pieces.emplace_back(bytes.begin(), bytes.end());
    size += bytes.size();
  });
  // One block, of huge pages where there are any: a search touches nodes all over it.
  Buffer<std::byte> nodes(size);
  std::byte* end = nodes.begin();
  for (std::vector<std::byte>& piece : pieces) {
    end = std::ranges::copy(piece, end).out;
    piece = {};
  }
  const Array<std::byte> shared = std::move(nodes).share();
  const auto owner = std::make_shared<const Array<std::byte>>(shared);
  return AnnoyForest(std::make_shared<const AnnoyForest::Core>(
      AnnoyNodes::read(layout, shared.view(), owner, "the forest that was built")));
}

AnnoyForest AnnoyBuilder::build_file(const std::filesystem::path& path, const AnnoyOptions& options,
                                     const Run& run) const {
  OutputFile file(path);
  std::uint64_t offset = 0;
  const AnnoyLayout layout = core_->layout(options.dot_layout);
  build_forest(*core_, layout, options, run, [&](std::span<const std::byte> bytes) {
    file.write(offset, std::array{bytes});
    offset += bytes.size();
  });
  file.commit();
  const std::shared_ptr<const MappedFile> mapped = MappedFile::open(path);
  return AnnoyForest(
      std::make_shared<const AnnoyForest::Core>(AnnoyNodes::read(layout, mapped->bytes(), mapped, path.string())));
}

}  // namespace segue
