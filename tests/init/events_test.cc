// The events server as a process, and clients that behave well, badly, or not at all.
#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>

#include "tests/init/client_frames.h"

extern "C" {
#include "adapters/init/events.h"
#include "adapters/init/websocket.h"
}

namespace actuary::tests::init {
namespace {

using Json = nlohmann::json;
using Clock = std::chrono::steady_clock;
constexpr auto kPatience = std::chrono::seconds(10);

struct Message {
  unsigned opcode = 0;
  std::string payload;
  [[nodiscard]] int code() const {
    return payload.size() < 2 ? 1005
                              : static_cast<unsigned char>(payload[0]) << 8 |
                                    static_cast<unsigned char>(payload[1]);
  }
};

class Client {
 public:
  Client(int port, const std::string& path) : fd_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    EXPECT_EQ(connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    if (!path.empty()) shake_hands(path);
  }
  ~Client() { close(fd_); }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  void send(const std::string& bytes) const {
    EXPECT_EQ(::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(bytes.size()));
  }
  /// As many bytes as the kernel takes at once; 0: it takes none.
  [[nodiscard]] std::size_t try_send(const std::string& bytes) const {
    const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    return sent > 0 ? static_cast<std::size_t>(sent) : 0;
  }
  /// The next frame; nothing when the server closed or is silent.
  std::optional<Message> next() {
    while (true) {
      if (auto message = cut()) return message;
      if (!receive()) return std::nullopt;
    }
  }
  /// The next event of that name; others are passed over.
  std::optional<Json> event(const std::string& name) {
    while (auto message = next()) {
      if (message->opcode != kText) continue;
      Json json = Json::parse(message->payload);
      if (json["name"] == name) return json;
    }
    return std::nullopt;
  }
  std::optional<Message> frame(unsigned opcode) {
    while (auto message = next()) {
      if (message->opcode == opcode) return message;
    }
    return std::nullopt;
  }
  bool ended() {
    while (receive()) continue;
    return ended_;
  }
  std::string received;

