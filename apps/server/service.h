// Service: the model that is served, how it is replaced, and how a request becomes a reply. Knows nothing of sockets.
#ifndef SEGUE_APPS_SERVER_SERVICE_H_
#define SEGUE_APPS_SERVER_SERVICE_H_

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "http.h"
#include "metrics.h"
#include "routes.h"
#include "segue/model.h"
#include "snapshot.h"

namespace segue::server {

class Service {
 public:
  using Open = std::function<Model()>;

  /// @param open     opens and checks the model file; called at once, and by each reload
  /// @param api_key  what a caller must show for more than reading; empty: nobody may
  Service(Open open, std::string api_key);

  /// The model of this moment. Thread-safe.
  std::shared_ptr<const Snapshot> snapshot() const;

  /// Opens the file anew, makes ready what answers need, and only then puts it in the old one's place. Where that fails
  /// the old one stays. Not to be called from two threads at once. @throws Error.
  void reload();

  /// The reply to a request whose route was found; what a handler throws becomes a problem. Thread-safe.
  Reply answer(const Request& request, const Target& target, const RouteMatch& match);

  /// The same, and nothing where it would take longer than a search. Thread-safe.
  std::optional<Reply> answer_soon(const Request& request, const Target& target, const RouteMatch& match);

  /// Whether the caller has the answer already (If-None-Match), so that answer() takes no search. Thread-safe.
  bool unchanged(const Request& request, const RouteMatch& match) const;

  /// Whether the key that `authorization` ("Bearer KEY") shows is the right one; otherwise why not.
  bool may_administer(const std::string& authorization, Reply& refusal) const;

  // What the loops tell.
  Metrics metrics;
  std::atomic<std::uint64_t> in_flight = 0;
  std::atomic<std::uint64_t> connections = 0;
  std::atomic<bool> draining = false;

  std::uint64_t reloads() const { return reloads_; }
  std::uint64_t refused_reloads() const { return refused_reloads_; }

 private:
  Reply answer(const Request& request, const Target& target, const RouteMatch& match, bool soon);

  Open open_;
  std::string api_key_;
  mutable std::mutex mutex_;
  std::shared_ptr<const Snapshot> snapshot_;
  std::atomic<std::uint64_t> reloads_ = 0;
  std::atomic<std::uint64_t> refused_reloads_ = 0;
};

// The answers that are about the service and not about the model.
Reply reload_model(const Call& call);
Reply show_health(const Call& call);
Reply show_readiness(const Call& call);
Reply show_metrics(const Call& call);
Reply show_openapi(const Call& call);
Reply show_page(const Call& call);

}  // namespace segue::server

#endif  // SEGUE_APPS_SERVER_SERVICE_H_
