// Recall and speed of indexes beside other libraries', on the factors of a model: items by cosine, or users by inner
// product. index.sh runs it, a race a call.
//
// usage: index_curve MODEL FOLDER QUERIES ROUNDS [NAME=VALUE…]
//   question=cosine|product  what is asked [cosine]
//   denied=yes               of each user, the liked items are left out
//   allowed=SHARE            only this share of the items, drawn at random
//   flat=yes                 all items as unit vectors: what pruning by length lives off is gone
//   grow=ROWS                items made up from the model's: each somebody's vector, turned by a third at random
//   peers=none|one|all       one: hnswlib with M 16, faiss's lists, Annoy with 25 trees [all]
//   data=NAME                of the vectors, for tables [the model's file name]
//   table=FILE               what was measured, appended as a table of numbers
// Peers' indexes are kept in FOLDER, under the checksum of the vectors. Queries are rows at random; an item does not
// count as its own neighbor. Lists of indexes that call themselves exact must be those of brute force, to the last bit,
// or the program ends. Recall is against brute force. One thread (peers build on two); every side's pass over the
// queries in turn, ended after some tenths of a second; medians of ROUNDS.
#include <array>
#include <filesystem>
#include <map>
#include <random>

#include "base/buffer.h"
#include "base/checksum.h"
#include "base/mix.h"
#include "bench/index_race.h"
#include "bench/index_sides.h"
#include "segue/error.h"
#include "simd/targets.h"

