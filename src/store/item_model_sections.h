// What a model of items alone has learned, as sections of a model file.
#ifndef SEGUE_STORE_ITEM_MODEL_SECTIONS_H_
#define SEGUE_STORE_ITEM_MODEL_SECTIONS_H_

#include <cstdint>
#include <vector>

#include "segue/item_models.h"
#include "store/container.h"
#include "store/container_writer.h"
#include "store/metadata.h"
#include "store/plays_file.h"

namespace segue {

/// How a model is held.
Holds holds_of(const ItemModel& model);

/// How its histories are weighed; binary where it has no say.
WeightingState weighting_of(const ItemModel& model, std::uint32_t items);

/// Adds views of what it keeps. They live as long as `model` does.
void add_item_model_sections(const ItemModel& model, std::vector<Section>& sections);

/// @throws Error{kInvalidArgument} when it is not of so many items, or holds numbers that are not finite.
void check_item_model(const ItemModel& model, std::uint32_t items);

/// XXH3 of what was learned: of sizes and of values without padding, so that it stays what it is should the padding
/// change.
std::uint64_t checksum_of(const ItemModel& model);

/// Takes a model out of a file, in the form that the metadata say, and adds the check of its numbers.
/// @throws Error{kCorruptFile}.
ItemModel read_item_model(const Container& container, const ModelMetadata& metadata, WeightingState weighting,
                          const Array<std::uint32_t>& listeners, Checks& checks);

}  // namespace segue

#endif  // SEGUE_STORE_ITEM_MODEL_SECTIONS_H_
