// The sections of a model's map: "map.positions" and "map.clusters".
#ifndef SEGUE_STORE_MAP_SECTIONS_H_
#define SEGUE_STORE_MAP_SECTIONS_H_

#include <vector>

#include "segue/item_map.h"
#include "store/container.h"
#include "store/container_writer.h"

namespace segue {

/// What saving and opening both ask of a map. @throws Error{kInvalidArgument}.
void check_map(const ItemMap& map, std::uint64_t items);

void add_map_sections(const ItemMap& map, std::vector<Section>& sections);

/// Fills in the arrays of a map that the metadata told of. @throws Error{kCorruptFile} for arrays of another shape,
/// places beyond -1 to 1, clusters that there are not.
void read_map_sections(const Container& container, std::uint64_t items, ItemMap& map);

}  // namespace segue

#endif  // SEGUE_STORE_MAP_SECTIONS_H_
