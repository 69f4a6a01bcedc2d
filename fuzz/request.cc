// Any bytes as the parts of a request that the server reads itself: an address, and the bodies that are posted. What
// was read must survive being written and read again; whatever is not an Error is a fault.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "apps/server/body.h"
#include "apps/server/target.h"
#include "segue/error.h"

namespace {

void demand(bool holds) {
  if (!holds) std::abort();
}

void read_target(std::string_view text) {
  segue::server::Target target;
  try {
    target = segue::server::parse_target(text);
  } catch (const segue::Error&) {
    return;
  }
  std::string again = target.path.empty() ? "/" : "";
  for (const std::string& part : target.path) again += "/" + segue::server::percent_encode(part);
  char separator = '?';
  for (const auto& [name, value] : target.query) {
    again += separator + segue::server::percent_encode(name) + "=" + segue::server::percent_encode(value);
    separator = '&';
  }
  const segue::server::Target second = segue::server::parse_target(again);
  // One empty part, "/", is no part: only then may the two differ.
  demand(second.path == target.path || (target.path.size() == 1 && target.path[0].empty()));
  demand(second.query == target.query);
}

void read_batches(std::string_view text) {
  try {
    const segue::server::SimilarBatch batch = segue::server::parse_similar_batch(text);
    demand(!batch.items.empty() && batch.items.size() * batch.n <= segue::server::kMostBatchResults);
  } catch (const segue::Error&) {
  }
  try {
    const segue::server::RecommendBatch batch = segue::server::parse_recommend_batch(text);
    const std::size_t questions = batch.users.size() + batch.histories.size();
    demand(questions >= 1 && questions * batch.n <= segue::server::kMostBatchResults);
    demand(batch.users.empty() || batch.histories.empty());
  } catch (const segue::Error&) {
  }
}

void read_body(std::string_view text) {
  try {
    const segue::server::RecommendBody body = segue::server::parse_recommend_body(text);
    demand(body.n >= 1 && body.n <= segue::server::kMostResults);
    demand(body.history.size() <= segue::server::kMostNames && body.only.size() <= segue::server::kMostNames);
    for (const segue::server::Liked& liked : body.history) demand(liked.value - liked.value == 0);
  } catch (const segue::Error&) {
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  read_target(text);
  read_body(text);
  read_batches(text);
  return 0;
}
