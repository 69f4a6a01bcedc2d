// Any bytes as a log, with any options: what is kept is a matrix that holds its invariants, whatever the threads; what
// is not, an Error or a rejected row. The first 8 bytes of the input choose the options.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>

#include "ingest/read_source.h"
#include "segue/error.h"
#include "segue/interactions.h"

namespace {

using namespace segue;

std::optional<IngestResult> read(std::string_view text, const IngestOptions& options, int threads,
                                 std::size_t chunk_size, std::string& problem) {
  Run run;
  run.threads = threads;
  try {
    std::string packing;
    std::string member;
    const auto source =
        ingest::chunks_of_stream(ingest::unpack(ingest::read_memory(text), "log", packing, member), 0, chunk_size);
    return ingest::read_source(*source, "log", packing, options, run);
  } catch (const Error& error) {
    problem = error.what();
    return std::nullopt;
  }
}

void demand(bool holds) {
  if (!holds) std::abort();
}

void demand_sound(const IngestResult& result) {
  const Interactions& got = result.interactions;
  demand(got.plays.rows() == got.users.size() && got.plays.cols() == got.items.size() && got.plays.nnz() != 0);
  demand(got.titles.size() == 0 || got.titles.size() == got.items.size());
  std::uint64_t rejected = 0;
  for (const Rejection& rejection : result.report.rejections) rejected += rejection.rows;
  demand(result.report.rows_read == result.report.rows_kept + rejected);
  demand(result.report.rows_kept == got.plays.nnz() + result.report.duplicates + result.report.dropped_by_minimum);
}

void demand_same(const Interactions& a, const Interactions& b) {
  const auto same = [](const auto& x, const auto& y) { return std::equal(x.begin(), x.end(), y.begin(), y.end()); };
  demand(same(a.plays.row_ptr(), b.plays.row_ptr()) && same(a.plays.columns(), b.plays.columns()) &&
         same(a.plays.values(), b.plays.values()));
  demand(same(a.users.strings().bytes(), b.users.strings().bytes()) &&
         same(a.items.strings().bytes(), b.items.strings().bytes()) && same(a.titles.bytes(), b.titles.bytes()));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::size_t kChoices = 8;
  if (size < kChoices) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + kChoices, size - kChoices);
  constexpr const char* kFormats[] = {"auto", "lastfm-360k", "hetrec", "movielens", "delimited"};
  constexpr const char* kHeaders[] = {"auto", "yes", "no"};
  constexpr const char* kDelimiters[] = {"", "", "\t", ",", "::", ";", "|", " "};
  constexpr const char* kColumns[] = {"", "", "", "1", "2", "3", "user", "none"};
  IngestOptions options;
  options.format = kFormats[data[0] % std::size(kFormats)];
  options.header = kHeaders[data[0] / 8 % std::size(kHeaders)];
  options.delimiter = kDelimiters[data[1] % 8];
  options.user = kColumns[data[1] / 8 % 8];
  options.item = kColumns[data[2] % 8];
  options.title = kColumns[data[2] / 8 % 8];
  options.value = kColumns[data[3] % 8];
  options.item_key = data[3] & 64 ? ItemKey::kMbid : ItemKey::kName;
  options.duplicates = static_cast<Duplicates>(data[4] % 4);
  options.bad_rows = static_cast<BadRows>(data[4] / 4 % 3);
  options.zero_values = data[5] & 1 ? ZeroValues::kKeep : ZeroValues::kDrop;
  options.negative_values = data[5] & 2 ? NegativeValues::kDrop : NegativeValues::kKeep;
  options.min_user_items = data[6] % 4;
  options.min_item_users = data[6] / 4 % 4;
  const std::size_t chunk_size = std::size_t{1} + data[7];

  std::string problem;
  std::string other_problem;
  const auto one = read(text, options, 1, std::size_t{1} << 20, problem);
  const auto three = read(text, options, 3, chunk_size, other_problem);
  demand(one.has_value() == three.has_value() && problem == other_problem);
  if (!one) return 0;
  demand_sound(*one);
  demand_same(one->interactions, three->interactions);
  return 0;
}
