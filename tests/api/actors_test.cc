#include "tests/api/shapes.h"
#include "tests/support/api_fixture.h"

namespace actuary::tests::api {
namespace {

class ActorsApi : public support::ApiFixture {};

TEST_F(ActorsApi, CreateGivesEveryRequiredFieldAndALocation) {
  const auto made = call("POST", "/v2/actors", R"({"name":"hello","categories":["AI"]})");
  EXPECT_EQ(made.status, 201);
  EXPECT_EQ(lacking(made.data(), kActor), "");
  EXPECT_NE(made.head.find("Location: http://127.0.0.1:8010/v2/actors/"), std::string::npos);
  EXPECT_EQ(made.data()["categories"][0], "AI");
  EXPECT_EQ(call("POST", "/v2/actors", R"({"name":"hello"})").error(), "actor-name-not-unique");
  EXPECT_EQ(call("POST", "/v2/actors", "{").error(), "invalid-request");
  EXPECT_EQ(call("POST", "/v2/actors", "[]").error(), "invalid-request");
}

TEST_F(ActorsApi, AnActorIsFoundByIdAndByName) {
  const auto id = make_actor("hello");
  for (const auto& name : {id, std::string("tester~hello"), std::string("~hello"),
                           std::string("tester%2Fhello"), std::string("tester%7Ehello")}) {
    EXPECT_EQ(call("GET", "/v2/actors/" + name).data().value("id", ""), id) << name;
  }
  for (const std::string acts : {"acts", "%61cts", "ac%74s"}) {
    EXPECT_EQ(call("GET", "/v2/" + acts + "/" + id).status, 200) << acts;
  }
  EXPECT_EQ(call("GET", "/v2/actors/nobody").error(), "record-not-found");
  EXPECT_EQ(call_as("", "GET", "/v2/actors/" + id).error(), "record-not-found");
  const auto list = call("GET", "/v2/actors?my=1&desc=true&sortBy=stats.lastRunStartedAt").data();
  EXPECT_EQ(lacking(list, kList), "");
  ASSERT_EQ(list["items"].size(), 1U);
  EXPECT_EQ(lacking(list["items"][0], kActorShort), "");
}

TEST_F(ActorsApi, UpdateChangesOnlyWhatItNames) {
  const auto id = make_actor("hello", R"({"title":"Hello","seoTitle":"kept"})");
  const auto changed = call("PUT", "/v2/actors/" + id,
                            R"({"description":"new","defaultRunOptions":{"memoryMbytes":256}})");
  EXPECT_EQ(changed.status, 200) << changed.text;
  EXPECT_EQ(changed.data()["title"], "Hello");
  EXPECT_EQ(changed.data()["seoTitle"], "kept");
  EXPECT_EQ(changed.data()["description"], "new");
  EXPECT_EQ(changed.data()["defaultRunOptions"]["memoryMbytes"], 256);
  EXPECT_EQ(changed.data()["versions"][0]["sourceFiles"][0]["name"], "Dockerfile");
  const auto odd = call("PUT", "/v2/actors/" + id, R"({"defaultRunOptions":{"memoryMbytes":300}})");
  EXPECT_EQ(odd.status, 400);
  EXPECT_NE(odd.text.find("power of two"), std::string::npos);
  EXPECT_EQ(call("DELETE", "/v2/actors/" + id).status, 204);
  EXPECT_EQ(call("GET", "/v2/actors/" + id).error(), "record-not-found");
}

TEST_F(ActorsApi, TagsMoveByHandToSuccessfulBuildsOnly) {
  const auto id = make_actor("hello");
  const auto build = make_build(id);
  const auto build_id = build.value("id", "");
  EXPECT_EQ(lacking(build, kBuild), "");
  const auto patch = R"({"taggedBuilds":{"beta":{"buildId":")" + build_id + R"("},"latest":null}})";
  const auto tags = call("PUT", "/v2/actors/" + id, patch).data()["taggedBuilds"];
  EXPECT_EQ(lacking(tags, {"beta.buildId", "beta.buildNumber", "beta.finishedAt"}), "");
  EXPECT_EQ(tags["beta"]["buildNumberInt"], 100001);
  EXPECT_FALSE(tags.contains("latest"));
  const auto unknown = R"({"taggedBuilds":{"beta":{"buildId":"12345678901234567"}}})";
  EXPECT_EQ(call("PUT", "/v2/actors/" + id, unknown).error(), "record-not-found");
}

TEST_F(ActorsApi, VersionsAreMadeReadReplacedAndDeleted) {
  const auto id = make_actor("hello");
  const auto path = "/v2/actors/" + id + "/versions";
  const auto git = R"({"versionNumber":"1.0","sourceType":"GIT_REPO","gitRepoUrl":"https://x/y"})";
  const auto made = call("POST", path, git);
  EXPECT_EQ(made.status, 201) << made.text;
  EXPECT_EQ(lacking(made.data(), kVersion), "");
  EXPECT_EQ(made.data()["gitRepoUrl"], "https://x/y");
  EXPECT_EQ(call("POST", path, git).error(), "version-already-exists");
  EXPECT_EQ(call("POST", path, R"({"versionNumber":"1","sourceType":"GIT_REPO"})").error(),
            "invalid-value");
  EXPECT_EQ(call("GET", path).data()["total"], 2);
  EXPECT_EQ(call("PUT", path + "/1.0", R"({"buildTag":"beta"})").data()["buildTag"], "beta");
  EXPECT_EQ(call("GET", path + "/1.0").data()["gitRepoUrl"], "https://x/y");
  EXPECT_EQ(call("DELETE", path + "/1.0").status, 204);
  EXPECT_EQ(call("GET", path + "/1.0").error(), "record-not-found");
}

TEST_F(ActorsApi, SecretValuesAreSealedAndNeverShown) {
  const auto id = make_actor("hello");
  const auto path = "/v2/actors/" + id + "/versions/0.1/env-vars";
  const auto secret = R"({"name":"KEY","value":"hush","isSecret":true})";
  EXPECT_EQ(call("POST", path, secret).status, 201);
  EXPECT_EQ(call("POST", path, secret).error(), "env-var-already-exists");
  EXPECT_EQ(call("PUT", path + "/KEY", R"({"name":"OTHER","value":"x"})").error(),
            "cannot-rename-env-var");
  for (const auto& shown :
       {call("GET", path), call("GET", path + "/KEY"), call("GET", "/v2/actors/" + id)}) {
    EXPECT_EQ(shown.status, 200);
    EXPECT_EQ(shown.text.find("hush"), std::string::npos) << shown.text;
  }
  // A version sent back as it was read keeps its secrets.
  auto version = call("GET", "/v2/actors/" + id + "/versions/0.1").data();
  EXPECT_EQ(call("PUT", "/v2/actors/" + id + "/versions/0.1", version.dump()).status, 200);
  on_loop([&] {
    const auto& versions = executor->directory().find_actor(ActorId::parse(id).value())->versions;
    EXPECT_EQ(versions.at("0.1").env_vars.at(0).value, "sealed:hush");
  });
  EXPECT_EQ(call("DELETE", path + "/KEY").status, 204);
  EXPECT_EQ(call("GET", path + "/KEY").error(), "record-not-found");
}

TEST_F(ActorsApi, SourceFilesHaveALimit) {
  const auto id = make_actor("hello");
  const std::string content(3UL * 1024 * 1024 + 1, 'x');
  const auto body =
      R"({"sourceFiles":[{"name":"a","format":"TEXT","content":")" + content + "\"}]}";
  EXPECT_EQ(call("PUT", "/v2/actors/" + id + "/versions/0.1", body).error(),
            "versions-size-exceeded");
}

TEST_F(ActorsApi, OnlyTheOwnerSeesWhatAPublicActorIsMadeOf) {
  const auto id = make_actor("hello", R"({"isPublic":true})");
  const auto other = call_unix("POST", "/actuary/v1/tokens", R"({"user":"other"})").data();
  std::filesystem::remove_all(folder() / "blobs");  // so that reading one is a failure
  for (const std::string& who : {other.value("token", ""), std::string()}) {
    const auto shown = call_as(who, "GET", "/v2/actors/" + id);
    EXPECT_EQ(shown.status, 200) << shown.text;
    EXPECT_EQ(shown.data()["versions"][0]["versionNumber"], "0.1");
    EXPECT_FALSE(shown.data()["versions"][0].contains("sourceFiles")) << shown.text;
  }
  EXPECT_NE(call("GET", "/v2/actors/" + id).status, 200);
}

TEST_F(ActorsApi, DefaultRunOptionsAreChecked) {
  const auto id = make_actor("hello");
  for (const std::string_view wrong :
       {R"("memoryMbytes":0)", R"("memoryMbytes":1000)", R"("timeoutSecs":315360001)",
        R"("timeoutSecs":-1)", R"("maxItems":0)", R"("maxItems":1.5)", R"("maxTotalChargeUsd":0)",
        R"("maxTotalChargeUsd":-1)", R"("maxTotalChargeUsd":1e999)"}) {
    const std::string body = "{\"defaultRunOptions\":{" + std::string(wrong) + "}}";
    EXPECT_EQ(call("PUT", "/v2/actors/" + id, body).status, 400) << body;
    EXPECT_EQ(call("POST", "/v2/actors", body).status, 400) << body;
  }
  const auto right = call("PUT", "/v2/actors/" + id,
                          R"({"defaultRunOptions":{"timeoutSecs":315360000,"memoryMbytes":128,)"
                          R"("maxItems":1,"maxTotalChargeUsd":0.5}})");
  EXPECT_EQ(right.status, 200) << right.text;
}

TEST_F(ActorsApi, PricingInfosHaveWhatClientsRequire) {
  const auto id =
      make_actor("hello", R"({"pricingInfos":[{"pricingModel":"FREE"},)"
                          R"({"pricingModel":"FLAT_PRICE_PER_MONTH","apifyMarginPercentage":0.2,)"
                          R"("createdAt":"2024-01-01T00:00:00.000Z"}]})");
  const auto shown = call("GET", "/v2/actors/" + id).data();
  const auto& infos = shown["pricingInfos"];
  ASSERT_EQ(infos.size(), 2U);
  EXPECT_EQ(infos[0]["apifyMarginPercentage"], 0);
  EXPECT_EQ(infos[0]["createdAt"], shown["createdAt"]);
  EXPECT_EQ(infos[0]["startedAt"], shown["createdAt"]);
  EXPECT_EQ(infos[1]["apifyMarginPercentage"], 0.2);
  EXPECT_EQ(infos[1]["createdAt"], "2024-01-01T00:00:00.000Z");
  EXPECT_EQ(call("PUT", "/v2/actors/" + id, R"({"pricingInfos":[7]})").error(), "invalid-value");
}

TEST_F(ActorsApi, WhatIsForeignIsNotThere) {
  const auto id = make_actor("hello");
  const auto other = call_unix("POST", "/actuary/v1/tokens", R"({"user":"other"})").data();
  const auto token = other.value("token", "");
  EXPECT_EQ(call_as(token, "GET", "/v2/actors/" + id).error(), "record-not-found");
  EXPECT_EQ(call_as(token, "DELETE", "/v2/actors/" + id).error(), "record-not-found");
  call("PUT", "/v2/actors/" + id, R"({"isPublic":true})");
  EXPECT_EQ(call_as(token, "GET", "/v2/actors/" + id).status, 200);
  EXPECT_EQ(call_as("", "GET", "/v2/actors/" + id).status, 200);
  EXPECT_EQ(call_as(token, "DELETE", "/v2/actors/" + id).error(), "insufficient-permissions");
}

}  // namespace
}  // namespace actuary::tests::api
