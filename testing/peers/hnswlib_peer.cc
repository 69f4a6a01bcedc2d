// hnswlib as Debian's libhnswlib-dev has it, compiled -O3 -march=native as its Python package is. ef_construction is
// its default, 200.
#include <hnswlib/hnswlib.h>

#include <algorithm>
#include <atomic>
#include <thread>

#include "testing/peers/search_peer.h"

namespace segue::testing {
namespace {

constexpr std::size_t kEfConstruction = 200;

class Peer final : public SearchPeer {
 public:
  Peer(std::size_t size, std::size_t links, bool by_distance) : links_(links) {
    if (by_distance) {
      space_ = std::make_unique<hnswlib::L2Space>(size);
    } else {
      space_ = std::make_unique<hnswlib::InnerProductSpace>(size);
    }
  }

  void build(const PeerTable& items, int threads) override {
    graph_ = std::make_unique<hnswlib::HierarchicalNSW<float>>(space_.get(), items.rows, links_, kEfConstruction);
    graph_->addPoint(items.values.data(), 0);
    std::atomic<std::size_t> next = 1;
    std::vector<std::jthread> workers;
    for (int t = 0; t < threads; ++t) {
      workers.emplace_back([&] {
        for (std::size_t row = next++; row < items.rows; row = next++) {
          graph_->addPoint(items.values.data() + row * items.size, row);
        }
      });
    }
  }

  void save(const std::string& path) override { graph_->saveIndex(path); }
  void load(const std::string& path) override {
    graph_ = std::make_unique<hnswlib::HierarchicalNSW<float>>(space_.get(), path);
  }

  std::vector<std::uint32_t> nearest(const float* query, std::size_t n, std::size_t effort) override {
    graph_->setEf(effort);
    auto found = graph_->searchKnn(query, n);  // the farthest on top
    std::vector<std::uint32_t> ids(found.size());
    for (std::size_t i = found.size(); i-- > 0; found.pop()) ids[i] = static_cast<std::uint32_t>(found.top().second);
    return ids;
  }

 private:
  std::unique_ptr<hnswlib::SpaceInterface<float>> space_;
  std::size_t links_;
  std::unique_ptr<hnswlib::HierarchicalNSW<float>> graph_;
};

}  // namespace

std::unique_ptr<SearchPeer> hnswlib_peer(std::size_t size, std::size_t links, bool by_distance) {
  return std::make_unique<Peer>(size, links, by_distance);
}

}  // namespace segue::testing
