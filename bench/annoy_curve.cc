// Recall and speed of forests, ours and Annoy's in turn, on the item factors of a model: a line a forest and search_k.
//
// usage: annoy_curve MODEL FOLDER FACTORS TREES QUERIES ROUNDS [angular|dot]
// FACTORS below the model's takes the first ones; Annoy's forest is kept in FOLDER. Queries are items spread evenly;
// the truth is the exact index's. One thread; medians of ROUNDS.
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "segue/annoy.h"
#include "segue/error.h"
#include "segue/index.h"
#include "segue/model.h"
#ifdef SEGUE_ANNOY_PEER
#include "testing/peers/annoy_peer.h"
#endif

namespace {

using Clock = std::chrono::steady_clock;
constexpr std::uint32_t kTop = 20;

double seconds_since(Clock::time_point begin) { return std::chrono::duration<double>(Clock::now() - begin).count(); }

/// The first `factors` of each row.
segue::Factors narrowed(const segue::Factors& table, std::uint32_t factors) {
  if (factors >= table.factors()) return table;
  const std::uint32_t stride = segue::Factors::stride_for(factors);
  const std::size_t size = std::size_t{table.rows()} * stride;
  std::shared_ptr<float> values(static_cast<float*>(std::aligned_alloc(64, size * sizeof(float))), std::free);
  std::fill_n(values.get(), size, 0.0F);
  for (std::uint32_t row = 0; row < table.rows(); ++row) {
    std::ranges::copy(table[row].first(factors), values.get() + std::size_t{row} * stride);
  }
  return segue::Factors::create(table.rows(), factors, segue::Array<float>({values.get(), size}, values));
}

/// One way to answer: the ids of the nearest for a query and a search_k.
struct Side {
  std::string name;
  std::function<std::vector<std::uint32_t>(const std::vector<float>&, int)> ask;
};

struct Result {
  double recall10 = 0, recall20 = 0;
  std::vector<double> rates;
};

double recall(const std::vector<std::uint32_t>& found, const std::vector<segue::Neighbor>& truth, std::size_t n) {
  std::size_t hits = 0;
  for (std::size_t i = 0; i < std::min(n, found.size()); ++i) {
    const auto end = truth.begin() + static_cast<std::ptrdiff_t>(std::min(n, truth.size()));
    hits += std::any_of(truth.begin(), end, [&](const auto& t) { return t.item == found[i]; }) ? 1 : 0;
  }
  return static_cast<double>(hits) / static_cast<double>(n);
}

std::vector<std::uint32_t> ids_of(const std::vector<segue::AnnoyNeighbor>& neighbors) {
  std::vector<std::uint32_t> ids;
  for (const auto& neighbor : neighbors) ids.push_back(neighbor.item);
  return ids;
}

int run(char** argv) {
  const segue::Model model = segue::Model::open(argv[1]);
  const std::filesystem::path folder = argv[2];
  const segue::Factors items = narrowed(model.item_factors(), static_cast<std::uint32_t>(std::atoi(argv[3])));
  const int trees = std::atoi(argv[4]);
  const auto count = static_cast<std::uint32_t>(std::atoi(argv[5]));
  const int rounds = std::atoi(argv[6]);
  const std::string metric = argv[7] != nullptr ? argv[7] : "angular";
  const bool dot = metric == "dot";
  const segue::Factors asked = dot ? narrowed(model.user_factors(), items.factors()) : items;

  std::vector<std::vector<float>> queries;
  std::vector<std::vector<segue::Neighbor>> truth;
  const auto exact = segue::make_exact_index(items, dot ? segue::Metric::kInnerProduct : segue::Metric::kCosine);
  for (std::uint32_t q = 0; q < count; ++q) {
    const auto row = static_cast<std::uint32_t>(std::uint64_t{q} * asked.rows() / count);
    queries.emplace_back(asked[row].begin(), asked[row].end());
    const segue::Factors query = segue::Factors::create(
        1, items.factors(),
        segue::Array<float>(asked.values().subspan(std::size_t{row} * asked.stride(), asked.stride()), nullptr));
    truth.push_back(exact->search(query, kTop, {}, {})[0]);
  }

  segue::AnnoyBuilder builder(segue::annoy_metric(metric), items.factors());
  for (std::uint32_t item = 0; item < items.rows(); ++item) builder.add(item, items[item]);
  std::printf("%u items, %u factors, %s, %d trees; %u queries\n", items.rows(), items.factors(), metric.c_str(), trees,
              count);
  std::vector<Side> sides;
  segue::Run two;
  two.threads = 2;
  const std::filesystem::path ours = folder / "ours.ann";
  {
    const auto begin = Clock::now();
    const segue::AnnoyForest built = builder.build({.trees = trees}, two);
    std::printf("segue builds in %.2f s on two threads, %.0f MB\n", seconds_since(begin),
                static_cast<double>(built.bytes()) / 1e6);
    built.save(ours);
    const segue::AnnoyForest forest =
        segue::AnnoyForest::open(ours, segue::annoy_metric(metric), items.factors(), true);
    sides.push_back(
        {"segue", [forest](const std::vector<float>& q, int k) { return ids_of(forest.nearest(q, kTop, k)); }});
  }
#ifdef SEGUE_ANNOY_PEER
  const std::string theirs =
      folder / ("annoy-" + metric + "-" + std::to_string(items.factors()) + "-" + std::to_string(trees) + ".ann");
  std::shared_ptr<segue::testing::AnnoyPeer> peer =
      segue::testing::AnnoyPeer::create(metric, static_cast<int>(items.factors()));
  if (!std::filesystem::exists(theirs)) {
    for (std::uint32_t item = 0; item < items.rows(); ++item) {
      peer->add(static_cast<std::int32_t>(item), {items[item].begin(), items[item].end()});
    }
    const auto begin = Clock::now();
    peer->build(trees, 2);
    std::printf("Annoy builds in %.2f s on two threads\n", seconds_since(begin));
    peer->save(theirs);
    peer = segue::testing::AnnoyPeer::create(metric, static_cast<int>(items.factors()));
  }
  peer->load(theirs);
  sides.push_back({"Annoy", [peer](const std::vector<float>& q, int k) {
                     std::vector<std::uint32_t> ids;
                     for (const auto& found : peer->nearest(q, kTop, k))
                       ids.push_back(static_cast<std::uint32_t>(found.first));
                     return ids;
                   }});
  const segue::AnnoyForest same = segue::AnnoyForest::open(theirs, segue::annoy_metric(metric), items.factors(), true);
  sides.push_back(
      {"segue, Annoy's file", [same](const std::vector<float>& q, int k) { return ids_of(same.nearest(q, kTop, k)); }});
#endif

  const int all_trees = trees;
  for (const int search_k : {static_cast<int>(kTop) * all_trees, 1000, 2000, 5000, 10000, 20000, 50000}) {
    std::vector<Result> results(sides.size());
    for (int round = 0; round < rounds; ++round) {
      for (std::size_t s = 0; s < sides.size(); ++s) {
        std::vector<std::vector<std::uint32_t>> answers;
        const auto begin = Clock::now();
        for (const auto& query : queries) answers.push_back(sides[s].ask(query, search_k));
        results[s].rates.push_back(static_cast<double>(count) / seconds_since(begin));
        if (round != 0) continue;
        for (std::uint32_t q = 0; q < count; ++q) {
          results[s].recall10 += recall(answers[q], truth[q], 10) / count;
          results[s].recall20 += recall(answers[q], truth[q], 20) / count;
        }
      }
    }
    for (std::size_t s = 0; s < sides.size(); ++s) {
      std::ranges::sort(results[s].rates);
      std::printf("%-20s search_k %6d  recall@10 %.4f  recall@20 %.4f  %8.0f queries/s\n", sides[s].name.c_str(),
                  search_k, results[s].recall10, results[s].recall20, results[s].rates[results[s].rates.size() / 2]);
    }
    std::fflush(stdout);
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 7) {
    std::fprintf(stderr, "usage: annoy_curve MODEL FOLDER FACTORS TREES QUERIES ROUNDS [angular|dot]\n");
    return 2;
  }
  try {
    return run(argv);
  } catch (const segue::Error& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
