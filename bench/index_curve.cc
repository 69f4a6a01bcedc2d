// Recall and speed of indexes beside other libraries', on the item factors of a model: items by cosine, users by inner
// product. segue's side of index.sh.
//
// usage: index_curve MODEL FOLDER QUERIES ROUNDS
// Peers' indexes are kept in FOLDER, under the checksum of the factors; "-" leaves peers out. Queries are rows at
// random; an item does not count as its own neighbor. Lists of indexes that call themselves exact must be those of
// brute force, to the last bit, or the program ends. Recall is against brute force. One thread (peers build on two);
// every side's pass over the queries in turn, ended after half a second; medians of ROUNDS.
#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include "base/buffer.h"
#include "base/checksum.h"
#include "index/ivf.h"
#include "index/norms.h"
#include "segue/error.h"
#include "segue/index.h"
#include "segue/model.h"
#include "segue/recommender.h"
#include "simd/targets.h"
#ifdef SEGUE_ANNOY_PEER
#include "testing/peers/annoy_peer.h"
#endif
#ifdef SEGUE_SEARCH_PEERS
#include "testing/peers/search_peer.h"
#endif

namespace {

constexpr std::array kRecalls = {0.95, 0.98, 0.99, 1.0};
constexpr const char* kHnswlib = "hnswlib, M 16";
using Clock = std::chrono::steady_clock;
using Ids = std::vector<std::uint32_t>;
constexpr std::uint32_t kTop = 20;
constexpr double kPassSeconds = 0.5;
constexpr double kSameScore = 1e-6;  // relative: some float32 roundings

double seconds_since(Clock::time_point begin) { return std::chrono::duration<double>(Clock::now() - begin).count(); }
double core_seconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

/// One way to answer at one setting.
struct Side {
  std::string name;
  std::string setting;
  std::function<Ids(std::size_t query, std::uint32_t n)> ask;  // n of them, the query itself possibly among them
  std::function<void(std::uint32_t n)> ask_all = {};           // where it takes all at once: then this is timed
  double recall10 = 0, recall20 = 0, rate = 0;
  std::vector<double> rates = {};
};

struct Race {
  segue::Metric metric;
  segue::Factors items;
  segue::Factors queries;
  std::vector<segue::Factors> single;               // the queries, each alone
  Ids rows;                                         // the queries' rows
  std::vector<std::vector<segue::Neighbor>> truth;  // by brute force, kTop + 1
  std::string key;                                  // of the factors, for names of files
  bool cosine() const { return metric == segue::Metric::kCosine; }
};

segue::Factors picked(const segue::Factors& from, const Ids& rows) {
  segue::Buffer<float> values(rows.size() * from.stride());
  for (std::size_t i = 0; i < rows.size(); ++i) std::ranges::copy(from[rows[i]], values.begin() + i * from.stride());
  return segue::Factors::create(static_cast<std::uint32_t>(rows.size()), from.factors(), std::move(values).share());
}

Race prepare(const segue::Model& model, segue::Metric metric, std::uint32_t count) {
  Race race{
      .metric = metric, .items = model.item_factors(), .queries = {}, .single = {}, .rows = {}, .truth = {}, .key = {}};
  const segue::Factors& from = race.cosine() ? model.item_factors() : model.user_factors();
  std::mt19937 random(1);
  while (race.rows.size() < count) {
    const auto row = static_cast<std::uint32_t>(random() % from.rows());
    if (segue::norm(from[row]) > 0) race.rows.push_back(row);
  }
  race.queries = picked(from, race.rows);
  for (const std::uint32_t row : race.rows) race.single.push_back(picked(from, {row}));
  segue::Run one;
  one.threads = 1;
  race.truth = segue::make_brute_index(race.items, metric, one)->search(race.queries, kTop + 1, {}, one);
  segue::Checksum checksum;
  checksum.add(std::as_bytes(race.items.values().view()));
  race.key = std::string(race.cosine() ? "cosine" : "product") + "-" + segue::to_hex(checksum.value());
  return race;
}

/// Without the query itself, and no more than n.
Ids others(const Race& race, std::size_t query, Ids ids, std::size_t n) {
  if (race.cosine()) std::erase(ids, race.rows[query]);
  ids.resize(std::min(n, ids.size()));
  return ids;
}

Ids ids_of(const std::vector<segue::Neighbor>& list) {
  Ids ids;
  for (const segue::Neighbor& n : list) ids.push_back(n.item);
  return ids;
}

double score(const Race& race, std::size_t query, std::uint32_t item) {
  const std::span<const float> q = race.queries[static_cast<std::uint32_t>(query)];
  const std::span<const float> x = race.items[item];
  double sum = 0;
  for (std::size_t f = 0; f < q.size(); ++f) sum += double{q[f]} * double{x[f]};
  return race.cosine() ? sum / (segue::norm(q) * segue::norm(x)) : sum;
}

/// Which item of several with the same score is found depends on how an index rounds: each counts that scores as the
/// last of the truth does, but for rounding.
double recall(const Race& race, std::size_t query, const Ids& found, std::size_t n) {
  const std::vector<segue::Neighbor>& truth = race.truth[query];
  const Ids want = others(race, query, ids_of(truth), n);
  const double last = std::ranges::find(truth, want.back(), &segue::Neighbor::item)->score;
  const double slack = kSameScore * std::abs(last);
  const Ids have = others(race, query, found, n);
  const auto hits =
      std::ranges::count_if(have, [&](std::uint32_t id) { return score(race, query, id) >= last - slack; });
  return static_cast<double>(hits) / static_cast<double>(want.size());
}

void require_truth(const Race& race, const std::vector<std::vector<segue::Neighbor>>& found) {
  const auto same = [](const segue::Neighbor& a, const segue::Neighbor& b) {
    return a.item == b.item && a.score == b.score;
  };
  for (std::size_t q = 0; q < found.size(); ++q) {
    if (!std::ranges::equal(found[q], race.truth[q], same)) {
      std::fprintf(stderr, "the list of query %zu is not that of brute force\n", q);
      std::exit(1);
    }
  }
}

void add_ours(const Race& race, std::vector<Side>& sides) {
  segue::Run one;
  one.threads = 1;
  for (const segue::IndexInfo& info : segue::indexes()) {
    if (!info.exact) continue;
    const double before = core_seconds();
    const std::shared_ptr<const segue::Index> index =
        info.build(race.items, race.metric, {.kind = std::string(info.name)}, one);
    const std::string name = "segue " + std::string(info.name);
    std::printf("%-20s built in %.2f core seconds\n", name.c_str(), core_seconds() - before);
    require_truth(race, index->search(race.queries, kTop + 1, {}, one));
    const auto ask = [&race, index, one](std::size_t q, std::uint32_t n) {
      return ids_of(index->search(race.single[q], n, {}, one)[0]);
    };
    sides.push_back({.name = name, .setting = "one at a time", .ask = ask});
    sides.push_back(
        {.name = name, .setting = "all in one call", .ask = ask, .ask_all = [&race, index, one](std::uint32_t n) {
           (void)index->search(race.queries, n, {}, one);
         }});
  }
}

void add_lists(const Race& race, std::vector<Side>& sides) {
  segue::Run one;
  one.threads = 1;
  const double before = core_seconds();
  const auto index = std::make_shared<const segue::IvfIndex>(race.items, race.metric, segue::IndexOptions{}, one);
  std::printf("%-20s built in %.2f core seconds: %u lists, %u probed for .99 (known recall %.4f, %.4f)\n", "segue ivf",
              core_seconds() - before, index->lists(), index->probes(), index->known_recall().at_10,
              index->known_recall().at_20);
  require_truth(race, index->search_lists(race.queries, kTop + 1, {}, index->lists(), one));
  for (const std::uint32_t probes : {2U, 4U, 8U, 16U, 24U, 32U, 48U, 64U, 128U, index->lists()}) {
    sides.push_back({.name = "segue ivf",
                     .setting = "probes " + std::to_string(probes),
                     .ask = [&race, index, probes, one](std::size_t q, std::uint32_t n) {
                       return ids_of(index->search_lists(race.single[q], n, {}, probes, one)[0]);
                     }});
  }
}

/// What an answer by number costs on top: Recommender::similar of the same items.
void add_recommender(const segue::Model& model, const Race& race, std::vector<Side>& sides) {
  segue::Run one;
  one.threads = 1;
  for (const std::string kind : {"exact", "ivf"}) {
    const auto recommender = std::make_shared<const segue::Recommender>(model, segue::IndexOptions{.kind = kind}, one);
    for (const std::uint32_t fewest : {0U, 20U}) {
      sides.push_back({.name = "similar() by " + kind,
                       .setting = fewest == 0 ? "all" : "min_listeners " + std::to_string(fewest),
                       .ask = [&race, recommender, fewest](std::size_t q, std::uint32_t n) {
                         return ids_of(recommender->similar(race.rows[q], {.top = n, .min_listeners = fewest}));
                       }});
    }
  }
}

/// Builds an index, or loads what an earlier run built.
template <typename Build, typename Load>
void cached(const std::string& name, const std::filesystem::path& path, Build&& build, Load&& load) {
  if (!std::filesystem::exists(path)) {
    const double before = core_seconds();
    build(path.string());
    std::printf("%-20s built in %.2f core seconds", name.c_str(), core_seconds() - before);
  } else {
    std::printf("%-20s loaded", name.c_str());
  }
  load(path.string());
  std::printf(", %.0f MB\n", static_cast<double>(std::filesystem::file_size(path)) / 1e6);
  std::fflush(stdout);
}

#ifdef SEGUE_SEARCH_PEERS
/// The items as peers take them: unit vectors for the cosine. `augmented`: longer by sqrt(longest² - |x|²), so that all
/// are as long as the longest, and the order of inner products is that of cosines (Bachrach et al. 2014): graphs need
/// that.
segue::testing::PeerTable peer_table(const Race& race, bool augmented) {
  segue::testing::PeerTable table{{}, race.items.rows(), race.items.factors() + (augmented ? 1U : 0U)};
  double longest = 0;
  for (std::uint32_t row = 0; row < race.items.rows(); ++row) longest = std::max(longest, segue::norm(race.items[row]));
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

void add_peer(const Race& race, const std::string& name, const std::filesystem::path& path, bool augmented,
              std::shared_ptr<segue::testing::SearchPeer> peer, const std::vector<std::size_t>& efforts,
              const std::string& effort_name, std::vector<Side>& sides) {
  cached(
      name, path,
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
  for (const std::size_t effort : efforts) {
    sides.push_back({.name = name,
                     .setting = effort_name + (effort_name.empty() ? "" : " " + std::to_string(effort)),
                     .ask = [peer, asked, effort](std::size_t q, std::uint32_t n) {
                       return peer->nearest((*asked)[q].data(), n, effort);
                     }});
  }
}
#endif

void add_peers([[maybe_unused]] const Race& race, [[maybe_unused]] const std::filesystem::path& folder,
               [[maybe_unused]] std::vector<Side>& sides) {
#ifdef SEGUE_SEARCH_PEERS
  const std::size_t size = race.items.factors();
  const bool augmented = !race.cosine();
  add_peer(race, kHnswlib, folder / ("hnswlib-16-" + race.key), augmented,
           segue::testing::hnswlib_peer(size + (augmented ? 1 : 0), 16, augmented), {32, 64, 128, 200, 400, 800, 1600},
           "ef", sides);
  constexpr std::size_t kLists = 1024;
  add_peer(race, "faiss IVFFlat", folder / ("faiss1024-" + race.key), false,
           segue::testing::faiss_lists_peer(size, kLists), {4, 8, 16, 32, 64, 128, 256, kLists}, "probes", sides);
  add_peer(race, "faiss Flat", folder / ("faissflat-" + race.key), false, segue::testing::faiss_flat_peer(size), {0},
           "", sides);
#endif
#ifdef SEGUE_ANNOY_PEER
  const std::string metric = race.cosine() ? "angular" : "dot";
  std::shared_ptr<segue::testing::AnnoyPeer> annoy;
  const auto fresh = [&] { annoy = segue::testing::AnnoyPeer::create(metric, static_cast<int>(race.items.factors())); };
  fresh();
  cached(
      "Annoy, 25 trees", folder / ("annoy25-" + race.key),
      [&](const std::string& file) {
        for (std::uint32_t item = 0; item < race.items.rows(); ++item) {
          annoy->add(static_cast<std::int32_t>(item), {race.items[item].begin(), race.items[item].end()});
        }
        annoy->build(25, 2);
        annoy->save(file + ".part");
        std::filesystem::rename(file + ".part", file);
        fresh();
      },
      [&](const std::string& file) { annoy->load(file); });
  for (const int search_k : {500, 5000, 20000, 50000, 100000, 200000}) {
    sides.push_back({.name = "Annoy, 25 trees",
                     .setting = "search_k " + std::to_string(search_k),
                     .ask = [&race, annoy, search_k](std::size_t q, std::uint32_t n) {
                       const std::span<const float> query = race.queries[static_cast<std::uint32_t>(q)];
                       Ids ids;
                       for (const auto& found :
                            annoy->nearest(std::vector<float>(query.begin(), query.end()), n, search_k)) {
                         ids.push_back(static_cast<std::uint32_t>(found.first));
                       }
                       return ids;
                     }});
  }
#endif
}

void measure(const Race& race, int rounds, std::vector<Side>& sides) {
  const std::size_t count = race.rows.size();
  const std::uint32_t self = race.cosine() ? 1 : 0;
  for (Side& side : sides) {
    for (std::size_t q = 0; q < count; ++q) {
      // All settings are given, none follows from n: the first ten of twenty are the ten.
      const Ids found = side.ask(q, kTop + self);
      side.recall10 += recall(race, q, found, 10) / static_cast<double>(count);
      side.recall20 += recall(race, q, found, 20) / static_cast<double>(count);
    }
  }
  for (int round = 0; round < rounds; ++round) {
    for (Side& side : sides) {
      std::size_t asked = 0;
      const auto begin = Clock::now();
      while (seconds_since(begin) < kPassSeconds && (asked < count || side.ask_all == nullptr)) {
        if (side.ask_all) {
          side.ask_all(10 + self);
          asked += count;
        } else if (asked == count) {
          break;
        } else {
          (void)side.ask(asked++, 10 + self);
        }
      }
      side.rates.push_back(static_cast<double>(asked) / seconds_since(begin));
    }
  }
  for (Side& side : sides) {
    std::ranges::sort(side.rates);
    side.rate = side.rates[side.rates.size() / 2];
  }
}

/// The fastest setting of a side that reaches a recall@10, or null.
const Side* fastest(const std::vector<Side>& sides, const std::string& name, double least) {
  const Side* best = nullptr;
  for (const Side& side : sides) {
    if (side.name == name && side.recall10 >= least - 1e-9 && (best == nullptr || side.rate > best->rate)) best = &side;
  }
  return best;
}

void print(const std::vector<Side>& sides) {
  for (const Side& side : sides) {
    std::printf("%-20s %-16s recall@10 %.4f  @20 %.4f  %9.0f queries/s\n", side.name.c_str(), side.setting.c_str(),
                side.recall10, side.recall20, side.rate);
  }
  std::printf("\n%-24s", "at a recall@10 of");
  for (const double least : kRecalls) std::printf("  %-25.2f", least);
  std::printf("\n");
  std::vector<std::string> names;
  for (const Side& side : sides) {
    if (std::ranges::find(names, side.name) == names.end()) names.push_back(side.name);
  }
  for (const std::string& name : names) {
    std::printf("%-24s", name.c_str());
    for (const double least : kRecalls) {
      const Side* best = fastest(sides, name, least);
      std::printf("  %8s %-16s", best == nullptr ? "-" : std::to_string(std::lround(best->rate)).c_str(),
                  best == nullptr ? "" : best->setting.c_str());
    }
    std::printf("\n");
  }
  std::fflush(stdout);
}

/// Ours beside a peer at the same recall. One query at a time, both.
/// @param wanted  times as fast
void compare(const std::vector<Side>& sides, const std::string& ours, const std::string& setting,
             const std::string& peer, double least, double wanted) {
  const Side* theirs = fastest(sides, peer, least);
  const auto mine = std::ranges::find_if(sides, [&](const Side& side) {
    return side.name == ours && side.recall10 >= least - 1e-9 && (setting.empty() || side.setting == setting);
  });
  if (mine == sides.end()) return;
  const double rate = setting.empty() ? fastest(sides, ours, least)->rate : mine->rate;
  if (std::ranges::find(sides, peer, &Side::name) == sides.end()) return;
  if (theirs == nullptr) {
    std::printf("%s: %.0f queries/s; %s does not reach a recall of %.2f\n", ours.c_str(), rate, peer.c_str(), least);
    return;
  }
  std::printf("%s: %.0f queries/s, %s at a recall of %.2f %.0f: %.1f times as many (%.0f wanted: %s)\n", ours.c_str(),
              rate, peer.c_str(), least, theirs->rate, rate / theirs->rate, wanted,
              rate >= wanted * theirs->rate ? "yes" : "NO");
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 5) {
    std::fprintf(stderr, "usage: index_curve MODEL FOLDER QUERIES ROUNDS\n");
    return 2;
  }
  try {
    const segue::Model model = segue::Model::open(argv[1]);
    for (const segue::Metric metric : {segue::Metric::kCosine, segue::Metric::kInnerProduct}) {
      const Race race = prepare(model, metric, static_cast<std::uint32_t>(std::atoi(argv[3])));
      std::printf("\n%s: %u items, %u factors, %zu queries, %s\n",
                  race.cosine() ? "items by cosine" : "users by inner product", race.items.rows(), race.items.factors(),
                  race.rows.size(), segue::simd::target_name().c_str());
      std::vector<Side> sides;
      add_ours(race, sides);
      if (race.cosine()) add_lists(race, sides);
      if (race.cosine()) add_recommender(model, race, sides);
      if (std::string(argv[2]) != "-") add_peers(race, argv[2], sides);
      measure(race, std::atoi(argv[4]), sides);
      print(sides);
      if (race.cosine()) {
        compare(sides, "segue ivf", "", kHnswlib, 0.99, 4);
      } else {
        compare(sides, "segue exact", "one at a time", kHnswlib, 0.98, 5);
      }
    }
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
  return 0;
}
