// Routes: the table of what can be asked. The dispatcher, the check of parameters, /openapi.json and the labels of
// /metrics all walk it, so that none of them can know of a route that the others do not.
#ifndef SEGUE_APPS_SERVER_ROUTES_H_
#define SEGUE_APPS_SERVER_ROUTES_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "http.h"
#include "target.h"

namespace segue::server {

class Snapshot;
class Service;

enum class Kind { kText, kNumber, kFlag };

/// A parameter of a query.
struct Parameter {
  std::string_view name;
  Kind kind;
  std::string_view help;
  bool repeated = false;
  std::uint32_t low = 0;         // of a number
  std::uint32_t high = 0;        // of a number
  std::uint32_t otherwise = 0;   // the value of a number that is not given
  std::string_view beyond = {};  // how to get at what is beyond `high`; may be empty
};

/// One question, as its handler sees it: parameters are known and in range.
class Call {
 public:
  /// @param soon  what would take longer than a search throws TakesLonger
  Call(const Request& request, const Target& target, const std::vector<std::string>& arguments,
       std::span<const Parameter> parameters, const Snapshot& snapshot, Service& service, bool soon = false);

  const Request& request() const { return request_; }
  const Snapshot& snapshot() const { return snapshot_; }
  Service& service() const { return service_; }
  bool soon() const { return soon_; }
  /// What stood in place of the i-th {} of the path.
  const std::string& argument(std::size_t i) const { return arguments_.at(i); }
  std::string text(std::string_view name) const;
  std::vector<std::string> texts(std::string_view name) const;
  std::uint32_t number(std::string_view name) const;
  std::vector<std::uint32_t> numbers(std::string_view name) const;  // of one that may be repeated
  bool flag(std::string_view name) const;

 private:
  const Parameter& parameter(std::string_view name) const;

  const Request& request_;
  const Target& target_;
  const std::vector<std::string>& arguments_;
  std::span<const Parameter> parameters_;
  const Snapshot& snapshot_;
  Service& service_;
  bool soon_;
};

/// Thrown where a question turns out to take longer than a search, and was to be answered soon.
struct TakesLonger {};

/// Where a route is answered.
enum class Place {
  kAtOnce,  // by the thread of its connection: takes microseconds
  kInTurn,  // by the thread of its connection, when its turn comes: a search. Names may take longer: then by a worker
  kWorker,  // by a worker: takes longer
  kLoader,  // by the thread that opens models, one after the other
};

/// What is posted to a route (body.h).
enum class Posted { kNothing, kHistory, kItems, kPeople };

struct Route {
  std::string_view method;
  std::string_view path;  // "/v1/items/{id}"
  std::string_view summary;
  std::span<const Parameter> parameters;
  Place place;
  bool cached;  // the answer depends on the model and the address only: it has an ETag
  Reply (*answer)(const Call&);
  Posted posted = Posted::kNothing;
};

/// In the order of the documentation.
std::span<const Route> routes();

/// A route and what stood in place of its {}.
struct RouteMatch {
  const Route* route = nullptr;  // none: `refusal` says why
  std::vector<std::string> arguments;
  Reply refusal;
};

/// Finds the route of a request. HEAD is GET.
RouteMatch match_route(std::string_view method, const Target& target);

/// The OpenAPI 3.0 description of all routes, as JSON.
std::string openapi_json();

}  // namespace segue::server

#endif  // SEGUE_APPS_SERVER_ROUTES_H_
