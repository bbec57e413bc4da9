#include <future>

#include "tests/api/shapes.h"
#include "tests/support/api_fixture.h"

namespace actuary::tests::api {
namespace {

class RunsApi : public support::ApiFixture {};

TEST_F(RunsApi, StartAnswersWithEveryRequiredField) {
  const auto actor = make_built_actor("hello");
  const auto reply =
      call("POST", "/v2/actors/" + actor + "/runs?memory=256&timeout=60", R"({"a":1})");
  EXPECT_EQ(reply.status, 201) << reply.text;
  EXPECT_EQ(lacking(reply.data(), kRun), "");
  const auto id = reply.data().value("id", "");
  EXPECT_NE(reply.head.find("Location: http://127.0.0.1:8010/v2/actor-runs/" + id),
            std::string::npos);
  EXPECT_EQ(reply.data()["options"]["memoryMbytes"], 256);
  EXPECT_EQ(reply.data()["options"]["timeoutSecs"], 60);
  EXPECT_EQ(reply.data()["stats"]["inputBodyLen"], 7);
  EXPECT_EQ(reply.data()["buildNumber"], "0.1.1");
  EXPECT_TRUE(reply.data()["exitCode"].is_null());
  EXPECT_EQ(reply.data()["meta"]["origin"], "API");
  EXPECT_EQ(reply.data()["meta"]["clientIp"], "127.0.0.1");
}

TEST_F(RunsApi, TheInputIsStoredAsItCame) {
  const auto run = make_run(make_built_actor("hello"), R"({ "a" : 1 })");
  std::promise<Result<engine::ports::KeyValueRecord>> read;
  on_loop([&] {
    storages->get_record(StorageId::parse(run.value("defaultKeyValueStoreId", "")).value(), "INPUT",
                         std::nullopt, [&](auto record) { read.set_value(record); });
  });
  const auto record = read.get_future().get();
  ASSERT_TRUE(record);
  EXPECT_EQ(record->value, R"({ "a" : 1 })");
  EXPECT_EQ(record->content_type, "application/json");
}

TEST_F(RunsApi, WhatCannotStartIsRefusedAndStartsNothing) {
  const auto actor = make_actor("hello");
  const auto runs = "/v2/actors/" + actor + "/runs";
  const auto unbuilt = call("POST", runs);
  EXPECT_EQ(unbuilt.status, 404);
  EXPECT_EQ(unbuilt.error(), "unknown-build-tag");
  make_build(actor);
  EXPECT_EQ(call("POST", runs + "?build=9.9.9").error(), "build-not-found");
  const auto odd = call("POST", runs + "?memory=300");
  EXPECT_EQ(odd.status, 400);
  EXPECT_NE(odd.text.find("power of two"), std::string::npos);
  const auto large = call("POST", runs + "?memory=16384");
  EXPECT_EQ(large.status, 402);
  EXPECT_EQ(large.error(), "actor-memory-limit-exceeded");
  EXPECT_EQ(call("POST", runs, R"({"a":)").error(), "run-input-body-not-valid-json");
  EXPECT_EQ(call("POST", runs + "?maxItems=0").error(), "max-items-must-be-greater-than-zero");
  for (const std::string endless : {"inf", "nan", "-inf", "infinity", "1e999"}) {
    EXPECT_EQ(call("POST", runs + "?maxTotalChargeUsd=" + endless).error(), "invalid-value");
  }
  EXPECT_EQ(call("POST", runs + "?maxTotalChargeUsd=0").error(),
            "max-total-charge-usd-must-be-greater-than-zero");
  EXPECT_EQ(call("GET", runs).data()["total"], 0);
}

TEST_F(RunsApi, TheSchemaFillsDefaultsAndNamesWhatIsWrong) {
  on_loop([&] {
    builder->input_schema = R"({"properties":{"url":{"type":"string"},
        "count":{"type":"integer","default":3}},"required":["url"]})";
  });
  const auto runs = "/v2/actors/" + make_built_actor("hello") + "/runs";
  const auto lacks = call("POST", runs);
  EXPECT_EQ(lacks.status, 400);
  EXPECT_EQ(lacks.error(), "invalid-input");
  EXPECT_NE(lacks.text.find("input.url"), std::string::npos);
  EXPECT_EQ(call("POST", runs, R"({"url":5})").error(), "invalid-input");
  EXPECT_EQ(call("POST", runs, "[]").error(), "input-json-not-object");
  const auto run = call("POST", runs, R"({"url":"x"})");
  EXPECT_EQ(run.status, 201);
  EXPECT_EQ(run.data()["stats"]["inputBodyLen"], std::string(R"({"url":"x","count":3})").size());
}

