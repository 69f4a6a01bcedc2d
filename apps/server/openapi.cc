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

Json names() { return {{"type", "array"}, {"items", {{"type", "string"}}}, {"maxItems", kMostNames}}; }

Json history_body() {
  const Json string{{"type", "string"}};
  Json entry = object({{"item", string}, {"value", {{"type", "number"}, {"default", 1}}}});
  entry["required"] = {"item"};
  const RecommendBody standard;
  Json body = object({{"history", {{"type", "array"}, {"items", entry}, {"maxItems", kMostNames}}},
                      {"n", {{"type", "integer"}, {"minimum", 1}, {"maximum", kMostResults}, {"default", standard.n}}},
                      {"exclude", names()},
                      {"only", names()},
                      {"min_listeners", {{"type", "integer"}, {"minimum", 0}, {"default", standard.min_listeners}}},
                      {"include_seen", {{"type", "boolean"}, {"default", standard.include_seen}}}});
  body["required"] = {"history"};
  body["additionalProperties"] = false;
  return body;
}

const char* type_of(const Route& route) {
  if (route.path == "/") return "text/html";
  return route.path == "/metrics" ? "text/plain" : "application/json";
}

}  // namespace

std::string openapi_json() {
  Json paths = Json::object();
  for (const Route& route : routes()) {
    Json operation{{"summary", route.summary}, {"parameters", parameters_of(route)}};
    if (route.path == "/v1/recommendations") {
      operation["requestBody"] = {{"required", true}, {"content", content("application/json", history_body())}};
    }
    if (route.path.starts_with("/v1/admin/")) operation["security"] = Json::array({{{"key", Json::array()}}});
    operation["responses"] = {
        {"200", {{"description", "The answer"}, {"content", content(type_of(route), Json::object())}}},
        {"default",
         {{"description", "What is wrong, and how to mend it"},
          {"content", content("application/problem+json", {{"$ref", "#/components/schemas/Problem"}})}}}};
    if (route.cached) operation["responses"]["304"] = {{"description", "As If-None-Match has it"}};
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
