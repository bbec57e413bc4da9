#include <gtest/gtest.h>
#include <sys/resource.h>

#include <sstream>

#include "tests/http/server_fixture.h"
#include "tests/support/api_fixture.h"

namespace actuary::tests::api {
namespace {

using adapters::http::Client;

constexpr std::string_view kPath = "/actuary/v1/journal/events";

struct Event {
  Position position = 0;
  std::string type;
  std::string data;
};

/// One client that follows the journal; reads only when it is asked to.
class Follower {
 public:
  Follower(const support::ApiFixture& api, const std::string& query, const std::string& fields = {})
      : client_(Client::tcp(api.port())) {
    client_.send("GET " + std::string(kPath) + query + " HTTP/1.1\r\nHost: x\r\n" +
                 "Authorization: Bearer " + api.token() + "\r\n" + fields + "\r\n");
  }

  /// Reads until the event of `position` is there.
  std::vector<Event> until(Position position) {
    std::vector<Event> events;
    while (events.empty() || events.back().position < position) {
      for (std::size_t end = 0; (end = text_.find("\n\n")) != std::string::npos;) {
        if (auto event = parse(text_.substr(0, end)); event.position != 0) events.push_back(event);
        text_.erase(0, end + 2);
      }
      if (!events.empty() && events.back().position >= position) break;
      if (!read_chunk()) return events;
    }
    return events;
  }
  [[nodiscard]] const std::string& head() const { return head_; }
  /// Waits until the stream has begun.
  bool opened() { return read_chunk(); }

 private:
  /// The body's next chunk goes to `text_`.
  bool read_chunk() {
    for (;;) {
      if (head_.empty()) {
        if (const auto end = raw_.find("\r\n\r\n"); end != std::string::npos) {
          head_ = raw_.substr(0, end);
          raw_.erase(0, end + 4);
          continue;
        }
      } else if (const auto line = raw_.find("\r\n"); line != std::string::npos) {
        const std::size_t size = std::stoul(raw_.substr(0, line), nullptr, 16);
        if (raw_.size() >= line + 2 + size + 2) {
          text_.append(raw_, line + 2, size);
          raw_.erase(0, line + 2 + size + 2);
          return size != 0;
        }
      }
      const std::string some = client_.receive_some();
      if (some.empty()) return false;
      raw_ += some;
    }
  }

  static Event parse(const std::string& text) {
    Event event;
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
      if (line.starts_with("id: ")) event.position = std::stoull(line.substr(4));
      if (line.starts_with("event: ")) event.type = line.substr(7);
      if (line.starts_with("data: ")) event.data = line.substr(6);
    }
    return event;
  }

  Client client_;
  std::string raw_;
  std::string head_;
  std::string text_;
};

class JournalEventsApi : public support::ApiFixture {
 protected:
  Position head() { return journal.head().position; }
  static std::vector<Position> positions(const std::vector<Event>& events) {
    std::vector<Position> all;
    for (const Event& event : events) all.push_back(event.position);
    return all;
  }
  static std::vector<Position> range(Position from, Position to) {
    std::vector<Position> all;
    for (Position at = from; at <= to; ++at) all.push_back(at);
    return all;
  }
};

TEST_F(JournalEventsApi, EveryEventComesOnceInOrderAndNewOnesFollow) {
  make_actor("first");
  Follower follower(*this, "?from=1");
  const auto before = head();
  auto events = follower.until(before);
  EXPECT_EQ(positions(events), range(1, before));
  EXPECT_NE(follower.head().find("text/event-stream"), std::string::npos);
  EXPECT_EQ(events[0].type, "TermClaimed");
  EXPECT_EQ(Json::parse(events[2].data)["position"], 3);
  EXPECT_EQ(Json::parse(events[2].data)["event"]["type"], events[2].type);
  make_actor("second");
  EXPECT_EQ(positions(follower.until(head())), range(before + 1, head()));
}

TEST_F(JournalEventsApi, AClientThatComesBackLosesAndRepeatsNothing) {
  for (int i = 0; i < 6; ++i) make_actor("before-" + std::to_string(i));
  Position last = 0;
  {
    Follower follower(*this, "?from=1");
    last = follower.until(5).back().position;  // it may have got more than it looked at
  }
  for (int i = 0; i < 6; ++i) make_actor("meanwhile-" + std::to_string(i));
  Follower again(*this, "?from=1", "Last-Event-ID: " + std::to_string(last) + "\r\n");
  EXPECT_EQ(positions(again.until(head())), range(last + 1, head()));
}

TEST_F(JournalEventsApi, WithoutAPositionOnlyWhatIsNewComes) {
  make_actor("old");
  const auto before = head();
  EXPECT_EQ(call("HEAD", kPath).status, 200);
  Follower follower(*this, "");
  ASSERT_TRUE(follower.opened());
  make_actor("new");
  EXPECT_EQ(follower.until(head()).front().position, before + 1);
}

TEST_F(JournalEventsApi, OnlyTheAdministratorSeesEveryTenantsFacts) {
  const auto made = call_unix("POST", "/actuary/v1/tokens", R"({"user":"newcomer"})");
  const auto stranger = made.data().value("token", "");
  const auto path = std::string(kPath) + "?from=1";
  EXPECT_EQ(call_as(stranger, "GET", path).error(), "page-not-found");
  EXPECT_EQ(call_as("", "GET", path).error(), "token-not-provided");
  const auto run = make_run(make_built_actor("hello")).value("id", "");
  EXPECT_EQ(call_as(run_token(run), "GET", path).error(), "page-not-found");
  end_run(run);
}

TEST_F(JournalEventsApi, APositionThatCannotBeIsRefused) {
  for (const auto* from : {"x", "-1", "99999999999999999999", "18446744073709551615", "100000"}) {
    EXPECT_EQ(call("GET", std::string(kPath) + "?from=" + from).status, 400) << from;
  }
  const auto refused = call("GET", kPath, {}, "Last-Event-ID: 5000\r\n");
  EXPECT_EQ(refused.status, 400);
  EXPECT_NE(refused.text.find("beyond the journal"), std::string::npos) << refused.text;
}

long peak_memory_kbytes() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_maxrss;
}

TEST_F(JournalEventsApi, ReadersThatStallGrowNoMemoryAndLoseNothing) {
  const auto id = make_actor("big");
  for (int i = 0; i < 100; ++i) {
    const std::string text(100'000, static_cast<char>('a' + i % 26));
    ASSERT_EQ(call("PUT", "/v2/actors/" + id, R"({"description":")" + text + "\"}").status, 200);
  }
  std::vector<std::unique_ptr<Follower>> stalled;
  (void)Follower(*this, "?from=1").until(head());  // what one reader needs is in the peak
  const long before = peak_memory_kbytes();
  for (int i = 0; i < 6; ++i) stalled.push_back(std::make_unique<Follower>(*this, "?from=1"));
  // A reader that came last has everything: each of the others had its turns before.
  EXPECT_EQ(positions(Follower(*this, "?from=1").until(head())), range(1, head()));
  EXPECT_LT(peak_memory_kbytes() - before, 20'000);  // all that they wait for is 60 MB
  for (const auto& follower : stalled) {
    EXPECT_EQ(positions(follower->until(head())), range(1, head()));
  }
}

}  // namespace
}  // namespace actuary::tests::api
