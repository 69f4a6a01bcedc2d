// Interactions: read from logs and .plays files, or made of arrays.
#include <pybind11/stl.h>
#include <pybind11/stl/filesystem.h>

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "arrays.h"
#include "call.h"
#include "module.h"
#include "segue/error.h"
#include "segue/interactions.h"
#include "segue/recommender.h"

namespace segue::python {
namespace {

template <typename T>
T choice(const std::string& option, const std::string& value, std::vector<std::pair<std::string, T>> known) {
  std::string names;
  for (const auto& [name, meaning] : known) {
    if (name == value) return meaning;
    names += (names.empty() ? "" : ", ") + name;
  }
  throw Error(ErrorCode::kInvalidArgument, option + " is \"" + value + "\"", "use one of " + names);
}

py::list texts_of(const StringTable& strings) {
  py::list list(strings.size());
  for (std::uint32_t i = 0; i < strings.size(); ++i) list[i] = text_of(strings[i]);
  return list;
}

py::dict report_of(const IngestReport& report) {
  py::list rejections;
  for (const Rejection& rejection : report.rejections) {
    py::list examples;
    for (const RejectedRow& row : rejection.examples) {
      examples.append(py::make_tuple(row.line, row.column, text_of(row.text)));
    }
    rejections.append(py::dict(py::arg("reason") = rejection.reason, py::arg("rows") = rejection.rows,
                               py::arg("examples") = examples, py::arg("fix") = rejection.fix));
  }
  return py::dict(py::arg("detected") = text_of(report.detected), py::arg("rows_read") = report.rows_read,
                  py::arg("rows_kept") = report.rows_kept, py::arg("duplicates") = report.duplicates,
                  py::arg("dropped_by_minimum") = report.dropped_by_minimum, py::arg("rejections") = rejections,
                  py::arg("seconds") = report.seconds);
}

py::tuple read(const std::filesystem::path& path, const py::dict& options, int threads, const py::object& progress) {
  if (std::filesystem::is_regular_file(path) && is_segue_file(path)) {
    Interactions opened;
    run(threads, progress, [&](const Run& /*run*/) { opened = open_interactions(path); });
    return py::make_tuple(std::move(opened), py::none());
  }
  const auto text = [&](const char* name) { return options[name].cast<std::string>(); };
  IngestOptions ingest;
  ingest.format = text("format");
  ingest.delimiter = text("delimiter");
  ingest.header = text("header");
  ingest.user = text("user");
  ingest.item = text("item");
  ingest.title = text("title");
  ingest.value = text("value");
  ingest.time = "none";  // nothing here asks for them
  ingest.titles = options["titles"].cast<std::filesystem::path>();
  ingest.titles_encoding = text("titles_encoding");
  ingest.item_key = choice<ItemKey>("item_key", text("item_key"), {{"name", ItemKey::kName}, {"mbid", ItemKey::kMbid}});
  ingest.duplicates = choice<Duplicates>("duplicates", text("duplicates"),
                                         {{"sum", Duplicates::kSum},
                                          {"max", Duplicates::kMax},
                                          {"last", Duplicates::kLast},
                                          {"error", Duplicates::kError}});
  ingest.bad_rows = choice<BadRows>("bad_rows", text("bad_rows"),
                                    {{"report", BadRows::kReport}, {"skip", BadRows::kSkip}, {"fail", BadRows::kFail}});
  ingest.zero_values = choice<ZeroValues>("zero_values", text("zero_values"),
                                          {{"drop", ZeroValues::kDrop}, {"keep", ZeroValues::kKeep}});
  ingest.negative_values = choice<NegativeValues>("negative_values", text("negative_values"),
                                                  {{"keep", NegativeValues::kKeep}, {"drop", NegativeValues::kDrop}});
  ingest.reject_date_users = options["reject_date_users"].cast<bool>();
  ingest.min_user_items = options["min_user_items"].cast<std::uint32_t>();
  ingest.min_item_users = options["min_item_users"].cast<std::uint32_t>();
  IngestResult result;
  run(threads, progress, [&](const Run& inner) { result = read_log(path, ingest, inner); });
  return py::make_tuple(std::move(result.interactions), report_of(result.report));
}

/// @param titles  empty, or one an item
Interactions interactions_of(const std::vector<std::string>& users, const std::vector<std::string>& items,
                             const std::vector<std::string>& titles, const Offsets& row_ptr, const Columns& columns,
                             const Floats& values, const std::string& source) {
  CsrMatrix plays = csr_from(static_cast<std::uint32_t>(items.size()), row_ptr, columns, values);
  const bool fits = plays.rows() == users.size() && (titles.empty() || titles.size() == items.size());
  if (!fits) {
    throw Error(ErrorCode::kInvalidArgument,
                "the matrix is " + std::to_string(plays.rows()) + " x " + std::to_string(plays.cols()) + ", with " +
                    std::to_string(users.size()) + " user ids, " + std::to_string(items.size()) + " item ids and " +
                    std::to_string(titles.size()) + " titles",
                "give an id per row, and an id and a title per column");
  }
  return {IdMap::create(StringTable::from(users)), IdMap::create(StringTable::from(items)),
          titles.empty() ? StringTable() : StringTable::from(titles), std::move(plays), source};
}

}  // namespace

void bind_data(py::module_& module) {
  py::class_<Interactions>(module, "Interactions")
      .def("n_users", [](const Interactions& data) { return data.users.size(); })
      .def("n_items", [](const Interactions& data) { return data.items.size(); })
      .def("nnz", [](const Interactions& data) { return data.plays.nnz(); })
      .def("source", [](const Interactions& data) { return text_of(data.source); })
      .def("user_ids", [](const Interactions& data) { return texts_of(data.users.strings()); })
      .def("item_ids", [](const Interactions& data) { return texts_of(data.items.strings()); })
      .def("titles",
           [](const Interactions& data) {
             return texts_of(data.titles.size() != 0 ? data.titles : data.items.strings());
           })
      .def("title", [](const Interactions& data, std::uint32_t item) { return text_of(data.title(item)); })
      .def("item_id", [](const Interactions& data, std::uint32_t item) { return text_of(data.items[item]); })
      .def("user", [](const Interactions& data, const std::string& id) { return data.users.find(id); })
      .def("item", [](const Interactions& data, const std::string& id) { return data.items.find(id); })
      .def("csr", [](const Interactions& data) { return csr_parts(data.plays); })
      .def("at",
           [](const Interactions& data, std::uint32_t user, std::uint32_t item) { return data.plays.at(user, item); })
      .def("find",
           [](const Interactions& data, const std::string& name) {
             const NameMatch match = find_item(data, count_per_column(data.plays).view(), name);
             return py::make_tuple(match.items, match.suggestions);
           })
      .def("save", [](const Interactions& data, const std::filesystem::path& path) {
        run(0, py::none(), [&](const Run& inner) { save_interactions(data, path, inner); });
      });
  module.def("read", &read, py::arg("path"), py::arg("options"), py::arg("threads"), py::arg("progress"));
  module.def("interactions", &interactions_of);
}

}  // namespace segue::python
