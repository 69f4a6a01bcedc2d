#include "cors.h"

#include <algorithm>
#include <utility>

#include "segue/error.h"

namespace segue::server {
namespace {

constexpr std::string_view kAll = "*";
constexpr const char* kRemembered = "600";  // seconds that a browser need not ask again

/// scheme://host[:port], as RFC 6454 writes an origin: no path, nothing behind.
bool is_origin(std::string_view text) {
  const std::size_t colon = text.find("://");
  if (colon == std::string_view::npos || (text.substr(0, colon) != "http" && text.substr(0, colon) != "https")) {
    return false;
  }
  const std::string_view host = text.substr(colon + 3);
  return !host.empty() && std::ranges::all_of(host, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == ':' || c == '[' || c == ']';
  });
}

}  // namespace

Cors::Cors(std::vector<std::string> origins) : origins_(std::move(origins)) {
  for (const std::string& origin : origins_) {
    if (origin == kAll) {
      all_ = true;
    } else if (!is_origin(origin)) {
      throw Error(ErrorCode::kInvalidArgument, "\"" + origin + "\" is not the origin of a page",
                  "give --cors a scheme and a host in lower case without a path, such as https://example.org, or *");
    }
  }
}

bool Cors::named(std::string_view origin) const {
  return !origin.empty() && (all_ || std::ranges::find(origins_, origin) != origins_.end());
}

void Cors::allow(std::string_view origin, Reply& reply) const {
  if (off()) return;
  if (!all_) reply.headers.emplace_back("Vary", "Origin");
  if (!named(origin)) return;
  reply.headers.emplace_back("Access-Control-Allow-Origin", all_ ? std::string(kAll) : std::string(origin));
  reply.headers.emplace_back("Access-Control-Expose-Headers", "ETag, Retry-After, X-Request-Id");
}

Reply Cors::preflight(std::string_view origin) const {
  Reply reply{204, "", "", {}};
  allow(origin, reply);
  if (!named(origin)) return reply;
  reply.headers.emplace_back("Access-Control-Allow-Methods", "GET, HEAD, POST");
  reply.headers.emplace_back("Access-Control-Allow-Headers",
                             "Authorization, Content-Type, If-None-Match, X-Request-Id");
  reply.headers.emplace_back("Access-Control-Max-Age", kRemembered);
  return reply;
}

}  // namespace segue::server
