#include "tests/support/api_fixture.h"

namespace actuary::tests::api {
namespace {

class PersonalApi : public support::ApiFixture {
 protected:
  static constexpr std::string_view kAgent =
      "Content-Type: application/json\r\nUser-Agent: canary-agent/1\r\n";

  Reply erase(const std::string& id, std::string_view body = {}) {
    return call_unix("POST", "/actuary/v1/erasures/" + id, body);
  }
  Json meta_of(const std::string& path) { return call("GET", path).data()["meta"]; }
  std::string first_position(const std::string& id) {
    return call_unix("GET", "/actuary/v1/history/" + id).data()["items"][0]["position"].dump();
  }
  /// How many events of that name the run's or build's history holds.
  int count(const std::string& id, std::string_view name) {
    const auto history = call_unix("GET", "/actuary/v1/history/" + id).data()["items"];
    int found = 0;
    for (const auto& item : history) found += item["event"]["type"] == name;
    return found;
  }
};

TEST_F(PersonalApi, AddressAndAgentAreShownAndLieSealedInTheJournal) {
  const auto actor = make_built_actor("hello");
  const auto run = call("POST", "/v2/actors/" + actor + "/runs", "{}", kAgent).data();
  EXPECT_EQ(run["meta"]["clientIp"], "127.0.0.1");
  EXPECT_EQ(run["meta"]["userAgent"], "canary-agent/1");
  bool sealed = false;
  EXPECT_TRUE(journal.scan(1, [&](const Record& record) {
    const auto* created = std::get_if<events::RunCreated>(&record.event);
    if (created == nullptr) return true;
    const auto key = events::personal_key(created->meta.client_ip);
    sealed = key && key == events::personal_key(created->meta.user_agent) &&
             record.command.find("canary") == Bytes::npos;
    return true;
  }));
  EXPECT_TRUE(sealed) << "both under one key";
}

TEST_F(PersonalApi, AnErasedRunShowsNullAndSaysSoInItsHistory) {
  const auto actor = make_built_actor("hello");
  const auto id =
      call("POST", "/v2/actors/" + actor + "/runs", "{}", kAgent).data().value("id", "");
  const auto other = make_run(actor).value("id", "");
  const auto erased = erase(id, R"({"reason":"asked for"})");
  EXPECT_EQ(erased.status, 200) << erased.text;
  EXPECT_EQ(erased.data()["kind"], "run");
  EXPECT_EQ(erased.data()["texts"], 2);
  EXPECT_EQ(erased.data()["plainTexts"], 0);
  EXPECT_TRUE(meta_of("/v2/actor-runs/" + id)["clientIp"].is_null());
  EXPECT_TRUE(meta_of("/v2/actor-runs/" + id)["userAgent"].is_null());
  EXPECT_EQ(meta_of("/v2/actor-runs/" + id)["origin"], "API");
  EXPECT_TRUE(meta_of("/v2/actor-runs/" + id).contains("personalDataErasedAt"));
  EXPECT_FALSE(meta_of("/v2/actor-runs/" + other).contains("personalDataErasedAt"));
  const auto listed = call("GET", "/v2/actor-runs").data()["items"];
  EXPECT_TRUE(listed[0]["meta"]["clientIp"].is_null());
  EXPECT_EQ(listed[1]["meta"]["clientIp"], "127.0.0.1");
  const auto before = call("GET", "/v2/actor-runs/" + id + "?asOf=" + first_position(id));
  EXPECT_TRUE(before.data()["meta"]["clientIp"].is_null()) << "in the past too: " << before.text;
  EXPECT_EQ(meta_of("/v2/actor-runs/" + other)["clientIp"], "127.0.0.1") << "a key of its own";
  EXPECT_EQ(count(id, "PersonalDataErased"), 1);
  EXPECT_EQ(erase(id).status, 200) << "twice is harmless";
  EXPECT_EQ(erase("NoSuchRunAtAllxxx").status, 404);
  EXPECT_EQ(call("POST", "/actuary/v1/erasures/" + id).status, 404) << "only over the socket";
}

TEST_F(PersonalApi, AResurrectionIsSealedUnderTheKeyOfTheStartUnlessThatWasDestroyed) {
  const auto actor = make_built_actor("hello");
  const auto id = make_run(actor).value("id", "");
  const auto resurrect = "/v2/actor-runs/" + id + "/resurrect";
  const auto sealed_under = [&] {
    std::optional<std::uint64_t> key;
    EXPECT_TRUE(journal.scan(1, [&](const Record& record) {
      const auto* created = std::get_if<events::RunCreated>(&record.event);
      const auto* again = std::get_if<events::RunResurrected>(&record.event);
      if (created != nullptr) key = events::personal_key(created->meta.client_ip);
      if (again != nullptr) key = events::personal_key(again->meta.user_agent);
      return true;
    }));
    return key;
  };
  const auto of_start = sealed_under();
  end_run(id);
  ASSERT_EQ(call("POST", resurrect, "", kAgent).status, 200);
  EXPECT_EQ(sealed_under(), of_start);
  wait_until_running(id);
  EXPECT_EQ(erase(id).data()["texts"], 3) << "two addresses and one agent";
  end_run(id);
  ASSERT_EQ(call("POST", resurrect, "", kAgent).status, 200);
  const auto fresh = sealed_under();
  EXPECT_NE(fresh, of_start);
  on_loop([&] { EXPECT_FALSE(secrets.is_destroyed(*fresh)); });
  EXPECT_EQ(erase(id).status, 200);
  on_loop([&] { EXPECT_TRUE(secrets.is_destroyed(*fresh)); });
}

TEST_F(PersonalApi, ABuildIsErasedLikeARun) {
  const auto built = make_build(make_actor("hello"));
  const auto id = built.value("id", "");
  EXPECT_EQ(built["meta"]["clientIp"], "127.0.0.1");
  EXPECT_EQ(erase(id).data()["kind"], "build");
  const auto shown = meta_of("/v2/actor-builds/" + id);
  EXPECT_TRUE(shown["clientIp"].is_null());
  EXPECT_TRUE(shown.contains("personalDataErasedAt"));
}

TEST_F(PersonalApi, DeletionDestroysTheKey) {
  const auto actor = make_built_actor("hello");
  const auto run = make_run(actor).value("id", "");
  end_run(run);
  std::string sealed;
  on_loop([&] {
    const auto row = views->runs().get(RunId::parse(run).value()).value().value();
    sealed = row.meta.client_ip;
    EXPECT_TRUE(secrets.open_personal(sealed));
  });
  ASSERT_EQ(call("DELETE", "/v2/actor-runs/" + run).status, 204);
  on_loop([&] { EXPECT_EQ(secrets.open_personal(sealed).error().code, Code::kNotFound); });
}

TEST_F(PersonalApi, TheNameOfATokenIsSealedToo) {
  const auto made = call_unix("POST", "/actuary/v1/tokens", R"({"name":"canary laptop"})");
  ASSERT_EQ(made.status, 201) << made.text;
  EXPECT_EQ(made.data()["name"], "canary laptop");
  const auto listed = call_unix("GET", "/actuary/v1/tokens").data()["items"];
  EXPECT_EQ(listed.back()["name"], "canary laptop");
  EXPECT_EQ(erase(made.data().value("userId", "")).data()["texts"], 1);
  EXPECT_TRUE(call_unix("GET", "/actuary/v1/tokens").data()["items"].back()["name"].is_null());
  EXPECT_EQ(call_as(made.data().value("token", ""), "GET", "/v2/users/me").status, 200)
      << "the token itself is as good as before";
}

TEST_F(PersonalApi, TheNameOfAUserIsSealedAndStillShownAndFound) {
  const auto made =
      call_unix("POST", "/actuary/v1/tokens", R"({"user":"canary.bird","name":"x"})").data();
  EXPECT_EQ(made["username"], "canary.bird");
  const auto id = made.value("userId", "");
  const auto token = made.value("token", "");
  EXPECT_EQ(call_as(token, "GET", "/v2/users/me").data()["username"], "canary.bird");
  EXPECT_EQ(call("GET", "/v2/users/canary.bird").data()["id"], id);
  int listed = 0;
  const auto tokens = call_unix("GET", "/actuary/v1/tokens").data()["items"];
  for (const auto& each : tokens) {
    listed += each["userId"] == id && each["username"] == "canary.bird";
  }
  EXPECT_EQ(listed, 1);
  const auto second =
      call_unix("POST", "/actuary/v1/tokens", R"({"user":"canary.bird","name":"y"})").data();
  EXPECT_EQ(second["userId"], id) << "no second user of that name";
  const auto actor = call_as(token, "POST", "/v2/actors", R"({"name":"nest"})").data();
  EXPECT_EQ(actor["username"], "canary.bird");
  EXPECT_EQ(call_as(token, "GET", "/v2/actors/canary.bird~nest").data()["id"], actor["id"]);
  const auto dataset = call_as(token, "POST", "/v2/datasets?name=eggs").data();
  EXPECT_EQ(dataset["username"], "canary.bird");
  EXPECT_EQ(call_as(token, "GET", "/v2/datasets/canary.bird~eggs").data()["id"], dataset["id"]);
  bool sealed = false;
  EXPECT_TRUE(journal.scan_stored(1, [&](Position, BytesView stored) {
    EXPECT_EQ(stored.find("canary.bird"), BytesView::npos) << "neither event nor command";
    return true;
  }));
  EXPECT_TRUE(journal.scan(1, [&](const Record& record) {
    const auto* user = std::get_if<events::UserCreated>(&record.event);
    sealed |= user != nullptr && events::personal_key(user->username).has_value();
    return true;
  }));
  EXPECT_TRUE(sealed);
}

TEST_F(PersonalApi, AnErasedUserIsShownByIdAndTheNameIsFreeAgain) {
  const std::string_view wish = R"({"user":"canary.bird","name":"x"})";
  const auto made = call_unix("POST", "/actuary/v1/tokens", wish).data();
  const auto id = made.value("userId", "");
  const auto erased = erase(id);
  EXPECT_EQ(erased.data()["texts"], 2) << "the name and the token's; " << erased.text;
  EXPECT_EQ(erased.data()["plainTexts"], 0);
  EXPECT_EQ(call("GET", "/v2/users/canary.bird").status, 404);
  EXPECT_EQ(call("GET", "/v2/users/" + id).data()["username"], id);
  EXPECT_EQ(call_as(made.value("token", ""), "GET", "/v2/users/me").data()["username"], id);
  const auto again = call_unix("POST", "/actuary/v1/tokens", wish).data();
  EXPECT_NE(again["userId"], id);
  EXPECT_EQ(call("GET", "/v2/users/canary.bird").data()["id"], again["userId"]);
}

TEST_F(PersonalApi, ANameThatIsNoneMakesNoUserAndNoKey) {
  for (const std::string_view name : {"ab", "Canary", "personal:v1:1:00", "a b c"}) {
    const auto refused = call_unix("POST", "/actuary/v1/tokens",
                                   R"({"user":")" + std::string(name) + R"(","name":"x"})");
    EXPECT_EQ(refused.status, 400) << refused.text;
  }
}

}  // namespace
}  // namespace actuary::tests::api
