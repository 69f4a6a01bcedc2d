#include "body.h"

#include <cmath>
#include <limits>
#include <utility>

#include "json.h"
#include "segue/error.h"

namespace segue::server {
namespace {

constexpr const char* kExample =
    R"(send an object such as {"history": [{"item": "The Smiths", "value": 12}], "n": 10})";

[[noreturn]] void refuse(const std::string& problem, const std::string& fix = kExample) {
  throw Error(ErrorCode::kInvalidArgument, problem, fix);
}

/// A name that somebody else chose, cut and made fit for an error.
std::string in_quotes(std::string_view name) {
  constexpr std::size_t kShown = 60;
  return dump(Json(std::string(name.substr(0, kShown))));
}

std::uint32_t whole_number(const Json& value, const std::string& place, std::uint32_t low, std::uint32_t high) {
  const bool fits =
      value.is_number_integer() &&
      (value.is_number_unsigned()
           ? value.get<std::uint64_t>() <= high && value.get<std::uint64_t>() >= low
           : value.get<std::int64_t>() >= std::int64_t{low} && value.get<std::int64_t>() <= std::int64_t{high});
  if (!fits) {
    refuse(place + " is not a whole number from " + std::to_string(low) + " to " + std::to_string(high));
  }
  return value.get<std::uint32_t>();
}

std::string text(const Json& value, const std::string& place) {
  if (!value.is_string()) refuse(place + " is not a string", "give ids or titles in quotes");
  return value.get<std::string>();
}

void check_list(const Json& value, const std::string& place) {
  if (!value.is_array()) refuse(place + " is not a list");
  if (value.size() > kMostNames) {
    refuse(place + " has " + std::to_string(value.size()) + " entries", "send at most " + std::to_string(kMostNames));
  }
}

std::vector<std::string> names(const Json& value, const std::string& place) {
  check_list(value, place);
  std::vector<std::string> out;
  for (const Json& entry : value) out.push_back(text(entry, place + "[" + std::to_string(out.size()) + "]"));
  return out;
}

Liked liked(const Json& entry, const std::string& place) {
  if (!entry.is_object()) refuse(place + " is not an object");
  Liked out;
  bool named = false;
  for (const auto& [key, value] : entry.items()) {
    if (key == "item") {
      out.item = text(value, place + ".item");
      named = true;
    } else if (key == "value") {
      const double number = value.is_number() ? value.get<double>() : std::numeric_limits<double>::quiet_NaN();
      if (!(std::abs(number) <= static_cast<double>(std::numeric_limits<float>::max()))) {
        refuse(place + ".value is not a number that fits float32", "give a number of plays");
      }
      out.value = static_cast<float>(number);
    } else {
      refuse(place + " has an unknown field " + in_quotes(key), "it has \"item\" and \"value\"");
    }
  }
  if (!named) refuse(place + " names no item");
  return out;
}

}  // namespace

RecommendBody parse_recommend_body(std::string_view json) {
  Json body;
  try {
    body = Json::parse(json);
  } catch (const Json::parse_error& error) {
    refuse("the body is not JSON; it goes wrong at byte " + std::to_string(error.byte));
  } catch (const Json::exception&) {  // a number beyond all bounds
    refuse("the body holds a number that is too large");
  }
  if (!body.is_object()) refuse("the body is not a JSON object");

  RecommendBody out;
  bool has_history = false;
  for (const auto& [key, value] : body.items()) {
    if (key == "history") {
      check_list(value, key);
      for (const Json& entry : value) {
        out.history.push_back(liked(entry, "history[" + std::to_string(out.history.size()) + "]"));
      }
      has_history = true;
    } else if (key == "n") {
      out.n = whole_number(value, key, 1, kMostResults);
    } else if (key == "exclude") {
      out.exclude = names(value, key);
    } else if (key == "only") {
      out.only = names(value, key);
    } else if (key == "min_listeners") {
      out.min_listeners = whole_number(value, key, 0, std::numeric_limits<std::uint32_t>::max());
    } else if (key == "include_seen") {
      if (!value.is_boolean()) refuse(key + " is not true or false");
      out.include_seen = value.get<bool>();
    } else {
      refuse("the body has an unknown field " + in_quotes(key),
             "known are history, n, exclude, only, min_listeners and include_seen");
    }
  }
  if (!has_history) refuse("the body has no history", "an empty list is answered with what is popular");
  return out;
}

}  // namespace segue::server
