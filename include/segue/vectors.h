// Files of vectors that other programs write and read.
#ifndef SEGUE_VECTORS_H_
#define SEGUE_VECTORS_H_

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "segue/annoy.h"
#include "segue/factors.h"
#include "segue/run.h"

namespace segue {

/// What a file of Annoy's does not say of itself.
struct AnnFileOptions {
  AnnoyMetric metric = AnnoyMetric::kAngular;
  std::uint32_t vector_size = 0;  // must be given
};

/// A format, told by the end of a file's name.
struct VectorFormat {
  std::string_view extension;  // ".npy"
  std::string_view summary;    // one line, for help texts
  Factors (*read)(const std::filesystem::path& path, const AnnFileOptions& ann, const Run& run);
  /// Null where it cannot be written.
  void (*write)(const std::filesystem::path& path, const Factors& vectors, const Run& run);
};
std::span<const VectorFormat> vector_formats();

/// All sizes are held against the size of the file; values must be finite.
/// @throws Error{kNotFound, kIo}; Error{kInvalidArgument} for a name that ends otherwise, or an .ann file without a
///         vector size; Error{kBadInput} saying what is wrong; Error{kCorruptFile} for an .ann file that cannot be.
Factors read_vectors(const std::filesystem::path& path, const AnnFileOptions& ann = {}, const Run& run = {});

/// Complete or not at all. @throws Error{kInvalidArgument} for a name that ends otherwise, Error{kIo, kCancelled}.
void write_vectors(const std::filesystem::path& path, const Factors& vectors, const Run& run = {});

/// Rows of numbers of items, as the benchmarks of nearest neighbors keep true ones (.ivecs). @throws as read_vectors().
std::vector<std::vector<std::uint32_t>> read_ivecs(const std::filesystem::path& path);
/// The bytes of such rows.
std::string ivecs_of(std::span<const std::vector<Neighbor>> lists);

}  // namespace segue

#endif  // SEGUE_VECTORS_H_
