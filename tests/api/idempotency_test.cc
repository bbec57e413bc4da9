#include <array>
#include <future>
#include <set>

#include "tests/support/api_fixture.h"

namespace actuary::tests::api {
namespace {

class IdempotencyApi : public support::ApiFixture {
 protected:
  static std::string with_key(std::string_view key) {
    return "Content-Type: application/json\r\nIdempotency-Key: " + std::string(key) + "\r\n";
  }
  Reply start(const std::string& actor, std::string_view key, std::string_view input = R"({"a":1})",
              const std::string& query = "") {
    return call("POST", "/v2/actors/" + actor + "/runs" + query, input, with_key(key));
  }
  int count_runs() { return call("GET", "/v2/actor-runs").data()["total"].get<int>(); }
};

TEST_F(IdempotencyApi, AStartThatIsSentAgainGivesTheSameRun) {
  const auto actor = make_built_actor("hello");
  const auto first = start(actor, "order 17");
  ASSERT_EQ(first.status, 201) << first.text;
  const auto again = start(actor, "order 17", R"({"a":1})", "?waitForFinish=0");
  EXPECT_EQ(again.status, 201) << again.text;
  EXPECT_EQ(again.data()["id"], first.data()["id"]);
  EXPECT_EQ(again.data()["defaultDatasetId"], first.data()["defaultDatasetId"]);
  EXPECT_NE(again.head.find("Location: "), std::string::npos);
  EXPECT_EQ(count_runs(), 1);
  EXPECT_NE(start(actor, "order 18").data()["id"], first.data()["id"]);
  EXPECT_NE(call("POST", "/v2/actors/" + actor + "/runs", "{}").data()["id"], first.data()["id"]);
  EXPECT_EQ(count_runs(), 3);
}

TEST_F(IdempotencyApi, StartsInParallelGiveOneRun) {
  const auto actor = make_built_actor("hello");
  std::vector<std::future<Reply>> replies;
  for (int i = 0; i < 8; ++i) {
    replies.push_back(std::async(std::launch::async, [&] { return start(actor, "parallel"); }));
  }
  std::set<std::string> ids;
  for (auto& each : replies) {
    const Reply reply = each.get();
    EXPECT_EQ(reply.status, 201) << reply.text;
    ids.insert(reply.data().value("id", ""));
  }
  EXPECT_EQ(ids.size(), 1U);
  EXPECT_EQ(count_runs(), 1);
}

TEST_F(IdempotencyApi, AKeyIsNotForTwoRequests) {
  const auto actor = make_built_actor("hello");
  ASSERT_EQ(start(actor, "k1").status, 201);
  const auto other_body = start(actor, "k1", R"({"a":2})");
  EXPECT_EQ(other_body.status, 409);
  EXPECT_EQ(other_body.error(), "idempotency-key-reused");
  EXPECT_EQ(start(actor, "k1", R"({"a":1})", "?memory=256").status, 409);
  EXPECT_EQ(count_runs(), 1);
  const auto elsewhere = call("POST", "/v2/actors", R"({"name":"other"})", with_key("k1"));
  EXPECT_EQ(elsewhere.status, 201) << "another route has keys of its own: " << elsewhere.text;
}

TEST_F(IdempotencyApi, TwoBodiesInParallelUnderOneKeyGiveOneRunAndARefusal) {
  const auto actor = make_built_actor("hello");
  const std::array<std::string, 2> inputs{R"({"a":1})", R"({"a":2})"};
  auto one = std::async(std::launch::async, [&] { return start(actor, "k", inputs[0]); });
  auto two = std::async(std::launch::async, [&] { return start(actor, "k", inputs[1]); });
  const std::array<Reply, 2> replies{one.get(), two.get()};
  const std::size_t accepted = replies[0].status == 201 ? 0 : 1;
  EXPECT_EQ(replies[accepted].status, 201) << replies[accepted].text;
  EXPECT_EQ(replies[1 - accepted].status, 409) << replies[1 - accepted].text;
  const auto store = replies[accepted].data().value("defaultKeyValueStoreId", "");
  EXPECT_EQ(call("GET", "/v2/key-value-stores/" + store + "/records/INPUT").text, inputs[accepted])
      << "what was refused has changed nothing of the run";
  EXPECT_EQ(count_runs(), 1);
}

TEST_F(IdempotencyApi, AKeyMustBeOneShortVisibleText) {
  const auto actor = make_built_actor("hello");
  for (const std::string& bad : {std::string(), std::string("  "), std::string(256, 'x'),
                                 std::string("caf\xc3\xa9"), std::string("a\tb")}) {
    const auto reply = start(actor, bad);
    EXPECT_EQ(reply.status, 400) << bad;
    EXPECT_EQ(reply.error(), "invalid-idempotency-key");
  }
  EXPECT_EQ(start(actor, "a\r\nIdempotency-Key: b").error(), "invalid-idempotency-key");
  EXPECT_EQ(count_runs(), 0);
  EXPECT_EQ(start(actor, std::string(255, 'x')).status, 201);
}

TEST_F(IdempotencyApi, WhatTheRunDidToItsInputStays) {
  const auto actor = make_built_actor("hello");
  const auto store = start(actor, "k").data().value("defaultKeyValueStoreId", "");
  const auto record = "/v2/key-value-stores/" + store + "/records/INPUT";
  ASSERT_EQ(call("PUT", record, R"({"changed":true})").status, 201);
  ASSERT_EQ(start(actor, "k").status, 201);
  EXPECT_EQ(call("GET", record).text, R"({"changed":true})");
}

TEST_F(IdempotencyApi, ADeletionThatIsSentAgainIsAnsweredAsTheFirst) {
  const auto run = make_run(make_built_actor("hello")).value("id", "");
  const auto path = "/v2/actor-runs/" + run;
  EXPECT_EQ(call("DELETE", path, {}, with_key("gone")).status, 400) << "it runs still";
  end_run(run);
  EXPECT_EQ(call("DELETE", path, {}, with_key("gone")).status, 204)
      << "a refusal does not use a key up";
  EXPECT_EQ(call("DELETE", path, {}, with_key("gone")).status, 204);
  EXPECT_EQ(call("DELETE", path, {}, with_key("another")).status, 404);
}

TEST_F(IdempotencyApi, EveryCommandCanBeSentAgain) {
  int keys = 0;
  const auto twice = [&](std::string_view method, const std::string& path, std::string_view body) {
    const std::string key = "twice-" + std::to_string(++keys);
    const auto first = call(method, path, body, with_key(key));
    const auto again = call(method, path, body, with_key(key));
    EXPECT_EQ(first.status / 100, 2) << method << " " << path << " " << first.text;
    EXPECT_EQ(again.status, first.status) << method << " " << path << " " << again.text;
    if (first.status != 204) {
      EXPECT_EQ(again.data()["id"], first.data()["id"]);
    }
    return first.status == 204 ? Json{} : first.data();
  };
  const auto actor = make_built_actor("hello");
  const auto at = "/v2/actors/" + actor;
  twice("POST", "/v2/actors", R"({"name":"second"})");
  twice("POST", "/v2/actors", R"({"title":"without a name"})");
  twice("PUT", at, R"({"title":"Hello"})");
  const auto build = twice("POST", at + "/builds?version=0.1&waitForFinish=5", "").value("id", "");
  twice("POST", "/v2/actor-builds/" + build + "/abort", "");
  twice("POST", at + "/versions", R"({"versionNumber":"0.2","sourceType":"GIT_REPO",
        "gitRepoUrl":"https://example.com/a.git"})");
  twice("POST", at + "/versions/0.2/env-vars", R"({"name":"A","value":"b"})");
  twice("DELETE", at + "/versions/0.2/env-vars/A", "");
  twice("DELETE", at + "/versions/0.2", "");
  const auto run = twice("POST", at + "/runs", "{}").value("id", "");
  wait_until_running(run);
  twice("PUT", "/v2/actor-runs/" + run, R"({"statusMessage":"at work"})");
  twice("POST", "/v2/actor-runs/" + run + "/abort", "");
  call("GET", "/v2/actor-runs/" + run + "?waitForFinish=10");
  twice("POST", "/v2/actor-runs/" + run + "/resurrect", "");
  const auto store = twice("POST", "/v2/key-value-stores?name=accounts", "").value("id", "");
  twice("PUT", "/v2/key-value-stores/" + store, R"({"title":"Accounts"})");
  twice("DELETE", "/v2/key-value-stores/" + store, "");
  EXPECT_EQ(call("GET", "/v2/actors").data()["total"], 3);
  EXPECT_EQ(count_runs(), 1);
}

}  // namespace
}  // namespace actuary::tests::api
