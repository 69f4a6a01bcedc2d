#include "service.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <set>
#include <string>
#include <vector>

#include "json.h"
#include "segue/error.h"
#include "segue/index.h"
#include "testing/reference_search.h"

namespace segue::server {
namespace {

using ::testing::ElementsAre;
using testing::factors_of;
using ::testing::HasSubstr;

/// Five items in two directions, with listeners: ac/dc 3, Blur 2, Pulp 2 and another Pulp 1, Nobody none. The users ann
/// and bob play; new has played but training has learned nothing about them.
Model small_model() {
  Interactions interactions;
  interactions.users = IdMap::create(StringTable::from({"ann", "bob", "new"}));
  interactions.items = IdMap::create(StringTable::from({"ac/dc", "b1", "b2", "b3", "n"}));
  interactions.titles = StringTable::from({"AC/DC", "Blur", "Pulp", "Pulp", "Nobody"});
  interactions.plays =
      CsrMatrix::create(5, std::vector<std::uint64_t>{0, 3, 6, 8}, std::vector<std::uint32_t>{0, 1, 2, 0, 1, 3, 0, 2},
                        std::vector<float>{1, 9.5F, 4, 5, 2, 1, 1, 2});
  WeightingState weighting;
  weighting.options.weighting = Weighting::kRaw;
  weighting.items = 5;
  ModelCard card;
  card.options.factors = 2;
  card.options.regularization = 0.5F;
  return Model::create(interactions, weighting, factors_of({{1, 0.5F}, {0, 1}, {0, 0}}),
                       factors_of({{1, 0}, {3, 1}, {1, 3}, {0, 2}, {1, 1}}), card);
}

struct Asked {
  unsigned status;
  Json json;
  std::string etag;
};

class ServiceTest : public ::testing::Test {
 protected:
  Reply reply_to(Request request) {
    const Target target = parse_target(request.target);
    const RouteMatch match = match_route(request.method, target);
    return match.route == nullptr ? match.refusal : service.answer(request, target, match);
  }
  Asked ask(const std::string& method, const std::string& target, const std::string& body = "") {
    const Reply reply = reply_to({method, target, "", "", "", body});
    std::string etag;
    for (const auto& [name, value] : reply.headers) {
      if (name == "ETag") etag = value;
    }
    return {reply.status, Json::parse(reply.body, nullptr, false), etag};
  }
  Asked get(const std::string& target) { return ask("GET", target); }

