// ListFormat: how lists of neighbors become bytes.
#ifndef SEGUE_APPS_CLI_LIST_FORMAT_H_
#define SEGUE_APPS_CLI_LIST_FORMAT_H_

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "segue/index.h"

namespace segue::cli {

using Lists = std::vector<std::vector<Neighbor>>;

/// What all lists of a file have in common.
struct ListShape {
  std::uint32_t count;  // of lists
  std::uint32_t top;    // results of a list at most
  std::function<std::string(std::uint32_t query)> query_name;
  std::function<std::string(std::uint32_t item)> item_name;
};

class ListFormat {
 public:
  virtual ~ListFormat() = default;
  virtual std::string begin() const = 0;
  /// @param first  number of the first of these lists; the others follow
  virtual void add(std::string& out, std::uint32_t first, std::span<const std::vector<Neighbor>> lists) const = 0;
};

/// By the end of the file's name:
///   .npy    an array of [count x top] records (item: uint32, score: float32), numbers of items; behind the end of a
///           list item is 2^32 - 1 and score NaN
///   .ivecs  a row a list: its length and the numbers of its items, each an int32
///   other   TSV: "query, rank, id, score" a line; empty lists leave none
std::unique_ptr<const ListFormat> list_format(const std::filesystem::path& output, ListShape shape);

/// Whether lists may be written to `output`: said before the work. Lists of an earlier run may be replaced, where a
/// file shows that it is one: TSV and .npy by their beginnings, .ivecs by rows of one length.
/// @param inputs  what the lists are made from, which stays
/// @throws as require_writable(); Error{kInvalidArgument} for a name that ends as files of something else do.
void require_lists_writable(const std::filesystem::path& output, const std::vector<std::filesystem::path>& inputs);

/// The end of a file's name in small letters: ".npy" of UP.NPY.
std::string ending_of(const std::filesystem::path& path);

}  // namespace segue::cli

#endif  // SEGUE_APPS_CLI_LIST_FORMAT_H_
