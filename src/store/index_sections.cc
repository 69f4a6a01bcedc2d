#include "store/index_sections.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>
#include <variant>

#include "segue/error.h"

namespace segue {
namespace {

std::string prefix_of(Metric metric) { return std::string(section::kIndexPrefix) + std::string(name_of(metric)) + "."; }

using Values = decltype(IndexPart::values);

template <typename T>
Values values_of(const Container& container, const std::string& name) {
  return container.array<T>(name);
}

/// How a section becomes a part, by its type.
struct PartReader {
  std::string_view type;
  Values (*read)(const Container& container, const std::string& name);
};
constexpr std::array kReaders = {
    PartReader{"bytes", values_of<std::uint8_t>},
    PartReader{"uint32", values_of<std::uint32_t>},
    PartReader{"uint64", values_of<std::uint64_t>},
    PartReader{"float32", values_of<float>},
};

[[noreturn]] void refuse(const std::string& problem) {
  throw Error(ErrorCode::kInvalidArgument, problem, "give what Index::store() gave");
}

}  // namespace

void add_index_sections(const std::vector<StoredIndex>& indexes, std::vector<Section>& sections,
                        std::list<std::string>& names) {
  for (const StoredIndex& index : indexes) {
    if (std::ranges::count(indexes, index.metric, &StoredIndex::metric) != 1) {
      refuse("there are two indexes for the metric " + std::string(name_of(index.metric)));
    }
    for (const IndexPart& part : index.parts) {
      const bool letters = std::ranges::all_of(part.name, [](char c) { return c >= 'a' && c <= 'z'; });
      if (!letters || part.name.empty() || part.name.size() > IndexPart::kLongestName) {
        refuse("\"" + part.name + "\" is no name for a part of an index");
      }
      names.push_back(prefix_of(index.metric) + part.name);
      std::visit([&](const auto& values) { sections.push_back(make_section(names.back(), values)); }, part.values);
    }
  }
}

void read_index_parts(const Container& container, std::vector<StoredIndex>& indexes) {
  for (StoredIndex& index : indexes) {
    const std::string prefix = prefix_of(index.metric);
    for (const FileSection& section : container.layout().sections) {
      if (!section.name.starts_with(prefix)) continue;
      const auto* reader = std::ranges::find(kReaders, std::string_view(section.type), &PartReader::type);
      if (reader == kReaders.end()) container.damaged(section.name, "is of a type that no index has");
      index.parts.push_back({section.name.substr(prefix.size()), reader->read(container, section.name)});
    }
  }
}

}  // namespace segue
