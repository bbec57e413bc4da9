#include <gtest/gtest.h>
#include <unistd.h>

#include "adapters/http/json.h"
#include "tests/http/server_fixture.h"

namespace actuary::adapters::http {
namespace {

using namespace std::chrono_literals;

Response text(std::string body) { return {200, {{"Content-Type", "text/plain"}}, std::move(body)}; }

std::vector<Route> echo_routes() {
  const auto echo = [](const Request& request, const Responder& responder) {
    responder.send(text(request.method + " " + request.body));
  };
  const auto size = [](const Request& request, const Responder& responder) {
    responder.send(text(std::to_string(request.body.size())));
  };
  return {
      {"GET", "/echo", echo},
      {"POST", "/echo", echo},
      {"PUT", "/raw", echo, BodyMode::kAsSent, AuthMode::kNone, 20'000'000},
      {"POST", "/size", size},
      {"GET", "/v2/actors/{actorId}",
       [](const Request& request, const Responder& responder) {
         responder.send(text(request.parameter("actorId")));
       }},
      {"GET", "/big",
       [](const Request&, const Responder& responder) {
         responder.send(text(std::string(100'000, 'a')));
       }},
      {"GET", "/dropped", [](const Request&, const Responder&) {}},
  };
}

TEST(HttpServer, AnswersAndKeepsTheConnectionForAThousandRequests) {
  RunningServer server(echo_routes());
  auto client = server.connect();
  for (int i = 0; i < 1000; ++i) {
    const auto answer =
        client.ask(post("/echo", std::to_string(i), "X-Empty:\r\nX-Blank: a \t\r\n"));
    ASSERT_EQ(answer.status, 200) << answer.head << answer.body;
    ASSERT_EQ(answer.body, "POST " + std::to_string(i));
  }
}

TEST(HttpServer, GivesTheSameAnswersForEverySplit) {
  const std::string wire = "\r\n" + post("/echo", "ab") +
                           "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
                           "3;x=y\r\nabc\r\n1\r\nd\r\n0\r\nTrailer: t\r\n\r\n" +
                           get("/echo", "Connection: close\r\n");
  RunningServer server(echo_routes());
  for (std::size_t split = 1; split < wire.size(); ++split) {
    auto client = server.connect();
    client.send(wire.substr(0, split));
    if (split % 8 == 0) std::this_thread::sleep_for(1ms);
    client.send(wire.substr(split));
    ASSERT_EQ(client.receive().body, "POST ab") << split;
    ASSERT_EQ(client.receive().body, "POST abcd") << split;
    ASSERT_EQ(client.receive().body, "GET ") << split;
    ASSERT_EQ(client.receive_all(), "") << split;
  }
  auto client = server.connect();
  for (const char byte : wire) ASSERT_TRUE(client.send({&byte, 1}));
  EXPECT_EQ(client.receive().body, "POST ab");
  EXPECT_EQ(client.receive().body, "POST abcd");
  EXPECT_EQ(client.receive().body, "GET ");
}

TEST(HttpServer, RefusesWhatCouldSmuggleARequestAndCloses) {
  const std::string line = "POST /echo HTTP/1.1\r\n";
  const std::string host = "Host: x\r\n";
  const std::vector<std::string> corpus{
      line + host + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      line + host + "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
      line + host + "Content-Length: 5\r\nContent-Length: 5\r\n\r\nabcde",
      line + host + "Content-Length: +5\r\n\r\nabcde",
      line + host + "Content-Length: 0x5\r\n\r\nabcde",
      line + host + "Content-Length: 5, 5\r\n\r\nabcde",
      line + host + "Content-Length: -1\r\n\r\n",
      line + host + "Content-Length: 99999999999999999999999\r\n\r\n",
      line + host + "Content-Length : 5\r\n\r\nabcde",
      line + " Content-Length: 5\r\n" + host + "\r\nabcde",
      line + host + "X: a\r\n b\r\n\r\n",
      line + host + "Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n",
      line + host + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
      line + host + "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
      line + host + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
      line + host + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      "POST /echo HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      line + host + "Transfer-Encoding: chunked\r\n\r\n0x3\r\nabc\r\n0\r\n\r\n",
      line + host + "Transfer-Encoding: chunked\r\n\r\n+3\r\nabc\r\n0\r\n\r\n",
      line + host + "Transfer-Encoding: chunked\r\n\r\n3\nabc\r\n0\r\n\r\n",
      line + host + "Transfer-Encoding: chunked\r\n\r\n3\r\nabcd\r\n0\r\n\r\n",
      line + "Host: x\nContent-Length: 0\r\n\r\n",
      "GET /echo HTTP/1.1\nHost: x\n\n",
      line + "Host: x\rX: y\r\n\r\n",
      line + host + "X: a\rTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      line + host + "X: a" + std::string(1, '\0') + "b\r\n\r\n",
      line + host +
          "X: a\x01"
          "b\r\n\r\n",
      line + host + "X Y: a\r\n\r\n",
      line + host + ": a\r\n\r\n",
      line + host + "Host: y\r\n\r\n",
      line + "\r\n",
      "GET /echo\r\n\r\n",
      "GET /echo HTTP/2.0\r\nHost: x\r\n\r\n",
      "GET /echo HTTP/0.9\r\nHost: x\r\n\r\n",
      "GET /echo HTTP/1.2\r\nHost: x\r\n\r\n",
      "GET  /echo HTTP/1.1\r\nHost: x\r\n\r\n",
      "GET /echo  HTTP/1.1\r\nHost: x\r\n\r\n",
      "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
      "CONNECT a:1 HTTP/1.1\r\nHost: x\r\n\r\n",
      "BLA /echo HTTP/1.1\r\nHost: x\r\n\r\n",
      std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 tls\r\n\r\n", 19),
  };
  RunningServer server(echo_routes());
  for (const auto& request : corpus) {
    auto client = server.connect();
    // What follows must never be answered.
    client.send(request + get("/echo"));
    const auto answer = client.receive();
    EXPECT_TRUE(answer.status == 400 || answer.status == 505) << request << answer.head;
    EXPECT_NE(answer.body.find("\"invalid-request\""), std::string::npos) << request;
    EXPECT_NE(answer.head.find("Connection: close"), std::string::npos) << request;
    EXPECT_EQ(client.receive_all(), "") << request;
  }
}

TEST(HttpServer, BoundsTheHead) {
  RunningServer server(echo_routes());
  EXPECT_EQ(server.connect().ask(get("/" + std::string(1'000'000, 'a'))).status, 414);
  EXPECT_EQ(server.connect().ask(get("/echo", "X: " + std::string(70'000, 'a') + "\r\n")).status,
            431);
  std::string fields;
  for (int i = 0; i < 200; ++i) fields += "X: y\r\n";
  EXPECT_EQ(server.connect().ask(get("/echo", fields)).status, 431);
  EXPECT_EQ(server.connect()
                .ask("POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1;" +
                     std::string(100'000, 'a'))
                .status,
            400);
}

TEST(HttpServer, TakesBodiesUpToTheLimitAndNotAByteMore) {
  RunningServer server(echo_routes());
  const std::string fits(kBodyBytesMax, 'a');
  const std::string over(kBodyBytesMax + 1, 'a');
  const std::string text =
      "The POST payload is too large (limit: 9437184 bytes, actual length: 9437185 bytes).";
  EXPECT_EQ(server.connect().ask(post("/size", fits)).body, "9437184");
  for (const auto& answer :
       {server.connect().ask(post("/size", over)),
        server.connect().ask("POST /size HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
                             "900001\r\n" +
                             over + "\r\n0\r\n\r\n")}) {
    EXPECT_EQ(answer.status, 413);
    EXPECT_NE(answer.body.find("request-too-large"), std::string::npos) << answer.body;
  }
  EXPECT_NE(server.connect().ask(post("/size", over)).body.find(text), std::string::npos);
  for (const auto& [name, packed_fits, packed_over] :
       {std::tuple{"gzip", gzip(fits), gzip(over)}, std::tuple{"br", brotli(fits), brotli(over)}}) {
    const std::string field = std::string("Content-Encoding: ") + name + "\r\n";
    EXPECT_EQ(server.connect().ask(post("/size", packed_fits, field)).body, "9437184") << name;
    EXPECT_EQ(server.connect().ask(post("/size", packed_over, field)).status, 413) << name;
  }
}

TEST(HttpServer, UndoesOneKnownEncodingAndRefusesOthers) {
  RunningServer server(echo_routes());
  auto client = server.connect();
  EXPECT_EQ(client.ask(post("/echo", gzip("hello"), "Content-Encoding: GZIP\r\n")).body,
            "POST hello");
  EXPECT_EQ(client.ask(post("/echo", brotli("hello"), "Content-Encoding: br\r\n")).body,
            "POST hello");
  EXPECT_EQ(client.ask(post("/echo", "hello", "Content-Encoding: identity\r\n")).body,
            "POST hello");
  const auto packed = gzip("hello");
  EXPECT_EQ(client.ask(post("/echo", packed + packed, "Content-Encoding: gzip\r\n")).body,
            "POST hellohello");
  // A gzip's inside is bare deflate.
  EXPECT_EQ(client
                .ask(post("/echo", packed.substr(10, packed.size() - 18),
                          "Content-Encoding: deflate\r\n"))
                .body,
            "POST hello");
  const auto unknown = client.ask(post("/echo", "hello", "Content-Encoding: bla\r\n"));
  EXPECT_EQ(unknown.status, 415);
  EXPECT_NE(unknown.body.find(R"(Content-Encoding \"bla\" is not supported.)"), std::string::npos);
  EXPECT_EQ(client.ask(post("/echo", "x", "Content-Encoding: gzip, gzip\r\n")).status, 415);
  EXPECT_EQ(client
                .ask({"PUT /raw HTTP/1.1\r\nHost: x\r\nContent-Encoding: bla\r\n"
                      "Content-Length: 2\r\n\r\nhi"})
                .body,
            "PUT hi");
  EXPECT_EQ(server.connect()
                .ask(post("/echo", packed.substr(0, 12), "Content-Encoding: gzip\r\n"))
                .status,
            400);
  EXPECT_EQ(server.connect().ask(post("/echo", "garbage", "Content-Encoding: br\r\n")).status, 400);
  EXPECT_EQ(server.connect().ask(post("/echo", "garbage", "Content-Encoding: gzip\r\n")).status,
            400);
}

TEST(HttpServer, RoutesWithEnvelopesForWhatIsNotThere) {
  RunningServer server(echo_routes());
  auto client = server.connect();
  const auto missing = client.ask(get("/v2/nothing"));
  EXPECT_EQ(missing.status, 404);
  EXPECT_EQ(parse_json(missing.body)->at("error").at("type"), "page-not-found");
  const auto wrong = client.ask(post("/v2/actors/a", "x"));
  EXPECT_EQ(wrong.status, 405);
  EXPECT_EQ(
      parse_json(wrong.body)->at("error").at("message"),
      "This API end-point can only be accessed using the following HTTP methods: OPTIONS,GET");
  EXPECT_EQ(client.ask(get("/v2/acts/me%7Ehello?x=1")).body, "me~hello");
  EXPECT_EQ(client.ask(get("/echo?method=post")).body, "POST ");
  const auto preflight = client.ask("OPTIONS /v2/actors/a HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(preflight.status, 204);
  EXPECT_NE(preflight.head.find("Access-Control-Allow-Methods: OPTIONS,GET\r\n"),
            std::string::npos);
  EXPECT_NE(preflight.head.find("Access-Control-Allow-Origin: *"), std::string::npos);
  const auto head = client.ask("HEAD /big HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_NE(head.head.find("Content-Length: 100000\r\n"), std::string::npos);
  EXPECT_EQ(client.ask(get("/dropped")).status, 500);
  EXPECT_EQ(client.ask(get("/x", "Connection: Upgrade\r\nUpgrade: websocket\r\n")).status, 501);
}

TEST(HttpServer, CompressesTextWhenAsked) {
  RunningServer server(echo_routes());
  auto client = server.connect();
  const auto packed = client.ask(get("/big", "Accept-Encoding: gzip;q=0.5, br;q=0\r\n"));
  EXPECT_NE(packed.head.find("Content-Encoding: gzip"), std::string::npos);
  EXPECT_EQ(gunzip(packed.body), std::string(100'000, 'a'));
  EXPECT_NE(client.ask(get("/big", "Accept-Encoding: gzip, br\r\n")).head.find("Encoding: br"),
            std::string::npos);
  EXPECT_EQ(client.ask(get("/big")).body.size(), 100'000U);
}

TEST(HttpServer, SpeaksHttp10AndExpectations) {
  RunningServer server(echo_routes());
  auto old = server.connect();
  old.send("GET /echo HTTP/1.0\r\n\r\n");
  EXPECT_NE(old.receive_all().find("GET "), std::string::npos);
  auto kept = server.connect();
  EXPECT_EQ(kept.ask("GET /echo HTTP/1.0\r\nConnection: keep-alive\r\n\r\n").status, 200);
  EXPECT_EQ(kept.ask("GET /echo HTTP/1.0\r\n\r\n").status, 200);
  auto client = server.connect();
  EXPECT_EQ(client
                .ask("POST /echo HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n"
                     "Content-Length: 2\r\n\r\n")
                .status,
            100);
  EXPECT_EQ(client.ask("ok").body, "POST ok");
  EXPECT_EQ(client
                .ask("POST /nowhere HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n"
                     "Content-Length: 2\r\n\r\n")
                .status,
            404);
}

TEST(HttpServer, ListensOnAUnixSocketOfItsOwner) {
  const std::string path = ::testing::TempDir() + "actuary-http-" + std::to_string(getpid());
  RunningServer server(echo_routes());
  server.on_loop([&](Server& live, uv_loop_t*) {
    ASSERT_TRUE(live.listen_unix(path));
    const auto again = live.listen_unix(path);
    EXPECT_EQ(again.error().code, Code::kInUse);
    const auto taken = live.listen_tcp("127.0.0.1", server.port());
    EXPECT_EQ(taken.error().code, Code::kInUse);
    EXPECT_NE(taken.error().detail.find("(pid " + std::to_string(getpid()) + ")"),
              std::string::npos)
        << taken.error().detail;
    EXPECT_EQ(live.listen_tcp("nonsense", 1).error().code, Code::kInvalidArgument);
  });
  EXPECT_EQ(Client::unix_socket(path).ask(get("/echo")).body, "GET ");
}

}  // namespace
}  // namespace actuary::adapters::http
