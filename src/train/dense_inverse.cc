// Inversion by sweeping blocks (the sweep operator, Goodnight 1979, in blocks of 128; for a positive definite matrix it
// needs no pivoting). Sweeping block k with D = A_kk, C = A_·k:
//     A_ij -= C_i D⁻¹ C_j'   for all other blocks,   A_·k = C D⁻¹,   A_kk = -D⁻¹
// and once all are swept A is minus its inverse. Nearly all work is the first line, a product of n x 128 with 128 x n
// of which symmetry saves half: n³ flops in all, what Cholesky and its inverse take, in one kind of step.
#include "train/dense_inverse.h"

#include <algorithm>
#include <array>
#include <vector>

#include "base/buffer.h"
#include "base/cholesky.h"
#include "base/parallel.h"
#include "base/progress.h"
#include "segue/error.h"
#include "simd/dense.h"

namespace segue {
namespace {

constexpr std::size_t kB = kInverseBlock;
constexpr std::size_t kStrip = 96;  // rows of a task, a multiple of the kernels' tiles of six
constexpr std::size_t kPanel = 64;  // columns that lie together: 128 x 64 floats are 32 KB, which stay near

/// The inverse of D, computed in double: [kB x kB]. @throws Error{kNumerical}.
Buffer<float> inverse_of_block(std::span<const float> a, std::size_t stride, std::size_t k) {
  std::vector<double> u(kB * kB);
  for (std::size_t i = 0; i < kB; ++i) {
    for (std::size_t j = i; j < kB; ++j) u[i * kB + j] = a[(k + i) * stride + k + j];
  }
  if (!cholesky_factorize(u, kB)) {
    throw Error(ErrorCode::kNumerical, "the items' Gram matrix is not positive definite in float32",
                "raise the regularization (l2)");
  }
  Buffer<float> inverse(kB * kB);
  std::vector<double> row(kB);
  for (std::size_t i = 0; i < kB; ++i) {
    std::ranges::fill(row, 0.0);
    row[i] = 1;
    cholesky_solve(u, row);
    std::ranges::transform(row, inverse.begin() + i * kB, [](double v) { return static_cast<float>(v); });
  }
  return inverse;
}

}  // namespace

void negative_inverse(std::span<float> a, std::size_t size, const Run& run) {
  const std::size_t rows = inverse_rows(size);
  const std::size_t stride = inverse_stride(size);
  Buffer<float> column(rows * kB);    // C, negated: [rows x kB]
  Buffer<float> weighted(rows * kB);  // D⁻¹ C' in panels: [rows / kPanel][kB][kPanel]
  ProgressMeter meter(run, "inverting", rows / kB, "blocks");
  for (std::size_t k = 0; k < rows; k += kB) {
    const Buffer<float> inverse = inverse_of_block(a, stride, k);
    parallel_chunks(rows, kPanel, run, [&](std::size_t begin, std::size_t end, int) {
      alignas(64) std::array<float, kPanel * kB> d{};
      for (std::size_t j = begin; j < end; ++j) {
        for (std::size_t t = 0; t < kB; ++t) {
          column[j * kB + t] = -(j >= k ? a[(k + t) * stride + j] : a[j * stride + k + t]);
        }
      }
      simd::multiply_add(column.data() + begin * kB, kB, inverse.data(), kB, end - begin, kB, kB, d.data(), kB);
      float* panel = weighted.data() + begin * kB;
      for (std::size_t j = 0; j < end - begin; ++j) {
        for (std::size_t s = 0; s < kB; ++s) panel[s * kPanel + j] = -d[j * kB + s];
      }
    });
    parallel_chunks(rows, kStrip, run, [&](std::size_t begin, std::size_t end, int) {
      for (std::size_t j = begin / kPanel * kPanel; j < rows; j += kPanel) {
        simd::multiply_add(column.data() + begin * kB, kB, weighted.data() + j * kB, kPanel, end - begin, kPanel, kB,
                           a.data() + begin * stride + j, stride);
      }
    });
    // The swept block's own rows and columns are not sums: they are set.
    for (std::size_t j = 0; j < rows; ++j) {
      const float* from = weighted.data() + j / kPanel * kPanel * kB + j % kPanel;
      for (std::size_t t = 0; t < kB; ++t) {
        const bool own = j >= k && j < k + kB;
        const float value = own ? -inverse[t * kB + j - k] : from[t * kPanel];
        (j >= k ? a[(k + t) * stride + j] : a[j * stride + k + t]) = value;
      }
    }
    meter.add(1);
  }
  parallel_chunks(rows, kPanel, run, [&](std::size_t begin, std::size_t end, int) {
    for (std::size_t i = begin; i < end; ++i) {
      for (std::size_t j = 0; j < i; ++j) a[i * stride + j] = a[j * stride + i];
    }
  });
  meter.finish();
}

}  // namespace segue
