#include "tests/http/server_fixture.h"
#include "tests/support/api_fixture.h"

namespace actuary::tests::api {
namespace {

class LimitsApi : public support::ApiFixture {
 protected:
  Reply set(const std::string& body) {
    return call_unix("PUT", "/actuary/v1/users/tester/limits", body);
  }
  Json limits() { return call("GET", "/v2/users/me/limits").data(); }
  Reply start(const std::string& actor, const std::string& options) {
    return call("POST", "/v2/actors/" + actor + "/runs?" + options, "{}");
  }
  std::string message_of(const Json& run) {
    return call("GET", "/v2/actor-runs/" + run.value("id", "")).data().value("statusMessage", "");
  }
};

TEST_F(LimitsApi, WhatExceedsAnAccountsLimitsIsRefusedAsApifyDoes) {
  const auto actor = make_built_actor("hello");
  ASSERT_EQ(set(R"({"memoryMbytes":2048,"runs":2,"reason":"shared"})").status, 200);
  const auto first = start(actor, "memory=1024").data();
  const auto large = start(actor, "memory=2048");
  EXPECT_EQ(large.status, 402);
  EXPECT_EQ(large.error(), "actor-memory-limit-exceeded");
  EXPECT_NE(large.text.find("exceed the memory limit of 2048 MB"), std::string::npos);
  ASSERT_EQ(start(actor, "memory=512").status, 201);
  const auto third = start(actor, "memory=128");
  EXPECT_EQ(third.status, 402);
  EXPECT_EQ(third.error(), "concurrent-runs-limit-exceeded");
  const auto build = call("POST", "/v2/actors/" + actor + "/builds?version=0.1");
  EXPECT_EQ(build.status, 402);
  EXPECT_EQ(build.error(), "actor-memory-limit-exceeded");
  wait_until_running(first.value("id", ""));
  end_run(first.value("id", ""));
  EXPECT_EQ(start(actor, "memory=128").status, 201);
}

TEST_F(LimitsApi, AreShownBesideWhatTheAccountHolds) {
  const auto before = limits();
  EXPECT_EQ(before["limits"]["maxActorMemoryGbytes"], 8) << before.dump();
  EXPECT_EQ(before["limits"]["maxConcurrentActorJobs"], 240);
  EXPECT_EQ(before["current"]["actorCount"], 0);
  (void)make_run(make_built_actor("hello"));
  ASSERT_EQ(set(R"({"memoryMbytes":4096,"runs":3})").status, 200);
  const auto after = limits();
  EXPECT_EQ(after["limits"]["maxActorMemoryGbytes"], 4);
  EXPECT_EQ(after["limits"]["maxConcurrentActorJobs"], 3);
  EXPECT_EQ(after["current"]["actorMemoryGbytes"], 1);
  EXPECT_EQ(after["current"]["activeActorJobCount"], 1);
  EXPECT_EQ(after["current"]["actorCount"], 1);
  EXPECT_GT(after["current"]["monthlyActorComputeUnits"].get<double>(), 0);
  const auto cycle = after["monthlyUsageCycle"];
  EXPECT_EQ(cycle.value("startAt", "").substr(8), "01T00:00:00.000Z");
  EXPECT_LT(cycle.value("startAt", ""), cycle.value("endAt", ""));
  ASSERT_EQ(set("{}").status, 200);
  EXPECT_EQ(limits()["limits"], before["limits"]) << "back to what the host gives to each";
}

TEST_F(LimitsApi, ARunThatWaitsForItsAccountSaysSo) {
  const auto actor = make_built_actor("hello");
  const auto first = start(actor, "memory=4096").data();
  wait_until_running(first.value("id", ""));
  const auto second = start(actor, "memory=8192&priority=7").data();
  EXPECT_EQ(second["options"]["priority"], 7) << second.dump();
  EXPECT_EQ(start(actor, "priority=101").status, 400);
  ASSERT_EQ(set(R"({"runs":1})").status, 200);
  EXPECT_TRUE(adapters::http::eventually([&] {
    return message_of(second).find("another run of this account") != std::string::npos;
  })) << message_of(second);
  EXPECT_EQ(call("GET", "/v2/actor-runs/" + second.value("id", "")).data()["status"], "READY");
  end_run(first.value("id", ""));
  wait_until_running(second.value("id", ""));
}

TEST_F(LimitsApi, OnlyTheHostsOperatorChangesThem) {
  EXPECT_EQ(call("PUT", "/actuary/v1/users/tester/limits", "{}").status, 404);
  EXPECT_EQ(call("GET", "/actuary/v1/users/tester/limits").status, 404);
  EXPECT_EQ(call_unix("GET", "/actuary/v1/users/nobody/limits").status, 404);
  EXPECT_EQ(set(R"({"runs":-1})").status, 400);
  const auto shown = call_unix("GET", "/actuary/v1/users/" + user.str() + "/limits").data();
  EXPECT_EQ(shown["username"], "tester");
  EXPECT_TRUE(shown["own"]["runs"].is_null());
}

}  // namespace
}  // namespace actuary::tests::api
