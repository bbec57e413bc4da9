#include "engine/run/decider.h"
#include "tests/api/shapes.h"
#include "tests/http/server_fixture.h"
#include "tests/support/api_fixture.h"

namespace actuary::tests::api {
namespace {

class ReplaceApi : public support::ApiFixture {
 protected:
  struct Run {
    std::string id;
    std::string path;
    std::string store;
  };
  Run a_run(const std::string& actor) {
    const auto run = make_run(actor);
    const auto id = run.value("id", "");
    return {id, "/v2/actor-runs/" + id,
            "/v2/key-value-stores/" + run.value("defaultKeyValueStoreId", "") + "/records/"};
  }
  /// Until its container of that number runs.
  void wait_for_attempt(const Run& run, std::uint32_t number) {
    EXPECT_TRUE(adapters::http::eventually([&] {
      bool live = false;
      on_loop([&] {
        const auto& state = executor->aggregates().run(RunId::parse(run.id).value());
        const auto* attempt = engine::run::attempt_of(state);
        live = attempt != nullptr && attempt->number == number && attempt->started_at;
      });
      return live;
    }));
  }
};

TEST_F(ReplaceApi, ARebootIsTheSameRunWithAnotherToken) {
  const auto run = a_run(make_built_actor("hello"));
  const auto token = run_token(run.id);
  const auto rebooted = call_as(token, "POST", run.path + "/reboot");
  EXPECT_EQ(rebooted.status, 200) << rebooted.text;
  EXPECT_EQ(rebooted.data()["id"], run.id);
  EXPECT_EQ(rebooted.data()["status"], "RUNNING");
  wait_for_attempt(run, 2);
  EXPECT_EQ(call("GET", run.path).data()["stats"]["rebootCount"], 1);
  EXPECT_NE(run_token(run.id), token);
  EXPECT_EQ(call_as(token, "PUT", run.store + "late", "1").status, 401);
  end_run(run.id);
  const auto late = call("POST", run.path + "/reboot");
  EXPECT_EQ(late.status, 400);
  EXPECT_EQ(late.error(), "job-finished");
  EXPECT_NE(late.text.find("already finished"), std::string::npos);
}

TEST_F(ReplaceApi, AMetamorphGoesOnAsTheOtherActorWithItsInput) {
  const auto first = make_built_actor("first");
  const auto second = make_built_actor("second");
  const auto run = a_run(first);
  const auto became = call("POST", run.path + "/metamorph?targetActorId=" + second, R"({"b":2})");
  EXPECT_EQ(became.status, 200) << became.text;
  wait_for_attempt(run, 2);
  const auto now = call("GET", run.path).data();
  EXPECT_EQ(now["actId"], first);
  EXPECT_EQ(now["stats"]["metamorph"], 1);
  ASSERT_EQ(now["metamorphs"].size(), 1U);
  EXPECT_EQ(now["metamorphs"][0]["actorId"], second);
  EXPECT_EQ(now["metamorphs"][0]["inputKey"], "INPUT-METAMORPH-1");
  EXPECT_EQ(call("GET", run.store + "INPUT-METAMORPH-1").text, R"({"b":2})");
  EXPECT_EQ(call("GET", run.store + "INPUT").text, R"({"a":1})");
  EXPECT_EQ(call("GET", "/v2/actors/" + second + "/runs/last").status, 404);
  EXPECT_EQ(call("GET", "/v2/actors/" + second).data()["stats"]["totalMetamorphs"], 1);
  end_run(run.id, 1);
  const auto again = call("POST", run.path + "/resurrect?build=latest");
  EXPECT_EQ(again.status, 200) << again.text;
  EXPECT_EQ(again.data()["buildId"], now["buildId"]) << "the run stays its Actor's";
}

TEST_F(ReplaceApi, AMetamorphThatIsRefusedWritesNothing) {
  const auto actor = make_built_actor("hello");
  const auto run = a_run(actor);
  const auto metamorph = run.path + "/metamorph";
  const auto input = run.store + "INPUT-METAMORPH-1";
  EXPECT_EQ(call("POST", metamorph).error(), "invalid-parameter");
  EXPECT_EQ(call("POST", metamorph + "?targetActorId=~nobody", "{}").error(), "record-not-found");
  EXPECT_EQ(call("POST", metamorph + "?targetActorId=" + actor + "&build=9.9.9", "{}").error(),
            "build-not-found");
  EXPECT_EQ(call("POST", metamorph + "?targetActorId=" + actor, R"({"a":)").error(),
            "run-input-body-not-valid-json");
  const auto paid = make_actor(
      "paid", R"({"pricingInfos":[{"pricingModel":"PRICE_PER_DATASET_ITEM","unitName":"item",
                                   "pricePerUnitUsd":0.1}]})");
  make_build(paid);
  EXPECT_EQ(call("POST", metamorph + "?targetActorId=" + paid, "{}").error(),
            "cannot-metamorph-to-pay-per-result-actor");
  EXPECT_EQ(call("GET", input).status, 404);
  EXPECT_EQ(call("GET", run.path).data()["status"], "RUNNING");
  end_run(run.id);
  EXPECT_EQ(call("POST", metamorph + "?targetActorId=" + actor, "{}").error(), "job-finished");
  EXPECT_EQ(call("GET", input).status, 404);
}

