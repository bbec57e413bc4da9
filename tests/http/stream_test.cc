#include <gtest/gtest.h>

#include <mutex>
#include <optional>

#include "tests/http/server_fixture.h"

namespace actuary::adapters::http {
namespace {

using namespace std::chrono_literals;

/// Writes `left` blocks as fast as the client takes them.
void pump(const StreamWriter& writer, std::size_t left, std::atomic<std::size_t>& written) {
  while (left > 0) {
    --left;
    ++written;
    const auto room = writer.write(std::string(64 * 1024, 'x'));
    if (room == StreamWriter::Room::kClosed) return;
    if (room == StreamWriter::Room::kFull) {
      writer.on_drain([=, &written] { pump(writer, left, written); });
      return;
    }
  }
  writer.end();
}

TEST(HttpStream, WaitsForASlowReaderAndLosesNothing) {
  std::atomic<std::size_t> written{0};
  RunningServer server({{"GET", "/stream", [&](const Request&, const Responder& responder) {
                           pump(responder.begin_stream(200, {}), 1000, written);
                         }}});
  auto client = server.connect();
  client.send(get("/stream"));
  client.send(get("/stream"));
  std::size_t seen = 0;
  // The writer stops although nobody reads; the kernel's buffers hold a few megabytes.
  ASSERT_TRUE(eventually([&] {
    const bool still = written > 0 && written == seen;
    seen = written;
    std::this_thread::sleep_for(20ms);
    return still;
  }));
  EXPECT_LT(seen, 500U);
  EXPECT_EQ(client.receive().body.size(), 1000UL * 64 * 1024);
  EXPECT_EQ(client.receive().body.size(), 1000UL * 64 * 1024);
}

TEST(HttpStream, CutsAReaderThatStopsAndAWriterThatWasDropped) {
  std::atomic<std::size_t> written{0};
  std::atomic<bool> closed{false};
  RunningServer server({{"GET", "/stream",
                         [&](const Request&, const Responder& responder) {
                           responder.on_closed([&] { closed = true; });
                           pump(responder.begin_stream(200, {}), 1'000'000, written);
                         }},
                        {"GET", "/broken",
                         [](const Request&, const Responder& responder) {
                           (void)responder.begin_stream(200, {}).write("half");
                         }}},
                       {.write_deadline = 200ms});
  auto client = server.connect();
  client.send(get("/stream"));
  EXPECT_TRUE(eventually([&] { return closed.load(); }));
  auto broken = server.connect();
  broken.send(get("/broken"));
  const auto all = broken.receive_all();
  EXPECT_NE(all.find("4\r\nhalf\r\n"), std::string::npos);
  EXPECT_EQ(all.find("0\r\n\r\n"), std::string::npos);
}

TEST(HttpStream, SendsBareBytesToHttp10AndNoneToHead) {
  RunningServer server({{"GET", "/s", [](const Request&, const Responder& responder) {
                           const auto writer = responder.begin_stream(200, {});
                           (void)writer.write("abc");
                           writer.end();
                         }}});
  auto old = server.connect();
  old.send("GET /s HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  const auto all = old.receive_all();
  EXPECT_EQ(all.substr(all.find("\r\n\r\n")), "\r\n\r\nabc");
  auto client = server.connect();
  client.ask("HEAD /s HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(client.ask(get("/s")).body, "abc");
}

/// Requests that wait until the test answers them.
struct Parked {
  std::mutex mutex;
  std::vector<Responder> responders;
  std::atomic<int> gone{0};

  Route route() {
    return {"GET", "/wait", [this](const Request&, const Responder& responder) {
              responder.on_closed([this] { ++gone; });
              const std::lock_guard lock(mutex);
              responders.push_back(responder);
            }};
  }
  std::size_t size() {
    const std::lock_guard lock(mutex);
    return responders.size();
  }
};

TEST(HttpServer, AnswersLaterInOrderAndSeesAClientLeave) {
  Parked parked;
  RunningServer server({parked.route()});
  auto client = server.connect();
  client.send(get("/wait") + get("/wait"));
  ASSERT_TRUE(eventually([&] { return parked.size() == 1; }));
  server.on_loop([&](Server&, uv_loop_t*) {
    const auto first = parked.responders.at(0);
    first.send({200, {}, "one"});
  });
  EXPECT_EQ(client.receive().body, "one");
  ASSERT_TRUE(eventually([&] { return parked.size() == 2; }));
  client.close();
  EXPECT_TRUE(eventually([&] { return parked.gone == 1; }));
  server.on_loop([&](Server&, uv_loop_t*) {
    EXPECT_TRUE(parked.responders.at(1).closed());
    parked.responders.at(1).send({200, {}, "nobody listens"});
    parked.responders.clear();
  });
  EXPECT_TRUE(eventually([&] { return server.connections() == 0; }));
}

TEST(HttpServer, CutsSlowClientsAtTheirDeadlines) {
  RunningServer server({{"POST", "/x", [](const Request&, const Responder& r) { r.send({}); }}},
                       {.head_deadline = 150ms, .body_deadline = 150ms, .idle_deadline = 300ms});
  auto silent = server.connect();
  auto trickle = server.connect();
  auto body = server.connect();
  auto idle = server.connect();
  trickle.send("POST /x HTT");
  body.send("POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc");
  EXPECT_EQ(idle.ask(post("/x", "")).status, 200);
  EXPECT_EQ(trickle.receive().status, 408);
  EXPECT_EQ(body.receive().status, 408);
  EXPECT_EQ(silent.receive_all(), "");
  EXPECT_EQ(idle.receive_all(), "");
  EXPECT_TRUE(eventually([&] { return server.connections() == 0; }));
}

TEST(HttpServer, KeepsToItsConnectionsAndLetsIdleOnesGo) {
  Parked parked;
  RunningServer server({parked.route()}, {.connections_max = 2});
  auto first = server.connect();
  auto second = server.connect();
  first.send(get("/wait"));
  second.send(get("/wait"));
  ASSERT_TRUE(eventually([&] { return parked.size() == 2; }));
  auto third = server.connect();
  third.send(get("/nothing"));
  EXPECT_EQ(third.receive_some(50ms), "");
  server.on_loop([&](Server&, uv_loop_t*) { parked.responders.at(0).send({}); });
  EXPECT_EQ(first.receive().status, 200);
  first.close();
  EXPECT_EQ(third.receive().status, 404);
  // An idle connection makes way for a new client.
  auto fourth = server.connect();
  EXPECT_EQ(fourth.ask(get("/nothing")).status, 404);
  server.on_loop([&](Server&, uv_loop_t*) { parked.responders.clear(); });
}

TEST(HttpServer, FinishesWhatIsUnderWayWhenItClosesGracefully) {
  Parked parked;
  uv_loop_t loop;
  uv_loop_init(&loop);
  Router router({parked.route()});
  auto server = Server::open(&loop, {}, router).value();
  auto client = Client::tcp(server->listen_tcp("127.0.0.1", 0).value());
  client.send(get("/wait"));
  while (parked.size() == 0) uv_run(&loop, UV_RUN_ONCE);
  bool done = false;
  server->close(Server::CloseMode::kGraceful, [&] { done = true; });
  uv_run(&loop, UV_RUN_NOWAIT);
  EXPECT_FALSE(done);
  parked.responders.at(0).send({200, {}, "last"});
  parked.responders.clear();
  const auto answer = client.receive();
  EXPECT_EQ(answer.body, "last");
  EXPECT_NE(answer.head.find("Connection: close"), std::string::npos);
  client.close();
  uv_run(&loop, UV_RUN_DEFAULT);
  EXPECT_TRUE(done);
  server.reset();
  EXPECT_EQ(uv_loop_close(&loop), 0);
}

}  // namespace
}  // namespace actuary::adapters::http
