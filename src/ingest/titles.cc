#include "ingest/titles.h"

#include <algorithm>
#include <optional>

#include "ingest/chunk_source.h"
#include "ingest/layout.h"
#include "ingest/split.h"
#include "ingest/text.h"
#include "segue/error.h"

namespace segue::ingest {
namespace {

constexpr std::size_t kChunkSize = std::size_t{256} << 10;

}  // namespace

TitleFile read_titles(const std::filesystem::path& path, const std::string& encoding, const IdMap& items,
                      const Run& run) {
  if (encoding != "auto" && encoding != "utf-8" && encoding != "latin-1") {
    throw Error(ErrorCode::kInvalidArgument,
                "titles encoding \"" + shown(encoding) + "\" is not auto, utf-8 or latin-1", "choose one of these");
  }
  std::string file = path.string();
  OpenFile opened = open_log(path);
  const std::uint64_t size = opened.size;
  std::string packing;
  std::string member;
  const auto source = chunks_of_stream(
      unpack(read_descriptor(std::move(opened.descriptor), file), file, packing, member), size, kChunkSize);
  if (!member.empty()) file += ":" + member;
  const TitleLayout layout = detect_title_layout(source->sample(), source->sample_is_all(), file);
  source->skip(layout.data_begin);

  TitleFile found;
  found.titles.resize(items.size());
  std::optional<Where> broken;  // the first title that is not UTF-8
  Splitter splitter(layout.delimiter, layout.quoted);
  ChunkBuffer buffer;
  Chunk chunk;
  std::int64_t line_number = layout.lines_before;
  const auto needed = static_cast<std::size_t>(std::max(layout.id, layout.title)) + 1;
  while (source->next(buffer, chunk)) {
    run.check();
    std::string_view text(chunk.text.data(), chunk.text.size());
    while (!text.empty()) {
      std::string_view line = text.substr(0, text.find('\n'));
      text.remove_prefix(line.size() + 1);
      if (line.ends_with('\r')) line.remove_suffix(1);
      ++line_number;
      splitter.clear_texts();
      if (line.size() > kLongestLine || !splitter.split(line) || splitter.fields().size() < needed) continue;
      const auto item = items.find(splitter.fields()[static_cast<std::size_t>(layout.id)].text);
      if (!item || !found.titles[*item].empty()) continue;
      const Field& title = splitter.fields()[static_cast<std::size_t>(layout.title)];
      if (!broken && !is_utf8(title.text)) broken = Where{file, line_number, title.raw.data() - line.data() + 1};
      found.titles[*item] = title.text;
    }
  }
  if (broken && encoding == "utf-8") {
    throw Error(ErrorCode::kBadInput, *broken, "title is not valid UTF-8", "say --titles-encoding=latin-1, or auto");
  }
  found.latin1 = encoding == "latin-1" || broken.has_value();
  if (found.latin1) {
    for (std::string& title : found.titles) title = utf8_from_latin1(title);
  }
  for (std::string& title : found.titles) title.erase(std::remove(title.begin(), title.end(), '\0'), title.end());
  return found;
}

std::vector<std::string> first_titles(std::span<const ChunkParser> workers, std::span<const NameRecord* const> items) {
  std::vector<std::string> titles;
  titles.reserve(items.size());
  for (const NameRecord* item : items) {
    const FirstTitles* from = nullptr;
    const FirstTitles::Title* first = nullptr;
    for (const ChunkParser& worker : workers) {
      const FirstTitles& seen = worker.first_titles();
      if (item->number() >= seen.titles.size()) continue;
      const FirstTitles::Title& title = seen.titles[item->number()];
      if (first != nullptr && title.position >= first->position) continue;
      if (title.position == ~std::uint64_t{0}) continue;
      first = &title;
      from = &seen;
    }
    titles.push_back(first == nullptr ? std::string() : std::string(from->bytes.data() + first->begin, first->size));
  }
  return titles;
}

}  // namespace segue::ingest
