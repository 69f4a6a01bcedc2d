#include "bulk.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <numeric>
#include <optional>
#include <string>
#include <vector>

#include "console.h"
#include "data.h"
#include "segue/output.h"
#include "text.h"

namespace segue::cli {
namespace {

// Of a search: enough that threads and batches have work, few enough that a stop or progress does not wait.
constexpr std::uint32_t kBatch = 4096;

}  // namespace

void write_lists(Session& session, const BulkQuestion& question, const std::filesystem::path& output) {
  const auto begin = std::chrono::steady_clock::now();
  const auto seconds = [&] { return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count(); };
  const std::uint32_t count = question.shape.count;
  const std::unique_ptr<const ListFormat> format = list_format(output, question.shape);
  std::optional<FileOutput> file;
  if (!output.empty()) file.emplace(output);
  const auto write = [&](std::string_view bytes) { file ? file->write(bytes) : print(bytes); };

  Run run = session.run();
  run.progress = nullptr;  // ours covers all of the batches
  const auto report = [&](std::uint32_t done) {
    session.log.progress(
        {.stage = "ranking", .done = done, .total = count, .unit = question.unit, .loss = {}, .seconds = seconds()});
  };
  write(format->begin());
  std::uint64_t lists = 0;
  std::string bytes;
  std::vector<std::uint32_t> queries;
  for (std::uint32_t first = 0; first < count; first += static_cast<std::uint32_t>(queries.size())) {
    report(first);
    run.check();
    queries.resize(std::min(kBatch, count - first));
    std::iota(queries.begin(), queries.end(), first);
    const Lists answers = question.ask(queries, run);
    for (const auto& list : answers) lists += list.empty() ? 0 : 1;
    bytes.clear();
    format->add(bytes, first, answers);
    write(bytes);
  }
  report(count);
  if (file) file->commit();
  const double rate = static_cast<double>(count) / std::max(1e-9, seconds());
  session.log.say(fmt::format("{} of {} {} have a list, {} {} a second", group_digits(lists), group_digits(count),
                              question.unit, group_digits(static_cast<std::uint64_t>(rate)), question.unit));
  if (file) say_written(session, output, seconds());
  session.log.event("lists", {{"lists", lists}, {"of", count}, {"unit", question.unit}, {"seconds", seconds()}});
}

}  // namespace segue::cli