namespace segue::bench {
namespace {

constexpr std::array kRecalls = {0.95, 0.98, 0.99, 1.0};
constexpr const char* kHnswlib = "hnswlib, M 16";

struct Options {
  std::map<std::string, std::string> given;
  std::string of(const std::string& name, const std::string& usual) const {
    const auto found = given.find(name);
    return found == given.end() ? usual : found->second;
  }
};

segue::Factors picked(const segue::Factors& from, const Ids& rows) {
  segue::Buffer<float> values(rows.size() * from.stride());
  for (std::size_t i = 0; i < rows.size(); ++i) std::ranges::copy(from[rows[i]], values.begin() + i * from.stride());
  return segue::Factors::create(static_cast<std::uint32_t>(rows.size()), from.factors(), std::move(values).share());
}

/// Unit vectors; zero ones stay.
segue::Factors flat(const segue::Factors& from) {
  segue::Buffer<float> values(from.values().size());
  for (std::uint32_t row = 0; row < from.rows(); ++row) {
    const double length = segue::norm(from[row]);
    for (std::uint32_t f = 0; f < from.factors(); ++f) {
      values[std::size_t{row} * from.stride() + f] =
          length == 0 ? 0 : static_cast<float>(double{from[row][f]} / length);
    }
  }
  return segue::Factors::create(from.rows(), from.factors(), std::move(values).share());
}

/// More vectors of the same kind: each is one of the model's at random, as long, turned by a random vector a third as
/// long, so that neighbors lie about as far apart as those of the model.
segue::Factors grown(const segue::Factors& from, std::uint32_t rows) {
  segue::Buffer<float> values(std::size_t{rows} * from.stride());
  std::mt19937 random(5);
  std::normal_distribution<float> normal;
  std::vector<float> turn(from.factors());
  for (std::uint32_t row = 0; row < rows; ++row) {
    const std::span<const float> x = from[static_cast<std::uint32_t>(segue::mix(row) % from.rows())];
    for (float& value : turn) value = normal(random);
    const double length = segue::norm(x);
    const double by = length / 3 / segue::norm(turn);
    const std::span<float> out = values.span().subspan(std::size_t{row} * from.stride(), from.factors());
    for (std::size_t f = 0; f < out.size(); ++f) out[f] = static_cast<float>(x[f] + by * turn[f]);
    const double now = segue::norm(out);
    for (float& value : out) value = now == 0 ? 0 : static_cast<float>(value * length / now);
  }
  return segue::Factors::create(rows, from.factors(), std::move(values).share());
}

Race prepare(const segue::Model& model, const Options& options, std::uint32_t count) {
  Race race;
  race.metric = options.of("question", "cosine") == "product" ? segue::Metric::kInnerProduct : segue::Metric::kCosine;
  race.items = model.item_factors();
  if (const auto rows = std::stoul(options.of("grow", "0")); rows != 0) {
    race.items = grown(race.items, static_cast<std::uint32_t>(rows));
  }
  if (options.of("flat", "no") == "yes") race.items = flat(race.items);

  const segue::Factors& from = race.cosine() ? race.items : model.user_factors();
  std::mt19937 random(1);
  while (race.rows.size() < count) {
    const auto row = static_cast<std::uint32_t>(random() % from.rows());
    if (segue::norm(from[row]) > 0) race.rows.push_back(row);
  }
  race.queries = picked(from, race.rows);
  for (const std::uint32_t row : race.rows) race.single.push_back(picked(from, {row}));

  if (options.of("denied", "no") == "yes") {
    for (const std::uint32_t user : race.rows) {
      const std::span<const std::uint32_t> liked = model.interactions().plays.row_columns(user);
      race.denied.emplace_back(liked.begin(), liked.end());
    }
  }
  if (const double share = std::stod(options.of("allowed", "1")); share < 1) {
    for (std::uint32_t item = 0; item < race.items.rows(); ++item) {
      if (static_cast<double>(segue::mix(item)) < share * 0x1p64) race.allowed.push_back(item);
    }
  }
  if (!race.denied.empty() || !race.allowed.empty()) {
    for (std::size_t q = 0; q < race.rows.size(); ++q) {
      segue::ItemFilter filter;
      if (!race.denied.empty()) filter.deny = race.denied[q];
      filter.allow = race.allowed;
      filter.has_allow = !race.allowed.empty();
      race.filters.push_back(filter);
    }
  }
  const segue::Run one = one_thread();
  race.truth = segue::make_brute_index(race.items, race.metric, one)->search(race.queries, kTop + 1, race.filters, one);
  segue::Checksum checksum;
  checksum.add(std::as_bytes(race.items.values().view()));
  race.key = std::string(race.cosine() ? "cosine" : "product") + "-" + segue::to_hex(checksum.value());
  return race;
}

void print_norms(const Race& race) {
  std::vector<double> norms;
  for (std::uint32_t row = 0; row < race.items.rows(); ++row) norms.push_back(segue::norm(race.items[row]));
  std::ranges::sort(norms);
  std::printf("norms, quantiles 0 .1 .5 .9 .99 1:");
  for (const double at : {0.0, 0.1, 0.5, 0.9, 0.99, 1.0}) {
    std::printf(" %.4g", norms[static_cast<std::size_t>(at * static_cast<double>(norms.size() - 1))]);
  }
  std::printf("\n");
}

std::vector<std::string> names_of(const std::vector<Side>& sides) {
  std::vector<std::string> names;
  for (const Side& side : sides) {
    if (std::ranges::find(names, side.name) == names.end()) names.push_back(side.name);
  }
  return names;
}

void print(const std::vector<Side>& sides) {
  for (const Side& side : sides) {
    std::printf("%-20s %-16s recall@10 %.4f  @20 %.4f  %9.0f queries/s", side.name.c_str(), side.setting.c_str(),
                side.recall10, side.recall20, side.rate);
    if (side.looked_at > 0) std::printf("  codes of %.2f %%, scored %.4f %%", 100 * side.looked_at, 100 * side.scored);
    std::printf("\n");
  }
  std::printf("\n%-22s", "at a recall@10 of");
  for (const double least : kRecalls) std::printf("  %-23.2f", least);
  std::printf("  build, core s      MB\n");
  for (const std::string& name : names_of(sides)) {
    std::printf("%-22s", name.c_str());
    for (const double least : kRecalls) {
      const Side* best = fastest(sides, name, least);
      std::printf("  %8s %-14s", best == nullptr ? "-" : std::to_string(std::lround(best->rate)).c_str(),
                  best == nullptr ? "" : best->setting.c_str());
    }
    const Side& any = *std::ranges::find(sides, name, &Side::name);
    if (any.bytes > 0) std::printf("  %13.2f  %6.1f", any.build_seconds, any.bytes / 1e6);
    std::printf("\n");
  }
  std::fflush(stdout);
}

/// Appends a line a side; plot.py draws them.
void write(const Race& race, const Options& options, const std::vector<Side>& sides) {
  const std::string path = options.of("table", "");
  if (path.empty()) return;
  const bool fresh = !std::filesystem::exists(path);
  std::ofstream out(path, std::ios::app);
  if (fresh) {
    out << "data\tquestion\titems\tfactors\ttarget\tname\tsetting\trecall10\trecall20\tqueries\tlooked_at\tscored\t"
           "build\tbytes\n";
  }
  std::string question = race.cosine() ? "cosine" : "product";
  if (!race.denied.empty()) question += ", liked denied";
  if (!race.allowed.empty()) question += ", allowed " + options.of("allowed", "");
  if (options.of("flat", "no") == "yes") question += ", flat";
  for (const Side& side : sides) {
    out << race.data << '\t' << question << '\t' << race.items.rows() << '\t' << race.items.factors() << '\t'
        << segue::simd::target_name() << '\t' << side.name << (side.ask_all ? ", all in one call" : "") << '\t'
        << side.setting << '\t' << side.recall10 << '\t' << side.recall20 << '\t' << side.rate << '\t' << side.looked_at
        << '\t' << side.scored << '\t' << side.build_seconds << '\t' << side.bytes << '\n';
  }
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

void run(int argc, char** argv) {
  Options options;
  for (int i = 5; i < argc; ++i) {
    const std::string argument = argv[i];
    const std::size_t at = argument.find('=');
    options.given[argument.substr(0, at)] = at == std::string::npos ? "yes" : argument.substr(at + 1);
  }
  const segue::Model model = segue::Model::open(argv[1]);
  Race race = prepare(model, options, static_cast<std::uint32_t>(std::atoi(argv[3])));
  race.data = options.of("data", std::filesystem::path(argv[1]).stem().string());
  std::printf("\n%s, %s: %u items, %u factors, %zu queries, %s\n", race.data.c_str(),
              race.cosine() ? "items by cosine" : "users by inner product", race.items.rows(), race.items.factors(),
              race.rows.size(), segue::simd::target_name().c_str());
  if (!race.denied.empty()) std::printf("what each user has played is denied\n");
  if (!race.allowed.empty()) std::printf("%zu items are allowed\n", race.allowed.size());
  print_norms(race);

  std::vector<Side> sides;
  add_exact(race, sides);
  if (race.cosine()) add_lists(race, sides);
  add_brute(race, sides);
  const bool own = options.of("grow", "0") == "0" && options.of("flat", "no") == "no" && race.filters.empty();
  if (race.cosine() && own) add_recommender(model, race, sides);
  const std::string peers = options.of("peers", "all");
  add_peers(race, argv[2], peers == "none" ? Peers::kNone : peers == "one" ? Peers::kOneGraph : Peers::kAll, sides);
  measure(race, std::atoi(argv[4]), sides);
  print(sides);
  write(race, options, sides);
  if (!race.filters.empty()) return;
  if (race.cosine()) {
    compare(sides, "segue ivf", "", kHnswlib, 0.99, 4);
  } else {
    compare(sides, "segue exact", "one at a time", kHnswlib, 0.98, 5);
  }
}

}  // namespace
}  // namespace segue::bench

int main(int argc, char** argv) {
  if (argc < 5) {
    std::fprintf(stderr, "usage: index_curve MODEL FOLDER QUERIES ROUNDS [NAME=VALUE...]\n");
    return 2;
  }
  try {
    segue::bench::run(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
  return 0;
}
