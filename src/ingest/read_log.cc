// From a play log to who played what how often.
//
// Workers take chunks of whole lines in the order of the file, cut them into rows and turn names into numbers (8 bytes
// are kept of a row). Then names are sorted, rows gathered by user, sorted by item, duplicates combined. Nothing of the
// result depends on who did what: ids are ranks of names, and rows of a cell are combined in the order of the log.
//
// The bound: the bytes once from the page cache, and two trips to memory per row for its item. Measured in
// docs/ingest.md.
#include <algorithm>
#include <chrono>
#include <span>
#include <utility>
#include <vector>

#include "base/parallel.h"
#include "base/progress.h"
#include "ingest/build.h"
#include "ingest/chunk_parser.h"
#include "ingest/layout.h"
#include "ingest/minimums.h"
#include "ingest/rank.h"
#include "ingest/read_source.h"
#include "ingest/text.h"
#include "ingest/titles.h"
#include "segue/error.h"

namespace segue {
namespace ingest {
namespace {

/// Reads the whole log; `parsers` has one per worker.
LogRows read_rows(ChunkSource& source, const Layout& layout, const IngestOptions& options, const Run& run,
                  std::span<ChunkParser> parsers) {
  ProgressMeter meter(run, "reading", source.total(), "bytes");
  RowCollector collector(source.total(), layout.lines_before);
  parallel_chunks(parsers.size(), 1, run, [&](std::size_t worker, std::size_t, int) {
    ChunkBuffer buffer;
    Chunk chunk;
    ChunkRows rows;
    try {
      while (source.next(buffer, chunk)) {
        run.check();
        parsers[worker].parse(chunk, rows);
        if (options.bad_rows == BadRows::kFail && rows.rejects.total() != 0) source.stop();
        collector.add(rows, chunk.bytes);
        meter.add(chunk.bytes);
      }
    } catch (...) {
      source.stop();  // so that the other workers end as well
      throw;
    }
  });
  meter.finish();
  return collector.take();
}

/// The titles of items, or nothing where all are their ids.
StringTable titles_of(const IdMap& items, std::vector<std::string> titles, std::uint64_t& without) {
  bool differ = false;
  for (std::uint32_t i = 0; i < items.size(); ++i) {
    if (titles[i].empty()) {
      titles[i] = items[i];
      ++without;
    }
    differ = differ || titles[i] != items[i];
  }
  return differ ? StringTable::from(titles) : StringTable();
}

}  // namespace

IngestResult read_source(ChunkSource& source, const std::string& file, const std::string& packing,
                         const IngestOptions& options, const Run& run) {
  const auto begin = std::chrono::steady_clock::now();
  const Layout layout = detect_layout(source.sample(), source.sample_is_all(), options, file);
  source.skip(layout.data_begin);

  IngestResult result;
  IngestReport& report = result.report;
  report.detected = describe(layout, packing);

  // Read.
  std::size_t workers = static_cast<std::size_t>(run.thread_count());
  if (source.sample_is_all()) workers = std::min(workers, source.sample().size() / source.chunk_size() + 1);
  NameTable user_table;
  NameTable item_table;
  std::vector<ChunkParser> parsers;
  parsers.reserve(workers);
  for (std::size_t i = 0; i < workers; ++i) parsers.emplace_back(layout, options, user_table, item_table);
  LogRows rows = read_rows(source, layout, options, run, parsers);
  const Rejects& rejects = rows.rejects;
  report.bytes = source.bytes();
  report.rows_read = rows.rows_read;
  report.rows_kept = rows.size;
  report.blank_lines = static_cast<std::uint64_t>(rows.lines - layout.lines_before) - rows.rows_read;
  report.rejections = rejects.rejections(options.bad_rows == BadRows::kReport);
  if (options.bad_rows == BadRows::kFail && rejects.total() != 0) throw rejects.first_as_error(file);
  if (rows.rows_read == 0) {
    throw Error(ErrorCode::kBadInput, {file}, "the log has no rows below its header",
                "give a log of lines: user, item, value");
  }
  if (rows.size == 0) throw rejects.none_kept_error(file);

  // Sort the names.
  ProgressMeter sorting(run, "sorting", std::uint64_t{user_table.size()} + item_table.size(), "names");
  Ranking users = rank_names(user_table, run);
  sorting.add(user_table.size());
  Ranking items = rank_names(item_table, run);
  sorting.add(item_table.size());
  sorting.finish();

  // Build the matrix.
  Built built = build_matrix(std::move(rows), users, items, options.duplicates, file, run);
  report.duplicates = built.duplicates;
  std::vector<const NameRecord*> user_names(users.order.begin(), users.order.end());
  std::vector<const NameRecord*> item_names(items.order.begin(), items.order.end());
  if (options.min_user_items > 1 || options.min_item_users > 1) {
    Selected selected = apply_minimums(built.plays, built.times, options.min_user_items, options.min_item_users, run);
    report.dropped_by_minimum = built.plays.nnz() - selected.plays.nnz();
    if (selected.plays.nnz() == 0) {
      throw Error(ErrorCode::kBadInput, {file}, "no user and item are left by --min-user-items and --min-item-users",
                  "lower them");
    }
    for (std::size_t i = 0; i < selected.users.size(); ++i) user_names[i] = users.order[selected.users[i]];
    for (std::size_t i = 0; i < selected.items.size(); ++i) item_names[i] = items.order[selected.items[i]];
    user_names.resize(selected.users.size());
    item_names.resize(selected.items.size());
    built.plays = std::move(selected.plays);
    built.times = std::move(selected.times);
  }

  // Name what it holds.
  Interactions& interactions = result.interactions;
  interactions.plays = std::move(built.plays);
  interactions.times = std::move(built.times);
  interactions.users = ids_of(user_names, run);
  interactions.items = ids_of(item_names, run);
  interactions.source = std::filesystem::path(file).filename().string();
  report.items_with_several_keys = static_cast<std::uint64_t>(std::count_if(
      item_names.begin(), item_names.end(), [](const NameRecord* item) { return NameTable::has_several_keys(*item); }));
  std::vector<std::string> titles;
  if (layout.title != kNoColumn) titles = first_titles(parsers, item_names);
  if (!options.titles.empty()) {
    TitleFile from_file = read_titles(options.titles, options.titles_encoding, interactions.items, run);
    if (from_file.latin1) report.detected += "; titles read as ISO-8859-1 (--titles-encoding)";
    titles.resize(item_names.size());
    for (std::size_t i = 0; i < titles.size(); ++i) {
      if (!from_file.titles[i].empty()) titles[i] = std::move(from_file.titles[i]);
    }
  }
  if (!titles.empty())
    interactions.titles = titles_of(interactions.items, std::move(titles), report.items_without_title);
  report.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  return result;
}

IngestResult read_log_in_chunks(const std::filesystem::path& log, std::size_t chunk_size, const IngestOptions& options,
                                const Run& run) {
  const std::string file = log.string();
  OpenFile opened = open_log(log);
  const bool regular = opened.regular;
  const std::uint64_t size = opened.size;
  std::string packing;
  std::string member;
  std::unique_ptr<ByteStream> stream =
      unpack(read_descriptor(std::move(opened.descriptor), file), file, packing, member);
  std::unique_ptr<ChunkSource> source;
  if (regular && packing.empty()) {
    source = chunks_of_file(open_log(log), file, chunk_size);
  } else {
    source = chunks_of_stream(std::move(stream), size, chunk_size);
  }
  IngestResult result = read_source(*source, member.empty() ? file : file + ":" + member, packing, options, run);
  result.interactions.source = log.filename().string();
  return result;
}

}  // namespace ingest

IngestResult read_log(const std::filesystem::path& log, const IngestOptions& options, const Run& run) {
  return ingest::read_log_in_chunks(log, ingest::kChunkSize, options, run);
}

}  // namespace segue
