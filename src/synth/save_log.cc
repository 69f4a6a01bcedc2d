// Rows as text, a block of them at a time.
#include <algorithm>
#include <charconv>
#include <cmath>
#include <numeric>
#include <span>
#include <string>
#include <vector>

#include "base/checksum.h"
#include "base/progress.h"
#include "segue/error.h"
#include "segue/synth.h"
#include "store/output_file.h"

namespace segue {
namespace {

constexpr std::size_t kBlock = std::size_t{4} << 20;
constexpr float kMostPlays = 16777216;  // float32 holds whole numbers up to here

/// 36 characters as of an MBID, made of the name; for one name in 64 none.
std::string mbid_of(std::string_view name) {
  const std::string low = to_hex(checksum(std::as_bytes(std::span(name))));
  const std::string high = to_hex(checksum(std::as_bytes(std::span(low))));
  if (high[0] == '0' && high[1] < '4') return {};
  return low.substr(0, 8) + '-' + low.substr(8, 4) + '-' + low.substr(12, 4) + '-' + high.substr(0, 4) + '-' +
         high.substr(4, 12);
}

void check_id(std::string_view id) {
  if (id.find_first_of("\t\r\n") == std::string_view::npos) return;
  throw Error(ErrorCode::kInvalidArgument, "an id holds a tab or a line end", "save the interactions as a .plays file");
}

}  // namespace

void save_log(const Interactions& interactions, const std::filesystem::path& path, const Run& run) {
  const CsrMatrix& plays = interactions.plays;
  std::vector<std::string> item_texts;  // "\tMBID\tname\t"
  for (std::uint32_t item = 0; item < interactions.items.size(); ++item) {
    const std::string_view name = interactions.items[item];
    check_id(name);
    item_texts.push_back('\t' + mbid_of(name) + '\t' + std::string(name) + '\t');
  }
  OutputFile file(path);
  ProgressMeter meter(run, "writing", plays.nnz(), "rows");
  std::string text;
  std::uint64_t offset = 0;
  std::uint64_t rows = 0;
  const auto flush = [&] {
    const std::span<const std::byte> piece = std::as_bytes(std::span(text));
    file.write(offset, {&piece, 1});
    offset += text.size();
    text.clear();
    meter.add(std::exchange(rows, 0));
  };
  std::vector<std::uint32_t> order;
  for (std::uint32_t user = 0; user < plays.rows(); ++user) {
    const auto columns = plays.row_columns(user);
    const auto values = plays.row_values(user);
    const std::string_view id = interactions.users[user];
    check_id(id);
    order.resize(columns.size());
    std::iota(order.begin(), order.end(), 0U);
    std::stable_sort(order.begin(), order.end(),
                     [&](std::uint32_t a, std::uint32_t b) { return values[a] > values[b]; });
    for (const std::uint32_t i : order) {
      if (!(values[i] >= 1 && values[i] <= kMostPlays) || std::floor(values[i]) != values[i]) {
        throw Error(ErrorCode::kInvalidArgument, "a value is not a whole number from 1 to 16,777,216",
                    "save the interactions as a .plays file");
      }
      std::array<char, 16> digits{};
      const auto end =
          std::to_chars(digits.data(), digits.data() + digits.size(), static_cast<std::uint32_t>(values[i]));
      text += id;
      text += item_texts[columns[i]];
      text.append(digits.data(), end.ptr);
      text += '\n';
    }
    rows += columns.size();
    if (text.size() >= kBlock) {
      run.check();
      flush();
    }
  }
  flush();
  file.commit();
  meter.finish();
}

}  // namespace segue
