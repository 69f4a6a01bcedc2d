// Target: the path and the query of a request line, taken apart.
//
// The path is cut at its slashes first and decoded after, so that an id may hold a slash: /v1/items/ac%2Fdc has three
// parts. In a query "+" is a space, as forms write it. Any byte may be encoded, since ids are bytes.
#ifndef SEGUE_APPS_SERVER_TARGET_H_
#define SEGUE_APPS_SERVER_TARGET_H_

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace segue::server {

struct Target {
  std::vector<std::string> path;                           // decoded parts; none for "/"
  std::vector<std::pair<std::string, std::string>> query;  // decoded names and values, in order
};

/// Takes "/path?query" apart, or "http://host/path?query" as proxies write it. O(bytes).
/// @throws Error{kInvalidArgument} for anything else, for a "%" without two hexadecimal digits, for a fragment, and for
///         more than 1,000 parts or parameters.
Target parse_target(std::string_view target);

/// `text` as one part of a path: letters, digits and -._~ stay, other bytes are encoded.
std::string percent_encode(std::string_view text);

}  // namespace segue::server

#endif  // SEGUE_APPS_SERVER_TARGET_H_
