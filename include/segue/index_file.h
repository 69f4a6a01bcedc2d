// IndexFile: vectors and an index of them in one file, without a model around them.
//
//     const Factors vectors = read_vectors("items.npy");
//     IndexFile{vectors, make_index(vectors, Metric::kCosine, {.kind = "ivf"})->store(),
//     "items.npy"}.save("items.index"); … const IndexFile file = IndexFile::open("items.index"); const
//     std::unique_ptr<Index> index = open_index(file.vectors, file.index);
//
// docs/file-format.md has the layout.
#ifndef SEGUE_INDEX_FILE_H_
#define SEGUE_INDEX_FILE_H_

#include <filesystem>
#include <string>

#include "segue/factors.h"
#include "segue/index.h"
#include "segue/run.h"

namespace segue {

struct IndexFile {
  Factors vectors;
  StoredIndex index;
  std::string source = {};  // the name of the file that the vectors came from

  /// Complete or not at all. @throws Error{kInvalidArgument} for vectors without factors, Error{kIo},
  /// Error{kCancelled}.
  void save(const std::filesystem::path& path, const Run& run = {}) const;

  /// Maps the file; bounds, finite vectors and the checksum of every section are checked, on all cores.
  /// @throws Error{kNotFound, kIo, kCorruptFile}; Error{kInvalidArgument} for a file that holds something else.
  static IndexFile open(const std::filesystem::path& path);
};

}  // namespace segue

#endif  // SEGUE_INDEX_FILE_H_
