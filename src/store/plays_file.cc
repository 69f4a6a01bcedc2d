// Interactions on disk. Nothing is copied on the way in: the arrays of an opened file are the mapped file.
#include "store/plays_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "base/parallel.h"
#include "store/metadata.h"

namespace segue {
namespace {

void add_strings(std::vector<Section>& sections, std::string_view offsets, std::string_view bytes,
                 const StringTable& strings) {
  sections.push_back(make_section(offsets, strings.offsets()));
  sections.push_back(make_section(bytes, strings.bytes()));
}

StringTable read_strings(const Container& container, std::string_view offsets, std::string_view bytes) {
  return make_or_damaged(container, offsets, [&] {
    return StringTable::create(container.array<std::uint64_t>(offsets), container.array<char>(bytes));
  });
}

IdMap read_ids(const Container& container, std::string_view offsets, std::string_view bytes) {
  StringTable strings = read_strings(container, offsets, bytes);
  return make_or_damaged(container, bytes, [&] { return IdMap::create(std::move(strings)); });
}

}  // namespace

std::vector<Section> interaction_sections(const Interactions& interactions) {
  const std::uint32_t items = interactions.items.size();
  if (interactions.plays.rows() != interactions.users.size() || interactions.plays.cols() != items ||
      (interactions.titles.size() != 0 && interactions.titles.size() != items)) {
    throw Error(ErrorCode::kInvalidArgument,
                "plays of " + std::to_string(interactions.plays.rows()) + " x " +
                    std::to_string(interactions.plays.cols()) + " do not fit " +
                    std::to_string(interactions.users.size()) + " users, " + std::to_string(items) + " items and " +
                    std::to_string(interactions.titles.size()) + " titles",
                "give an id for each row, and an id and a title for each column");
  }
  if (interactions.times.size() != 0 && interactions.times.size() != interactions.plays.nnz()) {
    throw Error(ErrorCode::kInvalidArgument,
                std::to_string(interactions.times.size()) + " times do not fit " +
                    std::to_string(interactions.plays.nnz()) + " plays",
                "give a time for each cell, or none");
  }
  std::vector<Section> sections;
  add_strings(sections, section::kUserOffsets, section::kUserBytes, interactions.users.strings());
  add_strings(sections, section::kItemOffsets, section::kItemBytes, interactions.items.strings());
  if (interactions.titles.size() != 0) {
    add_strings(sections, section::kTitleOffsets, section::kTitleBytes, interactions.titles);
  }
  sections.push_back(make_section(section::kRowPtr, interactions.plays.row_ptr()));
  sections.push_back(make_section(section::kColumns, interactions.plays.columns()));
  sections.push_back(make_section(section::kValues, interactions.plays.values()));
  return sections;
}

void read_interactions(const Container& container, Interactions& interactions, Checks& checks) {
  container.populate();
  // Counts first: they bound what the checks look at.
  const auto row_ptr = container.array<std::uint64_t>(section::kRowPtr);
  const auto item_offsets = container.array<std::uint64_t>(section::kItemOffsets);
  const auto user_offsets = container.array<std::uint64_t>(section::kUserOffsets);
  if (item_offsets.empty()) container.damaged(section::kItemOffsets, "is empty");
  if (row_ptr.size() != user_offsets.size()) {
    container.damaged(section::kRowPtr, "does not have a row for each user");
  }
  checks.push_back([&container, &interactions, row_ptr, items = item_offsets.size() - 1] {
    interactions.plays = make_or_damaged(container, section::kColumns, [&] {
      return CsrMatrix::create(static_cast<std::uint32_t>(items), row_ptr,
                               container.array<std::uint32_t>(section::kColumns),
                               container.array<float>(section::kValues));
    });
  });
  checks.push_back([&container, &interactions] {
    interactions.users = read_ids(container, section::kUserOffsets, section::kUserBytes);
  });
  checks.push_back([&container, &interactions] {
    interactions.items = read_ids(container, section::kItemOffsets, section::kItemBytes);
  });
  if (container.find(section::kTitleOffsets) != nullptr) {
    checks.push_back([&container, &interactions, items = item_offsets.size() - 1] {
      interactions.titles = read_strings(container, section::kTitleOffsets, section::kTitleBytes);
      if (interactions.titles.size() != items) {
        container.damaged(section::kTitleOffsets, "does not have a title for each item");
      }
    });
  }
}

void run_checks(const Checks& checks) {
  parallel_chunks(checks.size(), 1, {}, [&](std::size_t check, std::size_t, int) { checks[check](); });
}

void check_checksums(const Container& container) {
  parallel_chunks(container.layout().sections.size(), 1, {},
                  [&](std::size_t i, std::size_t, int) { container.check_checksum(i, {}); });
}

void save_interactions(const Interactions& interactions, const std::filesystem::path& path, const Run& run) {
  const std::string metadata = plays_metadata(interactions);
  std::vector<Section> sections = {make_json_section(metadata)};
  std::ranges::move(interaction_sections(interactions), std::back_inserter(sections));
  if (interactions.times.size() != 0) sections.push_back(make_section(section::kTimes, interactions.times));
  write_container(path, kPlaysKind, sections, run);
}

Interactions open_interactions(const std::filesystem::path& path) {
  const Container container = Container::open(path);
  Interactions interactions;
  Checks checks;
  read_interactions(container, interactions, checks);
  interactions.source = read_source(container);
  if (container.find(section::kTimes) != nullptr) {
    checks.push_back([&container, &interactions] {
      interactions.times = container.array<double>(section::kTimes);
      if (interactions.times.size() != container.array<float>(section::kValues).size()) {
        container.damaged(section::kTimes, "does not have a time for each play");
      }
      if (!std::ranges::all_of(interactions.times, [](double time) { return std::isfinite(time); })) {
        container.damaged(section::kTimes, "holds a time that is not finite");
      }
    });
  }
  run_checks(checks);
  check_checksums(container);
  return interactions;
}

bool is_segue_file(const std::filesystem::path& path) {
  struct stat status {};
  // Not a pipe: what is read from it would be missing from the log.
  if (stat(path.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) return false;
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return false;
  std::array<char, kMagic.size()> begin{};
  const ssize_t bytes = pread(fd, begin.data(), begin.size(), 0);
  ::close(fd);
  return bytes == static_cast<ssize_t>(begin.size()) && begin == kMagic;
}

}  // namespace segue
