// faiss as Debian's libfaiss-dev has it; the library itself is Debian's build, its flags are not ours to choose.
#include <faiss/IndexFlat.h>
#include <faiss/IndexIVFFlat.h>
#include <faiss/impl/IDSelector.h>
#include <faiss/index_io.h>

#include "testing/peers/search_peer.h"

namespace segue::testing {
namespace {

class Peer final : public SearchPeer {
 public:
  Peer(std::size_t size, std::size_t lists) {
    if (lists == 0) {
      index_ = std::make_unique<faiss::IndexFlatIP>(static_cast<faiss::Index::idx_t>(size));
    } else {
      auto made = std::make_unique<faiss::IndexIVFFlat>(new faiss::IndexFlatIP(static_cast<faiss::Index::idx_t>(size)),
                                                        size, lists, faiss::METRIC_INNER_PRODUCT);
      made->own_fields = true;
      index_ = std::move(made);
    }
  }

  void build(const PeerTable& items, int /*threads*/) override {
    index_->train(static_cast<faiss::Index::idx_t>(items.rows), items.values.data());
    index_->add(static_cast<faiss::Index::idx_t>(items.rows), items.values.data());
  }
  void save(const std::string& path) override { faiss::write_index(index_.get(), path.c_str()); }
  void load(const std::string& path) override { index_.reset(faiss::read_index(path.c_str())); }

  bool allow(std::size_t rows, const std::vector<std::uint32_t>& items) override {
    bits_.assign((rows + 7) / 8, 0);
    for (const std::uint32_t item : items) bits_[item / 8] |= static_cast<std::uint8_t>(1U << (item % 8));
    allowed_ = std::make_unique<faiss::IDSelectorBitmap>(bits_.size(), bits_.data());
    return true;
  }

  std::vector<std::uint32_t> nearest(const float* query, std::size_t n, std::size_t effort) override {
    std::vector<float> scores(n);
    std::vector<faiss::Index::idx_t> labels(n);
    faiss::SearchParametersIVF by_lists;
    faiss::SearchParameters by_all;
    by_lists.nprobe = effort;
    by_lists.sel = by_all.sel = allowed_.get();
    const bool lists = dynamic_cast<faiss::IndexIVF*>(index_.get()) != nullptr;
    index_->search(1, query, static_cast<faiss::Index::idx_t>(n), scores.data(), labels.data(),
                   lists ? &by_lists : &by_all);
    std::vector<std::uint32_t> ids;
    for (const faiss::Index::idx_t label : labels) {
      if (label >= 0) ids.push_back(static_cast<std::uint32_t>(label));
    }
    return ids;
  }

 private:
  std::unique_ptr<faiss::Index> index_;
  std::vector<std::uint8_t> bits_;
  std::unique_ptr<faiss::IDSelectorBitmap> allowed_;
};

}  // namespace

std::unique_ptr<SearchPeer> faiss_lists_peer(std::size_t size, std::size_t lists) {
  return std::make_unique<Peer>(size, lists);
}
std::unique_ptr<SearchPeer> faiss_flat_peer(std::size_t size) { return std::make_unique<Peer>(size, 0); }

}  // namespace segue::testing
