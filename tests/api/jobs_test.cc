#include "adapters/http/api/ansi.h"
#include "tests/api/shapes.h"
#include "tests/http/server_fixture.h"
#include "tests/support/api_fixture.h"

namespace actuary::tests::api {
namespace {

class JobsApi : public support::ApiFixture {};
using adapters::http::Client;

TEST_F(JobsApi, BuildsAreListedAbortedAndDeleted) {
  const auto actor = make_actor("hello");
  const auto builds = "/v2/actors/" + actor + "/builds";
  EXPECT_EQ(call("GET", builds + "/default").error(), "unknown-build-tag");
  const auto first = make_build(actor);
  EXPECT_EQ(first["status"], "SUCCEEDED");
  EXPECT_EQ(call("GET", builds + "/default").data()["id"], first["id"]);
  const auto path = "/v2/actor-builds/" + first.value("id", "");
  EXPECT_EQ(call("DELETE", path).error(), "deleting-default-build");
  EXPECT_EQ(call("POST", path + "/abort").data()["status"], "SUCCEEDED");
  EXPECT_EQ(call("POST", builds).error(), "parameter-required");
  EXPECT_EQ(call("POST", builds + "?version=7.7").error(), "record-not-found");
  on_loop([&] { builder->mode = support::HandBuilder::Mode::kHangs; });
  const auto second = call("POST", builds + "?version=0.1&tag=beta&useCache=1");
  EXPECT_EQ(second.status, 201);
  EXPECT_EQ(second.data()["buildNumber"], "0.1.2");
  EXPECT_EQ(second.data()["options"]["useCache"], true);
  const auto other = "/v2/actor-builds/" + second.data().value("id", "");
  EXPECT_EQ(call("DELETE", other).error(), "deleting-unfinished-build");
  EXPECT_EQ(call("POST", other + "/abort").status, 200);
  EXPECT_EQ(call("GET", other + "?waitForFinish=10").data()["status"], "ABORTED");
  const auto list = call("GET", "/v2/actor-builds").data();
  EXPECT_EQ(lacking(list, kList), "");
  EXPECT_EQ(list["total"], 2);
  EXPECT_EQ(lacking(list["items"][0], kBuildShort), "");
  EXPECT_EQ(call("GET", builds + "?desc=1").data()["items"][0]["id"], second.data()["id"]);
  EXPECT_EQ(call("DELETE", other).status, 204);
  EXPECT_EQ(call("GET", other).error(), "record-not-found");
}

TEST_F(JobsApi, TheDefaultBuildOfAPublicActorDoesNotSayWhereItsOwnerIs) {
  const auto actor = make_actor("hello", R"({"isPublic":true})");
  const auto built = call("POST", "/v2/actors/" + actor + "/builds?version=0.1&waitForFinish=10",
                          {}, "User-Agent: owners-machine\r\n");
  EXPECT_EQ(built.data()["meta"]["userAgent"], "owners-machine");
  const auto path = "/v2/actors/" + actor + "/builds/default";
  EXPECT_EQ(call("GET", path).data()["meta"]["clientIp"], "127.0.0.1");
  const auto other = call_unix("POST", "/actuary/v1/tokens", R"({"user":"other"})").data();
  for (const std::string& who : {other.value("token", ""), std::string()}) {
    const auto shown = call_as(who, "GET", path);
    EXPECT_EQ(shown.data()["id"], built.data()["id"]);
    EXPECT_EQ(shown.data()["meta"]["clientIp"], nullptr);
    EXPECT_EQ(shown.data()["meta"]["userAgent"], nullptr);
  }
}

TEST_F(JobsApi, ABuildThatFailsSaysWhy) {
  on_loop([&] { builder->mode = support::HandBuilder::Mode::kFails; });
  const auto build = make_build(make_actor("hello"));
  EXPECT_EQ(build["status"], "FAILED");
  EXPECT_NE(build["statusMessage"].get<std::string>().find("Dockerfile"), std::string::npos);
}

TEST_F(JobsApi, ALogIsReadWithAndWithoutItsColours) {
  const auto actor = make_built_actor("hello");
  const auto id = make_run(actor).value("id", "");
  write_log(id, "\x1b[31mred\x1b[0m");
  const auto plain = call("GET", "/v2/logs/" + id);
  EXPECT_EQ(plain.status, 200);
  EXPECT_NE(plain.head.find("text/plain; charset=utf-8"), std::string::npos);
  EXPECT_NE(plain.text.find("Z red\n"), std::string::npos) << plain.text;
  EXPECT_NE(call("GET", "/v2/actor-runs/" + id + "/log?raw=1").text.find("\x1b[31mred"),
            std::string::npos);
  const auto download = call("GET", "/v2/actors/" + actor + "/runs/last/log?download=1");
  EXPECT_NE(download.head.find("attachment"), std::string::npos);
  EXPECT_EQ(call("GET", "/v2/logs/nothing").error(), "record-not-found");
  EXPECT_EQ(call("GET", "/v2/actor-builds/" + id + "/log").error(), "record-not-found");
}

TEST_F(JobsApi, AStreamedLogEndsOnceTheRunIsFinishedForReaders) {
  const auto id = make_run(make_built_actor("hello")).value("id", "");
  write_log(id, "first");
  Client client = Client::tcp(port());
  client.send("GET /v2/logs/" + id + "?stream=1&token=" + token() + " HTTP/1.1\r\nHost: x\r\n\r\n");
  std::string seen;
  while (seen.find("first") == std::string::npos) {
    const auto some = client.receive_some();
    ASSERT_FALSE(some.empty());
    seen += some;
  }
  write_log(id, "second");
  while (seen.find("second") == std::string::npos) {
    const auto some = client.receive_some();
    ASSERT_FALSE(some.empty());
    seen += some;
  }
  EXPECT_EQ(seen.find("\r\n0\r\n\r\n"), std::string::npos);
  write_log(id, "third");
  on_loop([&] {
    const auto spec = runtime->find(RunId::parse(id).value());
    runtime->end(spec->key, {.exit_code = 0});
  });
  while (seen.find("\r\n0\r\n\r\n") == std::string::npos) {
    const auto some = client.receive_some();
    ASSERT_FALSE(some.empty()) << seen;
    seen += some;
  }
  EXPECT_NE(seen.find("third"), std::string::npos);
  EXPECT_EQ(call("GET", "/v2/actor-runs/" + id).data()["status"], "SUCCEEDED");
}

TEST_F(JobsApi, ALongLogIsStreamedWhole) {
  const auto id = make_run(make_built_actor("hello")).value("id", "");
  const std::string line(60'000, 'x');
  for (int i = 0; i < 40; ++i) write_log(id, line);
  end_run(id);
  const auto whole = call("GET", "/v2/logs/" + id);
  const auto streamed = call("GET", "/v2/logs/" + id + "?stream=true");
  EXPECT_GT(whole.text.size(), 40 * line.size());
  EXPECT_EQ(whole.text, streamed.text);
}

TEST(AnsiStripper, SequencesGoWhereverTheyAreCut) {
  const std::string text =
      "a\x1b[1;31mb\x1b]0;title\x07"
      "c\x1b(Bd\x1b[2Ke\x1b[broken\nf";
  const std::string expected = "abcderoken\nf";
  EXPECT_EQ(adapters::http::api::AnsiStripper().strip(text), expected);
  for (std::size_t cut = 0; cut <= text.size(); ++cut) {
    adapters::http::api::AnsiStripper stripper;
    const auto head = stripper.strip(text.substr(0, cut));
    EXPECT_EQ(head + stripper.strip(text.substr(cut)), expected) << cut;
  }
}

TEST_F(JobsApi, TokensAreAskedFor) {
  EXPECT_EQ(call_as("", "GET", "/v2/users/me").error(), "token-not-provided");
  EXPECT_EQ(call_as("wrong", "GET", "/v2/users/me").error(), "user-or-token-not-found");
  EXPECT_EQ(call_as("", "GET", "/v2/users/me?token=" + token()).status, 200);
  const auto me = call("GET", "/v2/users/me");
  EXPECT_EQ(me.status, 200);
  EXPECT_EQ(lacking(me.data(), kMe), "");
  // Clients refuse an address whose domain has no dot, or is `.localhost` or `.local`.
  EXPECT_EQ(me.data()["email"], "tester@actuary.internal");
  EXPECT_EQ(call_unix("GET", "/v2/users/me").data()["username"], "tester");
  EXPECT_EQ(call_as("", "GET", "/v2/users/tester").data()["username"], "tester");
  EXPECT_EQ(call("GET", "/v2/users/nobody").error(), "record-not-found");
}

TEST_F(JobsApi, AFailedJournalIsAnsweredAsUnavailable) {
  on_loop([&] { journal.fail_following_append(journal::memory::MemoryJournal::Fate::kLost); });
  const auto refused = call("POST", "/v2/actors", R"({"name":"hello"})");
  EXPECT_EQ(refused.status, 503);
  EXPECT_EQ(refused.error(), "service-unavailable");
  EXPECT_EQ(call("GET", "/v2/actors").data()["total"], 0);
}

TEST_F(JobsApi, AClientThatGoesAwayLeavesNothingWaiting) {
  const auto id = make_run(make_built_actor("hello")).value("id", "");
  for (const std::string_view path : {"/log?stream=1&token=", "?waitForFinish=60&token="}) {
    Client client = Client::tcp(port());
    client.send("GET /v2/actor-runs/" + id + std::string(path) + token() +
                " HTTP/1.1\r\nHost: x\r\n\r\n");
    client.close();
  }
  EXPECT_TRUE(adapters::http::eventually([&] {
    std::size_t open = 0;
    on_loop([&] { open = server->connections(); });
    return open == 0;
  }));
  end_run(id);
}

TEST_F(JobsApi, TheSocketAdministers) {
  EXPECT_EQ(call("GET", "/actuary/v1/status").error(), "page-not-found");
  const auto status = call_unix("GET", "/actuary/v1/status").data();
  EXPECT_EQ(lacking(status, {"pid", "version", "term", "position", "publicBaseUrl", "isolation"}),
            "");
  const auto made = call_unix("POST", "/actuary/v1/tokens", R"({"user":"newcomer","name":"ci"})");
  EXPECT_EQ(made.status, 201) << made.text;
  const auto token = made.data().value("token", "");
  EXPECT_EQ(call_as(token, "GET", "/v2/users/me").data()["username"], "newcomer");
  const auto listed = call_unix("GET", "/actuary/v1/tokens");
  EXPECT_EQ(listed.data()["total"], 2);
  EXPECT_EQ(listed.text.find(token), std::string::npos);
  const auto one = "/actuary/v1/tokens/" + made.data().value("id", "");
  EXPECT_EQ(call_unix("DELETE", one).status, 204);
  EXPECT_EQ(call_as(token, "GET", "/v2/users/me").status, 401);
  const auto id = make_run(make_built_actor("hello")).value("id", "");
  const auto history = call_unix("GET", "/actuary/v1/history/" + id).data()["items"];
  ASSERT_GE(history.size(), 4U);
  EXPECT_EQ(history[0]["event"]["type"], "RunCreated");
  EXPECT_EQ(call_unix("GET", "/actuary/v1/history/12345678901234567").status, 404);
}

}  // namespace
}  // namespace actuary::tests::api
