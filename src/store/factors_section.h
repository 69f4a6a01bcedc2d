// A table of factors as a section.
#ifndef SEGUE_STORE_FACTORS_SECTION_H_
#define SEGUE_STORE_FACTORS_SECTION_H_

#include <cstdint>
#include <string_view>

#include "segue/factors.h"
#include "store/container.h"
#include "store/plays_file.h"

namespace segue {

/// Takes a table of factors out of a file and adds the check of its rows: finite values, padding of zeros.
/// @throws Error{kCorruptFile} when it is not of that shape.
Factors read_factors(const Container& container, std::string_view name, std::uint32_t rows, std::uint32_t factors,
                     Checks& checks);

}  // namespace segue

#endif  // SEGUE_STORE_FACTORS_SECTION_H_
