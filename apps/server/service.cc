#include "service.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <new>
#include <thread>
#include <utility>

#include "json.h"
#include "page.h"
#include "segue/error.h"

namespace segue::server {
namespace {

constexpr std::string_view kBearer = "bearer ";
constexpr auto kWait = std::chrono::milliseconds(1);
constexpr int kMostWaits = 1000;

double resident_bytes() {
  std::ifstream file("/proc/self/statm");
  double pages = 0;
  file >> pages >> pages;  // the second number
  return pages * static_cast<double>(sysconf(_SC_PAGESIZE));
}

Reply plain(unsigned status, std::string body) { return {status, "application/json", std::move(body), {}}; }

/// The tag of an answer: of what answers are made of, and of the address. So whoever holds it has had an answer there,
/// and it says nothing of an address where there is none. FNV-1a, the same on every machine.
std::string tag_of(const Snapshot& snapshot, std::string_view address) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const char byte : address) hash = (hash ^ static_cast<unsigned char>(byte)) * 0x100000001b3;
  return fmt::format("\"{}-{:016x}\"", snapshot.state(), hash);
}

/// Whether an If-None-Match, a list of tags, each perhaps weak, names this one.
bool names_tag(std::string_view list, std::string_view tag) { return list.find(tag) != std::string_view::npos; }

/// Schemes ignore case.
bool is_bearer(std::string_view authorization) {
  return std::ranges::equal(authorization.substr(0, kBearer.size()), kBearer, {},
                            [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
}

}  // namespace

Service::Service(Open open, std::string api_key)
    : open_(std::move(open)), api_key_(std::move(api_key)), snapshot_(std::make_shared<const Snapshot>(open_())) {}

std::shared_ptr<const Snapshot> Service::snapshot() const {
  const std::lock_guard lock(mutex_);
  return snapshot_;
}

void Service::reload() {
  try {
    std::shared_ptr<const Snapshot> next = std::make_shared<const Snapshot>(open_());
    {
      const std::lock_guard lock(mutex_);
      snapshot_.swap(next);
    }
    ++reloads_;
    // To unmap the old model takes milliseconds: not to be left to the last request that holds it.
    for (int waited = 0; next.use_count() > 1 && waited < kMostWaits; ++waited) std::this_thread::sleep_for(kWait);
  } catch (...) {
    ++refused_reloads_;
    throw;
  }
}

bool Service::unchanged(const Request& request, const RouteMatch& match) const {
  return match.route->cached && !request.if_none_match.empty() &&
         names_tag(request.if_none_match, tag_of(*snapshot(), request.target));
}

Reply Service::answer(const Request& request, const Target& target, const RouteMatch& match) {
  return answer(request, target, match, false);
}

std::optional<Reply> Service::answer_soon(const Request& request, const Target& target, const RouteMatch& match) {
  try {
    return answer(request, target, match, true);
  } catch (const TakesLonger&) {
    return std::nullopt;
  }
}

Reply Service::answer(const Request& request, const Target& target, const RouteMatch& match, bool soon) {
  const std::shared_ptr<const Snapshot> held = snapshot();
  try {
    const Call call(request, target, match.arguments, match.route->parameters, *held, *this, soon);
    if (!match.route->cached) {
      Reply reply = match.route->answer(call);
      reply.headers.emplace_back("Cache-Control", "no-store");
      return reply;
    }
    const std::string tag = tag_of(*held, request.target);
    Reply reply{304, "", "", {}};
    if (!names_tag(request.if_none_match, tag)) {
      Reply found = match.route->answer(call);  // throws where there is none, which a star does not hide
      if (request.if_none_match != "*") reply = std::move(found);
    }
    reply.headers.emplace_back("ETag", tag);
    reply.headers.emplace_back("Cache-Control", "no-cache");  // keep, and ask whether it still holds
    return reply;
  } catch (const Error& error) {  // where() stays here: callers are not told our paths
    const ErrorCodeInfo& info = describe(error.code());
    return problem(static_cast<unsigned>(info.http_status), info.name, error.problem(), error.fix());
  } catch (const std::bad_alloc&) {
    const ErrorCodeInfo& info = describe(ErrorCode::kOutOfMemory);
    return problem(static_cast<unsigned>(info.http_status), info.name, "there is not enough memory", "ask for less");
  } catch (const std::exception&) {
    return problem(500, "unexpected", "the server failed", "report it, with the request id");
  }
}

bool Service::may_administer(const std::string& authorization, Reply& refusal) const {
  if (api_key_.empty()) {
    refusal = problem(403, "forbidden", "this server was started without an API key, so nobody may do that",
                      "start it with --api-key, or send its process SIGHUP");
    return false;
  }
  const std::string_view shown = authorization;
  if (is_bearer(shown) && same_secret(shown.substr(kBearer.size()), api_key_)) return true;
  refusal =
      problem(401, "unauthorized", "the API key is missing or wrong", "send the header Authorization: Bearer KEY");
  refusal.headers.emplace_back("WWW-Authenticate", "Bearer");
  return false;
}

Reply reload_model(const Call& call) {
  Reply refusal;
  if (!call.service().may_administer(call.request().authorization, refusal)) return refusal;
  try {
    call.service().reload();
  } catch (const Error& error) {
    return problem(422, describe(error.code()).name, "the file was refused: " + error.problem(),
                   "the old model serves on; mend the file and reload again");
  }
  return plain(200, dump({{"model", call.service().snapshot()->version()}}));
}

Reply show_health(const Call& /*call*/) { return plain(200, R"({"status":"ok"})"); }

Reply show_readiness(const Call& call) {
  if (!call.service().draining) return plain(200, dump({{"status", "ready"}, {"model", call.snapshot().version()}}));
  Reply reply = problem(503, "draining", "this server is about to stop", "send requests to another one");
  reply.headers.emplace_back("Retry-After", "1");
  return reply;
}

Reply show_metrics(const Call& call) {
  const Service& service = call.service();
  const Snapshot& snapshot = call.snapshot();
  const std::chrono::duration<double> age = std::chrono::system_clock::now() - snapshot.opened();
  const auto number = [](std::uint64_t count) { return static_cast<double>(count); };
  const std::vector<Gauge> gauges = {
      {"segue_requests_in_flight", "gauge", "Requests that are being answered, this one included.",
       number(service.in_flight)},
      {"segue_connections", "gauge", "Open connections.", number(service.connections)},
      {"segue_model_age_seconds", "gauge", "Time since the model was opened.", age.count()},
      {"segue_model_info", "gauge", "The model that is served.", 1, "{version=\"" + snapshot.version() + "\"}"},
      {"segue_reloads_total", "counter", "Models that replaced another.", number(service.reloads())},
      {"segue_refused_reloads_total", "counter", "Files that were refused.", number(service.refused_reloads())},
      {"process_resident_memory_bytes", "gauge", "Resident memory, mapped files included.", resident_bytes()}};
  return {200, "text/plain; version=0.0.4; charset=utf-8", service.metrics.render(gauges), {}};
}

Reply show_openapi(const Call& /*call*/) { return plain(200, openapi_json()); }

Reply show_page(const Call& /*call*/) {
  Reply reply{200, "text/html; charset=utf-8", std::string(explorer_page()), {}};
  // The page holds its own style and script, and asks nobody but this server.
  reply.headers.emplace_back("Content-Security-Policy",
                             "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; "
                             "connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; "
                             "frame-ancestors 'none'");
  return reply;
}

}  // namespace segue::server