 private:
  void shake_hands(const std::string& path) {
    send("GET " + path +
         " HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
         "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
    while (received.find("\r\n\r\n") == std::string::npos && receive()) continue;
    EXPECT_EQ(received.rfind("HTTP/1.1 101 ", 0), 0U) << received;
    received.erase(0, received.find("\r\n\r\n") + 4);
  }
  bool receive() {
    pollfd wait{fd_, POLLIN, 0};
    if (poll(&wait, 1, 5000) <= 0) return false;
    char bytes[4096];
    const ssize_t size = recv(fd_, bytes, sizeof bytes, 0);
    ended_ = size == 0;
    if (size <= 0) return false;
    received.append(bytes, static_cast<std::size_t>(size));
    return true;
  }
  std::optional<Message> cut() {
    if (received.size() < 2) return std::nullopt;
    EXPECT_EQ(static_cast<unsigned char>(received[1]) & 0x80, 0) << "a server masks nothing";
    std::size_t length = static_cast<unsigned char>(received[1]);
    std::size_t header = 2;
    if (length == 126) {
      if (received.size() < 4) return std::nullopt;
      length = static_cast<std::size_t>(static_cast<unsigned char>(received[2])) << 8U |
               static_cast<unsigned char>(received[3]);
      header = 4;
    }
    if (received.size() < header + length) return std::nullopt;
    Message message{static_cast<unsigned>(received[0]) & 15U, received.substr(header, length)};
    received.erase(0, header + length);
    return message;
  }

  int fd_;
  bool ended_ = false;
};

class EventsServer : public ::testing::Test {
 protected:
  EventsServer() {
    std::string pattern = std::filesystem::temp_directory_path() / "actuary-init-XXXXXX";
    folder_ = mkdtemp(pattern.data());
    std::ofstream(folder_ / "events");
    std::ofstream(folder_ / "usage");
    mkfifo((folder_ / "wake").c_str(), 0600);
    events_.news = open((folder_ / "events").c_str(), O_RDONLY);
    events_.usage = open((folder_ / "usage").c_str(), O_WRONLY);
    events_.wake = open((folder_ / "wake").c_str(), O_RDWR | O_NONBLOCK);
    events_.listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    EXPECT_EQ(bind(events_.listener, reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(listen(events_.listener, 32), 0);
    getsockname(events_.listener, reinterpret_cast<sockaddr*>(&address), &size);
    events_.port = ntohs(address.sin_port);
    child_ = fork();
    if (child_ == 0) _exit(events_serve(&events_, "TheRunId"));
    close(events_.listener);
  }
  ~EventsServer() override {
    if (child_ > 0) kill(child_, SIGKILL), waitpid(child_, nullptr, 0);
    for (const int fd : {events_.news, events_.usage, events_.wake}) close(fd);
    std::filesystem::remove_all(folder_);
  }

  std::unique_ptr<Client> client(const std::string& path = "/TheRunId") {
    return std::make_unique<Client>(events_.port, path);
  }
  void announce(const std::string& name) {
    std::ofstream(folder_ / "events", std::ios::app) << R"({"name":")" + name + "\"}\n";
    EXPECT_EQ(write(events_.wake, "!", 1), 1);
  }
  int end() {
    kill(child_, SIGTERM);
    int status = -1;
    waitpid(child_, &status, 0);
    child_ = -1;
    return status;
  }

  std::filesystem::path folder_;
  events events_{};
  pid_t child_ = -1;
};

TEST_F(EventsServer, TellsEveryClientEachAnnouncementOnceAndInOrder) {
  const auto early = client();
  const auto other = client();
  announce("aborting");
  announce("persistState");
  const auto late = client();
  for (Client* each : {early.get(), other.get(), late.get()}) {
    std::vector<std::string> names;
    // A third announcement is the mark up to which nothing may come twice.
    if (each == early.get()) announce("mark");
    while (names.empty() || names.back() != "mark") {
      const auto message = each->next();
      ASSERT_TRUE(message);
      if (message->opcode != kText) continue;
      const std::string name = Json::parse(message->payload)["name"];
      if (name != "systemInfo" && name != "cpuInfo") names.push_back(name);
    }
    EXPECT_EQ(names, (std::vector<std::string>{"aborting", "persistState", "mark"}));
  }
}

TEST_F(EventsServer, SamplesOnceASecondIntoTheSocketAndTheFile) {
  const auto one = client();
  const auto begin = Clock::now();
  const auto first = one->event("systemInfo");
  const auto second = one->event("systemInfo");
  ASSERT_TRUE(first && second);
  EXPECT_LT(Clock::now() - begin, std::chrono::seconds(4));
  for (const char* name : {"memAvgBytes", "memCurrentBytes", "memMaxBytes", "cpuAvgUsage",
                           "cpuMaxUsage", "cpuCurrentUsage", "netRxBytes", "netTxBytes"}) {
    EXPECT_TRUE((*second)["data"][name].is_number()) << name;
  }
  EXPECT_TRUE((*second)["data"]["isCpuOverloaded"].is_boolean());
  EXPECT_EQ((*second)["createdAt"], (*second)["data"]["createdAt"]);
  EXPECT_EQ((*second)["createdAt"].get<std::string>().size(), 24U);
  EXPECT_TRUE(one->event("cpuInfo"));
  EXPECT_EQ(end(), 0);
  const Json saved = Json::parse(std::ifstream(folder_ / "usage"));
  EXPECT_GE(saved["samples"], 3);
  EXPECT_EQ(saved["samples"], saved["whole"]);
  EXPECT_TRUE(saved["memMaxBytes"].is_number());
}

TEST_F(EventsServer, AnswersPingsAndEchoesTheClosingCode) {
  const auto one = client();
  one->send(client_frame(kPing, "still there?"));
  const auto pong = one->frame(kPong);
  ASSERT_TRUE(pong);
  EXPECT_EQ(pong->payload, "still there?");
  one->send(client_frame(kClose, close_payload(4001, "enough")));
  const auto closed = one->frame(kClose);
  ASSERT_TRUE(closed);
  EXPECT_EQ(closed->code(), 4001);
  EXPECT_TRUE(one->ended());
}

TEST_F(EventsServer, AHostileFrameClosesItsOwnConnectionOnly) {
  const auto good = client();
  const auto bad = client();
  bad->send(client_frame(kText, "x", {.masked = false}) + std::string(5000, '\xff'));
  const auto closed = bad->frame(kClose);
  ASSERT_TRUE(closed);
  EXPECT_EQ(closed->code(), kCloseProtocol);
  EXPECT_TRUE(bad->ended());
  announce("aborting");
  EXPECT_TRUE(good->event("aborting"));
}

TEST_F(EventsServer, AnotherRunsPathAndTheEleventhClientAreToldPolicy) {
  const auto stranger = client("/AnotherRun");
  const auto refused = stranger->frame(kClose);
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->code(), kClosePolicy);
  std::vector<std::unique_ptr<Client>> ten;
  for (int i = 0; i < 10; ++i) ten.push_back(client());
  const auto eleventh = client();
  const auto closed = eleventh->frame(kClose);
  ASSERT_TRUE(closed);
  EXPECT_EQ(closed->code(), kClosePolicy);
  announce("aborting");
  for (const auto& each : ten) EXPECT_TRUE(each->event("aborting"));
  ten.pop_back();
  // Its place is free as soon as the server has seen it go.
  std::optional<Json> heard;
  for (const auto until = Clock::now() + kPatience; !heard && Clock::now() < until;) {
    heard = client()->event("aborting");
  }
  EXPECT_TRUE(heard);
}

TEST_F(EventsServer, AMalformedRequestIsAnsweredAndClosed) {
  const auto one = client("");
  one->send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_TRUE(one->ended());
  EXPECT_EQ(one->received.rfind("HTTP/1.1 426 ", 0), 0U) << one->received;
}

TEST_F(EventsServer, AClientThatFloodsAndNeverReadsCostsABufferAndNothingElse) {
  const auto good = client();
  const auto flood = client();
  const std::string pings = [] {
    std::string all;
    for (int i = 0; i < 500; ++i) all += client_frame(kPing, std::string(125, 'x'));
    return all;
  }();
  // Until both kernels' buffers are full and the server reads no more of it.
  std::size_t sent = 0;
  int refused = 0;
  for (const auto until = Clock::now() + kPatience; refused < 50 && Clock::now() < until;) {
    const std::size_t now = flood->try_send(pings.substr(sent % pings.size()));
    sent += now;
    refused = now == 0 ? refused + 1 : 0;
    if (now == 0) poll(nullptr, 0, 10);
  }
  EXPECT_GT(sent, pings.size());
  EXPECT_EQ(refused, 50) << "the server goes on reading what it cannot answer";
  announce("aborting");
  EXPECT_TRUE(good->event("aborting"));
  EXPECT_TRUE(good->event("systemInfo"));
}

TEST_F(EventsServer, AtTheEndItSaysThatItGoesAway) {
  const auto one = client();
  EXPECT_EQ(end(), 0);
  const auto closed = one->frame(kClose);
  ASSERT_TRUE(closed);
  EXPECT_EQ(closed->code(), kCloseGoingAway);
}

}  // namespace
}  // namespace actuary::tests::init
