// NameTable: numbers for names, shared by all workers while they read. The numbers depend on who came first; the ranks
// that are made of the names at the end do not.
//
// Looking up takes no lock: a slot holds 32 bits of the name's hash and where its record lies, and is written once,
// after the record. A name that is not found is looked for again, and added, under the lock of its shard. A shard that
// grows keeps its old slots for those who still read them; they find too little there, never something wrong.
//
// A look-up that misses the caches costs two trips to memory: the slot and the record. prefetch() and candidate() let a
// worker start them for a batch of rows at once.
//
// Hashes are seeded per process, so that nobody can prepare a log whose names collide.
#ifndef SEGUE_INGEST_NAME_TABLE_H_
#define SEGUE_INGEST_NAME_TABLE_H_

#include <array>
#include <atomic>
#include <bit>
#include <cstdint>
#include <cstring>
#include <functional>
#include <memory>
#include <mutex>
#include <string_view>
#include <vector>

#include "base/buffer.h"

namespace segue::ingest {

constexpr std::uint32_t kNoName = 0xFFFFFFFF;

inline std::uint64_t load_word(const char* bytes) {
  std::uint64_t word = 0;
  std::memcpy(&word, bytes, sizeof word);
  return word;
}

/// Both halves of the 128-bit product: the mixing step of wyhash.
inline std::uint64_t mix(std::uint64_t a, std::uint64_t b) {
  __extension__ using Wide = unsigned __int128;
  const Wide product = static_cast<Wide>(a) * b;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

/// A name as it is stored: 32 bytes with a name of up to 16, so that it lies in one cache line.
struct NameRecord {
  std::uint32_t number_plus_1;  // 0: there is no record here
  std::uint32_t length;
  std::atomic<std::uint64_t> mark;  // see NameTable::note_key

  /// [length], right after the record; then zeros up to a whole number of units.
  const char* text() const { return reinterpret_cast<const char*>(this + 1); }
  char* text() { return reinterpret_cast<char*>(this + 1); }
  std::string_view name() const { return {text(), length}; }
  std::uint32_t number() const { return number_plus_1 - 1; }
};
static_assert(sizeof(NameRecord) == 16);

class NameTable {
 public:
  NameTable();
  NameTable(const NameTable&) = delete;
  NameTable& operator=(const NameTable&) = delete;

  /// Requires 16 readable bytes after the name.
  std::uint64_t hash(std::string_view name) const {
    const char* at = name.data();
    std::size_t left = name.size();
    std::uint64_t h = seed_[0] ^ left;
    for (; left > 16; at += 16, left -= 16) h = mix(load_word(at) ^ seed_[1], load_word(at + 8) ^ h);
    return mix(seed_[2] ^ h, mix(low_word(at, left) ^ seed_[1], high_word(at, left) ^ h));
  }

  /// Starts loading the slot of a name.
  void prefetch(std::uint64_t hash) const {
    const Slots& slots = *shard_of(hash).current.load(std::memory_order_acquire);
    __builtin_prefetch(&slots.slots[tag_of(hash) & slots.mask]);
  }

  /// The record that is the name's most likely, its loading started; nullptr where the name is not there.
  const NameRecord* candidate(std::uint64_t hash) const {
    const Slots& slots = *shard_of(hash).current.load(std::memory_order_acquire);
    for (std::uint32_t i = tag_of(hash);; ++i) {
      const std::uint64_t slot = slots.slots[i & slots.mask].load(std::memory_order_acquire);
      if (slot == 0) return nullptr;
      if (static_cast<std::uint32_t>(slot >> 32) != tag_of(hash)) continue;
      const NameRecord* record = record_at(static_cast<std::uint32_t>(slot));
      __builtin_prefetch(record);
      return record;
    }
  }

  /// The record of a name, or nullptr. `candidate` is what candidate() gave.
  /// Requires 16 readable bytes after the name.
  NameRecord* find(std::string_view name, std::uint64_t hash, const NameRecord* candidate) const {
    if (candidate != nullptr && equal(*candidate, name)) return const_cast<NameRecord*>(candidate);
    return probe(name, hash);
  }

  /// The record of a name, added where it is new. @throws Error{kOutOfMemory} when the table is full.
  NameRecord* add(std::string_view name, std::uint64_t hash);

  /// Remembers that a name came with a key. has_several_keys() is then whether it came with two different ones.
  /// Requires 16 readable bytes after the key.
  static void note_key(NameRecord& record, std::string_view key);
  static bool has_several_keys(const NameRecord& record) {
    return record.mark.load(std::memory_order_relaxed) == kSeveralKeys;
  }

  std::uint32_t size() const { return size_.load(std::memory_order_relaxed); }

  /// Calls `visit` for each record, in no fixed order. Not while names are added.
  void for_each(const std::function<void(const NameRecord&)>& visit) const;

 private:
  static constexpr unsigned kShardBits = 6;
  static constexpr std::size_t kUnit = 32;         // bytes; records begin at multiples of it
  static constexpr unsigned kFirstBlockBits = 11;  // the first block of records has 2^11 units: 64 KiB
  static constexpr std::size_t kHeader = sizeof(NameRecord);
  static constexpr std::uint64_t kSeveralKeys = 1;  // a mark; keys' own marks are even and not 0

  using Slot = std::atomic<std::uint64_t>;
  struct Slots {
    std::uint32_t mask = 0;
    Slot* slots = nullptr;  // in slot_slabs_
  };
  struct alignas(64) Shard {
    std::atomic<const Slots*> current{nullptr};
    std::mutex mutex;
    std::vector<std::unique_ptr<Slots>> all;  // the current ones last
    std::uint32_t used = 0;
  };

  /// kKept[n] keeps the first n bytes of a word.
  static constexpr std::array<std::uint64_t, 9> kKept = [] {
    std::array<std::uint64_t, 9> masks{};
    for (std::size_t n = 0; n < 8; ++n) {
      const std::uint64_t ones = n == 0 ? 0 : ~std::uint64_t{0} >> (64 - 8 * n);
      masks[n] = std::endian::native == std::endian::little ? ones : n == 0 ? 0 : ~(~std::uint64_t{0} >> (8 * n));
    }
    masks[8] = ~std::uint64_t{0};
    return masks;
  }();
  /// The first and the second 8 bytes of a name of up to 16, zeros after its end.
  static std::uint64_t low_word(const char* name, std::size_t size) {
    return load_word(name) & kKept[size < 8 ? size : 8];
  }
  static std::uint64_t high_word(const char* name, std::size_t size) {
    return load_word(name + 8) & kKept[size < 8 ? 0 : size - 8];
  }

  static std::uint32_t tag_of(std::uint64_t hash) { return static_cast<std::uint32_t>(hash); }
  const Shard& shard_of(std::uint64_t hash) const { return shards_[hash >> (64 - kShardBits)]; }
  /// Block b holds the units [2^b, 2^(b+1)): a place in a slot is 32 bits, and blocks double.
  const NameRecord* record_at(std::uint32_t unit) const {
    const auto block = static_cast<unsigned>(31 - __builtin_clz(unit));
    const std::byte* base = blocks_[block].load(std::memory_order_acquire);
    return reinterpret_cast<const NameRecord*>(base + (unit - (std::size_t{1} << block)) * kUnit);
  }
  static bool equal(const NameRecord& record, std::string_view name) {
    if (record.length != name.size()) return false;
    if (name.size() > 16) return std::memcmp(record.text(), name.data(), name.size()) == 0;
    // The record is padded with zeros, the name with what follows it.
    return ((load_word(record.text()) ^ low_word(name.data(), name.size())) |
            (load_word(record.text() + 8) ^ high_word(name.data(), name.size()))) == 0;
  }
  NameRecord* probe(std::string_view name, std::uint64_t hash) const;
  std::uint32_t store(std::string_view name);
  void grow(Shard& shard);
  std::unique_ptr<Slots> make_slots(std::uint32_t mask);

  std::array<std::uint64_t, 3> seed_;
  std::array<Shard, std::size_t{1} << kShardBits> shards_;
  std::array<std::atomic<std::byte*>, 32> blocks_{};
  std::array<Buffer<std::byte>, 32> block_owners_;
  std::mutex blocks_mutex_;  // of block_owners_ and the slots' memory
  std::vector<Buffer<std::uint64_t>>
      slot_slabs_;  // few and big: small pages of their own would be slow to get and to reach
  std::size_t slot_slab_left_ = 0;
  std::atomic<std::uint64_t> next_unit_{std::uint64_t{1} << kFirstBlockBits};
  std::atomic<std::uint32_t> size_{0};
};

}  // namespace segue::ingest

#endif  // SEGUE_INGEST_NAME_TABLE_H_
