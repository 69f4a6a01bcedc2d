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

std::span<const std::uint32_t> span_of(const std::optional<Ids>& ids) {
  return ids ? std::span(ids->data(), static_cast<std::size_t>(ids->size())) : std::span<const std::uint32_t>();
}

/// What each query may return, and the lists that this takes.
struct Filters {
  std::vector<ItemFilter> each;  // empty: everything; without a filter an index has less to ask of each item
  std::vector<std::vector<std::uint32_t>> both;

  Filters(std::uint32_t count, const std::optional<Offsets>& deny_ptr, const std::optional<Ids>& deny,
          const std::optional<Ids>& deny_all, const std::optional<Ids>& allow) {
    const std::span<const std::uint32_t> denied = span_of(deny);
    const std::span<const std::uint32_t> denied_all = span_of(deny_all);
    if (!deny_ptr && denied_all.empty() && !allow) return;
    if (deny_ptr && deny_ptr->size() != py::ssize_t{count} + 1) {
      throw Error(ErrorCode::kInvalidArgument, "a sparse matrix has another number of rows than there are queries",
                  "give a row per query");
    }
    each.resize(count);
    both.resize(deny_ptr && !denied_all.empty() ? count : 0);
    for (std::uint32_t q = 0; q < count; ++q) {
      ItemFilter& filter = each[q];
      filter.deny = denied_all;
      if (deny_ptr) {
        const std::int64_t begin = deny_ptr->data()[q];
        const std::int64_t end = deny_ptr->data()[q + 1];
        if (begin < 0 || begin > end || static_cast<std::size_t>(end) > denied.size()) {
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
        filter.allow = span_of(allow);
        filter.has_allow = true;
      }
    }
  }
};

/// Writes what was found into a row of `top`, then the items that were left out, ascending, then the id -1.
void write_row(const std::vector<Neighbor>& found, std::uint32_t top, std::uint32_t items,
               const std::optional<Ids>& allow, std::int32_t* ids, float* scores) {
  std::size_t at = 0;
  for (const Neighbor& each : found) {
    ids[at] = static_cast<std::int32_t>(each.item);
    scores[at++] = each.score;
  }
  if (at == top) return;
  std::fill(scores + at, scores + top, kNoScore);
  std::vector<std::uint32_t> there(found.size());
  std::ranges::transform(found, there.begin(), &Neighbor::item);
  std::ranges::sort(there);
  const std::span<const std::uint32_t> allowed = span_of(allow);
  const std::size_t candidates = allow ? allowed.size() : items;
  for (std::size_t i = 0; i < candidates && at < top; ++i) {
    const std::uint32_t item = allow ? allowed[i] : static_cast<std::uint32_t>(i);
    if (!std::ranges::binary_search(there, item)) ids[at++] = static_cast<std::int32_t>(item);
  }
  std::fill(ids + at, ids + top, -1);
}

/// @param rows      [queries x factors], or one query of [factors]
/// @param deny_ptr  [queries + 1]; None: nothing is denied by query
/// @param deny      items by query, ascending in each
/// @param deny_all  items that no query may return, ascending; None: none
/// @param allow     ascending; None: all items
/// @return (ids int32, scores float32) of [queries x top], of [top] for one query. At the end stand the items that were
///         left out, with the least score, and where there are no more of them the id -1.
py::tuple search(const Index& index, const Floats& rows, std::uint32_t top, const std::optional<Offsets>& deny_ptr,
                 const std::optional<Ids>& deny, const std::optional<Ids>& deny_all, const std::optional<Ids>& allow,
                 int threads) {
  const Factors queries = factors_from(rows);
  const std::uint32_t count = queries.rows();
  const Filters filters(count, deny_ptr, deny, deny_all, allow);
  std::vector<py::ssize_t> shape{count, top};
  if (rows.ndim() == 1) shape.erase(shape.begin());
  py::array_t<std::int32_t> ids(shape);
  py::array_t<float> scores(shape);
  std::vector<std::vector<Neighbor>> found;
  const std::uint32_t asked = std::min(top, index.size());
  const auto work = [&](const Run& run) { found = index.search(queries, asked, filters.each, run); };
  if (asked == 0 || count == 0) {
    found.resize(count);
  } else if (count <= kFewQueries) {
    const py::gil_scoped_release release;
    work(Run{.stop = {}, .progress = {}, .threads = threads});
  } else {
    run(threads, py::none(), work);
  }
  for (std::size_t q = 0; q < count; ++q) {
    write_row(found[q], top, index.size(), allow, ids.mutable_data() + q * top, scores.mutable_data() + q * top);
  }
  return py::make_tuple(ids, scores);
}

}  // namespace

void bind_index(py::module_& module) {
  py::class_<Index>(module, "ExactIndex")
      .def(py::init([](const Floats& items, bool cosine) {
        Factors factors = factors_from(items);
        const py::gil_scoped_release release;
        return make_exact_on_demand(std::move(factors), cosine ? Metric::kCosine : Metric::kInnerProduct);
      }))
      .def("search", &search);
}

}  // namespace segue::python
