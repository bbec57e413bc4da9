// Requests that are somebody else's to answer: what reaches the upstream, and what comes back.
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/http/server_fixture.h"

namespace actuary::adapters::http {
namespace {

/// A listener whose connections the test holds in its hands.
class RawUpstream {
 public:
  RawUpstream() : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    EXPECT_EQ(::bind(fd_, reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(::listen(fd_, 8), 0);
    ::getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
  }
  ~RawUpstream() { stop(); }
  RawUpstream(const RawUpstream&) = delete;
  RawUpstream& operator=(const RawUpstream&) = delete;

  void stop() {
    if (fd_ >= 0) ::close(std::exchange(fd_, -1));
  }
  [[nodiscard]] Client accept() const {
    return Client(::accept4(fd_, nullptr, nullptr, SOCK_CLOEXEC));
  }
  [[nodiscard]] std::uint16_t port() const { return port_; }

 private:
  int fd_;
  std::uint16_t port_ = 0;
};

std::string read_until(Client& client, std::string_view end) {
  std::string all;
  while (all.find(end) == std::string::npos) {
    const std::string more = client.receive_some();
    if (more.empty()) return all + "(cut)";
    all += more;
  }
  return all;
}

class HttpTunnel : public ::testing::Test {
 protected:
  static std::vector<Route> own_routes() {
    return {{"GET", "/own", [](const Request&, const Responder& responder) {
               responder.send({200, {}, "own"});
             }}};
  }
  std::optional<BodyPlan> plan(const Request& request) const {
    constexpr std::string_view kPrefix = "/up";
    if (!std::string_view(request.target).starts_with(kPrefix)) return std::nullopt;
    return BodyPlan{.upstream =
                        Upstream{"127.0.0.1", upstream_.port(),
                                 request.target.substr(kPrefix.size()), std::string(kPrefix)}};
  }

  RawUpstream upstream_;
  RunningServer server_{
      own_routes(), Options{.write_high_water = 64UL * 1024}, {}, [this](const Request& request) {
        return plan(request);
      }};
};

TEST_F(HttpTunnel, HandsOnTheRequestAndTheAnswerAsTheyAre) {
  Client client = server_.connect();
  client.send(
      "PURGE /up/a%2Fb?c=%20d HTTP/1.1\r\nHost: me\r\nX-Mine: 1\r\nKeep-Alive: 5\r\n"
      "Connection: keep-alive, X-Hop\r\nX-Hop: 2\r\nX-Forwarded-For: me\r\nContent-Length: "
      "5\r\n\r\nhe");
  Client container = upstream_.accept();
  client.send("llo");
  const std::string seen = read_until(container, "hello");
  EXPECT_EQ(seen.substr(0, seen.find("\r\n")), "PURGE /a%2Fb?c=%20d HTTP/1.1");
  for (const char* field : {"\r\nHost: me\r\n", "\r\nX-Mine: 1\r\n", "\r\nContent-Length: 5\r\n",
                            "\r\nConnection: close\r\n", "\r\nX-Forwarded-For: 127.0.0.1\r\n",
                            "\r\nX-Forwarded-Prefix: /up\r\n", "\r\n\r\nhello"}) {
    EXPECT_NE(seen.find(field), std::string::npos) << field << "\n" << seen;
  }
  for (const char* field : {"X-Hop", "Keep-Alive", "keep-alive", "X-Forwarded-For: me"}) {
    EXPECT_EQ(seen.find(field), std::string::npos) << field << "\n" << seen;
  }
  const std::string answer = "HTTP/1.1 299 Odd\r\nX-Theirs: 3\r\n\r\nbody until the end";
  container.send(answer);
  container.close();
  EXPECT_EQ(client.receive_all(), answer);
  EXPECT_EQ(server_.connect().ask(get("/own")).body, "own");
}

TEST_F(HttpTunnel, AnUpgradeFlowsBothWaysUntilOneSideEnds) {
  Client client = server_.connect();
  client.send(
      "GET /up/ws HTTP/1.1\r\nHost: me\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
      "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
  Client container = upstream_.accept();
  const std::string seen = read_until(container, "\r\n\r\n");
  EXPECT_NE(seen.find("\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"), std::string::npos);
  container.send("HTTP/1.1 101 Switching Protocols\r\n\r\n");
  EXPECT_NE(read_until(client, "\r\n\r\n").find(" 101 "), std::string::npos);
  for (int i = 0; i < 3; ++i) {
    client.send("ping\n");
    EXPECT_EQ(read_until(container, "\n"), "ping\n");
    container.send("pong\n");
    EXPECT_EQ(read_until(client, "\n"), "pong\n");
  }
  ::shutdown(client.fd(), SHUT_WR);
  EXPECT_EQ(container.receive_all(), "") << "the end is handed on";
  container.send("last words");
  container.close();
  EXPECT_EQ(client.receive_all(), "last words");
}

TEST_F(HttpTunnel, SaysSoWhileNobodyListens) {
  upstream_.stop();
  Client client = server_.connect();
  const Answer answer = client.ask(get("/up/"));
  EXPECT_EQ(answer.status, 502);
  EXPECT_NE(answer.body.find("bad-gateway"), std::string::npos) << answer.body;
}

TEST_F(HttpTunnel, AClientThatDoesNotReadStopsTheContainerNotTheServer) {
  Client client = server_.connect();
  client.send(get("/up/"));
  Client container = upstream_.accept();
  (void)read_until(container, "\r\n\r\n");
  const std::string block(256UL * 1024, 'x');
  std::size_t sent = 0;
  // Until every buffer between the two is full.
  while (sent < (256UL << 20U)) {
    const auto taken =
        ::send(container.fd(), block.data(), block.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (taken < 0) {
      pollfd room{container.fd(), POLLOUT, 0};
      if (::poll(&room, 1, 300) == 0) break;
      continue;
    }
    sent += static_cast<std::size_t>(taken);
  }
  EXPECT_LT(sent, 64UL << 20U) << "it is all in the server's memory";
  EXPECT_EQ(server_.connect().ask(get("/own")).body, "own");
  container.close();
  EXPECT_EQ(client.receive_all().size(), sent) << "nothing was lost";
}

TEST_F(HttpTunnel, EitherSidesDeathEndsTheOther) {
  {
    Client client = server_.connect();
    client.send(get("/up/"));
    Client container = upstream_.accept();
    (void)read_until(container, "\r\n\r\n");
    client.close();
    // Its half is over; as soon as the container says anything, all of it is.
    EXPECT_EQ(container.receive_all(), "");
  }
  EXPECT_TRUE(eventually([&] { return server_.connections() == 0; }));
}

}  // namespace
}  // namespace actuary::adapters::http
