// Snapshot: one opened model, and what the server needs besides to answer from it. A reload makes a new one; requests
// that are under way keep the one they began with.
#ifndef SEGUE_APPS_SERVER_SNAPSHOT_H_
#define SEGUE_APPS_SERVER_SNAPSHOT_H_

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "segue/recommender.h"

namespace segue::server {

/// Immutable; thread-safe. O(items log items) to make, and everything that a first question would have to wait for (the
/// indexes, the table of titles, the Gram matrix) is made at once.
class Snapshot {
 public:
  explicit Snapshot(Model model);

  const Recommender& recommender() const { return recommender_; }
  /// One that asks an index of this kind for similar items, one of index_kinds(); empty: recommender(). The first
  /// question for a kind that the file does not hold makes it. @throws Error{kInvalidArgument} listing the kinds.
  const Recommender& recommender(std::string_view kind) const;
  /// Whether recommender(kind) has nothing to make.
  bool is_ready(std::string_view kind) const { return kind.empty() || kind == recommender_.similar_kind(); }
  /// The kinds that similar items may be searched by: the one of recommender(), exact, and of few items any.
  const std::vector<std::string>& index_kinds() const { return kinds_; }
  const Model& model() const { return recommender_.model(); }
  /// The checksum of the factors: two models of the same version give the same scores.
  const std::string& version() const { return model().card().factors_checksum; }
  /// Changes with segue, factors, ids, titles, plays, indexes, the map and the evaluation: as long as it is the same,
  /// so is every answer.
  const std::string& state() const { return state_; }
  /// All items, most listeners first.
  std::span<const std::uint32_t> popular() const { return popular_; }
  /// Items whose title is this to the letter, lowest number first. O(log items).
  std::span<const std::uint32_t> titled(std::string_view title) const;
  /// Items that have a place on the map, most listeners first: the points of the map by number.
  std::span<const std::uint32_t> points() const { return points_; }
  std::chrono::system_clock::time_point opened() const { return opened_; }

 private:
  Recommender recommender_;
  std::vector<std::string> kinds_;
  mutable std::mutex others_mutex_;
  mutable std::map<std::string, Recommender, std::less<>> others_;  // by kind
  std::string state_;
  std::vector<std::uint32_t> popular_;
  std::vector<std::uint32_t> points_;
  std::vector<std::uint32_t> by_title_;  // empty where ids are the titles
  std::chrono::system_clock::time_point opened_;
};

}  // namespace segue::server

#endif  // SEGUE_APPS_SERVER_SNAPSHOT_H_
