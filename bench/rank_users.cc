// Ranks all items for many users of a model, what each knows left out, and says how fast: segue's side of rank.sh.
// Writes the factors as the peer reads them: row-major float32 without padding or header.
//
// usage: rank_users MODEL FOLDER USERS TOP [THREADS]
// prints: seconds, users a second, and the checksum of the ids that the peer prints (rank-weighted, modulo 2^61 - 1)
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <vector>

#include "segue/error.h"
#include "segue/index.h"
#include "segue/model.h"

namespace {

void write_plain(const segue::Factors& factors, const std::filesystem::path& path) {
  if (std::filesystem::exists(path)) return;
  std::ofstream out(path, std::ios::binary);
  for (std::uint32_t row = 0; row < factors.rows(); ++row) {
    const std::span<const float> x = factors[row];
    out.write(reinterpret_cast<const char*>(x.data()), static_cast<std::streamsize>(x.size_bytes()));
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 5) {
    std::fprintf(stderr, "usage: rank_users MODEL FOLDER USERS TOP [THREADS]\n");
    return 2;
  }
  try {
    const segue::Model model = segue::Model::open(argv[1]);
    const std::filesystem::path folder = argv[2];
    const segue::Factors& users = model.user_factors();
    write_plain(users, folder / "users.f32");
    write_plain(model.item_factors(), folder / "items.f32");
    const auto count = std::min(static_cast<std::uint32_t>(std::atoi(argv[3])), users.rows());
    const auto top = static_cast<std::uint32_t>(std::atoi(argv[4]));
    segue::Run run;
    run.threads = argc > 5 ? std::atoi(argv[5]) : 0;
    const segue::Factors queries = segue::Factors::create(
        count, users.factors(),
        segue::Array<float>(users.values().subspan(0, std::size_t{count} * users.stride()), nullptr));
    const auto index = segue::make_exact_index(model.item_factors(), segue::Metric::kInnerProduct, run);

    const auto begin = std::chrono::steady_clock::now();
    std::vector<segue::ItemFilter> filters(count);
    for (std::uint32_t u = 0; u < count; ++u) filters[u].deny = model.interactions().plays.row_columns(u);
    const auto ranked = index->search(queries, top, filters, run);
    std::uint64_t checksum = 0;
    for (const auto& row : ranked) {
      for (std::size_t r = 0; r < row.size(); ++r) checksum += (std::uint64_t{row[r].item} + 1) * (r + 1);
    }
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    std::printf("%u users  %.3f s  %.0f users/s  checksum %llu\n", count, seconds, count / seconds,
                static_cast<unsigned long long>(checksum % ((std::uint64_t{1} << 61) - 1)));
  } catch (const segue::Error& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
  return 0;
}
