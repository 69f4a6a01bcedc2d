// Everybody is drawn on their own, from a stream of numbers that depends on the seed and on who they are: how many
// items they have, one to five tastes in uneven shares, and each item from one of these or, now and then, from all. To
// see that every item has a listener, each is given to somebody first.
#include "segue/synth.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <span>

#include "base/buffer.h"
#include "base/parallel.h"
#include "base/progress.h"
#include "segue/error.h"
#include "synth/catalogue.h"

namespace segue {
namespace synth {
namespace {

enum Stream : std::uint64_t { kUser = 16, kGift, kUserId };

constexpr std::size_t kGrain = 1024;  // users a task draws
constexpr std::uint32_t kMaxItems = 1U << 26;
constexpr std::uint32_t kMaxTastes = 4096;
constexpr std::uint32_t kMostPerUser = 166;  // as in Last.fm-360K
constexpr int kMaxTastesOfUser = 5;
constexpr std::size_t kIdSize = 40;  // hexadecimal digits, as of a SHA-1

void check(const SynthOptions& options) {
  const auto require = [](bool good, const char* problem, const char* fix) {
    if (!good) throw Error(ErrorCode::kInvalidArgument, problem, fix);
  };
  require(options.users >= 1 && options.users < 0xFFFFFFFF, "there must be from 1 to 4,294,967,294 users",
          "set --users, for example 10000");
  require(options.items >= 1 && options.items <= kMaxItems, "there must be from 1 to 67,108,864 items",
          "set --items, for example 5000");
  require(options.items <= std::uint64_t{20} * options.users, "there are more than 20 items for each user",
          "raise --users or lower --items");
  require(options.tastes >= 1 && options.tastes <= kMaxTastes, "there must be from 1 to 4096 tastes",
          "set --tastes, for example 64");
}

/// How many items somebody has. Last.fm-360K was made of everybody's 50 most played: three in four have 50 or 49, one
/// in eight fewer, the rest more.
std::uint32_t draw_count(Random& random) {
  const double u = random.uniform();
  if (u < 0.74) return 50 - (random.below(10) < 3 ? 1 : 0);
  if (u < 0.86) return 5 + random.below(44);
  std::uint32_t count = 51;
  while (count < kMostPerUser && random.below(12) != 0) ++count;
  return count;
}

/// Plays: around a level of the user's own, with a heavy tail: about 2^x for a normal x.
float draw_plays(Random& random, double level) {
  double x = level + 1.3 * random.normal();  // in powers of two
  double plays = 1;
  while (x >= 1) {
    x -= 1;
    plays *= 2;
  }
  plays *= x > 0 ? 1 + x : 1;
  return static_cast<float>(std::min(std::floor(plays), 419157.0));  // the most that Last.fm-360K has
}

/// What one user has: ranks of items, each once.
class UserDrawer {
 public:
  UserDrawer(const SynthOptions& options, const Catalogue& catalogue) : options_(options), catalogue_(catalogue) {}

  /// @param gifts  ranks that this user has in any case
  std::span<const std::uint32_t> draw(std::uint32_t user, std::span<const std::uint32_t> gifts) {
    random_ = Random(options_.seed, kUser, user);
    ranks_.assign(gifts.begin(), gifts.end());
    const std::uint32_t count = std::min(draw_count(random_), options_.items);
    std::array<std::uint32_t, kMaxTastesOfUser> tastes{};
    std::array<double, kMaxTastesOfUser> upto{};  // sums of their shares
    const int n = 1 + static_cast<int>(random_.below(kMaxTastesOfUser));
    double sum = 0;
    for (int i = 0; i < n; ++i) {
      tastes[static_cast<std::size_t>(i)] = random_.below(options_.tastes);
      const double share = random_.normal();
      upto[static_cast<std::size_t>(i)] = sum += share * share + 0.1;
    }
    const double any = 0.05 + 0.3 * random_.uniform();
    level_ = 6 + 1.3 * random_.normal();
    // Few items, or few of a taste, may all be there already: the tries are bounded.
    for (std::uint32_t tries = 40 * count; ranks_.size() < count && tries > 0; --tries) {
      const double share = random_.uniform() * sum;
      const auto which = static_cast<std::size_t>(
          std::find_if(upto.begin(), upto.begin() + n - 1, [&](double u) { return share < u; }) - upto.begin());
      const AliasTable& table = catalogue_.of_taste[tastes[which]];
      const std::uint32_t rank =
          table.empty() || random_.uniform() < any ? catalogue_.of_all.draw(random_) : table.draw(random_);
      if (std::find(ranks_.begin(), ranks_.end(), rank) == ranks_.end()) ranks_.push_back(rank);
    }
    return ranks_;
  }

  float plays() { return draw_plays(random_, level_); }

