#include <gtest/gtest.h>

#include "adapters/http/body_decoder.h"
#include "adapters/http/json.h"
#include "adapters/http/query.h"
#include "adapters/http/target.h"
#include "tests/http/server_fixture.h"

namespace actuary::adapters::http {
namespace {

TEST(HttpJson, KeepsTheLastOfTwoKeysAndTheOrderOfAll) {
  EXPECT_EQ(parse_json(R"({"b":1,"a":[true,null,"x",-2,1.5],"b":3})")->dump(),
            R"({"b":3,"a":[true,null,"x",-2,1.5]})");
}

TEST(HttpJson, SaysWhereItIsWrong) {
  const auto result = parse_json("{\"a\":tru}");
  EXPECT_EQ(result.error().code, Code::kInvalidArgument);
  EXPECT_NE(result.error().detail.find("column"), std::string::npos) << result.error().detail;
  for (const auto* text : {"", "NaN", "1e999", "{", "[1,]", "\"\xff\"", "{} x"}) {
    EXPECT_FALSE(parse_json(text)) << text;
  }
}

TEST(HttpJson, BoundsItsDepth) {
  const auto nested = [](std::size_t depth) {
    return std::string(depth, '[') + std::string(depth, ']');
  };
  EXPECT_TRUE(parse_json(nested(kJsonDepthMax)));
  EXPECT_FALSE(parse_json(nested(kJsonDepthMax + 1)));
  EXPECT_FALSE(parse_json(std::string(1'000'000, '[')));
  EXPECT_FALSE(parse_json_object("[]"));
}

TEST(HttpJson, BoundsTheKeysOfOneObject) {
  const auto keyed = [](std::size_t keys) {
    std::string text = "{\"list\":[{}]";
    for (std::size_t i = 1; i < keys; ++i) {
      text += ",\"k" + std::to_string(i) + "\":{\"k\":" + std::to_string(i) + "}";
    }
    return text;
  };
  // Twice the same key is one key, also where there are many.
  const auto most = parse_json(keyed(kJsonKeysMax) + ",\"k7\":\"last\"}");
  ASSERT_TRUE(most);
  EXPECT_EQ(most->size(), kJsonKeysMax);
  EXPECT_EQ((*most)["k7"], "last");
  EXPECT_EQ((*most)["k9999"]["k"], 9999);
  EXPECT_EQ(most->begin().key(), "list");
  const auto refused = parse_json(keyed(kJsonKeysMax + 1) + "}");
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().detail.find("more than 10000 keys in one object"), std::string::npos)
      << refused.error().detail;
}

TEST(HttpTarget, TheOlderSpellingOfActorsMayBeEscaped) {
  for (const std::string path :
       {"/v2/acts/a", "/v2/%61cts/a", "/v2/ac%74s/a", "//v2//%61%63%74%73/a", "/%762/acts/a"}) {
    Request request;
    request.method = "GET";
    request.target = path + "?x=1";
    ASSERT_TRUE(read_target(request)) << path;
    EXPECT_EQ(request.segments, (std::vector<std::string>{"v2", "actors", "a"})) << path;
    EXPECT_NE(request.path.find("/actors/a"), std::string::npos) << request.path;
  }
  Request other;
  other.target = "/v2/datasets/acts";
  ASSERT_TRUE(read_target(other));
  EXPECT_EQ(other.path, "/v2/datasets/acts");
}

TEST(HttpQuery, ReadsWhatClientsWrite) {
  const auto query =
      Query::parse(
          "desc=1&my=TRUE&bad=x&limit=10&list=a,%20b,,c&s=a+b%2Bc&empty=&waitForFinish=999999")
          .value();
  EXPECT_EQ(query.boolean("desc"), true);
  EXPECT_EQ(query.boolean("my"), true);
  EXPECT_EQ(query.boolean_or("empty", false), false);
  EXPECT_EQ(query.boolean("bad").error().code, Code::kInvalidArgument);
  EXPECT_EQ(query.integer("limit", 0, 1000), 10);
  EXPECT_FALSE(query.integer("limit", 0, 9));
  EXPECT_FALSE(query.integer("bad", 0, 9));
  EXPECT_EQ(query.list("list"), (std::vector<std::string>{"a", "b", "c"}));
  EXPECT_EQ(query.find("s"), "a b+c");
  EXPECT_EQ(query.wait_for_finish(), std::chrono::seconds{60});
  EXPECT_EQ(Query::parse("waitForFinish=-5")->wait_for_finish(), std::chrono::seconds{0});
  EXPECT_EQ(percent_decode("%7e%2F%zz%4"), "~/%zz%4");
}

TEST(HttpBodyDecoder, StopsABombAtTheLimit) {
  const std::string zeros(64UL << 20U, '\0');
  for (const auto& [name, packed] :
       {std::pair{"gzip", gzip(zeros)}, std::pair{"br", brotli(zeros)}}) {
    std::string out;
    EXPECT_EQ(BodyDecoder::make(name)->feed(packed, 1 << 20, out), BodyDecoder::Outcome::kTooLarge);
    EXPECT_LE(out.capacity(), 3UL << 20U) << name;
  }
}

TEST(HttpBodyDecoder, DecodesByteByByte) {
  const std::string text = "one two three one two three";
  for (const auto& [name, packed] :
       {std::pair{"gzip", gzip(text)}, std::pair{"br", brotli(text)}}) {
    const auto decoder = BodyDecoder::make(name);
    std::string out;
    for (const char& byte : packed) {
      EXPECT_FALSE(decoder->complete() && !out.empty()) << name;
      ASSERT_EQ(decoder->feed({&byte, 1}, 100, out), BodyDecoder::Outcome::kFine) << name;
    }
    EXPECT_TRUE(decoder->complete());
    EXPECT_EQ(out, text);
  }
}

}  // namespace
}  // namespace actuary::adapters::http
