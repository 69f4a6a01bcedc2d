// Cors: which pages of other servers a browser lets read our answers. None, unless they were named.
#ifndef SEGUE_APPS_SERVER_CORS_H_
#define SEGUE_APPS_SERVER_CORS_H_

#include <string>
#include <string_view>
#include <vector>

#include "http.h"

namespace segue::server {

/// Immutable.
class Cors {
 public:
  /// @param origins  such as "https://example.org", to the letter as browsers send them, or "*" for all
  /// @throws Error{kInvalidArgument} for what no browser would send.
  explicit Cors(std::vector<std::string> origins);

  /// Whether nobody was named: then answers say nothing of it.
  bool off() const { return origins_.empty(); }

  /// Adds to an answer what lets the page of this origin read it. Nothing for any other page, and nothing where off().
  void allow(std::string_view origin, Reply& reply) const;

  /// The answer to what a browser asks ahead of a request that no form could have sent (OPTIONS): 204.
  Reply preflight(std::string_view origin) const;

 private:
  bool named(std::string_view origin) const;

  std::vector<std::string> origins_;
  bool all_ = false;
};

}  // namespace segue::server

#endif  // SEGUE_APPS_SERVER_CORS_H_
