#include "adapters/http/api/journal_events.h"

#include <charconv>
#include <memory>
#include <utility>

#include "adapters/http/api/watch.h"
#include "adapters/reactor/workers.h"
#include "journal/codec/to_json.h"

namespace actuary::adapters::http::api {
namespace {

using journal::feed::Credit;
using journal::feed::Piece;

/// One piece in memory for each client, beside what its connection may have queued.
constexpr Credit kCredit{.records = 512, .bytes = 128UL * 1024};
constexpr std::chrono::seconds kHeartbeat{15};
constexpr std::string_view kOpening = "retry: 1000\n\n";

void append_event(std::string& text, std::string_view id, std::string_view type,
                  std::string_view data) {
  if (!id.empty()) text.append("id: ").append(id).push_back('\n');
  text.append("event: ").append(type).append("\ndata: ").append(data).append("\n\n");
}

/// What goes over the wire for one pull.
struct Rendered {
  std::string text;
  bool ended = false;
};

/// JSON escapes line ends, so `data:` is one line.
Rendered render(const Result<Piece>& piece) {
  Rendered rendered;
  if (!piece) {
    append_event(rendered.text, "", "fault", Json{{"message", piece.error().detail}}.dump());
    rendered.ended = true;
    return rendered;
  }
  if (piece->gap) {
    const Json gap{{"from", piece->gap->from}, {"to", piece->gap->to}};
    append_event(rendered.text, std::to_string(piece->gap->to), "gap", gap.dump());
  }
  for (const Record& record : piece->records) {
    append_event(rendered.text, std::to_string(record.position),
                 journal::events::name_of(record.event), journal::codec::to_json(record));
  }
  rendered.ended = piece->ended;
  return rendered;
}

/// Sends one piece after the other, each when the client has taken those before it. Reading and
/// rendering happen on a worker. Kept alive by what will wake it: the worker's answer, the writer's
/// drain, the heartbeat.
class EventStream : public std::enable_shared_from_this<EventStream> {
 public:
  EventStream(const Services& services, reactor::Workers& workers, StreamWriter writer)
      : services_(services), workers_(workers), writer_(std::move(writer)) {}

  void begin(std::shared_ptr<journal::Subscription> subscription) {
    subscription_ = std::move(subscription);
    beat();
    send({.text = std::string(kOpening)});
  }

  void pump() {
    // The feed may have news before a worker's answer that there were none.
    again_ = reading_;
    if (stopped_ || reading_ || draining_) return;
    reading_ = true;
    const auto rendered = std::make_shared<Rendered>();
    const auto queued =
        workers_.submit([subscription = subscription_,
                         rendered] { *rendered = render(subscription->pull(kCredit)); },
                        [self = shared_from_this(), rendered] {
                          self->reading_ = false;
                          const bool again = std::exchange(self->again_, false);
                          self->send(std::move(*rendered));
                          if (again) self->pump();
                        });
    if (!queued) finish();  // the client comes back and goes on where it was
  }

  void stop() {
    if (std::exchange(stopped_, true)) return;
    const auto self = shared_from_this();  // the heartbeat may hold the last reference
    services_.watch.cancel(heartbeat_);
  }

 private:
  void send(Rendered rendered) {
    if (stopped_) return;
    if (rendered.text.empty() && !rendered.ended) return;  // the feed says when there is more
    const auto room = writer_.write(std::move(rendered.text));
    if (room == StreamWriter::Room::kClosed) return stop();
    if (rendered.ended) return finish();
    if (room == StreamWriter::Room::kMore) return pump();
    draining_ = true;
    writer_.on_drain([self = shared_from_this()] {
      self->draining_ = false;
      self->writer_.closed() ? self->stop() : self->pump();
    });
  }

  /// No stream has this id: what waits for it waits for the time.
  void beat() {
    const StreamId nobody{StreamKind::kSystem, services_.ids.next<journal::record::AnyId>()};
    const auto due = std::chrono::steady_clock::now() + kHeartbeat;
    heartbeat_ = services_.watch.once(nobody, kHeartbeat, [self = shared_from_this(), due](bool) {
      if (self->stopped_) return;
      // Woken early: the watch is closing, or too many wait.
      if (std::chrono::steady_clock::now() + std::chrono::seconds{1} < due) return self->finish();
      if (!self->draining_) (void)self->writer_.write(": heartbeat\n\n");
      if (!self->stopped_) self->beat();
    });
  }

  void finish() {
    writer_.end();
    stop();
  }

  const Services& services_;
  reactor::Workers& workers_;
  const StreamWriter writer_;
  std::shared_ptr<journal::Subscription> subscription_;
  Watch::Id heartbeat_ = 0;
  bool reading_ = false;
  bool again_ = false;
  bool draining_ = false;
  bool stopped_ = false;
};

bool may_read(const Services& services, const Request& request) {
  const Principal& caller = caller_of(request);
  return caller.kind == PrincipalKind::kUser && caller.user_id == services.local_user;
}

Answer<Position> position_of(std::string_view name, std::string_view text) {
  Position position = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), position);
  if (error != std::errc{} || end != text.data() + text.size() || position == ~Position{0}) {
    return refuse(400, "invalid-parameter", std::string(name) + " must be a position");
  }
  return position;
}

/// Where to begin: after the last event that the client has, else where it asks to, else now.
Answer<Position> start_of(const journal::Feed& feed, const Request& request) {
  if (const auto last = request.headers.find("Last-Event-ID"); last && !last->empty()) {
    TRY(position, position_of("Last-Event-ID", *last));
    return position + 1;
  }
  if (const auto from = request.query.find("from")) return position_of("from", *from);
  return feed.horizon() + 1;
}

void stream(const Services& services, journal::Feed& feed, reactor::Workers& workers,
            const Request& request, const Responder& responder) {
  if (!may_read(services, request)) return responder.fail(page_not_found());
  const auto from = start_of(feed, request);
  if (!from) return responder.fail(from.error());
  // The feed may call before the stream is there: nobody has pulled yet, so it does not.
  const auto place = std::make_shared<std::weak_ptr<EventStream>>();
  auto subscription = feed.subscribe(*from, [place, &loop = services.loop] {
    loop.post([place] {
      if (const auto stream = place->lock()) stream->pump();
    });
  });
  if (!subscription) return responder.fail(subscription.error());
  Headers headers{{"Content-Type", "text/event-stream; charset=utf-8"},
                  {"Cache-Control", "no-store"},
                  {"X-Accel-Buffering", "no"}};
  if (request.method == "HEAD") return responder.send({200, std::move(headers), {}});
  const auto stream = std::make_shared<EventStream>(
      services, workers, responder.begin_stream(200, std::move(headers)));
  *place = stream;
  responder.on_closed([weak = std::weak_ptr(stream)] {
    if (const auto self = weak.lock()) self->stop();
  });
  stream->begin(std::move(*subscription));
}

}  // namespace

void add_journal_event_routes(std::vector<Route>& routes, const Services& services,
                              journal::Feed& feed) {
  const auto workers = std::make_shared<reactor::Workers>(services.loop, 1);
  routes.push_back(
      {"GET", "/actuary/v1/journal/events",
       [&services, &feed, workers](const Request& request, const Responder& responder) {
         stream(services, feed, *workers, request, responder);
       }});
}

}  // namespace actuary::adapters::http::api
