#include "ingest/rank.h"

#include <algorithm>
#include <bit>

#include "base/parallel.h"

namespace segue::ingest {
namespace {

constexpr std::size_t kBuckets = 256;
constexpr std::size_t kSamplePerBucket = 32;
constexpr std::size_t kSmall = 4096;   // names: fewer are sorted at once
constexpr std::size_t kGrain = 16384;  // names a task copies

struct Key {
  std::uint64_t prefix;  // 8 bytes of the name, the first one highest, zeros after its end
  const NameRecord* record;
};

bool before(const Key& a, const Key& b) {
  return a.prefix != b.prefix ? a.prefix < b.prefix : a.record->name() < b.record->name();
}

std::uint64_t prefix_of(std::string_view name, std::size_t from) {
  std::uint64_t prefix = 0;
  for (std::size_t i = 0; i < 8; ++i) {
    prefix = prefix << 8 | (from + i < name.size() ? static_cast<unsigned char>(name[from + i]) : 0);
  }
  return prefix;
}

}  // namespace

Ranking rank_names(const NameTable& table, const Run& run) {
  const std::size_t size = table.size();
  Buffer<Key> keys(size);
  std::size_t filled = 0;
  std::string_view first;
  std::size_t common = ~std::size_t{0};  // bytes that all names begin with
  table.for_each([&](const NameRecord& record) {
    const std::string_view name = record.name();
    if (filled == 0) {
      first = name;
      common = name.size();
    }
    common = std::min(common, name.size());
    common = static_cast<std::size_t>(
        std::mismatch(first.begin(), first.begin() + static_cast<std::ptrdiff_t>(common), name.begin()).first -
        first.begin());
    keys[filled++].record = &record;
  });
  run.check();
  parallel_chunks(size, kGrain, run, [&](std::size_t begin, std::size_t end, int) {
    for (std::size_t i = begin; i < end; ++i) keys[i].prefix = prefix_of(keys[i].record->name(), common);
  });

  if (size <= kSmall) {
    std::sort(keys.begin(), keys.end(), before);
  } else {
    // Splitters from a sample cut the names into buckets that are about equal; each is sorted on its own.
    std::vector<std::uint64_t> sample;
    for (std::size_t i = 0; i < kBuckets * kSamplePerBucket; ++i) {
      sample.push_back(keys[i * size / (kBuckets * kSamplePerBucket)].prefix);
    }
    std::sort(sample.begin(), sample.end());
    std::vector<std::uint64_t> splitters;
    for (std::size_t b = 1; b < kBuckets; ++b) splitters.push_back(sample[b * kSamplePerBucket]);
    const auto bucket_of = [&](std::uint64_t prefix) {
      return static_cast<std::size_t>(std::upper_bound(splitters.begin(), splitters.end(), prefix) - splitters.begin());
    };
    std::vector<std::size_t> begins(kBuckets + 1);
    Buffer<std::uint8_t> buckets(size);
    for (std::size_t i = 0; i < size; ++i) {
      buckets[i] = static_cast<std::uint8_t>(bucket_of(keys[i].prefix));
      ++begins[buckets[i] + std::size_t{1}];
    }
    for (std::size_t b = 0; b < kBuckets; ++b) begins[b + 1] += begins[b];
    Buffer<Key> sorted(size);
    std::vector<std::size_t> next(begins.begin(), begins.end() - 1);
    for (std::size_t i = 0; i < size; ++i) sorted[next[buckets[i]]++] = keys[i];
    keys = std::move(sorted);
    parallel_chunks(kBuckets, 1, run, [&](std::size_t b, std::size_t, int) {
      std::sort(keys.begin() + begins[b], keys.begin() + begins[b + 1], before);
    });
  }

  Ranking ranking{Buffer<const NameRecord*>(size), Buffer<std::uint32_t>(size)};
  parallel_chunks(size, kGrain, run, [&](std::size_t begin, std::size_t end, int) {
    for (std::size_t rank = begin; rank < end; ++rank) {
      ranking.order[rank] = keys[rank].record;
      ranking.rank_of_number[keys[rank].record->number()] = static_cast<std::uint32_t>(rank);
    }
  });
  return ranking;
}

IdMap ids_of(std::span<const NameRecord* const> order, const Run& run) {
  Buffer<std::uint64_t> offsets(order.size() + 1);
  parallel_chunks(order.size(), kGrain, run, [&](std::size_t begin, std::size_t end, int) {
    for (std::size_t i = begin; i < end; ++i) offsets[i + 1] = order[i]->length;
  });
  for (std::size_t i = 0; i < order.size(); ++i) offsets[i + 1] += offsets[i];
  Buffer<char> bytes(offsets[order.size()]);
  parallel_chunks(order.size(), kGrain, run, [&](std::size_t begin, std::size_t end, int) {
    for (std::size_t i = begin; i < end; ++i) {
      const std::string_view name = order[i]->name();
      std::copy(name.begin(), name.end(), bytes.data() + offsets[i]);
    }
  });
  return IdMap::create(StringTable::create(std::move(offsets).share(), std::move(bytes).share()));
}

}  // namespace segue::ingest
