#include "segue/index_file.h"

#include <iterator>
#include <list>
#include <utility>
#include <vector>

#include "segue/error.h"
#include "store/factors_section.h"
#include "store/index_sections.h"
#include "store/metadata.h"
#include "store/plays_file.h"

namespace segue {

void IndexFile::save(const std::filesystem::path& path, const Run& run) const {
  if (vectors.factors() == 0) {
    throw Error(ErrorCode::kInvalidArgument, "vectors without factors cannot be saved",
                "give vectors of 1 value or more");
  }
  const std::string metadata = index_metadata({source, vectors.factors(), {index}});
  std::vector<Section> sections = {make_json_section(metadata), make_section(section::kVectors, vectors.values().view(),
                                                                             {vectors.rows(), vectors.stride()})};
  std::list<std::string> names;
  add_index_sections({index}, sections, names);
  write_container(path, kIndexKind, sections, run);
}

IndexFile IndexFile::open(const std::filesystem::path& path) {
  const Container container = Container::open(path);
  if (container.layout().kind != kIndexKind) {
    throw Error(ErrorCode::kInvalidArgument, {path.string()},
                "holds " + std::string(container.layout().kind == "model" ? "a model" : container.layout().kind) +
                    ", not an index",
                "make an index of it: segue index build " + path.string());
  }
  container.populate();
  IndexMetadata metadata = read_index_metadata(container);
  if (metadata.indexes.size() != 1) container.damaged(section::kMetadata, "does not tell of one index");
  IndexFile file;
  file.source = std::move(metadata.source);
  Checks checks;
  const FileSection* vectors = container.find(section::kVectors);
  if (vectors == nullptr || vectors->shape[0] > 0xFFFFFFFFULL) {
    container.damaged(section::kVectors, "is missing, or holds more vectors than there can be");
  }
  file.vectors = read_factors(container, section::kVectors, static_cast<std::uint32_t>(vectors->shape[0]),
                              metadata.factors, checks);
  read_index_parts(container, metadata.indexes);
  file.index = std::move(metadata.indexes.front());
  run_checks(checks);
  check_checksums(container);
  return file;
}

}  // namespace segue
