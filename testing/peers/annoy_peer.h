// AnnoyPeer: Annoy's own class behind an interface, so that its headers stay in one file. For tests and benchmarks.
#ifndef SEGUE_TESTING_PEERS_ANNOY_PEER_H_
#define SEGUE_TESTING_PEERS_ANNOY_PEER_H_

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace segue::testing {

class AnnoyPeer {
 public:
  /// @param metric  "angular", "euclidean", "manhattan", "hamming" or "dot"
  static std::unique_ptr<AnnoyPeer> create(const std::string& metric, int size);
  virtual ~AnnoyPeer() = default;

  virtual bool add(std::int32_t item, const std::vector<float>& vector) = 0;
  virtual bool build(int trees, int threads) = 0;
  virtual bool save(const std::string& path) = 0;
  virtual bool load(const std::string& path) = 0;
  virtual std::int32_t items() const = 0;
  virtual std::int32_t trees() const = 0;
  virtual float distance(std::int32_t a, std::int32_t b) const = 0;
  virtual std::vector<std::pair<std::int32_t, float>> nearest(const std::vector<float>& vector, std::size_t n,
                                                              int search_k) const = 0;
  virtual std::vector<std::pair<std::int32_t, float>> nearest(std::int32_t item, std::size_t n, int search_k) const = 0;
};

/// How it was compiled: whether its sums are those of AVX-512, of AVX2 with FMA, or neither.
enum class AnnoyPeerSums { kAvx512, kAvx2, kOther };
AnnoyPeerSums annoy_peer_sums();

}  // namespace segue::testing

#endif  // SEGUE_TESTING_PEERS_ANNOY_PEER_H_
