#include "tests/api/shapes.h"
#include "tests/support/api_fixture.h"

namespace actuary::tests::api {
namespace {

class PastApi : public support::ApiFixture {
 protected:
  /// Positions of a run's events by name.
  std::map<std::string, std::uint64_t> positions_of(const std::string& id) {
    std::map<std::string, std::uint64_t> positions;
    const auto history = call_unix("GET", "/actuary/v1/history/" + id).data();
    for (const auto& record : history["items"]) {
      positions[record["event"].value("type", "")] = record.value("position", std::uint64_t{0});
    }
    return positions;
  }
};

TEST_F(PastApi, ARunIsShownAsItWasAtAPositionOrATime) {
  const auto run = make_run(make_built_actor("hello"));
  const auto id = run.value("id", "");
  const auto path = "/v2/actor-runs/" + id;
  end_run(id, 3);
  EXPECT_EQ(call("GET", path + "?waitForFinish=10").data()["status"], "FAILED");
  const auto at = positions_of(id);
  const auto then = call("GET", path + "?asOf=" + std::to_string(at.at("AttemptStarted")));
  EXPECT_EQ(then.status, 200) << then.text;
  EXPECT_EQ(lacking(then.data(), kRun), "");
  EXPECT_EQ(then.data()["status"], "RUNNING");
  EXPECT_TRUE(then.data()["exitCode"].is_null());
  EXPECT_EQ(then.data()["asOf"]["position"], at.at("AttemptStarted"));
  EXPECT_EQ(then.data()["attempts"][0]["epoch"], at.at("AttemptBegan"));
  const auto first = call("GET", path + "?asOf=" + std::to_string(at.at("RunCreated")));
  EXPECT_EQ(first.data()["status"], "READY");
  EXPECT_EQ(call("GET", path + "?asOf=-0s").data()["status"], "FAILED");
  EXPECT_EQ(call("GET", path + "?asOf=").data()["status"], "FAILED");
}

TEST_F(PastApi, WhatWasNotThereYetIs404AndNonsenseIs400) {
  const auto id = make_run(make_built_actor("hello")).value("id", "");
  const auto path = "/v2/actor-runs/" + id + "?asOf=";
  EXPECT_EQ(call("GET", path + "1").status, 404);
  EXPECT_EQ(call("GET", path + "1").error(), "record-not-found");
  EXPECT_EQ(call("GET", path + "2001-01-01T00:00:00Z").status, 404);
  for (const std::string nonsense : {"0", "999999", "soon", "2999-01-01", "-1w"}) {
    EXPECT_EQ(call("GET", path + nonsense).status, 400) << nonsense;
    EXPECT_EQ(call("GET", path + nonsense).error(), "invalid-parameter") << nonsense;
  }
}

TEST_F(PastApi, ARunOfSomebodyElseHasNoPast) {
  const auto id = make_run(make_built_actor("hello")).value("id", "");
  const auto other = call_unix("POST", "/actuary/v1/tokens", R"({"user":"other"})").data();
  const auto seen = call_as(other.value("token", ""), "GET", "/v2/actor-runs/" + id + "?asOf=-0s");
  EXPECT_EQ(seen.status, 404);
}

TEST_F(PastApi, TheAdministratorAsksForStateExplanationDifferenceAndFleet) {
  const auto actor = make_built_actor("hello");
  const auto left = make_run(actor).value("id", "");
  const auto right = make_run(actor).value("id", "");
  end_run(left, 0);
  EXPECT_EQ(call("GET", "/v2/actor-runs/" + left + "?waitForFinish=10").data()["status"],
            "SUCCEEDED");
  const auto at = positions_of(left);
  const auto then = "?at=" + std::to_string(at.at("AttemptStarted"));
  EXPECT_EQ(call_unix("GET", "/actuary/v1/state/" + left + then).data()["status"], "RUNNING");
  const auto explained = call_unix("GET", "/actuary/v1/explain/" + left).data();
  EXPECT_EQ(explained["status"], "SUCCEEDED");
  EXPECT_GE(explained["sentences"].size(), 4U);
  const auto diff = call_unix("GET", "/actuary/v1/diff/" + left + "/" + right).data();
  EXPECT_FALSE(diff["first_divergence"].is_null());
  const auto fleet = call_unix("GET", "/actuary/v1/fleet?status=RUNNING").data();
  ASSERT_EQ(fleet["runs"].size(), 1U);
  EXPECT_EQ(fleet["runs"][0]["id"], right);
  EXPECT_EQ(call_unix("GET", "/actuary/v1/fleet?status=IDLE").status, 400);
  EXPECT_EQ(call_unix("GET", "/actuary/v1/fleet?at=soon").status, 400);
  EXPECT_EQ(call_unix("GET", "/actuary/v1/explain/12345678901234567").status, 404);
  EXPECT_EQ(call("GET", "/actuary/v1/explain/" + left).status, 404);
  EXPECT_EQ(call("GET", "/actuary/v1/fleet").status, 404);
}

}  // namespace
}  // namespace actuary::tests::api
