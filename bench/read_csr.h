// The format of the yardsticks' matrices, plays.csr of ../shared/bench/make_plays.cc.
#ifndef SEGUE_BENCH_READ_CSR_H_
#define SEGUE_BENCH_READ_CSR_H_

#include <cstddef>
#include <cstdint>
#include <fstream>
#include <utility>

#include "base/buffer.h"
#include "segue/error.h"
#include "segue/matrix.h"

/// int64 rows, cols, nnz; int64 indptr[rows + 1]; int32 indices[nnz]; float32 values[nnz].
inline segue::CsrMatrix read_csr(const char* path) {
  std::ifstream in(path, std::ios::binary);
  const auto get = [&](void* to, std::size_t bytes) {
    if (!in.read(static_cast<char*>(to), static_cast<std::streamsize>(bytes))) {
      throw segue::Error(segue::ErrorCode::kBadInput, {path}, "is missing or too short", "make it with make_plays");
    }
  };
  std::int64_t head[3];
  get(head, sizeof head);
  segue::Buffer<std::uint64_t> row_ptr(static_cast<std::size_t>(head[0]) + 1);
  segue::Buffer<std::uint32_t> columns(static_cast<std::size_t>(head[2]));
  segue::Buffer<float> values(static_cast<std::size_t>(head[2]));
  get(row_ptr.data(), 8 * row_ptr.size());
  get(columns.data(), 4 * columns.size());
  get(values.data(), 4 * values.size());
  return segue::CsrMatrix::create(static_cast<std::uint32_t>(head[1]), std::move(row_ptr).share(),
                                  std::move(columns).share(), std::move(values).share());
}

#endif  // SEGUE_BENCH_READ_CSR_H_
