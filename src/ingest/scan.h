// Structure of text: where its delimiters and line ends are, 64 bytes at a time without a branch per byte (after
// simdjson's first stage, Langdale & Lemire 2019). About 0.1 ns a byte; what follows then touches fields only.
#ifndef SEGUE_INGEST_SCAN_H_
#define SEGUE_INGEST_SCAN_H_

#include <bit>
#include <cstdint>
#include <cstring>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace segue::ingest {

constexpr std::size_t kScanBlock = 64;

/// Bit i: whether text[i] is a delimiter or a line end. `count` gets the number of set bits.
inline std::uint64_t structure_of_block(const char* text, char delimiter, unsigned& count) {
#ifdef __SSE2__
  const __m128i delimiters = _mm_set1_epi8(delimiter);
  const __m128i line_ends = _mm_set1_epi8('\n');
  __m128i hits[4];
  std::uint64_t bits = 0;
  for (int i = 0; i < 4; ++i) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(text + 16 * i));
    hits[i] = _mm_or_si128(_mm_cmpeq_epi8(bytes, delimiters), _mm_cmpeq_epi8(bytes, line_ends));
    bits |= static_cast<std::uint64_t>(static_cast<std::uint32_t>(_mm_movemask_epi8(hits[i]))) << (16 * i);
  }
  // A hit is a byte of -1: their sums count the bits, which plain x86-64 has no instruction for.
  const __m128i sums = _mm_add_epi8(_mm_add_epi8(hits[0], hits[1]), _mm_add_epi8(hits[2], hits[3]));
  const __m128i halves = _mm_sad_epu8(_mm_sub_epi8(_mm_setzero_si128(), sums), _mm_setzero_si128());
  count = static_cast<unsigned>(_mm_cvtsi128_si32(halves) + _mm_cvtsi128_si32(_mm_srli_si128(halves, 8)));
  return bits;
#else
  std::uint64_t bits = 0;
  for (unsigned i = 0; i < kScanBlock; ++i) {
    bits |= static_cast<std::uint64_t>(text[i] == delimiter || text[i] == '\n') << i;
  }
  count = static_cast<unsigned>(std::popcount(bits));
  return bits;
#endif
}

/// Writes the offset of each delimiter and line end in text[0, size) to `out`, ascending, and returns how many there
/// are. Requires 63 readable bytes after the text, room for size + 8 offsets, and size < 2^32 - 64.
inline std::size_t find_structure(const char* text, std::size_t size, char delimiter, std::uint32_t* out) {
  std::uint32_t* next = out;
  for (std::size_t at = 0; at < size; at += kScanBlock) {
    unsigned count = 0;
    std::uint64_t bits = structure_of_block(text + at, delimiter, count);
    if (size - at < kScanBlock) {
      bits &= (std::uint64_t{1} << (size - at)) - 1;
      count = static_cast<unsigned>(std::popcount(bits));
    }
    // Four are written whether they are there or not: a line of a log has some 50 bytes and 3 fields, so a loop's end
    // would be mispredicted in most blocks.
    const auto base = static_cast<std::uint32_t>(at);
    for (int i = 0; i < 4; ++i) {
      next[i] = base + static_cast<std::uint32_t>(std::countr_zero(bits));
      bits &= bits - 1;
    }
    for (unsigned i = 4; i < count; ++i) {
      next[i] = base + static_cast<std::uint32_t>(std::countr_zero(bits));
      bits &= bits - 1;
    }
    next += count;
  }
  return static_cast<std::size_t>(next - out);
}

}  // namespace segue::ingest

#endif  // SEGUE_INGEST_SCAN_H_