  bool broken = false;
  Service service{[this] {
                    if (broken) throw Error(ErrorCode::kCorruptFile, {"/secret/path"}, "the section is damaged", "");
                    return small_model();
                  },
                  "key"};
};

std::vector<std::string> ids_of(const Json& list) {
  std::vector<std::string> ids;
  for (const Json& item : list) ids.push_back(item["id"]);
  return ids;
}

TEST_F(ServiceTest, FindsItemsByIdTitleOrOtherCase) {
  for (const char* name : {"ac%2Fdc", "AC%2FDC", "ac%2FDc", "acdc"}) {
    const Asked asked = get(std::string("/v1/items/") + name);
    EXPECT_EQ(asked.status, 200) << name;
    EXPECT_EQ(asked.json["item"], Json({{"id", "ac/dc"}, {"title", "AC/DC"}, {"listeners", 3}})) << name;
    EXPECT_EQ(asked.json["model"], service.snapshot()->version());
  }
}

TEST_F(ServiceTest, SaysWhichIdsATitleStandsForAndWhatWasMeant) {
  const Asked several = get("/v1/items/Pulp");
  EXPECT_EQ(several.status, 409);
  EXPECT_EQ(several.json["detail"], "\"Pulp\" stands for 2 items");
  EXPECT_EQ(several.json["fix"], "give the id of the one that is meant: \"b2\", \"b3\"");
  const Asked none = get("/v1/items/Blurr");
  EXPECT_EQ(none.status, 404);
  EXPECT_EQ(none.json["title"], "Not Found");
  EXPECT_EQ(none.json["fix"], "did you mean \"Blur\"?");
}

TEST_F(ServiceTest, SearchesAsOneTypes) {
  EXPECT_THAT(ids_of(get("/v1/items").json["items"]), ElementsAre("ac/dc", "b1", "b2", "b3", "n"));
  EXPECT_THAT(ids_of(get("/v1/items?q=PU&n=1").json["items"]), ElementsAre("b2"));
  const Asked similar = get("/v1/items?q=blru");
  EXPECT_EQ(similar.json["match"], "similar");
  EXPECT_THAT(ids_of(similar.json["items"]), ElementsAre("b1"));
}

TEST_F(ServiceTest, ListsSimilarItemsUnderEveryFilter) {
  const Asked all = get("/v1/items/ac%2Fdc/similar");
  EXPECT_THAT(ids_of(all.json["results"]), ElementsAre("b1", "b2", "b3"));
  EXPECT_FLOAT_EQ(all.json["results"][0]["score"].get<float>(), 0.9486833F);
  EXPECT_EQ(all.json["index"], "exact");
  EXPECT_THAT(ids_of(get("/v1/items/ac%2Fdc/similar?n=1").json["results"]), ElementsAre("b1"));
  EXPECT_THAT(ids_of(get("/v1/items/ac%2Fdc/similar?exclude=b1&exclude=b3").json["results"]), ElementsAre("b2"));
  EXPECT_THAT(ids_of(get("/v1/items/ac%2Fdc/similar?only=b3").json["results"]), ElementsAre("b3"));
  EXPECT_THAT(ids_of(get("/v1/items/ac%2Fdc/similar?min_listeners=2").json["results"]), ElementsAre("b1", "b2"));
}

TEST_F(ServiceTest, ShowsAUserAndPages) {
  const Asked ann = get("/v1/users/ann?n=2");
  EXPECT_EQ(ann.json["items"], 3);
  EXPECT_THAT(ids_of(ann.json["history"]), ElementsAre("b1", "b2"));
  EXPECT_EQ(ann.json["history"][0]["value"], 9.5);
  EXPECT_THAT(ids_of(get("/v1/users/ann?offset=2").json["history"]), ElementsAre("ac/dc"));
  EXPECT_THAT(ids_of(get("/v1/users/ann?offset=9").json["history"]), ElementsAre());
  EXPECT_EQ(get("/v1/users/Ann").status, 404);
}

TEST_F(ServiceTest, RecommendsForAUser) {
  const Asked next = get("/v1/users/ann/recommendations");
  EXPECT_EQ(next.json["method"], "factors");
  EXPECT_THAT(ids_of(next.json["results"]), ElementsAre("b3"));
  const std::string all = "/v1/users/ann/recommendations?include_seen=true";
  EXPECT_THAT(ids_of(get(all).json["results"]), ElementsAre("b1", "b2", "ac/dc", "b3"));
  EXPECT_THAT(ids_of(get(all + "&offset=1&n=2").json["results"]), ElementsAre("b2", "ac/dc"));
  EXPECT_THAT(ids_of(get(all + "&offset=9").json["results"]), ElementsAre());
}

TEST_F(ServiceTest, FallsBackOnWhatIsPopularAndSaysSo) {
  const Asked user = get("/v1/users/new/recommendations");
  EXPECT_EQ(user.json["method"], "popularity");
  EXPECT_THAT(ids_of(user.json["results"]), ElementsAre("b1", "b3"));
  const Asked nobody = ask("POST", "/v1/recommendations", R"({"history": [], "exclude": ["b1"], "n": 2})");
  EXPECT_EQ(nobody.json["method"], "popularity");
  EXPECT_EQ(nobody.json["note"], "the history is empty: these have the most listeners");
  EXPECT_THAT(ids_of(nobody.json["results"]), ElementsAre("ac/dc", "b2"));
  EXPECT_EQ(nobody.json["results"][0]["score"], 3);
}

TEST_F(ServiceTest, RecommendsForAHistoryAsTheRecommenderDoes) {
  const Asked asked =
      ask("POST", "/v1/recommendations", R"({"history": [{"item": "Blur", "value": 3}, {"item": "ac/dc"}]})");
  EXPECT_EQ(asked.json["method"], "fold_in");
  const std::vector<HistoryItem> history = {{1, 3}, {0, 1}};
  const std::vector<Neighbor> expected = service.snapshot()->recommender().recommend(history, {});
  ASSERT_EQ(asked.json["results"].size(), expected.size());
  EXPECT_FLOAT_EQ(asked.json["results"][0]["score"].get<float>(), expected[0].score);
  const Asked twice = ask("POST", "/v1/recommendations", R"({"history": [{"item": "Blur"}, {"item": "blur"}]})");
  EXPECT_EQ(twice.status, 400);
  EXPECT_EQ(twice.json["detail"], "the history names \"Blur\" twice");
}

TEST_F(ServiceTest, ExplainsByTheHistoryWhenAsked) {
  const Asked plain = get("/v1/users/ann/recommendations");
  EXPECT_FALSE(plain.json["results"][0].contains("reasons"));
  const Asked asked = get("/v1/users/ann/recommendations?explain=true");
  EXPECT_THAT(ids_of(asked.json["results"]), ElementsAre("b3"));
  const Json& reasons = asked.json["results"][0]["reasons"];
  ASSERT_FALSE(reasons.empty());
  for (const Json& reason : reasons) {
    EXPECT_THAT(std::vector<std::string>({"ac/dc", "b1", "b2"}), ::testing::Contains(reason["id"]));
    EXPECT_GT(reason["part"].get<float>(), 0);
  }
  EXPECT_EQ(reasons[0]["title"], "Pulp");  // of which ann plays 4, and it is the nearest to b3
  const Asked posted = ask("POST", "/v1/recommendations", R"({"history": [{"item": "Blur"}], "explain": true})");
  for (const Json& result : posted.json["results"]) {
    ASSERT_LE(result["reasons"].size(), 1U);  // what Blur speaks against has none
    if (!result["reasons"].empty()) {
      EXPECT_NEAR(result["reasons"][0]["part"].get<float>(), result["score"].get<float>(), 1e-6);
    }
  }
  // What is popular has no reasons.
  EXPECT_FALSE(get("/v1/users/new/recommendations?explain=true").json["results"][0].contains("reasons"));
}

TEST_F(ServiceTest, ListsSimilarUsers) {
  const Asked asked = get("/v1/users/ann/similar");
  EXPECT_EQ(asked.json["index"], "exact");
  EXPECT_THAT(ids_of(asked.json["results"]), ElementsAre("bob"));  // training knows nothing of new
  EXPECT_EQ(asked.json["results"][0]["items"], 3);
  EXPECT_FLOAT_EQ(asked.json["results"][0]["score"].get<float>(), 0.4472136F);
  EXPECT_EQ(get("/v1/users/new/similar").json["results"], Json::array());
  EXPECT_EQ(get("/v1/users/eve/similar").status, 404);
}

TEST_F(ServiceTest, AnswersManyItemsAsOneByOne) {
  const Asked asked =
      ask("POST", "/v1/batch/similar", R"({"items": ["b1", "AC/DC", "Blurr"], "n": 2, "exclude": ["b2"]})");
  ASSERT_EQ(asked.status, 200);
  EXPECT_EQ(asked.json["index"], "exact");
  ASSERT_EQ(asked.json["answers"].size(), 3U);
  EXPECT_EQ(asked.json["answers"][0]["results"], get("/v1/items/b1/similar?n=2&exclude=b2").json["results"]);
  EXPECT_EQ(asked.json["answers"][1]["results"], get("/v1/items/AC%2FDC/similar?n=2&exclude=b2").json["results"]);
  EXPECT_EQ(asked.json["answers"][1]["item"]["id"], "ac/dc");
  EXPECT_EQ(asked.json["answers"][2]["query"], "Blurr");
  EXPECT_EQ(asked.json["answers"][2]["problem"]["code"], "not_found");
}

TEST_F(ServiceTest, AnswersManyPeopleAsOneByOne) {
  const Asked users = ask("POST", "/v1/batch/recommendations", R"({"users": ["ann", "new", "eve"], "explain": true})");
  ASSERT_EQ(users.json["answers"].size(), 3U);
  EXPECT_EQ(users.json["answers"][0]["results"], get("/v1/users/ann/recommendations?explain=true").json["results"]);
  EXPECT_EQ(users.json["answers"][1]["method"], "popularity");
  EXPECT_EQ(users.json["answers"][2]["problem"]["detail"], "there is no user \"eve\"");
  const Asked histories = ask("POST", "/v1/batch/recommendations",
                              R"({"histories": [[{"item": "Blur", "value": 3}], [], [{"item": "Blurr"}]]})");
  const Asked alone = ask("POST", "/v1/recommendations", R"({"history": [{"item": "Blur", "value": 3}]})");
  EXPECT_EQ(histories.json["answers"][0]["results"], alone.json["results"]);
  EXPECT_EQ(histories.json["answers"][1]["method"], "popularity");
  EXPECT_EQ(histories.json["answers"][2]["problem"]["code"], "not_found");
}

/// small_model() with a map on which all but Nobody have a place.
Model mapped_model() {
  ItemMap map;
  map.positions = std::vector<float>{-1, 0.5F, 0, 1, 0.25F, 0, 0.5F, -0.5F, 0, 0};
  map.clusters = std::vector<std::uint32_t>{1, 0, 0, 0, ItemMap::kNowhere};
  map.options.clusters = 2;
  map.trustworthiness = 0.875;
  map.sample = 4;
  return small_model().with_map(map);
}

TEST_F(ServiceTest, WithoutAMapSaysHowToMakeOne) {
  for (const char* path : {"/v1/map", "/v1/map/points", "/v1/map/items?point=0"}) {
    const Asked asked = get(path);
    EXPECT_EQ(asked.status, 404) << path;
    EXPECT_EQ(asked.json["detail"], "this model has no map");
  }
  EXPECT_FALSE(get("/v1/items/b1?place=true").json["item"].contains("place"));
  EXPECT_FALSE(get("/v1/model").json.contains("map"));
}

TEST(ServiceMap, ShowsRegionsPointsAndTheirItems) {
  Service service(mapped_model, "");
  const auto body = [&](const std::string& text) {
    const Request request{"GET", text, "", "", "", ""};
    const Target target = parse_target(text);
    return service.answer(request, target, match_route("GET", target)).body;
  };
  const Json map = Json::parse(body("/v1/map"));
  EXPECT_EQ(map["points"], 4);
  EXPECT_EQ(map["trustworthiness"], 0.875);
  ASSERT_EQ(map["clusters"].size(), 2U);
  EXPECT_EQ(map["clusters"][0]["items"], 3);
  EXPECT_EQ(map["clusters"][0]["x"], 0.25);
  EXPECT_THAT(ids_of(map["clusters"][0]["top"]), ElementsAre("b1", "b2", "b3"));
  // By listeners: ac/dc, b1, b2, b3.
  const std::string points = body("/v1/map/points");
  ASSERT_EQ(points.size(), 4U * 16);
  const auto floats = [&](std::size_t i) {
    float value = 0;
    std::memcpy(&value, points.data() + 4 * i, 4);
    return value;
  };
  const auto numbers = [&](std::size_t i) {
    std::uint32_t value = 0;
    std::memcpy(&value, points.data() + 4 * i, 4);
    return value;
  };
  EXPECT_EQ(floats(0), -1);
  EXPECT_EQ(floats(7), -0.5F);
  EXPECT_EQ(numbers(8), 3U);
  EXPECT_EQ(numbers(12), 1U);
  const Json items = Json::parse(body("/v1/map/items?point=1&point=3"));
  EXPECT_THAT(ids_of(items["items"]), ElementsAre("b1", "b3"));
  EXPECT_EQ(items["items"][1]["place"], Json({0.5, -0.5}));
  EXPECT_EQ(Json::parse(body("/v1/map/items?point=4"))["code"], "not_found");
  const Json similar = Json::parse(body("/v1/items/b1/similar?place=true"));
  EXPECT_EQ(similar["item"]["place"], Json({0, 1}));
  EXPECT_EQ(similar["results"][0]["cluster"], 1);
  EXPECT_EQ(Json::parse(body("/v1/model"))["map"]["sample"], 4);
}

TEST_F(ServiceTest, ListsUsersInPages) {
  const Asked all = get("/v1/users");
  EXPECT_EQ(all.json["total"], 3);
  EXPECT_THAT(ids_of(all.json["users"]), ElementsAre("ann", "bob", "new"));
  EXPECT_EQ(all.json["users"][2]["items"], 2);
  EXPECT_THAT(ids_of(get("/v1/users?offset=1&n=1").json["users"]), ElementsAre("bob"));
  EXPECT_THAT(ids_of(get("/v1/users?offset=9").json["users"]), ElementsAre());
  const Asked beyond = get("/v1/users?offset=10001");
  EXPECT_EQ(beyond.status, 400);
  EXPECT_EQ(beyond.json["fix"], "write for instance offset=0; ask for users further on by id: GET /v1/users/{id}");
}

TEST_F(ServiceTest, SearchesByTheIndexThatIsAskedFor) {
  EXPECT_EQ(get("/v1/model").json["indexes"], Json({"exact", "ivf", "annoy"}));
  const Asked exact = get("/v1/items/b1/similar?index=exact");
  EXPECT_FALSE(exact.json.contains("recall"));
  const Asked ivf = get("/v1/items/b1/similar?index=ivf");
  EXPECT_EQ(ivf.json["index"], "ivf");
  EXPECT_EQ(ivf.json["recall"]["at_10"], 1);  // of five items all lists are looked into
  EXPECT_GT(ivf.json["recall"]["sample"], 0);
  EXPECT_EQ(ids_of(ivf.json["results"]), ids_of(exact.json["results"]));
  const Asked none = get("/v1/items/b1/similar?index=graph");
  EXPECT_EQ(none.status, 400);
  EXPECT_EQ(none.json["fix"], "known are exact, ivf, annoy; `segue index build` adds one to the model");
}

TEST(Service, SaysHowExactAnIndexOfTheFileIs) {
  const auto indexed = [] {
    Model model = small_model();
    IndexOptions options;
    options.kind = "ivf";
    options.lists = 2;
    StoredIndex index = make_index(model.item_factors(), Metric::kCosine, options)->store();
    index.recall.at_10 = 0.75;  // of so few items all are found
    return model.with_indexes({index});
  };
  Service service(indexed, "");
  const auto get = [&](const std::string& text) {
    const Request request{"GET", text, "", "", "", ""};
    const Target target = parse_target(text);
    return service.answer(request, target, match_route("GET", target));
  };
  const Json similar = Json::parse(get("/v1/items/b1/similar").body);
  EXPECT_EQ(similar["index"], "ivf");
  const KnownRecall known = service.snapshot()->recommender().similar_recall();
  EXPECT_EQ(known.at_10, 0.75);
  EXPECT_EQ(similar["recall"]["at_10"], known.at_10);
  EXPECT_EQ(similar["recall"]["at_20"], known.at_20);
  const Json users = Json::parse(get("/v1/users/ann/recommendations").body);
  EXPECT_EQ(users["index"], "exact");
  EXPECT_FALSE(users.contains("recall"));
  // Another index may give other answers, so it is another tag.
  EXPECT_NE(service.snapshot()->state(), Service(small_model, "").snapshot()->state());
}

TEST_F(ServiceTest, BoundsTheNamesThatTakeASearch) {
  std::string target = "/v1/items/b1/similar?n=1";
  for (int i = 0; i < 100; ++i) target += "&exclude=Blur&exclude=b2";
  for (int i = 0; i < 20; ++i) target += "&exclude=blUr";
  EXPECT_EQ(get(target).status, 200);
  target += "&exclude=blUr";
  EXPECT_EQ(get(target).json["detail"], "more than 20 names are neither ids nor exact titles");
}

TEST_F(ServiceTest, RefusesParametersItDoesNotKnow) {
  EXPECT_EQ(get("/v1/items?query=x").json["detail"], "there is no parameter \"query\" here");
  EXPECT_EQ(get("/v1/items?query=x").json["fix"], "known are q, n");
  EXPECT_EQ(get("/v1/items?n=0").json["detail"], "n is not a whole number from 1 to 1000");
  EXPECT_EQ(get("/v1/items?n=").status, 400);
  EXPECT_EQ(get("/v1/items?n=1&n=2").json["detail"], "n is given twice");
  EXPECT_EQ(get("/v1/users/ann/recommendations?include_seen=yes").json["detail"],
            "include_seen is neither true nor false");
}

TEST_F(ServiceTest, ToldByTheTagThatNothingChangedAnswersNothing) {
  const std::string tag = get("/v1/items/b1").etag;
  EXPECT_THAT(tag, HasSubstr(service.snapshot()->version()));
  const Reply same = reply_to({"GET", "/v1/items/b1", "", "W/" + tag, "", ""});
  EXPECT_EQ(same.status, 304);
  EXPECT_EQ(same.body, "");
  EXPECT_EQ(reply_to({"GET", "/v1/items/b1", "", "\"other\"", "", ""}).status, 200);
  EXPECT_EQ(reply_to({"GET", "/v1/items/b1", "", "*", "", ""}).status, 304);
}

TEST_F(ServiceTest, SaysOfNothingThatIsNotThereThatItIsUnchanged) {
  const std::string tag = get("/v1/items/b1").etag;
  for (const std::string& held : {std::string("*"), tag, "\"other\", W/" + tag}) {
    EXPECT_EQ(reply_to({"GET", "/v1/items/Blurr", "", held, "", ""}).status, 404) << held;
    EXPECT_EQ(reply_to({"GET", "/v1/items/Pulp", "", held, "", ""}).status, 409) << held;
    EXPECT_EQ(reply_to({"GET", "/v1/users/eve", "", held, "", ""}).status, 404) << held;
    EXPECT_EQ(reply_to({"GET", "/v1/map", "", held, "", ""}).status, 404) << held;
    EXPECT_EQ(reply_to({"GET", "/v1/items/b1?n=x", "", held, "", ""}).status, 400) << held;
  }
}

TEST_F(ServiceTest, TellsMethodsThatDoNotFitAndPlacesThatAreNotThere) {
  const Reply wrong = reply_to({"PUT", "/v1/recommendations", "", "", "", ""});
  EXPECT_EQ(wrong.status, 405);
  EXPECT_THAT(wrong.headers, ::testing::Contains(::testing::Pair("Allow", "POST")));
  EXPECT_EQ(get("/v1/items/ac/dc").status, 404);
  EXPECT_EQ(get("/v1").status, 404);
  EXPECT_EQ(ask("HEAD", "/v1/items").status, 200);
}

TEST_F(ServiceTest, ReloadsForTheKeyOnlyAndKeepsTheOldModelWhereTheFileIsBad) {
  const auto before = service.snapshot();
  const auto reload = [&](const std::string& key) { return reply_to({"POST", "/v1/admin/reload", "", "", key, ""}); };
  EXPECT_EQ(reload("").status, 401);
  EXPECT_EQ(reload("Bearer kez").status, 401);
  EXPECT_EQ(reload("Bearer keykey").status, 401);
  EXPECT_EQ(service.snapshot(), before);
  EXPECT_EQ(reload("Basic key").status, 401);
  EXPECT_EQ(reload("bearer").status, 401);
  EXPECT_EQ(reload("bearer key").status, 200);  // schemes ignore case
  EXPECT_EQ(reload("Bearer key").status, 200);
  const auto after = service.snapshot();
  EXPECT_NE(after, before);
  broken = true;
  const Reply refused = reload("Bearer key");
  EXPECT_EQ(refused.status, 422);
  EXPECT_THAT(refused.body, HasSubstr("the file was refused: the section is damaged"));
  EXPECT_THAT(refused.body, ::testing::Not(HasSubstr("/secret")));
  EXPECT_EQ(service.snapshot(), after);
  EXPECT_EQ(service.reloads(), 2);
  EXPECT_EQ(service.refused_reloads(), 1);
}

TEST(Service, WithoutAKeyNobodyMayReload) {
  const Service service(small_model, "");
  Reply refusal;
  EXPECT_FALSE(service.may_administer("Bearer ", refusal));
  EXPECT_EQ(refusal.status, 403);
}

TEST_F(ServiceTest, DescribesEveryRouteAndNoOther) {
  const Json description = get("/openapi.json").json;
  std::set<std::string> described;
  for (const auto& [path, operations] : description["paths"].items()) {
    for (const auto& [method, operation] : operations.items()) {
      described.insert(method + " " + path);
      // What is described is answered, and every parameter that is described is taken.
      std::string target = path;
      if (const std::size_t at = target.find("{id}"); at != std::string::npos) {
        target.replace(at, 4, path.find("users") != std::string::npos ? "ann" : "b1");
      }
      std::string query;
      for (const Json& parameter : operation["parameters"]) {
        if (parameter["in"] != "query") continue;
        const Json& schema = parameter["schema"];
        const bool numbers = schema["type"] == "array" && schema["items"]["type"] == "integer";
        const std::string value = schema["type"] == "integer"    ? schema["default"].dump()
                                  : schema["type"] == "boolean"  ? "true"
                                  : numbers                      ? "0"
                                  : parameter["name"] == "index" ? "exact"
                                                                 : "b2";
        query += (query.empty() ? "?" : "&") + parameter["name"].get<std::string>() + "=" + value;
      }
      // Of a body, too: its example has an answer, and every field that is described is taken.
      std::string posted;
      if (operation.contains("requestBody")) {
        const Json& content = operation["requestBody"]["content"]["application/json"];
        Json body = content["example"];
        for (const auto& [name, schema] : content["schema"]["properties"].items()) {
          if (!body.contains(name)) {
            body[name] = schema.contains("default") ? schema["default"] : Json::array();
          }
        }
        posted = body.dump();
      }
      const unsigned status = ask(method == "get" ? "GET" : "POST", target + query, posted).status;
      const bool no_map = path.starts_with("/v1/map");  // this model has none
      EXPECT_EQ(status, path.find("admin") != std::string::npos ? 401
                        : no_map                                ? 404
                                                                : 200)
          << method << " " << target << query << " " << posted;
    }
  }
  std::set<std::string> known;
  for (const Route& route : routes()) {
    known.insert((route.method == "GET" ? "get " : "post ") + std::string(route.path));
  }
  EXPECT_EQ(described, known);
  EXPECT_TRUE(description["paths"]["/v1/admin/reload"]["post"]["responses"].contains("409"));
}

TEST_F(ServiceTest, MeasuresInTheFormatOfPrometheus) {
  service.metrics.count("/v1/items", 200, 0.0015);
  service.metrics.count("/v1/items", 404, 2);
  const Reply reply = reply_to({"GET", "/metrics", "", "", "", ""});
  for (const char* line :
       {"segue_request_seconds_bucket{route=\"/v1/items\",le=\"0.001\"} 0\n",
        "segue_request_seconds_bucket{route=\"/v1/items\",le=\"0.002\"} 1\n",
        "segue_request_seconds_bucket{route=\"/v1/items\",le=\"1\"} 1\n",
        "segue_request_seconds_bucket{route=\"/v1/items\",le=\"+Inf\"} 2\n",
        "segue_request_seconds_count{route=\"/v1/items\"} 2\n",
        "segue_requests_total{route=\"/v1/items\",status=\"404\"} 1\n", "segue_model_info{version=\""}) {
    EXPECT_THAT(reply.body, HasSubstr(line));
  }
}

TEST_F(ServiceTest, SaysWhyNothingIsSuggested) {
  const auto note = [&](const std::string& body) {
    const Asked asked = ask("POST", "/v1/recommendations", body);
    EXPECT_EQ(asked.status, 200);
    EXPECT_TRUE(asked.json["results"].empty()) << asked.json;
    return asked.json["note"].get<std::string>();
  };
  EXPECT_THAT(note(R"({"history": [{"item": "b1", "value": -2}, {"item": "b2", "value": 0}]})"),
              HasSubstr("nothing in the history is liked"));
  EXPECT_THAT(note(R"({"history": [{"item": "b1", "value": 0}]})"), HasSubstr("name an item with a value above 0"));
  EXPECT_THAT(note(R"({"history": [{"item": "b1"}], "only": ["b1"]})"), HasSubstr("in only"));
  EXPECT_THAT(note(R"({"history": [{"item": "b1"}], "min_listeners": 99})"), HasSubstr("min_listeners"));
  EXPECT_FALSE(ask("POST", "/v1/recommendations", R"({"history": [{"item": "b1"}]})").json.contains("note"));
}

TEST_F(ServiceTest, LeavesToOthersWhatTakesLongerThanASearch) {
  const auto soon = [&](const std::string& method, const std::string& address, const std::string& body) {
    const Request request{method, address, "", "", "", body};
    const Target target = parse_target(address);
    const RouteMatch match = match_route(method, target);
    EXPECT_EQ(match.route->place, Place::kInTurn) << address;
    return service.answer_soon(request, target, match).has_value();
  };
  EXPECT_TRUE(soon("GET", "/v1/items/b1/similar", ""));
  EXPECT_TRUE(soon("GET", "/v1/items/Blur", ""));
  EXPECT_TRUE(soon("GET", "/v1/users/ann/recommendations", ""));
  EXPECT_TRUE(soon("GET", "/v1/users/nobody", ""));  // told at once
  EXPECT_TRUE(soon("POST", "/v1/recommendations", R"({"history": [{"item": "b1"}]})"));
  EXPECT_FALSE(soon("GET", "/v1/items/blur", ""));  // a search of all titles
  EXPECT_FALSE(soon("GET", "/v1/items/b1/similar?exclude=blurr", ""));
  EXPECT_FALSE(soon("GET", "/v1/items/b1/similar?index=annoy", ""));  // which has to be built
  EXPECT_FALSE(soon("GET", "/v1/users/ann/recommendations?explain=true", ""));
  EXPECT_FALSE(soon("POST", "/v1/recommendations", R"({"history": [{"item": "blur"}]})"));
}

TEST_F(ServiceTest, TellsWhatTrainingWasToldAndWhatWasEvaluated) {
  EXPECT_EQ(get("/v1/model").json["settings"]["regularization"], "0.5");
  EXPECT_EQ(get("/v1/model").json["settings"]["weighting"], "raw");
  EXPECT_FALSE(get("/v1/model").json.contains("evaluation"));
  const std::string before = get("/v1/model").etag;
  CardEvaluation found;
  found.split = "random, share 0.2, seed 3";
  found.users = 2;
  found.figures = {{"als", "ndcg@10", 0.25, 0.125, 0.5}};
  Service evaluated([&] { return small_model().with_evaluation(found); }, "");
  const Request request{"GET", "/v1/model", "", before, "", ""};  // whoever has the old answer gets the new one
  const Target target = parse_target("/v1/model");
  const Json json = Json::parse(evaluated.answer(request, target, match_route("GET", target)).body)["evaluation"];
  EXPECT_EQ(json["users"], 2);
  EXPECT_EQ(json["figures"][0],
            Json({{"model", "als"}, {"metric", "ndcg@10"}, {"mean", 0.25}, {"low", 0.125}, {"high", 0.5}}));
}

TEST_F(ServiceTest, IsNotReadyWhileItDrains) {
  EXPECT_EQ(get("/readyz").status, 200);
  service.draining = true;
  EXPECT_EQ(get("/readyz").status, 503);
  EXPECT_EQ(get("/healthz").status, 200);
}

TEST(SameSecret, ComparesWholeStrings) {
  EXPECT_TRUE(same_secret("", ""));
  EXPECT_TRUE(same_secret("abc", "abc"));
  EXPECT_FALSE(same_secret("abc", "abd"));
  EXPECT_FALSE(same_secret("abcabc", "abc"));
  EXPECT_FALSE(same_secret("", "abc"));
  EXPECT_FALSE(same_secret("abc", ""));
}

/// The same listeners, and pairs of items for factors.
Model neighbor_model() {
  const Model als = small_model();
  ModelCard card;
  card.model = "knn";
  WeightingState binary;
  binary.options.weighting = Weighting::kBinary;
  binary.items = 5;
  CsrMatrix similar =
      CsrMatrix::create(5, std::vector<std::uint64_t>{0, 2, 3, 4, 4, 4}, std::vector<std::uint32_t>{1, 2, 0, 0},
                        std::vector<float>{0.5F, 0.25F, 0.5F, 1});
  return Model::create(als.interactions(), Neighborhood{std::move(similar), std::move(binary), true}, card);
}

TEST(ServiceOfAnItemModel, AnswersByHistories) {
  Service service{[] { return neighbor_model(); }, "key"};
  const auto get = [&](const std::string& method, const std::string& path, const std::string& body) {
    const Request request{method, path, "", "", "", body};
    const Target target = parse_target(path);
    return Json::parse(service.answer(request, target, match_route(method, target)).body);
  };
  const Json similar = get("GET", "/v1/items/ac%2Fdc/similar", "");
  EXPECT_EQ(similar["metric"], "weight");
  ASSERT_EQ(similar["results"].size(), 2U);
  EXPECT_EQ(similar["results"][0]["id"], "b1");
  // new knows AC/DC and b2: Blur is what AC/DC speaks for.
  const Json user = get("GET", "/v1/users/new/recommendations", "");
  EXPECT_EQ(user["method"], "history");
  ASSERT_EQ(user["results"].size(), 1U);
  EXPECT_EQ(user["results"][0]["id"], "b1");
  const Json stranger = get("POST", "/v1/recommendations", R"({"history": [{"item": "b1"}]})");
  EXPECT_EQ(stranger["method"], "history");
  ASSERT_EQ(stranger["results"].size(), 1U);
  EXPECT_EQ(stranger["results"][0]["id"], "ac/dc");
  const Json model = get("GET", "/v1/model", "");
  EXPECT_EQ(model["kind"], "knn");
  EXPECT_EQ(model["factors"], 0);
  EXPECT_EQ(model["indexes"], Json::parse(R"(["exact"])"));  // it has no vectors to make another of
}

}  // namespace
TEST(ServiceOfPopularity, RecommendsThoughNothingIsAlike) {
  Service service{[] {
                    ModelCard card;
                    card.model = "popularity";
                    return Model::create(small_model().interactions(),
                                         FittedPopularity{std::vector<std::uint32_t>{3, 2, 2, 1, 0}}, card);
                  },
                  "key"};
  const auto get = [&](const std::string& path) {
    const Request request{"GET", path, "", "", "", ""};
    return service.answer(request, parse_target(path), match_route("GET", parse_target(path)));
  };
  EXPECT_FALSE(Json::parse(get("/v1/users/new/recommendations").body)["results"].empty());
  EXPECT_EQ(get("/v1/items/b1/similar").status, 400);
}

}  // namespace segue::server
