// JSON as the server writes it.
#ifndef SEGUE_APPS_SERVER_JSON_H_
#define SEGUE_APPS_SERVER_JSON_H_

#include <charconv>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string>

namespace segue::server {

using Json = nlohmann::ordered_json;

/// A float as the shortest decimal that reads back the same: 0.93 and not 0.9300000071525574.
inline Json json_number(float value) {
  char digits[32] = {};  // the shortest form of a float has at most 16
  std::to_chars(digits, digits + sizeof digits - 1, value);
  return std::strtod(digits, nullptr);
}

/// One line; bytes that are not UTF-8, as ids of old logs have them, become U+FFFD.
inline std::string dump(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

}  // namespace segue::server

#endif  // SEGUE_APPS_SERVER_JSON_H_