 private:
  const SynthOptions& options_;
  const Catalogue& catalogue_;
  Random random_{0, 0, 0};
  double level_ = 0;
  std::vector<std::uint32_t> ranks_;
};

/// Forty hexadecimal digits, ascending with the user: where in 2^64 they are, then anything.
std::string user_id(const SynthOptions& options, std::uint32_t user) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  const std::uint64_t step = ~std::uint64_t{0} / options.users;
  Random random(options.seed, kUserId, user);
  std::array<std::uint64_t, 3> words = {user * step + random.next() % step, random.next(), random.next()};
  std::string id(kIdSize, '0');
  for (std::size_t i = 0; i < kIdSize; ++i) id[i] = kDigits[(words[i / 16] >> (60 - 4 * (i % 16))) & 15];
  return id;
}

IdMap user_ids(const SynthOptions& options, const Run& run) {
  Buffer<std::uint64_t> offsets(std::size_t{options.users} + 1);
  Buffer<char> bytes(std::size_t{options.users} * kIdSize);
  parallel_chunks(options.users, kGrain, run, [&](std::size_t begin, std::size_t end, int) {
    for (std::size_t u = begin; u < end; ++u) {
      const std::string id = user_id(options, static_cast<std::uint32_t>(u));
      std::copy(id.begin(), id.end(), bytes.data() + u * kIdSize);
      offsets[u + 1] = (u + 1) * kIdSize;
    }
  });
  return IdMap::create(StringTable::create(std::move(offsets).share(), std::move(bytes).share()));
}

/// Items given to users: those of user u are ranks[begin[u] … begin[u + 1]).
struct Gifts {
  std::vector<std::uint64_t> begin;
  std::vector<std::uint32_t> ranks;
};

Gifts draw_gifts(const SynthOptions& options) {
  Gifts gifts;
  const auto owner = [&](std::uint32_t rank) { return Random(options.seed, kGift, rank).below(options.users); };
  gifts.begin.assign(std::size_t{options.users} + 1, 0);
  for (std::uint32_t rank = 0; rank < options.items; ++rank) ++gifts.begin[owner(rank) + std::size_t{1}];
  std::partial_sum(gifts.begin.begin(), gifts.begin.end(), gifts.begin.begin());
  std::vector<std::uint64_t> next(gifts.begin.begin(), gifts.begin.end() - 1);
  gifts.ranks.resize(options.items);
  for (std::uint32_t rank = 0; rank < options.items; ++rank) gifts.ranks[next[owner(rank)]++] = rank;
  return gifts;
}

}  // namespace
}  // namespace synth

Interactions synthesize(const SynthOptions& options, const Run& run) {
  using namespace synth;
  check(options);
  const Catalogue catalogue(options);
  run.check();

  // Columns are in the order of the names.
  std::vector<std::uint32_t> rank_of_column(options.items);
  std::iota(rank_of_column.begin(), rank_of_column.end(), 0U);
  std::sort(rank_of_column.begin(), rank_of_column.end(),
            [&](std::uint32_t a, std::uint32_t b) { return catalogue.names[a] < catalogue.names[b]; });
  std::vector<std::uint32_t> column_of_rank(options.items);
  std::vector<std::string> names(options.items);
  for (std::uint32_t column = 0; column < options.items; ++column) {
    column_of_rank[rank_of_column[column]] = column;
    names[column] = catalogue.names[rank_of_column[column]];
  }

  // Everybody is drawn twice: to know where their row begins, and to fill it.
  const Gifts gifts = draw_gifts(options);
  const auto gifts_of = [&](std::size_t user) {
    return std::span(gifts.ranks).subspan(gifts.begin[user], gifts.begin[user + 1] - gifts.begin[user]);
  };
  ProgressMeter meter(run, "making", std::uint64_t{options.users} * 2, "users");
  Buffer<std::uint64_t> row_ptr(std::size_t{options.users} + 1);
  parallel_chunks(options.users, kGrain, run, [&](std::size_t begin, std::size_t end, int) {
    UserDrawer drawer(options, catalogue);
    for (std::size_t u = begin; u < end; ++u)
      row_ptr[u + 1] = drawer.draw(static_cast<std::uint32_t>(u), gifts_of(u)).size();
    meter.add(end - begin);
  });
  for (std::size_t u = 0; u < options.users; ++u) row_ptr[u + 1] += row_ptr[u];
  Buffer<std::uint32_t> columns(row_ptr[options.users]);
  Buffer<float> values(row_ptr[options.users]);
  parallel_chunks(options.users, kGrain, run, [&](std::size_t begin, std::size_t end, int) {
    UserDrawer drawer(options, catalogue);
    std::vector<std::uint32_t> row;
    for (std::size_t u = begin; u < end; ++u) {
      row.clear();
      for (const std::uint32_t rank : drawer.draw(static_cast<std::uint32_t>(u), gifts_of(u)))
        row.push_back(column_of_rank[rank]);
      std::sort(row.begin(), row.end());
      std::copy(row.begin(), row.end(), columns.data() + row_ptr[u]);
      for (std::size_t i = 0; i < row.size(); ++i) values[row_ptr[u] + i] = drawer.plays();
    }
    meter.add(end - begin);
  });
  meter.finish();

  Interactions made;
  made.users = user_ids(options, run);
  made.items = IdMap::create(StringTable::from(names));
  made.plays = CsrMatrix::create(options.items, std::move(row_ptr).share(), std::move(columns).share(),
                                 std::move(values).share());
  made.source = "made up (segue synth)";
  return made;
}

std::uint32_t planted_taste(const SynthOptions& options, std::string_view item) {
  synth::check(options);
  const std::uint32_t rank = synth::rank_of_name(options, item);
  if (rank == options.items) {
    throw Error(ErrorCode::kNotFound, "no made-up item is called \"" + std::string(item) + "\"",
                "give an item of synthesize() with the same options");
  }
  return synth::first_taste(options, rank);
}

}  // namespace segue
