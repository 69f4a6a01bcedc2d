// The exact index over rows of a NumPy matrix.
#include <pybind11/stl.h>

#include <algorithm>
#include <iterator>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "arrays.h"
#include "call.h"
#include "module.h"
#include "segue/error.h"
#include "segue/index.h"

namespace segue::python {
namespace {

using Ids = py::array_t<std::uint32_t, py::array::c_style | py::array::forcecast>;

/// Below this number of queries a thread to wait on would cost more than it is worth.
constexpr std::uint32_t kFewQueries = 64;
/// The score of what is not there, as implicit has it.
constexpr float kNoScore = -std::numeric_limits<float>::max();

/// @param deny_ptr  [queries + 1], or empty: nothing is denied by query
/// @param deny      items by query, ascending in each
/// @param deny_all  items that no query may return, ascending
/// @param allow     ascending; None: all items
/// @return (ids int32, scores float32) of [queries x top]; what is missing has the id -1
py::tuple search(const Index& index, const Floats& rows, std::uint32_t top, const Offsets& deny_ptr, const Ids& deny,
                 const Ids& deny_all, const std::optional<Ids>& allow, int threads) {
  const Factors queries = factors_from(rows);
  const std::uint32_t count = queries.rows();
  const std::span<const std::uint32_t> denied(deny.data(), static_cast<std::size_t>(deny.size()));
  const std::span<const std::uint32_t> denied_all(deny_all.data(), static_cast<std::size_t>(deny_all.size()));
  // Without a filter an index has less to ask of each item.
  const bool filtered = deny_ptr.size() != 0 || !denied_all.empty() || allow.has_value();
  std::vector<std::vector<std::uint32_t>> both(count);
  std::vector<ItemFilter> filters(filtered ? count : 0);
  for (std::uint32_t q = 0; q < filters.size(); ++q) {
    ItemFilter& filter = filters[q];
    filter.deny = denied_all;
    if (deny_ptr.size() != 0) {
      const std::int64_t begin = deny_ptr.at(q);
      const std::int64_t end = deny_ptr.at(q + 1);
      if (begin < 0 || begin > end || end > deny.size()) {
        throw Error(ErrorCode::kInvalidArgument, "the row offsets of a sparse matrix fall or leave it",
                    "give a scipy.sparse matrix that is whole");
      }
      const auto own = denied.subspan(static_cast<std::size_t>(begin), static_cast<std::size_t>(end - begin));
      if (denied_all.empty()) {
        filter.deny = own;
      } else {
        std::ranges::set_union(own, denied_all, std::back_inserter(both[q]));
        filter.deny = both[q];
      }
    }
    if (allow) {
      filter.allow = {allow->data(), static_cast<std::size_t>(allow->size())};
      filter.has_allow = true;
    }
  }
  std::vector<std::vector<Neighbor>> found;
  const std::uint32_t asked = std::min(top, index.size());
  const auto work = [&](const Run& run) { found = index.search(queries, asked, filters, run); };
  if (asked == 0 || count == 0) {
    found.resize(count);
  } else if (count <= kFewQueries) {
    const py::gil_scoped_release release;
    work(Run{.stop = {}, .progress = {}, .threads = threads});
  } else {
    run(threads, py::none(), work);
  }
  py::array_t<std::int32_t> ids({count, top});
  py::array_t<float> scores({count, top});
  std::fill_n(ids.mutable_data(), ids.size(), -1);
  std::fill_n(scores.mutable_data(), scores.size(), kNoScore);
  for (std::size_t q = 0; q < count; ++q) {
    for (std::size_t i = 0; i < found[q].size(); ++i) {
      ids.mutable_data()[q * top + i] = static_cast<std::int32_t>(found[q][i].item);
      scores.mutable_data()[q * top + i] = found[q][i].score;
    }
  }
  return py::make_tuple(ids, scores);
}

}  // namespace

void bind_index(py::module_& module) {
  py::class_<Index>(module, "ExactIndex")
      .def(py::init([](const Floats& items, bool cosine) {
        Factors factors = factors_from(items);
        const py::gil_scoped_release release;
        return make_exact_index(std::move(factors), cosine ? Metric::kCosine : Metric::kInnerProduct);
      }))
      .def("search", &search);
}

}  // namespace segue::python
