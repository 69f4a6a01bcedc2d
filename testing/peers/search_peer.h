// SearchPeer: indexes of other libraries behind one interface, so that their headers stay in a file each. For
// benchmarks.
//
// They order by the inner product, largest first (for the cosine they are given unit vectors), but where it is said by
// the distance, nearest first: of vectors of one length that is the same order.
#ifndef SEGUE_TESTING_PEERS_SEARCH_PEER_H_
#define SEGUE_TESTING_PEERS_SEARCH_PEER_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace segue::testing {

/// Vectors of one length, row after row.
struct PeerTable {
  std::vector<float> values;
  std::size_t rows;
  std::size_t size;  // values a row
};

class SearchPeer {
 public:
  virtual ~SearchPeer() = default;

  virtual void build(const PeerTable& items, int threads) = 0;
  virtual void save(const std::string& path) = 0;
  virtual void load(const std::string& path) = 0;
  /// From now on only these items, ascending, of all `rows`. @return false where it has no filters
  virtual bool allow(std::size_t /*rows*/, const std::vector<std::uint32_t>& /*items*/) { return false; }
  /// @param effort  what trades speed for recall: ef, or lists probed
  virtual std::vector<std::uint32_t> nearest(const float* query, std::size_t n, std::size_t effort) = 0;
};

/// hnswlib's graph. @param size  values a vector
/// @param links        its M
/// @param by_distance  where most vectors nearly agree (augmented ones do), 1 - inner product has few digits left
std::unique_ptr<SearchPeer> hnswlib_peer(std::size_t size, std::size_t links, bool by_distance);
/// faiss's IndexIVFFlat: lists by k-means, float32 vectors. Threads are OpenMP's: set OMP_NUM_THREADS.
std::unique_ptr<SearchPeer> faiss_lists_peer(std::size_t size, std::size_t lists);
/// faiss's IndexFlatIP: every vector. Effort means nothing.
std::unique_ptr<SearchPeer> faiss_flat_peer(std::size_t size);

}  // namespace segue::testing

#endif  // SEGUE_TESTING_PEERS_SEARCH_PEER_H_