TEST_F(ReplaceApi, TheEleventhMetamorphIsTooMany) {
  const auto actor = make_built_actor("hello");
  const auto run = a_run(actor);
  const auto metamorph = run.path + "/metamorph?targetActorId=" + actor;
  for (std::uint32_t i = 0; i < 10; ++i) {
    const auto became = call("POST", metamorph, "{}");
    ASSERT_EQ(became.status, 200) << became.text;
    wait_for_attempt(run, i + 2);
  }
  EXPECT_EQ(call("POST", metamorph, "{}").error(), "max-metamorphs-exceeded");
  EXPECT_EQ(call("GET", run.store + "INPUT-METAMORPH-11").status, 404);
}

TEST_F(ReplaceApi, AMetamorphThatIsSentAgainHappensOnce) {
  const auto actor = make_built_actor("hello");
  const auto run = a_run(actor);
  const auto metamorph = run.path + "/metamorph?targetActorId=" + actor;
  const std::string key = "Content-Type: application/json\r\nIdempotency-Key: one\r\n";
  EXPECT_EQ(call("POST", metamorph, "{}", key).status, 200);
  wait_for_attempt(run, 2);
  EXPECT_EQ(call("POST", metamorph, "{}", key).status, 200);
  EXPECT_EQ(call("GET", run.path).data()["stats"]["metamorph"], 1);
  EXPECT_EQ(call("GET", run.store + "INPUT-METAMORPH-2").status, 404);
}

constexpr std::string_view kPrices = R"({"pricingInfos":[{"pricingModel":"PAY_PER_EVENT",
    "minimalMaxTotalChargeUsd":0.1,"pricingPerEvent":{"actorChargeEvents":{
        "page":{"eventTitle":"Page","eventDescription":"","eventPriceUsd":0.1}}}}]})";

class ChargeApi : public ReplaceApi {};

TEST_F(ChargeApi, CountsOncePerKeyAndShowsItAtTheRun) {
  const auto actor = make_actor("paid", std::string(kPrices));
  make_build(actor);
  const auto run = a_run(actor);
  const std::string key = "Content-Type: application/json\r\nidempotency-key: one\r\n";
  const auto charge = [&](std::string_view body, std::string_view fields) {
    return call_as(run_token(run.id), "POST", run.path + "/charge", body, fields);
  };
  const auto first = charge(R"({"eventName":"page","count":2})", key);
  EXPECT_EQ(first.status, 201) << first.text;
  EXPECT_EQ(first.text, "{}");
  EXPECT_EQ(charge(R"({"eventName":"page","count":2})", key).status, 201);
  EXPECT_EQ(charge(R"({"eventName":"page","count":3})", key).status, 409);
  const auto shown = call("GET", run.path).data();
  EXPECT_EQ(shown["chargedEventCounts"], Json({{"page", 2}}));
  EXPECT_EQ(shown["pricingInfo"]["pricingModel"], "PAY_PER_EVENT");
  EXPECT_EQ(lacking(shown["pricingInfo"], {"apifyMarginPercentage", "createdAt", "startedAt"}), "");
}

