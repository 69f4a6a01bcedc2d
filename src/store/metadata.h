// The metadata section: one JSON object. The only place of the engine that knows a JSON library.
#ifndef SEGUE_STORE_METADATA_H_
#define SEGUE_STORE_METADATA_H_

#include <cstdint>
#include <string>
#include <vector>

#include "segue/index.h"
#include "segue/model.h"
#include "store/container.h"
#include "store/container_writer.h"

namespace segue {

/// What a model has learned, and so which sections hold it.
enum class Holds {
  kFactors,   // of users and items
  kSparse,    // weights of pairs of items, the largest of each
  kDense,     // weights of all pairs of the items that take part
  kListeners  // nothing beside what every model file has
};

/// What a model file says in words and single numbers.
struct ModelMetadata {
  std::string source;  // of the interactions
  Holds holds = Holds::kFactors;
  std::uint32_t factors = 0;    // of kFactors
  bool binary_history = false;  // of kSparse
  WeightingOptions weighting;
  ModelCard card;                         // all but the sweeps, which have a section of their own
  std::vector<StoredIndex> indexes = {};  // all but the parts, which are sections
  ItemMap map = {};                       // all but its arrays, which are sections; empty: none, when written
  bool has_map = false;                   // whether there is one, when read
};

/// What a file of vectors and their index says.
struct IndexMetadata {
  std::string source;
  std::uint32_t factors = 0;
  std::vector<StoredIndex> indexes;  // all but the parts
};

/// As JSON. Bytes that are not UTF-8 are replaced by U+FFFD, numbers that are not finite by null.
/// @throws Error{kInvalidArgument} when it is longer than a reader takes.
std::string model_metadata(const ModelMetadata& metadata);
std::string plays_metadata(const Interactions& interactions);
std::string index_metadata(const IndexMetadata& metadata);

/// A section of `text`, which somebody else keeps.
Section make_json_section(std::string_view text);

/// Keys that are not known are ignored, keys that are missing leave the default; "weighting" must be there, and
/// "factors" where they are what it holds.
/// @throws Error{kCorruptFile} naming the key whose value is of the wrong type or out of range.
ModelMetadata read_metadata(const Container& container);
/// The same for a file of vectors; "factors" and "indexes" must be there.
IndexMetadata read_index_metadata(const Container& container);
/// The source alone, from either kind of file.
std::string read_source(const Container& container);

}  // namespace segue

#endif  // SEGUE_STORE_METADATA_H_
