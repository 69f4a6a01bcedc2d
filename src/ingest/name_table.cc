#include "ingest/name_table.h"

#include <algorithm>
#include <bit>
#include <new>
#include <random>

#include "segue/error.h"

namespace segue::ingest {
namespace {

constexpr std::uint32_t kFirstSlots = 64;
constexpr std::size_t kFirstSlab = std::size_t{1} << 12;    // slots: what a small log needs
constexpr std::size_t kLargestSlab = std::size_t{1} << 18;  // 2 MiB: a huge page

[[noreturn]] void full() {
  throw Error(ErrorCode::kOutOfMemory,
              "the log has more than 4,294,967,294 users or items, or their names take more than 128 GiB",
              "split the log");
}

}  // namespace

NameTable::NameTable() {
  std::random_device random;
  for (std::uint64_t& seed : seed_) {
    do {
      seed = std::uint64_t{random()} << 32 | random();
    } while (std::popcount(seed) < 16);  // a seed of hardly any bits would mix badly
  }
  for (Shard& shard : shards_) {
    shard.all.push_back(make_slots(kFirstSlots - 1));
    shard.current.store(shard.all.back().get(), std::memory_order_release);
  }
}

NameRecord* NameTable::probe(std::string_view name, std::uint64_t hash) const {
  const Slots& slots = *shard_of(hash).current.load(std::memory_order_acquire);
  for (std::uint32_t i = tag_of(hash);; ++i) {
    const std::uint64_t slot = slots.slots[i & slots.mask].load(std::memory_order_acquire);
    if (slot == 0) return nullptr;
    if (static_cast<std::uint32_t>(slot >> 32) != tag_of(hash)) continue;
    const NameRecord* record = record_at(static_cast<std::uint32_t>(slot));
    if (equal(*record, name)) return const_cast<NameRecord*>(record);
  }
}

NameRecord* NameTable::add(std::string_view name, std::uint64_t hash) {
  Shard& shard = shards_[hash >> (64 - kShardBits)];
  const std::lock_guard lock(shard.mutex);
  if (NameRecord* found = probe(name, hash)) return found;
  const std::uint64_t capacity = std::uint64_t{shard.all.back()->mask} + 1;
  if (std::uint64_t{shard.used} * 8 >= capacity * 5) grow(shard);
  const std::uint32_t unit = store(name);
  const Slots& slots = *shard.all.back();
  std::uint32_t i = tag_of(hash) & slots.mask;
  while (slots.slots[i].load(std::memory_order_relaxed) != 0) i = (i + 1) & slots.mask;
  slots.slots[i].store(std::uint64_t{tag_of(hash)} << 32 | unit, std::memory_order_release);
  ++shard.used;
  return const_cast<NameRecord*>(record_at(unit));
}

/// Writes a new record and returns its unit.
std::uint32_t NameTable::store(std::string_view name) {
  const std::uint64_t units = (kHeader + name.size() + kUnit - 1) / kUnit;
  for (;;) {
    const std::uint64_t unit = next_unit_.fetch_add(units, std::memory_order_relaxed);
    const auto block = static_cast<unsigned>(std::bit_width(unit)) - 1;
    if (block >= 32) full();
    // A record does not straddle blocks: what is left of this one stays zero.
    if (static_cast<unsigned>(std::bit_width(unit + units - 1)) - 1 != block) continue;
    std::byte* base = blocks_[block].load(std::memory_order_acquire);
    if (base == nullptr) {
      const std::lock_guard lock(blocks_mutex_);
      base = blocks_[block].load(std::memory_order_acquire);
      if (base == nullptr) {
        block_owners_[block] = Buffer<std::byte>((std::size_t{1} << block) * kUnit);
        base = block_owners_[block].data();
        blocks_[block].store(base, std::memory_order_release);
      }
    }
    auto* record = ::new (base + (unit - (std::uint64_t{1} << block)) * kUnit) NameRecord;
    const std::uint32_t number = size_.fetch_add(1, std::memory_order_relaxed);
    if (number >= kNoName - 1) full();
    record->number_plus_1 = number + 1;
    record->length = static_cast<std::uint32_t>(name.size());
    record->mark.store(0, std::memory_order_relaxed);
    std::memcpy(record->text(), name.data(), name.size());
    return static_cast<std::uint32_t>(unit);
  }
}

std::unique_ptr<NameTable::Slots> NameTable::make_slots(std::uint32_t mask) {
  static_assert(sizeof(Slot) == sizeof(std::uint64_t));
  const std::size_t size = std::size_t{mask} + 1;
  const std::lock_guard lock(blocks_mutex_);
  if (slot_slab_left_ < size) {
    const std::size_t grown = slot_slabs_.empty() ? kFirstSlab : std::min(kLargestSlab, slot_slabs_.back().size() * 2);
    slot_slab_left_ = std::max(size, grown);
    slot_slabs_.emplace_back(slot_slab_left_);
  }
  Buffer<std::uint64_t>& slab = slot_slabs_.back();
  std::uint64_t* memory = slab.data() + slab.size() - slot_slab_left_;
  slot_slab_left_ -= size;
  auto* slots = reinterpret_cast<Slot*>(memory);
  for (std::size_t i = 0; i < size; ++i) ::new (&slots[i]) Slot(0);
  return std::make_unique<Slots>(Slots{mask, slots});
}

void NameTable::grow(Shard& shard) {
  const Slots& old = *shard.all.back();
  if (old.mask >= 0x7FFFFFFF) full();
  const std::uint32_t mask = old.mask * 2 + 1;
  std::unique_ptr<Slots> bigger = make_slots(mask);
  for (std::size_t i = 0; i <= old.mask; ++i) {
    const std::uint64_t slot = old.slots[i].load(std::memory_order_relaxed);
    if (slot == 0) continue;
    auto to = static_cast<std::uint32_t>(slot >> 32) & mask;
    while (bigger->slots[to].load(std::memory_order_relaxed) != 0) to = (to + 1) & mask;
    bigger->slots[to].store(slot, std::memory_order_relaxed);
  }
  shard.all.push_back(std::move(bigger));
  shard.current.store(shard.all.back().get(), std::memory_order_release);
}

void NameTable::note_key(NameRecord& record, std::string_view key) {
  // 62 bits of the key stand for it: two keys of a name taken for one are a matter of 1 in 10^18.
  constexpr std::uint64_t kLow = 0x9E3779B97F4A7C15;
  constexpr std::uint64_t kHigh = 0xD6E8FEB86659FD93;
  const std::size_t size = key.size();
  std::uint64_t h = size;
  if (size <= 16) {
    h ^= mix(low_word(key.data(), size) ^ kLow, high_word(key.data(), size) ^ kHigh);
  } else {
    for (std::size_t at = 0; at < size; at += 16) {  // the last 16 bytes may overlap those before them
      const char* word = key.data() + std::min(at, size - 16);
      h ^= mix(load_word(word) ^ (kLow + at), load_word(word + 8) ^ (kHigh + at));
    }
  }
  h = (h | 2) & ~std::uint64_t{1};
  std::uint64_t seen = record.mark.load(std::memory_order_relaxed);
  if (seen == h || seen == kSeveralKeys) return;
  if (seen == 0 && record.mark.compare_exchange_strong(seen, h, std::memory_order_relaxed)) return;
  if (seen != h) record.mark.store(kSeveralKeys, std::memory_order_relaxed);
}

void NameTable::for_each(const std::function<void(const NameRecord&)>& visit) const {
  const std::uint64_t end = next_unit_.load();
  for (unsigned block = kFirstBlockBits; block < 32; ++block) {
    const std::byte* base = blocks_[block].load(std::memory_order_acquire);
    if (base == nullptr) continue;
    const std::uint64_t first = std::uint64_t{1} << block;
    for (std::uint64_t unit = first; unit < std::min(end, first * 2);) {
      const auto& record = *reinterpret_cast<const NameRecord*>(base + (unit - first) * kUnit);
      if (record.number_plus_1 == 0) {  // room that a record left free because it would have straddled blocks
        ++unit;
        continue;
      }
      visit(record);
      unit += (kHeader + record.length + kUnit - 1) / kUnit;
    }
  }
}

}  // namespace segue::ingest