TEST_F(RunsApi, WaitForFinishAnswersWhenTheRunHasFinished) {
  const auto run = make_run(make_built_actor("hello"));
  const auto id = run.value("id", "");
  const auto path = "/v2/actor-runs/" + id;
  EXPECT_EQ(call("GET", path + "?waitForFinish=0").data()["status"], "RUNNING");
  Reply waited;
  std::thread waiting([&] { waited = call("GET", path + "?waitForFinish=999999"); });
  end_run(id, 3);
  waiting.join();
  EXPECT_EQ(waited.data()["status"], "FAILED");
  EXPECT_EQ(waited.data()["exitCode"], 3);
  EXPECT_FALSE(waited.data()["finishedAt"].is_null());
}

TEST_F(RunsApi, StatsFollowTheContainerAndKeepThePeakAcrossAttempts) {
  const auto run = make_run(make_built_actor("hello"));
  const auto id = run.value("id", "");
  const auto path = "/v2/actor-runs/" + id;
  const std::vector<std::string> sampled = {"memAvgBytes", "memMaxBytes", "memCurrentBytes",
                                            "cpuAvgUsage", "cpuMaxUsage", "cpuCurrentUsage",
                                            "netRxBytes",  "netTxBytes"};
  for (const auto& name : sampled) EXPECT_EQ(run["stats"][name], 0) << name;
  const engine::ports::ContainerUsage live{{.samples = 2,
                                            .memory_bytes_avg = 100,
                                            .memory_bytes_max = 300,
                                            .cpu_percent_avg = 10,
                                            .cpu_percent_max = 50,
                                            .received_bytes = 7,
                                            .sent_bytes = 8},
                                           200,
                                           25.5};
  on_loop([&] { runtime->sampled = live; });
  const auto during = call("GET", path).data()["stats"];
  const std::vector<double> shown = {100, 300, 200, 10, 50, 25.5, 7, 8};
  for (std::size_t i = 0; i < shown.size(); ++i) EXPECT_EQ(during[sampled[i]], shown[i]) << i;
  on_loop([&] {
    const auto spec = runtime->find(RunId::parse(id).value());
    ASSERT_TRUE(spec);
    runtime->end(spec->key, {.exit_code = 0, .usage = live.totals});
  });
  auto after = call("GET", path + "?waitForFinish=10").data()["stats"];
  EXPECT_EQ(after["memMaxBytes"], 300);
  EXPECT_EQ(after["cpuAvgUsage"], 10);
  EXPECT_EQ(after["memCurrentBytes"], 0) << "nothing runs any more";
  EXPECT_EQ(after["cpuCurrentUsage"], 0);
  on_loop([&] {
    runtime->sampled = engine::ports::ContainerUsage{
        {.samples = 2, .memory_bytes_avg = 200, .memory_bytes_max = 250, .received_bytes = 1}, 1};
  });
  EXPECT_EQ(call("POST", path + "/resurrect").status, 200);
  auto again = call("GET", path).data()["stats"];
  // The second container is on its way.
  for (int i = 0; i < 1000 && again["memCurrentBytes"] == 0; ++i) {
    again = call("GET", path).data()["stats"];
  }
  EXPECT_EQ(again["memMaxBytes"], 300) << "the peak of an earlier attempt";
  EXPECT_EQ(again["memAvgBytes"], 150);
  EXPECT_EQ(again["netRxBytes"], 8);
}

TEST_F(RunsApi, AbortResurrectAndDeleteFollowTheLifecycle) {
  const auto actor = make_built_actor("hello");
  const auto run = make_run(actor);
  const auto id = run.value("id", "");
  const auto path = "/v2/actor-runs/" + id;
  EXPECT_EQ(call("DELETE", path).error(), "cannot-remove-running-run");
  EXPECT_EQ(call("POST", path + "/resurrect").status, 400);
  EXPECT_EQ(call("POST", path + "/abort").status, 200);
  EXPECT_EQ(call("GET", path + "?waitForFinish=10").data()["status"], "ABORTED");
  EXPECT_EQ(call("POST", path + "/abort?gracefully=1").data()["status"], "ABORTED");
  const auto again = call("POST", path + "/resurrect?memory=512");
  EXPECT_EQ(again.status, 200) << again.text;
  EXPECT_EQ(again.data()["status"], "RUNNING");
  EXPECT_EQ(again.data()["options"]["memoryMbytes"], 512);
  EXPECT_EQ(again.data()["stats"]["resurrectCount"], 1);
  EXPECT_TRUE(again.data()["finishedAt"].is_null());
  EXPECT_EQ(again.data()["defaultDatasetId"], run["defaultDatasetId"]);
  EXPECT_EQ(call("POST", "/v2/actors/" + actor + "/runs/last/abort").status, 200);
  EXPECT_EQ(call("GET", path + "?waitForFinish=10").data()["status"], "ABORTED");
  EXPECT_EQ(call("DELETE", path).status, 204);
  EXPECT_EQ(call("GET", path).error(), "record-not-found");
}

