#include "body.h"

#include <cmath>
#include <limits>
#include <utility>

#include "json.h"
#include "segue/error.h"

namespace segue::server {
namespace {

constexpr const char* kBodyShape = "GET /openapi.json has an example of each body";

[[noreturn]] void refuse(const std::string& problem, const std::string& fix = kBodyShape) {
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

bool flag(const Json& value, const std::string& place) {
  if (!value.is_boolean()) refuse(place + " is not true or false");
  return value.get<bool>();
}

void check_list(const Json& value, const std::string& place, std::size_t most) {
  if (!value.is_array()) refuse(place + " is not a list");
  if (value.size() > most) {
    refuse(place + " has " + std::to_string(value.size()) + " entries", "send at most " + std::to_string(most));
  }
}

std::vector<std::string> names(const Json& value, const std::string& place, std::size_t most = kMostNames) {
  check_list(value, place, most);
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

History history_of(const Json& value, const std::string& place) {
  check_list(value, place, kMostNames);
  History history;
  for (const Json& entry : value) {
    history.push_back(liked(entry, place + "[" + std::to_string(history.size()) + "]"));
  }
  return history;
}

/// Reads a field that every body may hold. @return whether it is one.
bool read_wanted(const std::string& key, const Json& value, Wanted& wanted) {
  if (key == "n") {
    wanted.n = whole_number(value, key, 1, kMostResults);
  } else if (key == "exclude") {
    wanted.exclude = names(value, key);
  } else if (key == "only") {
    wanted.only = names(value, key);
  } else if (key == "min_listeners") {
    wanted.min_listeners = whole_number(value, key, 0, std::numeric_limits<std::uint32_t>::max());
  } else {
    return false;
  }
  return true;
}

Json object_of(std::string_view json) {
  Json body;
  try {
    body = Json::parse(json);
  } catch (const Json::parse_error& error) {
    refuse("the body is not JSON; it goes wrong at byte " + std::to_string(error.byte));
  } catch (const Json::exception&) {  // a number beyond all bounds
    refuse("the body holds a number that is too large");
  }
  if (!body.is_object()) refuse("the body is not a JSON object");
  return body;
}

[[noreturn]] void refuse_field(const std::string& key, const std::string& known) {
  refuse("the body has an unknown field " + in_quotes(key), "known are " + known);
}

void check_batch(std::size_t questions, std::uint32_t n) {
  if (questions == 0) refuse("the batch asks nothing");
  if (questions * n > kMostBatchResults) {
    refuse("the batch asks for " + std::to_string(questions * n) + " results",
           "ask for at most " + std::to_string(kMostBatchResults) + " at a time: fewer questions, or a smaller n");
  }
}

}  // namespace

RecommendBody parse_recommend_body(std::string_view json) {
  RecommendBody out;
  bool has_history = false;
  const Json body = object_of(json);
  for (const auto& [key, value] : body.items()) {
    if (read_wanted(key, value, out)) continue;
    if (key == "history") {
      out.history = history_of(value, key);
      has_history = true;
    } else if (key == "include_seen") {
      out.include_seen = flag(value, key);
    } else if (key == "explain") {
      out.explain = flag(value, key);
    } else {
      refuse_field(key, "history, n, exclude, only, min_listeners, include_seen and explain");
    }
  }
  if (!has_history) refuse("the body has no history", "an empty list is answered with what is popular");
  return out;
}

SimilarBatch parse_similar_batch(std::string_view json) {
  SimilarBatch out;
  const Json body = object_of(json);
  for (const auto& [key, value] : body.items()) {
    if (read_wanted(key, value, out)) continue;
    if (key != "items") refuse_field(key, "items, n, exclude, only and min_listeners");
    out.items = names(value, key, kMostQuestions);
  }
  check_batch(out.items.size(), out.n);
  return out;
}

RecommendBatch parse_recommend_batch(std::string_view json) {
  RecommendBatch out;
  const Json body = object_of(json);
  for (const auto& [key, value] : body.items()) {
    if (read_wanted(key, value, out)) continue;
    if (key == "users") {
      out.users = names(value, key, kMostQuestions);
    } else if (key == "histories") {
      check_list(value, key, kMostQuestions);
      for (const Json& history : value) {
        out.histories.push_back(history_of(history, key + "[" + std::to_string(out.histories.size()) + "]"));
      }
    } else if (key == "include_seen") {
      out.include_seen = flag(value, key);
    } else if (key == "explain") {
      out.explain = flag(value, key);
    } else {
      refuse_field(key, "users or histories, n, exclude, only, min_listeners, include_seen and explain");
    }
  }
  if (!out.users.empty() && !out.histories.empty()) {
    refuse("the batch has users and histories", "send two batches");
  }
  check_batch(out.users.size() + out.histories.size(), out.n);
  return out;
}

}  // namespace segue::server
