#include "tests/http/server_fixture.h"
#include "tests/support/api_fixture.h"

namespace actuary::tests::api {
namespace {

class HostApi : public support::ApiFixture {
 protected:
  static std::string admin(const Json& run, const std::string& what) {
    return "/actuary/v1/runs/" + run.value("id", "") + "/" + what;
  }
  Json run_now(const Json& run) {
    return call("GET", "/v2/actor-runs/" + run.value("id", "")).data();
  }
  Json drain_now() { return call_unix("GET", "/actuary/v1/drain").data(); }
};

TEST_F(HostApi, AMigrationTellsTheActorAndCountsOnceItGoesOn) {
  const auto run = make_run(make_built_actor("hello"));
  const auto told = call_unix("POST", admin(run, "migrate"), R"({"windowSecs":0})");
  EXPECT_EQ(told.status, 200) << told.text;
  EXPECT_TRUE(
      adapters::http::eventually([&] { return run_now(run)["stats"]["migrationCount"] == 1; }));
  on_loop([&] {
    ASSERT_FALSE(runtime->announced.empty());
    EXPECT_EQ(runtime->announced.begin()->second.kind,
              engine::ports::Announcement::Kind::kMigrating);
  });
  wait_until_running(run.value("id", ""));
  EXPECT_EQ(run_now(run)["defaultDatasetId"], run["defaultDatasetId"]);
  end_run(run.value("id", ""));
  const auto late = call_unix("POST", admin(run, "migrate"));
  EXPECT_EQ(late.error(), "job-finished");
}

TEST_F(HostApi, ADrainedHostHoldsWhatComesAndWhatWasHere) {
  const auto actor = make_built_actor("hello");
  const auto run = make_run(actor);
  EXPECT_EQ(drain_now()["draining"], false);
  EXPECT_EQ(call_unix("POST", "/actuary/v1/drain", R"({"windowSecs":61})").status, 400);
  const auto begun = call_unix("POST", "/actuary/v1/drain", R"({"windowSecs":0,"reason":"test"})");
  EXPECT_EQ(begun.status, 200) << begun.text;
  EXPECT_TRUE(adapters::http::eventually([&] { return drain_now()["drained"] == true; }));
  EXPECT_EQ(run_now(run)["status"], "RUNNING");
  const auto waiting = call("POST", "/v2/actors/" + actor + "/runs", "{}").data();
  EXPECT_TRUE(adapters::http::eventually([&] {
    return run_now(waiting).value("statusMessage", "").find("being drained") != std::string::npos;
  }));
  EXPECT_EQ(run_now(waiting)["status"], "READY");
  EXPECT_EQ(drain_now()["runsWaiting"], 2);
  EXPECT_EQ(call_unix("DELETE", "/actuary/v1/drain").data()["draining"], false);
  wait_until_running(run.value("id", ""));
  wait_until_running(waiting.value("id", ""));
  EXPECT_EQ(run_now(run)["stats"]["migrationCount"], 1);
}

TEST_F(HostApi, AHoldKeepsARunFromEverybodyWhoWouldDeleteIt) {
  const auto run = make_run(make_built_actor("hello"));
  const auto path = "/v2/actor-runs/" + run.value("id", "");
  end_run(run.value("id", ""));
  EXPECT_EQ(call_unix("POST", admin(run, "hold"), "{}").status, 400) << "a hold needs a reason";
  const auto held = call_unix("POST", admin(run, "hold"), R"({"reason":"evidence"})");
  EXPECT_EQ(held.data()["retentionHold"], "evidence") << held.text;
  const auto refused = call("DELETE", path);
  EXPECT_EQ(refused.status, 403);
  EXPECT_NE(refused.text.find("evidence"), std::string::npos);
  const auto lifted = call_unix("POST", admin(run, "release"), R"({"reason":"solved"})");
  EXPECT_TRUE(lifted.data()["retentionHold"].is_null()) << lifted.text;
  EXPECT_EQ(call("DELETE", path).status, 204);
}

TEST_F(HostApi, IsNotThereForClientsOfTheNetwork) {
  const auto run = make_run(make_built_actor("hello"));
  EXPECT_EQ(call("POST", admin(run, "migrate"), "{}").status, 404);
  EXPECT_EQ(call("POST", admin(run, "hold"), R"({"reason":"x"})").status, 404);
  EXPECT_EQ(call("POST", "/actuary/v1/drain", "{}").status, 404);
  EXPECT_EQ(call("DELETE", "/actuary/v1/drain").status, 404);
  EXPECT_EQ(call("GET", "/actuary/v1/drain").status, 404);
  EXPECT_EQ(drain_now()["draining"], false);
  EXPECT_EQ(call_unix("POST", "/actuary/v1/runs/" + std::string(17, 'x') + "/migrate").status, 404);
}

}  // namespace
}  // namespace actuary::tests::api
