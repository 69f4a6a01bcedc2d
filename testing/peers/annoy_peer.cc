// Annoy 1.17.0 as Debian's r-cran-rcppannoy has it, compiled as its Python package compiles it: -O3 -march=native.
#include "testing/peers/annoy_peer.h"

#define ANNOYLIB_MULTITHREADED_BUILD
#define __ERROR_PRINTER_OVERRIDE__(...)
#include <kissrandom.h>
// After it.
#include <annoylib.h>

namespace segue::testing {
namespace {

/// The bits of a vector, as the Python package packs them.
std::vector<std::uint64_t> stored(const std::vector<float>& vector, std::uint64_t /*value*/) {
  std::vector<std::uint64_t> words((vector.size() + 63) / 64);
  for (std::size_t i = 0; i < vector.size(); ++i) {
    if (vector[i] > 0.5F) words[i / 64] |= std::uint64_t{1} << (i % 64);
  }
  return words;
}
const std::vector<float>& stored(const std::vector<float>& vector, float /*value*/) { return vector; }

template <typename Value, typename Metric>
class Peer final : public AnnoyPeer {
 public:
  explicit Peer(int size) : index_(size) {}

  bool add(std::int32_t item, const std::vector<float>& vector) override {
    return index_.add_item(item, stored(vector, Value{}).data());
  }
  bool build(int trees, int threads) override { return index_.build(trees, threads); }
  bool save(const std::string& path) override { return index_.save(path.c_str()); }
  bool load(const std::string& path) override { return index_.load(path.c_str()); }
  std::int32_t items() const override { return index_.get_n_items(); }
  std::int32_t trees() const override { return index_.get_n_trees(); }
  float distance(std::int32_t a, std::int32_t b) const override {
    return static_cast<float>(index_.get_distance(a, b));
  }

  std::vector<std::pair<std::int32_t, float>> nearest(const std::vector<float>& vector, std::size_t n,
                                                      int search_k) const override {
    std::vector<std::int32_t> items;
    std::vector<Value> distances;
    index_.get_nns_by_vector(stored(vector, Value{}).data(), n, search_k, &items, &distances);
    return pairs(items, distances);
  }
  std::vector<std::pair<std::int32_t, float>> nearest(std::int32_t item, std::size_t n, int search_k) const override {
    std::vector<std::int32_t> items;
    std::vector<Value> distances;
    index_.get_nns_by_item(item, n, search_k, &items, &distances);
    return pairs(items, distances);
  }

 private:
  static std::vector<std::pair<std::int32_t, float>> pairs(const std::vector<std::int32_t>& items,
                                                           const std::vector<Value>& distances) {
    std::vector<std::pair<std::int32_t, float>> result;
    for (std::size_t i = 0; i < items.size(); ++i) result.emplace_back(items[i], static_cast<float>(distances[i]));
    return result;
  }

  AnnoyIndex<std::int32_t, Value, Metric, Kiss64Random, AnnoyIndexMultiThreadedBuildPolicy> index_;
};

}  // namespace

std::unique_ptr<AnnoyPeer> AnnoyPeer::create(const std::string& metric, int size) {
  if (metric == "angular") return std::make_unique<Peer<float, Angular>>(size);
  if (metric == "euclidean") return std::make_unique<Peer<float, Euclidean>>(size);
  if (metric == "manhattan") return std::make_unique<Peer<float, Manhattan>>(size);
  if (metric == "dot") return std::make_unique<Peer<float, DotProduct>>(size);
  if (metric == "hamming") return std::make_unique<Peer<std::uint64_t, Hamming>>((size + 63) / 64);
  return nullptr;
}

AnnoyPeerSums annoy_peer_sums() {
#if defined(__AVX512F__)
  return AnnoyPeerSums::kAvx512;
#elif defined(__AVX2__) && defined(__FMA__)
  return AnnoyPeerSums::kAvx2;
#else
  return AnnoyPeerSums::kOther;
#endif
}

}  // namespace segue::testing
