#include <algorithm>
#include <charconv>
#include <utility>

#include "routes.h"
#include "segue/error.h"

namespace segue::server {
namespace {

[[noreturn]] void refuse(const std::string& problem, const std::string& fix) {
  throw Error(ErrorCode::kInvalidArgument, problem, fix);
}

bool reads_as_number(const std::string& text, std::uint32_t& number) {
  const char* end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, number);
  return error == std::errc() && stopped == end;
}

void check(const Parameter& parameter, const std::string& value) {
  const std::string name(parameter.name);
  if (parameter.kind == Kind::kFlag && value != "true" && value != "false") {
    refuse(name + " is neither true nor false", "write " + name + "=true");
  }
  std::uint32_t number = 0;
  if (parameter.kind != Kind::kNumber) return;
  if (!reads_as_number(value, number) || number < parameter.low || number > parameter.high) {
    std::string fix = "write for instance " + name + "=" + std::to_string(std::max(parameter.low, parameter.otherwise));
    if (!parameter.beyond.empty()) fix += "; " + std::string(parameter.beyond);
    refuse(
        name + " is not a whole number from " + std::to_string(parameter.low) + " to " + std::to_string(parameter.high),
        fix);
  }
}

}  // namespace

Call::Call(const Request& request, const Target& target, const std::vector<std::string>& arguments,
           std::span<const Parameter> parameters, const Snapshot& snapshot, Service& service, bool soon)
    : request_(request),
      target_(target),
      arguments_(arguments),
      parameters_(parameters),
      snapshot_(snapshot),
      service_(service),
      soon_(soon) {
  for (auto pair = target_.query.begin(); pair != target_.query.end(); ++pair) {
    const auto known = std::ranges::find(parameters_, pair->first, &Parameter::name);
    if (known == parameters_.end()) {
      std::string names;
      for (const Parameter& parameter : parameters_) names += (names.empty() ? "" : ", ") + std::string(parameter.name);
      refuse("there is no parameter \"" + pair->first.substr(0, 60) + "\" here",
             names.empty() ? "leave out all that follows the question mark" : "known are " + names);
    }
    check(*known, pair->second);
    const auto same = [&](const auto& other) { return other.first == pair->first; };
    if (!known->repeated && std::any_of(target_.query.begin(), pair, same)) {
      refuse(pair->first + " is given twice", "give it once");
    }
  }
}

const Parameter& Call::parameter(std::string_view name) const {
  return *std::ranges::find(parameters_, name, &Parameter::name);
}

std::vector<std::string> Call::texts(std::string_view name) const {
  std::vector<std::string> out;
  for (const auto& [key, value] : target_.query) {
    if (key == name) out.push_back(value);
  }
  return out;
}

std::string Call::text(std::string_view name) const {
  std::vector<std::string> given = texts(name);
  return given.empty() ? std::string() : std::move(given.front());
}

std::uint32_t Call::number(std::string_view name) const {
  std::uint32_t number = parameter(name).otherwise;
  if (const std::string given = text(name); !given.empty()) reads_as_number(given, number);
  return number;
}

std::vector<std::uint32_t> Call::numbers(std::string_view name) const {
  std::vector<std::uint32_t> out;
  for (const std::string& given : texts(name)) reads_as_number(given, out.emplace_back());
  return out;
}

bool Call::flag(std::string_view name) const { return text(name) == "true"; }

}  // namespace segue::server
