#include "tests/api_storages/world.h"

namespace actuary::tests::api_storages {
namespace {

using adapters::http::gzip;

std::string fresh(World& world) { return "/v2/datasets/" + world.make("datasets") + "/items"; }

TEST(Items, AreKeptAsTheyWereWritten) {
  World world;
  const auto path = fresh(world);
  const auto pushed = world.ask(
      {"POST", path,
       "[ {\"n\": 1.0, \"big\":123456789012345678901234567890,\n\"u\":\"\\u00e9,]\"}, {} ]"});
  EXPECT_EQ(pushed.status, 201);
  EXPECT_EQ(pushed.body, "{}");
  EXPECT_EQ(world.ask({"POST", path, R"({"one":1})"}).status, 201);
  EXPECT_EQ(
      world.ask({"POST", path, gzip(R"("[{\"two\":2}]")"), "Content-Encoding: gzip\r\n"}).status,
      201);
  EXPECT_EQ(world.ask({"POST", path, "[]"}).status, 201);
  EXPECT_EQ(world.ask({"GET", path + "?format=jsonl"}).body,
            "{\"n\":1.0,\"big\":123456789012345678901234567890,\"u\":\"\\u00e9,]\"}\n{}\n"
            "{\"one\":1}\n{\"two\":2}\n");
  EXPECT_EQ(world.data({"GET", path.substr(0, path.rfind('/'))})["itemCount"], 4);
}

TEST(Items, AreRefusedTogetherWhenOneIsNoObject) {
  World world;
  const auto path = fresh(world);
  for (const std::string body : {"[{},1]", "7", "nope", "[{}", "[[{}]]", "{\"a\":\"\xff\"}"}) {
    EXPECT_EQ(world.error({"POST", path, body}), "400 invalid-request") << body;
  }
  EXPECT_EQ(world.error({"POST", path}), "400 invalid-request");
  EXPECT_EQ(world.error({"POST", path, "[" + std::string(9'437'184, ' ') + "]"}),
            "413 request-too-large");
  EXPECT_EQ(world.ask({"GET", path}).body, "[]");
}

TEST(Items, AreWrittenByTheRunsPresentAttemptOnly) {
  World world;
  world.fence(9);
  const auto path = "/v2/actor-runs/" + run(1).str() + "/dataset/items";
  EXPECT_EQ(world.error({"POST", path, "{}", {}, "run:5"}), "403 insufficient-permissions");
  EXPECT_EQ(world.ask({"POST", path, "{}", {}, "run:9"}).status, 201);
  EXPECT_EQ(world.ask({"GET", "/v2/actors/~hello/runs/last/dataset/items"}).body, "[{}]");
}

TEST(Items, TellTheirPageInFiveHeaders) {
  World world;
  const auto path = fresh(world);
  ASSERT_EQ(world.ask({"POST", path, R"([{"i":0},{"i":1},{"i":2}])"}).status, 201);
  for (const std::string method : {"GET", "HEAD"}) {
    const auto all = world.ask({method, path});
    EXPECT_EQ(header(all, "X-Apify-Pagination-Total"), "3");
    EXPECT_EQ(header(all, "X-Apify-Pagination-Offset"), "0");
    EXPECT_EQ(header(all, "X-Apify-Pagination-Count"), "3");
    EXPECT_EQ(header(all, "X-Apify-Pagination-Limit"), "999999999999");
    EXPECT_EQ(header(all, "X-Apify-Pagination-Desc"), "false");
    const auto page = world.ask({method, path + "?offset=2&limit=5&desc=1"});
    EXPECT_EQ(header(page, "X-Apify-Pagination-Count"), "1");
    EXPECT_EQ(header(page, "X-Apify-Pagination-Limit"), "5");
    EXPECT_EQ(header(page, "X-Apify-Pagination-Desc"), "true");
  }
  EXPECT_EQ(world.ask({"GET", path + "?offset=1&limit=1&desc=1"}).body, R"([{"i":1}])");
  EXPECT_EQ(world.ask({"GET", path + "?offset=9"}).body, "[]");
}

TEST(Items, AreShownAsTheQueryAsks) {
  World world;
  const auto path = fresh(world);
  ASSERT_EQ(world
                .ask({"POST", path,
                      R"([{"a":{"b":1,"c":[1,2]},"#h":"x","t":"q\"1,2"},)"
                      R"({"errorInfo":{},"url":"u","pageFunctionResult":[{"p":1},{"p":2}]},)"
                      R"({"#h":1}])"})
                .status,
            201);
  struct Case {
    std::string query;
    std::string body;
  };
  const std::vector<Case> cases{
      {"fields=t,a.b", R"({"t":"q\"1,2","a":{"b":1}}|{}|{}|)"},
      {"fields=t,a/b&outputFields=x,y&clean=1", R"({"x":"q\"1,2","y":1}|)"},
      {"omit=a,t,pageFunctionResult&skipHidden=1", R"({}|{"errorInfo":{},"url":"u"}|{}|)"},
      {"fields=t,a&omit=a&skipEmpty=1", R"({"t":"q\"1,2"}|)"},
      {"flatten=a&fields=a&skipEmpty=1", R"({"a.b":1,"a.c":[1,2]}|)"},
      {"unwind=pageFunctionResult&fields=url,p&skipEmpty=1",
       R"({"url":"u","p":1}|{"url":"u","p":2}|)"},
      {"unwind=a&limit=1&omit=t", R"({"#h":"x","b":1,"c":[1,2]}|)"},
      {"simplified=1&clean=1",
       R"({"url":"u","errorInfo":{},"p":1}|{"url":"u","errorInfo":{},"p":2}|)"},
      {"skipFailedPages=1&clean=1&fields=url,t", R"({"t":"q\"1,2"}|)"},
  };
  for (const auto& [query, body] : cases) {
    auto got = world.ask({"GET", path + "?format=jsonl&" + query}).body;
    std::replace(got.begin(), got.end(), '\n', '|');
    EXPECT_EQ(got, body) << query;
  }
}

TEST(Items, AreATableInCsv) {
  World world;
  const auto path = fresh(world);
  ASSERT_EQ(
      world.ask({"POST", path, R"([{"b":true,"a":{"x":1,"y":[2,null]}},{"t":"q\"1,2\n","b":1.5}])"})
          .status,
      201);
  const auto csv = world.ask({"GET", path + "?format=csv&attachment=1"});
  EXPECT_EQ(csv.body,
            "\xef\xbb\xbf"
            "b,a/x,a/y/0,a/y/1,t\ntrue,1,2,,\n1.5,,,,\"q\"\"1,2\n\"\n");
  EXPECT_EQ(header(csv, "Content-Type"), "text/csv; charset=utf-8");
  EXPECT_NE(header(csv, "Content-Disposition").find(".csv\""), std::string::npos);
  EXPECT_EQ(world.ask({"GET", path + "?format=csv&bom=0&fields=none,a.x,b&delimiter=%3B"}).body,
            "none;a/x;b\n;1;true\n;;1.5\n");
  EXPECT_EQ(world.ask({"GET", path + "?format=csv&bom=0&fields=b&skipHeaderRow=1"}).body,
            "true\n1.5\n");
}

TEST(Items, RefuseWhatTheyCannotBeShownAs) {
  World world;
  const auto path = fresh(world);
  for (const std::string format : {"xml", "html", "xlsx", "rss", "JSON"}) {
    EXPECT_EQ(world.error({"GET", path + "?format=" + format}), "400 param-not-one-of");
  }
  EXPECT_EQ(world.error({"GET", path + "?view=v"}), "400 requested-dataset-view-does-not-exist");
  EXPECT_EQ(world.error({"GET", path + "?outputFields=a"}), "400 invalid-value");
  EXPECT_EQ(world.error({"GET", path + "?desc=maybe"}), "400 invalid-value");
}

TEST(Items, AreNotUnwoundIntoMoreThanFits) {
  World world;
  const auto path = fresh(world);
  Json item{{"pad", std::string(20'000, 'p')}, {"list", Json::array()}};
  for (int i = 0; i < 4000; ++i) item["list"].push_back({{"i", i}});
  ASSERT_EQ(world.ask({"POST", path, item.dump()}).status, 201);
  for (const std::string format : {"json", "jsonl", "csv"}) {
    const auto asked = path + "?format=" + format + "&unwind=list";
    EXPECT_EQ(world.error({"GET", asked}), "400 invalid-value");
    EXPECT_EQ(world.error({"GET", asked + "&fields=i,pad"}), "400 invalid-value");
    // What nobody asked to see is not repeated.
    EXPECT_EQ(world.ask({"GET", asked + "&fields=i"}).status, 200);
  }
  EXPECT_TRUE(world.ask({"GET", path + "?format=jsonl&unwind=list&fields=i"})
                  .body.starts_with("{\"i\":0}\n{\"i\":1}\n"));
  // Nor may several items together.
  item["pad"] = std::string(10'000, 'p');
  item["list"].erase(item["list"].begin() + 1800, item["list"].end());
  const auto few = fresh(world);
  for (int i = 0; i < 4; ++i) ASSERT_EQ(world.ask({"POST", few, item.dump()}).status, 201);
  EXPECT_EQ(world.ask({"GET", few + "?unwind=list&limit=1"}).status, 200);
  EXPECT_EQ(world.error({"GET", few + "?unwind=list"}), "400 invalid-value");
}

TEST(Items, WithVeryManyKeysAreShownAsTheyAre) {
  World world;
  const auto path = fresh(world);
  std::string item = "{\"k\":1";
  for (int i = 0; i < 10'001; ++i) item += ",\"k" + std::to_string(i) + "\":1";
  item += "}";
  ASSERT_EQ(world.ask({"POST", path, item}).status, 201);
  EXPECT_EQ(world.ask({"GET", path + "?format=jsonl"}).body, item + "\n");
  EXPECT_EQ(world.error({"GET", path + "?fields=k"}), "400 invalid-value");
}

TEST(Items, AreStreamedWhenThereAreMany) {
  World world;
  const auto path = fresh(world);
  constexpr int kItems = 5000;
  Json items = Json::array();
  for (int i = 0; i < kItems; ++i) items.push_back({{"i", i}, {"pad", std::string(600, 'p')}});
  items.back()["late"] = 1;
  ASSERT_EQ(world.ask({"POST", path, items.dump()}).status, 201);
  const auto all = world.ask({"GET", path});
  EXPECT_NE(header(all, "Transfer-Encoding"), "");
  EXPECT_EQ(Json::parse(all.body, nullptr, false), items);
  const auto newest =
      Json::parse(world.ask({"GET", path + "?desc=1&fields=i&limit=4000"}).body, nullptr, false);
  ASSERT_EQ(newest.size(), 4000U);
  EXPECT_EQ(newest.front()["i"], kItems - 1);
  EXPECT_EQ(newest.back()["i"], 1000);
  const auto csv = world.ask({"GET", path + "?format=csv&bom=0"}).body;
  EXPECT_TRUE(csv.starts_with("i,pad,late\n0,ppp"));
  EXPECT_TRUE(csv.ends_with("p,1\n"));
  EXPECT_EQ(std::count(csv.begin(), csv.end(), '\n'), kItems + 1);
}

}  // namespace
}  // namespace actuary::tests::api_storages