TEST_F(ChargeApi, EachItemOfTheDefaultDatasetIsPaidForBeforeItsPushIsAnswered) {
  const auto actor = make_actor("paid", R"({"pricingInfos":[{"pricingModel":"PAY_PER_EVENT",
      "pricingPerEvent":{"actorChargeEvents":{"apify-default-dataset-item":{
          "eventTitle":"Item","eventDescription":"","eventPriceUsd":0.01}}}}]})");
  make_build(actor);
  const auto run = a_run(actor);
  const auto counts = [&] { return call("GET", run.path).data()["chargedEventCounts"]; };
  const auto push = [&](const std::string& path, std::string_view items) {
    EXPECT_EQ(call_as(run_token(run.id), "POST", path, items).status, 201);
  };
  push(run.path + "/dataset/items", R"([{"a":1},{"a":2}])");
  EXPECT_EQ(counts(), Json({{"apify-default-dataset-item", 2}}));
  push(run.path + "/dataset/items", R"({"a":3})");
  EXPECT_EQ(counts(), Json({{"apify-default-dataset-item", 3}}));
  const auto other = call("POST", "/v2/datasets").data().value("id", "");
  push("/v2/datasets/" + other + "/items", R"([{"a":1}])");
  EXPECT_EQ(counts(), Json({{"apify-default-dataset-item", 3}})) << "it is not the run's own";
  on_loop([&] {
    const auto& state = executor->aggregates().run(RunId::parse(run.id).value());
    const StorageId dataset = engine::run::facts_of(state)->dataset_id;
    storages->push_items(dataset, {"{}"}, std::nullopt, [](const Status&) {});
  });
  end_run(run.id);
  EXPECT_TRUE(adapters::http::eventually([&] {
    return counts() == Json({{"apify-default-dataset-item", 4}});
  })) << "what nobody reported is counted at the run's end";
  const auto free = a_run(make_built_actor("free"));
  EXPECT_EQ(call("POST", free.path + "/dataset/items", R"([{"a":1}])").status, 201);
  EXPECT_EQ(call("GET", free.path).data()["chargedEventCounts"], Json::object());
}

TEST_F(ChargeApi, RefusesWhatHasNoPrice) {
  const auto actor = make_actor("paid", std::string(kPrices));
  make_build(actor);
  const auto run = a_run(actor);
  const auto charge = [&](const std::string& path, std::string_view body) {
    return call("POST", path + "/charge", body).error();
  };
  EXPECT_EQ(charge(run.path, R"({"eventName":"x","count":1})"), "invalid-value");
  EXPECT_EQ(charge(run.path, R"({"eventName":"page","count":0})"), "invalid-value");
  EXPECT_EQ(charge(run.path, R"({"eventName":"page"})"), "invalid-value");
  EXPECT_EQ(charge(run.path, R"({"count":1})"), "invalid-value");
  EXPECT_EQ(charge(run.path, R"({"eventName":"apify-actor-start","count":1})"),
            "cannot-charge-apify-event");
  const auto free = a_run(make_built_actor("free"));
  EXPECT_EQ(charge(free.path, R"({"eventName":"page","count":1})"),
            "cannot-charge-non-pay-per-event-actor");
  EXPECT_EQ(call("POST", "/v2/actors/" + actor + "/runs?maxTotalChargeUsd=0.05").error(),
            "max-total-charge-usd-below-minimum");
  end_run(run.id);
  EXPECT_EQ(charge(run.path, R"({"eventName":"page","count":1})"), "job-finished");
}

TEST_F(ChargeApi, PricesThatAreNoneAreRefusedAndNullTakesThemAway) {
  const auto actor = make_actor("paid", std::string(kPrices));
  const auto path = "/v2/actors/" + actor;
  for (const std::string& wrong : std::vector<std::string>{
           R"({"pricingInfos":5})", R"({"pricingInfos":[5]})",
           R"({"pricingInfos":[{"pricingModel":"PAY_PER_EVENT","pricingPerEvent":
             {"actorChargeEvents":{"page":{"eventPriceUsd":-1}}}}]})",
           R"({"pricingInfos":[{"pricingModel":"PAY_PER_EVENT","pricingPerEvent":
             {"actorChargeEvents":{"page":{"eventPriceUsd":1e300}}}}]})",
           R"({"pricingInfos":[{"pricingModel":"PAY_PER_EVENT","pricingPerEvent":
             {"actorChargeEvents":{"page":{}}}}]})",
           R"({"pricingInfos":[{"pricingModel":"FREE","startedAt":"soon"}]})",
           R"({"pricingInfos":[{"pricingModel":"FREE","note":")" + std::string(70'000, 'x') +
               R"("}]})"}) {
    EXPECT_EQ(call("PUT", path, wrong).error(), "invalid-value") << wrong;
  }
  EXPECT_EQ(call("PUT", path, R"({"pricingInfos":[{"pricingModel":"GIFT"}]})").error(),
            "pricing-model-not-supported");
  EXPECT_EQ(call("GET", path).data()["pricingInfos"][0]["pricingModel"], "PAY_PER_EVENT");
  EXPECT_EQ(call("PUT", path, R"({"pricingInfos":null})").status, 200);
  make_build(actor);
  EXPECT_FALSE(call("GET", a_run(actor).path).data().contains("pricingInfo"));
}

}  // namespace
}  // namespace actuary::tests::api
