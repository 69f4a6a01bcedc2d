// The sections of a stored index, in a model or in a file of its own: "index.cosine.ids" and so on.
#ifndef SEGUE_STORE_INDEX_SECTIONS_H_
#define SEGUE_STORE_INDEX_SECTIONS_H_

#include <list>
#include <string>
#include <vector>

#include "segue/index.h"
#include "store/container.h"
#include "store/container_writer.h"

namespace segue {

/// Adds a section for each part. @param names  keeps what the sections are called, as long as they are used
/// @throws Error{kInvalidArgument} for two indexes of one metric, or a part whose name does not fit.
void add_index_sections(const std::vector<StoredIndex>& indexes, std::vector<Section>& sections,
                        std::list<std::string>& names);

/// Fills in the parts of indexes that the metadata told of. Their values are not looked at: open_index() does that.
/// @throws Error{kCorruptFile} for a section of a type that no index has.
void read_index_parts(const Container& container, std::vector<StoredIndex>& indexes);

}  // namespace segue

#endif  // SEGUE_STORE_INDEX_SECTIONS_H_
