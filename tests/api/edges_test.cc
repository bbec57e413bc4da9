#include "tests/support/api_fixture.h"

namespace actuary::tests::api {
namespace {

class EdgesApi : public support::ApiFixture {};

TEST_F(EdgesApi, HeaderBytesThatAreNotUtf8AreKeptAndShownAsReplacements) {
  const auto actor = make_built_actor("hello");
  const auto run =
      call("POST", "/v2/actors/" + actor + "/runs", "{}",
           "Content-Type: application/json\r\nUser-Agent: a\xff\xc0\xaf\xed\xa0\x80z\r\n");
  ASSERT_EQ(run.status, 201) << run.text;
  const auto agent = run.data()["meta"].value("userAgent", "");
  EXPECT_TRUE(agent.starts_with("a\xEF\xBF\xBD")) << agent;
  EXPECT_TRUE(agent.ends_with("z")) << agent;
  bool kept = false;
  EXPECT_TRUE(journal.scan(1, [&](const Record& record) {
    const auto* created = std::get_if<events::RunCreated>(&record.event);
    if (created != nullptr) {
      kept =
          secrets.open_personal(created->meta.user_agent).value() == "a\xff\xc0\xaf\xed\xa0\x80z";
    }
    return true;
  }));
  EXPECT_TRUE(kept) << "the journal holds the bytes as they came";
}

TEST_F(EdgesApi, AZeroByteInATextComesBackEscaped) {
  const auto actor = make_actor("hello", R"({"title":"a\u0000b"})");
  const auto reply = call("GET", "/v2/actors/" + actor);
  EXPECT_NE(reply.text.find(R"("title":"a\u0000b")"), std::string::npos) << reply.text;
}

TEST_F(EdgesApi, TextsThatAreNotUtf8AreNoJson) {
  for (const std::string bad : {"\xff", "\xc0\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80"}) {
    const auto reply = call("POST", "/v2/actors", R"({"name":"hello","title":")" + bad + "\"}");
    EXPECT_EQ(reply.status, 400) << reply.text;
  }
  EXPECT_EQ(call("GET", "/v2/actors").data()["total"], 0);
}

TEST_F(EdgesApi, AnEnvironmentVariableThatNoProcessCanHaveIsRefused) {
  const auto actor = make_actor("hello");
  const auto variables = "/v2/actors/" + actor + "/versions/0.1/env-vars";
  for (const char* bad : {R"({"name":"A=B","value":"x"})", R"({"name":"A\u0000B","value":"x"})",
                          R"({"name":"A","value":"x\u0000y"})",
                          R"({"name":"A","value":"x\u0000y","isSecret":true})"}) {
    const auto reply = call("POST", variables, bad);
    EXPECT_EQ(reply.status, 400) << bad << reply.text;
    EXPECT_EQ(reply.error(), "invalid-value");
  }
  EXPECT_EQ(call("GET", variables).data()["total"], 0);
  EXPECT_EQ(call("POST", variables, R"({"name":"A","value":"=x\u00e9"})").status, 201);
}

TEST_F(EdgesApi, NumbersBeyondTheirTypeAreRefused) {
  const auto runs = "/v2/actors/" + make_built_actor("hello") + "/runs";
  for (const char* query : {"?memory=4294967296", "?timeout=4294967296", "?memory=-1",
                            "?maxItems=9223372036854775808", "?timeout=18446744073709551616"}) {
    EXPECT_EQ(call("POST", runs + query, "{}").status, 400) << query;
  }
  const auto edge = call("POST", runs + "?timeout=315360000&maxItems=9223372036854775807", "{}");
  EXPECT_EQ(edge.status, 201) << edge.text;
  EXPECT_EQ(edge.data()["options"]["timeoutSecs"], 315360000U);
  EXPECT_EQ(edge.data()["options"]["maxItems"], INT64_MAX);
}

}  // namespace
}  // namespace actuary::tests::api