TEST_F(RunsApi, RetentionLeavesATombstone) {
  const auto id = make_run(make_built_actor("hello")).value("id", "");
  end_run(id, 0);
  EXPECT_TRUE(submit(engine::run::Command{engine::run::Delete{RunId::parse(id).value(), "old"}}));
  const auto gone = call("GET", "/v2/actor-runs/" + id);
  EXPECT_EQ(gone.status, 404);
  EXPECT_EQ(gone.error(), "record-not-found");
  const auto data = gone.json()["error"]["data"];
  EXPECT_EQ(lacking(data, {"startedAt", "finishedAt", "deletedAt"}), "");
  EXPECT_EQ(data["status"], "SUCCEEDED");
  EXPECT_EQ(data["exitCode"], 0);
  EXPECT_EQ(data["reason"], "old");
}

TEST_F(RunsApi, ListsFilterAndPage) {
  const auto actor = make_built_actor("hello");
  const auto first = make_run(actor).value("id", "");
  end_run(first);
  const auto second = make_run(actor).value("id", "");
  for (const auto& path : {"/v2/actors/" + actor + "/runs", std::string("/v2/actor-runs")}) {
    const auto all = call("GET", path + "?limit=1&desc=1").data();
    EXPECT_EQ(lacking(all, kList), "");
    EXPECT_EQ(all["total"], 2);
    EXPECT_EQ(all["count"], 1);
    EXPECT_EQ(lacking(all["items"][0], kRunShort), "");
    EXPECT_EQ(all["items"][0]["id"], second);
    const auto done = call("GET", path + "?status=SUCCEEDED,FAILED").data();
    ASSERT_EQ(done["items"].size(), 1U);
    EXPECT_EQ(done["items"][0]["id"], first);
    EXPECT_EQ(call("GET", path + "?startedAfter=2100-01-01T00:00:00.000Z").data()["total"], 0);
    EXPECT_EQ(call("GET", path + "?startedAfter=soon").status, 400);
    EXPECT_EQ(call("GET", path + "?offset=-1").status, 400);
  }
  const auto last = "/v2/actors/" + actor + "/runs/last";
  EXPECT_EQ(call("GET", last).data()["id"], second);
  EXPECT_EQ(call("GET", last + "?status=SUCCEEDED").data()["id"], first);
  EXPECT_EQ(call("GET", last + "?origin=WEBHOOK").error(), "record-not-found");
  EXPECT_EQ(call("GET", "/v2/actors/" + actor + "/runs/" + first).data()["id"], first);
}

TEST_F(RunsApi, TheStatusMessageIsTheActors) {
  const auto id = make_run(make_built_actor("hello")).value("id", "");
  const auto path = "/v2/actor-runs/" + id;
  const auto token = run_token(id);
  const auto set = call_as(token, "PUT", path, R"({"statusMessage":"half way"})");
  EXPECT_EQ(set.data()["statusMessage"], "half way");
  EXPECT_TRUE(set.data()["isStatusMessageTerminal"].is_null());
  end_run(id);
  // The last message may come when the process is gone; nothing else may.
  const auto last =
      call_as(token, "PUT", path, R"({"statusMessage":"done","isStatusMessageTerminal":true})");
  EXPECT_EQ(last.status, 200) << last.text;
  EXPECT_EQ(last.data()["statusMessage"], "done");
  EXPECT_EQ(last.data()["isStatusMessageTerminal"], true);
  EXPECT_EQ(call_as(token, "GET", path).status, 401);
  EXPECT_EQ(call("PUT", path, R"({"statusMessage":5})").error(), "invalid-value");
}

TEST_F(RunsApi, ARunsTokenEndsWithItsAttempt) {
  const auto actor = make_built_actor("hello");
  const auto id = make_run(actor).value("id", "");
  const auto path = "/v2/actor-runs/" + id;
  const auto token = run_token(id);
  EXPECT_EQ(call_as(token, "GET", path).status, 200);
  const auto child = call_as(token, "POST", "/v2/actors/" + actor + "/runs");
  EXPECT_EQ(child.data()["meta"]["origin"], "ACTOR");
  const auto me = call_as(token, "GET", "/v2/users/me").data();
  EXPECT_EQ(lacking(me, {"id", "username", "proxy.password"}), "");
  EXPECT_FALSE(me.contains("plan") || me.contains("email") || me.contains("profile"));
  end_run(id);
  EXPECT_EQ(call_as(token, "GET", path).error(), "user-or-token-not-found");
  EXPECT_EQ(call("POST", path + "/resurrect").status, 200);
  wait_until_running(id);
  EXPECT_EQ(call_as(token, "PUT", path, R"({"statusMessage":"late"})").status, 401);
}

}  // namespace
}  // namespace actuary::tests::api
