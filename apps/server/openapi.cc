// The description of the interface, made of the table of routes.
#include <string>

#include "body.h"
#include "json.h"
#include "routes.h"

namespace segue::server {
namespace {

Json schema_of(const Parameter& parameter) {
  Json schema;
  switch (parameter.kind) {
    case Kind::kText:
      schema = {{"type", "string"}};
      break;
    case Kind::kFlag:
      schema = {{"type", "boolean"}, {"default", false}};
      break;
    case Kind::kNumber:
      schema = {{"type", "integer"},
                {"minimum", parameter.low},
                {"maximum", parameter.high},
                {"default", parameter.otherwise}};
      break;
  }
  if (parameter.repeated) return {{"type", "array"}, {"items", schema}};
  return schema;
}

Json parameters_of(const Route& route) {
  Json list = Json::array();
  if (route.path.find("{id}") != std::string_view::npos) {
    list.push_back({{"name", "id"},
                    {"in", "path"},
                    {"required", true},
                    {"description", "Percent-encoded: ac%2Fdc"},
                    {"schema", {{"type", "string"}}}});
  }
  for (const Parameter& parameter : route.parameters) {
    list.push_back(
        {{"name", parameter.name}, {"in", "query"}, {"description", parameter.help}, {"schema", schema_of(parameter)}});
  }
  return list;
}

Json content(const char* type, const Json& schema) { return {{type, {{"schema", schema}}}}; }

Json object(const Json& properties) { return {{"type", "object"}, {"properties", properties}}; }

Json list_of(const Json& items, std::size_t most) { return {{"type", "array"}, {"items", items}, {"maxItems", most}}; }

Json flag() { return {{"type", "boolean"}, {"default", false}}; }

/// A body's schema and an example of it. The fields of Wanted are in every one.
Json body_content(const Json& properties, const Json& example) {
  const Json string{{"type", "string"}};
  const Wanted standard;
  Json body = object(properties);
  Json& all = body["properties"];
  all["n"] = {{"type", "integer"}, {"minimum", 1}, {"maximum", kMostResults}, {"default", standard.n}};
  all["exclude"] = list_of(string, kMostNames);
  all["only"] = list_of(string, kMostNames);
  all["min_listeners"] = {{"type", "integer"}, {"minimum", 0}, {"default", standard.min_listeners}};
  body["additionalProperties"] = false;
  Json content = {{"application/json", {{"schema", body}, {"example", example}}}};
  content["application/json"]["example"]["n"] = standard.n;
  return content;
}

Json posted_content(Posted posted) {
  const Json string{{"type", "string"}};
  Json entry = object({{"item", string}, {"value", {{"type", "number"}, {"default", 1}}}});
  entry["required"] = {"item"};
  const Json history = list_of(entry, kMostNames);
  const Json liked = Json::array({{{"item", "Blur"}, {"value", 12}}});
  switch (posted) {
    case Posted::kItems: {
      Json content = body_content({{"items", list_of(string, kMostQuestions)}}, {{"items", {"Blur"}}});
      content["application/json"]["schema"]["required"] = {"items"};
      return content;
    }
    case Posted::kPeople:
      return body_content({{"users", list_of(string, kMostQuestions)},
                           {"histories", list_of(history, kMostQuestions)},
                           {"include_seen", flag()},
                           {"explain", flag()}},
                          {{"histories", Json::array({liked})}, {"explain", true}});
    default: {
      Json content = body_content({{"history", history}, {"include_seen", flag()}, {"explain", flag()}},
                                  {{"history", liked}, {"explain", true}});
      content["application/json"]["schema"]["required"] = {"history"};
      return content;
    }
  }
}

const char* type_of(const Route& route) {
  if (route.path == "/") return "text/html";
  if (route.path == "/v1/map/points") return "application/octet-stream";
  return route.path == "/metrics" ? "text/plain" : "application/json";
}

}  // namespace

std::string openapi_json() {
  Json paths = Json::object();
  for (const Route& route : routes()) {
    Json operation{{"summary", route.summary}, {"parameters", parameters_of(route)}};
    if (route.posted != Posted::kNothing) {
      operation["requestBody"] = {{"required", true}, {"content", posted_content(route.posted)}};
    }
    if (route.path.starts_with("/v1/admin/")) operation["security"] = Json::array({{{"key", Json::array()}}});
    operation["responses"] = {
        {"200", {{"description", "The answer"}, {"content", content(type_of(route), Json::object())}}},
        {"default",
         {{"description", "What is wrong, and how to mend it"},
          {"content", content("application/problem+json", {{"$ref", "#/components/schemas/Problem"}})}}}};
    if (route.cached) operation["responses"]["304"] = {{"description", "As If-None-Match has it"}};
    if (route.place == Place::kLoader) {
      operation["responses"]["409"] = {
          {"description", "A reload is under way"},
          {"content", content("application/problem+json", {{"$ref", "#/components/schemas/Problem"}})}};
    }
    const std::string method = route.method == "GET" ? "get" : "post";
    paths[std::string(route.path)][method] = std::move(operation);
  }
  const Json string{{"type", "string"}};
  const Json problem = object({{"type", string},
                               {"title", string},
                               {"status", {{"type", "integer"}}},
                               {"code", string},
                               {"detail", string},
                               {"fix", string}});
  const Json whole{
      {"openapi", "3.0.3"},
      {"info", {{"title", "segue"}, {"version", SEGUE_VERSION}, {"description", "Similar items and recommendations"}}},
      {"paths", paths},
      {"components",
       {{"schemas", {{"Problem", problem}}},
        {"securitySchemes", {{"key", {{"type", "http"}, {"scheme", "bearer"}}}}}}}};
  return dump(whole);
}

}  // namespace segue::server
