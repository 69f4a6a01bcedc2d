// The sides of a race of indexes: ours, and others' libraries where they are there. Peers' indexes are kept in files
// under the checksum of the vectors, since some take minutes to build.
#ifndef SEGUE_BENCH_INDEX_SIDES_H_
#define SEGUE_BENCH_INDEX_SIDES_H_

#include <cmath>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "bench/index_race.h"
#include "index/exact.h"
#include "index/ivf.h"
#include "segue/model.h"
#include "segue/recommender.h"
#ifdef SEGUE_ANNOY_PEER
#include "testing/peers/annoy_peer.h"
#endif
#ifdef SEGUE_SEARCH_PEERS
#include "testing/peers/search_peer.h"
#endif

namespace segue::bench {

/// How much of the peers is wanted: what they take to build grows with it.
enum class Peers { kNone, kOneGraph, kAll };

inline double core_seconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

inline segue::Run one_thread() {
  segue::Run one;
  one.threads = 1;
  return one;
}

inline double bytes_of(const segue::Index& index) {
  double bytes = 0;
  for (const segue::IndexPart& part : index.store().parts) {
    std::visit([&](const auto& values) { bytes += static_cast<double>(values.size() * sizeof(values[0])); },
               part.values);
  }
  return bytes;
}

/// Takes the cost of all queries as shares of all items.
template <typename Search>
void count_cost(const Race& race, Side& side, Search&& search) {
  segue::SearchCost cost;
  search(cost);
  const double all = static_cast<double>(race.items.rows()) * static_cast<double>(race.rows.size());
  side.looked_at = static_cast<double>(cost.coded) / all;
  side.scored = static_cast<double>(cost.scored) / all;
}

inline void add_exact(const Race& race, std::vector<Side>& sides) {
  const segue::Run one = one_thread();
  const double before = core_seconds();
  const auto index = std::make_shared<const segue::ExactIndex>(race.items, race.metric, one);
  Side side{.name = "segue exact", .setting = "one at a time", .ask = {}};
  side.build_seconds = core_seconds() - before;
  side.bytes = bytes_of(*index);
  require_truth(race, index->search(race.queries, kTop + 1, race.filters, one));
  count_cost(race, side,
             [&](segue::SearchCost& cost) { index->search_counted(race.queries, 11, race.filters, one, &cost); });
  side.ask = [&race, index, one](std::size_t q, std::uint32_t n) {
    return ids_of(index->search(race.single[q], n, race.filter(q), one)[0]);
  };
  sides.push_back(side);
  side.setting = "all in one call";
  side.ask_all = [&race, index, one](std::uint32_t n) { (void)index->search(race.queries, n, race.filters, one); };
  sides.push_back(side);
}

inline void add_brute(const Race& race, std::vector<Side>& sides) {
  const segue::Run one = one_thread();
  const std::shared_ptr<const segue::Index> index = segue::make_brute_index(race.items, race.metric, one);
  Side side{
      .name = "segue brute", .setting = "one at a time", .ask = [&race, index, one](std::size_t q, std::uint32_t n) {
        return ids_of(index->search(race.single[q], n, race.filter(q), one)[0]);
      }};
  side.looked_at = side.scored = 1;
  sides.push_back(side);
  side.setting = "all in one call";
  side.ask_all = [&race, index, one](std::uint32_t n) { (void)index->search(race.queries, n, race.filters, one); };
  sides.push_back(side);
}

inline void add_lists(const Race& race, std::vector<Side>& sides) {
  const segue::Run one = one_thread();
  const double before = core_seconds();
  const auto index = std::make_shared<const segue::IvfIndex>(race.items, race.metric, segue::IndexOptions{}, one);
  Side side{.name = "segue ivf", .setting = {}, .ask = {}};
  side.build_seconds = core_seconds() - before;
  side.bytes = bytes_of(*index);
  std::printf("segue ivf: %u lists, a slack of %.3f for .99 (known recall %.4f, %.4f)\n", index->lists(),
              double{index->probes().slack}, index->known_recall().at_10, index->known_recall().at_20);
  const segue::Probes all{.most = index->lists()};
  require_truth(race, index->search_lists(race.queries, kTop + 1, race.filters, all, one));
  const auto add = [&](const std::string& setting, segue::Probes probes) {
    side.setting = setting;
    side.ask = [&race, index, probes, one](std::size_t q, std::uint32_t n) {
      return ids_of(index->search_lists(race.single[q], n, race.filter(q), probes, one)[0]);
    };
    count_cost(race, side, [&](segue::SearchCost& cost) {
      index->search_lists(race.queries, 11, race.filters, probes, one, &cost);
    });
    sides.push_back(side);
  };
  for (const int hundredths : {1, 5, 10, 15, 20, 25, 28, 31, 34, 37, 40, 45, 50, 60}) {
    add("slack ." + std::string(hundredths < 10 ? "0" : "") + std::to_string(hundredths),
        {.most = index->lists(), .slack = static_cast<float>(hundredths) / 100});
  }
  add("all lists", all);
}

/// What an answer by number costs on top: Recommender::similar of the same items.
inline void add_recommender(const segue::Model& model, const Race& race, std::vector<Side>& sides) {
  for (const std::string kind : {"exact", "ivf"}) {
    const auto recommender =
        std::make_shared<const segue::Recommender>(model, segue::IndexOptions{.kind = kind}, one_thread());
    for (const std::uint32_t fewest : {0U, 20U}) {
      sides.push_back({.name = "similar() by " + kind,
                       .setting = fewest == 0 ? "all" : "min_listeners " + std::to_string(fewest),
                       .ask = [&race, recommender, fewest](std::size_t q, std::uint32_t n) {
                         return ids_of(recommender->similar(race.rows[q], {.top = n, .min_listeners = fewest}));
                       }});
    }
  }
}

/// Builds an index, or loads what an earlier run built; what building took stands in a file beside it.
template <typename Build, typename Load>
void cached(Side& side, const std::filesystem::path& path, Build&& build, Load&& load) {
  const std::string note = path.string() + ".seconds";
  if (!std::filesystem::exists(path)) {
    const double before = core_seconds();
    build(path.string());
    std::ofstream(note) << core_seconds() - before << "\n";
  }
  load(path.string());
  std::ifstream(note) >> side.build_seconds;
  side.bytes = static_cast<double>(std::filesystem::file_size(path));
  std::printf("%s: %.1f core seconds, %.0f MB\n", side.name.c_str(), side.build_seconds, side.bytes / 1e6);
  std::fflush(stdout);
}

#ifdef SEGUE_SEARCH_PEERS
/// The items as peers take them: unit vectors for the cosine. `augmented`: longer by sqrt(longest² - |x|²), so that all
/// are as long as the longest, and the order of inner products is that of cosines (Bachrach et al. 2014): graphs need
/// that.
inline segue::testing::PeerTable peer_table(const Race& race, bool augmented) {
  segue::testing::PeerTable table{{}, race.items.rows(), race.items.factors() + (augmented ? 1U : 0U)};
  double longest = 0;
  for (std::uint32_t row = 0; row < race.items.rows(); ++row) longest = std::max(longest, segue::norm(race.items[row]));
  table.values.reserve(table.rows * table.size);
  for (std::uint32_t row = 0; row < race.items.rows(); ++row) {
    const double length = segue::norm(race.items[row]);
    const double scale = race.cosine() ? (length == 0 ? 0 : 1 / length) : 1 / longest;
    for (const float value : race.items[row]) table.values.push_back(static_cast<float>(value * scale));
    if (augmented) {
      const double part = length / longest;
      table.values.push_back(static_cast<float>(std::sqrt(std::max(0.0, 1 - part * part))));
    }
  }
  return table;
}

inline void add_peer(const Race& race, const std::string& name, const std::filesystem::path& path, bool augmented,
                     const std::shared_ptr<segue::testing::SearchPeer>& peer, const std::vector<std::size_t>& efforts,
                     const std::string& effort_name, std::vector<Side>& sides) {
  Side side{.name = name, .setting = {}, .ask = {}};
  cached(
      side, path,
      [&](const std::string& file) {
        peer->build(peer_table(race, augmented), 2);
        peer->save(file + ".part");
        std::filesystem::rename(file + ".part", file);
      },
      [&](const std::string& file) { peer->load(file); });
  // The extra value of a query is 0. Its length does not matter to the order, but it does to the digits of distances.
  const auto asked = std::make_shared<std::vector<std::vector<float>>>();
  for (std::uint32_t q = 0; q < race.queries.rows(); ++q) {
    const double length = segue::norm(race.queries[q]);
    asked->emplace_back();
    for (const float value : race.queries[q]) asked->back().push_back(static_cast<float>(value / length));
    if (augmented) asked->back().push_back(0);
  }
  // Where it takes a filter it is given the allowed items once; else it is asked for more.
  const bool filters = !race.allowed.empty() && peer->allow(race.items.rows(), race.allowed);
  for (const std::size_t effort : efforts) {
    side.setting = effort_name + (effort_name.empty() ? "" : " " + std::to_string(effort));
    side.ask = [&race, peer, asked, effort, filters](std::size_t q, std::uint32_t n) {
      return peer->nearest((*asked)[q].data(), filters ? n : race.asked(q, n), effort);
    };
    sides.push_back(side);
  }
}
#endif

#ifdef SEGUE_ANNOY_PEER
inline void add_annoy(const Race& race, const std::filesystem::path& folder, int trees, std::vector<Side>& sides) {
  const std::string metric = race.cosine() ? "angular" : "dot";
  std::shared_ptr<segue::testing::AnnoyPeer> annoy;
  const auto fresh = [&] { annoy = segue::testing::AnnoyPeer::create(metric, static_cast<int>(race.items.factors())); };
  fresh();
  Side side{.name = "Annoy, " + std::to_string(trees) + " trees", .setting = {}, .ask = {}};
  cached(
      side, folder / ("annoy" + std::to_string(trees) + "-" + race.key),
      [&](const std::string& file) {
        for (std::uint32_t item = 0; item < race.items.rows(); ++item) {
          annoy->add(static_cast<std::int32_t>(item), {race.items[item].begin(), race.items[item].end()});
        }
        annoy->build(trees, 2);
        annoy->save(file + ".part");
        std::filesystem::rename(file + ".part", file);
        fresh();
      },
      [&](const std::string& file) { annoy->load(file); });
  for (const int search_k : {500, 5000, 20000, 50000, 100000, 200000}) {
    side.setting = "search_k " + std::to_string(search_k);
    side.ask = [&race, annoy, search_k](std::size_t q, std::uint32_t n) {
      const std::span<const float> query = race.queries[static_cast<std::uint32_t>(q)];
      Ids ids;
      for (const auto& found :
           annoy->nearest(std::vector<float>(query.begin(), query.end()), race.asked(q, n), search_k)) {
        ids.push_back(static_cast<std::uint32_t>(found.first));
      }
      return ids;
    };
    sides.push_back(side);
  }
}
#endif

inline void add_peers([[maybe_unused]] const Race& race, [[maybe_unused]] const std::filesystem::path& folder,
                      [[maybe_unused]] Peers wanted, [[maybe_unused]] std::vector<Side>& sides) {
  if (wanted == Peers::kNone) return;
#ifdef SEGUE_SEARCH_PEERS
  const std::size_t size = race.items.factors();
  const bool augmented = !race.cosine();
  for (const std::size_t links : {16UL, 32UL}) {
    if (links != 16 && wanted != Peers::kAll) continue;
    const std::string number = std::to_string(links);
    add_peer(race, "hnswlib, M " + number, folder / ("hnswlib-" + number + "-" + race.key), augmented,
             segue::testing::hnswlib_peer(size + (augmented ? 1 : 0), links, augmented),
             {32, 64, 128, 160, 200, 400, 800}, "ef", sides);
  }
  constexpr std::size_t kLists = 1024;
  add_peer(race, "faiss IVFFlat", folder / ("faiss1024-" + race.key), false,
           segue::testing::faiss_lists_peer(size, kLists), {4, 8, 16, 32, 64, 128, 256, kLists}, "probes", sides);
  if (wanted == Peers::kAll) {
    add_peer(race, "faiss Flat", folder / ("faissflat-" + race.key), false, segue::testing::faiss_flat_peer(size), {0},
             "", sides);
  }
#endif
#ifdef SEGUE_ANNOY_PEER
  add_annoy(race, folder, 25, sides);
  if (wanted == Peers::kAll) add_annoy(race, folder, 100, sides);
#endif
}

}  // namespace segue::bench

#endif  // SEGUE_BENCH_INDEX_SIDES_H_
